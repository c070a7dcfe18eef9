"""Decide what to do next: strategies, acquisitions, batches, designs.

A `Strategy` turns a `Task` (all it may know) into `Chosen`. It is a pure function of the task: every random number
comes from `Task.rng`, nothing is kept between two calls, and searches are bounded by counted evaluations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from matloop.domain.candidate import Candidate
from matloop.domain.cost import Costs, Purse
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.domain.prediction import PredictionAt
from matloop.domain.reading import Reading
from matloop.domain.space import Space
from matloop.errors import InputError, fail


class Purpose(IntEnum):
    """What random numbers are for; part of the spawn key, so numbers must never change."""

    DESIGN = 0
    FIT = 1
    ACQUIRE = 2
    SEARCH = 3
    RANDOM = 4
    CALIBRATE = 5
    STOP = 6
    REPLICATE = 7
    PRICE = 8


CONCLUDING = frozenset({Purpose.FIT, Purpose.CALIBRATE, Purpose.STOP})
"""What is concluded from readings: the model, whether its errors are true, what may still be found. Luck drawn anew at
each ask would move them while nothing is told, and asking often enough would find the answer that one likes."""


@dataclass(frozen=True, slots=True)
class Task:
    """All that a strategy may know when it is asked for n candidates.

    readings: those the model may learn from (status ok), in the order of their keys, so that no order of
        arrival changes an answer.
    open: candidates being measured, in the order they were suggested.
    closed: ids that may not be chosen (open, measured, failed ...), as the campaign's settings say.
    again: those among them that are closed only because they were measured, and may be chosen as replicates.
    asked: suggestions so far, before this ask. asks: how many times suggestions were asked for before.
    initial: length of the initial design, None for the default.
    design_done: candidates that count towards the initial design (ok readings plus open).
    design_next: the first place of the design sequence that was not taken yet.
    warm: what the surrogate said of itself (`Chosen.model`) at the last ask that knew other readings than these, empty
        before.
    set_aside: censored readings; they stand in `tried`, and a reason names those that its model does not use.
    tried: outcomes without a usable number that say whether a candidate forms: failed ones did not, censored ones did;
        in the order of their keys.
    costs: what candidates cost, None where nobody says. left: what is left to be spent, None without a limit.
    remaining: experiments that the budget still allows, those of this ask included; None without a limit.
    last: the candidate suggested last, from which the next experiment changes over; None before the first.
    """

    candidates: Pool | Space
    objectives: tuple[Objective, ...]
    readings: tuple[Reading, ...] = ()
    open: tuple[Candidate, ...] = ()
    closed: frozenset[str] = frozenset()
    n: int = 1
    seed: int = 0
    asked: int = 0
    initial: int | None = None
    design_done: int = 0
    design_next: int = 0
    warm: Mapping[str, Any] = field(default_factory=dict)
    set_aside: int = 0
    tried: tuple[Reading, ...] = ()
    costs: Costs | None = None
    left: float | None = None
    remaining: int | None = None
    again: frozenset[str] = frozenset()
    last: Candidate | None = None
    asks: int = 0

    def rng(self, purpose: Purpose) -> np.random.Generator:
        """The generator of this ask; that of the design and of what is concluded from readings is one for all asks."""
        asked = 0 if purpose is Purpose.DESIGN or purpose in CONCLUDING else self.asked
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(asked, int(purpose))))

    def purse(self) -> Purse | None:
        """What the candidates of this ask are paid from, one after another; None where nobody says what they cost."""
        return None if self.costs is None else Purse(self.costs, self.left, self.last)


@dataclass(frozen=True, slots=True)
class Choice:
    """One candidate to do next.

    prediction: None before a model exists.
    place: its place in the initial design's sequence, None when the model chose it.
    cost: what it costs, None when unknown.
    replicate: whether it is to be measured again, its id being one of `Task.again`.
    """

    candidate: Candidate
    reason: str
    prediction: PredictionAt | None = None
    place: int | None = None
    cost: float | None = None
    replicate: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The answer to one ask.

    model: what the surrogate says of itself (JSON types), for the ledger and the next warm start.
    """

    choices: tuple[Choice, ...]
    model: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Strategy(Protocol):
    """Chooses what to do next. A frozen dataclass: its fields are its settings and go into the ledger."""

    name: ClassVar[str]

    def suggest(self, task: Task) -> Chosen:
        """Choose up to `task.n` different candidates, none of them in `task.closed` but replicates in `task.again`.

        Fewer than n means that no more are left; an empty answer is allowed then and only then.
        """
        ...


@runtime_checkable
class Choosy(Protocol):
    """Capability of a strategy that cannot serve every goal: to say so before anything is asked."""

    def refuse(self, objectives: Sequence[Objective]) -> tuple[str, str] | None:
        """What is wrong with these objectives, and the cure; None where it serves them."""
        ...


@runtime_checkable
class Pricing(Protocol):
    """Capability of a strategy that may go by costs: to say so before anything is asked."""

    def unpriced(self) -> tuple[str, str] | None:
        """What is wrong where nobody says what candidates cost, and the cure; None where it does not mind."""
        ...


@runtime_checkable
class Picky(Protocol):
    """Capability of a strategy whose model cannot be fitted to all candidates: to say so before anything is asked."""

    def unfit(self, candidates: Pool | Space) -> tuple[str, str] | None:
        """Why no model can be fitted to readings of these candidates, and the cure; None where one can."""
        ...


@runtime_checkable
class Equipped(Protocol):
    """Capability of a strategy that needs more than the program brings: to say so before anything is asked."""

    def lacking(self) -> tuple[str, str] | None:
        """What is not installed, and how to get it; None where nothing lacks."""
        ...


def refusal(
    strategy: Strategy,
    objectives: Sequence[Objective],
    *,
    priced: bool = True,
    candidates: Pool | Space | None = None,
) -> tuple[str, str] | None:
    """Why a strategy cannot serve the goals, and the cure; one that does not say is taken to serve all.

    Args:
        strategy: may be `Choosy`, `Pricing` and `Picky`.
        objectives: the goals.
        priced: whether somebody says what candidates cost.
        candidates: to which its model is to be fitted; None leaves that open.
    """
    refused = strategy.refuse(objectives) if isinstance(strategy, Choosy) else None
    if refused is None and not priced and isinstance(strategy, Pricing):
        refused = strategy.unpriced()
    if refused is None and candidates is not None and isinstance(strategy, Picky):
        return strategy.unfit(candidates)
    return refused


def served(
    strategy: Strategy,
    objectives: Sequence[Objective],
    *,
    priced: bool = True,
    candidates: Pool | Space | None = None,
) -> None:
    """Demand that a strategy serves the goals; see `refusal`.

    Raises:
        InputError: when it does not.
    """
    refused = refusal(strategy, objectives, priced=priced, candidates=candidates)
    if refused is not None:
        fail(InputError, "strategy", *refused)


def lacking(strategy: Strategy) -> tuple[str, str] | None:
    """What a strategy needs that is not installed, and how to get it; None where nothing lacks."""
    return strategy.lacking() if isinstance(strategy, Equipped) else None
