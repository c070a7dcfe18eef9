"""learn: the reading after which the model knows the whole map best."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.limits import weighed_as_read
from matloop.decide.acquisition.others import demanded, joint_of_belief, lonely, said
from matloop.decide.words import count, percent
from matloop.domain.prediction import Floats

REFERENCE = 512
"""Candidates over which the variance is averaged, drawn at random. The error of that mean is a few per cent; more cost
time with the square."""
LIMIT = 4000
"""Candidates that are looked at for one choice. Of a larger pool half are those with the largest model_std."""


@dataclass(frozen=True, slots=True)
class Learn:
    """Largest expected reduction of the model's variance, averaged over the candidates (ALC).

    Where `variance` asks for the candidate that is known least, which is often a corner, this asks for the one whose
    reading says most about all others. It has a closed form: the reading's value plays no part.

    Source: Cohn, Ghahramani, Jordan 1996, "Active learning with statistical models", section 4; for Gaussian processes
    Seo, Wallat, Graepel, Obermayer 2000, eq. 7.
    """

    name: ClassVar[str] = "learn"

    def prepare(self, scene: Scene) -> Scorer:
        """Draw the candidates that stand for all."""
        crowd = demanded(scene, self.name)
        return weighed_as_read(Reduction(Believed.of(scene), crowd.some(REFERENCE, scene.rng)), scene, _times)


def _times(scores: Floats, weights: Floats) -> Floats:
    """What does not form teaches nothing; what breaks a limit teaches as much as what holds it."""
    return np.where(scores > 0, scores * weights, scores)


@dataclass(frozen=True, slots=True)
class Reduction:
    """The scorer.

    reference: (r, d) candidates that stand for all.
    """

    believed: Believed
    reference: Floats
    falls: bool = field(default=False, init=False)  # a reading can make another one worth more
    limit: int = field(default=LIMIT, init=False)

    def score(self, X: Floats) -> Floats:
        """Mean reduction (q,) of the variance, in the objective's unit squared."""
        parts = [np.mean(one.shift**2, axis=1) for one in said(self.believed, self.reference, X)]
        return lonely(np.concatenate(parts) if parts else np.zeros(0), self.believed, X)

    def bound(self, X: Floats) -> Floats:
        """Upper bounds (q,): no covariance exceeds the product of both standard deviations."""
        seen = self.believed.fitted.predict(X)
        own, noise = seen.model_std[:, 0] ** 2, seen.noise_std[:, 0] ** 2
        share = np.divide(own, own + noise, out=np.ones_like(own), where=own + noise > 0)
        bounds: Floats = share * self._total()
        return bounds

    def glance(self, X: Floats) -> Floats:
        """model_std (q,)."""
        return self.believed.look(X)[1]

    def join(self, X: Floats) -> Reduction:
        """Once the candidate at X (1, d) will be read."""
        return replace(self, believed=self.believed.join(X))

    def say(self, X: Floats) -> str:
        """By how much the variance falls."""
        share = float(self.score(X)[0]) / self._total()
        return f"lowers the mean model variance over {count(len(self.reference), 'candidate')} by {percent(share)}"

    def _total(self) -> float:
        """Mean variance over the reference now."""
        _, cov = joint_of_belief(self.believed).joint(self.reference)
        return float(np.mean(np.maximum(np.diagonal(cov[0]), 0.0)))
