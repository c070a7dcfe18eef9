"""Intervals that hold for groups that were not seen: stated errors corrected by left-out groups.

What members of a model disagree about is too small an error for a new family: none of them has seen it. So whole groups
are left out inside the training part, and the errors made there teach a width: with s the stated std, d the distance to
what was learned, m the predicted mean, e the errors of left-out rows near by (`nearby`) and u the place along the main
directions of what was learned, where log s, m and u are standardised inside the squares and products,

    log width = b0 + b1 log s + b2 log(1 + d) + b3 m + b4 (log s)^2 + b5 m^2 + b6 m log s + b7 log e + b' u,

at the b that make the errors most probable under a Laplace distribution, whose tails bear the rows that nothing
foretold (a normal one follows a few large errors), with priors that hold b1 and b7 near a half each, b2 >= 0 and the
others near 0, so that few groups change little. A factor and a power, at which the errors are most probable under a
normal distribution, then make the width their std.

Beyond the farthest left-out row the law is an extrapolation. There a share of the variance, all of it from twice that
distance on, is at least that of not knowing: the spread of the readings, and how far the mean is from theirs.

Scores |error| / width give half-widths that need no normal distribution (split conformal: Papadopoulos et al. 2002;
with groups left out whole, as in Dunn, Wasserman and Ramdas 2022, JASA 118, 2491, the exchangeable things are groups,
so each counts as one whatever its number of rows). The b behind a score are those of the other inner folds: a width
that has seen its own error fits it too well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm

from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail
from matloop.validate.domain import ROUNDING
from matloop.validate.nearby import Places
from matloop.validate.splits import Ints

_TERMS = ("offset", "stated_std", "distance", "mean", "stated_std^2", "mean^2", "mean*stated_std", "nearby")
_PRIOR_MEAN = (0.0, 0.5, 0.3, 0.0, 0.0, 0.0, 0.0, 0.5)
_PRIOR_STD = (2.0, 0.3, 0.3, 0.3, 0.1, 0.1, 0.1, 0.3)
_LOW = (-np.inf, 0.0, 0.0, -2.0, -2.0, -2.0, -2.0, 0.0)
_HIGH = (np.inf, 2.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0)
"""Of b0..b7. Wider priors, and ten groups swing the width; narrower, a hundred cannot correct it."""
_DIRECTIONS, _DIRECTION_STD = 8, 0.05
"""Main directions with a b of their own, and its prior std: together they may move a width by a tenth or two."""
_POWER_STD = 0.3
"""Prior std, about 1, of the power by which Laplace widths become stds. Wider, few groups flatten all widths."""
_LEAST = 0.3
"""Added to the stated std, in quadrature, as a share of its root mean square over left-out rows. Members that agree
to the last digit have then not promised an error of nothing."""
_CLIP = 3.0  # standardised terms go no further: candidates far out are the distance's business
_THIN = 1e-4  # directions thinner than this share of the widest are rounding
_LAPLACE = 0.5 * math.log(2.0)  # log of the std over the mean of |error|, Laplace
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Clues:
    """What is known of q rows before they are read.

    std: (q,) as stated. mean: (q,) predicted. distance: (q,) to what was learned. nearby: (q,) mean |error| of left-out
    rows near by. places: (q, p) along the main directions, the widest first.
    """

    std: Floats
    mean: Floats
    distance: Floats
    nearby: Floats
    places: Places


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Rows that a model of other groups has predicted.

    error: (n,) reading less mean. clues: of the n rows. groups: (n,). fold: (n,) inner folds, whole groups each.
    """

    error: Floats
    clues: Clues
    groups: Ints
    fold: Ints

    def weights(self) -> Floats:
        """(n,) each group counts as the root of its rows: between one voice a group and one voice a row."""
        _, owner, count = np.unique(self.groups, return_inverse=True, return_counts=True)
        weight = 1.0 / np.sqrt(count[owner])
        return np.asarray(weight / weight.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """From clues to the terms of a log width.

    least: added to the stated std. log_std, mean: centre and spread of each. error: typical |error|. spread: (p',) of
    the places along the directions that are used.
    """

    least: float
    log_std: tuple[float, float]
    mean: tuple[float, float]
    error: float
    spread: Floats

    @classmethod
    def of(cls, left: LeftOut) -> Design:
        """Standardise by left-out rows."""
        clues, weights = left.clues, left.weights()
        least = max(_LEAST * math.sqrt(float(weights @ clues.std**2)), _TINY)
        log_std = np.log(np.hypot(clues.std, least))
        centre = float(np.average(clues.mean, weights=weights))
        spread = np.asarray(clues.places[:, :_DIRECTIONS].std(axis=0), dtype=np.float64)
        return cls(
            least,
            (float(log_std.mean()), _spread(log_std)),
            (centre, _spread(clues.mean)),
            max(float(weights @ np.abs(left.error)), _TINY),
            np.where(spread > _THIN * spread.max(initial=0.0), spread, 0.0),
        )

    def __call__(self, clues: Clues) -> Floats:
        """(q, 8 + p') terms."""
        log_std = np.log(np.hypot(clues.std, self.least))
        s = np.clip((log_std - self.log_std[0]) / self.log_std[1], -_CLIP, _CLIP)
        m = np.clip((clues.mean - self.mean[0]) / self.mean[1], -_CLIP, _CLIP)
        nearby = np.log(np.maximum(clues.nearby, _TINY * self.error) / self.error)
        known = self.spread > 0
        u = np.where(known, clues.places[:, : len(self.spread)] / np.where(known, self.spread, 1.0), 0.0)
        terms = (np.ones(len(s)), log_std, np.log1p(clues.distance), m, s * s, m * m, m * s, nearby)
        return np.column_stack((*terms, np.clip(u, -_CLIP, _CLIP)))


@dataclass(frozen=True, slots=True)
class Unknowing:
    """What is known where nothing was learned. farthest: left-out row's distance. centre, spread: of the readings."""

    farthest: float
    centre: float
    spread: float

    @classmethod
    def of(cls, left: LeftOut) -> Unknowing:
        """By left-out rows."""
        y, weights = left.clues.mean + left.error, left.weights()
        centre = float(weights @ y)
        return cls(float(left.clues.distance.max()), centre, math.sqrt(float(weights @ (y - centre) ** 2)))

    def __call__(self, width: Floats, clues: Clues) -> Floats:
        """(q,) widths by the law, no less than not knowing where rows are farther than any that was left out."""
        beyond = np.clip(clues.distance / max(self.farthest, _TINY) - 1.0, 0.0, 1.0)
        least = np.maximum(width, np.hypot(self.spread, clues.mean - self.centre))
        return np.asarray(np.sqrt((1.0 - beyond) * width**2 + beyond * least**2))


@dataclass(frozen=True, slots=True, eq=False)
class Widening:
    """design: of the width. b: (8 + p',). scores, weights: (n,) of left-out rows, scores ascending.

    unknowing: what is said beyond the farthest of them.
    """

    design: Design
    b: Floats
    scores: Floats
    weights: Floats
    unknowing: Unknowing

    @classmethod
    def of(cls, left: LeftOut) -> Widening:
        """Learn widths and half-widths from left-out rows.

        Raises:
            InputError: when there are fewer than two groups, or folds.
        """
        groups, folds = len(np.unique(left.groups)), len(np.unique(left.fold))
        if groups < 2:
            fail(InputError, "calibration", f"{groups} group was left out", "Two are needed, twenty are better.")
        if folds < 2:
            fail(InputError, "calibration", "groups were left out in one fold", "Leave them out in two or more.")
        design, weights, size = Design.of(left), left.weights(), np.abs(left.error)
        terms = design(left.clues)
        b = _powers(terms, size, weights, left.groups)
        offset, power = _as_std(terms @ b, size, weights, left.groups)
        score = np.empty(len(size))
        for fold in np.unique(left.fold):
            out = left.fold == fold
            others = _powers(terms[~out], size[~out], weights[~out] / weights[~out].sum(), left.groups[~out])
            score[out] = size[out] * np.exp(-offset - power * (terms[out] @ others))
        b *= power
        b[0] += offset
        order = np.argsort(score, kind="stable")
        return cls(design, b, score[order], weights[order], Unknowing.of(left))

    def width(self, clues: Clues) -> Floats:
        """(q,) std of a new reading's error."""
        return self.unknowing(np.exp(self.design(clues) @ self.b), clues)

    def multiple(self, level: float) -> float:
        """Half-width of a central interval, in widths.

        Args:
            level: probability in (0, 1) with which a reading of a new group shall lie inside.

        Raises:
            InputError: for another level.
        """
        if not 0 < level < 1:
            fail(InputError, "interval, level", f"is {level!r}", "Give a probability between 0 and 1, as 0.9.")
        # one more group, of unknown score, joins those that were left out
        room = level * (1.0 + float(np.sum(self.weights**2)))
        place = int(np.searchsorted(np.cumsum(self.weights), room))
        return (
            float(self.scores[place])
            if place < len(self.scores)
            else float(max(self.scores[-1], norm.ppf(0.5 + level / 2)))
        )

    def to_json(self) -> Mapping[str, Any]:
        """What was found, in JSON types."""
        return {
            "powers": dict(zip(_TERMS, self.b.tolist(), strict=False)),
            "directions": self.b[len(_TERMS) :].tolist(),
            "half_width_90": self.multiple(0.9),
            "rows_left_out": len(self.scores),
            "farthest_left_out": self.unknowing.farthest,
        }


def _powers(terms: Floats, size: Floats, weights: Floats, groups: Ints) -> Floats:
    """B (t,) of terms (n, t) that make |errors| (n,) most probable, priors beside."""
    more = terms.shape[1] - len(_TERMS)
    prior = np.array([*_PRIOR_MEAN, *[0.0] * more])
    std = np.array([*_PRIOR_STD, *[_DIRECTION_STD] * more])
    typical = math.log(max(math.sqrt(float(weights @ size**2)), _TINY))
    prior[0] = typical - float(weights @ (terms[:, 1:] @ prior[1:]))
    # an effective number of voices: rows of one group say nearly the same
    voices = 1.0 / float(np.sum(np.bincount(np.unique(groups, return_inverse=True)[1], weights) ** 2))

    def cost(b: Floats) -> tuple[float, Floats]:
        log_width = terms @ b
        z = weights * size * np.exp(np.clip(_LAPLACE - log_width, -60, 60))
        off = (b - prior) / std
        value = voices * float(weights @ log_width + z.sum()) + 0.5 * float(off @ off)
        return value, voices * (terms.T @ (weights - z)) + off / std

    bounds = [*zip(_LOW, _HIGH, strict=True), *[(-2.0, 2.0)] * more]
    return np.asarray(minimize(cost, prior, jac=True, bounds=bounds, method="L-BFGS-B").x)


def _as_std(log_width: Floats, size: Floats, weights: Floats, groups: Ints) -> tuple[float, float]:
    """Offset and power that make exp(offset + power * log_width) the std of errors, most probable under a normal one.

    Widths of a Laplace distribution rank errors well and spread too far where many errors are nearly nothing: a power
    below 1 takes that back and leaves the order.
    """
    voices = 1.0 / float(np.sum(np.bincount(np.unique(groups, return_inverse=True)[1], weights) ** 2))
    centre = float(weights @ log_width)
    off = log_width - centre

    def cost(a: Floats) -> tuple[float, Floats]:
        said = a[0] + a[1] * off
        z = weights * size**2 * np.exp(np.clip(-2.0 * said, -60, 60))
        far = (a[1] - 1.0) / _POWER_STD
        value = voices * float(weights @ said + 0.5 * z.sum()) + 0.5 * far**2
        slope = voices * np.array([float((weights - z).sum()), float((weights - z) @ off)])
        return value, slope + np.array([0.0, far / _POWER_STD])

    start = 0.5 * math.log(max(float(weights @ size**2), _TINY))
    a = minimize(cost, [start, 1.0], jac=True, bounds=[(None, None), (0.0, 2.0)], method="L-BFGS-B").x
    return float(a[0] - a[1] * centre), float(a[1])


def _spread(values: Floats) -> float:
    """Std of what varies, 1 for what is constant but for rounding."""
    std = float(values.std())
    return std if std > ROUNDING * float(np.abs(values).max(initial=0.0)) else 1.0
