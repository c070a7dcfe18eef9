"""Standardising censored readings: mean and std of what was cut off, against distributions that are known."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from matloop.surrogate.replicates import Scaling
from matloop.surrogate.tobit import scaling_of


def cut_off(n: int, share: float, seed: int, side: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers of mean 3 and std 2, the lowest (or highest) share of which is only known to lie beyond."""
    y = np.random.default_rng(seed).normal(3.0, 2.0, n)
    limit = np.quantile(y, share if side < 0 else 1.0 - share)
    beyond = y < limit if side < 0 else y > limit
    return np.where(beyond, limit, y), np.where(beyond, side, 0).astype(np.int8)


@pytest.mark.parametrize("side", [-1, 1], ids=["below", "above"])
@pytest.mark.parametrize("share", [0.2, 0.4, 0.6])
def test_mean_and_std_are_those_before_the_cut(share: float, side: int) -> None:
    found = []
    for seed in range(40):
        y, sides = cut_off(60, share, seed, side)
        scaling = scaling_of(y, sides, np.arange(60), "test")
        found.append((scaling.centre, scaling.spread))
    assert np.mean(found, axis=0) == pytest.approx([3.0, 2.0], abs=0.15)


def test_it_is_the_maximum_of_the_likelihood() -> None:
    y, sides = cut_off(30, 0.3, 1)

    def less(at: np.ndarray) -> float:
        mean, std = at[0], np.exp(at[1])
        seen = norm.logpdf(y[sides == 0], mean, std).sum()
        return -float(seen + norm.logcdf(y[sides < 0], mean, std).sum())

    best = minimize(less, np.array([y.mean(), 0.0]), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}).x
    scaling = scaling_of(y, sides, np.arange(30), "test")
    assert [scaling.centre, scaling.spread] == pytest.approx([best[0], np.exp(best[1])], rel=1e-5)


def test_without_bounds_nothing_changes() -> None:
    y, owner = np.array([1.0, 2.0, 4.0, 4.5]), np.array([0, 1, 2, 2])
    plain = Scaling.of(y, owner, "test")
    assert scaling_of(y, None, owner, "test") == plain
    assert scaling_of(y, np.zeros(4, np.int8), owner, "test") == plain


def test_a_bound_that_is_surely_kept_does_not_set_the_scale() -> None:
    y = np.random.default_rng(3).normal(size=40)
    alone = scaling_of(np.append(y, 0.5), np.append(np.zeros(40), -1).astype(np.int8), np.arange(41), "test")
    far = scaling_of(np.append(y, 1e9), np.append(np.zeros(40), -1).astype(np.int8), np.arange(41), "test")
    assert far.spread == pytest.approx(y.std(), rel=0.05)
    assert alone.spread == pytest.approx(far.spread, rel=0.1)


def test_two_readings_among_many_bounds_do_not_stand_for_an_endless_distribution() -> None:
    y = np.array([1.0, 1.2, *np.full(20, 0.9)])
    sides = np.array([0, 0, *np.full(20, -1)], np.int8)
    rough = Scaling.of(y, np.arange(22), "test")
    assert scaling_of(y, sides, np.arange(22), "test").spread <= 3.0 * rough.spread * (1 + 1e-9)


def test_readings_of_one_input_weigh_as_one() -> None:
    y, sides = cut_off(30, 0.4, 5)
    once = scaling_of(y, sides, np.arange(30), "test")
    thrice = scaling_of(np.repeat(y, 3), np.repeat(sides, 3), np.repeat(np.arange(30), 3), "test")
    assert [thrice.centre, thrice.spread] == pytest.approx([once.centre, once.spread], rel=1e-6)
