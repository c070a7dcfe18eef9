"""Read a Parquet table by the rules of a CSV table: the same content gives the same candidates and the same faults.

A null is an empty cell. Rows are counted from 1, as nothing in such a file has a line. pyarrow comes with an extra and
is loaded when the first such file is read.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from matloop.domain import canonical
from matloop.domain.prediction import Floats
from matloop.domain.table import Header, Table, Texts, match, read_headers, read_table, refuse_namesakes
from matloop.domain.units import split_header
from matloop.errors import DataError, Faults, extra, fail

_SUFFIXES = (".parquet", ".pq")


class ParquetTable(Table):
    """A table whose places are rows; `lines` counts them from 1."""

    def place(self, row: int, name: str) -> str:
        """A cell's place, for messages."""
        return f"{self.source}, row {self.lines[row]}, column {name!r}"


def is_parquet(path: str | Path) -> bool:
    """Does the file's name say so?"""
    return str(path).lower().endswith(_SUFFIXES)


def headers_of(path: str | Path) -> tuple[Header, ...]:
    """The headers of a table, Parquet or CSV, as the file's name says; raises as the reading does."""
    return parquet_headers(path) if is_parquet(path) else read_headers(path)


def table_of(
    path: str | Path,
    *,
    columns: Collection[str] | None = None,
    numeric: Collection[str] = (),
    ragged: Faults | None = None,
) -> Table:
    """A table, Parquet or CSV, as the file's name says; raises as the reading does."""
    read = read_parquet if is_parquet(path) else read_table
    return read(path, columns=columns, numeric=numeric, ragged=ragged)


def parquet_headers(path: str | Path) -> tuple[Header, ...]:
    """The headers of a Parquet file.

    Raises:
        DataError: when it is none, a name stands there twice, or the extra is missing.
    """
    return _headers(_opened(path), str(path))


def read_parquet(
    path: str | Path,
    *,
    columns: Collection[str] | None = None,
    numeric: Collection[str] = (),
    ragged: Faults | None = None,
) -> ParquetTable:
    """Read a Parquet file; the arguments are those of `read_table`. None of its rows is `ragged`.

    Raises:
        DataError: when it is none, is damaged, a name stands there twice, a column that should hold features holds
            lists or bytes, or the extra is missing.
    """
    source, file = str(path), _opened(path)
    headers = _headers(file, source)
    chosen = range(len(headers)) if columns is None else (match(headers, name) for name in columns)
    wanted = sorted({place for place in chosen if place is not None})
    hoped = {match(headers, name) for name in numeric}
    names = file.schema_arrow.names
    try:
        read = file.read(columns=[names[place] for place in wanted], use_threads=False)
    except (OSError, ValueError) as error:
        _damaged(source, error)
    lines = np.arange(1, read.num_rows + 1, dtype=np.int64)
    cells = {}
    for place in wanted:
        column = read.column(names[place])
        if place in hoped:
            _refuse_nested(source, headers[place], column)
        floats = _floats(column) if place in hoped else None
        cells[place] = _texts(column) if floats is None else floats
    return ParquetTable(source, headers, lines, cells)


def _opened(path: str | Path) -> Any:
    try:
        reader = importlib.import_module("pyarrow.parquet")
    except ImportError:
        fail(DataError, str(path), "a Parquet file needs pyarrow", extra("parquet", "save it as .csv"))
    if not Path(path).is_file():
        what = "it is a folder" if Path(path).is_dir() else "there is no such file"
        fail(DataError, str(path), what, "Name one Parquet file.")
    try:
        return reader.ParquetFile(path)
    except (OSError, ValueError) as error:
        _damaged(str(path), error)


def _damaged(source: str, error: Exception) -> NoReturn:
    said = str(error).splitlines()[0].rstrip(".")
    fail(DataError, source, f"it is no sound Parquet file ({said})", "Write the file anew.")


def _headers(file: Any, source: str) -> tuple[Header, ...]:
    headers = tuple(Header(name.strip(), *split_header(name)) for name in file.schema_arrow.names)
    if not headers:
        fail(DataError, source, "the file has no columns", "Give one column a feature.")
    refuse_namesakes(headers, source)
    return headers


def _refuse_nested(source: str, header: Header, column: Any) -> None:
    kind = str(column.type)
    if kind.startswith(("list", "large_list", "fixed_size", "struct", "map", "binary", "large_binary", "union")):
        place = f"{source}, column {header.name!r}"
        fail(
            DataError, place, f"it holds {kind}, not one number or text a row", "Give numbers, true and false, or text."
        )


def _kind(column: Any) -> str:
    """The kind of the values, whether or not they are stored as a dictionary."""
    return str(getattr(column.type, "value_type", column.type))


def _floats(column: Any) -> Floats | None:
    """All cells as finite numbers, None when the column is of another kind, or one of them is none."""
    kind = _kind(column)
    if column.null_count or not kind.startswith(("int", "uint", "float", "double", "halffloat")):
        return None
    if kind in ("float", "halffloat"):  # as a CSV file would write them: 0.1, not 0.10000000149011612
        values = np.array([float(str(value)) for value in _narrow(column)], dtype=np.float64)
    else:
        values = np.asarray(column.to_pylist() if kind != str(column.type) else column.to_numpy(), dtype=np.float64)
    return values + 0.0 if bool(np.isfinite(values).all()) else None


def _narrow(column: Any) -> list[Any]:
    """Cells of a column of short floats, each in its own precision; None where null."""
    make = np.float16 if _kind(column) == "halffloat" else np.float32
    return [None if value is None else make(value) for value in column.to_pylist()]


def _texts(column: Any) -> Texts:
    """(n,) cells as a CSV file would hold them, "" where null."""
    narrow = _kind(column) in ("float", "halffloat")
    texts = np.empty(len(column), dtype=np.object_)
    texts[:] = [_text(value) for value in (_narrow(column) if narrow else column.to_pylist())]
    return texts


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, np.floating):
        value = float(str(value))
    if isinstance(value, float):
        with suppress(ValueError, OverflowError):  # NaN and infinity have no canonical text
            return canonical.number_text(value)
    return str(value).strip()
