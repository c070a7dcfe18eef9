"""ucb: upper confidence bound (for a goal of minimising: lower), optimism in the face of uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pending, Pointwise
from matloop.decide.acquisition.feasible import above, weighed, worst
from matloop.decide.words import figure
from matloop.domain.prediction import Floats

DELTA = 0.1
"""Probability with which the schedule's regret bound may fail, as in the experiments of Srinivas et al. 2010."""


def schedule(size: int, t: int, delta: float = DELTA) -> float:
    """beta_t = 2 log(|D| t^2 pi^2 / (6 delta)).

    Every space of matloop is a finite grid, so |D| is the exact count of its candidates there too.

    Args:
        size: |D|, number of candidates, >= 1 (an exact integer of any length).
        t: number of the experiment to be chosen, from 1.
        delta: probability with which the bound may fail, in (0, 1).

    Source: Srinivas, Krause, Kakade, Seeger 2010, "Gaussian process optimization in the bandit setting", theorem 1.
    """
    return 2.0 * (math.log(size) + math.log(t * t * math.pi**2 / (6.0 * delta)))


def upper_bound(mean: Floats, std: Floats, beta: float) -> Floats:
    """The bound mean + sqrt(beta) std, of the common shape of mean and std."""
    return np.asarray(mean + math.sqrt(beta) * std)


@dataclass(frozen=True, slots=True)
class UCB:
    """Upper confidence bound.

    beta: weight of the posterior variance, >= 0; None for the schedule of Srinivas et al. 2010.
    pending: what is believed of pending candidates.
    """

    beta: float | None = None
    pending: Pending = "believer"
    name: ClassVar[str] = "ucb"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now."""
        return weighed(self.plain(scene), scene, above(worst(scene)))

    def plain(self, scene: Scene) -> Pointwise:
        """As if every candidate formed; beta stays the same for the whole ask."""
        t = scene.told + len(scene.pending) + 1
        beta = schedule(scene.size, t) if self.beta is None else self.beta

        def formula(mean: Floats, std: Floats, best: float) -> Floats:
            return upper_bound(mean, std, beta)

        def words(mean: float, std: float, believed: Believed) -> str:
            side = "upper" if scene.sign > 0 else "lower"
            return f"{side} confidence bound {bound(mean, std)} at beta {figure(beta)}"

        def bound(mean: float, std: float) -> str:
            return figure(scene.sign * (mean + math.sqrt(beta) * std), scene.objective.unit)

        falls = self.pending == "believer"
        return Pointwise(Believed.of(scene, self.pending), formula, words, falls, rises=True, supposed=bound)
