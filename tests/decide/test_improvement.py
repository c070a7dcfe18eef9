"""Expected improvement, probability of improvement and upper bounds against known truth."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import qmc

from matloop.decide.acquisition.improvement import log_ei, log_h, log_pi
from matloop.decide.acquisition.ucb import schedule, upper_bound

CASES = [(0.0, 1.0, 0.0), (1.0, 0.5, 0.2), (-3.0, 2.0, 0.5), (10.0, 3.0, 16.0), (0.2, 0.1, 0.5)]


@pytest.fixture(scope="module")
def normal():
    """A million standard normal numbers: half of them scrambled Sobol points, the others their negatives."""
    half = ndtri(np.clip(qmc.Sobol(1, seed=np.random.default_rng(0)).random_base2(19)[:, 0], 1e-12, 1 - 1e-12))
    return np.concatenate([half, -half])


def one(value):
    return np.array([value])


def exact_log_h(z):
    """log(phi(z) + z Phi(z)) for z <= -1 in 80 digits, through the continued fraction of Mills' ratio."""
    getcontext().prec = 80
    x = -Decimal(z)
    ratio = Decimal(0)
    for k in range(4000, 0, -1):
        ratio = Decimal(k) / (x + ratio)
    mills = 1 / (x + ratio)
    return float(-x * x / 2 + (1 - x * mills).ln()) - math.log(2 * math.pi) / 2


@pytest.mark.parametrize(("mean", "std", "best"), CASES)
def test_expected_improvement_is_that_of_a_million_draws(normal, mean, std, best):
    drawn = np.maximum(mean + std * normal - best, 0).mean()
    assert math.exp(log_ei(one(mean), one(std), best)[0]) == pytest.approx(drawn, rel=5e-3)


@pytest.mark.parametrize(("mean", "std", "best"), CASES)
def test_probability_of_improvement_is_that_of_a_million_draws(normal, mean, std, best):
    drawn = (mean + std * normal > best).mean()
    assert math.exp(log_pi(one(mean), one(std), best)[0]) == pytest.approx(drawn, rel=5e-3)


@pytest.mark.parametrize("z", [-1.0, -1.0001, -2.5, -7.0, -38.0, -99.999, -100.001, -1e3, -1e6, -1e9])
def test_log_improvement_is_exact_in_the_far_tail(z):
    assert log_h(one(z))[0] == pytest.approx(exact_log_h(z), rel=1e-13, abs=1e-11)


@pytest.mark.parametrize("z", [-0.9999, -0.3, 0.0, 2.0, 40.0])
def test_log_improvement_is_exact_where_nothing_cancels(z):
    direct = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) + z * math.erfc(-z / math.sqrt(2)) / 2
    assert log_h(one(z))[0] == pytest.approx(math.log(direct), rel=1e-12, abs=1e-13)


@given(st.floats(-1e8, 1e3), st.floats(1e-6, 1e3))
def test_log_improvement_rises_with_the_gain(z, step):
    low, high = log_h(np.array([z, z + step]))
    assert high >= low


def test_a_known_value_improves_by_what_it_exceeds_or_not_at_all():
    found = log_ei(np.array([3.0, 1.0, 2.0]), np.zeros(3), 2.0)
    assert found.tolist() == [0.0, -math.inf, -math.inf]


def test_a_known_value_exceeds_the_best_surely_or_never():
    assert log_pi(np.array([3.0, 1.0]), np.zeros(2), 2.0).tolist() == [0.0, -math.inf]


def test_the_schedule_is_that_of_the_theorem():
    # Srinivas et al. 2010, theorem 1, by hand: 2 log(1000 * 4 * pi^2 / 0.6)
    assert schedule(1000, 2) == pytest.approx(2 * math.log(1000 * 4 * math.pi**2 / 0.6))


def test_the_schedule_takes_counts_beyond_any_float():
    assert schedule(10**400, 1) == pytest.approx(800 * math.log(10) + 2 * math.log(math.pi**2 / 0.6))


def test_beta_weighs_the_variance():
    assert upper_bound(one(1.0), one(3.0), 4.0)[0] == 7.0
