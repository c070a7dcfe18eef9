"""Random forests, one for each objective, with their error split into model and noise (`split`).

Sources: Breiman 2001, "Random forests", Machine Learning 45, 5; trees as posterior draws: Taddy et al. 2015, ICML;
the spread between trees as a surrogate's uncertainty: Hutter, Hoos and Leyton-Brown 2011, LION 5. The infinitesimal
jackknife (Wager, Hastie and Efron 2014, JMLR 15, 1625) answers another question: how far the forest's mean would move
with other readings of the same kind, whatever its bias; a campaign asks how far the truth is from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from matloop.domain.prediction import Floats
from matloop.errors import ConfigError, Faults
from matloop.surrogate import Observations
from matloop.surrogate.ensemble import FittedEnsemble, Part, warm_words
from matloop.surrogate.split import Lesson
from matloop.surrogate.threads import one_thread

_QUICK = 50  # trees that tell the spread between trees to a tenth
_COUNTS = {"trees": (10, 10_000), "leaf": (1, 1000)}


@dataclass(frozen=True, slots=True)
class Forest:
    """Random forest surrogate: settings.

    trees: how many. Fewer than a hundred, and the spread between them is itself noise.
    leaf: inputs that a leaf holds at least. With 1, each tree repeats its readings, noise and all, and the spread
        between trees is too wide; with many, small differences are lost.
    features: share of the features that a split may choose from.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str] = "forest"

    trees: int = 200
    leaf: int = 2
    features: float = 1.0

    def __post_init__(self) -> None:
        faults = Faults()
        for item in fields(self):
            value = getattr(self, item.name)
            counted = item.name in _COUNTS
            low, high = _COUNTS.get(item.name, (0.0, 1.0))
            sound = isinstance(value, int if counted else int | float) and not isinstance(value, bool)
            if not (sound and low <= value <= high and value > 0):
                cure = f"Give a whole number from {low} to {high}." if counted else "Give a number above 0, at most 1."
                faults.add(f"surrogate 'forest', {item.name}", f"{value!r}", cure)
        faults.raise_if_any(ConfigError)

    @one_thread()
    def fit(
        self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None
    ) -> FittedEnsemble:
        """Fit one forest to each objective; the replicates of an input are resampled together.

        Args:
            data: at least two distinct values an objective.
            rng: seeds the forests.
            warm: set aside, since trees are grown anew.

        Raises:
            ModelError: when an objective has fewer than two distinct values.
        """
        parts = tuple(self._part(Lesson.of(data, j), rng) for j in range(data.y.shape[1]))
        said = {"surrogate": self.name, "trees": self.trees, "warm": warm_words(warm)}
        return FittedEnsemble(said, data.X.shape[1], parts)

    def quick(self) -> Forest:
        """Fewer trees: their spread is then noisier, not wider."""
        return replace(self, trees=min(self.trees, _QUICK))

    def _part(self, lesson: Lesson, rng: np.random.Generator) -> Part:
        forest = RandomForestRegressor(
            n_estimators=self.trees,
            min_samples_leaf=self.leaf,
            max_features=float(self.features),
            random_state=int(rng.integers(2**31)),
            n_jobs=1,
        )
        forest.fit(lesson.X, lesson.y, sample_weight=lesson.weight)
        return Part.of(lesson, _Trees(forest), _unseen(forest, len(lesson.y)), forest.feature_importances_)


@dataclass(frozen=True, slots=True)
class _Trees:
    """What each tree of a forest says."""

    forest: RandomForestRegressor

    def __call__(self, X: Floats) -> Floats:
        """X (q, d) -> (B, q)."""
        single = np.ascontiguousarray(X, dtype=np.float32)  # the trees' own precision, converted once for all
        return np.stack([tree.predict(single, check_input=False) for tree in self.forest.estimators_])


def _unseen(forest: RandomForestRegressor, inputs: int) -> NDArray[np.bool_]:
    """(B, g) which inputs are out of each tree's bag."""
    unseen = np.ones((len(forest.estimators_), inputs), dtype=np.bool_)
    for row, drawn in enumerate(forest.estimators_samples_):
        unseen[row, drawn] = False
    return unseen
