"""What a campaign claimed of its suggestions, and what was then read: the scores of `decide.tails`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matloop.decide.tails import Tails
from matloop.domain.objective import Objective
from matloop.domain.reading import Reading
from matloop.state import State


def tails_of(state: State, objectives: Sequence[Objective]) -> tuple[Tails, ...]:
    """How far errors reach, one an objective.

    A suggestion counts once, by the mean of its readings. One that was made otherwise than planned says nothing of the
    claim, nor does one of a candidate that had been read before.
    """
    groups: dict[str, list[Reading]] = {}
    seen: set[str] = set()
    for reading in state.usable():
        if reading.key.suggestion in state.asked:
            groups.setdefault(reading.key.suggestion, []).append(reading)
    scores: dict[str, list[float]] = {one.name: [] for one in objectives}
    for name in state.asked:
        candidate = state.asked[name].suggestion.candidate
        if name in groups and candidate not in seen:
            for objective in objectives:
                scores[objective.name] += _score(state, groups[name], name, objective.name)
        seen.add(candidate)
    return tuple(Tails.of(scores[one.name]) for one in objectives)


def _score(state: State, readings: Sequence[Reading], name: str, objective: str) -> list[float]:
    """The score of one claim; none where nothing was claimed or the claim was not put to the test."""
    said = state.asked[name].suggestion.prediction
    read = [one.outcome[objective] for one in readings if objective in one.outcome and not one.executed]
    if said is None or objective not in said.mean or not read:
        return []
    std = float(np.hypot(said.model_std[objective], said.noise_std[objective] / np.sqrt(len(read))))
    return [(float(np.mean(read)) - said.mean[objective]) / std] if std > 0 else []
