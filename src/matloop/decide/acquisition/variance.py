"""variance: where the model knows least (active learning, whatever the goal)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pointwise, apart
from matloop.decide.acquisition.feasible import above
from matloop.decide.acquisition.limits import weighed_as_read
from matloop.decide.words import figure, percent
from matloop.domain.prediction import Floats
from matloop.surrogate import Fitted


@dataclass(frozen=True, slots=True)
class Variance:
    """Largest model_std; reading noise, which data cannot remove, does not count.

    Source: MacKay 1992, "Information-based objective functions for active data selection", section 4.
    """

    name: ClassVar[str] = "variance"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now; a failure teaches nothing about the objective, a broken limit does."""
        if scene.more:
            return weighed_as_read(Together(Believed.of(scene)), scene, above(0.0))

        def supposed(mean: float, std: float) -> str:
            return figure(std, scene.objective.unit)

        believed = Believed.of(scene)
        alone = Pointwise(believed, _formula, _words, falls=True, rises=True, supposed=supposed)
        return weighed_as_read(alone, scene, above(0.0))


def _formula(mean: Floats, std: Floats, best: float) -> Floats:
    return std


@dataclass(frozen=True, slots=True)
class Together:
    """The scorer of several objectives: root mean square of their model_std, each in spreads of its readings."""

    believed: Believed
    falls: bool = field(default=True, init=False)

    def score(self, X: Floats) -> Floats:
        """Scores (q,) of X (q, d)."""
        return apart(self._share(self.believed.fitted, X), self.believed.near_pending(X))

    def _share(self, fitted: Fitted, X: Floats) -> Floats:
        """Root mean square (q,) of the model_std at X (q, d), each in spreads of its readings."""
        shares = fitted.predict(X).model_std / np.array(self.believed.scene.spreads)
        return np.asarray(np.sqrt(np.mean(shares**2, axis=1)))

    def join(self, X: Floats) -> Together:
        """Believe that X (1, d) will read its posterior means."""
        return replace(self, believed=self.believed.join(X))

    def say(self, X: Floats) -> str:
        """The figure behind the candidate at X (1, d)."""
        plain, left = (
            percent(float(self._share(one, X)[0])) for one in (self.believed.scene.fitted, self.believed.fitted)
        )
        words = f"largest model std, {plain} of the spread of the readings (root mean square)"
        return words if left == plain else f"{words}, {left} {self.believed.supposing}"


def _words(mean: float, std: float, believed: Believed) -> str:
    return f"largest model std {figure(std, believed.scene.objective.unit)}"
