"""mean: the best posterior mean, which trusts the model as it is (greedy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pointwise
from matloop.decide.acquisition.feasible import above, weighed, worst
from matloop.decide.words import figure
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Mean:
    """Posterior mean."""

    name: ClassVar[str] = "mean"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now."""
        return weighed(Pointwise(Believed.of(scene), _formula, _words, falls=True), scene, above(worst(scene)))


def _formula(mean: Floats, std: Floats, best: float) -> Floats:
    return mean


def _words(mean: float, std: float, believed: Believed) -> str:
    scene = believed.scene
    return f"best predicted mean {figure(scene.sign * mean, scene.objective.unit)}"
