"""range: the probability that a candidate lies within the range, in logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, apart
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.acquisition.utility import log_between
from matloop.decide.words import figure, percent
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Within:
    """Probability that the truth lies within the range, by model_std: the noise of readings takes nothing out of it.

    It is that of the readings at hand: one that is still to come makes no candidate likelier to lie there, and one
    whose value is believed would make its neighbours seem so. What is pending counts as redundancy instead: the
    probability is multiplied by the share of the std that its readings would leave, so that a batch holds no near
    copies (a local penalty, as in Gonzalez, Dai, Hennig, Lawrence 2016, "Batch Bayesian optimization via local
    penalization", with the model's own correlations in place of a Lipschitz constant).

    Its logarithm goes on where the probability itself is too small to be told from 0, so that a search far from the
    range still climbs towards it. Probability of improvement towards a fixed mark: Jones 2001, "A taxonomy of global
    optimization methods", section 7, with two ends.
    """

    name: ClassVar[str] = "range"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now. What is pending can only lower the score.

        Raises:
            ValueError: when the objective is no range.
        """
        if scene.objective.low is None or scene.objective.high is None:
            raise ValueError(f"{scene.objective.name!r} is no range")
        return weighed(Inside(Believed.of(scene), scene.objective.low, scene.objective.high), scene, log_gain)


@dataclass(frozen=True, slots=True)
class Inside:
    """The scorer.

    low, high: the range, in the objective's unit.
    """

    believed: Believed
    low: float
    high: float
    falls: bool = field(default=True, init=False)

    def score(self, X: Floats) -> Floats:
        """Log probabilities (q,) that X (q, d) lie within, less what is redundant; twins of the pending come last."""
        mean, std = self.believed.plain(X)
        scores = log_between(mean, std, self.low, self.high) + np.log(self.believed.share_left(X, std))
        return apart(scores, self.believed.near_pending(X))

    def join(self, X: Floats) -> Inside:
        """Once the candidate at X (1, d) is pending too."""
        return replace(self, believed=self.believed.join(X))

    def say(self, X: Floats) -> str:
        """The probability by the figures of the readings at hand."""
        mean, std = self.believed.plain(X)
        chance, objective = (
            math.exp(float(log_between(mean, std, self.low, self.high)[0])),
            self.believed.scene.objective,
        )
        predicted = figure(float(mean[0]), objective.unit)
        words = f"{objective.words()} with probability {percent(chance)}, predicted {predicted}"
        return words + self.believed.unlearned
