"""The one place where things happen in order.

The ledger is written before a lab is told, and lab verbs are idempotent: a crash on any line is cured by running again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from matloop.domain.outcome import Outcome
from matloop.domain.suggestion import Suggestion
from matloop.lab import Acknowledged, Batched, ByHand, Checks, Lab, collected

Progress = Callable[[int, int | None, str], None]
"""Called with experiments done, their limit (None: unknown) and a short text."""


class Loopable(Protocol):
    """What the loop needs of a campaign."""

    def pending(self) -> list[Suggestion]: ...
    def room(self) -> int: ...
    def ended(self) -> str | None: ...
    def suggest_up_to(self, n: int) -> list[Suggestion]: ...
    def dispatch(self, suggestion: Suggestion) -> str: ...
    def tell(self, outcomes: Sequence[Outcome]) -> Any: ...
    def progress(self, report: Progress | None) -> None: ...


@dataclass(frozen=True, slots=True)
class RunEnd:
    """Why the loop ended, and how many times it asked. reason: budget, cycles, rule, stopped, exhausted or person."""

    reason: str
    cycles: int


def run(
    campaign: Loopable, lab: Lab, *, cycles: int | None, rest: Callable[[], None], report: Progress | None = None
) -> RunEnd:
    """Suggest, have it done, tell; until the budget is spent, nothing is left, or `cycles` asks were made.

    `rest` is called while every open suggestion is under way; `report` is told of progress after each step.
    """
    asks, dry = 0, False
    by_hand = isinstance(lab, ByHand)
    while True:
        works = [] if by_hand else campaign.pending()
        if isinstance(lab, Batched):
            lab.start_batch([(campaign.dispatch(work), work) for work in works])
        finished = [work for work in works if perform(campaign, lab, work)]
        campaign.progress(report)
        room, ended = campaign.room(), campaign.ended()
        asking = room > 0 and ended is None and (cycles is None or asks < cycles) and (not dry or bool(finished))
        if asking:
            dry = not campaign.suggest_up_to(room)
            asks += not dry
        if not campaign.pending():
            return RunEnd(ended or ("exhausted" if dry else "cycles"), asks)
        if by_hand:
            return RunEnd("person", asks)
        if not finished and (dry or not asking):
            rest()


def perform(campaign: Loopable, lab: Lab, work: Suggestion) -> bool:
    """Start one suggestion (again: a no-op) and tell what came back; True when something did."""
    if isinstance(lab, Checks):
        lab.check(work)
    token = campaign.dispatch(work)
    lab.start(token, work)
    if outcomes := collected(lab, token, work):
        campaign.tell(outcomes)
    if outcomes and isinstance(lab, Acknowledged):
        lab.acknowledge(token)
    return bool(outcomes)
