"""Priors against scipy.stats and against differences."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from matloop.surrogate.gp import GP
from matloop.surrogate.priors import EXCESS_TAIL, EXCESS_UPPER, Bell, Lengths, LogNormal, Shrunk

LOG_NORMAL, SHRUNK, BELL = LogNormal(-4.0, 1.3), Shrunk(0.3, 0.05), Bell(-3.0, 2.0)
LENGTHS = Lengths(count=3, loc=1.4, width=1.7, pooling=0.8)


@pytest.mark.parametrize("u", [-9.0, -4.0, 0.5])
def test_lognormal_has_the_density_of_the_value(u: float) -> None:
    expected = stats.lognorm.logpdf(math.exp(u), s=1.3, scale=math.exp(-4.0))
    assert LOG_NORMAL.log_density(u)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("u", [-9.0, -4.0, 0.5])
def test_shrunk_has_the_density_of_the_root(u: float) -> None:
    expected = stats.expon.logpdf(math.exp(u / 2), scale=1 / SHRUNK.rate)
    assert SHRUNK.log_density(u)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("u", [-9.0, -4.0, 0.5])
def test_bell_has_the_density_of_the_logarithm(u: float) -> None:
    assert BELL.log_density(u)[0] == pytest.approx(stats.norm.logpdf(u, -3.0, 2.0), rel=1e-12)
    assert BELL.log_density(BELL.start())[1] == 0.0


@pytest.mark.parametrize("prior", [LOG_NORMAL, SHRUNK, BELL], ids=["lognormal", "shrunk", "bell"])
@pytest.mark.parametrize("u", [-9.0, -4.0, 0.5])
def test_slopes_agree_with_differences(prior: LogNormal | Shrunk | Bell, u: float) -> None:
    step = 1e-5
    expected = (prior.log_density(u + step)[0] - prior.log_density(u - step)[0]) / (2 * step)
    assert prior.log_density(u)[1] == pytest.approx(expected, rel=1e-6)


def test_lognormal_starts_at_the_mode_of_its_density() -> None:
    assert LOG_NORMAL.log_density(LOG_NORMAL.start())[1] == pytest.approx(0.0, abs=1e-12)


def test_shrunk_exceeds_its_upper_end_with_the_stated_probability() -> None:
    assert stats.expon.sf(0.3, scale=1 / SHRUNK.rate) == pytest.approx(0.05)


def test_the_excess_exceeds_its_upper_end_as_often_as_the_published_noise_prior_does() -> None:
    quantile = stats.lognorm.ppf(1 - EXCESS_TAIL, s=1.0, scale=math.exp(-4.0))
    assert math.sqrt(quantile) == pytest.approx(EXCESS_UPPER, rel=0.02)


DRAWN = {
    "lognormal": (LOG_NORMAL, stats.norm(-4.0, 1.3).cdf),
    "shrunk": (SHRUNK, lambda u: stats.expon(scale=1 / SHRUNK.rate).cdf(np.exp(u / 2))),
    "bell": (BELL, stats.norm(-3.0, 2.0).cdf),
}


@pytest.mark.parametrize("name", DRAWN)
def test_draws_follow_the_prior(name: str) -> None:
    prior, law = DRAWN[name]
    rng = np.random.default_rng(0)
    assert stats.kstest([prior.draw(rng) for _ in range(2000)], law).pvalue > 0.001


def test_lengths_have_the_density_of_a_correlated_normal_around_the_mode() -> None:
    u = np.array([-1.0, 0.4, 2.0])
    covariance = 1.7**2 * (0.2 * np.eye(3) + 0.8)
    expected = stats.multivariate_normal.logpdf(u, mean=np.full(3, 1.4 - 1.7**2), cov=covariance)
    assert LENGTHS.log_density(u)[0] == pytest.approx(expected, rel=1e-12)


def test_slopes_of_lengths_agree_with_differences() -> None:
    u, step = np.array([-1.0, 0.4, 2.0]), 1e-5
    shifts = step * np.eye(3)
    expected = [(LENGTHS.log_density(u + h)[0] - LENGTHS.log_density(u - h)[0]) / (2 * step) for h in shifts]
    assert_allclose(LENGTHS.log_density(u)[1], expected, rtol=1e-7)


def test_lengths_without_pooling_are_independent_lognormals() -> None:
    u = np.array([-1.0, 0.4, 2.0])
    apart = Lengths(3, 1.4, 1.7, 0.0)
    one = LogNormal(1.4, 1.7)
    assert_allclose(apart.log_density(u)[1], [one.log_density(value)[1] for value in u], rtol=1e-12)


def test_draws_of_lengths_are_correlated_as_stated() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([LENGTHS.draw(rng) for _ in range(4000)])
    assert_allclose(np.cov(drawn.T), 1.7**2 * (0.2 * np.eye(3) + 0.8), rtol=0.1)


def test_length_scales_grow_with_the_root_of_the_number_of_features() -> None:
    few, many = (GP().layout(groups, np.zeros(3)).lengths.start()[0] for groups in (1, 100))
    assert many - few == pytest.approx(math.log(10.0))
