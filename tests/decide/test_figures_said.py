"""The figures in a reason are those of the prediction beside it, whatever is pending."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import matloop as ml
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.hits import Hits
from matloop.decide.acquisition.within import Within
from matloop.decide.bayes import Bayes
from matloop.decide.crowd import crowd_of
from matloop.decide.model import learn
from matloop.decide.scene import scene_of
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.surrogate.gp import GP
from matloop.testing.strategies import small_pool, task

GRID = np.unique(np.random.default_rng(0).integers(0, 41, (300, 2)), axis=0) / 40
POOL = Pool.from_frame(pd.DataFrame(GRID, columns=["x", "y"]), ["x", "y"])
RANGE = Objective("h", goal="range", low=40.0, high=45.0)


def truth(values):
    return 100 * np.exp(-((values["x"] - 0.3) ** 2 + (values["y"] - 0.4) ** 2) / 0.2)


def batch_of(objectives, n=6, **settings):
    """A batch of a campaign that holds a few noisy readings."""
    rng = np.random.default_rng(0)
    campaign = ml.Campaign(POOL, objectives, strategy=Bayes(**settings), seed=1)
    for i in rng.permutation(len(GRID))[:14].tolist():
        read = {one.name: float(truth(POOL.values(i)) + rng.normal() * 2) for one in objectives}
        campaign.tell(ml.Measured.of(POOL.values(i), read))
    return campaign.suggest(n)


def within(mean, std, low, high):
    return norm.cdf((high - mean) / std) - norm.cdf((low - mean) / std)


def better_than(reason):
    """Upwards beyond the mark that the reason names."""
    mark = float(re.search(r"improve on ([\d.]+) at", reason)[1])
    return lambda mean, std: norm.sf((mark - mean) / std)


SAID = {
    "range": ({}, [RANGE], r"with probability (\d+) %", lambda reason: lambda m, s: within(m, s, 40.0, 45.0)),
    "hits": (
        {"acquisition": "hits", "threshold": 90.0},
        [Objective("h")],
        r"^(\d+) % chance of a hit",
        lambda reason: lambda m, s: norm.sf((90.0 - m) / s),
    ),
    "pi": ({"acquisition": "pi"}, [Objective("h")], r"^(\d+) % chance to improve", better_than),
}


@pytest.mark.parametrize("name", SAID)
def test_a_probability_in_a_reason_is_that_of_the_figures_beside_it_while_others_are_pending(name):
    settings, objectives, pattern, chance = SAID[name]
    for one in batch_of(objectives, **settings):
        mean, std = one.prediction.mean["h"], one.prediction.model_std["h"]
        said = int(re.search(pattern, one.reason)[1])
        digits = 0.6 + 1.5 * (name == "pi")  # the mark of pi is rounded to three digits in its reason
        assert abs(said - 100 * chance(one.reason)(mean, std)) <= digits, one.reason


def test_a_bound_is_that_of_the_figures_beside_it_and_what_it_becomes_once_the_pending_are_read_is_named_so():
    first, *others = batch_of([Objective("h")], acquisition="ucb", beta=2.0)
    later = [re.search(r"at beta 2\.00, ([\d.]+) once the pending are read", one.reason) for one in others]
    assert "once the pending" not in first.reason
    assert any(later)
    for one in (first, *others):
        bound = float(re.search(r"bound ([\d.]+) at", one.reason)[1])
        assert bound == pytest.approx(one.prediction.mean["h"] + 2**0.5 * one.prediction.model_std["h"], rel=5e-3)
    assert all(float(found[1]) < float(re.search(r"bound ([\d.]+) at", found.string)[1]) for found in later if found)


@pytest.mark.parametrize("goals", [1, 2], ids=["one quantity", "two quantities"])
def test_the_largest_std_is_that_beside_it_and_what_the_pending_leave_of_it_is_named_so(goals):
    objectives = [Objective("h", goal="learn"), Objective("k", goal="learn")][:goals]
    first, *others = batch_of(objectives, acquisition="variance")
    assert "once the pending" not in first.reason
    assert any("once the pending are read" in one.reason for one in others)
    if goals == 1:
        for one in (first, *others):
            said = float(re.search(r"largest model std ([\d.]+)", one.reason)[1])
            assert said == pytest.approx(one.prediction.model_std["h"], rel=5e-3)


def test_an_expected_improvement_is_that_of_the_figures_beside_it_while_others_are_pending():
    for one in batch_of([Objective("h")], acquisition="ei"):
        gain, mark = map(float, re.search(r"expected improvement ([\d.e-]+) over ([\d.]+) at", one.reason).groups())
        mean, std = one.prediction.mean["h"], one.prediction.model_std["h"]
        z = (mean - mark) / std
        assert gain == pytest.approx(std * (z * norm.cdf(z) + norm.pdf(z)), rel=0.02, abs=0.05), one.reason


def test_what_auto_collects_is_said_to_pay_no_more_only_once_the_pending_are_read():
    reasons = [one.reason for one in batch_of([Objective("h")], n=8) if "auto took ucb" in one.reason]
    assert reasons
    pending = [one for one in reasons if "is expected once the pending are read;" in one]
    assert pending


def test_the_probability_of_holding_a_limit_is_that_of_the_figures_beside_it_while_others_are_pending():
    objectives = [Objective("h"), Objective("k", goal="limit", low=96.0)]
    said = batch_of(objectives)
    assert all("sought for the limits" in one.reason for one in said)
    for one in said:
        stated = float(re.search(r"with probability ([\d.]+)", one.reason)[1])
        mean, std = one.prediction.mean["k"], one.prediction.model_std["k"]
        assert stated == pytest.approx(norm.sf((96.0 - mean) / std), abs=0.006), one.reason


def test_a_pending_neighbour_makes_no_candidate_likelier_to_lie_in_the_range_and_a_near_copy_less_worth():
    ask = task(small_pool(200), 9, n=3)
    y = Objective("y", goal="range", low=0.3, high=0.5)
    shown = replace(scene_of(ask, learn(ask, GP()), (), 3, None), objective=y)
    scorer = Within().prepare(shown)
    X = ask.candidates.encode_rows(np.arange(200))
    joined = scorer.join(X[:1])
    before, after = scorer.score(X), joined.score(X)
    assert scorer.falls
    assert (after <= before + 1e-9).all()
    near, far = np.argsort(np.linalg.norm(X - X[0], axis=1))[[1, -1]]
    assert after[near] - before[near] < after[far] - before[far]
    assert math.exp(before[near]) == pytest.approx(
        float(within(*(float(one[0]) for one in Believed.of(shown).plain(X[[near]])), 0.3, 0.5)), abs=1e-9
    )


def test_the_chance_of_a_hit_does_not_change_with_what_is_pending():
    ask = task(small_pool(200), 9, n=3)
    shown = scene_of(ask, learn(ask, GP()), (), 3, None)
    shown = replace(shown, crowd=crowd_of(ask, ask.closed))
    X = ask.candidates.encode_rows(np.arange(200))
    scorer = Hits(0.5).prepare(shown)
    assert np.array_equal(scorer.join(X[:1]).join(X[5:6]).chance(X), scorer.chance(X))


def test_a_doubtful_hit_beside_a_pending_one_is_put_off_and_a_certain_one_is_not():
    ask = task(small_pool(200), 9, n=3)
    shown = scene_of(ask, learn(ask, GP()), (), 3, None)
    shown = replace(shown, crowd=crowd_of(ask, ask.closed))
    X = ask.candidates.encode_rows(np.arange(200))
    near = np.argsort(np.linalg.norm(X - X[0], axis=1))[1:2]

    def lost(threshold):
        """What one candidate's score loses against another far away once their neighbour is pending."""
        scorer = Hits(threshold).prepare(shown)
        joined, far = scorer.join(X[:1]), np.argsort(np.linalg.norm(X - X[0], axis=1))[-1:]
        before, after = (one.score(X[near])[0] - one.score(X[far])[0] for one in (scorer, joined))
        return before - after

    mean, std = (float(one[0]) for one in Believed.of(shown).plain(X[near]))
    assert lost(mean) > 0.05
    assert abs(lost(mean - 50 * std)) < 0.02
