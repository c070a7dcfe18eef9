"""How fast a strategy finds what is worth finding, on a pool whose truth is known.

Definitions of Liang et al., npj Comput. Mater. 7, 188 (2021): a pool of N candidates, T the best ceil(0.05 N) of them,
S_i the candidates measured after i experiments, the initial ones included. Orders are rows of the pool as they were
measured; a candidate measured again counts as an experiment and finds nothing new. Curves that were published as counts
enter at `share_found`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain.objective import Direction
from matloop.errors import InputError, fail

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

TOP_SHARE = 0.05
"""T is the best twentieth. Another share gives other numbers than everything published."""
GRID = 0.005
"""Levels that a mean Top% is rounded to before it is said to have reached one (Liang et al., their notebook)."""
_ROUNDING = 1e-9  # forgives the last bits of a mean of ratios; the grid is a million times coarser


def top_size(n: int, share: float = TOP_SHARE) -> int:
    """|T| = ceil(share N), exactly: 0.05 * 140 is 7, whatever floats say."""
    return ceil(Fraction(str(share)) * n)


def top(truth: Floats, goal: Direction, share: float = TOP_SHARE) -> Bools:
    """Which candidates belong to T.

    Args:
        truth: (n,) true mean of each candidate.
        goal: what is better.
        share: of the pool.

    Returns:
        (n,) with exactly `top_size` members; of equals the earlier rows belong.
    """
    order = np.argsort(truth if goal == "minimize" else -truth, kind="stable")
    member = np.zeros(len(order), dtype=np.bool_)
    member[order[: top_size(len(order), share)]] = True
    return member


def count_found(orders: Ints, targets: Bools) -> NDArray[np.int64]:
    """How many targets were measured so far.

    Args:
        orders: (runs, budget) rows of the pool, in the order measured.
        targets: (n,) which candidates are sought.

    Returns:
        (runs, budget) count after each experiment.
    """
    return np.cumsum(targets[orders] & _firsts(orders), axis=1, dtype=np.int64)


def share_found(counts: Ints, size: int) -> Floats:
    """Top%(i) = |S_i n T| / |T|.

    Args:
        counts: (runs, budget) targets found after each experiment, as `count_found` gives or as published.
        size: how many targets there are.

    Returns:
        (runs, budget) shares between 0 and 1.
    """
    return np.asarray(counts / size, dtype=np.float64)


def discovery_yield(orders: Ints, targets: Bools) -> Floats:
    """DY(i) = targets found / targets, for targets of any definition (runs, budget)."""
    sought = int(targets.sum())
    if sought == 0:
        fail(InputError, "discovery yield", "there are no targets", "Choose targets that occur in the pool.")
    return share_found(count_found(orders, targets), sought)


def random_share(n: int, budget: int) -> Floats:
    """Expected Top% of uniform choice without replacement: i/N exactly; (budget,)."""
    return np.arange(1, budget + 1) / n


def enhancement(shares: Floats, n: int) -> Floats:
    """EF(i) = Top%(i) N / i: how many times more than random choice found after as many experiments.

    Args:
        shares: (..., budget) Top%.
        n: size of the pool.

    Returns:
        (..., budget).
    """
    return shares / random_share(n, shares.shape[-1])


def experiments_to(mean_shares: Floats, levels: Sequence[float]) -> Floats:
    """i_alg(a): the first i at which the mean Top%, rounded to the grid of 0.005, reaches a.

    A mean of 0.498 has therefore reached 0.5, as in the published figures.

    Args:
        mean_shares: (..., budget) mean over runs of Top%.
        levels: a, each in (0, 1].

    Returns:
        (..., levels) numbers of experiments, infinity where a level was not reached.

    Raises:
        InputError: for a level outside (0, 1].
    """
    for level in levels:
        if not 0 < level <= 1:
            fail(InputError, "level", f"it is {level}", "Give a share above 0 and up to 1.")
    rounded = GRID * np.floor(mean_shares / GRID + 0.5 + _ROUNDING)
    reached = rounded[..., None, :] >= np.asarray(levels)[:, None] - _ROUNDING
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1.0, np.inf)


def acceleration(mean_shares: Floats, n: int, levels: Sequence[float]) -> Floats:
    """AF(a) = a N / i_alg(a): how many times fewer experiments than random choice reach the level a.

    Args:
        mean_shares: (..., budget) mean over runs of Top%.
        n: size of the pool.
        levels: a, each in (0, 1].

    Returns:
        (..., levels), NaN where a level was not reached.
    """
    needed = experiments_to(mean_shares, levels)
    factors = np.asarray(levels) * n / needed
    return np.where(np.isinf(needed), np.nan, factors)


def best_found(orders: Ints, truth: Floats, goal: Direction) -> Floats:
    """The best true mean among the candidates measured so far.

    Args:
        orders: (runs, budget) rows of the pool, in the order measured.
        truth: (n,) true mean of each candidate, in the objective's unit.
        goal: what is better.

    Returns:
        (runs, budget), in the objective's unit.
    """
    better = np.minimum if goal == "minimize" else np.maximum
    return np.asarray(better.accumulate(truth[orders], axis=1), dtype=np.float64)


def regret(orders: Ints, truth: Floats, goal: Direction) -> Floats:
    """Simple regret r(i) = best - best in S_i, judged on the true mean, never on the luckiest reading.

    Args:
        orders: (runs, budget) rows of the pool, in the order measured.
        truth: (n,) true mean of each candidate, in the objective's unit.
        goal: what is better.

    Returns:
        (runs, budget) >= 0, in the objective's unit.
    """
    best = truth.min() if goal == "minimize" else truth.max()
    return np.asarray(np.abs(best - best_found(orders, truth, goal)))


def first_hit(counts: Ints) -> Floats:
    """How many experiments the first target took.

    Args:
        counts: (runs, budget) targets found after each experiment.

    Returns:
        (runs,) numbers of experiments, infinity where none was found, so that a median over runs stays right.
    """
    hit = counts > 0
    return np.where(hit.any(axis=1), hit.argmax(axis=1) + 1.0, np.inf)


def random_first_hit(n: int, size: int) -> float:
    """Expected experiments until uniform choice without replacement finds one of `size` targets: (N+1)/(|T|+1)."""
    return (n + 1) / (size + 1)


def _firsts(orders: Ints) -> Bools:
    """(runs, budget) where a candidate was measured for the first time in its run."""
    places = np.argsort(orders, axis=1, kind="stable")
    ranked = np.take_along_axis(orders, places, axis=1)
    new = np.ones(orders.shape, dtype=np.bool_)
    new[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    first = np.empty_like(new)
    np.put_along_axis(first, places, new, axis=1)
    return first
