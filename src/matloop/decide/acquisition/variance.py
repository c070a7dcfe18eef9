"""variance: where the model knows least (active learning, whatever the goal)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pointwise
from matloop.decide.acquisition.feasible import above, weighed
from matloop.decide.words import figure
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Variance:
    """Largest model_std; reading noise, which data cannot remove, does not count.

    Source: MacKay 1992, "Information-based objective functions for active data selection", section 4.
    """

    name: ClassVar[str] = "variance"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now; a failure teaches nothing about the objective."""
        return weighed(Pointwise(Believed.of(scene), _formula, _words, falls=True), scene, above(0.0))


def _formula(mean: Floats, std: Floats, best: float) -> Floats:
    return std


def _words(mean: float, std: float, believed: Believed) -> str:
    return f"largest model std {figure(std, believed.scene.objective.unit)}"
