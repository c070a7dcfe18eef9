"""Tables of numbers that describe the choices of a category, so that a model knows which of them are alike.

The columns are standardised over the choices and scaled together so that the mean squared distance between two
different choices is 1, as it is between two one-hot marks: a category weighs the same, however many columns tell of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from matloop.domain import canonical
from matloop.domain.number import as_number
from matloop.domain.parquet import table_of
from matloop.errors import DataError, Fault, Faults, SpaceError, fail

_TELLING = 1e-9
"""Of a column's largest value: a spread below this is rounding, and standardised it would look like information."""
_LISTED = 10  # faulty cells of one table that are listed; the rest is counted


@dataclass(frozen=True)
class Descriptors:
    """Numbers by choice.

    names: the columns. rows: one a choice, in the order of the choices, as the table has them.
    apart: each column is a feature of its own, scaled to a span of 1, rather than all of them one feature.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    apart: bool = False

    @cached_property
    def told(self) -> tuple[bool, ...]:
        """Which columns differ between the choices; the others are no use to a model and are left out."""
        table = np.array(self.rows)
        return tuple(bool(one) for one in np.ptp(table, axis=0) > _TELLING * np.abs(table).max(axis=0))

    @property
    def dropped(self) -> tuple[str, ...]:
        """Columns that are the same for all choices."""
        return tuple(name for name, told in zip(self.names, self.told, strict=True) if not told)

    @cached_property
    def points(self) -> tuple[tuple[float, ...], ...]:
        """One a choice: its encoded columns; see the head of this file.

        Standardised with the population's deviation, one column has the mean square 2 n / (n - 1) over the pairs of n
        different choices.
        """
        table = np.array(self.rows)[:, list(self.told)]
        if self.apart:
            scaled = (table - table.mean(axis=0)) / np.ptp(table, axis=0)
            return tuple(tuple(row) for row in scaled.tolist())
        table = table / np.abs(table).max(axis=0)
        n, k = table.shape
        scaled = (table - table.mean(axis=0)) / table.std(axis=0) * math.sqrt((n - 1) / (2 * k * n))
        return tuple(tuple(float(one) for one in row) for row in scaled)

    def to_json(self) -> dict[str, Any]:
        """The table, for the ledger."""
        told: dict[str, Any] = {"names": list(self.names), "rows": [list(row) for row in self.rows]}
        return {**told, "apart": True} if self.apart else told


@dataclass(frozen=True)
class DescriptorTable:
    """A table as it was given, every cell of it still to be judged.

    source: the file, or what messages call the table. title: the column that names the choices.
    choices: (n,) its cells. columns: descriptor -> (n,) cells. place: row, column -> where that is. apart: as in
    `Descriptors`.
    """

    source: str
    title: str
    choices: tuple[object, ...]
    columns: Mapping[str, Sequence[object]]
    place: Callable[[int, str], str] = field(compare=False)
    apart: bool = False

    @classmethod
    def of(cls, given: object, name: str) -> DescriptorTable:
        """A table of what a user gives for the parameter of that name: a frame, a read table, the ledger's form.

        Raises:
            SpaceError: when it is neither.
        """
        if isinstance(given, DescriptorTable):
            return given
        if isinstance(given, Mapping) and given.keys() - {"apart"} == {"names", "rows", "choices"}:
            columns = {title: [row[j] for row in given["rows"]] for j, title in enumerate(given["names"])}
            apart = bool(given.get("apart", False))
            return cls("descriptors", name, tuple(given["choices"]), columns, _row_of("descriptors"), apart)
        labels = getattr(given, "columns", None)
        if labels is None or not hasattr(given, "__getitem__"):
            cure = "Give a frame with one row a choice: the choice in the first column, numbers in the others."
            fail(SpaceError, f"parameter {name!r}", f"descriptors is {given!r}", cure)
        titles = [str(label) for label in labels]
        columns = {title: list(given[label]) for title, label in zip(titles, labels, strict=True)}
        return cls._split("descriptors", name, titles, columns, _row_of("descriptors"))

    @classmethod
    def read(cls, path: str | Path, name: str) -> DescriptorTable:
        """The table of a file, CSV or Parquet, for the parameter of that name.

        Raises:
            DataError: when it is missing or no such table.
        """
        table = table_of(path)
        titles = [header.text for header in table.headers]
        columns: dict[str, Sequence[object]] = {title: list(table.texts(title)) for title in titles}
        return cls._split(table.source, name, titles, columns, table.place)

    @classmethod
    def _split(
        cls,
        source: str,
        name: str,
        titles: Sequence[str],
        columns: Mapping[str, Sequence[object]],
        place: Callable[[int, str], str],
    ) -> DescriptorTable:
        """The column named like the parameter names the choices, else the first one."""
        if len(set(titles)) < len(titles):
            fail(DataError, source, "two columns bear one name", "Give every column its own name.")
        if len(titles) < 2:
            cure = "Give the choices in the first column and numbers that describe them in the others."
            fail(DataError, source, f"it has {len(titles)} columns", cure)
        title = name if name in titles else titles[0]
        rest = {other: columns[other] for other in titles if other != title}
        return cls(source, title, tuple(columns[title]), rest, place)

    def listed(self) -> tuple[str, ...]:
        """The choices that the table names, in its order.

        Raises:
            DataError: for empty cells and choices with two rows, all at once.
        """
        faults, seen = Faults(), dict[str, int]()
        for row, cell in enumerate(self.choices):
            text = _choice_of(cell)
            if not text:
                faults.add(self.place(row, self.title), "no choice is named", "Name the choice that the row describes.")
            elif text in seen:
                where = self.place(seen[text], self.title)
                faults.add(self.place(row, self.title), f"choice {text!r} has a row already ({where})", "Keep one row.")
            else:
                seen[text] = row
        faults.raise_if_any(DataError)
        return tuple(seen)

    def describe(self, choices: Sequence[str]) -> Descriptors:
        """The numbers of these choices.

        Raises:
            DataError: for missing choices, cells that are no numbers, tables that tell choices nothing and choices
                that they do not tell apart; all that can be said at once.
        """
        row_of = {text: row for row, text in enumerate(self.listed())}
        faults = Faults()
        if missing := [choice for choice in choices if choice not in row_of]:
            found = f"no row describes {', '.join(map(repr, missing))}"
            faults.add(self.source, found, f"Add a row for each, with the choice in column {self.title!r}.")
        rows = [row_of[choice] for choice in choices if choice in row_of]
        numbers = [[self._number(faults, row, name) for name in self.columns] for row in rows]
        if len(faults.found) > _LISTED:
            more = f"and {len(faults.found) - _LISTED} more like this"
            faults.found[_LISTED:] = [Fault(self.source, more, "Correct them alike.")]
        faults.raise_if_any(DataError)
        made = Descriptors(tuple(self.columns), tuple(map(tuple, numbers)), self.apart)
        if not any(made.told):
            found = f"every column is the same for all {len(choices)} choices"
            fail(DataError, self.source, found, "Give columns in which the choices differ, or leave descriptors out.")
        self._refuse_twins(made, choices)
        return made

    def _number(self, faults: Faults, row: int, name: str) -> float:
        cell = self.columns[name][row]
        number = as_number(int(cell) if isinstance(cell, bool | np.bool_) else cell)
        if number is None:
            found = f"{cell!r} is no number" if str(cell).strip() else "the cell is empty"
            cure = "Give a finite number, or take the column out: all but the choices describe them."
            faults.add(self.place(row, name), found, cure)
            return math.nan
        return number

    def _refuse_twins(self, made: Descriptors, choices: Sequence[str]) -> None:
        faults, seen = Faults(), dict[tuple[float, ...], str]()
        for choice, point in zip(choices, made.points, strict=True):
            if point in seen:
                found = f"{seen[point]!r} and {choice!r} have the same descriptors, so a model cannot tell them apart"
                cure = "Add a column in which they differ, join them to one choice, or leave descriptors out."
                faults.add(self.source, found, cure)
            seen.setdefault(point, choice)
        faults.raise_if_any(DataError)


def _choice_of(cell: object) -> str:
    """A cell as a choice: 1 and 1.0 are "1"; "" for a cell that names none."""
    number = None if isinstance(cell, str) else as_number(cell)
    if number is not None:
        return canonical.number_text(number)
    return cell.strip() if isinstance(cell, str) else ""


def _row_of(source: str) -> Callable[[int, str], str]:
    return lambda row, name: f"{source}, row {row}, column {name!r}"
