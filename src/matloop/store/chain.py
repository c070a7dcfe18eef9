"""What both keepers share: the clock, the campaign's id, sealing, and following the chain while reading."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from matloop.domain.events import GENESIS, TYPES, Draft, Event, seal_all
from matloop.errors import LedgerError, fail

Clock = Callable[[], datetime]

Row = tuple[int, bytes | None, bytes | None]
"""(seq, text, hash) as it is stored, before anything is believed of it."""

RESTORE = "Restore the ledger from a backup; do not go on with this file."

BUSY_SECONDS = 30.0
"""How long to wait for the lock. Shorter, and a `tell` of a large table makes its neighbours fail for no reason;
longer, and nobody notices that the holder hangs."""

_ID_BYTES = 8
"""Fewer than 8, and two campaigns whose tokens meet at one instrument may share an id."""


def utc_now() -> datetime:
    """The present, with its time zone."""
    return datetime.now(UTC)


def fresh_campaign() -> str:
    """A new campaign's id: 16 hex digits, never containing the `/` that separates the parts of a token."""
    return secrets.token_hex(_ID_BYTES)


def sealed(drafts: Sequence[Draft], last: Event | None, clock: Clock, campaign: str) -> list[Event]:
    """Seal what was decided behind `last`.

    Args:
        drafts: what `decide` returned.
        last: the newest event, None at the start of a ledger.
        clock: answers the time, with a time zone.
        campaign: the id of a campaign that begins here; a begun one keeps the id of its events.

    Raises:
        ValueError: for an unknown type of event, or a clock without time zone.
    """
    unknown = sorted({draft.type for draft in drafts} - TYPES)
    if unknown:
        raise ValueError(f"no such event: {', '.join(unknown)}")
    now = clock()
    if now.tzinfo is None:
        raise ValueError("the clock answers a time without time zone")
    time = now.astimezone(UTC).isoformat(timespec="milliseconds")
    return seal_all(drafts, last, time=time, campaign=last.campaign if last else campaign)


def follow(rows: Iterable[Row], base: Event | None, place: str) -> list[Event]:
    """Turn stored rows into events, proving each link of the chain behind `base`.

    Raises:
        LedgerError: at the first row that is no event, was altered, or does not follow the one before it.
    """
    found: list[Event] = []
    for row in rows:
        event = read(row, place)
        follows(found[-1] if found else base, event, place)
        found.append(event)
    return found


def read(row: Row, place: str) -> Event:
    """Read one row, by itself.

    Raises:
        LedgerError: when its text is not what was hashed, or is no event, or stands in another's place.
    """
    seq, text, hash_ = row
    where = f"{place}, event {seq}"
    if text is None or hash_ is None or hashlib.sha256(text).hexdigest().encode() != hash_:
        fail(LedgerError, where, "its text does not match its hash: it was altered", RESTORE)
    try:
        event = Event.read(text.decode("utf-8"), hash_.decode("ascii"))
    except LedgerError as error:
        raise LedgerError(*(replace(fault, place=where) for fault in error.faults)) from error
    except (KeyError, TypeError) as error:  # a well-hashed text whose type or version no reader can look up
        raise LedgerError.at(where, "its type or version is no event's", RESTORE) from error
    if event.seq != seq:
        fail(LedgerError, where, f"it calls itself number {event.seq}", RESTORE)
    return event


def follows(before: Event | None, event: Event, place: str) -> None:
    """Prove that `event` stands right behind `before` (None: at the start).

    Raises:
        LedgerError: when it does not.
    """
    expected = before.seq + 1 if before else 1
    where = f"{place}, event {expected}"
    if event.seq != expected:
        fail(LedgerError, where, f"it is missing; the next one found is number {event.seq}", RESTORE)
    if event.prev != (before.hash if before else GENESIS):
        fail(LedgerError, where, "it does not follow the event before it", RESTORE)
    if before and event.campaign != before.campaign:
        found = f"it belongs to campaign {event.campaign!r}, not {before.campaign!r}"
        fail(LedgerError, where, found, RESTORE)
