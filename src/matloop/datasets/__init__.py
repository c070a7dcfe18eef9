"""Public tables: where they come from, under which licence, whom to cite; as local copies, or downloads you asked for.

`path(name)` and `load(name)` use copies that are there: below `data_dir`, else MATLOOP_DATA, else the downloads of
`matloop data get`. They never download.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from matloop.datasets.places import Copy, found, looked_at
from matloop.datasets.registry import Table, TableFile, table, tables
from matloop.errors import InputError, fail

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Copy", "Table", "TableFile", "load", "path", "table", "tables", "verify"]


def path(name: str, file: str | None = None, *, data_dir: str | Path | None = None) -> Path:
    """Where a sound copy of a table lies.

    Args:
        name: of the table, as `matloop data list` shows it.
        file: one of its files; None for the first.
        data_dir: the folder that holds a folder for each table; None for MATLOOP_DATA, else the downloads.

    Raises:
        InputError: for an unknown name, when there is no copy, or when the copy is not what the registry knows.
    """
    entry = table(name)
    wanted = entry.file(file)
    copy = looked_at(entry, wanted, data_dir)
    if copy.state == "sound" and copy.path is not None:
        return copy.path
    if found(entry, wanted, data_dir) is None:
        fail(InputError, f"table {name!r}", f"there is no copy of {wanted.name}", _cure(entry, wanted))
    said = f"it is another file: SHA-256 {copy.sha256}, the registry knows {wanted.sha256}"
    fail(InputError, str(copy.path), said, "Put the right one there, or read this one by its own path.")


def load(name: str, file: str | None = None, *, data_dir: str | Path | None = None) -> pd.DataFrame:
    """A table as a frame; the arguments are those of `path`. The formula NaN stays sodium and nitrogen.

    Raises:
        InputError: as `path` does, and for a file that is no CSV table.
    """
    wanted = table(name).file(file)
    if not wanted.name.endswith(".csv"):
        fail(InputError, f"table {name!r}", f"{wanted.name} is no CSV table", "Read it by `path`.")
    here = path(name, file, data_dir=data_dir)
    return pd.read_csv(
        here,
        header=wanted.header_row - 1,
        keep_default_na=False,
        na_values=[""],
        encoding="utf-8-sig",
        low_memory=False,
    )


def verify(name: str | None = None, *, data_dir: str | Path | None = None) -> tuple[Copy, ...]:
    """Every file of one table, or of all, held to the registry.

    Raises:
        InputError: for an unknown name.
    """
    return tuple(_copies(name, data_dir))


def _copies(name: str | None, data_dir: str | Path | None) -> Iterator[Copy]:
    for entry in tables().values() if name is None else (table(name),):
        for file in entry.files:
            yield looked_at(entry, file, data_dir)


def _cure(entry: Table, wanted: TableFile) -> str:
    local = "name the folder that holds it with data_dir, --data-dir or MATLOOP_DATA"
    if wanted.origin == "made":
        return f"It was made by hand ({wanted.how}), so no download gives it: {local}."
    return f"Get it with `matloop data get {entry.name}`, or {local}."
