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
    """Posterior mean, or how near it is to what is sought."""

    name: ClassVar[str] = "mean"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now."""
        believed = Believed.of(scene)

        def formula(mean: Floats, std: Floats, best: float) -> Floats:
            return believed.utility.of(mean)

        rises = scene.objective.linear
        return weighed(Pointwise(believed, formula, _words, falls=True, rises=rises), scene, above(worst(scene)))


def _words(mean: float, std: float, believed: Believed) -> str:
    scene = believed.scene
    if not scene.objective.linear:
        return f"{scene.objective.words()}: best predicted mean {figure(mean, scene.objective.unit)}"
    return f"best predicted mean {figure(scene.sign * mean, scene.objective.unit)}"
