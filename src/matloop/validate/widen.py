"""Intervals that hold for groups that were not seen: stated errors corrected by left-out groups.

What members of a model disagree about is too small an error for a new family: none of them has seen it. So whole groups
are left out inside the training part, and the errors made there teach a width: with s the stated std, d the distance to
what was learned and m the predicted mean (standardised),

    log width = b0 + b1 log s + b2 log(1 + d) + b3 m,

at the b that make the errors most probable under a normal distribution, with priors that hold b1 near 1, b2 >= 0 and b3
near 0, so that few groups change little. Scores |error| / width then give half-widths that need no normal distribution
(split conformal: Papadopoulos et al. 2002; with groups left out whole, as in Dunn, Wasserman and Ramdas 2022, JASA 118,
2491, the exchangeable things are groups, so each counts as one whatever its number of rows).
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
from matloop.validate.splits import Ints

_PRIOR_MEAN = np.array([0.0, 1.0, 0.3, 0.0])
_PRIOR_STD = np.array([2.0, 0.3, 0.3, 0.3])
"""Of b0..b3. Wider, ten groups swing the width; narrower, a hundred cannot correct it."""
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Rows that a model of other groups has predicted.

    error: (n,) reading less mean. std: (n,) as stated. mean: (n,) predicted. distance: (n,) to what was learned.
    groups: (n,).
    """

    error: Floats
    std: Floats
    mean: Floats
    distance: Floats
    groups: Ints

    def weights(self) -> Floats:
        """(n,) each group counts as the root of its rows: between one voice a group and one voice a row."""
        _, owner, count = np.unique(self.groups, return_inverse=True, return_counts=True)
        weight = 1.0 / np.sqrt(count[owner])
        return np.asarray(weight / weight.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Widening:
    """b: (4,). centre, spread: of the predicted means. scores, weights: (n,) of left-out rows, scores ascending."""

    b: Floats
    centre: float
    spread: float
    scores: Floats
    weights: Floats

    @classmethod
    def of(cls, left: LeftOut) -> Widening:
        """Learn widths and half-widths from left-out rows.

        Raises:
            InputError: when there are fewer than two groups.
        """
        groups = len(np.unique(left.groups))
        if groups < 2:
            fail(InputError, "calibration", f"{groups} group was left out", "Two are needed, twenty are better.")
        weights = left.weights()
        centre, spread = float(np.average(left.mean, weights=weights)), float(left.mean.std()) or 1.0
        typical = math.sqrt(max(float(weights @ left.error**2), _TINY))
        design = _design(left.std, left.distance, (left.mean - centre) / spread)
        start = np.array([math.log(typical) - float(weights @ np.log(np.maximum(left.std, _TINY))), 1.0, 0.0, 0.0])
        prior = np.concatenate(([start[0]], _PRIOR_MEAN[1:]))
        # an effective number of voices: rows of one group say nearly the same
        voices = 1.0 / float(np.sum(np.bincount(np.unique(left.groups, return_inverse=True)[1], weights) ** 2))

        def cost(b: Floats) -> tuple[float, Floats]:
            log_width = design @ b
            z = weights * left.error**2 * np.exp(np.clip(-2.0 * log_width, -60, 60))
            off = (b - prior) / _PRIOR_STD
            value = voices * float(weights @ log_width + 0.5 * z.sum()) + 0.5 * float(off @ off)
            return value, voices * (design.T @ (weights - z)) + off / _PRIOR_STD

        bounds = [(None, None), (0.0, 2.0), (0.0, 3.0), (-2.0, 2.0)]
        b = np.asarray(minimize(cost, start, jac=True, bounds=bounds, method="L-BFGS-B").x)
        score = np.abs(left.error) / np.exp(design @ b)
        order = np.argsort(score, kind="stable")
        return cls(b, centre, spread, score[order], weights[order])

    def width(self, std: Floats, mean: Floats, distance: Floats) -> Floats:
        """(q,) std of a new reading's error."""
        return np.exp(_design(std, distance, (mean - self.centre) / self.spread) @ self.b)

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
        names = ("offset", "stated_std", "distance", "mean")
        return {
            "powers": dict(zip(names, self.b.tolist(), strict=True)),
            "half_width_90": self.multiple(0.9),
            "rows_left_out": len(self.scores),
        }


def _design(std: Floats, distance: Floats, mean: Floats) -> Floats:
    columns = (np.ones(len(std)), np.log(np.maximum(std, _TINY)), np.log1p(distance), np.clip(mean, -3.0, 3.0))
    return np.column_stack(columns)
