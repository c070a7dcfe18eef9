"""Is a stated uncertainty true, and is it useful?

Every function takes y (n,) as read, and mean (n,) and std (n,) as predicted.
`std` is the spread of what `y` holds: `total_std` where y are readings, `model_std` where y is the truth.
Predictions are taken as Gaussian. All figures are in the objective's unit unless they are said to have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from matloop.errors import InputError, fail

Floats = NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Levels at which coverage is reported."""
BINS = 10
"""Bins of ENCE. More bins raise it for perfect predictions too (fewer values a bin), so results need equal bins."""
KEPT = 0.5
"""Share that is kept when the least certain are dropped."""


def coverage(y: Floats, mean: Floats, std: Floats, levels: Sequence[float] = LEVELS) -> Floats:
    """Share of readings inside the central interval of each level; ideally the level itself. (levels,), no unit."""
    z = np.abs(_z(y, mean, std))
    return np.asarray([np.mean(z <= stats.norm.ppf(0.5 + level / 2)) for level in levels])


def zms(y: Floats, mean: Floats, std: Floats) -> float:
    """Mean square of z = (y - mean)/std: 1 if the spread is true, above if it is stated too small (Pernot 2022)."""
    return float(np.mean(_z(y, mean, std) ** 2))


def miscalibration_area(y: Floats, mean: Floats, std: Floats) -> float:
    """Area between the coverage of central intervals and the level, over all levels: 0 ideal, 0.5 worst (no unit).

    Computed exactly: the coverage is a staircase whose steps lie at the levels where each reading becomes covered
    (Kuleshov et al. 2018; Tran et al. 2020).
    """
    steps = np.sort(2 * stats.norm.cdf(np.abs(_z(y, mean, std))) - 1)
    edges = np.concatenate(([0.0], steps, [1.0]))
    heights = np.arange(len(steps) + 1) / len(steps)
    a, b = edges[:-1] - heights, edges[1:] - heights
    # integral of |t| from a to b
    return float(np.sum(np.abs(b * np.abs(b) - a * np.abs(a)) / 2))


def ence(y: Floats, mean: Floats, std: Floats, bins: int = BINS) -> float:
    """Expected normalised calibration error (Levi et al. 2022, eq. 8), no unit.

    Readings are sorted by std into `bins` bins of (nearly) equal count; the mean over bins of
    |root mean variance - root mean square error| / root mean variance.

    Raises:
        InputError: when there are fewer readings than bins.
    """
    z = _z(y, mean, std)
    if not 1 <= bins <= len(z):
        fail(InputError, "ENCE", f"{bins} bins for {len(z)} readings", "Use fewer bins.")
    order = np.argsort(std, kind="stable")
    terms = []
    for part in np.array_split(order, bins):
        stated = np.sqrt(np.mean(std[part] ** 2))
        seen = np.sqrt(np.mean((y[part] - mean[part]) ** 2))
        terms.append(abs(stated - seen) / stated)
    return float(np.mean(terms))


def nll(y: Floats, mean: Floats, std: Floats) -> float:
    """Mean negative log likelihood, in nats (of y in its unit)."""
    z = _z(y, mean, std)
    return float(np.mean(0.5 * z**2 + np.log(std) + 0.5 * np.log(2 * np.pi)))


def crps(y: Floats, mean: Floats, std: Floats) -> float:
    """Mean continuous ranked probability score (Gneiting & Raftery 2007, eq. 21): smaller is better."""
    z = _z(y, mean, std)
    scores = std * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    return float(np.mean(scores))


def sharpness(std: Floats) -> float:
    """Root mean square of the stated std: small is good, if it is true (Tran et al. 2020)."""
    return float(np.sqrt(np.mean(std**2)))


def error_correlation(y: Floats, mean: Floats, std: Floats) -> float:
    """Spearman's rank correlation of |error| and std: does it know where it errs? NaN when one is constant."""
    _z(y, mean, std)
    ranks = [stats.rankdata(np.abs(y - mean)), stats.rankdata(std)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return float("nan")
    return float(stats.pearsonr(*ranks).statistic)


def error_of_most_certain(y: Floats, mean: Floats, std: Floats, kept: float = KEPT) -> float:
    """Mean absolute error after dropping the least certain, keeping ceil(kept n); of equals the earlier are kept."""
    _z(y, mean, std)
    chosen = np.argsort(std, kind="stable")[: int(np.ceil(kept * len(std)))]
    return float(np.mean(np.abs(y[chosen] - mean[chosen])))


def mean_absolute_error(y: Floats, mean: Floats) -> float:
    """Mean absolute error of all, to compare `error_of_most_certain` with."""
    return float(np.mean(np.abs(y - mean)))


def root_mean_square_error(y: Floats, mean: Floats) -> float:
    """Root mean square error of all."""
    return float(np.sqrt(np.mean((y - mean) ** 2)))


def r2(y: Floats, mean: Floats) -> float:
    """1 less the squared errors over those of the mean of y itself; NaN where y is constant."""
    spread = float(np.mean((y - y.mean()) ** 2))
    return 1.0 - float(np.mean((y - mean) ** 2)) / spread if spread > 0 else float("nan")


def within(y: Floats, low: Floats, high: Floats) -> float:
    """Share of readings inside stated intervals, ends included."""
    return float(np.mean((low <= y) & (y <= high)))


def scores(y: Floats, mean: Floats, std: Floats, *, bins: int = BINS) -> Mapping[str, float]:
    """Every figure of this module by name; coverage as `coverage_50`, `coverage_80`, ...; `bins` are those of ENCE."""
    covered = zip(LEVELS, coverage(y, mean, std), strict=True)
    return {
        **{f"coverage_{level * 100:g}": float(share) for level, share in covered},
        **{name: figure(y, mean, std) for name, figure in _FIGURES.items()},
        "ence": ence(y, mean, std, bins),
        "sharpness": sharpness(std),
        "mean_absolute_error": mean_absolute_error(y, mean),
        "root_mean_square_error": root_mean_square_error(y, mean),
        "r2": r2(y, mean),
    }


_FIGURES: Mapping[str, Callable[[Floats, Floats, Floats], float]] = {
    "zms": zms,
    "miscalibration_area": miscalibration_area,
    "nll": nll,
    "crps": crps,
    "error_correlation": error_correlation,
    "error_of_most_certain": error_of_most_certain,
}


def _z(y: Floats, mean: Floats, std: Floats) -> Floats:
    """(y - mean)/std, after a look at what was given.

    Raises:
        InputError: for unequal shapes, nothing at all, or a std that is not above 0.
    """
    if not y.shape == mean.shape == std.shape or y.ndim != 1 or not len(y):
        found = f"y {y.shape}, mean {mean.shape}, std {std.shape}"
        fail(InputError, "uncertainty", found, "Give three arrays of one shape (n,), n at least 1.")
    if not (std > 0).all():
        row = int(np.argmin(std > 0))
        fail(InputError, f"uncertainty, row {row}", f"std is {std[row]}", "Give a std above 0 everywhere.")
    return np.asarray((y - mean) / std)
