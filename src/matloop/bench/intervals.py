"""How far results of repeated runs can be trusted: bands over runs, and bootstrap intervals of their mean.

Every random draw comes from a seed that is an argument. Runs of two strategies share their initial candidates, so
differences are taken run by run before they are resampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.errors import InputError, fail

Floats = NDArray[np.float64]

RESAMPLES = 4000
"""Fewer, and the ends of a 95 % interval move visibly with the seed."""
LEVEL = 0.95
"""A difference counts when its 95 % interval excludes 0."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its bootstrap interval; arrays of one shape.

    value: from all runs. low, high: ends of the interval.
    """

    value: Floats
    low: Floats
    high: Floats


def bands(values: Floats, quantiles: Sequence[float] = (0.05, 0.5, 0.95)) -> Floats:
    """Quantiles over runs.

    Args:
        values: (runs, ...), infinity allowed.
        quantiles: each in [0, 1].

    Returns:
        (quantiles, ...).
    """
    return np.asarray(_quantiles(values, quantiles))


def bootstrap(
    values: Floats,
    statistic: Callable[[Floats], Floats] | None = None,
    *,
    seed: int,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Interval:
    """Percentile bootstrap of the mean over runs, or of a function of that mean (Efron 1979).

    Args:
        values: (runs, k), one row a run.
        statistic: from means (..., k) to figures (..., m); None for the mean itself. NaN counts as below everything.
        seed: of the resampling.
        level: of the interval.
        resamples: drawn.

    Returns:
        Figures (m,) with their interval; an end is NaN where the figure is NaN that often.
    """
    figure = statistic or (lambda means: means)
    drawn = figure(_weights(len(values), resamples, seed) @ values)
    tail = (1 - level) / 2
    low, high = _quantiles(np.where(np.isnan(drawn), -np.inf, drawn), (tail, 1 - tail))
    low, high = (np.where(np.isneginf(end), np.nan, end) for end in (low, high))
    return Interval(figure(values.mean(axis=0)), low, high)


def grouped_bootstrap(
    sums: Floats, groups: NDArray[np.intp], statistic: Callable[[Floats], Floats], *, seed: int, level: float = LEVEL
) -> Interval:
    """Bootstrap over whole groups of rows, whose errors go together (cluster bootstrap: Davison and Hinkley 1997, 3.8).

    Args:
        sums: (n, k) what is summed over rows, such as 1 and |error|.
        groups: (n,) the group of each row.
        statistic: from sums (..., k), up to a common factor, to figures (..., m): ratios of sums.
        seed: of the resampling.
        level: of the interval.
    """
    owner = np.unique(groups, return_inverse=True)[1]
    of_group: Floats = np.stack([np.bincount(owner, column).astype(np.float64) for column in sums.T], axis=1)
    return bootstrap(of_group, statistic, seed=seed, level=level)


def paired_difference(a: Floats, b: Floats, *, seed: int, level: float = LEVEL, resamples: int = RESAMPLES) -> Interval:
    """Bootstrap of the mean of a - b, run by run.

    Args:
        a: (runs, k).
        b: (runs, k), the same runs.
        seed: of the resampling.
        level: of the interval.
        resamples: drawn.

    Raises:
        InputError: when the shapes differ, so that nothing can be paired.
    """
    if a.shape != b.shape:
        fail(InputError, "paired difference", f"shapes {a.shape} and {b.shape}", "Compare equal runs and budgets.")
    return bootstrap(a - b, seed=seed, level=level, resamples=resamples)


def _weights(runs: int, resamples: int, seed: int) -> Floats:
    """(resamples, runs) how often each run was drawn, over the number of runs."""
    draws = np.random.default_rng(seed).multinomial(runs, np.full(runs, 1 / runs), size=resamples)
    return draws / runs


def _quantiles(values: Floats, quantiles: Sequence[float]) -> Floats:
    """Quantiles over the first axis; between a finite and an infinite value the nearer one counts."""
    if np.isfinite(values).all():
        return np.asarray(np.quantile(values, quantiles, axis=0))
    return np.asarray(np.quantile(values, quantiles, axis=0, method="nearest"))
