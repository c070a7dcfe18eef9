"""parego: one random weighting of several goals after another, each improved upon.

Knowles 2006, "ParEGO: a hybrid algorithm with on-line landscape approximation", eq. 2: the augmented Chebyshev distance
from the ideal. Each objective keeps its own model, and the improvement is averaged over draws of their posteriors
(Daulton, Balandat, Bakshy 2020, "Differentiable expected hypervolume improvement", section 3.2: qParEGO).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy.special import logsumexp

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import apart
from matloop.decide.acquisition.draws import normals
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.acquisition.known import Known
from matloop.decide.front import MARGIN
from matloop.decide.words import figure, percent
from matloop.domain.prediction import Floats

_RHO = 0.05
"""Weight of the sum beside the maximum, as in Knowles 2006; at 0 weakly dominated candidates are as good."""
_SOFT = 1e-3
"""Width, in shares of the front's range, over which an improvement fades out below 0 instead of ending: where no draw
improves, candidates that nearly do still come first (Ament et al. 2023, section 4.2). Far larger, it blurs what is
better."""


def chebyshev(share: Floats, weights: Floats) -> Floats:
    """Minus the augmented Chebyshev distance (...) of share (..., k) from the ideal 1, by weights (k,)."""
    missing = weights * (1.0 - share)
    return np.asarray(-np.max(missing, axis=-1) - _RHO * np.sum(missing, axis=-1))


def log_soft(gain: Floats) -> Floats:
    """Logarithm of a smooth max(gain, 0), any shape."""
    return np.asarray(math.log(_SOFT) + log_softplus(gain / _SOFT))


def log_softplus(x: Floats) -> Floats:
    """log(log(1 + exp(x))), which is x where exp(x) is small, without underflow."""
    small = x < -30.0
    return np.where(small, x, np.log(np.logaddexp(0.0, np.where(small, 0.0, x))))


@dataclass(frozen=True, slots=True)
class ParEGO:
    """Improvement of a random weighting; every candidate of a batch has its own.

    draws: how many draws of the posterior; a power of two keeps the quasi-random numbers balanced.
    """

    draws: int = 64
    name: ClassVar[str] = "parego"

    def prepare(self, scene: Scene) -> Scorer:
        """Draw the first weights."""
        return weighed(self.plain(scene), scene, log_gain)

    def plain(self, scene: Scene) -> Weighted:
        """As if something came of every candidate."""
        return Weighted.of(Known.of(scene), normals(scene.rng, len(scene.objectives), self.draws))


@dataclass(frozen=True, slots=True)
class Weighted:
    """The scorer: the improvement of one weighting on the best of the front.

    weights: (k,) summing to 1. base: (k, S) normal numbers behind the draws.
    """

    known: Known
    weights: Floats
    base: Floats
    preface: str = ""
    falls: bool = field(default=False, init=False)

    @classmethod
    def of(cls, known: Known, base: Floats, preface: str = "") -> Weighted:
        """Draw weights, all that sum to 1 being equally likely."""
        return cls(known, known.scene.rng.dirichlet(np.ones(len(base))), base, preface)

    def score(self, X: Floats) -> Floats:
        """Log of the (softened) expected improvement (q,)."""
        mean, std = self.known.look(X)
        truth = mean[:, :, None] + std[:, :, None] * self.base
        worth = np.stack([one.of(truth[:, j]) for j, one in enumerate(self.known.utilities)], axis=2)
        best = np.max(chebyshev(self._share(self.known.worth), self.weights))
        gain = chebyshev(self._share(worth), self.weights) - best
        scores = np.asarray(logsumexp(log_soft(gain), axis=1)) - math.log(self.base.shape[1])
        return apart(scores, self.known.believed.near_pending(X))

    def join(self, X: Floats) -> Weighted:
        """Believe in X (1, d), and weigh anew."""
        return Weighted.of(self.known.join(X), self.base, self.preface)

    def say(self, X: Floats) -> str:
        """The weights, the expected improvement and what is predicted."""
        pairs = zip(self.known.scene.objectives, self.weights.tolist(), strict=True)
        weights = ", ".join(f"{one.name} {percent(weight)}" for one, weight in pairs)
        gain = figure(math.exp(float(self.score(X)[0])))
        said = f"expected improvement {gain} of the front's range, weighing {weights}"
        return f"{self.preface}{said}; {self.known.predicted(X)}{self.known.unreached}"

    def _share(self, worth: Floats) -> Floats:
        """Worth (..., k) as a share of the way from the reference, 0, to the best measured, 1."""
        reference, spreads = self.known.reference, np.array(self.known.scene.spreads)
        way = self.known.worth.max(axis=0) - reference
        return np.asarray((worth - reference) / np.maximum(way, MARGIN * spreads))  # a reference may be out of reach
