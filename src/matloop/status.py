"""Where a campaign stands: counts, budget, advice, and its readings as a table."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from matloop.decide.words import count
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.domain.reading import Key
from matloop.state import State

_STAGE_OF = {"ok": "measured", "below": "censored", "above": "censored", "failed": "failed", "aborted": "aborted"}
_TELLING = ("measured", "censored", "failed", "aborted")  # an experiment counts once, as the most telling of these


def set_aside(readings: int) -> str:
    """What becomes of censored readings, in words."""
    which = "it" if readings == 1 else "them"
    return (
        f"{count(readings, 'reading')} below or above the limit of detection: kept, the model does not use {which} yet"
    )


def used(state: State) -> int:
    """Suggestions that count against the budget: all but those taken back."""
    return sum(asked.stage not in ("withdrawn", "rejected") for asked in state.asked.values())


def counts_of(state: State) -> dict[str, int]:
    """Experiments by what became of them, and readings."""
    experiments: dict[Key, set[str]] = {}
    for key, reading in state.readings.items():
        specimen = Key(key.suggestion, key.candidate, key.experiment, 0)
        experiments.setdefault(specimen, set()).add(_STAGE_OF[reading.status])
    became = Counter(next(stage for stage in _TELLING if stage in stages) for stages in experiments.values())
    return {
        "pending": sum(1 for _ in state.open()),
        **{stage: became[stage] for stage in ("measured", "failed", "aborted", "censored")},
        "unknown": sum(asked.stage == "unknown" for asked in state.asked.values()),
        "readings": sum(bool(reading.outcome) for reading in state.readings.values()),
    }


def status_of(problem: Problem, state: State, ranked: list[Ranked]) -> dict[str, Any]:
    """The document that `matloop status --json` prints."""
    counts = counts_of(state)
    best = [
        {
            "candidate": item.candidate,
            "values": dict(item.values),
            "prediction": item.prediction.to_json() if item.prediction else None,
            "readings": item.readings,
            "reading_mean": dict(item.reading_mean),
        }
        for item in ranked[:1]
    ]
    return {
        "campaign": problem.name,
        "counts": counts,
        "best": best,
        "budget": {"experiments": {"used": used(state), "limit": problem.budget}},
        "advice": _with_censored(advice_of(problem, state, counts), state),
        "head": state.head,
        "content": state.content,
    }


def _with_censored(advice: dict[str, str], state: State) -> dict[str, str]:
    """Advice that names the readings it leaves out of account."""
    censored = sum(reading.status in ("below", "above") for reading in state.readings.values())
    return {**advice, "reason": f"{advice['reason']}; {set_aside(censored)}"} if censored else advice


def advice_of(problem: Problem, state: State, counts: dict[str, int]) -> dict[str, str]:
    """What to do next, in words."""
    if state.stopped is not None:
        return {"action": "stop", "reason": f"the campaign was stopped: {state.stopped}"}
    if counts["unknown"]:
        reason = f"{counts['unknown']} experiments are in an unknown state and need a person's decision"
        return {"action": "decide", "reason": reason}
    if counts["pending"]:
        return {"action": "tell", "reason": f"{counts['pending']} suggestions await their outcome"}
    if problem.budget is not None and used(state) >= problem.budget:
        return {"action": "stop", "reason": f"the budget of {problem.budget} experiments is spent"}
    left = "without a limit" if problem.budget is None else f"with {problem.budget - used(state)} experiments left"
    return {"action": "suggest", "reason": f"nothing is pending, {left}"}


def readings_table(problem: Problem, state: State) -> pd.DataFrame:
    """One row a reading, in order of arrival: key, status, values as executed, numbers and their std."""
    rows = []
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
        rows.append({**row, "outside": reading.outside, "note": reading.note})
    return pd.DataFrame(rows)
