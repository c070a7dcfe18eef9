"""Every file appears whole: written beside its name, made durable, then renamed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from matloop.errors import InputError, WorkError, fail

_BESIDE_BYTES = 4
"""Fewer, and two writers of one file may meet under one temporary name."""


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file such that whoever looks sees the old one or the new one, never a part; power cuts included.

    Args:
        path: the file; a link is followed. What stands there is replaced and keeps its rights.
        content: text is written as UTF-8, line ends as they are.

    Raises:
        InputError: when the folder does not exist, the path is a folder, or writing is not allowed.
        WorkError: when the file system fails, as by a full disk.
    """
    target = Path(path).resolve()
    if not target.parent.is_dir():
        fail(InputError, str(path), f"there is no folder {str(target.parent)!r}", "Create it, or name another file.")
    if target.is_dir():
        fail(InputError, str(path), "it is a folder", "Name a file.")
    beside = target.with_name(f".{target.name}.{secrets.token_hex(_BESIDE_BYTES)}.tmp")
    try:
        _write(beside, content.encode("utf-8") if isinstance(content, str) else content)
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o7777)
        os.replace(beside, target)
        sync_folder(target.parent)
    except PermissionError as error:
        beside.unlink(missing_ok=True)
        cure = "Look at the rights of the folder, or name another file."
        raise InputError.at(str(path), f"it cannot be written ({error.strerror})", cure) from error
    except OSError as error:
        beside.unlink(missing_ok=True)
        cure = "Make room or repair the disk, then do it again."
        raise WorkError.at(str(path), f"the file system failed ({error.strerror})", cure) from error


def make_folder(folder: Path) -> None:
    """Make a folder to write to.

    Raises:
        InputError: when it cannot be one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cure = "Name a folder that can be written."
        raise InputError.at(str(folder), f"it cannot be made ({error.strerror})", cure) from error


def sync_folder(folder: Path) -> None:
    """Make a new name durable; a file's own sync does not cover the folder it stands in (POSIX)."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
