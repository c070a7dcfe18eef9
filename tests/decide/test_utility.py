"""Worth of the truth to a goal: closed forms against numerical integration, in the middle and far out in the tails."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from matloop.decide.acquisition.utility import Nearness, Rise, log_between, utility_of
from matloop.domain.objective import Objective

NEAR = {
    "target at the mean": (Nearness(1.0, 1.0), 1.0, 0.5, -0.3),
    "target beside the mean": (Nearness(1.0, 1.0), 0.2, 0.5, -0.3),
    "target above, wide reach": (Nearness(1.0, 1.0), -2.0, 0.7, -4.0),
    "target below": (Nearness(1.0, 1.0), 2.5, 0.4, -0.3),
    "target eight deviations away": (Nearness(1.0, 1.0), -3.0, 0.5, -0.3),
    "range about the mean": (Nearness(0.5, 1.5), 1.0, 0.5, -0.3),
    "range far below": (Nearness(0.5, 1.5), 6.0, 0.5, -0.2),
    "tiny reach to a target": (Nearness(1.0, 1.0), 0.7, 0.5, -1e-7),
    "tiny reach to a range": (Nearness(0.5, 1.5), 0.3, 0.5, -1e-7),
    "sure of it": (Nearness(0.5, 1.5), 0.7, 1e-3, -0.3),
}


def integrated(utility, mean, std, level, f):
    """E[f(worth - level)] by quadrature over every kink, relative to the density's height there."""
    reach = max(-level, 0.0)
    ends = [utility.low - reach, utility.low, utility.high, utility.high + reach]
    middle = [m for m in (mean - 3 * std, mean, mean + 3 * std) if ends[0] < m < ends[3]]
    cuts = sorted({*ends, *middle})
    top = np.max(norm.logpdf(cuts, mean, std))  # the largest density, so that quadrature sees numbers near one

    def integrand(x):
        return f(float(utility.of(np.array(x))) - level) * np.exp(norm.logpdf(x, mean, std) - top)

    parts = [quad(integrand, a, b, epsabs=0, epsrel=1e-10)[0] for a, b in pairwise(cuts) if b > a]
    return np.log(sum(parts)) + top


@pytest.mark.parametrize("name", NEAR)
def test_the_expected_gain_in_nearness_is_that_of_numerical_integration(name):
    utility, mean, std, level = NEAR[name]
    wanted = integrated(utility, mean, std, level, lambda gain: max(gain, 0.0))
    assert utility.log_excess(np.array([mean]), np.array([std]), level)[0] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("name", NEAR)
def test_the_probability_of_being_nearer_is_that_of_numerical_integration(name):
    utility, mean, std, level = NEAR[name]
    wanted = integrated(utility, mean, std, level, lambda gain: float(gain > 0))
    assert utility.log_beyond(np.array([mean]), np.array([std]), level)[0] == pytest.approx(wanted, abs=1e-6)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e2), st.floats(-1e2, 1e2), st.floats(0, 1e2), st.floats(1e-9, 1e3))
def test_logarithms_of_gains_and_probabilities_are_never_nan_and_never_above_what_is_possible(m, s, low, width, reach):
    utility = Nearness(low, low + width)
    gain = utility.log_excess(np.array([m]), np.array([s]), -reach)[0]
    chance = utility.log_beyond(np.array([m]), np.array([s]), -reach)[0]
    assert np.isfinite(gain)
    assert gain <= np.log(reach) + 1e-6
    assert chance <= 1e-9
    assert gain <= np.log(reach) + chance + 1e-5  # nobody gains more than the reach, nor where he does not arrive


def test_nothing_is_nearer_than_inside():
    inside = Nearness(0.5, 1.5)
    assert np.isneginf(inside.log_excess(np.array([1.0]), np.array([0.1]), 0.0)).all()


def test_without_doubt_the_gain_is_the_gain():
    utility = Nearness(1.0, 1.0)
    gains = utility.log_excess(np.array([0.8, 0.1, 3.0]), np.zeros(3), -0.5)
    assert np.exp(gains) == pytest.approx([0.3, 0.0, 0.0])


def test_worth_is_minus_the_distance():
    assert Nearness(0.5, 1.5).of(np.array([0.0, 0.5, 1.0, 1.5, 4.0])).tolist() == [-0.5, 0.0, 0.0, 0.0, -2.5]
    assert Rise().of(np.array([2.0])).tolist() == [2.0]


@given(st.floats(-30, 30), st.floats(-5, 5), st.floats(1e-6, 5))
def test_the_logarithm_of_lying_between_is_symmetric_and_agrees_with_differences_where_those_have_digits(m, low, width):
    high = low + width
    said = log_between(np.array([m]), np.ones(1), low, high)[0]
    mirrored = log_between(np.array([-m]), np.ones(1), -high, -low)[0]
    assert said == pytest.approx(mirrored, rel=1e-9, abs=1e-12)
    plain = norm.cdf(high - m) - norm.cdf(low - m)
    if plain > 1e-3:
        assert said == pytest.approx(np.log(plain), abs=1e-6)


def test_goals_have_the_worth_they_say():
    truth = np.array([1.0, 2.0, 3.0])
    assert utility_of(Objective("y", goal="target", value=2.5)).of(truth).tolist() == [-1.5, -0.5, -0.5]
    assert utility_of(Objective("y", goal="range", low=2, high=4)).of(truth).tolist() == [-1.0, 0.0, 0.0]
    assert utility_of(Objective("y", goal="minimize")).of(truth).tolist() == truth.tolist()
    with pytest.raises(ValueError, match="no utility"):
        utility_of(Objective("y", goal="limit", low=2))
