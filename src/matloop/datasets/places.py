"""Where copies of the tables lie: a folder of your own first, then what was downloaded; and whether they are sound."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from matloop.datasets.registry import Table, TableFile
from matloop.errors import InputError, fail
from matloop.store.atomic import write_whole

State = Literal["sound", "altered", "recorded", "absent"]
"""`sound`: the SHA-256 of the registry. `altered`: another. `recorded`: that of its first download, since the registry
holds none. `absent`: no copy."""
DATA, CACHE, MIRROR = "MATLOOP_DATA", "MATLOOP_CACHE", "MATLOOP_DATA_MIRROR"
LOCK = "downloads.json"
_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Copy:
    """A file of a table, as it was looked for.

    path: where it is; None where there is none. sha256: its own.
    """

    table: str
    file: str
    state: State
    path: Path | None = None
    sha256: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As `data verify --json` prints it."""
        place = None if self.path is None else str(self.path)
        return {"table": self.table, "file": self.file, "state": self.state, "path": place, "sha256": self.sha256}


def folders(data_dir: str | Path | None = None) -> tuple[Path, ...]:
    """Where copies are looked for, in this order: `data_dir`, else MATLOOP_DATA; then the cache of downloads.

    Raises:
        InputError: for a `data_dir` that is no folder.
    """
    if data_dir is not None and not Path(data_dir).is_dir():
        cure = f"Name the folder that holds a folder for each table, or set {DATA}."
        fail(InputError, "--data-dir", f"there is no folder {str(data_dir)!r}", cure)
    own = data_dir or os.environ.get(DATA)
    cache = cache_folder()
    return tuple(folder for folder in (Path(own) if own else None, cache) if folder is not None)


def cache_folder() -> Path | None:
    """Where downloads are kept: MATLOOP_CACHE, else the user's cache folder; None without pooch, which knows it."""
    if named := os.environ.get(CACHE):
        return Path(named)
    try:
        return Path(importlib.import_module("pooch").os_cache("matloop")) / "data"
    except ImportError:
        return None


def found(table: Table, file: TableFile, data_dir: str | Path | None = None) -> Path | None:
    """The first copy of a file; None where there is none. What is in it is not looked at."""
    paths = (folder / table.name / file.name for folder in folders(data_dir))
    return next((path for path in paths if path.is_file()), None)


def looked_at(table: Table, file: TableFile, data_dir: str | Path | None = None) -> Copy:
    """The copy of a file, held to the registry; of one that cannot be made here, else its original to the lock."""
    path = found(table, file, data_dir)
    if path is not None:
        own = sha256_of(path)
        return Copy(table.name, file.name, "sound" if own == file.sha256 else "altered", path, own)
    cache = cache_folder()
    if file.origin == "made" and file.path and cache is not None:
        path = cache / table.name / file.original
        if path.is_file():
            own = sha256_of(path)
            known = lock(cache).get(f"{table.name}/{file.original}", {}).get("sha256")
            return Copy(table.name, file.original, "recorded" if own == known else "altered", path, own)
    return Copy(table.name, file.name, "absent")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits.

    Raises:
        InputError: when it may not be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        fail(InputError, str(path), f"it cannot be read ({error.strerror})", "Look at its rights.")
    return digest.hexdigest()


def lock(cache: Path) -> Mapping[str, Mapping[str, Any]]:
    """What was downloaded without a SHA-256 in the registry: table/file -> sha256, bytes, address.

    Raises:
        InputError: when the file is damaged.
    """
    path = cache / LOCK
    if not path.is_file():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(InputError, str(path), f"it cannot be read ({error})", "Remove it; the next download records anew.")
    if not isinstance(held, dict):
        fail(InputError, str(path), "it is no list of downloads", "Remove it; the next download records anew.")
    return held


def record(cache: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Add one download to the lock."""
    write_whole(cache / LOCK, json.dumps({**lock(cache), name: dict(entry)}, indent=2, sort_keys=True) + "\n")
