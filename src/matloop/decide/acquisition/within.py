"""range: the probability that a candidate lies within the range, in logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pointwise
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.acquisition.utility import log_between
from matloop.decide.words import figure, percent
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Within:
    """Probability that the truth lies within the range, by model_std: the noise of readings takes nothing out of it.

    Its logarithm goes on where the probability itself is too small to be told from 0, so that a search far from the
    range still climbs towards it. Probability of improvement towards a fixed mark: Jones 2001, "A taxonomy of global
    optimization methods", section 7, with two ends.
    """

    name: ClassVar[str] = "range"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now. Less uncertainty can raise this score, so old ones are no bounds.

        Raises:
            ValueError: when the objective is no range.
        """
        low, high = scene.objective.low, scene.objective.high
        if low is None or high is None:
            raise ValueError(f"{scene.objective.name!r} is no range")

        def formula(mean: Floats, std: Floats, best: float) -> Floats:
            return log_between(mean, std, low, high)

        def words(mean: float, std: float, believed: Believed) -> str:
            chance = math.exp(float(log_between(np.array([mean]), np.array([std]), low, high)[0]))
            predicted = figure(mean, scene.objective.unit)
            return f"{scene.objective.words()} with probability {percent(chance)}, predicted {predicted}"

        return weighed(Pointwise(Believed.of(scene), formula, words, falls=False), scene, log_gain)
