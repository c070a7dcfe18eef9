"""The state of a campaign: a pure fold over its events. No clock, no disk.

`replay(events)` folds them all; `evolve(state, events)` goes on from a state. Both give the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from matloop.domain import canonical
from matloop.domain.candidate import Candidate
from matloop.domain.events import GENESIS, Event, content_hash
from matloop.domain.outcome import Status
from matloop.domain.prediction import PredictionAt
from matloop.domain.reading import Key, Reading
from matloop.domain.suggestion import Suggestion

Stage = Literal[
    "suggested", "approved", "dispatched", "returned",
    "measured", "censored", "failed", "aborted",
    "withdrawn", "rejected", "unknown",
]  # fmt: skip
OPEN: tuple[Stage, ...] = ("suggested", "approved", "dispatched", "returned")
"""Stages in which an outcome is still awaited."""

# A suggestion with several readings is what the most telling of them says.
_TELLING: dict[Stage, int] = {"aborted": 1, "failed": 2, "censored": 3, "measured": 4}
_STAGES: dict[str, Stage] = {stage: stage for stage in get_args(Stage)}  # event types that are stages
STAGE_OF: dict[Status, Stage] = {
    "ok": "measured", "below": "censored", "above": "censored", "failed": "failed", "aborted": "aborted",
}  # fmt: skip
"""What a reading makes of its experiment."""
_STATUS: dict[str, Status] = {"measured": "ok", "failed": "failed", "aborted": "aborted"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A suggestion and what became of it.

    place: its place in the initial design's sequence, None when a model chose it.
    attempt: part of the token; physical steps have one.
    """

    suggestion: Suggestion
    place: int | None
    stage: Stage = "suggested"
    attempt: int = 1

    @property
    def open(self) -> bool:
        """Is an outcome still awaited?"""
        return self.stage in OPEN

    @property
    def token(self) -> str:
        """`suggestion/attempt`; the campaign's id goes before it."""
        return f"{self.suggestion.id}/{self.attempt}"


@dataclass(frozen=True, slots=True)
class State:
    """What a campaign knows after `seq` events.

    head: hash of the last event. content: hash of the science alone (see `events.content_hash`).
    asked: suggestion id -> what became of it, in order. asks: how many times suggestions were asked for.
    readings: key -> reading, in order of arrival.
    by_candidate: candidate id -> ids of its suggestions, in order.
    model: what the surrogate said of itself at the last ask. data: hash of the readings that it knew (`ask.data_hash`).
    before: what it said at the last ask before that which knew other readings.
    begun, latest: times of the first suggestion and of the last event; empty before.
    """

    campaign: str = ""
    seq: int = 0
    head: str = GENESIS
    content: str = GENESIS
    settings: Mapping[str, Any] = field(default_factory=dict)
    basis: Mapping[str, str] = field(default_factory=dict)
    pool_size: int | None = None
    asked: Mapping[str, Asked] = field(default_factory=dict)
    readings: Mapping[Key, Reading] = field(default_factory=dict)
    by_candidate: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    stopped: str | None = None
    begun: str = ""
    latest: str = ""
    asks: int = 0

    def open(self) -> Iterator[Asked]:
        """Suggestions whose outcome is awaited, in order."""
        return (asked for asked in self.asked.values() if asked.open)

    def usable(self) -> tuple[Reading, ...]:
        """Readings a model may learn from, in the order of their keys, whatever the order of arrival."""
        ok = (reading for reading in self.readings.values() if reading.status == "ok")
        return tuple(sorted(ok, key=lambda reading: reading.key))

    def used(self) -> int:
        """Suggestions that count against the budget: all but those taken back."""
        return sum(asked.stage not in ("withdrawn", "rejected") for asked in self.asked.values())

    def spent(self) -> float:
        """What the suggestions cost that were not taken back."""
        return math.fsum(asked.suggestion.cost or 0.0 for asked in self._taken())

    def last(self) -> Candidate | None:
        """The candidate suggested last and not taken back, None before the first."""
        taken = [asked.suggestion for asked in self._taken()]
        return Candidate(taken[-1].candidate, taken[-1].values) if taken else None

    def _taken(self) -> Iterator[Asked]:
        """Suggestions that were not taken back."""
        return (asked for asked in self.asked.values() if asked.stage not in ("withdrawn", "rejected"))

    def tried(self) -> tuple[Reading, ...]:
        """Outcomes without a usable number that say whether a candidate forms, in the order of their keys."""
        told = (reading for reading in self.readings.values() if reading.status in ("failed", "below", "above"))
        return tuple(sorted(told, key=lambda reading: reading.key))

    def warm(self, data: str) -> Mapping[str, Any]:
        """From where a fit to the readings of this hash starts; asking again does not move it."""
        return self.before if data == self.data else self.model

    def token(self, suggestion: str) -> str:
        """The full token of a suggestion: campaign/suggestion/attempt."""
        return f"{self.campaign}/{self.asked[suggestion].token}"


_WRITTEN = re.compile(r"\s*[sS]?0*(?P<number>\d+)\s*")
"""A suggestion's id as people write it."""


def like_suggestion(state: State, id_: str) -> str:
    """The cure for an unknown suggestion: another way to write the same number, else which there are.

    Ids that look alike, as s0099 and s0009, are different experiments: between them nothing is guessed.
    """
    if not state.asked:
        return "Nothing was suggested yet."
    written = _WRITTEN.fullmatch(id_)
    meant = f"s{int(written['number']):04d}" if written else ""
    if meant in state.asked:
        return f"Did you mean {meant!r}?"
    first, *_, last = [*state.asked, *state.asked]
    return f"The campaign has {first}{f' to {last}' if last != first else ' alone'}."


def replay(events: Iterable[Event]) -> State:
    """The state after these events."""
    return evolve(State(), events)


def evolve(state: State, events: Iterable[Event]) -> State:
    """The state after further events; the one given stays as it is."""
    fold = _Fold(state)
    for event in events:
        fold.apply(event)
    return fold.freeze()


class _Fold:
    """A state under construction: dictionaries are copied once, then filled in place."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.asked = dict(state.asked)
        self.readings = dict(state.readings)
        self.by_candidate = dict(state.by_candidate)
        self.changed: dict[str, Any] = {}
        self.names = declared_names(state.settings)
        self.content = state.content
        self.last: Event | None = None

    def apply(self, event: Event) -> None:
        _APPLY[event.type](self, event)
        self.content = content_hash(self.content, event)
        self.last = event

    def freeze(self) -> State:
        if self.last is None:
            return self.state
        return replace(
            self.state,
            campaign=self.last.campaign,
            seq=self.last.seq,
            head=self.last.hash,
            content=self.content,
            latest=self.last.time,
            asked=self.asked,
            readings=self.readings,
            by_candidate=self.by_candidate,
            **self.changed,
        )

    def _in_order(self, values: Mapping[str, canonical.Value]) -> Mapping[str, canonical.Value]:
        """Values in declared order; the ledger's text sorts them."""
        return {name: values[name] for name in self.names if name in values} or values

    def settings(self, event: Event) -> None:
        self.names = declared_names(event.data["settings"])
        self.changed["settings"] = event.data["settings"]
        self.changed["basis"] = event.data["basis"]
        self.changed["pool_size"] = event.data["pool_size"]

    def suggested(self, event: Event) -> None:
        data = event.data["data"]
        if data != self.changed.get("data", self.state.data):
            self.changed["before"] = self.changed.get("model", self.state.model)
        self.changed["model"], self.changed["data"] = event.data["model"], data
        self.changed["asks"] = self.changed.get("asks", self.state.asks) + 1
        if not self.state.begun:
            self.changed.setdefault("begun", event.time)
        for item in event.data["suggestions"]:
            suggestion = Suggestion(
                item["id"],
                item["candidate"],
                self._in_order(item["values"]),
                PredictionAt.from_json(item["prediction"]),
                item["reason"],
                item["cost"],
            )
            self.asked[suggestion.id] = Asked(suggestion, item["place"])
            before = self.by_candidate.get(suggestion.candidate, ())
            self.by_candidate[suggestion.candidate] = (*before, suggestion.id)

    def stage(self, event: Event) -> None:
        asked = self.asked[event.data["suggestion"]]
        if asked.open or asked.stage == "unknown":  # an outcome that is already here says more
            self.asked[asked.suggestion.id] = replace(asked, stage=_STAGES[event.type])

    def told(self, event: Event) -> None:
        data = event.data
        context = data.get("context", {})
        key = Key.from_json(data)
        status: Status = data["side"] if event.type == "censored" else _STATUS[event.type]
        executed_std = {name: float(number) for name, number in data.get("executed_std", {}).items()}
        self.readings[key] = Reading(
            key,
            data["candidate"],
            self._in_order(data["values"]),
            status,
            outcome={name: float(number) for name, number in data["outcome"].items()},
            std={name: float(number) for name, number in data.get("std", {}).items()},
            executed=data["executed"],
            context=context,
            executed_std=executed_std,
            outside=data["outside"],
            note=data["note"],
            cost=data.get("cost"),
            day=data.get("day"),
            told=content_of(
                status, data["outcome"], data.get("std", {}), {**data["executed"], **context}, executed_std
            ),
        )
        if key.suggestion:
            asked = self.asked[key.suggestion]
            stage = _STAGES[event.type]
            if _TELLING[stage] > _TELLING.get(asked.stage, 0):
                self.asked[key.suggestion] = replace(asked, stage=stage)

    def corrected(self, event: Event) -> None:
        key = Key.from_json(event.data)
        self.readings[key] = self.readings[key].corrected(event.data)
        if key.suggestion and "status" in event.data:
            said = (reading.status for held, reading in self.readings.items() if held.suggestion == key.suggestion)
            stage = max((STAGE_OF[status] for status in said), key=lambda one: _TELLING[one])
            self.asked[key.suggestion] = replace(self.asked[key.suggestion], stage=stage)

    def withdrawn(self, event: Event) -> None:
        for name in event.data["suggestions"]:
            self.asked[name] = replace(self.asked[name], stage="withdrawn")

    def stopped(self, event: Event) -> None:
        self.changed["stopped"] = event.data["reason"]


def declared_names(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Features or parameters in the order in which they were declared."""
    if "pool" in settings:
        return tuple(settings["pool"]["features"])
    return tuple(item["name"] for item in settings.get("space", {}).get("parameters", ()))


def content_of(
    status: Status,
    outcome: Mapping[str, float],
    std: Mapping[str, float],
    executed: Mapping[str, canonical.Value],
    executed_std: Mapping[str, float],
) -> str:
    """What makes two readings of one key the same."""
    parts = [status, outcome, std, executed]
    return canonical.text([*parts, executed_std] if executed_std else parts)


_APPLY: dict[str, Callable[[_Fold, Event], None]] = {
    "opened": _Fold.settings,
    "changed": _Fold.settings,
    "suggested": _Fold.suggested,
    **dict.fromkeys(("approved", "rejected", "dispatched", "returned", "unknown"), _Fold.stage),
    **dict.fromkeys(("measured", "failed", "censored", "aborted"), _Fold.told),
    "corrected": _Fold.corrected,
    "withdrawn": _Fold.withdrawn,
    "stopped": _Fold.stopped,
}
