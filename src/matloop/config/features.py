"""A proposal for `features`, to be judged by a person: a column that is known only afterwards would leak the answer."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from matloop.domain.number import as_number
from matloop.domain.objective import RESERVED
from matloop.domain.parquet import is_parquet, table_of
from matloop.domain.units import split_header

_ROWS = 200
"""Rows looked at; enough to tell numbers from text, and a text that repeats from a name of its own."""


def proposal(path: Path | None, id_: str | None, objectives: Sequence[str]) -> str:
    """The cure for a missing `features` line: the columns that could be features.

    Args:
        path: the pool's table, which need not exist; None where it cannot be read.
        id_: its id column, if one is named.
        objectives: names of measured columns.
    """
    columns = (
        []
        if path is None
        else _columns(path, {*objectives, *(f"{name}_std" for name in objectives), id_ or "", *RESERVED})
    )
    if not columns:
        return 'Add features = ["column", ...]: the columns that are known before an experiment.'
    quoted = ", ".join(f'"{name}"' for name in columns)
    return f"Add features = [{quoted}] and strike out what is known only after an experiment."


def _columns(path: Path, taken: set[str]) -> list[str]:
    """Names of columns of numbers, and of texts that repeat; empty when no table can be read."""
    try:
        header, cells = _parquet_start(path) if is_parquet(path) else _csv_start(path)
    except (OSError, ValueError, csv.Error):
        return []  # what is wrong with the table is said where it is read
    found = []
    for title, column in zip(header, cells, strict=False):
        name = title.strip()
        numeric = all(as_number(cell) is not None for cell in column)
        repeats = len(set(column)) < len(column)
        if split_header(name)[0] not in taken and not name.endswith("_std") and (numeric or repeats) and name:
            found.append(name)
    return found


def _csv_start(path: Path) -> tuple[list[str], list[Sequence[str]]]:
    """Header, and the first cells of each column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        return header, list(zip(*islice((row for row in rows if len(row) == len(header)), _ROWS), strict=True))


def _parquet_start(path: Path) -> tuple[list[str], list[Sequence[str]]]:
    table = table_of(path)
    return [one.text for one in table.headers], [list(table.texts(one.text)[:_ROWS]) for one in table.headers]
