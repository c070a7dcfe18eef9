"""Noisy expected hypervolume improvement: draws of independent goals, against truths drawn from the posterior."""

import numpy as np
import pytest

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.draws import normals, normals_apart
from matloop.decide.acquisition.ehvi import NEHVI
from matloop.decide.front import hypervolume
from matloop.domain.objective import Objective
from matloop.surrogate import Observations
from matloop.surrogate.gp import GP

GOALS = (Objective("y", goal="minimize"), Objective("z"))


def scene(noise=0.5, seed=0):
    """Ten noisy readings of two goals on the unit square, and the posterior of Gaussian processes."""
    rng = np.random.default_rng(seed)
    X = rng.random((10, 2))
    truth = np.stack([np.sin(6 * X[:, 0]) + X[:, 1] ** 2, np.cos(5 * X[:, 1]) - X[:, 0]], axis=1)
    y = truth + noise * truth.std(axis=0) * rng.standard_normal((10, 2))
    fitted = GP().fit(Observations(X, y, np.zeros_like(y), np.arange(2)), np.random.default_rng(1))
    spreads = y.std(axis=0).tolist()
    labels = tuple(f"d{i}" for i in range(10))
    more = ((GOALS[1], spreads[1]),)
    rng = np.random.default_rng(2)
    return Scene(fitted, GOALS[0], X, labels, X[:0], spreads[0], 1000, 10, 2, rng, more=more)


def alike(parts):
    """Shares of draws in which two quantities have the same sign, at each input of each of two."""
    return np.array(
        [((parts[0] > 0) == (other > 0)).mean(axis=1) for part in parts[1:] for other in (part, part[::-1])]
    )


@pytest.mark.parametrize("seed", range(4))
def test_draws_of_one_goal_say_nothing_of_those_of_another(seed):
    known = scene()
    known.rng.random(seed)
    scorer = NEHVI(draws=256).plain(known)
    assert np.abs(alike([one.base for one in scorer.drawn]) - 0.5).max() < 0.16  # 256 fair coins stray by 0.03
    assert np.abs(alike(list(scorer.ahead.transpose(1, 0, 2))) - 0.5).max() < 0.16


def test_normals_of_independent_quantities_are_as_balanced_as_those_of_one():
    parts = normals_apart(np.random.default_rng(0), 3, 5, 128)
    assert parts.shape == (3, 5, 128)
    assert np.array_equal(parts[0], normals(np.random.default_rng(0), 5, 128))
    assert ((parts > 0).sum(axis=2) == 64).all()
    assert np.abs(alike(list(parts)) - 0.5).max() < 0.2  # 128 fair coins stray by 0.04


def test_the_score_is_the_expected_gain_in_hypervolume_of_truths_drawn_from_the_posterior():
    known, X = scene(), np.random.default_rng(3).random((6, 2))
    mean, cov = known.fitted.joint(np.vstack([known.measured, X]))
    rng, signs = np.random.default_rng(7), (-1.0, 1.0)
    truths = [signs[j] * rng.multivariate_normal(mean[:, j], cov[j], 6000, method="cholesky") for j in range(2)]
    scorer = NEHVI(draws=1024).plain(known)
    gains = np.zeros((6000, 6))
    for s, worth in enumerate(np.stack(truths, axis=2)):
        before = hypervolume(worth[:10], scorer.known.reference)
        gains[s] = [hypervolume(worth[[*range(10), 10 + i]], scorer.known.reference) - before for i in range(6)]
    said = np.exp(scorer.score(X))
    large = gains.mean(axis=0) > 0.05 * gains.mean(axis=0).max()
    assert large.sum() >= 3
    error = gains.std(axis=0) / np.sqrt(6000)
    np.testing.assert_array_less(np.abs(said - gains.mean(axis=0))[large], (4 * error + 0.03 * said)[large])
