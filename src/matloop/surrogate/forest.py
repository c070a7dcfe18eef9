"""Random forests, one for each objective, with their error split into model and noise (`split`).

Sources: Breiman 2001, "Random forests", Machine Learning 45, 5; trees as posterior draws: Taddy et al. 2015, ICML;
the spread between trees as a surrogate's uncertainty: Hutter, Hoos and Leyton-Brown 2011, LION 5. The infinitesimal
jackknife (Wager, Hastie and Efron 2014, JMLR 15, 1625) answers another question: how far the forest's mean would move
with other readings of the same kind, whatever its bias; a campaign asks how far the truth is from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from matloop.domain.prediction import Floats
from matloop.surrogate.ensemble import Part
from matloop.surrogate.grower import Grower
from matloop.surrogate.named_trees import name_trees
from matloop.surrogate.split import Lesson


@dataclass(frozen=True, slots=True)
class Forest(Grower):
    """Random forest surrogate: settings, beside those of `Grower`.

    leaf: inputs that a leaf holds at least. With 1, each tree repeats its readings, noise and all, and the spread
        between trees is too wide; with many, small differences are lost.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str] = "forest"

    leaf: int = 2

    def _grow(self, lesson: Lesson, rng: np.random.Generator) -> Part:
        forest = RandomForestRegressor(
            n_estimators=self.trees,
            min_samples_leaf=self.leaf,
            max_features=float(self.features),
            random_state=int(rng.integers(2**31)),
            n_jobs=1,
        )
        name_trees(forest)
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
