"""A campaign on one screen: what is best and how sure that is, how it got there, what failed, what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matloop.campaign import Campaign
from matloop.domain.objective import plain
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.state import State


@dataclass(frozen=True, slots=True)
class Step:
    """A reading that was better than all before it: that of this key, as `correct` takes it, was `value`."""

    key: str
    candidate: str
    value: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A candidate that would not form. where: its key, as `correct` takes it. note: why, as it was told."""

    where: str
    candidate: str
    note: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What `report` says.

    ranked: everything with a usable reading, best first. status: as `matloop status --json`.
    steps: how the best reading grew. modelled: whether `ranked` goes by a model or by plain means.
    """

    problem: Problem
    ranked: Sequence[Ranked]
    status: Mapping[str, Any]
    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]
    modelled: bool

    @property
    def by_rank(self) -> list[Ranked]:
        """The ranking by posterior mean; under noisy limits its first is not always the best."""
        return sorted(self.ranked, key=lambda item: item.rank)


def summary_of(campaign: Campaign) -> Summary:
    """Gather it; nothing is written."""
    best, listed = campaign.best(), campaign.shortlist()
    ranked = [*best, *(item for item in listed if item not in best)]
    state = campaign.state
    modelled = bool(ranked) and ranked[0].prediction is not None
    return Summary(
        campaign.problem, ranked, campaign.status(), steps_of(campaign.problem, state), failures_of(state), modelled
    )


def steps_of(problem: Problem, state: State) -> tuple[Step, ...]:
    """Readings that were better than all before them, in order of arrival; none where goals order none."""
    goal = problem.objectives[0]
    if not plain(problem.objectives):
        return ()
    steps: list[Step] = []
    for key, reading in state.readings.items():
        value = reading.outcome.get(goal.name) if reading.status == "ok" else None
        if value is not None and (not steps or goal.sign * value > goal.sign * steps[-1].value):
            steps.append(Step(str(key), reading.candidate, value))
    return tuple(steps)


def failures_of(state: State) -> tuple[Failure, ...]:
    """What was tried and would not form, in order of arrival."""
    failed = (reading for reading in state.readings.values() if reading.status == "failed")
    return tuple(Failure(str(reading.key), reading.candidate, reading.note) for reading in failed)
