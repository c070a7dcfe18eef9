"""A table of readings -> outcomes: the columns that people fill in, and those that `suggest` wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from matloop.config.columns import COUNTS, Columns, Measure, columns_of
from matloop.domain.canonical import Value
from matloop.domain.number import as_number
from matloop.domain.outcome import STATUSES, Aborted, Censored, Failed, Measured, Outcome
from matloop.domain.parquet import table_of
from matloop.domain.prediction import Floats
from matloop.domain.problem import Problem
from matloop.domain.table import LISTED_FAULTS, Table
from matloop.domain.units import convert
from matloop.doubts import Doubt
from matloop.errors import DataError, Fault, Faults, InputError, MatloopError, fail, nearest

Judge = Callable[[Sequence[Outcome]], object]

_SIDES = {"<": "below", "≤": "below", ">": "above", "≥": "above"}
"""How people write a limit of detection into a cell, and the status that says so."""
_LINES = 8  # line numbers that one place names; the rest is counted
_NO_NUMBER = ("failed", "aborted")


@dataclass(frozen=True, slots=True)
class Readings:
    """What a table says.

    source: the file. outcomes: one a row that says something. lines: the line each stands on.
    skipped: rows whose objectives are all empty.
    """

    source: str
    outcomes: tuple[Outcome, ...]
    lines: tuple[int, ...]
    skipped: int

    def placed(self, doubts: Iterable[Doubt]) -> list[Fault]:
        """Doubts of these outcomes as faults at the lines they stand on."""
        return [doubt.at(self._lines_of((doubt.row, *doubt.others))) for doubt in doubts]

    def _lines_of(self, rows: Sequence[int]) -> str:
        """Where rows stand, the first of many."""
        *first, last = (str(self.lines[row]) for row in rows[:_LINES])
        more = f" and {len(rows) - _LINES} more" if len(rows) > _LINES else ""
        listed = f"lines {', '.join(first)}{', ' if more else ' and '}{last}{more}" if first else f"line {last}"
        return f"{self.source}, {listed}"

    def located(self, error: MatloopError, problem: Problem) -> MatloopError:
        """The same error, each fault preceded by the lines that are about its subject."""
        about: dict[str, list[int]] = {}
        for said, line in zip(self.outcomes, self.lines, strict=True):
            for name in dict.fromkeys((said.subject, said.suggestion or said.candidate or _made(said, problem))):
                about.setdefault(name, []).append(line)
        faults = []
        for fault in error.faults:
            lines = next((about[name] for name in _subjects(fault.place) if name in about), [])
            listed = " and ".join(str(line) for line in lines[:LISTED_FAULTS])
            where = f"{self.source}, line {listed}" if lines else self.source
            faults.append(Fault(f"{where}, {fault.place}", fault.found, fault.cure))
        return type(error)(*faults)


def _made(said: Outcome, problem: Problem) -> str:
    """The id of the candidate that is given by its values alone; its subject where they name none."""
    names = problem.candidates.names
    try:
        return problem.candidates.resolve({name: x for name, x in (said.values or {}).items() if name in names}).id
    except InputError:
        return said.subject


def _subjects(place: str) -> Iterator[str]:
    """Whom a fault's place may name: a subject, or the subject of a reading's key (see `Key`)."""
    yield place
    yield place.rpartition("/")[0]
    yield place.rpartition("/")[0].rpartition("/")[0]


def read_outcomes(path: Path, problem: Problem, *, judge: Judge | None = None, pass_over: bool = False) -> Readings:
    """Read a table of readings.

    Args:
        path: the CSV file.
        problem: the campaign's.
        judge: raises what else is wrong with outcomes, such as a contradiction to the ledger.
        pass_over: whether unknown columns are passed over instead of refused.

    Raises:
        DataError: with every fault of the table.
        InputError: what `judge` raises, each fault with its line.
    """
    faults = Faults()
    table = table_of(path, ragged=faults)
    if not len(table) and not faults.found:
        fail(DataError, table.source, "it has a header, but no rows", "Give one row a reading.")
    try:
        columns = columns_of(table, problem, pass_over=pass_over)
    except InputError as error:
        raise type(error)(*faults.found, *error.faults) from error
    reader = _Reader(table, problem, columns, faults)
    reader.read_cells()
    said = [(row, reader.outcome(row)) for row in range(len(table)) if row not in reader.bad]
    found = [(outcome, int(table.lines[row])) for row, outcome in said if outcome is not None]
    skipped = sum(outcome is None and row not in reader.bad for row, outcome in said)
    readings = Readings(table.source, tuple(one for one, _ in found), tuple(line for _, line in found), skipped)
    try:
        if judge is not None:  # without the faulty rows, rows that nobody suggested would be counted wrongly
            judge([one for one in readings.outcomes if one.suggestion or not faults.found])
    except InputError as error:
        if not faults.found:
            raise readings.located(error, problem) from error
        faults.absorb(readings.located(error, problem))
    faults.raise_if_any(DataError)
    return readings


@dataclass(slots=True)
class _Reader:
    """A table on its way to outcomes.

    numbers: objective, NAME_std of it or of a parameter -> (n,), NaN where empty.
    counts, values: column -> cell by cell, None where empty.
    bad: rows with a fault; they are judged no further.
    absent: parameters and features without a column, already noted.
    """

    table: Table
    problem: Problem
    columns: Columns
    faults: Faults = field(default_factory=Faults)
    bad: set[int] = field(default_factory=set)
    numbers: dict[str, Floats] = field(default_factory=dict)
    counts: dict[str, list[int | None]] = field(default_factory=dict)
    values: dict[str, list[Value | None]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    def read_cells(self) -> None:
        """Turn cells into numbers, counts and values, column by column."""
        objectives = [objective.name for objective in self.problem.objectives]
        for name in self.columns.numbers:
            self.numbers[name] = self._numbers(name, is_std=name not in objectives)
        for name in COUNTS:
            self.counts[name] = [self._count(name, row) for row in range(len(self.table))]
        for name in self.columns.values:
            self.values[name] = self._values(name)

    def outcome(self, row: int) -> Outcome | None:
        """What a row says; None when it says nothing, or is faulty (noted)."""
        objectives = [objective.name for objective in self.problem.objectives]
        figures = {name: x for name in objectives if (x := self._number(name, row)) is not None}
        stds = {name: x for name in objectives if (x := self._number(f"{name}_std", row)) is not None}
        names = self.problem.candidates.names
        abouts = {name: x for name in names if (x := self._number(f"{name}_std", row)) is not None}
        status = self._text("status", row).lower()
        if not (figures or stds or status):
            return None
        if complaint := _complaint(status, figures, {**stds, **abouts}, objectives[0]):
            self._refuse(row, *complaint)
            return None
        subject = self._subject(row)
        if subject is None or (status not in _NO_NUMBER and not self._has_context(row)):
            return None
        try:
            return _said(status, figures, (stds, abouts), note=self._text("note", row), subject=subject)
        except DataError as error:
            self.bad.add(row)
            self.faults.absorb(error, self._line(row))
            return None

    def _has_context(self, row: int) -> bool:
        """Whether a row with a number says all that is measured beside it; what it does not is noted, once a column."""
        missing = [
            one
            for one in self.problem.candidates.context
            if one.name not in self.values or (self.values[one.name][row] is None and row not in self.bad)
        ]
        for one in missing:
            unit = f" in {one.unit}" if one.unit else ""
            found = f"no value of {one.name!r}, which is measured with every reading"
            if one.name in self.values:
                self._refuse(row, one.name, found, f"Fill in what it was{unit}; failed and aborted rows may leave it.")
            elif one.name not in self.absent:
                self.absent.add(one.name)
                title = f"{one.name} [{one.unit}]" if one.unit else one.name
                cure = f"Add a column '{title}' with what it was in every row that has a number."
                self.faults.add(
                    self.table.source, f"no column {one.name!r}, which is measured with every reading", cure
                )
        if missing:
            self.bad.add(row)
        return not missing

    def _subject(self, row: int) -> dict[str, Any] | None:
        """Whom a row is about; None when it does not say (noted)."""
        suggestion = self._text("suggestion", row) or None
        candidate = self._candidate(row)
        given = {name: cells[row] for name, cells in self.values.items() if cells[row] is not None}
        counts = {name: number for name, cells in self.counts.items() if (number := cells[row]) is not None}
        if suggestion is not None:
            return {"suggestion": suggestion, "candidate": candidate, "executed": given, **counts}
        missing = [name for name in self.problem.candidates.names if name not in given]
        if not missing:
            return {"candidate": candidate, "values": given, **counts}
        if candidate is not None:
            return {"candidate": candidate, "executed": given, **counts}
        lost = [name for name in missing if name not in self.values]
        if given and lost:
            self._note_missing_columns(row, lost, list(given))
        elif given:
            listed = ", ".join(repr(name) for name in missing)
            self._refuse(row, missing[0], f"no value for {listed}", "Give every value, or the candidate's id.")
        else:
            cure = "Fill in suggestion, candidate, or all values."
            self._refuse(row, None, "it names no suggestion, candidate or values", cure)
        return None

    def _note_missing_columns(self, row: int, lost: Sequence[str], given: Sequence[str]) -> None:
        """Note once a table that candidates named by values lack columns, instead of at every row."""
        self.bad.add(row)
        if self.absent.issuperset(lost):
            return
        self.absent.update(lost)
        listed, there = (", ".join(map(repr, names)) for names in (lost, given))
        alone = "does not say" if len(given) == 1 else "do not say"
        found = f"no column {listed}, and {there} {alone} which candidate a row is about"
        columns = "that column" if len(lost) == 1 else "these columns"
        cure = f"Add {columns}, or one named 'suggestion' or 'candidate' with what `suggest` wrote there."
        self.faults.add(self.table.source, found, cure)

    def _candidate(self, row: int) -> str | None:
        named = {name: text for name in self.columns.ids if (text := self._text(name, row))}
        if len(set(named.values())) > 1:
            found = " and ".join(f"{name} {text!r}" for name, text in named.items())
            self._refuse(row, "candidate", f"two candidates: {found}", "Keep one of them.")
        return next(iter(named.values()), None)

    def _text(self, name: str, row: int) -> str:
        return str(self.columns.texts[name][row]) if name in self.columns.texts else ""

    def _number(self, name: str, row: int) -> float | None:
        """A cell of an objective or its std, None where it is empty or there is no such column."""
        number = self.numbers[name][row] if name in self.numbers else np.nan
        return None if np.isnan(number) else float(number)

    def _numbers(self, name: str, *, is_std: bool) -> Floats:
        """A column of numbers in the objective's unit, NaN where empty."""
        title = self.columns.numbers[name].title
        table = self.table if is_std else self._without_limits(title)
        try:
            numbers = table.numbers(title, empty=True)
        except DataError as error:
            self.faults.absorb(error)
            cells = [(cell, as_number(cell)) for cell in self.table.texts(title)]
            self.bad.update(row for row, (cell, number) in enumerate(cells) if cell and number is None)
            numbers = np.array([np.nan if number is None else number for _, number in cells])
        for row in np.flatnonzero(numbers < 0).tolist() if is_std else ():
            self._refuse(row, title, f"std is {numbers[row]:g}", "Give a std of 0 or more, or leave it empty.")
        return _converted(numbers, self.columns.numbers[name], is_std=is_std)

    def _without_limits(self, title: str) -> Table:
        """The table with cells as `<2.0` emptied in a column, each noted."""
        cells = self.table.texts(title)
        limits = [row for row, cell in enumerate(cells) if cell[:1] in _SIDES]
        if not limits:
            return self.table
        for row in limits[:LISTED_FAULTS]:
            number = cells[row].lstrip("<>=≤≥ ")
            limit = number if as_number(number) is not None else "the limit"
            cure = f"Write {limit} in the column and `{_SIDES[cells[row][0]]}` in a column `status`."
            self._refuse(row, title, f"{cells[row]!r} is no number", cure)
        if len(limits) > LISTED_FAULTS:
            found = f"and {len(limits) - LISTED_FAULTS} more like this"
            self._refuse(limits[LISTED_FAULTS], title, found, "Correct them alike.")
        self.bad.update(limits)
        rest = cells.copy()
        rest[limits] = ""
        place = [header.text for header in self.table.headers].index(title)
        return replace(self.table, cells={**self.table.cells, place: rest})

    def _count(self, name: str, row: int) -> int | None:
        cell = self._text(name, row)
        number = as_number(cell)
        if cell and (number is None or number < 1 or not number.is_integer()):
            self._refuse(row, name, f"it is {cell!r}", "Give a whole number from 1, or leave it empty.")
            return None
        return int(number) if number is not None else None

    def _values(self, name: str) -> list[Value | None]:
        """A column of a parameter or feature, in its own unit, None where empty."""
        measure = self.columns.values[name]
        cells: list[object] = list(self.table.texts(measure.title))
        if measure.given is not None:
            try:
                moved = _converted(self.table.numbers(measure.title, empty=True), measure)
            except DataError as error:
                self.faults.absorb(error)
                return [None] * len(cells)
            cells = ["" if np.isnan(number) else float(number) for number in moved]
        return [None if cell == "" else self._value(name, measure.title, cell, row) for row, cell in enumerate(cells)]

    def _value(self, name: str, title: str, cell: object, row: int) -> Value | None:
        try:
            return self.problem.candidates.parse({name: cell})[name]
        except InputError as error:
            fault = error.faults[0]
            self._refuse(row, title, fault.found, fault.cure)
            return None

    def _line(self, row: int) -> str:
        return f"{self.table.source}, line {self.table.lines[row]}"

    def _refuse(self, row: int, column: str | None, found: str, cure: str) -> None:
        self.bad.add(row)
        place = self._line(row) if column is None else f"{self._line(row)}, column {column!r}"
        self.faults.add(place, found, cure)


def _converted(numbers: Floats, measure: Measure, *, is_std: bool = False) -> Floats:
    """A column in the campaign's own unit; that the units convert was looked at with the header."""
    if measure.given is None or measure.unit is None:
        return numbers
    return convert(numbers, measure.given, measure.unit, f"column {measure.title!r}", difference=is_std)


def _complaint(
    status: str, figures: Mapping[str, float], stds: Mapping[str, float], objective: str
) -> tuple[str, str, str] | None:
    """What does not go together in a row: column, found, cure."""
    if status not in ("", *STATUSES):
        return "status", f"unknown status {status!r}", nearest(status, STATUSES)
    if status in _NO_NUMBER and (figures or stds):
        return "status", f"status {status!r}, and yet a number", "Empty the number, or the status."
    if status not in _NO_NUMBER and not figures:
        found = f"status {status!r}, but no number" if status else "a std without its number"
        return objective, found, f"Give {objective}, or empty the rest of the row."
    if status in ("below", "above") and stds:
        return "status", f"status {status!r}: a limit has no std", "Empty the std."
    return None


def _said(
    status: str,
    figures: Mapping[str, float],
    stds: tuple[Mapping[str, float], Mapping[str, float]],
    *,
    note: str,
    subject: Mapping[str, Any],
) -> Outcome:
    """The outcome that a row's status asks for; stds are those of objectives and those of what was set."""
    match status:
        case "failed":
            return Failed(**subject, note=note)
        case "aborted":
            return Aborted(**subject, note=note)
        case "below" | "above":
            return Censored(**subject, outcome=figures, side=status, note=note)
        case _:
            return Measured(**subject, outcome=figures, std=stds[0], executed_std=stds[1], note=note)
