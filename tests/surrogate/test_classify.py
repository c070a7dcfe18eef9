"""The probability that a candidate forms: against the exact posterior, drawn truths, and few failures."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from matloop.errors import DataError
from matloop.surrogate.classify import OFFSET, RATE, Trials, _drawn, _Setting, forming

SQUARE = np.arange(2)


def exact(good: int, bad: int, amplitude: float) -> float:
    """P(forms) at an input after these trials of it, by quadrature over f."""
    std = math.hypot(OFFSET, amplitude)
    mean = norm.ppf(RATE) * math.hypot(1.0, std)

    def weight(f: float) -> float:
        return float(norm.cdf(f) ** good * norm.cdf(-f) ** bad * norm.pdf(f, mean, std))

    span = (mean - 10 * std, mean + 10 * std)
    return quad(lambda f: norm.cdf(f) * weight(f), *span)[0] / quad(weight, *span)[0]


@pytest.mark.parametrize(("good", "bad"), [(1, 0), (0, 1), (5, 1), (1, 3), (20, 0)])
def test_replicates_of_one_candidate_give_nearly_the_exact_posterior(good: int, bad: int) -> None:
    x = np.full((1, 2), 0.5)
    setting = _Setting.of(Trials(x, np.array([float(good)]), np.array([float(bad)])), np.ones(2), 2.0)
    assert setting.probability(x)[0] == pytest.approx(exact(good, bad, 2.0), abs=0.06)


def test_before_anything_was_tried_every_setting_states_the_prior_rate() -> None:
    nothing = Trials(np.full((1, 2), 0.5), np.zeros(1), np.zeros(1))
    for lengths, amplitude in _drawn(SQUARE):
        found = _Setting.of(nothing, lengths, amplitude).probability(np.random.default_rng(0).random((9, 2)))
        np.testing.assert_allclose(found, RATE, atol=1e-9)


def test_probabilities_are_true_to_a_tenth_where_truths_are_drawn_from_the_prior() -> None:
    rng = np.random.default_rng(1)
    settings = list(_drawn(SQUARE))
    stated, true = [], []
    for k in range(160):
        lengths, amplitude = settings[k % len(settings)]
        X = rng.random((80, 2))
        Z = X / lengths
        gap = np.sqrt(5 * ((Z[:, None] - Z) ** 2).sum(2))
        K = amplitude**2 * (1 + gap + gap**2 / 3) * np.exp(-gap) + OFFSET**2 + 1e-9 * np.eye(80)
        mean = norm.ppf(RATE) * math.sqrt(1 + OFFSET**2 + amplitude**2)
        forms = rng.random(80) < norm.cdf(mean + np.linalg.cholesky(K) @ rng.standard_normal(80))
        stated.append(forming(X[:30], forms[:30], SQUARE).probability(X[30:]))
        true.append(forms[30:])
    p, y = np.concatenate(stated), np.concatenate(true)
    for low, high in ((0.0, 0.3), (0.3, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.0)):
        some = (p >= low) & (p < high)
        assert some.sum() > 100
        assert y[some].mean() == pytest.approx(p[some].mean(), abs=0.1)


def test_one_failure_darkens_its_neighbourhood_and_not_the_region() -> None:
    rng = np.random.default_rng(0)
    X = rng.random((12, 2))
    formed = np.ones(12, dtype=bool)
    formed[3] = False
    learned = forming(X, formed, SQUARE)
    everywhere = learned.probability(rng.random((2000, 2)))
    assert learned.probability(X[3:4])[0] < np.quantile(everywhere, 0.02)
    assert everywhere.min() > 0.5
    assert np.median(everywhere) > 0.8


def test_a_campaign_that_only_fails_still_leaves_a_chance_far_away() -> None:
    learned = forming(np.full((3, 2), 0.1), np.zeros(3, dtype=bool), SQUARE)
    near, far = learned.probability(np.array([[0.1, 0.1], [1.0, 1.0]]))
    assert near < 0.35
    assert far > 0.4


def test_a_region_without_success_is_told_from_its_surroundings() -> None:
    rng = np.random.default_rng(2)
    X = rng.random((60, 2))
    learned = forming(X, X[:, 0] < 0.7, SQUARE)
    assert learned.probability(np.array([[0.9, 0.5]]))[0] < 0.15
    assert learned.probability(np.array([[0.2, 0.5]]))[0] > 0.9


def test_the_order_of_trials_changes_no_bit() -> None:
    rng = np.random.default_rng(3)
    X, grid = rng.random((40, 2)), rng.random((50, 2))
    formed = X.sum(1) < 1.2
    turned = rng.permutation(40)
    one, other = forming(X, formed, SQUARE), forming(X[turned], formed[turned], SQUARE)
    assert np.array_equal(one.probability(grid), other.probability(grid))


def test_many_trials_count_at_their_nearest_and_are_all_counted() -> None:
    rng = np.random.default_rng(4)
    X = rng.random((900, 2))
    formed = X[:, 0] < 0.7
    trials = Trials.of(X, formed)
    assert len(trials.X) == 300
    assert (trials.formed.sum(), trials.failed.sum()) == (formed.sum(), (~formed).sum())
    left = trials.X[:, 0] < 0.6
    assert trials.failed[left].sum() == 0


@pytest.mark.parametrize(
    ("X", "formed"),
    [(np.zeros((3, 2)), np.ones(2, dtype=bool)), (np.full((2, 2), np.nan), np.ones(2, dtype=bool))],
    ids=["shapes", "not finite"],
)
def test_trials_that_make_no_sense_are_refused(X: np.ndarray, formed: np.ndarray) -> None:
    with pytest.raises(DataError, match="trials"):
        forming(X, formed, SQUARE)
