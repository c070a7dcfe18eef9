"""random: any candidate as good as any other, with the model's prediction beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from matloop.decide.acquisition import Scene
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Chance:
    """Uniform random scores."""

    name: ClassVar[str] = "random"

    def prepare(self, scene: Scene) -> Lot:
        """Tie it to this ask's generator."""
        return Lot(scene)


@dataclass(frozen=True, slots=True)
class Lot:
    """The scorer: a number drawn for each look."""

    scene: Scene
    falls: bool = field(default=False, init=False)

    def score(self, X: Floats) -> Floats:
        """Random numbers (q,)."""
        return self.scene.rng.random(len(X))

    def join(self, X: Floats) -> Lot:
        """Pending candidates change nothing."""
        return self

    def say(self, X: Floats) -> str:
        """That nothing was weighed."""
        return "drawn at random"
