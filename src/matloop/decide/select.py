"""Choose among predicted candidates: thresholds, probabilities, lower bounds, fronts, and what a choice promises.

Nothing here fits a model: rules act on a predicted mean and a std of the truth (`Outlook`), wherever they come from.
The rule "sure enough" is that of campaigns (`risk.Sure`). A shortlist says how many of its candidates are expected to
hold, because the best of many predictions are too good on average (the optimiser's curse: Smith and Winkler 2006,
Management Science 52, 311).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from matloop.decide.front import layers
from matloop.decide.risk import Sure
from matloop.domain.prediction import Floats, Prediction
from matloop.errors import InputError, fail

Rows = NDArray[np.intp]

WIDTH = 1.0
"""Standard deviations below the mean of a lower confidence bound. At 0 it is greedy; at 2 and more it picks what is
best known, good or not."""
DRAWS = 4096
"""Joint draws from which hits are counted; they settle an expectation of ten hits to about 0.05."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is predicted of the truth of n candidates in one objective.

    mean, std: (n,) in the objective's unit, std above 0. sign: 1 where more is better, -1 where less is.

    Raises:
        InputError: when the shapes disagree, or a figure makes no sense.
    """

    mean: Floats
    std: Floats
    sign: int = 1

    def __post_init__(self) -> None:
        shapes = f"mean {self.mean.shape}, std {self.std.shape}"
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            fail(InputError, "outlook", shapes, "Give two arrays of one shape (n,).")
        sound = np.isfinite(self.mean) & np.isfinite(self.std) & (self.std > 0)
        if not sound.all():
            row = int(np.argmin(sound))
            found = f"mean {self.mean[row]}, std {self.std[row]}"
            fail(InputError, f"outlook, row {row}", found, "Give finite means, and a std above 0 everywhere.")
        if self.sign not in (1, -1):
            fail(InputError, "outlook, sign", f"is {self.sign!r}", "Give 1 (more is better) or -1 (less is).")

    @classmethod
    def of(cls, prediction: Prediction, objective: int = 0, sign: int = 1) -> Outlook:
        """Of one objective of a prediction: the truth, so the noise of a reading does not count."""
        return cls(prediction.mean[:, objective], prediction.model_std[:, objective], sign)

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def worth(self) -> Floats:
        """(n,) the mean, such that more is better."""
        return self.sign * self.mean

    def probability(self, threshold: float) -> Floats:
        """(n,) probability of a truth at least as good as a threshold in the objective's unit."""
        return np.asarray(norm.cdf(self.sign * (self.mean - threshold) / self.std))

    def bound(self, width: float = WIDTH) -> Floats:
        """(n,) the confidence bound on the bad side, in the objective's unit: mean less `width` std if more is better.

        Raises:
            InputError: for a width that is no number from 0.
        """
        if not (math.isfinite(width) and width >= 0):
            fail(InputError, "confidence bound, width", f"is {width!r}", "Give a number from 0, as 1.")
        return self.mean - self.sign * width * self.std


def passing(outlook: Outlook, *, value: float | None = None, sure: Sure | None = None) -> NDArray[np.bool_]:
    """(n,) which candidates pass.

    Args:
        outlook: of n candidates.
        value: the mean must be at least this good, in the objective's unit.
        sure: how sure the model must be: `Sure(max_std=0.25)`, or `Sure(min_probability=0.8, threshold=1.0)`.

    Raises:
        InputError: when nothing is demanded.
    """
    if value is None and sure is None:
        fail(InputError, "selection", "no rule is given", "Give a value, or how sure the model must be.")
    passed = np.ones(len(outlook), dtype=np.bool_)
    if value is not None:
        passed &= outlook.sign * (outlook.mean - value) >= 0
    if sure is not None:
        passed &= sure.lacks(outlook.mean, outlook.std, outlook.sign) == 0.0
    return passed


def best(scores: Floats, k: int) -> Rows:
    """Rows (k,) of the k highest scores (n,), best first; of equals the earlier.

    Raises:
        InputError: when there are fewer than k, or k is below 1.
    """
    check_count(len(scores), k)
    return np.argsort(-scores, kind="stable")[:k]


def greedy(outlook: Outlook, k: int) -> Rows:
    """Rows (k,) of the best means, best first; their std does not count."""
    return best(outlook.worth, k)


def low_risk(outlook: Outlook, k: int, width: float = WIDTH) -> Rows:
    """Rows (k,) of the best confidence bounds, best first."""
    return best(outlook.sign * outlook.bound(width), k)


def risk_front(outlook: Outlook, others: Floats | None = None) -> Rows:
    """Layer (n,) of each candidate among value against risk: 1 where nothing is both better and surer.

    Args:
        outlook: of n candidates; a high worth and a low std are wanted.
        others: (n, m) further figures of which more is better, as a negative price.

    Raises:
        InputError: when `others` has another number of rows.
    """
    worth = np.column_stack((outlook.worth, -outlook.std))
    if others is not None:
        if others.ndim != 2 or len(others) != len(outlook):
            found = f"others {others.shape} for {len(outlook)} candidates"
            fail(InputError, "risk front", found, "Give (n, m), one row a candidate.")
        worth = np.column_stack((worth, others))
    return layers(worth)


@dataclass(frozen=True, slots=True)
class Hits:
    """How many of k chosen candidates are truly at least as good as a threshold.

    expected: the mean. low, high: its central 90 % range, by the joint distribution of the truths.
    of: k. threshold: in the objective's unit.
    """

    expected: float
    low: int
    high: int
    of: int
    threshold: float

    def words(self) -> str:
        """`6.2 of 20 are expected to reach 1.05 (90 %: 2 to 11)`."""
        range_ = f"(90 %: {self.low} to {self.high})"
        return f"{self.expected:.1f} of {self.of} are expected to reach {self.threshold:g} {range_}"


def expected_hits(
    outlook: Outlook, rows: Sequence[int] | Rows, threshold: float, *, covariance: Floats | None = None, seed: int = 0
) -> Hits:
    """What a choice promises.

    The expectation is exact. The range comes from draws: errors that go together make it wide, so it is too narrow
    where no covariance is given and they do.

    Args:
        outlook: of n candidates.
        rows: the k chosen.
        threshold: in the objective's unit.
        covariance: (n, n) of the truths, None for independent ones.
        seed: of the draws.

    Raises:
        InputError: when the covariance has another shape, or nothing is chosen.
    """
    chosen = np.asarray(rows, dtype=np.intp)
    check_count(len(outlook), len(chosen))
    check_covariance(covariance, len(outlook))
    normal = np.random.default_rng(seed).standard_normal((DRAWS, len(chosen)))
    if covariance is None:
        off = normal * outlook.std[chosen]
    else:
        values, vectors = np.linalg.eigh(covariance[np.ix_(chosen, chosen)])
        off = normal @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    hit = outlook.sign * (outlook.mean[chosen] + off - threshold) >= 0
    low, high = np.quantile(hit.sum(axis=1), (0.05, 0.95), method="nearest")
    return Hits(float(outlook.probability(threshold)[chosen].sum()), int(low), int(high), len(chosen), threshold)


def promised_hits(outlook: Outlook, rows: Rows, threshold: float, *, covariance: Floats) -> Hits:
    """As `expected_hits`, of the chosen that anything is promised of: none of them promise nothing."""
    return (
        expected_hits(outlook, rows, threshold, covariance=covariance) if len(rows) else Hits(0.0, 0, 0, 0, threshold)
    )


def check_count(n: int, k: int) -> None:
    """Refuse to choose k of n where that cannot be.

    Raises:
        InputError: when k is below 1 or above n.
    """
    if not 1 <= k <= n:
        fail(InputError, "selection", f"{k} of {n} candidates were asked for", f"Ask for 1 to {n}.")


def check_covariance(covariance: Floats | None, n: int) -> None:
    """Refuse a covariance of another shape.

    Raises:
        InputError: when it is not (n, n) and symmetric.
    """
    if covariance is None:
        return
    if covariance.shape != (n, n) or not np.allclose(covariance, covariance.T, rtol=1e-8, atol=1e-12):
        found = f"{covariance.shape} for {n} candidates" if covariance.shape != (n, n) else "it is not symmetric"
        fail(InputError, "covariance", found, "Give a symmetric (n, n), one row a candidate.")
