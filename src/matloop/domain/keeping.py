"""Whether values keep a constraint: one row of them, or the columns of a pool."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.domain.canonical import Value
from matloop.domain.constraint import AtMostNonzero, Constraint, Sum, Without
from matloop.domain.expression import Bools, Columns, Condition, Kinds, bind
from matloop.domain.table import Texts
from matloop.errors import Faults, SpaceError, fail, nearest

ROUNDING = 1e-9  # of a total (or 1): what rounding adds to the sum of a pool's row (CONTRACT, Identity)


def keeps(held: Constraint, values: Mapping[str, Value], kinds: Kinds, slack: float) -> bool:
    """Whether one row of values keeps a constraint; sums within `slack` of their total (or 1)."""
    if isinstance(held, Sum):
        total = math.fsum(float(values[name]) for name in held.names)
        return math.isclose(total, held.equals, rel_tol=slack, abs_tol=slack + held.tolerance)
    if isinstance(held, AtMostNonzero):
        return sum(float(values[name]) != 0 for name in held.names) <= held.k
    if isinstance(held, Without):
        return held.holds(str(values[held.name]))
    return Condition(held.text, held.tree, kinds).holds_for(values)


def check_names(faults: Faults, held: Constraint, kinds: Kinds) -> None:
    """Note why a constraint says nothing about columns of these kinds."""
    if isinstance(held, Without):
        if held.name not in kinds:
            faults.add(str(held), f"unknown feature {held.name!r}", nearest(held.name, kinds))
        elif kinds[held.name] is None:
            faults.add(str(held), f"{held.name!r} is a number", "Name the feature that holds formulas.")
        return
    if not isinstance(held, Sum | AtMostNonzero):
        bind(held.text, held.tree, kinds, "feature", faults)
        return
    for name in held.names:
        if name not in kinds:
            faults.add(str(held), f"unknown feature {name!r}", nearest(name, kinds))
        elif kinds[name] is not None:
            faults.add(str(held), f"{name!r} is no number", "Name features that are numbers.")


def keeping(held: Constraint, columns: Columns, kinds: Kinds, n: int) -> Bools:
    """(n,) which rows keep a constraint.

    Raises:
        SpaceError: when the constraint does not fit the columns.
    """
    faults = Faults()
    check_names(faults, held, kinds)
    faults.raise_if_any(SpaceError)
    if isinstance(held, Sum):
        total = np.sum([columns[name] for name in held.names], axis=0)
        slack = held.tolerance + ROUNDING * max(1.0, abs(held.equals))
        return np.asarray(np.abs(total - held.equals) <= slack)
    if isinstance(held, AtMostNonzero):
        return np.asarray(np.sum([columns[name] != 0 for name in held.names], axis=0) <= held.k)
    if isinstance(held, Without):
        texts, inverse = np.unique(columns[held.name], return_inverse=True)
        return np.array([held.holds(text) for text in texts.tolist()], dtype=np.bool_)[inverse]
    return Condition(held.text, held.tree, kinds).holds(columns, n)


@dataclass(frozen=True, slots=True)
class Fallen:
    """What constraints took out of a pool.

    rows: (c,) rows of the source that each constraint alone takes. whole: rows of the source that any of them takes.
    ids: (k,) of the candidates that fell, empty where they have none. by: (c, k) which constraints took them.
    """

    constraints: tuple[Constraint, ...]
    rows: tuple[int, ...]
    whole: int
    ids: Texts
    by: Bools

    def to(self, id: str) -> tuple[Constraint, ...]:
        """The constraints to which the candidate of an id fell; none where it did not fall."""
        places = np.flatnonzero(self.ids == id)
        return tuple(
            held for held, took in zip(self.constraints, self.by, strict=True) if len(places) and took[places[0]]
        )


def sifted(
    constraints: Sequence[Constraint],
    columns: Columns,
    kinds: Kinds,
    row_of: NDArray[np.int32],
    ids: Texts | None,
    source: str,
) -> tuple[NDArray[np.intp], Fallen]:
    """The candidates that keep all constraints, and what fell.

    Args:
        constraints: at least one.
        columns: name -> (n,) values.
        kinds: of the columns.
        row_of: row of the source -> candidate.
        ids: (n,) of the candidates, None where they have none.
        source: for messages.

    Raises:
        SpaceError: for constraints that do not fit the columns, or that no candidate keeps.
    """
    faults = Faults()
    for held in constraints:
        check_names(faults, held, kinds)
    faults.raise_if_any(SpaceError)
    n = len(next(iter(columns.values())))
    kept = np.stack([keeping(held, columns, kinds, n) for held in constraints])
    fallen = tuple(int(np.count_nonzero(~good[row_of])) for good in kept)
    good = np.logical_and.reduce(kept)
    if not good.any():
        lost = ", ".join(f"{held} takes {k} of {len(row_of)}" for held, k in zip(constraints, fallen, strict=True))
        fail(SpaceError, source, f"no row keeps all constraints ({lost})", "Loosen one of them.")
    out = np.zeros(n, dtype=np.bool_) if ids is None else ~good
    named = np.zeros(0, dtype=np.object_) if ids is None else ids[out]
    whole = int(np.count_nonzero(~good[row_of]))
    return np.flatnonzero(good), Fallen(tuple(constraints), fallen, whole, named, ~kept[:, out])
