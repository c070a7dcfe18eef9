"""Candidates in chunks, from a CSV or Parquet file or from whatever yields formulas; never all of them in memory."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from matloop.decide.words import count
from matloop.domain.parquet import is_parquet, parquet_headers
from matloop.domain.table_file import opened
from matloop.domain.units import split_header
from matloop.errors import DataError, Fault, Faults, fail, nearest
from matloop.screen import Chunk

SIZE = 4096
"""Candidates of a chunk: with 140 features under two conditions 9 MB. Larger, memory grows and less is spread; smaller,
the time goes into calls and files."""

Row = tuple[str, Sequence[str]]
"""A place, and the cells of a row."""


class Source(Protocol):
    """Where candidates come from.

    name: as messages call it. carried: names of the columns that ride along. again: whether `chunks` may be asked again
    for the same candidates.
    """

    @property
    def name(self) -> str:
        """As messages call it."""
        ...

    @property
    def carried(self) -> tuple[str, ...]:
        """Names of the columns that ride along."""
        ...

    @property
    def again(self) -> bool:
        """Whether `chunks` gives the same candidates each time it is asked."""
        ...

    def chunks(self, size: int) -> Iterator[Chunk]:
        """All candidates in order, in chunks of at most that many."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """Formulas from an iterable; a generator is read once.

    formulas: texts. name: as places call it.
    """

    formulas: Iterable[str]
    name: str = "formulas"
    carried: tuple[str, ...] = ()

    @property
    def again(self) -> bool:
        """A list is there again, a generator is not."""
        return isinstance(self.formulas, Sequence)

    def chunks(self, size: int = SIZE) -> Iterator[Chunk]:
        """In chunks; a place is the number of a formula, from 0."""
        rows: Iterator[Row | Fault] = ((f"{self.name}, item {i}", (text,)) for i, text in enumerate(self.formulas))
        return _dealt(rows, 0, (), size)


@dataclass(frozen=True, slots=True)
class File:
    """A CSV or Parquet file.

    path: of the file. formula: the column of formulas. carried: columns that ride along. header_row: line of a CSV file
    that names the columns; those above it are skipped.
    """

    path: Path
    formula: str
    carried: tuple[str, ...]
    header_row: int = 1

    @classmethod
    def open(cls, path: Path, formula: str, carry: Sequence[str] | None = None, header_row: int = 1) -> File:
        """Look at the header.

        Args:
            path: of the file.
            formula: the column of formulas.
            carry: columns that ride along; None for all others.
            header_row: line of a CSV file that names the columns, from 1.

        Raises:
            DataError: when it cannot be read, or lacks a column.
        """
        names = columns_of(path, header_row)
        for name in (formula, *(carry or ())):
            place_of(names, name, path)
        kept = [name for name in names if name and name != formula] if carry is None else list(dict.fromkeys(carry))
        return cls(path, formula, tuple(kept), header_row)

    @property
    def name(self) -> str:
        """The file, and the column of its formulas."""
        return f"{self.path}, column {self.formula!r}"

    @property
    def again(self) -> bool:
        """A file is there again."""
        return True

    def chunks(self, size: int = SIZE) -> Iterator[Chunk]:
        """In chunks; a place is a line, or a row of a Parquet file."""
        names = columns_of(self.path, self.header_row)
        places = [place_of(names, name, self.path) for name in self.carried]
        return _dealt(_rows(self.path, self.header_row), place_of(names, self.formula, self.path), places, size)


def columns_of(path: Path, header_row: int = 1) -> tuple[str, ...]:
    """Names of the columns of a CSV or Parquet file.

    Raises:
        DataError: when it cannot be read, or a name stands there twice.
    """
    if is_parquet(path):
        return tuple(header.text for header in parquet_headers(path))
    with opened(path) as file:
        header = next(islice(csv.reader(file), header_row - 1, header_row), None)
    if header is None:
        fail(
            DataError, f"{path}, line {header_row}", "the file ends before its header", "Say which line names columns."
        )
    names = tuple(name.strip() for name in header)
    if not any(names):
        found, cure = "the line names no column", "Give a header line and rows below it, or say which line it is."
        fail(DataError, f"{path}, line {header_row}", found, cure)
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        cure = "Export it as CSV with commas."
        fail(DataError, f"{path}, line {header_row}", "its cells are not separated by commas", cure)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        fail(DataError, f"{path}, line {header_row}", f"column {twice[0]!r} stands there twice", "Rename one of them.")
    return names


def place_of(names: Sequence[str], name: str, path: Path) -> int:
    """Number of a column.

    Raises:
        DataError: when there is none of that name.
    """
    bare = [split_header(one)[0] for one in names]
    for known in (list(names), bare):  # `T` also finds `T [K]`
        if name in known:
            return known.index(name)
    fail(DataError, str(path), f"no column {name!r}", nearest(name, [one for one in bare if one]))


def headers_of(names: Sequence[str], path: Path, header_row: int = 1) -> dict[str, str]:
    """Name of a column, with its unit or without -> its header as the file has it.

    Raises:
        DataError: when there is none of that name.
    """
    there = columns_of(path, header_row)
    return {name: there[place_of(there, name, path)] for name in names}


def rows_of(path: Path, header_row: int = 1, faults: Faults | None = None) -> Iterator[Row]:
    """All rows as texts, one after another; blank lines are skipped.

    Args:
        path: of the file.
        header_row: line of a CSV file that names the columns, from 1.
        faults: where rows of more or fewer cells than the header are noted, so that they hide no other fault.

    Raises:
        DataError: naming such a row, where they are not noted.
    """
    for one in _rows(path, header_row):
        if not isinstance(one, Fault):
            yield one
        elif faults is None:
            raise DataError(one)
        else:
            faults.found.append(one)


def _rows(path: Path, header_row: int) -> Iterator[Row | Fault]:
    """All rows; in the place of one of more or fewer cells than the header what is wrong with it."""
    return _parquet_rows(path) if is_parquet(path) else _csv_rows(path, header_row)


def _csv_rows(path: Path, header_row: int) -> Iterator[Row | Fault]:
    with opened(path) as file:
        reader = csv.reader(file)
        header = next(islice(reader, header_row - 1, header_row))
        before = reader.line_num
        try:
            for cells in reader:
                line, before = before + 1, reader.line_num
                if not any(cells):
                    continue
                if len(cells) != len(header):
                    found = f"{count(len(cells), 'cell')} below {len(header)} columns"
                    yield Fault(f"{path}, line {line}", found, "Give each row one cell a column; quote commas.")
                    continue
                yield f"{path}, line {line}", [cell.strip() for cell in cells]
        except csv.Error as error:
            fail(DataError, f"{path}, line {reader.line_num}", f"it is no CSV ({error})", "Look at the quotes there.")


def _parquet_rows(path: Path) -> Iterator[Row]:
    parquet: Any = importlib.import_module("pyarrow.parquet")  # parquet_headers has said what is missing
    row = 0
    for batch in parquet.ParquetFile(path).iter_batches(batch_size=SIZE, use_threads=False):
        columns = [["" if cell is None else str(cell).strip() for cell in column.to_pylist()] for column in batch]
        for cells in zip(*columns, strict=True):
            row += 1
            yield f"{path}, row {row}", cells


def _dealt(rows: Iterator[Row | Fault], formula: int, carried: Sequence[int], size: int) -> Iterator[Chunk]:
    start = 0
    while block := list(islice(rows, size)):
        read = [one for one in block if not isinstance(one, Fault)]
        yield Chunk(
            start,
            tuple(place for place, _ in read),
            tuple(cells[formula] for _, cells in read),
            tuple(tuple(cells[i] for i in carried) for _, cells in read),
            tuple(one for one in block if isinstance(one, Fault)),
        )
        start += len(block)
