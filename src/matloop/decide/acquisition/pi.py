"""pi: probability of improvement over the best known candidate, in logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pointwise
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.words import figure, percent


@dataclass(frozen=True, slots=True)
class PI:
    """Probability that the truth exceeds the best posterior mean, or is nearer to what is sought."""

    name: ClassVar[str] = "pi"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now. Less uncertainty can raise this score, so old ones are no bounds."""
        believed = Believed.of(scene)
        return weighed(Pointwise(believed, believed.utility.log_beyond, _words, falls=False), scene, log_gain)


def _words(mean: float, std: float, believed: Believed) -> str:
    chance = math.exp(float(believed.utility.log_beyond(np.array([mean]), np.array([std]), believed.best)[0]))
    objective = believed.scene.objective
    if not objective.linear:
        away = f"{figure(-believed.best, objective.unit)} away at {believed.label}"
        return f"{objective.words()}: {percent(chance)} chance to be nearer than {away}"
    mark = figure(believed.scene.sign * believed.best, objective.unit)
    return f"{percent(chance)} chance to improve on {mark} at {believed.label}"
