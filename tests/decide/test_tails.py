"""How far errors reach, against known distributions and closed forms."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from matloop.decide.tails import Tails, beyond, levels


def tail_of(scores, count=200_000):
    return Tails.of(scores).draw(count, np.random.default_rng(0))


def test_scores_of_a_model_that_is_right_leave_the_middle_as_it_is():
    drawn = tail_of(np.random.default_rng(1).standard_normal(200))
    assert np.median(drawn) == pytest.approx(1.0, abs=0.08)
    assert np.quantile(drawn, 0.95) < 1.7  # with ten degrees of freedom, the prior mean, 1.6


@pytest.mark.parametrize(("nu", "s"), [(3.0, 1.0), (3.0, 1.6), (30.0, 2.0)], ids=["heavy", "heavy-wide", "wide"])
def test_of_many_scores_the_mixture_is_the_distribution_they_came_from(nu, s):
    rng = np.random.default_rng(2)
    drawn = tail_of(s * student(nu).rvs(600, random_state=rng))
    for level in (1.5, 3.0, 5.0):
        said = np.mean(2 * norm.sf(level * s / drawn))
        true = 2 * student(nu).sf(level)
        assert said == pytest.approx(true, rel=0.35, abs=0.004)


def test_small_scores_never_make_the_model_surer_than_it_says():
    drawn = tail_of(0.2 * np.random.default_rng(3).standard_normal(100))
    assert np.median(drawn) >= 0.97


def test_surprises_reach_further_than_none():
    calm = np.random.default_rng(4).standard_normal(40)
    surprised = np.concatenate((calm[:37], [4.0, 5.0, 4.5]))
    assert np.quantile(tail_of(surprised), 0.95) > 1.2 * np.quantile(tail_of(calm), 0.95)


def test_without_claims_the_priors_speak():
    tails = Tails.of([])
    assert tails.claims == 0
    assert 1.5 < np.quantile(tails.draw(100_000, np.random.default_rng(0)), 0.95) < 3.0


def test_the_order_of_scores_does_not_matter():
    scores = np.random.default_rng(5).standard_normal(30)
    assert (Tails.of(scores).weight == Tails.of(scores[::-1]).weight).all()


def test_few_multipliers_stand_for_all_of_them():
    drawn = tail_of(student(4).rvs(60, random_state=np.random.default_rng(6)))
    gain, std = np.linspace(-6.0, 1.0, 15), np.full(15, 0.8)
    every = np.array([np.mean(norm.cdf(one / (0.8 * drawn))) for one in gain])
    np.testing.assert_allclose(beyond(gain, std, levels(drawn)), every, atol=0.003)


def test_one_multiplier_of_one_is_the_normal_distribution():
    gain, std = np.array([-1.0, 0.0, 2.0]), np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(beyond(gain, std, np.ones(1)), norm.cdf(gain / std))
