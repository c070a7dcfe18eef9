"""Joint draws, noisy expected improvement and Thompson sampling on a posterior that is known in closed form."""

import math

import numpy as np
import pytest

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.draws import Draws, normals
from matloop.decide.acquisition.ei import EI
from matloop.decide.acquisition.nei import NEI, rivals
from matloop.decide.acquisition.thompson import Thompson
from matloop.domain.objective import Objective
from matloop.surrogate import Observations
from matloop.surrogate.gp import GP

Y = Objective("y", goal="minimize")


def scene(noise=0.3, pending=0, n=2, seed=0):
    """Twelve readings of a wave on the unit square, and the posterior of a Gaussian process."""
    rng = np.random.default_rng(seed)
    X = rng.random((12, 2))
    y = np.sin(6 * X[:, :1]) + X[:, 1:] ** 2 + noise * rng.standard_normal((12, 1))
    surrogate = GP() if noise else GP(noise="none")
    fitted = surrogate.fit(Observations(X, y, np.zeros_like(y), np.arange(2)), np.random.default_rng(1))
    labels = tuple(f"d{i}" for i in range(12))
    return Scene(fitted, Y, X, labels, rng.random((pending, 2)), float(y.std()), 1000, 12, n, np.random.default_rng(2))


def elsewhere(n=40):
    return np.random.default_rng(3).random((n, 2))


def test_draws_tell_others_what_the_joint_normal_tells():
    known, X = scene(), elsewhere(30)
    drawn = Draws.none(known, known.fitted, 4).extend(known.measured, normals(known.rng, 12, 4))
    mean, cov = known.fitted.joint(np.vstack([known.measured, X]))
    mean, cov = -mean[:, 0], cov[0]
    weights = np.linalg.solve(cov[:12, :12], cov[:12, 12:]).T
    expected = mean[12:, None] + weights @ (drawn.values - mean[:12, None])
    std = np.sqrt(np.diagonal(cov[12:, 12:] - weights @ cov[:12, 12:]))
    got_mean, got_std = drawn.given(X)
    np.testing.assert_allclose(got_mean, expected, atol=1e-4)
    np.testing.assert_allclose(got_std, std, atol=1e-4)


def test_draws_made_in_two_steps_are_those_made_in_one():
    known, base = scene(), normals(np.random.default_rng(5), 12, 8)
    start = Draws.none(known, known.fitted, 8)
    once = start.extend(known.measured, base)
    twice = start.extend(known.measured[:5], base[:5]).extend(known.measured[5:], base[5:])
    np.testing.assert_allclose(twice.values, once.values, atol=1e-6)
    np.testing.assert_allclose(twice.given(elsewhere())[0], once.given(elsewhere())[0], atol=1e-4)


def test_noisy_improvement_is_that_of_joint_samples():
    known, X = scene(pending=1, seed=2), elsewhere(5)
    known_points = np.vstack([known.measured, known.pending])
    mean, cov = known.fitted.joint(np.vstack([known_points, X]))
    sampled = np.random.default_rng(7).multivariate_normal(-mean[:, 0], cov[0], 400_000, method="cholesky")
    improvement = np.maximum(sampled[:, 13:] - sampled[:, :13].max(axis=1, keepdims=True), 0).mean(axis=0)
    scores = NEI(draws=4096).prepare(known).score(X)
    large = improvement > 1e-3  # smaller ones are seen by too few samples
    assert large.any()
    np.testing.assert_allclose(np.exp(scores)[large], improvement[large], rtol=0.03)


def test_those_that_are_no_rivals_are_the_best_in_at_most_one_of_ten_thousand_draws():
    known = scene(noise=0.05, seed=4)
    mean, cov = known.fitted.joint(known.measured)
    sampled = np.random.default_rng(7).multivariate_normal(-mean[:, 0], cov[0], 1_000_000, method="cholesky")
    wins = np.bincount(sampled.argmax(axis=1), minlength=12)
    others = np.setdiff1d(np.arange(12), rivals(known))
    assert len(others) > 0
    assert wins[others].sum() <= 100


def test_noisy_improvement_becomes_plain_as_noise_vanishes():
    known, X = scene(noise=0.0), elsewhere()
    noisy, plain = NEI().prepare(known).score(X), EI().prepare(known).score(X)
    worth = plain > -20  # far below, the square of the nugget's share of the incumbent enters
    assert worth.sum() > 3
    np.testing.assert_allclose(noisy[worth], plain[worth], rtol=1e-3)


def test_noisy_improvement_stays_below_its_bound():
    scorer = NEI(draws=1024).prepare(scene(pending=2))
    X = elsewhere(300)
    assert (scorer.score(X) <= scorer.bound(X) + 1e-2).all()


def test_a_pending_candidate_takes_the_improvement_near_it():
    scorer = NEI().prepare(scene(n=3))
    X = elsewhere()
    best = X[[np.argmax(scorer.score(X))]]
    before = scorer.score(best)[0]
    assert scorer.join(best).score(best)[0] < before - 1


def test_plain_improvement_can_only_fall_as_candidates_join():
    scorer, X = EI().prepare(scene()), elsewhere()
    assert (scorer.join(X[:1]).score(X) <= scorer.score(X) + 1e-9).all()


def test_a_thompson_draw_is_the_same_wherever_it_is_looked_at_again():
    path, X = Thompson().prepare(scene()), elsewhere(20)
    first = path.score(X)
    path.score(elsewhere(40)[20:])
    np.testing.assert_allclose(path.score(X), first, atol=1e-3)


def test_thompson_draws_have_the_posterior_as_their_law():
    known, X = scene(), elsewhere(3)
    mean, cov = known.fitted.joint(X)
    paths = [Thompson().prepare(known) for _ in range(400)]
    drawn = np.array([np.concatenate([path.score(X[:1]), path.score(X[1:])]) for path in paths])
    error = np.sqrt(np.diagonal(cov[0]) / 400)
    assert (np.abs(drawn.mean(axis=0) + mean[:, 0]) < 4 * error).all()
    np.testing.assert_allclose(np.cov(drawn.T), cov[0], atol=0.25 * cov[0].max())


def test_quasi_random_normals_have_mean_zero_and_variance_one():
    drawn = normals(np.random.default_rng(0), 3, 256)
    assert drawn.shape == (3, 256)
    assert np.abs(drawn.mean(axis=1)).max() < 0.02
    assert drawn.var(axis=1) == pytest.approx(np.ones(3), abs=0.05)


def test_no_draw_at_all_leaves_the_posterior_as_it_is():
    known, X = scene(), elsewhere()
    mean, std = Draws.none(known, known.fitted, 2).given(X)
    seen = known.fitted.predict(X)
    np.testing.assert_allclose(mean, np.repeat(-seen.mean, 2, axis=1), atol=1e-9)
    np.testing.assert_allclose(std, seen.model_std[:, 0], atol=1e-7)
    assert math.isfinite(mean.sum())
