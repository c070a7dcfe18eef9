"""A candidate chosen to be done next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matloop.domain.canonical import Value
from matloop.domain.prediction import PredictionAt


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate chosen to be done next, with its prediction, reason and cost.

    id: `s0001`, ...: unique in its campaign, never reused.
    candidate: the candidate's id.
    values: what to set, by parameter or feature.
    prediction: None before a model exists.
    """

    id: str
    candidate: str
    values: Mapping[str, Value]
    prediction: PredictionAt | None
    reason: str
    cost: float | None = None
