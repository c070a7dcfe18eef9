"""One screen at a time works in a folder: a lock that ends with its process, however that ends.

The lock is SQLite's own on an empty database, as of the ledger: it holds on every system and leaves nothing stale.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from matloop.errors import InputError, fail

LOCK = ".screen.lock"


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Work in a folder that is there, and let no other screen in.

    Raises:
        InputError: when another one works there.
    """
    with closing(sqlite3.connect(out / LOCK, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            fail(InputError, str(out), "another screen works here", "Wait for it, or name another folder in --out.")
        yield
