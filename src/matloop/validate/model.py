"""A model for new groups: surrogates stacked and widened by whole groups left out inside what it learns from.

1. Whole groups are dealt into inner folds; each surrogate is fitted anew to all but one and predicts that one.
2. Weights of the surrogates, none below 0, and one of the plain mean of the readings, come from those predictions
   (stacked regression: Breiman 1996, Machine Learning 24, 49): where no surrogate knows anything of new groups, the
   mean is what is left.
3. The same left-out rows teach how wide errors are (`widen`): by the stated std, the distance to what was learned, the
   errors made near by, the mean and the place among what was learned.
4. Every surrogate is fitted to all rows.

Nothing outside the rows that are handed over is ever looked at, so a model that is fitted to the training part of a
split is judged honestly by the rest of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.optimize import nnls

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import InputError, fail
from matloop.surrogate import Fitted, Joint, Observations, Surrogate
from matloop.validate.domain import ROUNDING, Domain
from matloop.validate.nearby import Nearby
from matloop.validate.splits import FOLDS, Ints, grouped
from matloop.validate.widen import Clues, LeftOut, Widening

_RIDGE = 0.05
"""Weight, as a share of the rows, of a made-up one in which the surrogates together are right: few groups do not hand
all weight to the plain mean by chance."""
_NOISE = 0.9
"""Share of the whole std that noise may be: the rest stays removable by data, since a new group is never known."""
_CHUNK = 20_000  # candidates predicted at once


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What a model learns from.

    X: (n, d) features. y: (n,) readings. groups: (n,) the group of each row, kept whole. blocks: (d,) which block each
    column belongs to, from 0: blocks weigh the same in distances, and a Gaussian process learns one length scale each.
    """

    X: Floats
    y: Floats
    groups: Ints
    blocks: Ints

    @classmethod
    def of(cls, X: Floats, y: Floats, groups: Ints, blocks: Ints | None = None) -> Lessons:
        """After a look at shapes and figures.

        Raises:
            InputError: when they disagree, or a figure is not finite.
        """
        n, d = X.shape if X.ndim == 2 else (-1, -1)
        block = np.arange(max(d, 0)) if blocks is None else blocks
        if not (y.shape == groups.shape == (n,) and block.shape == (d,)):
            found = f"X {X.shape}, y {y.shape}, groups {groups.shape}, blocks {block.shape}"
            fail(InputError, "lessons", found, "Give X (n, d), y (n,), groups (n,), blocks (d,).")
        for name, array in (("X", X), ("y", y)):
            if not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                fail(InputError, f"lessons, {name}, row {row}", "a number that is not finite", "Leave such rows out.")
        return cls(X, y, groups, block)

    def only(self, rows: Ints) -> Lessons:
        """Some of the rows."""
        return Lessons(self.X[rows], self.y[rows], self.groups[rows], self.blocks)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What is said of q candidates.

    prediction: (q, 1) figures, errors widened; `calibration` says so. distance: (q,) to what was learned, see
    `Domain`. stated: (q,) std as the surrogates state it, before it was widened.
    """

    prediction: Prediction
    distance: Floats
    stated: Floats

    @property
    def mean(self) -> Floats:
        """(q,)."""
        return self.prediction.mean[:, 0]

    @property
    def std(self) -> Floats:
        """(q,) of a new reading's error."""
        return self.prediction.total_std[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class GroupedModel:
    """Surrogates that have seen all rows, stacked and widened.

    fitted: one a surrogate. weights: (s,) of them. base: the plain mean of the readings, with the rest of the weight.
    low, high: (d,) least and largest feature learned, between which features are scaled. domain, nearby, widening: as
    found.
    """

    fitted: tuple[Fitted, ...]
    weights: Floats
    base: float
    low: Floats
    high: Floats
    domain: Domain
    nearby: Nearby
    widening: Widening
    said: Mapping[str, Any]

    def predict(self, X: Floats) -> Told:
        """Predict at X (q, d), in features as they were learned.

        Raises:
            InputError: when X has another number of columns.
        """
        self._check(X)
        parts = [self._chunk(X[start : start + _CHUNK]) for start in range(0, max(len(X), 1), _CHUNK)]
        mean, model, noise, far, stated = (np.concatenate(column) for column in zip(*parts, strict=True))
        said = Prediction(mean[:, None], model[:, None], noise[:, None], ("recalibrated",))
        return Told(said, far, stated)

    def interval(self, told: Told, level: float = 0.9) -> tuple[Floats, Floats]:
        """Ends (q,), (q,) of the interval that holds a new reading with a probability, if candidates are new groups."""
        half = self.widening.multiple(level) * told.std
        return told.mean - half, told.mean + half

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q,) and covariance (q, q) of the truth at X (q, d): how the surrogates' errors go together, widened.

        Raises:
            InputError: when no surrogate says how its errors go together.
        """
        self._check(X)
        able = [(one, w) for one, w in zip(self.fitted, self.weights, strict=True) if isinstance(one, Joint) and w > 0]
        if not able:
            cure = "Use extra-trees, forest or gp."
            fail(InputError, "covariance", "no surrogate of the model says how its errors go together", cure)
        told = self.predict(X)
        scaled = scale(X, self.low, self.high)
        together = np.zeros((len(X), len(X)))
        for one, weight in able:
            covariance = one.joint(scaled)[1][0]
            root = np.sqrt(np.maximum(np.diag(covariance), np.finfo(np.float64).tiny))
            together += weight * covariance / np.outer(root, root)
        together /= sum(weight for _, weight in able)
        np.fill_diagonal(together, 1.0)
        std = told.prediction.model_std[:, 0]
        return told.mean, together * np.outer(std, std)

    def describe(self) -> Mapping[str, Any]:
        """How it was made, in JSON types."""
        return self.said

    def _check(self, X: Floats) -> None:
        if X.ndim != 2 or X.shape[1] != len(self.low):
            fail(InputError, "features", f"X has shape {X.shape}", f"Give (q, {len(self.low)}), as it was learned.")

    def _chunk(self, X: Floats) -> tuple[Floats, ...]:
        scaled = scale(X, self.low, self.high)
        mean, stated, noise = _combined([one.predict(scaled) for one in self.fitted], self.weights, self.base)
        far, places = self.domain.distance(X), self.domain.place(X)
        total = self.widening.width(Clues(stated, mean, far, self.nearby.around(places), places))
        noise = np.minimum(noise, _NOISE * total)
        return mean, np.sqrt(total**2 - noise**2), noise, far, stated


def scale(X: Floats, low: Floats, high: Floats) -> Floats:
    """X (q, d) such that what was learned lies in the unit cube; columns that do not vary are 0."""
    varies = high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high))
    return np.asarray(np.where(varies, X - low, 0.0) / np.where(varies, high - low, 1.0))


def observations(lessons: Lessons, low: Floats, high: Floats) -> Observations:
    """As surrogates take them; the columns of a block share a length scale."""
    X = scale(lessons.X, low, high)
    return Observations(X, lessons.y[:, None], np.zeros((len(X), 1)), lessons.blocks)


@dataclass(frozen=True, slots=True, eq=False)
class _Inner:
    """What inner folds said of n rows: said[s] = mean, stated std and noise, each (n,), of surrogate s."""

    said: list[tuple[Floats, Floats, Floats]]
    base: Floats
    distance: Floats


def fit_grouped(
    lessons: Lessons, surrogates: Sequence[Surrogate], rng: np.random.Generator, *, folds: int = FOLDS
) -> GroupedModel:
    """Fit a model whose errors hold for groups that it has not seen.

    Args:
        lessons: rows with their groups, at least as many groups as folds.
        surrogates: one or more; several are stacked.
        rng: deals the folds and seeds the fits.
        folds: inner folds; each costs a fit of every surrogate.

    Raises:
        InputError: when no surrogate is given or there are too few groups.
        ModelError: when a surrogate cannot be fitted.
    """
    if not surrogates:
        fail(InputError, "model", "no surrogate is given", "Give one or more.")
    low, high = lessons.X.min(axis=0), lessons.X.max(axis=0)
    split = grouped(lessons.groups, rng, folds=folds)
    inner = _inner(lessons, surrogates, split.parts(), rng)
    weights = _weights(inner, lessons)
    base = float(lessons.y.mean())
    mean, stated = _stacked(inner, weights)
    error, domain = lessons.y - mean, Domain.of(lessons.X, lessons.groups, lessons.blocks)
    nearby = Nearby(domain.place(lessons.X), np.abs(error), domain.unit, len(split))
    clues = Clues(stated, mean, inner.distance, nearby.left_out(lessons.groups, split.fold), nearby.places)
    widening = Widening.of(LeftOut(error, clues, lessons.groups, split.fold))
    seen = observations(lessons, low, high)
    fitted = tuple(one.fit(seen, rng) for one in surrogates)
    named = [one.name for one in surrogates]
    said = {
        "surrogates": [{"name": name, "weight": w} for name, w in zip(named, weights.tolist(), strict=True)],
        "inner_folds": split.how,
        "widening": dict(widening.to_json()),
    }
    return GroupedModel(fitted, weights, base, low, high, domain, nearby, widening, said)


def _inner(lessons: Lessons, surrogates: Sequence[Surrogate], parts: Any, rng: np.random.Generator) -> _Inner:
    n = len(lessons.y)
    said = [tuple(np.empty((3, n))) for _ in surrogates]
    base, far = np.empty((2, n))
    for _, seen, out in parts:
        taught = lessons.only(seen)
        low, high = taught.X.min(axis=0), taught.X.max(axis=0)
        data, asked = observations(taught, low, high), scale(lessons.X[out], low, high)
        for columns, surrogate in zip(said, surrogates, strict=True):
            told = surrogate.fit(data, rng).predict(asked)
            for column, figure in zip(columns, told.figures, strict=True):
                column[out] = figure[:, 0]
        base[out] = taught.y.mean()
        far[out] = Domain.of(taught.X, taught.groups, taught.blocks).distance(lessons.X[out])
    return _Inner(cast(list[tuple[Floats, Floats, Floats]], said), base, far)


def _weights(inner: _Inner, lessons: Lessons) -> Floats:
    """(s,) of the surrogates, none below 0, their sum at most 1: least squares of what was left out."""
    off = np.column_stack([mean - inner.base for mean, _, _ in inner.said])
    wanted = lessons.y - inner.base
    spread = float(np.sqrt(np.mean(wanted**2))) or 1.0
    made_up = np.sqrt(_RIDGE * len(wanted)) * spread
    found, _ = nnls(np.vstack((off, np.full((1, off.shape[1]), made_up))), np.append(wanted, made_up))
    return np.asarray(found / max(1.0, float(found.sum())))


def _stacked(inner: _Inner, weights: Floats) -> tuple[Floats, Floats]:
    mean = inner.base + sum(w * (said[0] - inner.base) for w, said in zip(weights, inner.said, strict=True))
    model = sum(w * said[1] for w, said in zip(weights, inner.said, strict=True))
    return np.asarray(mean), np.asarray(model)


def _combined(said: Sequence[Prediction], weights: Floats, base: float) -> tuple[Floats, Floats, Floats]:
    """Mean, stated std and noise, each (q,): the errors of surrogates of the same rows are taken to go together."""
    mean = base + sum(w * (one.mean[:, 0] - base) for w, one in zip(weights, said, strict=True))
    model = sum(w * one.model_std[:, 0] for w, one in zip(weights, said, strict=True))
    noise = sum(w * one.noise_std[:, 0] for w, one in zip(weights, said, strict=True))
    return np.asarray(mean), np.asarray(model), np.asarray(noise)
