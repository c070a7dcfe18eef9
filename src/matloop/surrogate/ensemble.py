"""A fitted ensemble: members that stand for draws from the posterior of the truth, and how their spread is told.

Who fits the members (`forest`, `sklearn_`) hands over a function from inputs to every member's prediction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import DataError, fail
from matloop.surrogate.split import HeldOut, Lesson, Remote, Split, least
from matloop.surrogate.threads import one_thread

Members = Callable[[Floats], Floats]
"""X (q, d) -> what each of B members says of the standardised truth, (B, q)."""


def held_out(lesson: Lesson, members: Members, unseen: NDArray[np.bool_], remote: Remote) -> HeldOut:
    """What members say of inputs that they were not fitted to.

    Args:
        lesson: the inputs (g, d).
        members: all of them, B.
        unseen: (B, g) which inputs each member has not seen.
        remote: the departure far from readings.
    """
    rows = np.flatnonzero(unseen.sum(axis=0) >= 2)
    said = members(lesson.X[rows]) if len(rows) else np.zeros((len(unseen), 0))
    counted = unseen[:, rows].astype(np.float64)
    number = counted.sum(axis=0)
    mean = np.sum(counted * said, axis=0) / number
    spread = np.sum(counted * (said - mean) ** 2, axis=0) / (number - 1.0)
    return HeldOut(rows, (lesson.y[rows] - mean) ** 2, spread + remote.left_out()[rows])


@dataclass(frozen=True, slots=True)
class Part:
    """One objective of a fitted ensemble. error: root mean square error at inputs held out, None without any."""

    lesson: Lesson
    members: Members
    remote: Remote
    split: Split
    error: float | None

    @classmethod
    def of(cls, lesson: Lesson, members: Members, unseen: NDArray[np.bool_], influence: Floats | None = None) -> Part:
        """Tell apart what is model and what is noise; influence as in `Split.of`."""
        remote = Remote.of(lesson.X)
        held = held_out(lesson, members, unseen, remote)
        return cls(lesson, members, remote, Split.of(lesson, held, influence), root_error(held))

    def moments(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean and variance (q,) of the standardised truth."""
        if not len(X):
            return np.zeros(0), np.zeros(0)
        said = self.members(X)
        spread = np.var(said, axis=0, ddof=1) + self.remote.share(X)
        return said.mean(axis=0), self.split.factor * spread + least(self.split, self.lesson.atoms)

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q,) and covariance (q, q) of the standardised truth."""
        if not len(X):
            return np.zeros(0), np.zeros((0, 0))
        said = self.members(X)
        mean = said.mean(axis=0)
        off = said - mean
        spread = off.T @ off / (len(said) - 1.0) + self.remote.joint(X)
        covariance = self.split.factor * spread + least(self.split, self.lesson.atoms)
        return mean, 0.5 * (covariance + covariance.T)

    def describe(self) -> dict[str, Any]:
        """In JSON types, of standardised readings."""
        return {**described(self.lesson, self.split, self.error), "reach": self.remote.reach}


@dataclass(frozen=True, slots=True)
class Said:
    """One objective of a model that says its own error.

    Where it passes through its readings it says of measured inputs that nothing is unknown, though their noise is, and
    no held-out input can judge that. A smoother whose mean follows a reading to the share h (its leverage) errs there
    by h times the reading's noise at least, whatever it says; h is one less the ratio of the residuals at what it has
    seen to those at what it has not (Hastie, Tibshirani, Friedman 2009, "The elements of statistical learning",
    equation 7.64, solved for the leverage).

    speak: X (q, d) -> mean and variance (q,) of the standardised truth. floor: (g,) least variance at each input seen.
    """

    lesson: Lesson
    speak: Callable[[Floats], tuple[Floats, Floats]]
    split: Split
    error: float | None
    floor: Floats

    @classmethod
    def of(cls, lesson: Lesson, speak: Callable[[Floats], tuple[Floats, Floats]], held: HeldOut) -> Said:
        """Judge what it says by inputs that it had not seen."""
        split, error = Split.of(lesson, held), root_error(held)
        seen = math.sqrt(float(np.mean((lesson.y - speak(lesson.X)[0]) ** 2)))
        follows = max(1.0 - seen / error, 0.0) if error else 0.0
        return cls(lesson, speak, split, error, follows**2 * split.own(lesson.atoms))

    def moments(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean and variance (q,) of the standardised truth."""
        if not len(X):
            return np.zeros(0), np.zeros(0)
        mean, variance = self.speak(X)
        gap, near = self.nearest.query(X)
        floor = np.where(gap == 0.0, self.floor[near], 0.0)
        return mean, np.maximum(self.split.factor * variance, floor) + least(self.split, self.lesson.atoms)

    @property
    def nearest(self) -> cKDTree:
        """The inputs seen."""
        return cKDTree(self.lesson.X)

    def describe(self) -> dict[str, Any]:
        """In JSON types, of standardised readings."""
        return described(self.lesson, self.split, self.error)


class Spoken(Protocol):
    """One objective of a fitted model."""

    @property
    def lesson(self) -> Lesson:
        """What it was fitted to."""
        ...

    @property
    def split(self) -> Split:
        """What is noise."""
        ...

    def moments(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean and variance (q,) of the standardised truth at X (q, d)."""
        ...

    def describe(self) -> dict[str, Any]:
        """In JSON types."""
        ...


class SpokenTogether(Spoken, Protocol):
    """One objective of a fitted model whose errors at several inputs are known together."""

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q,) and covariance (q, q) of the standardised truth at X (q, d)."""
        ...


@dataclass(frozen=True, slots=True)
class FittedParts:
    """One part an objective. Implements Fitted."""

    said: Mapping[str, Any]
    columns: int
    parts: tuple[Spoken, ...]

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """Predict at X (q, d). noise_std is constant: the root of the mean variance of the readings seen.

        Raises:
            DataError: when X has another number of columns than the fit.
        """
        check_columns(X, self.columns)
        mean, model, noise = np.empty((3, len(X), len(self.parts)))
        for j, part in enumerate(self.parts):
            scaling = part.lesson.scaling
            mu, variance = part.moments(X)
            mean[:, j] = scaling.centre + scaling.spread * mu
            model[:, j] = scaling.spread * np.sqrt(variance)
            noise[:, j] = scaling.spread * math.sqrt(part.split.reading_variance(part.lesson.atoms))
        return Prediction(mean, model, noise)

    def describe(self) -> dict[str, Any]:
        """Settings, and what was found of each objective, in JSON types."""
        return {**self.said, "objectives": [part.describe() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class FittedEnsemble(FittedParts):
    """Members that have seen readings. Implements Fitted and Joint."""

    parts: tuple[SpokenTogether, ...]

    @one_thread()
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q, m) and covariance (m, q, q) of the truth at X (q, d).

        Raises:
            DataError: when X has another number of columns than the fit.
        """
        check_columns(X, self.columns)
        mean = np.empty((len(X), len(self.parts)))
        covariance = np.empty((len(self.parts), len(X), len(X)))
        for j, part in enumerate(self.parts):
            scaling = part.lesson.scaling
            mu, sigma = part.joint(X)
            mean[:, j] = scaling.centre + scaling.spread * mu
            covariance[j] = scaling.spread**2 * sigma
        return mean, covariance


def check_columns(X: Floats, columns: int) -> None:
    """Refuse inputs of another width.

    Raises:
        DataError: when X has another number of columns than the fit.
    """
    if X.ndim != 2 or X.shape[1] != columns:
        fail(DataError, "inputs", f"X has shape {X.shape}", f"Give (q, {columns}), as in the fit.")


def warm_words(warm: Mapping[str, Any] | None) -> str:
    """What became of an earlier fit's description: members are fitted anew each time."""
    return "set aside (members are fitted anew)" if warm else "none"


def root_error(held: HeldOut) -> float | None:
    """Root mean square error at inputs held out, None without any."""
    return math.sqrt(float(held.squares.mean())) if len(held.squares) else None


def described(lesson: Lesson, split: Split, error: float | None) -> dict[str, Any]:
    """What is known of one objective, in JSON types; variances are of standardised readings."""
    return {
        "centre": lesson.scaling.centre,
        "spread": lesson.scaling.spread,
        "noise": split.noise,
        "excess": split.excess,
        "factor": split.factor,
        "error_held_out": error,
        "inputs": len(lesson.X),
        "readings": int(lesson.atoms.count.sum()),
    }
