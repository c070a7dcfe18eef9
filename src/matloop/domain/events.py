"""Events: what happened, in the exact text that is hashed and stored.

An event's text is canonical JSON of {v, type, seq, time, campaign, token, data, prev}; its hash is SHA-256 over it.
`prev` is the hash before it, so the chain covers every byte. The content chain leaves out what differs between two
runs of the same campaign (time, machine, campaign, prev, hash): equal content means equal science.

Data by type (a new field is optional, a new meaning is a new type). Every type carries `basis`, the hashes of the
settings and of the pool or space in force:
    opened     settings, pool_size, machine
    changed    settings, pool_size, what (list of texts), machine
    suggested  asked, n, data (hash of the readings used), model, suggestions (list of {id, candidate, values,
               prediction, reason, place, cost}), machine [, fixed (name -> value)] [, exclude (candidates' ids)]
    approved, rejected, dispatched, returned, unknown    suggestion [, reason]
    measured, failed, censored, aborted    suggestion (null where nobody suggested it), candidate, experiment, reading,
               values, executed, outside, note, outcome [, std] [, side] [, executed_std] [, cost] [, day]
    corrected  suggestion, candidate, experiment, reading, outcome, reason [, std (null: none)] [, status] [, note]
    withdrawn  suggestions (list of ids), reason
    stopped    reason
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from matloop.domain import canonical
from matloop.errors import Fault, LedgerError, fail

VERSION = 1
"""Version of the data of newly written events; `_UPCASTS` reads every older one."""

GENESIS = "0" * 64
"""`prev` of the first event."""

TYPES = frozenset(
    "opened changed suggested approved rejected dispatched returned measured failed censored aborted corrected "
    "withdrawn unknown stopped".split()
)

_FIELDS = ("v", "type", "seq", "time", "campaign", "token", "data", "prev")


def _as_is(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return data


_UPCASTS: dict[tuple[str, int], Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}
"""(type, v) -> data of version v + 1; a type without an entry stays as it is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has its place in the ledger.

    token: `suggestion/attempt`; the campaign's id is put before it when it is sealed. None for unasked readings.
    """

    type: str
    data: Mapping[str, Any]
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event in its place.

    seq: 1, 2, ... without gaps. time: ISO 8601, UTC. text: exactly what was hashed and is stored.
    """

    v: int
    type: str
    seq: int
    time: str
    campaign: str
    token: str | None
    data: Mapping[str, Any]
    prev: str
    hash: str
    text: str

    @classmethod
    def read(cls, text: str, hash_: str) -> Event:
        """Read a stored event, upcasting its data to the present version.

        Raises:
            LedgerError: when the text is no event of a known type and version.
        """
        try:
            record = json.loads(text)
            v, type_, seq, time, campaign, token, data, prev = (record[name] for name in _FIELDS)
        except (ValueError, KeyError, TypeError):
            cure = "Restore the ledger from a backup."
            fail(LedgerError, "event", f"no event can be read from {text[:60]!r}", cure)
        if not isinstance(type_, str) or type_ not in TYPES or not isinstance(v, int) or not 1 <= v <= VERSION:
            found = f"type {type_!r} version {v!r} is unknown to this version of matloop"
            fail(LedgerError, f"event {seq}", found, "Use a newer matloop, or restore the ledger from a backup.")
        while v < VERSION:
            data, v = _UPCASTS.get((type_, v), _as_is)(data), v + 1
        return cls(v, type_, seq, time, campaign, token, data, prev, hash_, text)


def seal(draft: Draft, *, seq: int, time: str, campaign: str, prev: str) -> Event:
    """Give a draft its place in the chain."""
    token = f"{campaign}/{draft.token}" if draft.token is not None else None
    data = canonical.plain(draft.data)
    record = dict(zip(_FIELDS, (VERSION, draft.type, seq, time, campaign, token, data, prev), strict=True))
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Event(VERSION, draft.type, seq, time, campaign, token, data, prev, canonical.sha256(text), text)


def seal_all(drafts: Iterable[Draft], last: Event | None, *, time: str, campaign: str) -> list[Event]:
    """Seal drafts one after the other behind `last` (None: at the start)."""
    sealed: list[Event] = []
    seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
    for draft in drafts:
        event = seal(draft, seq=seq + 1, time=time, campaign=campaign, prev=prev)
        sealed.append(event)
        seq, prev = event.seq, event.hash
    return sealed


def content_hash(before: str, event: Event) -> str:
    """The content chain after `event`; `before` is the one before it (GENESIS at the start)."""
    data = {name: item for name, item in event.data.items() if name != "machine"}
    token = event.token.removeprefix(event.campaign + "/") if event.token else None
    return canonical.sha256(before + canonical.text([event.v, event.type, event.seq, token, data]))


def verify(events: Iterable[Event]) -> list[Fault]:
    """Every break of the chain: altered text, missing, repeated or reordered events, a second campaign."""
    faults: list[Fault] = []
    prev, seq, campaign = GENESIS, 0, None
    cure = "Restore the ledger from a backup; do not go on with this file."
    for event in events:
        place = f"event {seq + 1}"
        if canonical.sha256(event.text) != event.hash:
            faults.append(Fault(place, "its text does not match its hash: it was altered", cure))
        if event.seq != seq + 1:
            faults.append(Fault(place, f"number {event.seq} stands in its place", cure))
        if event.prev != prev:
            faults.append(Fault(place, "it does not follow the event before it", cure))
        if campaign is not None and event.campaign != campaign:
            faults.append(Fault(place, f"it belongs to campaign {event.campaign!r}, not {campaign!r}", cure))
        prev, seq, campaign = event.hash, event.seq, event.campaign
    return faults
