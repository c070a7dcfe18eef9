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
        return weighed_as_read(
            Pointwise(Believed.of(scene), _formula, _words, falls=True, rises=True), scene, above(0.0)
        )


def _formula(mean: Floats, std: Floats, best: float) -> Floats:
    return std


@dataclass(frozen=True, slots=True)
class Together:
    """The scorer of several objectives: root mean square of their model_std, each in spreads of its readings."""

    believed: Believed
    falls: bool = field(default=True, init=False)

    def score(self, X: Floats) -> Floats:
        """Scores (q,) of X (q, d)."""
        shares = self.believed.fitted.predict(X).model_std / np.array(self.believed.scene.spreads)
        return apart(np.sqrt(np.mean(shares**2, axis=1)), self.believed.near_pending(X))

    def join(self, X: Floats) -> Together:
        """Believe that X (1, d) will read its posterior means."""
        return replace(self, believed=self.believed.join(X))

    def say(self, X: Floats) -> str:
        """The figure behind the candidate at X (1, d)."""
        return f"largest model std, {percent(float(self.score(X)[0]))} of the spread of the readings (root mean square)"


def _words(mean: float, std: float, believed: Believed) -> str:
    return f"largest model std {figure(std, believed.scene.objective.unit)}"
