"""What a group is: a formula, the elements of a material, those that make up most of it, or a cluster of alike rows."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import isnan
from typing import Literal

import numpy as np
from sklearn.cluster import KMeans

from matloop.chem import Compositions
from matloop.chem.elements import SYMBOLS
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail
from matloop.surrogate.threads import one_thread
from matloop.validate.splits import Ints, numbered

Word = Literal["formula", "system", "family", "host-family", "cluster"]
WORDS: tuple[Word, ...] = ("formula", "system", "family", "host-family", "cluster")
"""A column of the table goes before a word of the same name; `host-family` is `family` where a column bears that."""

HOST = 0.1
"""Atomic fraction from which an element belongs to the host. Lower, each dopant founds a family of its own; higher,
skutterudites lose their cobalt."""
_SAME = 1e-6  # atomic fractions that differ by less are those of one formula
_STARTS = 4  # of k-means; the best is kept


def by_formula(compositions: Compositions) -> Ints:
    """(n,) rows of the same atomic fractions, however the formula is written."""
    return numbered(
        [tuple(sorted((place, round(x / _SAME)) for place, x in row.items())) for row in _rows(compositions)]
    )


def by_values(values: Sequence[Hashable], compositions: Compositions | None = None) -> tuple[Ints, int]:
    """(n,) rows of the same value, and how many rows have none ("", or not a number).

    A row without a value stands with those of its composition alone that have none either; without compositions, alone.
    """
    keys: list[Hashable] = list(values)
    empty = [
        row for row, value in enumerate(keys) if value in (None, "") or (isinstance(value, float) and isnan(value))
    ]
    own = range(len(keys)) if compositions is None else by_formula(compositions).tolist()
    for row in empty:
        keys[row] = ("", own[row])
    return numbered(keys), len(empty)


def by_system(compositions: Compositions) -> Ints:
    """(n,) rows of the same elements."""
    return numbered([frozenset(row) for row in _rows(compositions)])


def by_family(compositions: Compositions, host: float = HOST) -> Ints:
    """(n,) rows whose host is made of the same elements: those with an atomic fraction of at least `host`."""
    return numbered(families(compositions, host))


def families(compositions: Compositions, host: float = HOST) -> tuple[str, ...]:
    """(n,) names of the families, as `Co-Sb`; a material without any large part is named by its largest."""
    named = []
    for row in _rows(compositions):
        kept = [place for place, x in row.items() if x >= host] or [max(row, key=row.__getitem__)]
        named.append("-".join(sorted(SYMBOLS[place] for place in kept)))
    return tuple(named)


@one_thread()
def by_cluster(X: Floats, count: int, rng: np.random.Generator) -> Ints:
    """(n,) clusters of rows of X (n, d) that look alike, by k-means of standardised features.

    Raises:
        InputError: when there are fewer distinct rows than clusters.
    """
    distinct = len(np.unique(X, axis=0))
    if not 2 <= count <= distinct:
        fail(InputError, "clusters", f"{count} of {distinct} distinct rows", f"Ask for 2 to {max(2, distinct)}.")
    spread = X.std(axis=0)
    scaled = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    found = KMeans(count, n_init=_STARTS, random_state=int(rng.integers(2**31))).fit_predict(scaled)
    return numbered(found.tolist())


def _rows(compositions: Compositions) -> list[dict[int, float]]:
    """Atomic fractions of each row by element."""
    atoms = compositions.atoms
    ends = zip(compositions.starts[:-1].tolist(), compositions.starts[1:].tolist(), strict=True)
    rows = []
    for row, (start, end) in enumerate(ends):
        values = (compositions.values[start:end] / atoms[row]).tolist()
        rows.append(dict(zip(compositions.places[start:end].tolist(), values, strict=True)))
    return rows
