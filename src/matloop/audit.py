"""Does what stands in the file still agree with what stands in the ledger, and can every suggestion be recomputed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from matloop import plugins
from matloop.ask import Recomputed, Wish, recompute, task_of
from matloop.days import Time
from matloop.decide import Chosen, Task
from matloop.decide.words import count
from matloop.domain import canonical
from matloop.domain.canonical import Value
from matloop.domain.context import Context
from matloop.domain.cost import Cost
from matloop.domain.events import Event
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.space import Space
from matloop.domain.stop import Stop
from matloop.errors import BudgetExhausted, Fault, InputError, LedgerError, PoolExhausted, fail
from matloop.free import count_free
from matloop.state import State, evolve

_LISTED = 5  # candidates named in a message; the rest is counted


def basis_of(problem: Problem, settings: Mapping[str, Any]) -> dict[str, str]:
    """The hashes of the settings and of the pool or space, as every event names them."""
    return {"settings": canonical.digest(settings), "pool": problem.candidates.hash}


def changes(problem: Problem, settings: Mapping[str, Any], basis: Mapping[str, str], state: State) -> list[str]:
    """What differs from the ledger, in words; empty when nothing does.

    Raises:
        LedgerError: when the ledger cannot belong to these settings, or a made candidate is missing or altered.
    """
    if state.seq == 0 or state.basis == basis:
        return []
    if faults := misfits(problem, basis, state):
        raise LedgerError(*faults)
    return _words(settings, state.settings, basis, state)


def misfits(problem: Problem, basis: Mapping[str, str], state: State) -> list[Fault]:
    """Why a ledger cannot belong to these settings and candidates; empty when it can."""
    if state.seq == 0 or state.basis == basis:
        return []
    return [*_incompatible(problem, state), *_lost(problem, basis, state)]


def _incompatible(problem: Problem, state: State) -> Iterator[Fault]:
    """Changes after which the readings held would mean something else."""
    then = state.settings
    before = {item["name"]: item for item in then["objectives"]}
    for objective in problem.objectives:
        known = before.get(objective.name)
        if known is None:
            held = ", ".join(repr(name) for name in before)
            found = f"the ledger holds readings of {held}, not of {objective.name!r}"
            yield Fault("objective", found, "Restore the objective, or start a new ledger for the new one.")
        elif known["unit"] != objective.unit:
            found = f"the ledger's readings of {objective.name!r} are in {known['unit']}, not {objective.unit}"
            yield Fault("objective", found, "Restore the unit, or start a new ledger.")
    yield from _without_context(problem, state)
    kind = "pool" if isinstance(problem.candidates, Pool) else "space"
    if kind not in then:
        found = f"the ledger was made with {'a space' if kind == 'pool' else 'a pool'}"
        yield Fault("campaign", found, "Start a new ledger for the new kind of candidates.")


def _without_context(problem: Problem, state: State) -> Iterator[Fault]:
    """A context that was declared after readings were told: nobody knows what it was then."""
    for one in problem.candidates.context:
        lacking = [str(reading.key) for reading in state.usable() if one.name not in reading.context]
        if lacking:
            named = ", ".join(lacking[:_LISTED]) + (f" and {len(lacking) - _LISTED} more" if lacking[_LISTED:] else "")
            found = f"the ledger holds readings without a value of it ({named})"
            cure = "Leave it out, or start a new ledger and tell these readings with it."
            yield Fault(f"parameter {one.name!r}", found, cure)


def _lost(problem: Problem, basis: Mapping[str, str], state: State) -> Iterator[Fault]:
    """Made or suggested candidates that the pool or space no longer holds as they were."""
    if state.basis["pool"] == basis["pool"]:
        return
    lost = [f"{id_} ({why})" for id_, values in _held(state) if (why := _missing(problem, id_, values))]
    if lost:
        more = f" and {len(lost) - _LISTED} more" if len(lost) > _LISTED else ""
        cure = "Restore them as they were; new candidates and wider bounds are welcome."
        yield Fault("candidates", f"the ledger holds candidates that changed: {', '.join(lost[:_LISTED])}{more}", cure)


def _held(state: State) -> Iterator[tuple[str, Mapping[str, Value]]]:
    seen: dict[str, Mapping[str, Value]] = {}
    for asked in state.asked.values():
        seen[asked.suggestion.candidate] = asked.suggestion.values
    for reading in state.readings.values():
        if not reading.outside:
            seen[reading.candidate] = reading.values
    yield from seen.items()


def _missing(problem: Problem, id_: str, values: Mapping[str, Value]) -> str | None:
    candidates = problem.candidates
    if set(values) != set(candidates.names):
        return "other features"
    if isinstance(candidates, Pool):
        found = candidates.by_id(id_)
        if found is None:
            return "missing"
        return None if dict(found.values) == dict(values) else "other values"
    return None if candidates.within(values) else "outside the bounds or constraints"


def _words(settings: Mapping[str, Any], then: Mapping[str, Any], basis: Mapping[str, str], state: State) -> list[str]:
    keys = sorted(settings.keys() | then.keys())
    what = [
        f"{key}: {then.get(key)} -> {settings.get(key)}"
        for key in keys
        if settings.get(key) != then.get(key) and key not in ("pool", "space")
    ]
    if state.basis["pool"] != basis["pool"]:
        what.append("candidates")
    return what or ["settings"]


def recomputed(events: Sequence[Event], problem: Problem) -> Iterator[Recomputed]:
    """Every ask of a ledger, done again with the settings and candidates in force then.

    Raises:
        LedgerError: when the candidates of that time cannot be had from the present pool.
    """
    state = State()
    for event in events:
        if event.type == "suggested":
            then = problem_then(problem, state)
            strategy = plugins.rebuild(state.settings["strategy"])
            yield recompute(then, state, strategy, event.data)
        state = evolve(state, [event])


def problem_then(problem: Problem, state: State) -> Problem:
    """The problem as the ledger's settings at that time describe it.

    Raises:
        LedgerError: when its pool was another one than the present pool or its beginning, or its terms are now refused.
    """
    settings = state.settings
    try:
        candidates = _candidates_then(problem, state)
        cost = _cost_then(settings.get("cost"), candidates, state)
        return Problem(
            candidates,
            tuple(Objective(**item) for item in settings["objectives"]),
            **{key: settings[key] for key in ("name", "seed", "batch", "initial", "retry_failed", "repeat", "budget")},
            stop=Stop.from_json(settings.get("stop")),
            cost=cost,
            days=settings.get("days"),
        )
    except LedgerError:
        raise
    except InputError as error:
        found = "; ".join(f"{fault.place}: {fault.found}" for fault in error.faults)
        cure = "Recompute with the version of matloop that asked then."
        fail(LedgerError, f"event {state.seq + 1}", f"the settings of that time are refused ({found})", cure)


def _cost_then(told: Mapping[str, Any] | None, candidates: Pool | Space, state: State) -> Cost | None:
    """The costs in force then; those of a column must stand in the pool's file as they stood."""
    if told is None:
        return None
    cost = Cost(**{name: item for name, item in told.items() if name != "digest"})
    if cost.column is not None and cost.bind(candidates).to_json() != told:
        found = f"the column {cost.column!r} of that time, which says what candidates cost, is no longer there"
        fail(LedgerError, f"event {state.seq + 1}", found, "Bring back the pool file of that time to recompute.")
    return cost


def _candidates_then(problem: Problem, state: State) -> Pool | Space:
    wanted, now = state.basis["pool"], problem.candidates
    if "space" in state.settings:
        return now if now.hash == wanted else Space.from_json(state.settings["space"])
    then = [Context.from_json(item) for item in state.settings["pool"].get("context", ())]
    if isinstance(now, Pool) and now.hash == wanted:
        return now.measuring(then)
    if isinstance(now, Pool) and state.pool_size is not None and state.pool_size <= len(now):
        head = now.head(state.pool_size)
        if head.hash == wanted:
            return head.measuring(then)
    found = "the pool of that time is neither the present one nor its beginning"
    fail(LedgerError, f"event {state.seq + 1}", found, "Bring back the pool file of that time to recompute.")


def demand_running(state: State) -> None:
    """Raise when a campaign was stopped.

    Raises:
        InputError: when it was.
    """
    if state.stopped is not None:
        cure = "Readings may still be told; start a new campaign to suggest again."
        fail(InputError, "campaign", f"it was stopped ({state.stopped})", cure)


def demand_budget(n: int, left: int, time: Time) -> None:
    """Raise when more experiments are asked for than are left, or the days are over.

    Raises:
        BudgetExhausted: when there are, or they are.
    """
    if time.over:
        cure = "Raise [budget] days to go on; readings may still be told."
        fail(BudgetExhausted, "suggest", f"the budget of {time.limit:g} days is over: {time.words()}", cure)
    if n > left:
        cure = f"Ask for at most {left}, or raise [budget] experiments." if left else "Raise [budget] experiments."
        fail(BudgetExhausted, "suggest", f"asked for {n}, the budget holds {left} more", cure)


def demand_candidates(problem: Problem, state: State, task: Task, chosen: Chosen, wish: Wish) -> NoReturn:
    """Say why fewer candidates were chosen than were asked for.

    Raises:
        BudgetExhausted: when there are more, which what is left of the budget of cost does not pay for.
        PoolExhausted: when there are no more.
    """
    left = len(chosen.choices)
    if task.left is not None and _more_for_money(problem, state, task.n, chosen, wish):
        found = f"asked for {task.n}, the {task.left:g} left of the budget pays for {left}"
        fail(BudgetExhausted, "suggest", found, "Ask for fewer, or raise [budget] cost." if left else _DEARER)
    busy = sum(1 for _ in state.open())
    are = "is" if left == 1 else "are"
    measured = f"{busy} {'is' if busy == 1 else 'are'} being measured"
    found = f"asked for {count(task.n, 'candidate')}, {left} {are} left ({measured})"
    most = f"Ask for at most {left}, add" if left else "Add"
    fail(PoolExhausted, "suggest", found, f"{most} candidates, or allow repeats ([strategy] repeat = true).")


_DEARER = "Raise [budget] cost."


def _more_for_money(problem: Problem, state: State, n: int, chosen: Chosen, wish: Wish) -> bool:
    """Were there no limit of cost, would there be more candidates than these? So it is taken where nobody knows."""
    if problem.cost is None:
        return False
    endless = replace(problem, cost=replace(problem.cost, limit=None))
    task = task_of(endless, state, n, wish)
    return count_free(task.candidates, task.closed | {choice.candidate.id for choice in chosen.choices}) != 0
