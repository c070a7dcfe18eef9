"""The inside of a ledger file: its tables, its version, and the steps that lead from one version to the next.

    events  seq INTEGER PRIMARY KEY, text TEXT, hash TEXT      one row an event, text exactly as hashed
    meta    name TEXT PRIMARY KEY, value TEXT                   `version` of this layout, `head` = "seq hash"

The head is written with the events it speaks of. The chain alone cannot show that the last rows are gone; the head can.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, Text, cast, select, text

from matloop.domain.events import GENESIS, Event
from matloop.errors import LedgerError, fail
from matloop.store.chain import RESTORE, Row

APPLICATION_ID = 0x6D6C6C67
"""`mllg` in the file's header. Were it to change, every ledger written before would be refused as another's file."""

_METADATA = MetaData()
EVENTS = Table(
    "events",
    _METADATA,
    Column("seq", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
META = Table(
    "meta",
    _METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


def _first(connection: Connection) -> None:
    """Version 1."""
    for table in (
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, text TEXT NOT NULL, hash TEXT NOT NULL)",
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    ):
        connection.execute(text(table))
    noted = {"version": "1", "head": f"0 {GENESIS}"}
    connection.execute(META.insert(), [{"name": name, "value": value} for name, value in noted.items()])


STEPS: list[Callable[[Connection], None]] = [_first]
"""STEPS[k] leads from version k to k + 1. A released step is never edited: files written by it exist."""


def version(connection: Connection, place: str) -> int:
    """The layout's version of an existing ledger.

    Raises:
        LedgerError: when it is newer than this matloop, or unreadable.
    """
    stored = connection.execute(select(META.c.value).where(META.c.name == "version")).scalar()
    if not isinstance(stored, str) or not stored.isdecimal() or int(stored) < 1:
        fail(LedgerError, place, f"its version is {stored!r}", RESTORE)
    if int(stored) > len(STEPS):
        found = f"it was written by a newer matloop (layout {stored}, this one knows {len(STEPS)})"
        fail(LedgerError, place, found, "Use the newer matloop.")
    return int(stored)


def upgrade(connection: Connection, known: int) -> None:
    """Lead the layout from version `known` (0: an empty file) to the newest, inside the caller's transaction."""
    for number, step in enumerate(STEPS[known:], start=known + 1):
        step(connection)
        connection.execute(META.update().where(META.c.name == "version").values(value=str(number)))


def head(connection: Connection, place: str) -> tuple[int, str]:
    """Number and hash of the newest event, as noted when it was written.

    Raises:
        LedgerError: when the note is unreadable.
    """
    stored = connection.execute(select(META.c.value).where(META.c.name == "head")).scalar()
    seq, _, hash_ = stored.partition(" ") if isinstance(stored, str) else ("", "", "")
    if not seq.isdecimal() or len(hash_) != len(GENESIS):
        fail(LedgerError, place, "its note of the newest event cannot be read", RESTORE)
    return int(seq), hash_


def rows(connection: Connection, first: int) -> list[Row]:
    """Stored rows with `seq >= first`, in order. Bytes, because a damaged text may not even be UTF-8."""
    query = (
        select(EVENTS.c.seq, cast(EVENTS.c.text, LargeBinary), cast(EVENTS.c.hash, LargeBinary))
        .where(EVENTS.c.seq >= first)
        .order_by(EVENTS.c.seq)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def insert(connection: Connection, events: list[Event]) -> None:
    """Write events and the note of the newest one."""
    if events:
        connection.execute(EVENTS.insert(), [{"seq": e.seq, "text": e.text, "hash": e.hash} for e in events])
        value = f"{events[-1].seq} {events[-1].hash}"
        connection.execute(META.update().where(META.c.name == "head").values(value=value))
