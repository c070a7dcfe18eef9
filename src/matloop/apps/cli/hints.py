"""What a person should hear of files beside the campaign; nothing here is read into a model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from matloop.config.columns import columns_of
from matloop.domain import pool_read
from matloop.domain.columns import Words, group
from matloop.domain.parquet import headers_of, is_parquet, table_of
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.table import match
from matloop.errors import InputError

_FILES = 20  # tables of a folder that are looked into; in a folder of thousands a hint is not worth the wait
_LARGEST = 2**23  # bytes of a table that is looked into, for the same reason
_SHOWN = 5  # equal rows that are named; the rest is counted


def untold_table(file: Path, problem: Problem, out: Path | None) -> str | None:
    """A note on a table beside the campaign file that could be told, for a campaign without readings.

    Args:
        file: the campaign file.
        problem: its objectives are looked for.
        out: a file that was just written, which is passed over; None without one.
    """
    tables = [path for path in sorted(file.parent.glob("*.csv")) if out is None or not _same(path, out)]
    for path in tables[:_FILES]:
        held = [one.name for one in problem.objectives if _holds(path, one.name)]
        if held and _fits(path, problem):
            columns = "a column" if len(held) == 1 else "columns"
            return (
                f"Nothing was told yet. {path.name} has {columns} {', '.join(held)}; to start from it, before asking: "
                f"matloop tell {file} {path}"
            )
    return None


def _same(one: Path, other: Path) -> bool:
    return os.path.abspath(one) == os.path.abspath(other)


def _holds(path: Path, name: str) -> bool:
    """Whether a table has a column of this name with something in it; what is no table holds nothing."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return False
        headers = headers_of(path)
        place = match(headers, name)
        return place is not None and any(table_of(path, columns=[headers[place].text]).texts(headers[place].text))
    except (InputError, OSError):
        return False


def _fits(path: Path, problem: Problem) -> bool:
    """Whether `tell` would take the columns of a table, and they say whom each row is about."""
    try:
        columns = columns_of(table_of(path), problem)
    except (InputError, OSError):
        return False
    candidates = problem.candidates
    named = {"suggestion", *columns.ids} & columns.texts.keys() or set(candidates.names) <= columns.values.keys()
    return bool(named) and all(one.name in columns.values for one in candidates.context)


def equal_rows(problem: Problem) -> dict[str, Any] | None:
    """Rows of the pool's file that are equal to an earlier row, and so count once with it; None without any.

    Returns:
        Their number, and of the first ones place, id (None without an id column) and the place of the earlier row.
    """
    pool = problem.candidates
    if not isinstance(pool, Pool) or len(pool.row_of) == len(pool) or not Path(pool.source).is_file():
        return None
    read = pool_read.read_parquet if is_parquet(pool.source) else pool_read.read_csv
    given = read(pool.source, pool.names, pool.id_name, [one.name for one in problem.objectives])
    named = [] if given.ids is None else [Words.of(given.ids)]
    first, row_of = group([column.keys() for column in (*given.columns, *named)])
    later = np.setdiff1d(np.arange(len(row_of)), first)

    def line(row: int) -> str:
        return given.place(row, given.names[0]).rpartition(", column")[0].removeprefix(f"{given.source}, ")

    listed = [
        {
            "place": line(row),
            "id": None if given.ids is None else str(given.ids[row]),
            "same_as": line(int(first[row_of[row]])),
        }
        for row in later[:_SHOWN].tolist()
    ]
    return {"rows": len(later), "first": listed}


def equal_words(equal: dict[str, Any]) -> str:
    """The same for the eye."""
    named = [
        f"{one['place']}{'' if one['id'] is None else ' (' + one['id'] + ')'} as {one['same_as']}"
        for one in equal["first"]
    ]
    more = f", and {equal['rows'] - len(named)} more" if equal["rows"] > len(named) else ""
    counted = "1 row equals an earlier one" if equal["rows"] == 1 else f"{equal['rows']:,} rows equal earlier ones"
    return f"{counted}, counted once: {', '.join(named)}{more}"
