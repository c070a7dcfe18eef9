"""A pool's column of formulas: what it is described by, and which elements no candidate may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.chem.compositions import compositions
from matloop.chem.describe import describe, features
from matloop.chem.elements import SYMBOLS
from matloop.chem.groups import elements_of
from matloop.domain.constraint import Without
from matloop.errors import DataError, Faults

_ISOTOPES = ("D", "T")  # bear symbols of their own and are hydrogen all the same


@dataclass(frozen=True)
class FormulaColumn:
    """A feature of formulas, for `Pool.from_frame(frame, features=[FormulaColumn("formula"), "temperature"])`.

    column: its name in the table.
    sets: what describes a formula to the model, by the names of `matloop.chem.features`.
    exclude: symbols and groups of elements, as "Pb" and "rare-earth"; formulas with one of them fall out of the pool.
    """

    column: str
    sets: Sequence[str] = ("magpie",)
    exclude: Sequence[str] = ()

    def __post_init__(self) -> None:
        faults = Faults()
        for key in ("sets", "exclude"):
            if isinstance(getattr(self, key), str):
                faults.add(f"column {self.column!r}", f"{key} is the text {getattr(self, key)!r}", "Give a list.")
        faults.raise_if_any(DataError)
        try:
            features(tuple(self.sets))
        except DataError as error:
            faults.absorb(error, f"column {self.column!r}")
        elements_of(self.exclude, f"column {self.column!r}, exclude", faults=faults)
        faults.raise_if_any(DataError)

    @property
    def by(self) -> str:
        """The sets, for the data hash."""
        return " ".join(self.sets)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the numbers."""
        return tuple(feature.name for feature in features(tuple(self.sets)))

    @cached_property
    def rules(self) -> tuple[Without, ...]:
        """One for each name that is excluded."""
        return tuple(without(self.column, name) for name in dict.fromkeys(self.exclude))

    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], Mapping[int, tuple[str, str]]]:
        """The numbers (n, d) of formulas, and number of a faulty one -> what, cure.

        An excluded formula may lack figures, which are NaN then: it falls out of the pool.
        """
        read = compositions(texts, faults="collect")
        wrong = sorted(set(range(len(texts))) - set(read.rows.tolist()))
        odd = {
            row: (f"{texts[row]!r}: {fault.found}" if texts[row] else "the cell is empty", fault.cure)
            for row, fault in zip(wrong, read.faults, strict=True)
        }
        points = np.full((len(texts), len(self.names)), np.nan)
        if not len(read):
            return points, odd
        points[read.rows] = describe(read, tuple(self.sets), missing="mark").values
        for row in read.rows[np.isnan(points[read.rows]).any(axis=1)].tolist():
            if all(rule.holds(texts[row]) for rule in self.rules):
                odd[row] = (f"{texts[row]!r}: {self._gap(points[row])}", self._cure(texts[row]))
        return points, odd

    def _gap(self, values: NDArray[np.float64]) -> str:
        lost = [name for name, value in zip(self.names, values, strict=True) if np.isnan(value)]
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        return f"no figure for {lost[0]!r}{more}"

    def _cure(self, text: str) -> str:
        """Which elements of a formula have no figures."""
        symbols = sorted({SYMBOLS[place] for place in compositions([text]).places.tolist()})
        lost = [one for one in symbols if np.isnan(describe([one], tuple(self.sets), missing="mark").values).any()]
        named = ", ".join(f'"{one}"' for one in lost)
        return f"Take the row out, or leave the elements out: exclude_elements = [{named}]."


def without(column: str, name: str) -> Without:
    """The rule that no formula of a column has an element, or one of a group of elements.

    Raises:
        DataError: for a name that is neither.
    """
    banned = elements_of([name], f"column {column!r}")
    symbols = [symbol for symbol in SYMBOLS if symbol in banned]
    return Without(column, (*symbols, *(_ISOTOPES if "H" in banned else ())), name)
