"""Formulas -> a table of features, each with its name, unit, source and formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from matloop.chem.compositions import Compositions, FaultPolicy, compositions
from matloop.chem.feature import Feature, FeatureSet, Missing
from matloop.chem.parse import Given
from matloop.chem.sets import sets
from matloop.domain.units import check_unit, split_header
from matloop.errors import DataError, Fault, nearest

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 8192
"""Formulas of one description of a stream: 132 features of them take 9 MB."""

_AS_GIVEN = "given"


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """The features of n formulas.

    features: (d,) what the columns are.
    values: (n, d).
    compositions: the n formulas: `.formulas` as text, `.rows` their rows in what was given, `.faults` the others.
    """

    features: tuple[Feature, ...]
    values: np.ndarray
    compositions: Compositions

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(feature.name for feature in self.features)

    def frame(self) -> pd.DataFrame:
        """A pandas table with a column `formula` first; the index is the row in what was given."""
        import pandas as pd  # noqa: PLC0415  pandas is slow to load and only this export needs it

        table = pd.DataFrame(self.values, columns=list(self.names), index=self.compositions.rows)
        table.insert(0, "formula", list(self.compositions.formulas))
        return table


def features(which: str | Sequence[str] = ("magpie",)) -> tuple[Feature, ...]:
    """What the sets of that name hold: name, unit, meaning, formula and source of each feature.

    Args:
        which: one or more of "magpie", "fractions", "norms", "valence", "ions".

    Raises:
        DataError: no set bears that name.
    """
    return tuple(feature for one in _chosen(which) for feature in one.features)


def describe(
    formulas: Iterable[Given] | Compositions,
    which: str | Sequence[str] = ("magpie",),
    *,
    process: Mapping[str, Any] | None = None,
    missing: Missing = "refuse",
    faults: FaultPolicy = "raise",
) -> Description:
    """Describe n formulas by one or more sets of features.

    Args:
        formulas: texts, Formulas, mappings, pymatgen Compositions or Structures; or Compositions that were read.
        which: the sets, in the order of the columns.
        process: how each was made or measured: name -> n numbers, the first columns. A name may end in its [unit].
        missing: what to do where an element has no figure for a property.
        faults: what to do with a formula that is wrong or missing; with "collect" its process values are left out too.

    Raises:
        DataError: a wrong formula, an element without a figure, an unknown set, process values that are not n finite
            numbers or share the name of a feature.
        InputError: a unit that is not known.
    """
    read = compositions(formulas, faults=faults)
    rows = np.arange(len(read)) if isinstance(formulas, Compositions) else read.rows
    count = len(read) if isinstance(formulas, Compositions) else len(read) + len(read.faults)
    return _described(read, _chosen(which), _process(process or {}, count, rows), missing)


def describe_chunks(
    formulas: Iterable[Given],
    which: str | Sequence[str] = ("magpie",),
    *,
    process: Mapping[str, Iterable[float]] | None = None,
    missing: Missing = "refuse",
    faults: FaultPolicy = "raise",
    size: int = _CHUNK,
) -> Iterator[Description]:
    """As `describe`, `size` formulas at a time, in constant memory: formulas and process columns may be generators.

    `compositions.rows` and the rows of faults count from the first formula of the stream.

    Raises:
        DataError: as `describe`, and where a process column is shorter or longer than the formulas.
    """
    if size < 1:
        raise DataError.at("size", f"{size!r} formulas at a time", "Give a whole number above 0.")
    chosen = _chosen(which)
    source = iter(formulas)
    beside = {name: iter(values) for name, values in (process or {}).items()}
    first = 0
    while piece := list(islice(source, size)):
        read = compositions(piece, faults=faults, first=first)
        columns = {name: list(islice(values, len(piece))) for name, values in beside.items()}
        yield _described(read, chosen, _process(columns, len(piece), read.rows - first), missing)
        first += len(piece)
    longer = [name for name, values in beside.items() if next(values, None) is not None]
    if longer:
        found = f"more values than the {first} formulas"
        raise DataError(*(Fault(f"process column {name!r}", found, _ALIGN) for name in longer))


_ALIGN = "Give one number for each formula, in the same order."


def _chosen(which: str | Sequence[str]) -> tuple[FeatureSet, ...]:
    names = (which,) if isinstance(which, str) else tuple(which)
    known = sets()
    faults = [
        Fault(f"feature set {name!r}", "no set bears that name", nearest(name, known))
        for name in names
        if name not in known
    ]
    faults += [
        Fault(f"feature set {name!r}", "it is named twice", "Name it once.")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if faults:
        raise DataError(*faults)
    return tuple(known[name] for name in names)


def _process(process: Mapping[str, Any], count: int, rows: np.ndarray) -> tuple[np.ndarray, tuple[Feature, ...]]:
    """The process columns of the rows that were read, (n, p), and what they are."""
    columns, found, faults = [np.empty((len(rows), 0))], [], []
    for header, given in process.items():
        name, unit = split_header(header)
        place = f"process column {header!r}"
        check_unit(unit or "1", place)
        try:
            values = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            faults.append(Fault(place, "not all of it are numbers", _ALIGN))
            continue
        if values.shape != (count,):
            faults.append(Fault(place, f"shape {values.shape} beside {count} formulas", _ALIGN))
        elif not np.isfinite(values[rows]).all():
            row = int(rows[np.flatnonzero(~np.isfinite(values[rows]))[0]])
            faults.append(Fault(f"{place}, row {row}", f"{values[row]} is no figure", "Leave the row out, or fill it."))
        else:
            columns.append(values[rows][:, None])
            found.append(Feature(name, unit or "1", "how it was made or measured", "as given", _AS_GIVEN))
    if faults:
        raise DataError(*faults)
    return np.hstack(columns), tuple(found)


def _described(
    read: Compositions, chosen: Sequence[FeatureSet], process: tuple[np.ndarray, tuple[Feature, ...]], missing: Missing
) -> Description:
    columns, made = process
    found = made + tuple(feature for one in chosen for feature in one.features)
    names = [feature.name for feature in found]
    twice = sorted({feature.name for feature in made if names.count(feature.name) > 1})
    if twice:
        faults = (
            Fault(f"process column {name!r}", "a feature bears that name", "Give it another name.") for name in twice
        )
        raise DataError(*faults)
    return Description(found, np.hstack([columns, *(one.compute(read, missing) for one in chosen)]), read)
