"""One screen at a time works in a folder: a lock that ends with its process, however that ends.

The lock is SQLite's own on an empty database, as of the ledger: it holds on every system and leaves nothing stale.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from matloop.errors import InputError, fail
from matloop.store.atomic import write_whole

LOCK = ".screen.lock"
_HOLDER = ".screen.holder"
"""Says who holds the lock, for messages; the lock alone says whether anybody does."""


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Work in a folder that is there, and let no other screen in.

    Raises:
        InputError: when another one works there, saying which process, or nothing can be written there.
    """
    try:
        lock = sqlite3.connect(out / LOCK, timeout=0, isolation_level=None)
    except sqlite3.OperationalError as error:
        _unwritable(out, error)
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                _unwritable(out, error)
            cure = "Wait for it, or name another folder in --out."
            raise InputError.at(str(out), f"another screen works here{_holder(out)}", cure) from error
        write_whole(
            out / _HOLDER, f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now():%Y-%m-%d %H:%M:%S}"
        )
        try:
            yield
        finally:
            with suppress(OSError):
                (out / _HOLDER).unlink()


def _holder(out: Path) -> str:
    try:
        return f" ({(out / _HOLDER).read_text(encoding='utf-8')})"
    except OSError:
        return ""


def _unwritable(out: Path, error: Exception) -> NoReturn:
    fail(InputError, str(out), f"nothing can be written there ({error})", "Name another folder in --out.")
