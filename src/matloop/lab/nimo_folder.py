"""What both sides of a NIMO folder need: a lock, looks that change nothing, sentinels that appear once, an archive."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matloop.errors import BusyError, InputError, LabError, fail
from matloop.store.atomic import sync_folder, write_whole

_LOCK_SECONDS = 5.0
"""How long to wait for another process that looks at the same folder; a look with its rest takes about one."""


@dataclass(frozen=True, slots=True)
class Look:
    """A file and its sentinel at one moment: two equal looks mean that nobody writes.

    sentinel, file: (mtime_ns, size, inode). data: the file's bytes.
    """

    sentinel: tuple[int, int, int]
    file: tuple[int, int, int]
    data: bytes


def look(sentinel: Path, file: Path) -> Look | None:
    """Both as they are now; None while one of them is not there."""
    try:
        return Look(mark(sentinel), mark(file), file.read_bytes())
    except OSError:
        return None


def mark(path: Path) -> tuple[int, int, int]:
    """When a file was written, its size and its identity."""
    stat = path.stat()
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def sha(data: bytes) -> str:
    """SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time works in the folder; the lock falls with the process.

    Raises:
        BusyError: when another one holds it.
    """
    held = sqlite3.connect(folder / "lock.db", timeout=_LOCK_SECONDS, isolation_level=None)
    try:
        held.execute("BEGIN EXCLUSIVE")
        yield
    except sqlite3.OperationalError as error:
        cure = "End the other matloop process, or wait for it."
        raise BusyError.at(str(folder), f"another process works in it ({error})", cure) from error
    finally:
        held.close()


def make_ready(sentinel: Path) -> None:
    """Write the sentinel under a hidden name, so that `release` makes it appear exactly once."""
    write_whole(_ready(sentinel), b"")


def release(sentinel: Path) -> None:
    """Let the sentinel appear. One rename: after a crash the hidden name tells whether that was before or after."""
    try:
        os.replace(_ready(sentinel), sentinel)
    except FileNotFoundError:
        return  # it appeared before the crash; whoever waited for it may have taken it since
    sync_folder(sentinel.parent)


def _ready(sentinel: Path) -> Path:
    return sentinel.with_name(f".{sentinel.name}.ready")


def keep(file: Path, archive: Path) -> None:
    """Move a file into the archive, which may lie on another disk. Repeating it after a crash does no harm."""
    write_whole(archive, file.read_bytes())
    file.unlink()


def put_aside(files: Mapping[str, Path], folder: Path, why: str) -> Path:
    """Move what was refused into a numbered folder of its own, with the reason; returns that folder."""
    folder.mkdir(exist_ok=True)
    number = sum(1 for _ in folder.iterdir()) + 1
    aside = folder / f"{number:04d}"
    aside.mkdir()
    write_whole(aside / "why.txt", why + "\n")
    for name, file in files.items():
        if file.exists():
            keep(file, aside / name)
    return aside


def load(path: Path) -> dict[str, Any] | None:
    """A JSON file of ours; None when there is none.

    Raises:
        LabError: when it is damaged.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, UnicodeDecodeError) as error:
        cure = "Look what the robot is doing, then move the file away: what it held is not asked again by itself."
        raise LabError.at(str(path), f"it is no JSON ({error})", cure) from error
    return document


def save(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON file of ours, whole."""
    write_whole(path, json.dumps(document, indent=1, sort_keys=True) + "\n")


def demand_folder(path: Path, place: str) -> Path:
    """A folder that is there.

    Raises:
        InputError: when it is none.
    """
    if not path.is_dir():
        fail(InputError, place, f"there is no folder {str(path)!r}", "Create it, or correct the path.")
    return path
