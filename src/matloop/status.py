"""Where a campaign stands: counts, budget, advice, and its readings as a table."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import fsum
from typing import Any, Protocol

import pandas as pd

from matloop.ask import unpayable
from matloop.days import time_of
from matloop.decide.stopping import Outlook
from matloop.decide.words import approximation, count, sentence
from matloop.domain.events import Event
from matloop.domain.objective import optimised
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.domain.reading import Key
from matloop.domain.stop import Stop
from matloop.state import STAGE_OF, State, evolve

_TELLING = ("measured", "censored", "failed", "aborted")  # an experiment counts once, as the most telling of these


class Described(Protocol):
    """A model that says what it is."""

    @property
    def objectives(self) -> tuple[str, ...]:
        """What it predicts."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """In JSON types."""
        ...


class Conclusions(Protocol):
    """What may still be found, and the rule that it is held against."""

    @property
    def rule(self) -> Stop:
        """The rule."""
        ...

    def hears_bounds(self, state: State) -> bool | None:
        """Does the model learn from censored readings? None where that is open."""
        ...

    def left(self, state: State) -> int | None:
        """How many candidates may still be suggested; None where that is not known or not limited."""
        ...

    def outlook(self, state: State) -> Outlook | None:
        """None while too little was measured."""
        ...

    def model(self, state: State) -> Described | None:
        """None while too little was read."""
        ...

    def exhausted(self, state: State) -> str:
        """Why nothing can be suggested any more, in words; empty where something can."""
        ...


class Standing(Protocol):
    """What is best."""

    @property
    def best(self) -> Sequence[Ranked]:
        """The best; with several goals all that are not dominated."""
        ...

    @property
    def reference(self) -> Mapping[str, float] | None:
        """Objective -> the mark from which hypervolume is counted; None with one goal."""
        ...

    @property
    def volume(self) -> float | None:
        """The hypervolume; None with one goal."""
        ...

    @property
    def unranked(self) -> str:
        """In words, what is better than the best but not ranked; empty where nothing is."""
        ...

    @property
    def passed(self) -> Ranked | None:
        """What has a better mean than the best, and holds the limits with less probability; None where nothing has."""
        ...


def censored_words(readings: int, heard: bool | None) -> str:
    """What becomes of censored readings, in words; `heard`, where the model learns from them, None where it is open."""
    which, bounds = ("it", "a bound") if readings == 1 else ("them", "bounds")
    takes, cannot = f"takes {which} for {bounds}", f"cannot use {which}"
    what = {True: takes, False: cannot, None: f"that is picked next {takes} or {cannot}"}[heard]
    return f"{count(readings, 'reading')} below or above the limit of detection: kept, the model {what}"


def left_of(problem: Problem, state: State, now: datetime) -> int:
    """Experiments that the budget still allows at a time; more than anybody asks for where it sets no limit."""
    if time_of(problem, state, now).over:
        return 0
    return sys.maxsize if problem.budget is None else max(problem.budget - state.used(), 0)


def unsuggested(state: State) -> int:
    """Experiments that were told though nobody suggested them; they do not count against the budget."""
    return len({(key.candidate, key.experiment) for key in state.readings if not key.suggestion})


def counts_of(state: State) -> dict[str, int]:
    """Experiments by what became of them, and readings."""
    experiments: dict[Key, set[str]] = {}
    for key, reading in state.readings.items():
        specimen = Key(key.suggestion, key.candidate, key.experiment, 0)
        experiments.setdefault(specimen, set()).add(STAGE_OF[reading.status])
    became = Counter(next(stage for stage in _TELLING if stage in stages) for stages in experiments.values())
    return {
        "pending": sum(1 for _ in state.open()),
        **{stage: became[stage] for stage in ("measured", "failed", "aborted", "censored")},
        "unknown": sum(asked.stage == "unknown" for asked in state.asked.values()),
        "readings": sum(bool(reading.outcome) for reading in state.readings.values()),
    }


def spent_of(problem: Problem, state: State) -> dict[str, dict[str, Any]]:
    """What the readings cost, where they say it, and the days, where they are limited or the laboratory counts."""
    costs = [reading.cost for reading in state.readings.values() if reading.cost is not None]
    time = time_of(problem, state)
    days = {"days": time.to_json()} if time.lab or time.limit is not None else {}
    return {**({"cost": {"used": fsum(costs), "limit": None}} if costs else {}), **days}


def _best_of(item: Ranked) -> dict[str, Any]:
    """One of the best, in JSON types; what goals or context add is there only where there are such."""
    more = {"holds": item.holds, "contribution": item.contribution}
    return {
        "candidate": item.candidate,
        "values": dict(item.values),
        "prediction": item.prediction.to_json() if item.prediction else None,
        "readings": item.readings,
        "reading_mean": dict(item.reading_mean),
        **({"context": dict(item.context)} if item.context else {}),
        **({"limits": {name: dict(sides) for name, sides in item.limits.items()}} if item.limits else {}),
        **{name: figure for name, figure in more.items() if figure is not None},
    }


def _front_of(standing: Standing) -> dict[str, Any]:
    """What several goals enclose: the reference and the hypervolume above it."""
    if standing.reference is None:
        return {}
    return {"front": {"reference": dict(standing.reference), "hypervolume": standing.volume}}


def status_of(problem: Problem, state: State, standing: Standing, insight: Conclusions) -> dict[str, Any]:
    """The document that `matloop status --json` prints."""
    counts = counts_of(state)
    found = insight.outlook(state)
    return {
        "campaign": problem.name,
        "counts": counts,
        "best": [_best_of(item) for item in standing.best],
        **_front_of(standing),
        **({"passed": _best_of(standing.passed)} if standing.passed else {}),
        "budget": {
            "experiments": {"used": state.used(), "limit": problem.budget},
            **spent_of(problem, state),
            **_money(problem, state),
        },
        "unsuggested": unsuggested(state),
        "advice": _with_censored(
            advice_of(problem, state, counts, found, insight), state, insight.hears_bounds(state), standing.unranked
        ),
        "outlook": found.to_json() if found else None,
        **_errors_of(insight.model(state)),
        "head": state.head,
        "content": state.content,
    }


def _errors_of(model: Described | None) -> dict[str, Any]:
    """Whether the stated errors are true, by objective, and which readings the model set apart; nothing without one."""
    if model is None:
        return {}
    said = model.describe()
    judged = dict(zip(model.objectives, said.get("calibration", ()), strict=False))
    apart = list(said.get("set_apart", ()))
    return {**({"calibration": judged} if judged else {}), **({"set_apart": apart} if apart else {})}


def _with_censored(advice: dict[str, str], state: State, heard: bool | None, unranked: str) -> dict[str, str]:
    """Advice that says what became of censored readings, and that the model of the last ask was approximate."""
    censored = sum(reading.status in ("below", "above") for reading in state.readings.values())
    told = censored_words(censored, heard) if censored else ""
    said = [advice["reason"], told, unranked, approximation(state.model)]
    return {**advice, "reason": sentence(said)}


def _money(problem: Problem, state: State) -> dict[str, Any]:
    """What was spent, where somebody says what experiments cost."""
    return {"cost": {"used": state.spent(), "limit": problem.cost.limit}} if problem.cost else {}


def advice_of(
    problem: Problem, state: State, counts: dict[str, int], found: Outlook | None, insight: Conclusions
) -> dict[str, str]:
    """What to do next, in words."""
    demanded = _demanded(problem, state, counts)
    if demanded is None and (over := insight.exhausted(state)):
        demanded = "stop", over
    action, reason = demanded or _advised(problem, state, found, insight)
    return {"action": action, "reason": reason}


def _demanded(problem: Problem, state: State, counts: dict[str, int]) -> tuple[str, str] | None:
    """What has to be done whatever the model says; None where nothing has."""
    if state.stopped is not None:
        return "stop", f"the campaign was stopped: {state.stopped}"
    if counts["unknown"]:
        return "decide", f"{count(counts['unknown'], 'experiment')} in an unknown state: a person has to decide"
    if counts["pending"]:
        await_ = "awaits its" if counts["pending"] == 1 else "await their"
        return "tell", f"{count(counts['pending'], 'suggestion')} {await_} outcome"
    spent = _spent(problem, state)
    return ("stop", spent) if spent else None


def _spent(problem: Problem, state: State) -> str:
    """Which budget is spent, in words; empty where none is."""
    if problem.budget is not None and state.used() >= problem.budget:
        return f"the budget of {problem.budget} experiments is spent"
    if (time := time_of(problem, state)).over:
        return f"the budget of {time.limit:g} days is over: {time.words()}"
    return "what is left of the budget of cost pays for no candidate" if unpayable(problem, state) else ""


def _advised(problem: Problem, state: State, found: Outlook | None, insight: Conclusions) -> tuple[str, str]:
    """Go on or stop, by what is left and what may still be found."""
    candidates = insight.left(state)
    said = "" if found is None else found.say(optimised(problem.objectives)[0], insight.rule)
    if found is not None and found.holds(insight.rule):
        return "stop", said
    left = "without a limit"
    if problem.budget is not None:
        budget = problem.budget - state.used()
        few = candidates is not None and candidates < budget
        among = f" and {count(candidates or 0, 'candidate')} to choose from" if few else ""
        left = f"with {count(budget, 'experiment')} left{among}"
    return "suggest", "; ".join(part for part in (f"nothing is pending, {left}", said) if part)


def corrections_of(events: Sequence[Event]) -> dict[Key, list[dict[str, Any]]]:
    """What corrected readings held before each correction, the reason, and whether it voided them, in order."""
    found: dict[Key, list[dict[str, Any]]] = {}
    state, start = State(), 0
    for place, event in enumerate(events):
        if event.type != "corrected":
            continue
        state, start = evolve(state, events[start:place]), place
        key = Key.from_json(event.data)
        before = state.readings[key]
        was = {"status": before.status, "outcome": dict(before.outcome), "std": dict(before.std), "note": before.note}
        mark = "voided" if event.data.get("status") == "aborted" else "corrected"
        found.setdefault(key, []).append({"mark": mark, "was": was, "reason": event.data["reason"]})
    return found


def readings_of(state: State, events: Sequence[Event] = ()) -> list[dict[str, Any]]:
    """Every reading with its key, in order of arrival, as `matloop status --readings --json` prints them.

    `values` are the planned ones, `executed` what was really set where it differs. How exactly that is known,
    context, cost and day are there where somebody said them, `corrections` where `events`, those of the state, hold
    some.
    """
    documents = []
    corrections = corrections_of(events)
    for key, reading in state.readings.items():
        book = {"cost": reading.cost, "day": reading.day}
        more: dict[str, Any] = {"executed_std": dict(reading.executed_std), "context": dict(reading.context)}
        more["corrections"] = corrections.get(key, [])
        documents.append(
            {
                "key": str(key),
                **key.to_json(reading.candidate),
                "status": reading.status,
                "values": dict(reading.values),
                "executed": dict(reading.executed),
                "outcome": dict(reading.outcome),
                "std": dict(reading.std),
                "outside": reading.outside,
                "note": reading.note,
                **{name: said for name, said in more.items() if said},
                **{name: spent for name, spent in book.items() if spent is not None},
            }
        )
    return documents


def readings_table(problem: Problem, state: State) -> pd.DataFrame:
    """One row a reading, in order of arrival: key, status, values as executed, numbers and their std.

    Cost and day are columns where at least one reading says them.
    """
    rows = []
    booked = [
        name for name in ("cost", "day") if any(getattr(one, name) is not None for one in state.readings.values())
    ]
    for key, reading in state.readings.items():
        row: dict[str, Any] = {
            "suggestion": key.suggestion or None,
            "candidate": reading.candidate,
            "experiment": key.experiment or None,
            "reading": key.reading,
            "status": reading.status,
            **reading.learned_values,
        }
        for objective in problem.objectives:
            row[objective.name] = reading.outcome.get(objective.name)
            row[f"{objective.name}_std"] = reading.std.get(objective.name)
        book = {name: getattr(reading, name) for name in booked}
        rows.append({**row, **book, "outside": reading.outside, "note": reading.note})
    return pd.DataFrame(rows)
