"""How the rows of a table become features: formulas described by sets of features, and columns of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matloop.chem import Compositions, compositions
from matloop.chem.choice import USUAL, Missing, Sets
from matloop.domain.prediction import Floats
from matloop.errors import Faults, InputError, fail, nearest
from matloop.validate.splits import Ints


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is made of a row.

    formula: the column of formulas, None where numbers alone describe a row. numbers: columns of numbers. sets: of
    features of formulas, see `matloop.chem.describe`. missing: what becomes of elements that a set has no figure for:
    `refuse`, or `mean` of the elements that have one.

    Raises:
        InputError: when nothing describes a row, or a word is unknown.
    """

    formula: str | None = None
    numbers: tuple[str, ...] = ()
    sets: tuple[str, ...] = USUAL
    missing: Missing = "mean"

    def __post_init__(self) -> None:
        faults = Faults()
        if self.formula is None and not self.numbers:
            faults.add("recipe", "neither formulas nor numbers are named", "Name a column of formulas, or of numbers.")
        faults.raise_if_any(InputError)
        if self.formula is not None:
            Sets(self.sets, self.missing)

    def read(self, table: Any) -> tuple[Compositions | None, dict[str, Floats]]:
        """The formulas and numbers of a table of n rows: a pandas frame, or a mapping of columns.

        Raises:
            InputError: when a column is missing or holds something that is no finite number.
            DataError: for formulas that cannot be read, each with its place.
        """
        faults, found = Faults(), dict[str, Floats]()
        known = list(table.columns) if hasattr(table, "columns") else list(table)
        for name in (*self.numbers, *(() if self.formula is None else (self.formula,))):
            if name not in known:
                faults.add(f"table, column {name!r}", "there is no such column", nearest(name, map(str, known)))
        faults.raise_if_any(InputError)
        for name in self.numbers:
            found[name] = numbers_of(table[name], name)
        return (None if self.formula is None else compositions(list(table[self.formula]))), found

    def describe(self, read: Compositions | None, numbers: Mapping[str, Floats]) -> Features:
        """Features of n rows.

        Args:
            read: their compositions, None without formulas.
            numbers: the columns of numbers, (n,) each.

        Raises:
            InputError: when the recipe's numbers are not given.
            DataError: for elements that a set refuses.
        """
        lacking = [name for name in self.numbers if name not in numbers]
        if lacking or (read is None) != (self.formula is None):
            found = f"lacking: {', '.join(lacking) or 'formulas'}"
            fail(InputError, "features", found, "Give what the model was fitted to.")
        columns, names, blocks = list[Floats](), list[str](), list[int]()
        if read is not None:
            sets = Sets(self.sets, self.missing)
            columns, names, blocks = [sets.compute(read)], list(sets.names), sets.blocks.tolist()
        first = 1 + max(blocks, default=-1)
        columns += [numbers[name][:, None] for name in self.numbers]
        blocks += range(first, first + len(self.numbers))
        return Features(np.hstack(columns), (*names, *self.numbers), np.array(blocks, dtype=np.intp))


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """X: (n, d). names: (d,). blocks: (d,) which belong together: a set of features, or one number."""

    X: Floats
    names: tuple[str, ...]
    blocks: Ints = field(repr=False)


def numbers_of(column: Iterable[Any] | Sequence[Any], name: str) -> Floats:
    """A column as finite numbers.

    Raises:
        InputError: naming the first rows that hold something else.
    """
    faults = Faults()
    values = np.full(len(list(column)), np.nan)
    for row, cell in enumerate(column):
        try:
            values[row] = float(cell)
        except (TypeError, ValueError):
            pass
        if not np.isfinite(values[row]) and len(faults.found) < _NAMED:
            faults.add(
                f"table, column {name!r}, row {row}", f"{_shown(cell)} is no finite number", "Mend or leave it out."
            )
    faults.raise_if_any(InputError)
    return values


def _shown(cell: Any) -> str:
    """A cell in words: an empty one is read as a missing number."""
    return "an empty cell" if isinstance(cell, float) and math.isnan(cell) else repr(cell)


_NAMED = 20  # cells that an error names; a wrong column would fill the screen
