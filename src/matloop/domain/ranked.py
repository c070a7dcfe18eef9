"""A made candidate and its place among the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matloop.domain.canonical import Value, number_text
from matloop.domain.prediction import PredictionAt

INTERVAL = 0.9
"""Probability with which one new reading lies in the interval of a ranking."""
Limits = Mapping[str, Mapping[str, float]]
"""Objective -> `above` or `below` -> the limit beyond which it was read."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with at least one reading.

    rank: 1 is the best by posterior mean (by mean reading while no model exists).
    prediction: None while no model exists.
    readings: how many readings count, those that are bounds to the model too. reading_mean: objective -> plain mean of
        those that hold a number; one that was only read beyond a limit is not there.
    limits: beyond which limits it was read; empty where all readings are numbers.
    outside: it is no member of the pool or space.
    context: the values of context parameters at which the prediction is made.
    holds: probability that it holds the limits; None without limits.
    layer: with several goals 1 where no other is better in all, 2 where only those of layer 1 are, and so on; 0 where
        the limits do not hold. contribution: hypervolume that it alone adds to its layer. None with one goal.
    interval: objective -> where one new reading lies with 90 %, see `Prediction.interval`; empty while no model exists.
    """

    rank: int
    candidate: str
    values: Mapping[str, Value]
    prediction: PredictionAt | None
    readings: int
    reading_mean: Mapping[str, float]
    outside: bool = False
    context: Mapping[str, float] = field(default_factory=dict)
    holds: float | None = None
    layer: int | None = None
    contribution: float | None = None
    interval: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limits: Limits = field(default_factory=dict)

    @property
    def cut(self) -> str:
        """`toughness above 6.0`: the limits in words, exact; empty where there are none."""
        pairs = ((name, *one) for name, sides in self.limits.items() for one in sides.items())
        return "; ".join(f"{name} {side} {number_text(limit)}" for name, side, limit in pairs)
