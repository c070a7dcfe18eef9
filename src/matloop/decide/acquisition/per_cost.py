"""cost: expected improvement per cost, noisy where the surrogate allows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.ei import EI
from matloop.decide.acquisition.feasible import sieved, upper
from matloop.decide.acquisition.nei import NEI
from matloop.domain.prediction import Floats
from matloop.surrogate import Joint


@dataclass(frozen=True, slots=True)
class PerCost:
    """Expected improvement divided by what the candidate costs, from the first choice to the last.

    draws: how many draws `nei` makes.

    Source: Snoek, Larochelle, Adams 2012, "Practical Bayesian optimization of machine learning algorithms", sec. 3.2.
    """

    draws: int = 64
    name: ClassVar[str] = "cost"

    def prepare(self, scene: Scene) -> GainPerCost:
        """Tie the improvement to what is known now; the search knows the costs."""
        gain = NEI(self.draws) if isinstance(scene.fitted, Joint) else EI()
        return GainPerCost(gain.prepare(scene))


@dataclass(frozen=True, slots=True)
class GainPerCost:
    """The scorer: logarithms of gains, from which that of the price is taken."""

    gain: Any

    @property
    def falls(self) -> bool:
        """As the gain."""
        return bool(self.gain.falls)

    def score(self, X: Floats) -> Floats:
        """Log gains (q,) of X (q, d)."""
        scores: Floats = self.gain.score(X)
        return scores

    def bound(self, X: Floats) -> Floats:
        """Upper bounds (q,) of the scores at X (q, d)."""
        return upper(self.gain, X)

    def sieve(self) -> Callable[[Floats], Floats] | None:
        """As `Sifting.sieve`."""
        return sieved(self.gain)

    def per_cost(self, scores: Floats, price: Floats) -> Floats:
        """Log gains (q,) per price (q,)."""
        return scores - np.log(price)

    def join(self, X: Floats) -> Scorer:
        """Once the candidate at X (1, d) is pending too."""
        return replace(self, gain=self.gain.join(X))

    def say(self, X: Floats) -> str:
        """The improvement."""
        return str(self.gain.say(X))
