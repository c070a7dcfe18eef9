"""What a campaign cost in money and days, as far as its outcomes say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

from matloop.decide.words import figure
from matloop.state import State

_WORDS = {"ok": "measured", "failed": "failed", "aborted": "aborted", "below": "censored", "above": "censored"}


@dataclass(frozen=True, slots=True)
class Became:
    """Readings that became the same: how many say what they cost, and what that was together."""

    word: str
    readings: int
    cost: float


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent.

    rows: by what became of it, dearest first. cost: of all; None where no outcome says. days: the laboratory's day on
    which the last outcome was ready; None where none says. silent: readings that do not say what they cost.
    """

    rows: tuple[Became, ...]
    cost: float | None
    days: float | None
    silent: int


def spending_of(state: State) -> Spending | None:
    """Add it up; None where no outcome says anything."""
    costs: dict[str, list[float]] = {}
    for reading in state.readings.values():
        if reading.cost is not None:
            costs.setdefault(_WORDS[reading.status], []).append(reading.cost)
    days = [reading.day for reading in state.readings.values() if reading.day is not None]
    if not costs and not days:
        return None
    rows = [Became(word, len(each), fsum(each)) for word, each in costs.items()]
    silent = len(state.readings) - sum(row.readings for row in rows)
    total = fsum(cost for each in costs.values() for cost in each) if costs else None
    return Spending(tuple(sorted(rows, key=lambda row: -row.cost)), total, max(days, default=None), silent)


def spent_words(budget: Mapping[str, Any]) -> str:
    """The cost and days of a status document in words, empty where it has none."""
    said = []
    if "cost" in budget:
        limit = budget["cost"]["limit"]
        said.append(f"{figure(budget['cost']['used'])}{f' of {figure(limit)}' if limit else ''} in cost")
    if "days" in budget:
        limit = budget["days"]["limit"]
        said.append(f"{figure(budget['days']['used'])}{f' of {figure(limit)}' if limit else ''} days in the laboratory")
    return ", ".join(said)
