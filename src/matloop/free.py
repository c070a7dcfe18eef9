"""Is anything left to be suggested? What `status` advises by, without asking the strategy."""

from __future__ import annotations

from matloop.ask import closed, money_left, task_of, too_dear
from matloop.decide import Strategy
from matloop.decide.model import ignorance
from matloop.decide.sequence import SMALL
from matloop.domain.cost import affordable
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.space import Space
from matloop.state import State

_MORE = 8
"""Points for each closed one up to which a space is listed. Larger, `status` lists what it need not; smaller, it is not
said that few are left."""


def candidates_left(problem: Problem, state: State, strategy: Strategy) -> int | None:
    """How many candidates may still be suggested; None where nobody knows, or what was measured may be so again."""
    if problem.repeat or getattr(strategy, "replicates", "never") != "never":
        return None
    return count_free(problem.candidates, closed(problem, state))


def none_left(problem: Problem, state: State, strategy: Strategy) -> str:
    """Why nothing can be suggested any more, in words; empty where something can.

    A space that is too large to be listed is taken to have something left.

    Args:
        problem: whose candidates are looked at.
        state: says which of them are closed, and what is left to be spent.
        strategy: one that measures again what is worth it (`replicates`) has something left while something is held.
    """
    shut, said = closed(problem, state), ""
    if count_free(problem.candidates, shut) == 0:
        members = len(problem.candidates) if isinstance(problem.candidates, Pool) else problem.candidates.count()
        which = f"all {members} were" if members and members > 1 else "the only one was"
        said = (
            f"no candidate is left to suggest: {which} measured, failed or taken back; "
            "add candidates, or allow repeats ([strategy] repeat = true)"
        )
    elif money_left(problem, state) is not None and _too_dear(problem, state, shut):
        said = "what is left of the budget of cost pays for no candidate that is left"
    return "" if said and _measures_again(problem, state, strategy) else said


def _measures_again(problem: Problem, state: State, strategy: Strategy) -> bool:
    """Does the strategy suggest a candidate once more that was measured?"""
    task = task_of(problem, state, 1)
    return getattr(strategy, "replicates", "never") == "auto" and bool(task.again) and ignorance(task) is None


def count_free(candidates: Pool | Space, ids: frozenset[str]) -> int | None:
    """How many candidates have none of these ids, which may be of others too; None of a space too large to be listed.

    A space may be listed while it has at most `_MORE` times as many points as there are ids.
    """
    if isinstance(candidates, Pool):
        return len(candidates) - sum(candidates.index(id_) is not None for id_ in ids)
    points = candidates.enumerate(_MORE * len(ids)) if ids else None
    return None if points is None else sum(candidates.candidate(k).id not in ids for k in points)


def _too_dear(problem: Problem, state: State, shut: frozenset[str]) -> bool:
    """Does every candidate that is not shut cost more than is left?"""
    if isinstance(problem.candidates, Pool):
        return count_free(problem.candidates, shut | too_dear(problem, state)) == 0
    points = problem.candidates.enumerate(SMALL)
    left, costs = money_left(problem, state), problem.costs
    if points is None or left is None or costs is None:
        return False
    payable = points[affordable(costs.of_grid(problem.candidates, points, state.last()), left)]
    return all(problem.candidates.candidate(k).id in shut for k in payable)
