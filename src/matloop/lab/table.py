"""The laboratory of known outcomes: a table that is asked instead of nature.

An outcome hangs on the table, the campaign's seed and the suggestion alone; nothing is remembered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from matloop.domain import canonical
from matloop.domain.objective import Objective
from matloop.domain.outcome import STATUSES, Failed, Measured, Outcome
from matloop.domain.parquet import table_of
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.domain.table import LISTED_FAULTS, Header, Table, Texts, listed, match
from matloop.domain.units import convert, split_header
from matloop.errors import ConfigError, DataError, Fault, Faults, LabError, MatloopError, fail, nearest
from matloop.lab import LabSetup, chance, check_keys, check_token

if TYPE_CHECKING:
    import pandas as pd

Readings = Literal["mean", "single"]
_READINGS = ("mean", "single")
_ID_COLUMN = "candidate"
"""How matloop's own tables call the column of ids (CONTRACT, Identity)."""


@dataclass(frozen=True, eq=False)
class TableLab:
    """Known outcomes, by candidate id where the table has such a column, else by the feature values.

    frame: a DataFrame, or a table that was read: one column an objective, one row a reading. Rows in which every
        objective is empty say nothing. A column `status` may say `failed`; `aborted` rows say nothing either.
    readings: "mean" answers the mean of a candidate's readings, without a std. "single" answers one of them, drawn by
        the campaign's seed and the suggestion, with its NAME_std where the table has one: a second suggestion of the
        same candidate draws anew, and may draw the same row again.
    source: what messages call the table.
    """

    name: ClassVar[str] = "table"
    frame: pd.DataFrame | Table
    readings: Readings = "mean"
    source: str = field(default="table", kw_only=True)
    setup: LabSetup | None = field(default=None, kw_only=True, repr=False)
    _known: _Known | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if self.readings not in _READINGS:
            cure = nearest(str(self.readings), _READINGS)
            fail(ConfigError, "table lab, readings", f"unknown word {self.readings!r}", cure)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], setup: LabSetup) -> TableLab:
        """`file` (CSV, relative to campaign.toml), `readings` = "mean" (default) or "single".

        Raises:
            ConfigError: for unknown or missing keys and words.
            DataError: all that is wrong with the file.
        """
        check_keys(settings, ("file", "readings"), ("file",))
        file = settings["file"]
        if not isinstance(file, str) or not file.strip():
            fail(ConfigError, "[lab] file", f"it is {file!r}", "Name a CSV file, relative to campaign.toml.")
        readings = settings.get("readings", "mean")
        return cls(table_of(setup.folder / file), readings).bind(setup)

    def bind(self, setup: LabSetup) -> TableLab:
        """The same table for a campaign, its rows matched to the candidates.

        Raises:
            DataError: all that is wrong with the table, at once.
        """
        if self.setup == setup:
            return self
        table = self.frame if isinstance(self.frame, Table) else _FrameTable.of(self.frame, self.source)
        return replace(self, frame=table, source=table.source, setup=setup, _known=_Known.of(table, setup))

    def check(self, suggestion: Suggestion) -> None:
        """Refuse a candidate that the table does not know.

        Raises:
            LabError: naming the candidate.
        """
        self._rows(suggestion)

    def start(self, token: str, suggestion: Suggestion) -> None:
        """Nothing to do but to look.

        Raises:
            LabError: for a candidate that the table does not know, or a token of another suggestion.
        """
        check_token(token, suggestion)
        self._rows(suggestion)

    def collect(self, token: str, suggestion: Suggestion) -> Sequence[Outcome]:
        """The outcome in the table; known at once, started or not.

        Raises:
            LabError: as `start` does.
        """
        check_token(token, suggestion)
        known, rows = self._rows(suggestion)
        if self.readings == "single":
            seed = self.setup.seed if self.setup else 0
            row = int(chance(seed, "table", suggestion.id, suggestion.candidate).choice(rows))
            return (known.reading(row, suggestion),)
        return (known.mean(rows, suggestion),)

    def known(self, objective: str) -> Mapping[str, float]:
        """Candidate id -> mean of its readings of an objective, without those that only failed.

        Raises:
            LabError: when the lab is not bound to a campaign.
        """
        known, found = self._bound(), {}
        for candidate, rows in known.rows.items():
            cells = known.numbers[objective][rows[~known.failed[rows]]]
            cells = cells[~np.isnan(cells)]
            if len(cells):
                found[candidate] = float(cells.mean())
        return found

    def _bound(self) -> _Known:
        if self._known is None:
            fail(LabError, self.source, "it knows no objectives", "Call bind(setup), or use Campaign.run(lab).")
        return self._known

    def _rows(self, suggestion: Suggestion) -> tuple[_Known, NDArray[np.intp]]:
        """The rows that hold outcomes of a candidate."""
        known = self._bound()
        rows = known.rows.get(suggestion.candidate)
        if rows is None:
            found = f"candidate {suggestion.candidate!r} ({dict(suggestion.values)}) has no outcome there"
            cure = f"Add its row, fill in {', '.join(known.numbers)}, or take it out of the candidates."
            fail(LabError, self.source, found, cure)
        return known, rows


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """The rows of a table that say something.

    rows: candidate id -> its rows.
    numbers, std: objective -> (n,) in its unit, NaN where the cell is empty.
    failed: (n,) which rows say that the candidate would not form.
    """

    rows: Mapping[str, NDArray[np.intp]]
    numbers: Mapping[str, Floats]
    std: Mapping[str, Floats]
    failed: NDArray[np.bool_]

    @classmethod
    def of(cls, table: Table, setup: LabSetup) -> _Known:
        """Read numbers, then match rows to candidates.

        Raises:
            DataError: all faults at once.
        """
        faults = Faults()
        numbers = {one.name: _numbers(faults, table, one.name, one) for one in setup.objectives}
        stds = [one for one in setup.objectives if match(table.headers, f"{one.name}_std") is not None]
        std = {one.name: _numbers(faults, table, f"{one.name}_std", one, std=True) for one in stds}
        failed, void = _statuses(faults, table)
        told = failed | ~np.all([np.isnan(column) for column in numbers.values()], axis=0)
        rows: dict[str, list[int]] = {}
        for row, candidate in _candidates(faults, table, setup.candidates, np.flatnonzero(told & ~void)):
            rows.setdefault(candidate, []).append(row)
        faults.raise_if_any(DataError)
        return cls({id: np.array(taken, dtype=np.intp) for id, taken in rows.items()}, numbers, std, failed)

    def reading(self, row: int, suggestion: Suggestion) -> Outcome:
        """One row as an outcome."""
        if self.failed[row]:
            return Failed(suggestion.id, reason=_FAILED)
        outcome = {name: float(column[row]) for name, column in self.numbers.items() if not np.isnan(column[row])}
        std = {name: float(self.std[name][row]) for name in outcome if name in self.std}
        return Measured(suggestion.id, outcome, std={name: s for name, s in std.items() if not np.isnan(s)})

    def mean(self, rows: NDArray[np.intp], suggestion: Suggestion) -> Outcome:
        """The mean of the rows that were measured; failed only if none was."""
        measured = rows[~self.failed[rows]]
        if not len(measured):
            return Failed(suggestion.id, reason=_FAILED)
        cells = {name: column[measured] for name, column in self.numbers.items()}
        filled = {name: column[~np.isnan(column)] for name, column in cells.items()}
        return Measured(suggestion.id, {name: float(one.mean()) for name, one in filled.items() if len(one)})


_FAILED = "the table says failed"


class _FrameTable(Table):
    """A DataFrame in the form of a table that was read; rows are counted from 0."""

    @classmethod
    def of(cls, frame: pd.DataFrame, source: str) -> _FrameTable:
        """Numbers stay numbers, everything else becomes text, "" where missing."""
        headers = tuple(Header(str(label), *split_header(str(label))) for label in frame.columns)
        cells = {place: _cells(np.asarray(frame.iloc[:, place])) for place in range(len(headers))}
        return cls(source, headers, np.arange(len(frame), dtype=np.int64), cells)

    def place(self, row: int, name: str) -> str:
        """A cell's place, for messages."""
        return f"{self.source}, row {row}, column {name!r}"


def _cells(column: NDArray[Any]) -> Floats | Texts:
    if column.dtype.kind in "iuf":
        return column.astype(np.float64)
    texts = np.empty(len(column), dtype=np.object_)
    texts[:] = [_text(value) for value in column.tolist()]
    return texts


def _text(value: object) -> str:
    """A cell as text: 12.0 is "12", and None, NaN and pandas' NA and NaT are ""."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else canonical.number_text(value)
    return str(value).strip()


def _numbers(faults: Faults, table: Table, column: str, objective: Objective, *, std: bool = False) -> Floats:
    """(n,) finite numbers in the objective's unit, NaN where empty; faults noted."""
    try:
        found = table.numbers(column, empty=True)
        unit = table.unit(column)
        if unit is not None and objective.unit is not None:
            place = f"{table.source}, column {column!r}"
            found = convert(found, unit, objective.unit, place, difference=std)
    except MatloopError as error:
        faults.absorb(error)
        return np.zeros(len(table))  # no row counts as empty, so that its other faults are found as well
    bad = np.isinf(found) | (found < 0.0 if std else False)
    cure = "Give a std of 0 or more, or none." if std else "Give a finite number, or none."
    _note(faults, table, column, np.flatnonzero(bad), [f"{number:g}" for number in found[bad]], cure)
    return found


def _note(faults: Faults, table: Table, column: str, rows: NDArray[np.intp], found: Sequence[str], cure: str) -> None:
    """Note what stands in some rows of a column."""
    pairs = list(zip(rows, found, strict=True))[:LISTED_FAULTS]
    listed(faults, [Fault(table.place(int(row), column), f"it is {text}", cure) for row, text in pairs], len(rows))


def _statuses(faults: Faults, table: Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(n,) which rows failed, and which say nothing; faults noted."""
    if match(table.headers, "status") is None:
        return np.zeros(len(table), dtype=np.bool_), np.zeros(len(table), dtype=np.bool_)
    words = _words(table, "status")
    odd = np.array([word not in ("", "ok", "failed", "aborted") for word in words], dtype=np.bool_)
    for word in sorted(set(words[odd])):
        rows = np.flatnonzero(words == word)
        cure = "Leave censored readings out: a table lab answers ok and failed."
        cure = cure if word in STATUSES else nearest(word, STATUSES)
        _note(faults, table, "status", rows, [repr(word)] * len(rows), cure)
    return np.asarray(words == "failed", dtype=np.bool_), np.asarray(words == "aborted", dtype=np.bool_)


def _words(table: Table, column: str) -> Texts:
    """(n,) cells as text."""
    if not table.is_numeric(column):
        return table.texts(column)
    words = np.empty(len(table), dtype=np.object_)
    words[:] = [_text(number) for number in table.numbers(column).tolist()]
    return words


def _candidates(
    faults: Faults, table: Table, candidates: Pool | Space, rows: NDArray[np.intp]
) -> list[tuple[int, str]]:
    """(row, candidate id) of rows, by id if the table has such a column, else by the feature values; faults noted."""
    named = [candidates.id_name if isinstance(candidates, Pool) else None, _ID_COLUMN]
    column = next((name for name in named if name is not None and match(table.headers, name) is not None), None)
    if column is None:
        return _resolved(faults, table, candidates, rows)
    words = _words(table, column)
    empty = rows[words[rows] == ""]
    _note(faults, table, column, empty, ["empty"] * len(empty), "Name the candidate, or leave the row out.")
    return [(int(row), str(words[row])) for row in rows]


def _resolved(faults: Faults, table: Table, candidates: Pool | Space, rows: NDArray[np.intp]) -> list[tuple[int, str]]:
    """(row, candidate id) by the feature values; faults noted."""
    missing = [name for name in candidates.names if match(table.headers, name) is None]
    known = [header.name for header in table.headers if header.name]
    for name in missing:
        cure = f"{nearest(name, known)} Or add a column {_ID_COLUMN!r} of ids."
        faults.add(table.source, f"no column {name!r}, and no column of ids", cure)
    if missing:
        return []
    columns = {name: _feature(faults, table, candidates, name) for name in candidates.names}
    found: list[tuple[int, str]] = []
    seen: dict[tuple[object, ...], str] = {}
    for row in map(int, rows):
        values = {name: cells[row] for name, cells in columns.items()}
        key = tuple(values.values())
        if key not in seen:
            try:
                seen[key] = candidates.resolve(values).id
            except MatloopError as error:
                if len(faults.found) < LISTED_FAULTS:
                    faults.absorb(error, table.place(row, ", ".join(candidates.names)))
                continue
        found.append((row, seen[key]))
    return found


def _feature(faults: Faults, table: Table, candidates: Pool | Space, name: str) -> Floats | Texts:
    """(n,) cells of a feature, in its unit where both the table and the candidates state one; faults noted."""
    place = candidates.names.index(name)
    own = (
        candidates.units[place] if isinstance(candidates, Pool) else getattr(candidates.parameters[place], "unit", None)
    )
    try:
        unit = table.unit(name)
        if unit is not None and own is not None and unit != own:
            return convert(table.numbers(name, empty=True), unit, own, f"{table.source}, column {name!r}")
    except MatloopError as error:
        faults.absorb(error)
        return np.full(len(table), np.nan)
    return table.numbers(name) if table.is_numeric(name) else table.texts(name)
