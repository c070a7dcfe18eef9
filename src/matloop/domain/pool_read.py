"""Tables into columns of features: what a pool is made of, with every fault of the table noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain import parquet
from matloop.domain.cells import id_texts, is_missing
from matloop.domain.columns import Column, Numbers, Words, group
from matloop.domain.composed import FormulaReader, Named, formulas, split
from matloop.domain.constraint import Without
from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.domain.table import (
    DECIMAL_COMMA,
    LISTED_FAULTS,
    Header,
    Table,
    Texts,
    decimal_commas,
    listed,
    match,
    read_headers,
    read_table,
)
from matloop.domain.units import OWN_UNITS, known_unit, split_header
from matloop.errors import DataError, Fault, Faults, known_words, nearest

if TYPE_CHECKING:
    import pandas as pd

_BOOLEANS = {"True": 1.0, "TRUE": 1.0, "true": 1.0, "False": 0.0, "FALSE": 0.0, "false": 0.0}
_NO_FEATURES = "Name the columns to learn from; they are never guessed, since a guess may leak the answer."
_NO_SUCH = "Name a column that is there, or leave it out."
_EMPTY = "Fill the cell, or leave the row out."


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a table, before equal ones are joined.

    names, columns, units: the features; the unit is the one in the header, None without one.
    id_name, ids: the id column, (n,) texts; None without one.
    riders: the columns that ride along, name -> (n,) cells.
    place: row, column -> where that is, for messages. rules: what the formulas must keep.
    """

    source: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    units: tuple[str | None, ...]
    id_name: str | None
    ids: Texts | None
    riders: Mapping[str, NDArray[Any]]
    place: Callable[[int, str], str]
    rules: tuple[Without, ...] = ()


def read_csv(path: str | Path, features: Sequence[Named], id: str | None, objectives: Sequence[str]) -> Source:
    """Read a pool's CSV file. Objective columns and their NAME_std are not read.

    Raises:
        DataError: all that is wrong with it, at once.
    """
    return _read(path, features, id, objectives, (read_headers, read_table))


def read_parquet(path: str | Path, features: Sequence[Named], id: str | None, objectives: Sequence[str]) -> Source:
    """Read a pool's Parquet file, as `read_csv` does; raises as well when the extra is missing."""
    return _read(path, features, id, objectives, (parquet.parquet_headers, parquet.read_parquet))


_Readers = tuple[Callable[..., Sequence[Header]], Callable[..., Table]]
"""How the headers and the table of a kind of file are read."""


def _read(
    path: str | Path, asked: Sequence[Named], id: str | None, objectives: Sequence[str], readers: _Readers
) -> Source:
    features, chemists = split(asked)
    headers, read = readers[0](path), readers[1]
    objectives = [objectives] if isinstance(objectives, str) else objectives
    features = _checked(headers, str(path), features, id, objectives)
    hidden = {*objectives, *(f"{name}_std" for name in objectives)}
    taken = {match(headers, name) for name in (*features, *([] if id is None else [id]))}
    riding = [
        header.text
        for place, header in enumerate(headers)
        if header.text and place not in taken and not {header.name, header.text} & hidden
    ]
    wanted = [*features, *riding, *([] if id is None else [id])]
    faults = Faults()
    numeric = [n for n in features if n not in chemists and match(headers, n) != match(headers, id or "")]
    table = read(path, columns=wanted, numeric=numeric, ragged=faults)
    if not len(table):
        faults.raise_if_any(DataError)
        faults.add(str(path), "no rows below the header", "Give one row a candidate.")
        faults.raise_if_any(DataError)
    columns = [_table_column(faults, table, name, chemists.get(name)) for name in features]
    for name, column in zip(features, columns, strict=True):
        if isinstance(column, Numbers):
            _look_at_unit(faults, table, name)
    ids = None if id is None else _ids(faults, list(table.texts(id)), lambda row: table.place(row, id))
    if faults.found and ids is not None:
        sound = {name: column for name, column in zip(features, columns, strict=True) if column is not None}
        note_twins(faults, sound, Words.of(ids), lambda row: table.place(row, str(id)))
    faults.raise_if_any(DataError)
    units = tuple(table.unit(name) for name in features)
    riders = {split_header(name)[0]: table.texts(name) for name in riding}
    made = tuple(column for column in columns if column is not None)
    return Source(str(path), tuple(features), made, units, id, ids, riders, table.place, _rules(chemists))


def _look_at_unit(faults: Faults, table: Table, name: str) -> None:
    """Note a unit that nobody knows: readings in another unit could never be converted to it.

    Whoever names the feature with its bracket says that it belongs to the name.
    """
    header = table.headers[match(table.headers, name) or 0]
    if header.unit is None or header.text == name or known_unit(header.unit):
        return
    cure = (
        f"Write a unit that pint knows (K, degC, GPa, J, S/cm, mmol/L) or one of {' '.join(OWN_UNITS)}; a bracket that "
        f"is no unit is written in parentheses, and the feature named so: '{header.name} ({header.unit})'."
    )
    faults.add(f"{table.source}, column {header.text!r}", f"unknown unit {header.unit!r}", cure)


def from_frame(
    frame: pd.DataFrame, asked: Sequence[Named], id: str | None, riders: Sequence[str], source: str
) -> Source:
    """Take a pool out of a frame; the frame is neither kept nor changed.

    Raises:
        DataError: all that is wrong with it, at once.
    """
    features, chemists = split(asked)
    labels = list(getattr(frame, "columns", ()))
    headers = [Header(one, *split_header(one)) if isinstance(one, str) else Header("", "", None) for one in labels]
    features = _checked(headers, source, features, id, ())
    faults = Faults()
    for name in riders:
        if match(headers, name) is None:
            faults.add(source, f"no column {name!r}", nearest(name, [one.name for one in headers if one.name]))
    if not len(frame):
        faults.add(source, "no rows", "Give one row a candidate.")
    faults.raise_if_any(DataError)

    def place(row: int, name: str) -> str:
        return f"{source}, row {row}, column {name!r}"

    def cells(name: str) -> NDArray[Any]:
        position = match(headers, name)
        return np.asarray(frame[labels[position or 0]])

    columns = [_frame_column(faults, cells(name), name, place, chemists.get(name)) for name in features]
    ids = None if id is None else _ids(faults, id_texts(cells(id)), lambda row: place(row, id))
    faults.raise_if_any(DataError)
    units = tuple(headers[match(headers, name) or 0].unit for name in features)
    riding = {name: cells(name) for name in riders}
    made = tuple(column for column in columns if column is not None)
    return Source(source, tuple(features), made, units, id, ids, riding, place, _rules(chemists))


def _rules(chemists: Mapping[str, FormulaReader]) -> tuple[Without, ...]:
    return tuple(rule for chemist in chemists.values() for rule in chemist.rules)


def _checked(
    headers: Sequence[Header], source: str, features: Sequence[str], id: str | None, objectives: Sequence[str]
) -> list[str]:
    """The features' names, once it is clear that each names one column."""
    faults = Faults()
    known = [header.name for header in headers if header.name]
    features = features if isinstance(features, str) else list(features)
    if isinstance(features, str) or not features:
        faults.add(source, f"features is {features!r}", f"{_NO_FEATURES} {known_words('', known)}")
        faults.raise_if_any(DataError)
    listed_once = False
    for name in [*features, *([] if id is None else [id])]:
        count = sum(header.name == name for header in headers) or sum(header.text == name for header in headers)
        if not isinstance(name, str) or not count:
            cure = nearest(str(name), known)
            listing = cure.startswith("Known:")
            faults.add(source, f"no column {name!r}", _NO_SUCH if listing and listed_once else cure)
            listed_once = listed_once or listing
        elif count > 1:
            faults.add(source, f"{count} columns are named {name!r}", "Give every column its own name.")
    for name in dict.fromkeys(features):
        if list(features).count(name) > 1:
            faults.add(source, f"feature {name!r} is named twice", "Name every feature once.")
        if name in objectives or name in [f"{one}_std" for one in objectives]:
            faults.add(source, f"feature {name!r} belongs to an objective", "Leave it out: it is what is to be found.")
    faults.raise_if_any(DataError)
    return list(features)


def _ids(faults: Faults, texts: Sequence[str], place: Callable[[int], str]) -> Texts:
    """(n,) ids, none of them empty."""
    empty = [row for row, text in enumerate(texts) if not text]
    if empty:
        first = [Fault(place(row), "the id is empty", "Give every row an id.") for row in empty[:LISTED_FAULTS]]
        listed(faults, first, len(empty))
    array = np.empty(len(texts), dtype=np.object_)
    array[:] = texts
    return array


def note_twins(
    faults: Faults,
    columns: Mapping[str, Column],
    ids: Words,
    place: Callable[[int], str],
    first: NDArray[np.intp] | None = None,
) -> None:
    """Note ids that have two different rows of features.

    Args:
        faults: where they are noted.
        columns: the features, name -> (n,).
        ids: (n,) id of each row; empty ones are passed over.
        place: row -> where its id stands.
        first: the first row of each group of equal rows, where that is known already.
    """
    if first is None:
        first = group([column.keys() for column in (*columns.values(), ids)])[0]
    codes = ids.codes[first]
    twins = [int(code) for code in np.flatnonzero(np.bincount(codes) > 1) if ids.levels[code]]
    found = []
    for code in twins[:LISTED_FAULTS]:
        one, other = (int(row) for row in first[codes == code][:2])
        values = {name: (column.value(one), column.value(other)) for name, column in columns.items()}
        differ = ", ".join(f"{name} {a!r} and {b!r}" for name, (a, b) in values.items() if a != b)
        text = f"id {ids.levels[code]!r} has other features than at {place(one)} ({differ})"
        found.append(Fault(place(other), text, "Give each its own id, or correct the row."))
    if found:
        listed(faults, found, len(twins))


def _table_column(faults: Faults, table: Table, name: str, chemist: FormulaReader | None = None) -> Column | None:
    """A column of a file: formulas, numbers, true and false, or words; None with the reasons noted."""
    if chemist is not None:
        return formulas(faults, table.texts(name), chemist, lambda row: table.place(row, name))
    if table.is_numeric(name):
        return Numbers.of(table.numbers(name))
    cells = table.texts(name)
    if all(cell in _BOOLEANS for cell in set(cells)):
        return Numbers.of(np.array([_BOOLEANS[cell] for cell in cells]), flag=True)
    empty = [row for row, cell in enumerate(cells) if not cell]
    numbers = [as_number(cell) for cell in cells]
    return _sorted_out(faults, list(cells), numbers, empty, lambda row: table.place(row, name))


def _sorted_out(
    faults: Faults,
    cells: Sequence[str],
    numbers: Sequence[float | None],
    empty: Sequence[int],
    place: Callable[[int], str],
) -> Column | None:
    """Words where no cell is a number, numbers where all are; else the cells of the rarer kind are noted.

    Where all that is no number has a decimal comma, the column was meant as numbers; as words each would be a choice.
    """
    holes = set(empty)
    words = [row for row, number in enumerate(numbers) if number is None and row not in holes]
    figures = [row for row, number in enumerate(numbers) if number is not None]
    if empty:
        listed(faults, [Fault(place(row), "the cell is empty", _EMPTY) for row in empty[:LISTED_FAULTS]], len(empty))
    if words and all(DECIMAL_COMMA.fullmatch(cells[row]) for row in words):
        fault = decimal_commas(cells, words, place)
        cure = f"{fault.cure} If it is a name and no number, begin it with a letter."
        faults.add(fault.place, fault.found, cure)
        return None
    odd, found, cured = _odd(cells, words, figures)
    if odd:
        first = [Fault(place(row), found(row), cured(row)) for row in odd[:LISTED_FAULTS]]
        listed(faults, first, len(odd))
        return None
    if empty:
        return None
    if words:
        return Words.of(cells)
    return Numbers.of(np.array(numbers, dtype=np.float64))


_Say = Callable[[int], str]


def _odd(cells: Sequence[str], words: Sequence[int], figures: Sequence[int]) -> tuple[Sequence[int], _Say, _Say]:
    """The cells that do not go with the others of a column, and per cell what is wrong and the cure.

    Args:
        cells: (n,) all of them.
        words: rows of those that are no number.
        figures: rows of those that are.
    """
    if not figures:
        return (), str, str
    if len(words) <= len(figures):
        cure = "Give a finite number, or make the whole column text."
        return words, lambda row: f"{cells[row]!r} is no number, but {len(figures)} other cells are", lambda _: cure
    cure = "Make the column all text or all numbers."
    return figures, lambda row: f"{cells[row]!r} is a number, but {len(words)} other cells are text", lambda _: cure


def _frame_column(
    faults: Faults,
    cells: NDArray[Any],
    name: str,
    place: Callable[[int, str], str],
    chemist: FormulaReader | None = None,
) -> Column | None:
    """A column of a frame: formulas, numbers, booleans or words; None with the reasons noted."""
    if chemist is not None:
        texts = ["" if is_missing(cell) else str(cell).strip() for cell in cells.tolist()]
        return formulas(faults, texts, chemist, lambda row: place(row, name))
    if cells.dtype.kind in "biuf":
        return _frame_numbers(faults, cells, name, place)
    if cells.dtype.kind not in "OUT":
        cure = "Give numbers, booleans or text."
        faults.add(place(0, name), f"a column of {cells.dtype} is neither", cure)
        return None
    values = cells.tolist()
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return Numbers.of(np.array(values, dtype=np.float64), flag=True)
    empty = [row for row, value in enumerate(values) if is_missing(value)]
    numbers = [None if isinstance(value, str) else as_number(_plain(value)) for value in values]
    texts = [value.strip() if isinstance(value, str) else str(value) for value in values]
    column = _sorted_out(faults, texts, numbers, empty, lambda row: place(row, name))
    strange = [row for row, value in enumerate(values) if not isinstance(value, str) and numbers[row] is None]
    strange = sorted(set(strange) - set(empty))
    if isinstance(column, Words) and strange:
        found = [
            Fault(place(row, name), f"{values[row]!r} is neither number nor text", "Give numbers or text.")
            for row in strange[:LISTED_FAULTS]
        ]
        listed(faults, found, len(strange))
        return None
    return column


def _frame_numbers(faults: Faults, cells: NDArray[Any], name: str, place: Callable[[int, str], str]) -> Column | None:
    values: Floats = np.array(cells, dtype=np.float64)
    values += 0.0  # -0 is 0
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        first = [
            Fault(place(int(row), name), f"{values[row]} is no finite number", _EMPTY) for row in bad[:LISTED_FAULTS]
        ]
        listed(faults, first, len(bad))
        return None
    return Numbers.of(values, flag=cells.dtype.kind == "b")


def _plain(value: object) -> object:
    """A boolean among numbers counts as one."""
    return int(value) if isinstance(value, bool | np.bool_) else value


def refuse_twins(given: Source, ids: Words, first: NDArray[np.intp]) -> None:
    """One id with two feature rows is a fault."""
    faults = Faults()
    columns = dict(zip(given.names, given.columns, strict=True))
    note_twins(faults, columns, ids, lambda row: given.place(row, str(given.id_name)), first)
    faults.raise_if_any(DataError)


def refuse_overflow(given: Source, columns: Sequence[Column]) -> None:
    """Least and largest value must have a difference.

    Raises:
        DataError: naming the features that have none.
    """
    faults = Faults()
    for name, column in zip(given.names, columns, strict=True):
        if isinstance(column, Numbers) and not np.isfinite(column.part(name).span):
            faults.add(
                f"{given.source}, column {name!r}", "the range is beyond what a float holds", "Choose another unit."
            )
    faults.raise_if_any(DataError)
