"""variance: where the model knows least (active learning, whatever the goal)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.believe import Believed, Pointwise
from matloop.decide.words import figure
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Variance:
    """Largest model_std; reading noise, which data cannot remove, does not count.

    Source: MacKay 1992, "Information-based objective functions for active data selection", section 4.
    """

    name: ClassVar[str] = "variance"

    def prepare(self, scene: Scene) -> Pointwise:
        """Tie it to what is known now."""
        return Pointwise(Believed.of(scene), _formula, _words, falls=True)


def _formula(mean: Floats, std: Floats, best: float) -> Floats:
    return std


def _words(mean: float, std: float, believed: Believed) -> str:
    return f"largest model std {figure(std, believed.scene.objective.unit)}"
