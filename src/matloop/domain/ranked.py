"""A made candidate and its place among the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matloop.domain.canonical import Value
from matloop.domain.prediction import PredictionAt


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with at least one reading.

    rank: 1 is the best by posterior mean (by mean reading while no model exists).
    prediction: None while no model exists.
    readings: how many readings count. reading_mean: objective -> their plain mean.
    outside: it is no member of the pool or space.
    context: the values of context parameters at which the prediction is made.
    """

    rank: int
    candidate: str
    values: Mapping[str, Value]
    prediction: PredictionAt | None
    readings: int
    reading_mean: Mapping[str, float]
    outside: bool = False
    context: Mapping[str, float] = field(default_factory=dict)
