"""Readings as what was predicted of them, and a process over what is left.

For candidates that another model has predicted: m(x) with a std s(x), as `matloop screen` does. With z the other
features, either the prediction is believed,

    reading = m(x) + s(x) g(z) + e,

or it is one more feature, of which a straight line may say something, and its std says nothing,

    reading = m(x) + d (m(x) - M) + S g(z) + e,    d ~ N(0, 1),

with M the mean of m and S the root mean square of s over the readings;
g ~ GP(0, a^2 (1/2 + k(z, z'; l))): common and local errors;
e ~ N(0, t^2 + v), v the known variance of the reading.

Which of the two, a, l and t are not fitted but averaged over a grid, each point weighted by prior and evidence
(Rasmussen and Williams 2006, equations 2.30 and 5.2 to 5.4), so two readings do not settle them. A right prediction has
a near 1; with a wrong one a grows and d goes to -1, where only the readings speak.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from scipy.spatial.distance import cdist

from matloop.domain.encoder import Encoder, Scaled
from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, DataError, Faults, ModelError, fail, nearest
from matloop.surrogate import LeftOut, Observations
from matloop.surrogate.factor import Factor
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.replicates import Inputs
from matloop.surrogate.threads import one_thread

SPREADS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""a: errors of the prediction, in units of the std that it states. Beyond 16 a stated std means nothing."""
SPREAD_WIDTHS = (1.0, 2.0)
"""Prior std of log a around 0, where the prediction is believed and where it is not. Wider, three readings swing the
errors tenfold; narrower, twenty cannot."""
LENGTHS = (0.15, 0.4, 1.0, 2.5)
"""l, times the root of the number of features: from neighbours alone to the whole cube."""
NOISES = (0.02, 0.1, 0.3, 1.0)
"""t, in units of the root mean square predicted std."""
SLOPES = (0.0, 1.0)
"""Std of d: 0 where the prediction is believed, 1 where it is not. Both are as probable beforehand."""
COMMON = 0.5
"""Variance of the error that all candidates share, in units of a^2: predictions of one model are wrong together."""
MOST = 1000
"""Readings at most: the grid holds 224 points, each with a factor of that size."""
NEGLIGIBLE = 1e-3
"""Weight below which a point of the grid is left out."""
_LEAST = 1e-3  # predicted std at least, as a share of the mean one: nothing is ever wholly sure
_KERNEL = KERNELS["matern52"]


@dataclass(frozen=True, slots=True)
class Prior:
    """A surrogate that begins from predictions: settings.

    mean, std: features that hold what was predicted of each candidate, and one standard deviation of it, in the
        objective's unit. A screen writes both. They serve as the prior and not as features.

    Raises:
        ConfigError: when a name is missing, or both are one.
    """

    name: ClassVar[str] = "prior"

    mean: str = "predicted"
    std: str = "predicted_std"

    def __post_init__(self) -> None:
        faults = Faults()
        for name in ("mean", "std"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                faults.add(f"surrogate 'prior', {name}", f"{getattr(self, name)!r}", "Name a feature.")
        if self.mean == self.std:
            faults.add("surrogate 'prior', std", f"{self.std!r} is the mean as well", "Name another feature.")
        faults.raise_if_any(ConfigError)

    def placed(self, encoder: Encoder) -> Placed:
        """Find the two features among the candidates' columns.

        Raises:
            DataError: when one is missing, or holds texts.
        """
        faults, found = Faults(), []
        for name in (self.mean, self.std):
            parts = {part.name: (part, start) for part, start in zip(encoder.parts, encoder.starts, strict=True)}
            part, start = parts.get(name, (None, -1))
            if part is None:
                faults.add(f"surrogate 'prior', {name!r}", "the candidates have no such feature", nearest(name, parts))
            elif not isinstance(part, Scaled):
                faults.add(f"surrogate 'prior', {name!r}", "it holds texts", "Name a feature of numbers.")
            else:
                found.append(Column(start, part.low, part.span))
        faults.raise_if_any(DataError)
        return Placed(*found)

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> FittedPrior:
        """Refuse: without the candidates' columns nobody knows where the predictions are; see `placed`.

        Raises:
            ModelError: always.
        """
        fail(ModelError, "surrogate 'prior'", "it was not told where its features are", "Fit `placed(encoder)`.")


@dataclass(frozen=True, slots=True)
class Column:
    """An encoded feature: its place, and what it holds is low + span * encoded."""

    place: int
    low: float
    span: float

    def of(self, X: Floats) -> Floats:
        """(q,) the feature in its own unit."""
        return np.asarray(self.low + self.span * X[:, self.place])


@dataclass(frozen=True, slots=True)
class Placed:
    """A `Prior` that knows its columns."""

    mean: Column
    std: Column
    name: ClassVar[str] = "prior"

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> FittedPrior:
        """Weigh the grid by the readings; their order does not matter.

        Args:
            data: one objective.
            rng: nothing is drawn.
            warm: nothing is taken from it, since nothing is searched.

        Raises:
            ModelError: for several objectives, more readings than `MOST`, or a predicted std that is not above 0.
        """
        if data.y.shape[1] != 1:
            found = f"{data.y.shape[1]} objectives, and the predictions are of one"
            fail(ModelError, "surrogate 'prior'", found, "Use another surrogate for several objectives.")
        if len(data.y) > MOST:
            fail(ModelError, "surrogate 'prior'", f"{len(data.y)} readings, at most {MOST}", "Use surrogate = 'gp'.")
        if not (self.std.of(data.X) > 0).all():
            fail(ModelError, "surrogate 'prior'", "a predicted std is not above 0", "Give each candidate one above 0.")
        order = np.lexsort((*data.X.T, data.var[:, 0], data.y[:, 0]))
        data = Observations(data.X[order], data.y[order], data.var[order], data.groups)
        base = Base.of(self, data)
        points = tuple(itertools.product(SPREADS, LENGTHS, NOISES, SLOPES))
        evidence = np.array([_Point.of(base, point).evidence + _log_prior(point) for point in points])
        weights = np.exp(evidence - evidence.max())
        weights /= weights.sum()
        kept = [point for point, weight in zip(points, weights, strict=True) if weight > NEGLIGIBLE]
        weights = weights[weights > NEGLIGIBLE]
        return FittedPrior.of(base, tuple(kept), weights / weights.sum())

    def quick(self) -> Placed:
        """Itself: nothing is searched."""
        return self


def _log_prior(point: tuple[float, ...]) -> float:
    width = SPREAD_WIDTHS[int(point[3] > 0)]
    return -0.5 * (math.log(point[0]) / width) ** 2 - math.log(width)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Readings, and what was predicted of them. centre: M. unit: root mean square predicted std."""

    columns: Placed
    data: Observations
    centre: float
    unit: float

    @classmethod
    def of(cls, columns: Placed, data: Observations) -> Base:
        """Look at the readings."""
        mean, std = columns.mean.of(data.X), columns.std.of(data.X)
        return cls(columns, data, float(mean.mean()), float(np.sqrt(np.mean(std**2))))

    def features(self, X: Floats) -> Floats:
        """The other features (q, k), such that the diagonal of the unit cube has length 1."""
        others = np.delete(X, [self.columns.mean.place, self.columns.std.place], axis=1)
        return np.asarray(others / math.sqrt(max(1, others.shape[1])))

    def stds(self, X: Floats, slope: float) -> Floats:
        """(q,) predicted std, bounded from below; the same everywhere where it is not believed."""
        if slope > 0:
            return np.full(len(X), self.unit)
        return np.maximum(self.columns.std.of(X), _LEAST * self.unit)

    def kernel(self, point: tuple[float, ...], X: Floats, P: Floats) -> Floats:
        """(q, p) covariance of the truth at X with that at P, readings unseen."""
        a, length, _, slope = point
        near = _KERNEL.value(cdist(self.features(X) / length, self.features(P) / length, "sqeuclidean"))
        errors = a**2 * np.outer(self.stds(X, slope), self.stds(P, slope)) * (COMMON + near)
        lean = np.outer(self.columns.mean.of(X) - self.centre, self.columns.mean.of(P) - self.centre)
        return np.asarray(errors + slope**2 * lean)

    def noise(self, point: tuple[float, ...]) -> Floats:
        """(n,) variance of each reading."""
        return np.asarray((point[2] * self.unit) ** 2 + self.data.var[:, 0])


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """A point of the grid after the readings. solved: (n,) K^-1 (y - m). evidence: log density of the readings."""

    base: Base
    point: tuple[float, ...]
    factor: Factor
    solved: Floats
    evidence: float

    @classmethod
    def of(cls, base: Base, point: tuple[float, ...]) -> _Point:
        """Condition on the readings: RW 2.30."""
        X = base.data.X
        K = base.kernel(point, X, X) + np.diag(base.noise(point))
        factor = Factor.of(K, "surrogate 'prior'")
        off = base.data.y[:, 0] - base.columns.mean.of(X)
        solved = factor.solve(off)
        n = len(off)
        log_root = float(np.log(np.diagonal(factor.lower)).sum())
        return cls(base, point, factor, solved, -0.5 * float(off @ solved) - log_root - 0.5 * n * math.log(2 * math.pi))

    def mean(self, X: Floats) -> Floats:
        """(q,) of the truth: RW 2.25."""
        found: Floats = self.base.columns.mean.of(X) + self.base.kernel(self.point, X, self.base.data.X) @ self.solved
        return found

    def covariance(self, X: Floats) -> Floats:
        """(q, q) of the truth: RW 2.26."""
        half = self.factor.half(self.base.kernel(self.point, self.base.data.X, X))
        return np.asarray(self.base.kernel(self.point, X, X) - half.T @ half)

    def variance(self, X: Floats) -> Floats:
        """(q,) of the truth."""
        half = self.factor.half(self.base.kernel(self.point, self.base.data.X, X))
        a, _, _, slope = self.point
        lean = slope**2 * (self.base.columns.mean.of(X) - self.base.centre) ** 2
        prior = a**2 * self.base.stds(X, slope) ** 2 * (COMMON + 1.0) + lean
        return np.asarray(np.maximum(prior - np.einsum("ij,ij->j", half, half), 1e-12 * prior + 1e-300))


@dataclass(frozen=True, slots=True, eq=False)
class FittedPrior:
    """Predictions that have seen readings: an average over points of the grid. Joint, Conditioned, Means, HeldOut."""

    base: Base
    parts: tuple[_Point, ...]
    weights: Floats

    @classmethod
    def of(cls, base: Base, points: tuple[tuple[float, ...], ...], weights: Floats) -> FittedPrior:
        """At given points and weights."""
        return cls(base, tuple(_Point.of(base, point) for point in points), weights)

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """Predict at X (q, d), in blocks: mean, model_std and noise_std, each (q, 1)."""
        means, variances = np.empty((2, len(X), 1))
        for start in range(0, len(X), _BLOCK):
            rows = slice(start, start + _BLOCK)
            each = np.stack([part.mean(X[rows]) for part in self.parts])
            means[rows, 0] = mean = self.weights @ each
            own = np.stack([part.variance(X[rows]) for part in self.parts])
            variances[rows, 0] = self.weights @ (own + (each - mean) ** 2)
        return Prediction(means, np.sqrt(variances), np.full((len(X), 1), math.sqrt(self._noise)))

    @property
    def _noise(self) -> float:
        """Variance of one new reading: what is learned, and the mean of what was known."""
        learned = sum(
            w * (part.point[2] * self.base.unit) ** 2 for w, part in zip(self.weights, self.parts, strict=True)
        )
        return float(learned) + float(self.base.data.var.mean())

    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        return np.asarray(self.weights @ np.stack([part.mean(X) for part in self.parts]))[:, None]

    @one_thread()
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`."""
        each = np.stack([part.mean(X) for part in self.parts])
        mean = self.weights @ each
        covariance = np.zeros((len(X), len(X)))
        for weight, part, own in zip(self.weights, self.parts, each, strict=True):
            covariance += weight * (part.covariance(X) + np.outer(own - mean, own - mean))
        return mean[:, None], 0.5 * (covariance + covariance.T)[None]

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> FittedPrior:
        """As `Conditioned.condition`: the weights stay."""
        known = np.full(y.shape, float(self.base.data.var.mean())) if var is None else var
        data = self.base.data.plus(X, y, known)
        # M and the unit stay as they were: they name the points of the grid
        base = replace(self.base, data=data)
        return FittedPrior.of(base, tuple(part.point for part in self.parts), self.weights)

    def held_out(self, rows: np.ndarray) -> LeftOut:
        """As `HeldOut.held_out`, the weights kept: each input's readings are taken out of every point of the grid."""
        owner = Inputs.of(self.base.data.X).owner
        found = np.empty((4, len(rows), 1))
        for place, row in enumerate(rows.tolist()):
            own = owner == row
            noise = self._noise
            precision = 1.0 / (noise + self.base.data.var[own, 0] - float(self.base.data.var.mean()))
            measured = float(precision @ self.base.data.y[own, 0] / precision.sum())
            rest = replace(self.base, data=self.base.data.only(~own))
            without = FittedPrior.of(rest, tuple(part.point for part in self.parts), self.weights)
            said = without.predict(self.base.data.X[own][:1])
            found[:, place, 0] = measured, precision.sum() ** -0.5, said.mean[0, 0], said.model_std[0, 0]
        return LeftOut(*found)

    def describe(self) -> dict[str, Any]:
        """What the readings say of the prediction, in JSON types."""
        spreads, slopes = (np.array([part.point[place] for part in self.parts]) for place in (0, 3))
        return {
            "surrogate": Prior.name,
            "error_in_stated_std": float(np.exp(self.weights @ np.log(spreads))),
            "disbelief": float(self.weights @ (slopes > 0)),
            "points": len(self.parts),
            "warm": "none",
        }


_BLOCK = 4096  # candidates predicted at once
