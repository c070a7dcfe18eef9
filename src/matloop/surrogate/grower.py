"""What surrogates that grow trees have in common: their settings, and one fit for each objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from matloop.errors import ConfigError, Faults
from matloop.surrogate import Ability, Observations
from matloop.surrogate.ensemble import FittedEnsemble, SpokenTogether, warm_words
from matloop.surrogate.split import Lesson
from matloop.surrogate.threads import one_thread

_QUICK = 50  # trees that tell the spread between trees to a tenth
_COUNTS = {"trees": (10, 10_000), "leaf": (1, 1000)}


@dataclass(frozen=True, slots=True)
class Grower(ABC):
    """Settings of trees.

    trees: how many. Fewer than a hundred, and the spread between them is itself noise.
    leaf: inputs that a leaf holds at least.
    features: share of the features that a split may choose from.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str]

    trees: int = 200
    leaf: int = 1
    features: float = 1.0

    def __post_init__(self) -> None:
        faults = Faults()
        self.check(faults)
        faults.raise_if_any(ConfigError)

    @one_thread()
    def fit(
        self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None
    ) -> FittedEnsemble:
        """Grow trees for each objective; the replicates of an input are resampled together.

        Args:
            data: at least two distinct values an objective.
            rng: seeds the trees.
            warm: set aside, since trees are grown anew.

        Raises:
            ModelError: when an objective has fewer than two distinct values.
        """
        parts = tuple(self._grow(Lesson.of(data, j), rng) for j in range(data.y.shape[1]))
        said = {"surrogate": self.name, "trees": self.trees, "warm": warm_words(warm)}
        return FittedEnsemble(said, data.X.shape[1], parts)

    def quick(self) -> Self:
        """Fewer trees: their spread is then noisier, not wider."""
        return replace(self, trees=min(self.trees, _QUICK))

    def able(self) -> frozenset[Ability]:
        """A joint posterior; what is learned afterwards needs a new fit."""
        return frozenset({"joint"})

    @abstractmethod
    def _grow(self, lesson: Lesson, rng: np.random.Generator) -> SpokenTogether:
        """Grow the trees of one objective."""

    def check(self, faults: Faults) -> None:
        """Add a fault for each setting that is out of its range."""
        for name, (low, high) in _COUNTS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                faults.add(self._place(name), f"{value!r}", f"Give a whole number from {low} to {high}.")
        sound = isinstance(self.features, int | float) and not isinstance(self.features, bool)
        if not (sound and 0 < self.features <= 1):
            faults.add(self._place("features"), f"{self.features!r}", "Give a number above 0, at most 1.")

    def _place(self, setting: str) -> str:
        return f"surrogate {self.name!r}, {setting}"
