"""A reading as the state holds it, and the key that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from matloop.domain.canonical import Value
from matloop.domain.outcome import NUMBERLESS, Status


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names a reading: (suggestion, reading), or (candidate, experiment, reading) where nobody suggested it.

    suggestion is "" where nobody suggested it; candidate is "" and experiment 0 where somebody did.
    """

    suggestion: str
    candidate: str
    experiment: int
    reading: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Key:
        """The key in an event's data."""
        if data["suggestion"] is not None:
            return cls.asked(data["suggestion"], data["reading"])
        return cls.unasked(data["candidate"], data["experiment"], data["reading"])

    def to_json(self, candidate: str) -> dict[str, Any]:
        """The key as an event's data carries it; `candidate` rides along where the suggestion is the key."""
        return {
            "suggestion": self.suggestion or None,
            "candidate": candidate,
            "experiment": self.experiment or None,
            "reading": self.reading,
        }

    @classmethod
    def asked(cls, suggestion: str, reading: int = 1) -> Key:
        """The key of a suggestion's reading."""
        return cls(suggestion, "", 0, reading)

    @classmethod
    def unasked(cls, candidate: str, experiment: int, reading: int = 1) -> Key:
        """The key of a reading that nobody suggested."""
        return cls("", candidate, experiment, reading)

    def __str__(self) -> str:
        if self.suggestion:
            return f"{self.suggestion}/{self.reading}"
        return f"{self.candidate}/{self.experiment}/{self.reading}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading, as it counts now (corrections applied).

    values: the candidate's planned values; executed: what was really set where it differs.
    context: what was measured beside the outcome, by context parameter.
    outcome: objective -> number (for `below` and `above` the limit; empty for `failed` and `aborted`).
    std: objective -> known standard deviation of the number.
    executed_std: parameter -> known standard deviation of what was really set.
    cost, day: what it cost and when it was ready, in the laboratory's own units; None where nobody said.
    told: the content as first told, so that telling it again is a repeat even after a correction.
    """

    key: Key
    candidate: str
    values: Mapping[str, Value]
    status: Status
    outcome: Mapping[str, float] = field(default_factory=dict)
    std: Mapping[str, float] = field(default_factory=dict)
    executed: Mapping[str, Value] = field(default_factory=dict)
    executed_std: Mapping[str, float] = field(default_factory=dict)
    context: Mapping[str, float] = field(default_factory=dict)
    outside: bool = False
    note: str = ""
    cost: float | None = None
    day: float | None = None
    told: str = ""

    @property
    def learned_values(self) -> dict[str, Value]:
        """What the model learns from: the executed values, else the planned ones, and the context."""
        return {**self.values, **self.executed, **self.context}

    def corrected(self, data: Mapping[str, Any]) -> Reading:
        """The reading after a `corrected` event; what its data leave out stays.

        A status that holds no number takes the numbers away, and a limit has no std.
        """
        status: Status = data.get("status", self.status)
        outcome = {**self.outcome, **{name: float(number) for name, number in data["outcome"].items()}}
        std = {name: number for name, number in {**self.std, **data.get("std", {})}.items() if number is not None}
        return replace(
            self,
            status=status,
            outcome={} if status in NUMBERLESS else outcome,
            std=std if status == "ok" else {},
            note=data.get("note", self.note),
        )
