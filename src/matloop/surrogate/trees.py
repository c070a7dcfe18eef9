"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006, Machine Learning 63, 3) for wide tables of features.

Many correlated columns, as statistics of elements are, are what they are good at, and they are quick. Their spread says
where readings disagree and where they are few, up to a factor that inputs out of a tree's sample tell (`split`). It
knows nothing of families that nobody has read: for candidates unlike all readings let whole groups judge the errors
(`matloop.validate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from matloop.domain.prediction import Floats
from matloop.errors import Faults
from matloop.surrogate.ensemble import described, root_error
from matloop.surrogate.grower import Grower
from matloop.surrogate.named_trees import name_trees
from matloop.surrogate.split import HeldOut, Lesson, Split, least


@dataclass(frozen=True, slots=True)
class ExtraTrees(Grower):
    """Extremely randomised trees: settings, beside those of `Grower`.

    features: share of the features that a split may choose from. Small shares are quick and blur what one feature
        says alone.
    resample: whether each tree sees its own sample of the inputs. Without, means are a little better and nothing is
        left out, so that the noise is known from replicates alone.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str] = "extra-trees"

    resample: bool = True

    def check(self, faults: Faults) -> None:
        """Add a fault for each setting that is out of its range."""
        Grower.check(self, faults)
        if not isinstance(self.resample, bool):
            faults.add(self._place("resample"), f"{self.resample!r}", "Give true or false.")

    def _grow(self, lesson: Lesson, rng: np.random.Generator) -> Grown:
        trees = ExtraTreesRegressor(
            n_estimators=self.trees,
            min_samples_leaf=self.leaf,
            max_features=float(self.features),
            bootstrap=self.resample,
            random_state=int(rng.integers(2**31)),
            n_jobs=1,
        )
        name_trees(trees)
        trees.fit(lesson.X, lesson.y, sample_weight=lesson.weight)
        held = _held_out(trees, lesson) if self.resample else HeldOut(np.zeros(0, np.intp), np.zeros(0), np.zeros(0))
        return Grown(lesson, trees, Split.of(lesson, held), root_error(held))


@dataclass(frozen=True, slots=True)
class Grown:
    """One objective. error: root mean square error at inputs out of the trees' samples, None without any."""

    lesson: Lesson
    trees: ExtraTreesRegressor
    split: Split
    error: float | None

    def moments(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean and variance (q,) of the standardised truth, tree by tree, so that a million inputs fit."""
        total, squares = np.zeros((2, len(X)))
        if not len(X):
            return total, squares
        single = _single(X)
        for tree in self.trees.estimators_:
            said = tree.predict(single, check_input=False)
            total += said
            squares += said * said
        count = len(self.trees.estimators_)
        spread = np.maximum(squares - total**2 / count, 0.0) / (count - 1.0)
        return total / count, self.split.factor * spread + least(self.split, self.lesson.atoms)

    def members(self, X: Floats) -> Floats:
        """(B, q) what each tree says of the standardised truth at X (q, d)."""
        single = _single(X)
        return np.stack([tree.predict(single, check_input=False) for tree in self.trees.estimators_])

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q,) and covariance (q, q) of the standardised truth: how the trees vary together."""
        if not len(X):
            return np.zeros(0), np.zeros((0, 0))
        said = self.members(X)
        off = said - said.mean(axis=0)
        covariance = self.split.factor * (off.T @ off) / (len(said) - 1.0) + least(self.split, self.lesson.atoms)
        return said.mean(axis=0), 0.5 * (covariance + covariance.T)

    def describe(self) -> dict[str, Any]:
        """In JSON types, of standardised readings."""
        return described(self.lesson, self.split, self.error)


def _single(X: Floats) -> NDArray[np.float32]:
    return np.ascontiguousarray(X, dtype=np.float32)  # the trees' own precision, converted once for all


def _held_out(trees: ExtraTreesRegressor, lesson: Lesson) -> HeldOut:
    """What trees say of inputs out of their samples, summed tree by tree."""
    single = _single(lesson.X)
    number, total, squares = np.zeros((3, len(lesson.y)))
    for tree, drawn in zip(trees.estimators_, trees.estimators_samples_, strict=True):
        unseen = np.ones(len(lesson.y), dtype=np.bool_)
        unseen[drawn] = False
        said = tree.predict(single[unseen], check_input=False)
        number[unseen] += 1.0
        total[unseen] += said
        squares[unseen] += said * said
    rows = np.flatnonzero(number >= 2)
    count, mean = number[rows], total[rows] / number[rows]
    spread = np.maximum(squares[rows] - count * mean**2, 0.0) / (count - 1.0)
    return HeldOut(rows, (lesson.y[rows] - mean) ** 2, spread)
