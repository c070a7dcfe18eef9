"""A table as it is looked at: columns of numbers and of words, with every row at its line of the file.

Nothing is refused that a finding can say: cells that are no numbers, words that stand for a missing value, a second
header line. Only what is no table at all is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain.cells import is_missing
from matloop.domain.columns import Words
from matloop.domain.number import as_number
from matloop.domain.parquet import is_parquet, read_parquet
from matloop.domain.prediction import Floats
from matloop.domain.table import DECIMAL_COMMA, Header, Layout, Table, read_headers, read_table
from matloop.domain.units import known_unit, split_header
from matloop.errors import DataError, fail

if TYPE_CHECKING:
    import pandas as pd

Rows = NDArray[np.intp]

MOSTLY = 0.8
"""Share of the cells that say something which must be numbers for a column to count as one of numbers. Lower, and a
column of sample names such as 12 and 12b turns into faults; higher, and one typing error in five hides the rest."""
NO_VALUE = frozenset(
    "na n/a n.a. nan null none nil - -- --- . ? ?? missing unknown n.d. nd not\xa0measured #n/a #value! inf -inf".split(
        " "
    )
)
"""What people write, in small letters, into a cell of a column of numbers that has no value."""
_UNIT_AT_END = re.compile(r"^(?P<name>.*\S)\s*\((?P<unit>[^()]*(?:\([^()]*\)[^()]*)*)\)$", re.DOTALL)
IDIOMS = {
    "w/mk": "W/(m*K)",
    "w/m-k": "W/(m*K)",
    "wm-1k-1": "W/(m*K)",
    "w/mk2": "W/(m*K**2)",
    "wm-1k-2": "W/(m*K**2)",
    "ohm m": "ohm*m",
    "ohm-m": "ohm*m",
    "ohm cm": "ohm*cm",
    "mohm cm": "mohm*cm",
    "ω m": "ohm*m",
    "uv/k": "uV/K",
    "μv/k": "uV/K",
    "µv/k": "uV/K",
}
"""Units as people write them, in small letters, and what they mean; pint reads W/mK as watt per millikelvin."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    name, unit: of the header, the unit as pint takes it and None where it names none it knows.
    title: the header as it stands.
    numbers: (n,) NaN where missing; None for a column of words.
    words: (n,) codes; level "" where missing. None for a column of numbers.
    bad: rows of a column of numbers whose cell is none, and what stands there.
    """

    name: str
    title: str
    unit: str | None
    numbers: Floats | None = None
    words: Words | None = None
    bad: Mapping[int, str] = field(default_factory=dict)

    @property
    def figures(self) -> Floats:
        """(n,) the numbers of a column of numbers; TypeError for one of words."""
        if self.numbers is None:
            raise TypeError(f"column {self.name!r} holds words")
        return self.numbers

    @property
    def texts(self) -> Words:
        """(n,) the words of a column of words; TypeError for one of numbers."""
        if self.words is None:
            raise TypeError(f"column {self.name!r} holds numbers")
        return self.words

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(n,) where nothing stands; cells that are no numbers count as said."""
        if self.numbers is not None:
            gone = np.isnan(self.numbers)
            gone[list(self.bad)] = False
            return gone
        if "" not in self.texts.levels:
            return np.zeros(len(self.texts.codes), dtype=np.bool_)
        return np.asarray(self.texts.codes == self.texts.levels.index(""), dtype=np.bool_)

    @property
    def keys(self) -> NDArray[np.uint64]:
        """(n,) 64 bits, equal where the cells say the same; missing ones are equal."""
        if self.numbers is not None:
            return np.ascontiguousarray(self.numbers + 0.0).view(np.uint64)
        return self.texts.keys()

    def said(self, row: int) -> str:
        """A cell for the eye."""
        if self.numbers is not None:
            return self.bad.get(row, "") if np.isnan(self.numbers[row]) else f"{self.numbers[row]:.6g}"
        return self.texts.levels[int(self.texts.codes[row])]


@dataclass(frozen=True, eq=False)
class Data:
    """A table of n rows.

    source: the file, or "frame". lines: (n,) where each row stands, from 1. word: what a place is called, line or row.
    columns: by name, in the order of the file.
    """

    source: str
    lines: NDArray[np.int64]
    word: str
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.lines)

    def numbers(self, name: str) -> Floats:
        """(n,) the numbers of a column that is known to hold numbers."""
        return self.columns[name].figures

    def numeric(self) -> Iterator[Column]:
        """The columns of numbers."""
        return (column for column in self.columns.values() if column.numbers is not None)

    def at(self, rows: Sequence[int] | Rows) -> tuple[int, ...]:
        """Lines of rows, in order."""
        return tuple(int(line) for line in self.lines[np.asarray(rows, dtype=np.intp)])


def read_data(path: str | Path, header_row: int = 1) -> Data:
    """A CSV or Parquet file, every column as what most of its cells are.

    Args:
        path: the file.
        header_row: which line that is not blank holds the names.

    Raises:
        DataError: when it is no table, has no rows, or a Parquet file is given with a header row.
    """
    if is_parquet(path):
        if header_row != 1:
            fail(DataError, "--header-row", "a Parquet file has its names beside its rows", "Leave it out.")
        headers = read_parquet(path, columns=()).headers
        table: Table = read_parquet(path, numeric=[one.text for one in headers])
    else:
        layout = Layout(header_row, holes=True)
        headers = read_headers(path, layout)
        table = read_table(path, numeric=[one.text for one in headers], layout=layout)
    if not len(table):
        fail(DataError, str(path), "it has a header, but no rows", "Give one row a measurement.")
    word = "row" if is_parquet(path) else "line"
    columns = [_of_cells(header, place, table.cells[place]) for place, header in enumerate(table.headers)]
    return Data(str(path), table.lines, word, _by_name(columns))


def frame_data(frame: pd.DataFrame) -> Data:
    """A frame; its rows are counted from 1. It is neither kept nor changed.

    Raises:
        DataError: without rows, or with two columns of one name.
    """
    if not len(frame):
        fail(DataError, "frame", "it has no rows", "Give one row a measurement.")
    columns = []
    for place, label in enumerate(frame.columns):
        header = Header(str(label), *split_header(str(label)))
        cells = np.asarray(frame.iloc[:, place])
        if cells.dtype.kind in "iuf":
            columns.append(_column(header, place, numbers=np.array(cells, dtype=np.float64)))
            continue
        texts = np.empty(len(cells), dtype=np.object_)
        texts[:] = ["" if is_missing(cell) else str(cell).strip() for cell in cells.tolist()]
        columns.append(_of_cells(header, place, texts))
    return Data("frame", np.arange(1, len(frame) + 1, dtype=np.int64), "row", _by_name(columns))


def _by_name(columns: Sequence[Column]) -> dict[str, Column]:
    found = {column.name: column for column in columns}
    if len(found) < len(columns):
        names = [column.name for column in columns]
        twins = sorted({name for name in names if names.count(name) > 1})
        fail(DataError, "header", f"columns bear the same name: {', '.join(twins)}", "Give every column its own name.")
    return found


def _of_cells(header: Header, place: int, cells: NDArray[Any]) -> Column:
    """A column of the kind that most of its cells are."""
    if cells.dtype.kind == "f":
        return _column(header, place, numbers=np.asarray(cells, dtype=np.float64))
    words = Words.of(cells)
    found = [as_number(level) for level in words.levels]
    counts = np.bincount(words.codes, minlength=len(words.levels))
    figures = sum(int(n) for n, number in zip(counts, found, strict=True) if number is not None)
    commas = sum(int(n) for n, level in zip(counts, words.levels, strict=True) if DECIMAL_COMMA.fullmatch(level))
    empty = sum(int(n) for n, level in zip(counts, words.levels, strict=True) if not level or level.lower() in NO_VALUE)
    if figures + commas < MOSTLY * (len(cells) - empty) or not figures + commas:
        return _column(header, place, words=words)
    numbers = np.array([np.nan if number is None else number for number in found])[words.codes]
    odd = np.array([number is None and level != "" for number, level in zip(found, words.levels, strict=True)])
    bad = {int(row): words.levels[int(words.codes[row])] for row in np.flatnonzero(odd[words.codes])}
    return _column(header, place, numbers=numbers, bad=bad)


def _column(header: Header, place: int, **cells: Any) -> Column:
    name, unit = header.name, header.unit
    if unit is None:
        name, unit = unit_in_parentheses(header.name)
    else:
        unit = as_unit(unit)
    return Column(name or f"column {place + 1}", header.text, unit, **cells)


def unit_in_parentheses(title: str) -> tuple[str, str | None]:
    """`temperature(K)` as ("temperature", "K"); what is no unit stays in the name."""
    match = _UNIT_AT_END.match(title)
    unit = as_unit(match["unit"]) if match else None
    return (match["name"], unit) if match and unit else (title, None)


def as_unit(text: str) -> str | None:
    """A unit as pint takes it, None when it is none."""
    plain = text.strip().replace("·", " ").replace("^", "**")
    idiom = IDIOMS.get(plain.lower().replace("*", " ").replace("  ", " ")) or IDIOMS.get(plain.lower().replace(" ", ""))
    if idiom:
        return idiom
    for one in (plain, plain.replace("Ohm", "ohm")):
        if known_unit(one):
            return one
    return None
