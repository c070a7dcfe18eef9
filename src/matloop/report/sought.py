"""What a report shows where goals are several, a target, a range, or bound by limits.

Candidates are judged by the posterior means of the final model, as `Campaign.best` judges them. How sure that is stands
beside each: truths are drawn from the joint posterior of all that was made, objective by objective, and the share of
the draws in which a candidate is among the best, and holds the limits, is its probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from matloop.decide.acquisition import EVEN
from matloop.decide.acquisition.utility import utility_of
from matloop.decide.front import hypervolume, non_dominated
from matloop.decide.model import Model
from matloop.decide.words import figure, passed_words, percent, reference_words
from matloop.domain.objective import Objective, optimised
from matloop.domain.prediction import Floats
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.domain.reading import Key
from matloop.rank import Standings
from matloop.state import State
from matloop.surrogate import Joint
from matloop.surrogate.factor import Factor

_DRAWS = 512  # a probability of 0.5 is then told to 0.02
_DRAWN = 150  # candidates drawn together, the first of the ranking; the rest is hardly ever best
_PAIRS = 3  # pairs of quantities that are drawn


@dataclass(frozen=True, slots=True)
class Growth:
    """How what was sought grew, after each number of experiments.

    experiments: (k,). value: (k,) by the final model, NaN before the first. what: the quantity in words, with its unit.
    """

    experiments: NDArray[np.intp]
    value: Floats
    what: str


@dataclass(frozen=True, slots=True)
class Left:
    """A candidate that is not among the best, and why."""

    candidate: str
    why: str


@dataclass(frozen=True, slots=True)
class Sought:
    """What was sought, and how far it was found.

    best: how many of the ranking are best. reference: objective -> mark from which hypervolume is counted; volume:
        that of the best; both None with one goal. chances: candidate -> probability of being among the best; empty
        where the model has no joint posterior. growth: None where nothing grows. left: those that are not best.
    passed: in words, what would be best by the goal alone and holds the limits less surely; empty where nothing would.
    pairs: quantities that are set against each other.
    """

    best: int
    reference: Mapping[str, float] | None
    volume: float | None
    chances: Mapping[str, float]
    growth: Growth | None
    left: tuple[Left, ...]
    pairs: tuple[tuple[Objective, Objective], ...]
    passed: str = ""


def sought_of(problem: Problem, state: State, model: Model | None, found: Standings) -> Sought:
    """Work it out.

    Args:
        problem: what is sought.
        state: what happened.
        model: of all readings; None without one.
        found: how the candidates made stand.
    """
    goals = optimised(problem.objectives)
    return Sought(
        len(found.best),
        found.reference,
        found.volume,
        chances_of(problem, model, found.ranked) if model is not None and goals else {},
        growth_of(problem, state, found) if goals else None,
        left_of(problem, found) if goals else (),
        pairs_of(problem.objectives),
        "" if found.passed is None else _passed(found.best[0], found.passed, *goals),
    )


def _passed(best: Ranked, other: Ranked, goal: Objective) -> str:
    by = f"{goal.name} {figure(figures_of(other)[goal.name], goal.unit)}"
    return passed_words(other.candidate, by, other.holds or 0.0, best.candidate, best.holds or 0.0)


def pairs_of(objectives: Sequence[Objective]) -> tuple[tuple[Objective, Objective], ...]:
    """Which quantities are drawn against each other: goals, else each limit and the goal."""
    goals = [one for one in objectives if one.optimised]
    limits = [one for one in objectives if one.goal == "limit"]
    pairs = list(combinations(goals, 2)) if len(goals) > 1 else [(limit, goal) for limit in limits for goal in goals]
    return tuple(pairs[:_PAIRS])


def figures_of(item: Ranked) -> Mapping[str, float]:
    """What is said of a candidate: posterior means, or plain means without a model."""
    return item.reading_mean if item.prediction is None else item.prediction.mean


def worth_of(items: Sequence[Ranked], goals: Sequence[Objective]) -> Floats:
    """(n, k) worth to the goals."""
    values = np.array([[figures_of(item)[one.name] for one in goals] for item in items]).reshape(len(items), len(goals))
    return np.stack([utility_of(one).of(one.sign * values[:, j]) for j, one in enumerate(goals)], axis=1)


def holds(item: Ranked) -> bool:
    """Does it hold all limits more likely than not?"""
    return item.holds is None or item.holds >= EVEN


def complete(items: Sequence[Ranked], objectives: Sequence[Objective]) -> list[Ranked]:
    """Those of which something is said of every objective."""
    return [item for item in items if all(one.name in figures_of(item) for one in objectives)]


def growth_of(problem: Problem, state: State, found: Standings) -> Growth | None:
    """How hypervolume, or the best, grew; None while nothing that holds the limits was made."""
    goals, items = optimised(problem.objectives), complete(found.ranked, problem.objectives)
    held = {item.candidate: item for item in items if holds(item)}
    first, experiments = _first_read(state)
    order = [candidate for candidate in first if candidate in held]
    if not order:
        return None
    worth = worth_of([held[candidate] for candidate in order], goals)
    after = np.array([first[candidate] for candidate in order])
    if len(goals) > 1:
        reference = np.array([_in_worth(one, (found.reference or {})[one.name]) for one in goals])
        line = np.array([hypervolume(worth[: n + 1], reference) for n in range(len(order))])
        what = "hypervolume"
    else:
        (goal,) = goals
        line = np.maximum.accumulate(worth[:, 0])
        line = goal.sign * line if goal.linear else -line
        unit = "" if goal.unit in (None, "1") else f" ({goal.unit})"
        what = f"{goal.name}{unit}" if goal.linear else f"distance of {goal.name} from its {goal.goal}{unit}"
    places = np.searchsorted(after, np.arange(1, experiments + 1), side="right") - 1
    return Growth(np.arange(1, experiments + 1), np.concatenate((line, [np.nan]))[places], what)


def _in_worth(goal: Objective, mark: float) -> float:
    return goal.sign * mark if goal.linear else -mark


def _first_read(state: State) -> tuple[dict[str, int], int]:
    """Candidate -> number of the experiment that was first read; and how many experiments were told."""
    number: dict[Key, int] = {}
    first: dict[str, int] = {}
    for key, reading in state.readings.items():
        number.setdefault(Key(key.suggestion, key.candidate, key.experiment, 0), len(number) + 1)
        if reading.outcome:
            first.setdefault(reading.candidate, len(number))
    return first, len(number)


def left_of(problem: Problem, found: Standings) -> tuple[Left, ...]:
    """Why each of the others is not among the best, where limits or several goals decide it."""
    goals = optimised(problem.objectives)
    front = complete(found.best, problem.objectives)
    left = []
    for item in complete(found.ranked, problem.objectives):
        if item in front:
            continue
        if not holds(item):
            left.append(Left(item.candidate, _fallen(item, problem.objectives)))
        elif found.passed is not None and _better(item, found.best[0], goals):
            left.append(Left(item.candidate, f"better by its mean, but {_fallen(item, problem.objectives)}"))
        elif len(goals) > 1 and front:
            left.append(Left(item.candidate, f"beaten in every goal by {_beaten(item, front, goals)}"))
    return tuple(left)


def _better(item: Ranked, other: Ranked, goals: Sequence[Objective]) -> bool:
    own, theirs = worth_of([item, other], goals)
    return bool((own > theirs).all())


def _fallen(item: Ranked, objectives: Sequence[Objective]) -> str:
    limits = [one for one in objectives if one.goal == "limit"]
    said = ", ".join(f"{one.words()}: {figure(figures_of(item)[one.name], one.unit)}" for one in limits)
    return f"holds the limits with a probability of {percent(item.holds or 0.0)} ({said})"


def _beaten(item: Ranked, front: Sequence[Ranked], goals: Sequence[Objective]) -> str:
    """The one of the front that beats a candidate by the most in its weakest goal."""
    ahead, own = worth_of(front, goals), worth_of([item], goals)
    spread = np.ptp(np.vstack([ahead, own]), axis=0)
    lead = ((ahead - own) / np.where(spread > 0, spread, 1.0)).min(axis=1)
    return front[int(lead.argmax())].candidate


def chances_of(problem: Problem, model: Model, ranked: Sequence[Ranked]) -> dict[str, float]:
    """Probability of each to be among the best made, and to hold the limits; empty without a joint posterior."""
    looked = ranked[:_DRAWN]
    if not isinstance(model.fitted, Joint) or not looked:
        return {}
    X, owner = np.unique(
        model.encoder.encode([{**one.values, **one.context} for one in looked]), axis=0, return_inverse=True
    )
    mean, cov = model.fitted.joint(X)
    rng = np.random.default_rng(np.random.SeedSequence(problem.seed, spawn_key=(len(ranked), _DRAWS)))
    worth, held = [], np.ones((_DRAWS, len(looked)), dtype=np.bool_)
    for j, one in enumerate(problem.objectives):
        lower = np.tril(Factor.of(cov[j], "joint posterior").lower)
        truth = (mean[:, j : j + 1] + lower @ rng.standard_normal((len(X), _DRAWS)))[owner.reshape(-1)].T
        if one.optimised:
            worth.append(utility_of(one).of(one.sign * truth))
        elif one.goal == "limit":
            low, high = (-np.inf if one.low is None else one.low), (np.inf if one.high is None else one.high)
            held &= (truth >= low) & (truth <= high)
    among = _among(np.stack(worth, axis=2), held)
    return dict(zip((one.candidate for one in looked), among.mean(axis=0).tolist(), strict=True))


def _among(worth: Floats, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(S, n) which candidates are best under each draw of their worth (S, n, k), among those that hold the limits."""
    found = np.zeros(held.shape, dtype=np.bool_)
    for draw, (figures, who) in enumerate(zip(worth, held, strict=True)):
        rows = np.flatnonzero(who)
        if len(rows):
            one = worth.shape[2] == 1
            found[draw, rows] = figures[rows, 0] == figures[rows, 0].max() if one else non_dominated(figures[rows])
    return found


def volume_words(sought: Sought, goals: Sequence[Objective]) -> str:
    """The hypervolume and from where it counts, in words; empty with one goal."""
    if sought.reference is None or sought.volume is None:
        return ""
    return reference_words(sought.volume, sought.reference, goals)
