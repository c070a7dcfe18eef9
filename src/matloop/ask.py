"""From a state to the next suggestions: what the strategy may know, its answer, and the answer as an event.

A suggestion is a pure function of settings, pool, seed and the events before it; `recompute` proves it.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from matloop.assume import assumed
from matloop.decide import Choice, Chosen, Strategy, Task
from matloop.domain import canonical
from matloop.domain.candidate import Candidate
from matloop.domain.canonical import Value
from matloop.domain.cost import ROUNDING, affordable
from matloop.domain.events import Draft
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.reading import Reading
from matloop.domain.space import Space
from matloop.errors import DataError, Faults, InputError, PluginError, SpaceError, fail
from matloop.state import State

_VERSIONED = ("matloop", "numpy", "scipy", "scikit-learn")
"""Distributions whose versions an answer can depend on."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one ask is narrowed to.

    fixed: parameter or feature -> the value that every suggestion shall have; context parameter -> the value that is
    assumed. exclude: ids of candidates that shall
    not be suggested.
    """

    fixed: Mapping[str, Value] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, problem: Problem, state: State, fixed: Mapping[str, object] | None, exclude: Sequence[str] | None
    ) -> Wish:
        """Read what a user asks for.

        Args:
            problem: says which names, values and ids there are.
            state: a suggestion's id stands for its candidate.
            fixed: by name; None for nothing.
            exclude: ids of candidates or suggestions; None for none.

        Raises:
            DataError: for unknown names and ids, and unreadable values, all at once.
        """
        faults = Faults()
        values: dict[str, Value] = {}
        try:
            values = problem.candidates.parse(fixed or {})
        except InputError as error:
            faults.absorb(error, "fixed")
        if isinstance(exclude, str):
            faults.add("exclude", f"{exclude!r} is no list", "Give a list of ids.")
            exclude = None
        ids = [_excluded(faults, problem, state, id_) for id_ in exclude or ()]
        faults.raise_if_any(DataError)
        return cls(values, tuple(dict.fromkeys(ids)))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Wish:
        """As a `suggested` event holds it."""
        return cls(data.get("fixed", {}), tuple(data.get("exclude", ())))

    def to_json(self) -> dict[str, Any]:
        """The fields of a `suggested` event that are not empty."""
        told: dict[str, Any] = {"fixed": dict(self.fixed), "exclude": list(self.exclude)}
        return {name: item for name, item in told.items() if item}


NO_WISH = Wish()
_SIDE = {"below": -1, "above": 1}
_SPACE_ID = re.compile("c[0-9a-f]{16}")


def _excluded(faults: Faults, problem: Problem, state: State, id_: str) -> str:
    """The candidate's id that an id stands for; an unknown one is noted."""
    candidates, text = problem.candidates, str(id_)
    known = candidates.index(text) is not None if isinstance(candidates, Pool) else bool(_SPACE_ID.fullmatch(text))
    if known:
        return text
    if id_ in state.asked:
        return state.asked[id_].suggestion.candidate
    cure = "Give the id of a candidate, or of a suggestion, as `pending` and `report` print it."
    faults.add(f"exclude {id_!r}", "no such candidate or suggestion", cure)
    return text


def narrowed(task: Task, wish: Wish) -> Task:
    """The task within a wish: a space keeps the fixed values, a pool closes the rows that have others.

    Raises:
        SpaceError: when no candidate has the fixed values.
    """
    candidates, shut = task.candidates, set(wish.exclude)
    fixed = {name: value for name, value in wish.fixed.items() if name in candidates.names}
    if isinstance(candidates, Space):
        candidates = candidates.restricted(fixed)
    elif fixed:
        other = candidates.other_than(fixed)
        if len(other) == len(candidates):
            given = ", ".join(f"{name} = {value}" for name, value in fixed.items())
            fail(SpaceError, "fixed", f"no candidate of the pool has {given}", "Fix values that occur together.")
        shut |= {candidates.id(int(row)) for row in other}
    again = frozenset[str]() if fixed else task.again - shut  # what was measured may have other values
    return replace(task, candidates=candidates, closed=task.closed | shut, again=again)


def task_of(problem: Problem, state: State, n: int, wish: Wish = NO_WISH) -> Task:
    """All that a strategy may know when asked for n candidates."""
    readings, tried = state.usable(), state.tried()
    awaited = [asked.suggestion for asked in state.open()]
    places = [asked.place for asked in state.asked.values() if asked.place is not None]
    task = Task(
        problem.candidates.assuming(assumed(problem.candidates, state, wish.fixed).values),
        problem.objectives,
        readings=readings,
        open=tuple(Candidate(item.candidate, item.values) for item in awaited),
        closed=closed(problem, state) | too_dear(problem, state),
        n=n,
        seed=problem.seed,
        asked=len(state.asked),
        asks=state.asks,
        initial=problem.initial,
        design_done=len({reading.candidate for reading in readings} | {item.candidate for item in awaited}),
        design_next=max(places, default=-1) + 1,
        warm=state.warm(data_hash((*readings, *tried))) if state.model or state.before else {},
        set_aside=sum(reading.status in ("below", "above") for reading in state.readings.values()),
        tried=tried,
        costs=problem.costs,
        left=money_left(problem, state),
        again=measured_alone(problem, state) - too_dear(problem, state),
        remaining=None if problem.budget is None else max(problem.budget - state.used(), 0),
        last=state.last(),
    )
    return narrowed(task, wish)


def money_left(problem: Problem, state: State) -> float | None:
    """What is left to be spent, at least 0; None without a limit."""
    if problem.cost is None or problem.cost.limit is None:
        return None
    return max(problem.cost.limit - state.spent(), 0.0)


def too_dear(problem: Problem, state: State) -> frozenset[str]:
    """Ids of the candidates of a pool that, were they next, would cost more than is left to be spent."""
    left, pool = money_left(problem, state), problem.candidates
    if left is None or problem.costs is None or not isinstance(pool, Pool):
        return frozenset()
    dear = ~affordable(problem.costs.after(state.last()), left)
    return frozenset(pool.id(int(row)) for row in np.flatnonzero(dear))


def unpayable(problem: Problem, state: State) -> bool:
    """Is less left to be spent than the cheapest candidate costs?"""
    left, costs = money_left(problem, state), problem.costs
    if left is None or costs is None:
        return False
    least = float(costs.after(state.last()).min()) if isinstance(problem.candidates, Pool) else costs.least
    return left < least * (1.0 - ROUNDING)


def closed(problem: Problem, state: State, *, measured: bool = True) -> frozenset[str]:
    """Ids that may not be suggested now; with `measured` False, those that would be so had nothing been measured.

    Open or measured: unless `repeat`. Failed: unless `retry_failed`. Aborted says nothing, so it is not among them.
    Withdrawn, rejected or unknown: a person decided, or has to.
    """
    ids = set()
    for asked in state.asked.values():
        if (asked.open and not problem.repeat) or asked.stage in ("withdrawn", "rejected", "unknown"):
            ids.add(asked.suggestion.candidate)
    for reading in state.readings.values():
        keep = {"failed": problem.retry_failed, "aborted": True, "ok": problem.repeat or not measured}.get(
            reading.status, problem.repeat
        )
        if not keep:
            ids.add(reading.candidate)
    return frozenset(ids)


def measured_alone(problem: Problem, state: State) -> frozenset[str]:
    """Ids that are closed for no other reason than that they were measured; those from outside are none."""
    held = {reading.candidate for reading in state.usable() if not reading.outside or reading.executed}
    return (closed(problem, state) & held) - closed(problem, state, measured=False)


def answer(strategy: Strategy, task: Task) -> Chosen:
    """Ask the strategy and hold it to its contract.

    Raises:
        PluginError: when it answers with too many, repeated, closed or foreign candidates.
        SpaceError: when one of them has no cost above 0.
    """
    chosen = strategy.suggest(task)
    place, contract = f"strategy {strategy.name!r}", "matloop.decide.Strategy.suggest"
    if not isinstance(chosen, Chosen):
        fail(PluginError, place, f"`suggest` returned {type(chosen).__name__}", f"{contract}: returns Chosen.")
    ids = [choice.candidate.id for choice in chosen.choices]
    if len(ids) > task.n or len(set(ids)) < len(ids):
        found = f"asked for {task.n} different candidates, it chose {ids}"
        fail(PluginError, place, found, f"{contract}: up to task.n different candidates.")
    again = {choice.candidate.id for choice in chosen.choices if choice.replicate} & task.again
    if banned := sorted(set(ids) & task.closed - again):
        found = f"it chose {banned}, which may not be chosen"
        fail(PluginError, place, found, f"{contract}: none of them in task.closed, but replicates in task.again.")
    strange = [choice.candidate.id for choice in chosen.choices if not _is_member(task, choice.candidate)]
    if strange:
        found = f"it chose {strange}, which are none of the campaign's candidates"
        fail(PluginError, place, found, f"{contract}: members of task.candidates.")
    return _priced(task, chosen)


def _priced(task: Task, chosen: Chosen) -> Chosen:
    """The choices with what they cost, as many of the first ones as what is left can pay.

    Raises:
        SpaceError: for one without a cost above 0, which an expression may have in a space too large to be listed.
    """
    purse, priced = task.purse(), []
    if purse is None:
        return chosen
    for choice in chosen.choices:
        purse.costs.demand(choice.candidate)
        if not purse.pay(choice.candidate):
            break
        priced.append(replace(choice, cost=purse.paid))
    return replace(chosen, choices=tuple(priced))


def _is_member(task: Task, candidate: Candidate) -> bool:
    candidates = task.candidates
    if isinstance(candidates, Pool) and candidates.id_name is not None:
        return candidates.by_id(candidate.id) == candidate  # values alone may name several
    try:
        return candidates.resolve(candidate.values) == candidate
    except InputError:
        return False


def suggested(state: State, task: Task, chosen: Chosen, wish: Wish = NO_WISH) -> Draft:
    """One ask as one event, all suggestions together; where a model predicts, the reason says at which context."""
    context = assumed(task.candidates, state, wish.fixed)
    items = [
        {
            "id": f"s{len(state.asked) + 1 + i:04d}",
            "candidate": choice.candidate.id,
            "values": dict(choice.candidate.values),
            "prediction": choice.prediction.to_json() if choice.prediction else None,
            "reason": f"{choice.reason}; {context.words}" if choice.prediction and context.words else choice.reason,
            "place": choice.place,
            "cost": choice.cost,
        }
        for i, choice in enumerate(chosen.choices)
    ]
    data = {
        "asked": task.asked,
        "n": task.n,
        "data": data_hash((*task.readings, *task.tried)),
        "model": dict(chosen.model),
        "suggestions": items,
        "machine": machine(),
        **wish.to_json(),
        **({"context": dict(context.values)} if context.values else {}),
    }
    return Draft("suggested", data)


def data_hash(readings: Sequence[Reading]) -> str:
    """SHA-256 over the readings that a model learns from."""
    rows = [
        [str(r.key), r.learned_values, r.outcome, r.std, *filter(None, [r.executed_std, _SIDE.get(r.status)])]
        for r in readings
    ]
    return canonical.digest(rows)


@cache
def machine() -> Mapping[str, str]:
    """What computes here: outside the content hash, since it is no science."""
    versions = {name: version(name) for name in _VERSIONED}
    return {"system": platform.platform(), "python": platform.python_version(), **versions}


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How a recomputed ask compares with the ledger.

    same: the same candidates in the same order. difference: the largest of |now - then| / max(|then|, 1e-12) over
    all figures of the predictions; inf where a prediction is missing on one side.
    """

    suggestions: tuple[str, ...]
    same: bool
    difference: float


def recompute(problem: Problem, state: State, strategy: Strategy, data: Mapping[str, Any]) -> Recomputed:
    """Do an ask again from the state before it.

    Args:
        problem: as it was at that ask.
        state: replay of the events before it.
        strategy: as it was at that ask.
        data: the `suggested` event's data.
    """
    then = data["suggestions"]
    now = answer(strategy, task_of(problem, state, data["n"], Wish.from_json(data))).choices
    same = [choice.candidate.id for choice in now] == [item["candidate"] for item in then]
    ids = tuple(item["id"] for item in then)
    pairs = zip(now, then, strict=False)
    difference = max((d for choice, item in pairs for d in _differences(choice, item["prediction"])), default=0.0)
    return Recomputed(ids, same, difference)


_TINY = 1e-12  # below it a figure counts as zero, so that 0 against 1e-300 is no difference


def _differences(choice: Choice, then: Mapping[str, Any] | None) -> Iterator[float]:
    now = choice.prediction.to_json() if choice.prediction else None
    if now is None or then is None:
        yield 0.0 if now is then else float("inf")
        return
    for part in ("mean", "model_std", "noise_std"):
        for name, figure in then[part].items():
            yield abs(now[part][name] - figure) / max(abs(figure), _TINY)
