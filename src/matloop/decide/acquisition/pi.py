"""pi: probability of improvement over the best known candidate, in logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import log_ndtr

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pointwise
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.words import figure, percent
from matloop.domain.prediction import Floats


def log_pi(mean: Floats, std: Floats, best: float | Floats) -> Floats:
    """Logarithm of P(f > best) for f ~ N(mean, std^2).

    Args:
        mean: (...) posterior mean, to be maximised.
        std: (...) posterior standard deviation >= 0; where it is 0 the answer is 0 or -inf.
        best: value to be improved upon; the three broadcast together.

    Returns:
        Their common shape.

    Source: Kushner 1964; Jones 2001, "A taxonomy of global optimization methods", section 5.
    """
    gain, std = np.broadcast_arrays(np.subtract(mean, best), std)
    out = np.where(gain > 0, 0.0, -np.inf)
    unsure = std > 0
    out[unsure] = log_ndtr(gain[unsure] / std[unsure])
    return out


@dataclass(frozen=True, slots=True)
class PI:
    """Probability that the truth exceeds the best posterior mean."""

    name: ClassVar[str] = "pi"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now. Less uncertainty can raise this score, so old ones are no bounds."""
        return weighed(Pointwise(Believed.of(scene), log_pi, _words, falls=False), scene, log_gain)


def _words(mean: float, std: float, believed: Believed) -> str:
    chance = math.exp(float(log_pi(np.array([mean]), np.array([std]), believed.best)[0]))
    mark = figure(believed.scene.sign * believed.best, believed.scene.objective.unit)
    return f"{percent(chance)} chance to improve on {mark} at {believed.label}"
