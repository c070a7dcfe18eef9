"""What `tell` takes in and yet doubts: readings far from all others, values outside, values that differ from the id's.

Nothing here refuses: what was made outside the plan is data. A doubt says what was understood, so that a slip is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.constraint import Sum
from matloop.domain.events import Draft
from matloop.domain.far import FEWEST, HELD, WIDE, far_by
from matloop.domain.keeping import keeps
from matloop.domain.number import as_number
from matloop.domain.objective import Objective, optimised
from matloop.domain.parameter import Integer, Real
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.reading import Key
from matloop.domain.space import SUM_ERROR, Space
from matloop.domain.space_check import kinds_of
from matloop.errors import Fault
from matloop.state import State


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that was taken in as it stands, and may be a slip.

    row: the outcome's place in the call, from 0. place: the reading's key. found, cure: as of a fault.
    others: places in the call of further outcomes that it is about.
    """

    row: int
    place: str
    found: str
    cure: str
    others: tuple[int, ...] = ()

    def at(self, place: str) -> Fault:
        """The same, at another place: a line of a file."""
        return Fault(place, self.found, self.cure)

    def __str__(self) -> str:
        return f"{self.place}: {self.found}. {self.cure}"


def doubts_of(
    problem: Problem, state: State, drafts: Sequence[Draft], rows: Sequence[int], echoes: Iterable[Doubt] = ()
) -> tuple[Doubt, ...]:
    """What is doubtful of new readings, the gravest kind first.

    Args:
        problem: the campaign's.
        state: before the drafts.
        drafts: what a call of `tell` adds.
        rows: the place in the call of the outcome behind each draft.
        echoes: doubts that were met on the way.
    """
    far: list[Doubt] = []
    for objective in problem.objectives:
        far.extend(_far(objective, state, drafts, rows))
    misplaced = (doubt for draft, row in zip(drafts, rows, strict=True) for doubt in _misplaced(problem, draft, row))
    exact = _exact(problem, drafts, rows)
    wide = _wide(problem, state, drafts, rows)
    return (*far, *misplaced, *echoes, *exact, *wide, *_unreached(problem, state, drafts, rows))


def _far(objective: Objective, state: State, drafts: Sequence[Draft], rows: Sequence[int]) -> Iterator[Doubt]:
    """Readings beyond everything held, and far from the bulk of all."""
    name = objective.name
    new = [(draft, row) for draft, row in zip(drafts, rows, strict=True) if _is_number(draft.data, draft.type, name)]
    if not new:
        return
    held = np.array([r.outcome[name] for r in state.readings.values() if r.status == "ok" and name in r.outcome])
    told = np.array([float(draft.data["outcome"][name]) for draft, _ in new])
    distances, spread, median = far_by(held, told)
    for i in np.flatnonzero(distances).tolist():
        draft, row = new[i]
        key = Key.from_json(draft.data)
        others = "that are held" if len(held) else "others"
        found = (
            f"{name} = {told[i]:g} lies {distances[i]:.3g} spreads from the median {median:g} of "
            f"{len(held) + len(told)} readings (spread {spread:.3g}), beyond all {others}"
        )
        yield Doubt(
            row, str(key), found, f'If it is a slip: `matloop correct FILE {key} "{name}=NUMBER" --reason WHY`.'
        )


def _is_number(data: Mapping[str, Any], type: str, name: str) -> bool:
    return type == "measured" and name in data["outcome"]


def _misplaced(problem: Problem, draft: Draft, row: int) -> Iterator[Doubt]:
    """Values that differ from those of the id, and values outside the pool or the space."""
    data = draft.data
    executed, outside = data["executed"], data["outside"]
    key = Key.from_json(data)
    if not outside and (not executed or key.suggestion):
        return  # a suggestion made with other values within the space is what the columns are for
    said, void = [], f"`matloop correct FILE {key} status=aborted --reason WHY`"
    if executed:
        plan = "as suggested" if key.suggestion else "in the pool" if _has_pool(problem) else "by its id"
        was = ", ".join(f"{name} {_shown(data['values'][name])}" for name in executed)
        now = ", ".join(_shown(value) for value in executed.values())
        said.append(f"{key.suggestion or key.candidate} has {was} {plan}, the row says {now}: taken as executed")
    if outside:
        missed = ", ".join(misses(problem, {**data["values"], **executed}))
        said.append(f"{missed}: outside, used for learning, never suggested")
    yield Doubt(row, str(key), "; ".join(said), f"If it is a slip: {void}, then tell it as it was made.")


def _has_pool(problem: Problem) -> bool:
    return isinstance(problem.candidates, Pool)


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def misses(problem: Problem, values: Mapping[str, Value]) -> list[str]:
    """Why values are no candidate of the pool or space, in words."""
    candidates = problem.candidates
    if not isinstance(candidates, Space):
        return ["no candidate of the pool has these values"]
    off = [text for one in candidates.parameters if (text := _off(one, values[one.name]))]
    if any(one.index(values[one.name]) is None for one in candidates.parameters if not isinstance(one, Real | Integer)):
        return off  # constraints speak of known choices alone
    kinds = kinds_of(candidates.parameters)
    broken = [held for held in candidates.constraints if not keeps(held, values, kinds, SUM_ERROR)]
    for held in broken:
        if isinstance(held, Sum):
            total = math.fsum(float(values[name]) for name in held.names)
            off.append(f"{' + '.join(held.names)} = {total:.6g}, not {held.equals:g}")
        else:
            off.append(f"it breaks {held}")
    return off or ["the space has no such point"]


def _off(one: Any, value: Value) -> str:
    """Why a parameter does not take a value; "" when it does."""
    if one.index(value) is not None:
        return ""
    number = as_number(value)
    if not isinstance(one, Real | Integer) or number is None:
        return f"{one.name} = {value!r} is none of its choices"
    if not one.low <= number <= one.high:
        return f"{one.name} = {number:g} is beyond {one.low:g} to {one.high:g}"
    return f"{one.name} = {number:g} is between the steps of its grid"


def _exact(problem: Problem, drafts: Sequence[Draft], rows: Sequence[int]) -> Iterator[Doubt]:
    """Stds of 0: the models know no exact reading: to them a known variance of 0 means that none is known."""
    for objective in problem.objectives:
        zero = [
            (str(Key.from_json(draft.data)), row)
            for draft, row in zip(drafts, rows, strict=True)
            if draft.data.get("std", {}).get(objective.name) == 0
        ]
        if zero:
            more = f" (and {len(zero) - 1} more)" if len(zero) > 1 else ""
            instead = f", also not the {objective.std:g} of the campaign file" if objective.std else ""
            found = f"{objective.name}_std = 0{more} counts as no std given{instead}: the model learns the scatter"
            yield Doubt(zero[0][1], zero[0][0], found, "No reading is exact: leave it empty where it is not known.")


def _wide(problem: Problem, state: State, drafts: Sequence[Draft], rows: Sequence[int]) -> Iterator[Doubt]:
    """A stated std far above the scatter of all readings, which it is a part of: the widest of the call."""
    for one in problem.objectives:
        name = one.name
        new = [
            (draft, row) for draft, row in zip(drafts, rows, strict=True) if _is_number(draft.data, draft.type, name)
        ]
        held = [r.outcome[name] for r in state.readings.values() if r.status == "ok" and name in r.outcome]
        numbers = np.array([*held, *(float(draft.data["outcome"][name]) for draft, _ in new)])
        if not new or len(numbers) < FEWEST:
            continue
        stated = [float(draft.data.get("std", {}).get(name, one.std or 0.0)) for draft, _ in new]
        widest, scatter = int(np.argmax(stated)), float(np.std(numbers, ddof=1))
        if stated[widest] > WIDE * scatter:
            draft, row = new[widest]
            found = (
                f"the std of {name} is {stated[widest]:g}, and {len(numbers)} readings scatter by {scatter:.3g} in all"
            )
            yield Doubt(row, str(Key.from_json(draft.data)), found, f"Give it as a std, in the unit of {name}.")


def _unreached(problem: Problem, state: State, drafts: Sequence[Draft], rows: Sequence[int]) -> Iterator[Doubt]:
    """A reference that nothing read so far reaches in every goal: by it, nothing counts."""
    marked = [one for one in optimised(problem.objectives) if one.reference is not None]
    new = [(draft, row) for draft, row in zip(drafts, rows, strict=True) if draft.type == "measured"]
    if not marked or not new:
        return
    outcomes = [reading.outcome for reading in state.readings.values() if reading.status == "ok"]
    outcomes += [draft.data["outcome"] for draft, _ in new]
    whole = [one for one in outcomes if all(goal.name in one for goal in marked)]
    if len(whole) < HELD or any(all(_reaches(goal, float(one[goal.name])) for goal in marked) for one in whole):
        return
    draft, row = new[-1]
    marks = ", ".join(f"{goal.name} {goal.reference:g}" for goal in marked)
    found = f"none of {len(whole)} readings reaches the reference {marks}, from which volumes count"
    cure = "Correct the reference if it is a slip; else all goes by it once something reaches it."
    yield Doubt(row, str(Key.from_json(draft.data)), found, cure)


def _reaches(goal: Objective, read: float) -> bool:
    """Does a reading count by the goal's reference, a value, or for a target or range the distance from it?"""
    if goal.reference is None:
        return True
    if goal.linear:
        return goal.sign * (read - goal.reference) > 0
    ends = [goal.value] if goal.goal == "target" else [goal.low, goal.high]
    low, high = min(one for one in ends if one is not None), max(one for one in ends if one is not None)
    return max(low - read, read - high, 0.0) < goal.reference
