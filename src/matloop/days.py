"""How many days a campaign has taken since its first suggestion, and how many it may.

A laboratory that says on which of its days an outcome was ready has a clock of its own, which may be a simulated one:
that clock is believed. Else the times of the events count, and, where an ask is about to be made, the time of the ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matloop.decide.words import figure
from matloop.domain.problem import Problem
from matloop.state import State

_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Time:
    """used: days since the first suggestion. limit: days allowed; None for no end. lab: by the laboratory's clock?"""

    used: float
    limit: float | None
    lab: bool

    @property
    def over(self) -> bool:
        """Is the limit reached?"""
        return self.limit is not None and self.used >= self.limit

    def words(self) -> str:
        """`12.0 days since the first suggestion, by the laboratory's clock`."""
        return f"{figure(self.used)} days since the first suggestion{', by the laboratory clock' if self.lab else ''}"

    def to_json(self) -> dict[str, Any]:
        """As `status` shows it."""
        return {"used": self.used, "limit": self.limit}


def time_of(problem: Problem, state: State, now: datetime | None = None) -> Time:
    """How long it has taken.

    Args:
        problem: says what is allowed.
        state: what happened.
        now: the time of an ask; None: that of the last event.
    """
    days = [reading.day for reading in state.readings.values() if reading.day is not None]
    if days:
        return Time(max(days), problem.days, lab=True)
    if not state.begun:
        return Time(0.0, problem.days, lab=False)
    last = datetime.fromisoformat(state.latest) if now is None else now
    seconds = (last - datetime.fromisoformat(state.begun)).total_seconds()
    return Time(max(seconds, 0.0) / _SECONDS_A_DAY, problem.days, lab=False)
