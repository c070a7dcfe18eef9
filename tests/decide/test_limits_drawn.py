"""Noisy expected improvement under limits, on posteriors that are known in closed form."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import matloop as ml
from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.auto import Auto, SeekThenCollect
from matloop.decide.acquisition.ei import EI
from matloop.decide.acquisition.limits import Limits, Useful
from matloop.decide.acquisition.limits_drawn import LimitedImprovement, rivals
from matloop.decide.acquisition.nei import NEI, NoisyImprovement
from matloop.domain.objective import Objective
from matloop.surrogate import Fitted, Observations
from matloop.surrogate.classify import forming
from matloop.surrogate.columns import columns
from matloop.surrogate.gp import GP

Y = Objective("y", goal="minimize")
NARROW = (Objective("a", goal="limit", high=0.6), Objective("b", goal="limit", low=-0.9, high=0.6))
WIDE = (Objective("a", goal="limit", high=1e9), Objective("b", goal="limit", low=-1e9, high=1e9))


def scene(limits=NARROW, noise=0.3, pending=0, n=2, seed=0):
    """Twelve readings of a wave and of two limits on the unit square, and the posterior of Gaussian processes."""
    rng = np.random.default_rng(seed)
    X = rng.random((12, 2))
    truth = np.stack([np.sin(6 * X[:, 0]) + X[:, 1] ** 2, X[:, 0], np.cos(5 * X[:, 1])], axis=1)
    y = truth + noise * truth.std(axis=0) * rng.standard_normal((12, 3))
    fitted = GP().fit(Observations(X, y, np.zeros_like(y), np.arange(2)), np.random.default_rng(1))
    labels = tuple(f"d{i}" for i in range(12))
    spreads = tuple(y.std(axis=0).tolist())
    wide = Limits(fitted, (Y, *limits), spreads, X)
    held = wide.probability(X) >= 0.5
    assert held.any()
    return Scene(
        columns(fitted, (0,)),
        Y,
        X[held],
        tuple(np.array(labels)[held].tolist()),
        rng.random((pending, 2)),
        spreads[0],
        1000,
        12,
        n,
        np.random.default_rng(2),
        forming=wide,
        limits=wide,
    )


@dataclass(frozen=True)
class Mute:
    """A fitted surrogate that predicts, and nothing else."""

    fitted: Fitted

    def predict(self, X):
        return self.fitted.predict(X)

    def describe(self):
        return {}


def elsewhere(n=40):
    return np.random.default_rng(3).random((n, 2))


def sampled(known, X, n=200_000):
    """Signed objective and whether the limits hold, at all that is measured, pending or X: each (n, b + q)."""
    points = np.vstack([known.limits.measured, known.pending, X])
    mean, cov = known.limits.fitted.joint(points)
    rng = np.random.default_rng(7)
    truths = [rng.multivariate_normal(mean[:, j], cov[j], n, method="cholesky") for j in range(3)]
    high, low = known.limits.objectives[1].high, known.limits.objectives[2].low
    return -truths[0], (truths[1] <= high) & (truths[2] >= low) & (truths[2] <= known.limits.objectives[2].high)


def test_the_score_is_the_expected_gain_in_the_best_that_truly_holds():
    known, X = scene(pending=1, seed=2), elsewhere(8)
    worth, held = sampled(known, X)
    least = -known.limits.fitted.predict(known.limits.measured).mean[:, 0].max()
    best = np.maximum(np.where(held, worth, -np.inf)[:, :13].max(axis=1), least)
    gain = (np.maximum(worth[:, 13:] - best[:, None], 0) * held[:, 13:]).mean(axis=0)
    assert 0.1 < held[:, :13].mean() < 0.9  # limits matter
    scores = NEI(draws=4096).prepare(known).score(X)
    large = gain > 1e-2  # smaller ones lie beside what hardly ever holds
    assert large.sum() == 3
    np.testing.assert_allclose(np.exp(scores)[large], gain[large], rtol=0.03)


def test_draws_of_the_goal_say_nothing_of_those_of_a_limit():
    scorer = LimitedImprovement.of(scene(), scene().limits, 256)
    goal, others = scorer.goal.base, [drawn.base for _, drawn in scorer.marks]
    alike = np.array([((goal > 0) == (other > 0)).mean(axis=1) for other in [*others, others[0][::-1]]])
    assert np.abs(alike - 0.5).max() < 0.15  # 256 fair coins stray by 0.03


def test_limits_that_nothing_can_break_change_no_score():
    known, X = scene(WIDE), elsewhere()
    free = NEI(draws=2048).prepare(replace(known, limits=None, forming=None, rng=np.random.default_rng(2)))
    assert isinstance(free, NoisyImprovement)
    limited = NEI(draws=2048).prepare(known)
    assert isinstance(limited, LimitedImprovement)
    worth = free.score(X) > np.log(1e-3)
    assert worth.any()
    np.testing.assert_allclose(limited.score(X)[worth], free.score(X)[worth], rtol=0.02)


def test_those_that_are_no_rivals_hold_rarely_or_are_never_the_best_that_holds():
    known = scene(noise=0.05, seed=3)
    worth, held = sampled(known, elsewhere(0))
    able = rivals(known.limits.fitted.predict(known.limits.measured), known.limits, 0)
    others = np.setdiff1d(np.arange(12), able)
    often = others[held[:, others].mean(axis=0) > 0.021]
    assert 0 < len(often) < len(others)
    best = np.where(held, worth, -np.inf).argmax(axis=1)
    assert np.isin(best, often).mean() <= 1e-3


def test_no_score_exceeds_its_bound():
    scorer = NEI(draws=1024).prepare(scene(pending=2))
    X = elsewhere(300)
    assert (scorer.score(X) <= scorer.bound(X) + 1e-2).all()


def test_what_joins_can_only_take_improvement_away():
    scorer, X = NEI().prepare(scene(n=3)), elsewhere()
    best = X[[np.argmax(scorer.score(X))]]
    before, after = np.exp(scorer.score(X)), np.exp(scorer.join(best).score(X))
    assert scorer.falls
    assert (after <= before + 0.01 * before.max()).all()  # up to draw error
    assert scorer.join(best).score(best)[0] < scorer.score(best)[0] - 0.5


def test_a_candidate_that_surely_breaks_a_limit_promises_nothing_however_good_it_is():
    known = scene(noise=0.02)
    X = elsewhere(400)
    said = known.limits.fitted.predict(X)
    breaks = said.mean[:, 1] - 8 * said.model_std[:, 1] > 0.6
    assert breaks.any()
    scores = NEI().prepare(known).score(X)
    assert scores[breaks].max() < scores.max() - 20


def test_a_failure_weighs_what_holds_the_limits_as_well():
    known, X = scene(), elsewhere()
    tried = np.vstack([known.limits.measured, [[0.1, 0.1], [0.15, 0.1]]])
    odds = forming(tried, np.arange(14) < 12, np.arange(2))
    plain = NEI().prepare(known).score(X)
    minded = NEI().prepare(replace(known, forming=Useful(odds, known.limits), rng=np.random.default_rng(2))).score(X)
    np.testing.assert_allclose(minded, plain + np.log(odds.probability(X)), rtol=1e-9)


def disc(x, y):
    """A plane that is best beyond a quarter of a disc, and how far within."""
    return x + y, 1 - x**2 - y**2


@pytest.mark.parametrize("acquisition", ["auto", "nei"])
def test_under_a_noisy_limit_what_is_asked_truly_holds_it_now_and_again_and_comes_near_the_best(acquisition):
    space = ml.Space([ml.Real("x", 0, 1), ml.Real("y", 0, 1)])
    goals = [ml.Objective("sum"), ml.Objective("slack", goal="limit", low=0)]
    held = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        campaign = ml.Campaign(space, goals, strategy=ml.Bayes(acquisition=acquisition), seed=3 + seed, initial=6)
        truths = []
        for _ in range(22):
            (item,) = campaign.suggest(1)
            truths.append(disc(**item.values))
            told = np.array(truths[-1]) + [0.04, 0.05] * rng.standard_normal(2)
            campaign.tell(ml.Measured(item.id, dict(zip(("sum", "slack"), told.tolist(), strict=True))))
        assert "counted where the limits hold; slack at least 0 with probability" in item.reason
        holding = [total for total, slack in truths[6:] if slack >= 0]
        assert max(holding) > 2**0.5 - 0.05
        held.append(len(holding))
    assert np.mean(held) >= 5  # of sixteen; 8 on average, from 3 to 13


@pytest.mark.parametrize(("size", "rule"), [(10_000, SeekThenCollect), (10_001, LimitedImprovement)])
def test_only_of_a_few_candidates_auto_collects_what_holds_the_limits(size, rule):
    scorer = Auto().prepare(replace(scene(), size=size))
    assert isinstance(scorer, rule)


def test_auto_weighs_by_probability_what_cannot_be_drawn():
    known = scene()
    said = Mute(known.limits.fitted)
    limits = replace(known.limits, fitted=said)
    scorer = Auto().prepare(replace(known, fitted=columns(said, (0,)), limits=limits, forming=limits, size=10**6))
    X = elsewhere()
    gain = EI().plain(replace(known, fitted=columns(said, (0,)), limits=limits)).score(X)
    np.testing.assert_allclose(scorer.score(X), gain + np.log(np.maximum(limits.probability(X), 1e-12)), rtol=1e-9)
    assert "the surrogate has no joint posterior for nei" in scorer.say(X[:1])
