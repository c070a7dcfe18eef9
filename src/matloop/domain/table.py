"""Read a CSV table strictly: every cell is text until somebody asks for numbers, and every fault has its line.

Only the columns asked for are kept. Nothing is guessed about a missing value: `NaN` is sodium nitride in a column of
formulas and a fault in a column of numbers.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.domain.table_file import opened
from matloop.domain.units import split_header
from matloop.errors import DataError, Fault, Faults, fail, nearest

Texts = NDArray[np.object_]

LISTED_FAULTS = 20  # of one column; the rest is counted, or a wrong column of a million rows would be a book
_NAMED_LINES = 3  # of many with the same fault
_CHUNK = 20_000  # rows held as Python lists at a time; bounds the memory of a long file
_SHARED = 10_000  # different texts of a column that share one object a text; a column of names stops here
_NEWLINE = re.compile(r"\r\n|\r|\n")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
"""A number as countries of decimal commas write it."""
_SEPARATORS = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class Header:
    """A column's header: as written, and split into name and unit (None without one)."""

    text: str
    name: str
    unit: str | None


def match(headers: Sequence[Header], name: str) -> int | None:
    """Place of the column that is written `name`, else of the one whose name without its unit is; None if neither."""
    for place, header in enumerate(headers):
        if header.text == name:
            return place
    for place, header in enumerate(headers):
        if header.name == name:
            return place
    return None


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in its file.

    source: the file, as it was named.
    headers: all columns of the file, also those not read.
    lines: (n,) line of the file in which each row begins, counted from 1.
    cells: column place -> (n,) texts, or floats where they were asked for and every cell is a finite number.
    """

    source: str
    headers: tuple[Header, ...]
    lines: NDArray[np.int64]
    cells: Mapping[int, Texts | Floats]

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns' names, without units."""
        return tuple(header.name for header in self.headers)

    def place(self, row: int, name: str) -> str:
        """A cell's place, for messages."""
        return f"{self.source}, line {self.lines[row]}, column {name!r}"

    def unit(self, name: str) -> str | None:
        """The unit in a column's header, None without one."""
        return self.headers[self._find(name)].unit

    def _find(self, name: str) -> int:
        found = match(self.headers, name)
        if found is None or found not in self.cells:
            known = [header.name for header in self.headers if header.name]
            fail(DataError, self.source, f"no column {name!r}", nearest(name, known))
        return found

    def is_numeric(self, name: str) -> bool:
        """Whether the column was read as numbers."""
        return self.cells[self._find(name)].dtype.kind == "f"

    def texts(self, name: str) -> Texts:
        """(n,) cells of a column that was read as text, without surrounding blanks; "" where empty.

        Raises:
            DataError: when there is no such column.
        """
        cells = self.cells[self._find(name)]
        if cells.dtype.kind == "f":
            raise TypeError(f"column {name!r} was read as numbers")
        return cells.astype(np.object_, copy=False)

    def numbers(self, name: str, *, empty: bool = False) -> Floats:
        """(n,) numbers of a column, in the unit of its header.

        Args:
            name: the column.
            empty: whether empty cells are allowed; they become NaN.

        Raises:
            DataError: naming each cell that is no finite number, and when there is no such column.
        """
        cells = self.cells[self._find(name)]
        if cells.dtype.kind == "f":
            return np.asarray(cells, dtype=np.float64)
        found = [as_number(cell) for cell in cells]
        bad = [i for i, number in enumerate(found) if number is None and not (empty and cells[i] == "")]
        if bad:
            if all(DECIMAL_COMMA.fullmatch(cells[i]) for i in bad):
                raise DataError(decimal_commas(cells, bad, lambda row: self.place(row, name)))
            faults = Faults()
            listed(faults, [self._not_a_number(i, name, cells[i]) for i in bad[:LISTED_FAULTS]], len(bad))
            raise DataError(*faults.found)
        return np.array([np.nan if number is None else number for number in found], dtype=np.float64)

    def _not_a_number(self, row: int, name: str, cell: str) -> Fault:
        found = f"{cell!r} is no number" if cell else "the cell is empty"
        cure = "Give a finite number."
        if DECIMAL_COMMA.fullmatch(cell):
            cure = f"Write {cell.replace(',', '.')}: decimals take a point."
        return Fault(self.place(row, name), found, cure)


def decimal_commas(cells: Sequence[str] | NDArray[Any], rows: Sequence[int], place: Callable[[int], str]) -> Fault:
    """One fault for all the numbers of a column that are written with a comma.

    Args:
        cells: (n,) of the column.
        rows: of those numbers, one or more.
        place: row -> where it stands, the column last.
    """
    first, *others = rows
    found = f"{cells[first]!r} is no number"
    if others:
        named = [place(row).rpartition(", column")[0].rpartition(", ")[2] for row in others[:_NAMED_LINES]]
        more = f" and {len(others) - len(named)} more" if len(others) > len(named) else ""
        found = f"{len(rows)} numbers have a decimal comma: {cells[first]!r}, and those in {', '.join(named)}{more}"
    cure = f"Write {cells[first].replace(',', '.')}{', and the others alike' if others else ''}: decimals take a point."
    return Fault(place(first), found, cure)


def listed(faults: Faults, first: Sequence[Fault], total: int) -> None:
    """Note the first faults of a kind, and how many more there are."""
    faults.found.extend(first)
    if total > len(first):
        faults.add(first[-1].place, f"and {total - len(first)} more like this", "Correct them alike.")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is laid out.

    header_row: which of its lines that are not blank holds the names; those above it are passed over.
    holes: whether a column of numbers may have empty cells, which become NaN; otherwise they make it a column of text.
    """

    header_row: int = 1
    holes: bool = False


_PLAIN = Layout()


def read_headers(path: str | Path, layout: Layout = _PLAIN) -> tuple[Header, ...]:
    """The headers of a CSV file.

    Raises:
        DataError: when it is no CSV file, or a name stands there twice.
    """
    with opened(path) as file:
        return _headers(csv.reader(file, strict=True), str(path), layout)


def read_table(
    path: str | Path,
    *,
    columns: Collection[str] | None = None,
    numeric: Collection[str] = (),
    layout: Layout = _PLAIN,
    ragged: Faults | None = None,
) -> Table:
    """Read a CSV file with one header line: commas, UTF-8 (with or without byte-order mark), quotes doubled.

    Args:
        path: the file.
        columns: names of the columns to read, None for all; names that the file lacks are left to the caller.
        numeric: names of columns to read as numbers if all their cells are finite numbers, else as text.
        layout: where the header is, and whether numbers may be missing.
        ragged: where rows that are longer or shorter than the header are noted. They are left out of the table then,
            so that they hide no fault of other rows; whoever gives it raises them.

    Raises:
        DataError: when the file is missing, empty, binary, too wide, badly quoted, or, unless that is noted, a row is
            longer or shorter than the header.
    """
    source = str(path)
    with opened(path) as file:
        headers = _headers(csv.reader(file, strict=True), source, layout)
        chosen = range(len(headers)) if columns is None else (match(headers, name) for name in columns)
        wanted = sorted({place for place in chosen if place is not None})
        hoped = {place for place in (match(headers, name) for name in numeric) if place in wanted}
        text = set(wanted) - hoped
        lines, cells = _pass(file, source, text, hoped, (layout, ragged))
        mixed = hoped - set(cells)
        if mixed:
            lines, again = _pass(file, source, mixed, set(), (layout, ragged and Faults()))  # they are noted once
            cells.update(again)
    return Table(source, headers, lines, cells)


def _headers(reader: Any, source: str, layout: Layout = _PLAIN) -> tuple[Header, ...]:
    """The first line that is not blank, or a later one."""
    try:
        row = next(itertools.islice((row for row in reader if not _is_blank(row)), layout.header_row - 1, None))
    except csv.Error as error:
        _bad_csv(source, reader.line_num, error)
    except StopIteration:
        found = "the file is empty" if layout.header_row == 1 else f"it has no line {layout.header_row} for the header"
        fail(DataError, source, found, "Give a header line and rows below it.")
    headers = tuple(Header(cell.strip(), *split_header(cell)) for cell in row)
    _refuse_separator(headers, source)
    refuse_namesakes(headers, f"{source}, line {reader.line_num}")
    return headers


def _refuse_separator(headers: Sequence[Header], source: str) -> None:
    """A spreadsheet in a country of decimal commas separates cells by semicolons.

    Raises:
        DataError: when a header of one column looks like that.
    """
    for separator, word in _SEPARATORS.items():
        if len(headers) == 1 and separator in headers[0].text:
            cure = "Save the table as CSV with commas between cells and decimal points in numbers."
            fail(DataError, source, f"its cells are separated by {word}, not commas", cure)


def refuse_namesakes(headers: Sequence[Header], place: str) -> None:
    """Every column has a name of its own.

    Raises:
        DataError: naming those that stand there twice.
    """
    faults = Faults()
    for name in dict.fromkeys(header.name for header in headers if header.name):
        alike = [header.text for header in headers if header.name == name]
        if len(alike) > 1:
            faults.add(place, f"the column {name!r} stands there {len(alike)} times", "Give every column its own name.")
    faults.raise_if_any(DataError)


def _is_blank(row: Sequence[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _bad_csv(source: str, line: int, error: csv.Error) -> None:
    cure = "Close every quote, double quotes inside quoted cells, and keep cells under 100 kB."
    fail(DataError, f"{source}, line {line}", f"the line is no CSV ({error})", cure)


def _chunks(
    file: TextIO, source: str, layout: Layout, noted: Faults | None
) -> Iterator[tuple[list[list[str]], NDArray[np.int64]]]:
    """The rows below the header, some at a time, with the line in which each begins; as `read_table`, which see."""
    file.seek(0)
    reader = csv.reader(file, strict=True)
    width = len(_headers(reader, source, layout))
    ragged = Faults() if noted is None else noted
    try:
        while True:
            before = reader.line_num
            rows = list(itertools.islice(reader, _CHUNK))
            if not rows:
                break
            lines = _lines(rows, before, reader.line_num)
            if width == 1 or set(map(len, rows)) != {width}:
                kept = [i for i, row in enumerate(rows) if not _is_blank(row)]
                rows, lines = [rows[i] for i in kept], lines[kept]
            _check_widths(ragged, rows, lines, width, source)
            if noted is not None:
                kept = [i for i, row in enumerate(rows) if len(row) == width]
                rows, lines = [rows[i] for i in kept], lines[kept]
            if noted is not None or not ragged.found:
                yield rows, lines
    except csv.Error as error:
        _bad_csv(source, reader.line_num, error)
    if noted is None:
        ragged.raise_if_any(DataError)


def _lines(rows: Sequence[Sequence[str]], before: int, after: int) -> NDArray[np.int64]:
    """The line in which each row begins; quoted cells may hold line breaks."""
    if after - before == len(rows):
        return np.arange(before + 1, after + 1, dtype=np.int64)
    taken = [1 + sum(len(_NEWLINE.findall(cell)) for cell in row) for row in rows]
    return before + 1 + np.cumsum([0, *taken[:-1]]).astype(np.int64)


def _check_widths(
    ragged: Faults, rows: Sequence[Sequence[str]], lines: NDArray[np.int64], width: int, source: str
) -> None:
    """Note rows that are longer or shorter than the header."""
    if set(map(len, rows)) <= {width} or len(ragged.found) >= LISTED_FAULTS:
        return
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width and len(ragged.found) < LISTED_FAULTS:
            cure = "Give every row one cell a column; quote cells that hold a comma."
            ragged.add(
                f"{source}, line {line}", f"{len(row)} cell{'s' * (len(row) != 1)} below a header of {width}", cure
            )


def _pass(
    file: TextIO, source: str, text: Collection[int], hoped: set[int], how: tuple[Layout, Faults | None]
) -> tuple[NDArray[np.int64], dict[int, Texts | Floats]]:
    """One reading of the file: `text` columns as they stand, those of `hoped` that hold nothing but numbers."""
    layout, ragged = how
    all_lines = [np.zeros(0, dtype=np.int64)]
    texts: dict[int, list[str]] = {place: [] for place in text}
    shared: dict[int, dict[str, str]] = {place: {} for place in text}
    numbers: dict[int, list[Floats]] = {place: [np.zeros(0)] for place in hoped}
    for rows, lines in _chunks(file, source, layout, ragged):
        all_lines.append(lines)
        columns = list(zip(*rows, strict=True))
        for place in list(numbers) if rows else ():
            found = _all_numbers(columns[place], holes=layout.holes)
            if found is not None:
                numbers[place].append(found)
                continue
            del numbers[place]
            if len(all_lines) == 2:  # nothing is lost before the first chunk, so no second pass is needed
                texts[place], shared[place] = [], {}
        for place in texts if rows else ():
            cells = [cell.strip() for cell in columns[place]]
            seen = shared[place]
            if len(seen) < _SHARED:
                cells = [seen.setdefault(cell, cell) for cell in cells]
            texts[place] += cells
    cells_of: dict[int, Texts | Floats] = {place: np.concatenate(found) for place, found in numbers.items()}
    for place, column in texts.items():
        array = np.empty(len(column), dtype=np.object_)
        array[:] = column
        cells_of[place] = array
    return np.concatenate(all_lines), cells_of


def _all_numbers(cells: Sequence[str], *, holes: bool) -> Floats | None:
    """All cells as numbers, by the rule of `as_number`, or None when one is none; with `holes`, NaN where empty."""
    together = "".join(cells)
    if "_" in together or not together.isascii():
        return None
    empty = 0
    if holes and not all(cells):
        cells = ["nan" if not cell.strip() else cell for cell in cells]
        empty = cells.count("nan")
    try:
        found = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
    except ValueError:
        return None
    if empty and "nan" in together.lower():  # a cell that says so itself is no number
        return None
    return found + 0.0 if int(np.isfinite(found).sum()) == len(cells) - empty else None
