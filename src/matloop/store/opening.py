"""Opening a ledger file: never creating it, never touching a file that is none, and in plain words when it fails.

The file is opened for each verb and closed after it, so that between two verbs a ledger is one file that can be
copied: closing the last connection folds the write-ahead log back into it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn, cast

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from matloop.domain.events import Event
from matloop.errors import BusyError, LedgerError, WorkError, fail
from matloop.store import schema
from matloop.store.atomic import sync_folder
from matloop.store.chain import BUSY_SECONDS, RESTORE

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",  # readers never wait for the one who appends
    "PRAGMA synchronous = FULL",  # an accepted reading survives a power cut; NORMAL would lose the last appends
)
_GUARDS = (
    "PRAGMA cell_size_check = ON",  # notice a damaged page when it is read, not when its rows are believed
    "PRAGMA trusted_schema = OFF",  # a file that came by mail runs no functions of ours
)
_LOCKING = "BEGIN IMMEDIATE"
"""Take the write lock before reading. A plain BEGIN would decide on what it read and then fail to write."""

_LOOKS, _PAUSE_SECONDS = 50, 0.02
"""How often a file that looks damaged is looked at, and how long between: a second, in which any log is folded in.
Fewer, and a busy ledger is called damaged; more, and a damaged one keeps its user waiting."""
_PRIMARY_CODE = 0xFF  # the low byte of SQLite's extended result codes
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CLOSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_WORK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM)


def exists(path: Path) -> bool:
    """Whether there is a file.

    Raises:
        LedgerError: when not even its folder exists.
    """
    if _status(path):
        return True
    if not path.parent.is_dir():
        found = f"there is no folder {str(path.parent)!r}"
        fail(LedgerError, str(path), found, "Create the folder, or name a ledger in one that exists.")
    return False


@contextmanager
def reading(path: Path, busy_seconds: float = BUSY_SECONDS) -> Iterator[Connection]:
    """One snapshot of an existing ledger, brought to the newest layout (an older one in memory, beside the file).

    Raises:
        LedgerError: when it is no ledger, is damaged, or may not be read.
        BusyError: when it could not be had in time.
    """
    _look(path)
    with plainly(path), _connected(_uri(path, _readable(path)), "BEGIN", busy_seconds) as connection:
        known = schema.version(connection, str(path))
        if known == len(schema.STEPS):
            yield connection
            return
        with _copied(connection) as copy:
            schema.upgrade(copy, known)
            yield copy


@contextmanager
def writing(path: Path, busy_seconds: float = BUSY_SECONDS) -> Iterator[Connection]:
    """A transaction on an existing ledger under its lock; committed at the end, rolled back on any error.

    Raises:
        LedgerError: when it is no ledger, is damaged, or may not be written.
        BusyError: when the lock could not be had in time.
    """
    _look(path)
    with ExitStack() as stack:
        with plainly(path):
            connection = stack.enter_context(_connected(_uri(path, "mode=rw"), _LOCKING, busy_seconds))
            schema.upgrade(connection, schema.version(connection, str(path)))
        yield connection  # what the caller raises here is the caller's own and passes as it is
        with plainly(path):
            stack.close()


def create(path: Path, events: list[Event]) -> bool:
    """Bring a ledger with its first events into being, whole, unless somebody else was faster.

    Returns:
        False when a file appeared at `path` in the meantime; nothing was changed then.

    Raises:
        LedgerError: when the folder cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        with plainly(path), _connected(_uri(draft, "mode=rwc"), _LOCKING, BUSY_SECONDS) as connection:
            connection.exec_driver_sql(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            schema.upgrade(connection, 0)
            schema.insert(connection, events)
        _name(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        cure = "Look at the rights of the folder, or name a ledger elsewhere."
        raise LedgerError.at(str(path), f"it cannot be created ({error.strerror})", cure) from error
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def _name(draft: Path, path: Path) -> None:
    """Give the whole file its name, without ever replacing what bears it.

    A hard link does both at once. Where there are none, an empty file claims the name first; who opens it in that
    moment is refused loudly and writes nothing.

    Raises:
        FileExistsError: when somebody else was faster.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(draft, path)


def damage(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with the file's pages."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    return [] if found == ["ok"] else found


@contextmanager
def _connected(uri: str, begin: str, busy_seconds: float) -> Iterator[Connection]:
    """One connection with one transaction. `isolation_level` None keeps Python's driver from beginning its own."""

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=busy_seconds)
        try:
            for pragma in (*_GUARDS, *(_PRAGMAS if begin == _LOCKING else ())):
                raw.execute(pragma)
        except sqlite3.Error:
            raw.close()
            raise
        return raw

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _copied(connection: Connection) -> Iterator[Connection]:
    """A copy in memory, for a layout that a reader may not change in the file."""
    with _connected("file::memory:", "BEGIN", 0.0) as copy:
        copy.exec_driver_sql("ROLLBACK")
        source = cast(sqlite3.Connection, connection.connection.driver_connection)
        source.backup(cast(sqlite3.Connection, copy.connection.driver_connection))
        copy.exec_driver_sql("BEGIN")
        yield copy


def _look(path: Path) -> None:
    """Refuse what is no ledger before anything may touch it.

    `immutable` takes no lock and recovers nothing. Reading the header by hand instead would, on closing the file,
    drop the locks that this process holds on it (POSIX).
    """
    status = _status(path)
    if status is None:
        fail(LedgerError, str(path), "it has disappeared", RESTORE)
    if stat.S_ISDIR(status.st_mode):
        fail(LedgerError, str(path), "it is a folder", "Name a file.")
    if status.st_size == 0:
        fail(LedgerError, str(path), "it is empty (0 bytes)", "Restore it from a backup, or delete it to begin anew.")
    with plainly(path):
        application = _application(path)
    if application != schema.APPLICATION_ID:
        found = f"it is another program's SQLite file (application {application:#x})"
        fail(LedgerError, str(path), found, "Name another file for the ledger.")


def _application(path: Path) -> int:
    """Whose file it is, by its header.

    A file that another process is folding its log into may name more pages than it holds yet, which a look without
    locks cannot tell from damage; so what looks damaged is looked at again.
    """
    for _ in range(_LOOKS - 1):
        try:
            return _header(path)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE != sqlite3.SQLITE_CORRUPT:
                raise
            time.sleep(_PAUSE_SECONDS)
    return _header(path)


def _header(path: Path) -> int:
    raw = sqlite3.connect(_uri(path, "immutable=1"), uri=True)
    try:
        return int(raw.execute("PRAGMA application_id").fetchone()[0])
    finally:
        raw.close()


def _status(path: Path) -> os.stat_result | None:
    """What the file system knows of the file, None when it is not there."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        cure = "Look at the rights of the folder."
        raise LedgerError.at(str(path), f"it cannot be reached ({error.strerror})", cure) from error


def _readable(path: Path) -> str:
    """How to open for reading.

    On media that cannot be written SQLite cannot lay its shared memory beside the file. Then the file is read as it
    is, which is right as long as no write-ahead log holds later events.
    """
    log = path.with_name(path.name + "-wal")
    if os.access(path.parent, os.W_OK) or log.exists():
        return "mode=rw"
    return "immutable=1"


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?{mode}"


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Say in matloop's words what SQLite could not do."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:  # even its messages may be damaged
        _explain(path, error)


def _explain(path: Path, error: Exception) -> NoReturn:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = getattr(cause, "sqlite_errorcode", None)
    primary = code & _PRIMARY_CODE if isinstance(code, int) else None
    place = str(path)
    if primary in _BUSY:
        found = "somebody else holds the ledger"
        raise BusyError.at(place, found, "Wait until they are done, then do it again.") from error
    if primary in _WORK:
        raise WorkError.at(place, f"the file system failed ({cause})", "Make room, then do it again.") from error
    if primary in _CLOSED:
        cure = "Look at the rights of the file and its folder, or copy both to a place you may write."
        raise LedgerError.at(place, f"it cannot be opened ({cause})", cure) from error
    raise LedgerError.at(place, f"it is damaged, or no ledger ({cause})", RESTORE) from error
