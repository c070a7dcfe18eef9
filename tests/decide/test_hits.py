"""Searches that look beyond the next reading, against enumeration, quadrature and simulation."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import matloop as ml
from matloop.decide.acquisition import Bounded, Scene
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.hits import GOES_ON, HORIZON, Hits, in_turn, later, turns
from matloop.decide.acquisition.learn import Learn
from matloop.decide.acquisition.level import Level, straddle
from matloop.decide.acquisition.others import said
from matloop.decide.bayes import Bayes
from matloop.decide.crowd import crowd_of
from matloop.decide.words import figure
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.surrogate import Observations
from matloop.surrogate.evidence import Hyper
from matloop.surrogate.gp import GP
from matloop.surrogate.replicates import Scaling
from matloop.testing.strategies import chosen_ids, large_space, members, reading, small_pool, task

LINE = Pool.from_frame(pd.DataFrame({"x": np.linspace(0, 1, 41)}), ["x"])


def on_a_line(n=6, remaining=None, goal="maximize", noise=0.1):
    """A scene of a line of 41 candidates, some of them read, whose model is known."""
    rows = np.linspace(2, 38, n).astype(int)
    held = [LINE.candidate(int(i)) for i in rows]
    readings = tuple(reading(k, one, float(np.sin(6 * one.values["x"]))) for k, one in enumerate(held, 1))
    ask = replace(task(LINE), readings=readings, closed=frozenset(one.id for one in held))
    X = LINE.encode_rows(rows)
    y = np.array([one.outcome["y"] for one in readings])[:, None]
    fitted = GP().at(
        Observations(X, y, np.zeros_like(y), np.array([0])), [Hyper((0.3,), noise=noise)], [Scaling(0.0, 1.0)]
    )
    labels = tuple(one.id for one in held)
    crowd = crowd_of(ask, ask.closed)
    known = (X, labels, X[:0], 0.7, 41, n, 3, np.random.default_rng(0))
    return Scene(fitted, Objective("y", goal=goal), *known, crowd=crowd, remaining=remaining)


@pytest.mark.parametrize("k", [0, 1, 4, 11, 50])
def test_the_likeliest_are_collected_first(k):
    chances, keep = np.random.default_rng(0).random((3, 7, 11)), 0.9 ** np.arange(1, k + 1)
    found = in_turn(chances, keep)
    assert np.allclose(found, sum(0.9**j * np.sort(chances, axis=-1)[..., -j] for j in range(1, min(k, 11) + 1)))
    assert np.allclose(found, np.sum(turns(chances, keep) * chances, axis=-1))


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=9), st.sampled_from([GOES_ON, 1 - 1 / HORIZON]), st.integers(0, 9)
)
def test_of_candidates_that_tell_nothing_of_each_other_the_likeliest_hit_comes_first(chances, goes_on, k):
    chances, keep = np.array(chances), goes_on ** np.arange(1, k + 1)
    scores = [own + in_turn(np.delete(chances, i), keep) for i, own in enumerate(chances.tolist())]
    assert chances[np.argmax(scores)] >= chances.max() - 1e-9


@pytest.mark.parametrize("remaining", [None, 20], ids=["no budget", "budget"])
def test_a_reading_is_worth_nothing_where_it_changes_no_order_and_never_less(remaining):
    scorer = Hits(0.5).prepare(on_a_line(remaining=remaining))
    (one,) = said(scorer.believed, scorer.others, LINE.encode_rows(np.arange(41)))

    def worth(mark):
        now, after = later(one, mark, np.ones(one.shift.shape), scorer.keep)
        return after - now

    assert worth(0.5).min() >= 0.0
    assert worth(0.5).max() > 1e-3
    assert np.allclose([worth(-50.0), worth(50.0)], 0.0, atol=1e-12)  # certain hits, certain misses, wherever one looks


def test_what_a_reading_says_of_others_is_what_learning_it_does():
    scene = on_a_line()
    believed, X, others = Believed.of(scene), LINE.encode_rows(np.array([7])), LINE.encode_rows(np.arange(0, 41, 5))
    (one,) = said(believed, others, X)
    before = scene.fitted.predict(X)
    std = np.hypot(before.model_std, before.noise_std)
    after = scene.fitted.condition(X, before.mean + 1.3 * std).predict(others)
    assert np.allclose(one.mean + 1.3 * one.shift[0], after.mean[:, 0], atol=1e-9)
    assert np.allclose(np.sqrt(one.left[0]), after.model_std[:, 0], atol=1e-7)


def test_the_last_choice_is_the_most_likely_hit():
    scene = on_a_line(remaining=1)
    X = LINE.encode_rows(np.arange(41))
    scorer = Hits(0.5).prepare(scene)
    seen = scene.fitted.predict(X)
    assert np.allclose(scorer.score(X), norm.sf((0.5 - seen.mean[:, 0]) / seen.model_std[:, 0]), atol=1e-12)


@pytest.mark.parametrize(("goal", "mark"), [("maximize", 0.5), ("minimize", -0.5)])
def test_hits_to_come_are_those_of_conditioning_on_many_simulated_readings(goal, mark):
    scene = on_a_line(remaining=4, goal=goal)
    scorer, k = Hits(mark).prepare(scene), 3
    free = np.array([i for i in range(41) if LINE.id(i) not in scene.crowd.closed])
    x = LINE.encode_rows(free[[9]])
    own = scene.fitted.predict(x)
    rng, sign = np.random.default_rng(1), scene.sign
    rest = LINE.encode_rows(np.delete(free, 9))
    found = []
    for z in rng.standard_normal(1500):
        y = own.mean + z * np.hypot(own.model_std, own.noise_std)
        after = scene.fitted.condition(x, y).predict(rest)
        chances = np.sort(norm.cdf(sign * (after.mean[:, 0] - mark) / after.model_std[:, 0]))
        found.append(sum(GOES_ON**j * chances[-j] for j in range(1, k + 1)))
    chance = norm.cdf(sign * (own.mean[0, 0] - mark) / own.model_std[0, 0])
    error = 4 * np.std(found) / np.sqrt(len(found))
    assert scorer.score(x)[0] == pytest.approx(chance + np.mean(found), abs=error)


def test_a_joined_candidate_is_neither_counted_nor_chosen_again():
    scorer = Hits(0.5).prepare(on_a_line(remaining=3))
    x = scorer.others[:1]
    joined = scorer.join(x)
    assert len(joined.others) == len(scorer.others) - 1
    assert joined.remaining == 2
    assert joined.score(x)[0] < -1e300


def test_a_reason_says_when_the_campaign_is_taken_to_end():
    scene, x = on_a_line(), LINE.encode_rows(np.array([5]))
    said = Hits(0.5).prepare(scene).say(x)
    assert "hits expected after it, if 5 % of campaigns end at each experiment, since no budget is set" in said
    budgeted = Hits(0.5).prepare(replace(scene, remaining=5)).say(x)
    assert "if 1 % of campaigns end at each experiment and the budget leaves 4 more" in budgeted


def test_the_hits_after_it_are_what_the_score_adds_to_its_own_chance_beside_what_is_pending():
    scorer = Hits(0.5).prepare(on_a_line(remaining=5)).join(LINE.encode_rows(np.array([20])))
    for x in LINE.encode_rows(np.array([21, 27, 31]))[:, None]:
        own, left = scorer.chance(x), scorer.believed.share_left(x, scorer.believed.plain(x)[1])
        after = float((scorer.score(x) - own * (1.0 - (1.0 - own) * (1.0 - left)))[0])
        assert f"; {figure(after)} hits expected after it" in scorer.say(x)


def test_without_a_budget_twenty_experiments_are_expected():
    keep = Hits(0.5).prepare(on_a_line()).keep
    assert len(keep) == 35
    assert (keep[1:] / keep[:-1]).tolist() == pytest.approx([1 - 1 / HORIZON] * 34)
    assert np.cumsum((1 - 1 / HORIZON) ** np.arange(10_000))[-1] == pytest.approx(HORIZON)


@pytest.mark.parametrize("budget", [None, 20], ids=["no budget", "budget"])
@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_a_certain_hit_comes_before_a_certain_miss(budget, goal):
    sign = 1.0 if goal == "maximize" else -1.0
    X = np.random.default_rng(0).random((60, 2)).round(4)
    truth = sign * (np.sin(3 * X[:, 0]) + X[:, 1])
    pool = Pool.from_frame(pd.DataFrame(X, columns=["a", "b"]), ["a", "b"])
    search = Bayes(acquisition="hits", threshold=1.5 * sign)
    campaign = ml.Campaign(pool, [Objective("y", goal=goal)], strategy=search, seed=1, budget=budget)
    campaign.tell([ml.Measured.of(pool.values(i), {"y": float(truth[i])}) for i in range(20)])
    left, found = int((sign * truth[20:] > 1.5).sum()), 0
    assert left == 11
    for asked in range(20):
        (one,) = campaign.suggest(1)
        row = pool.index(one.candidate)
        found += int(sign * truth[row] > 1.5)
        miss = (1.5 - sign * one.prediction.mean["y"]) / one.prediction.model_std["y"] > 4
        assert found == left or not miss, f"ask {asked + 1}: a certain miss while {left - found} hits are left"
        campaign.tell(ml.Measured(one.id, {"y": float(truth[row])}))
        if found == left:
            break
    assert found == left
    assert asked < 13


def test_the_budget_of_the_campaign_reaches_the_search():
    campaign = ml.Campaign(
        LINE, [Objective("y")], strategy=Bayes(acquisition="hits", threshold=0.5), budget=7, initial=4
    )
    for _ in range(4):
        (one,) = campaign.suggest(1)
        campaign.tell(ml.Measured(one.id, {"y": float(np.sin(6 * one.values["x"]))}))
    reasons = [one.reason for one in campaign.suggest(3)]
    assert "the budget leaves 2 more" in reasons[0]
    assert "the budget leaves 1 more" in reasons[1]
    assert "after it" not in reasons[2]


def test_with_many_experiments_left_a_less_likely_hit_is_chosen_for_what_it_tells():
    def chance_of_choice(remaining):
        scene = on_a_line(2, remaining=remaining, noise=0.01)
        X = LINE.encode_rows(np.array([i for i in range(41) if LINE.id(i) not in scene.crowd.closed]))
        scorer = Hits(0.5).prepare(scene)
        return float(scorer.chance(X[[np.argmax(scorer.score(X))]])[0])

    assert chance_of_choice(20) < chance_of_choice(1)


def test_the_straddle_is_largest_where_the_threshold_is_in_doubt():
    mean, std = np.array([0.0, 1.0, 1.0, 1.3]), np.array([1.0, 1.0, 0.1, 0.2])
    assert np.allclose(straddle(mean, std, 1.0), [0.96, 1.96, 0.196, 0.092])
    assert Level(1.0).prepare(on_a_line()).falls


def told_apart(strategy, mark=0.5, n=14):
    """Share of 300 candidates that the model puts on the right side of the mark, after n experiments."""
    rng = np.random.default_rng(4)
    X = rng.random((300, 2))
    truth = np.sin(5 * X[:, 0]) + X[:, 1]
    pool = Pool.from_frame(pd.DataFrame(X, columns=["a", "b"]), ["a", "b"])
    campaign = ml.Campaign(pool, [Objective("y", std=0.05)], strategy=strategy, seed=3, initial=5)
    for _ in range(n):
        (one,) = campaign.suggest(1)
        campaign.tell(ml.Measured(one.id, {"y": float(truth[pool.index(one.candidate)])}))
    mean = campaign.model().predict(pool.encode_rows(np.arange(300))).mean[:, 0]
    return np.mean((mean > mark) == (truth > mark))


def test_level_tells_candidates_apart_better_than_chance_does():
    assert told_apart(Bayes(acquisition="level", threshold=0.5)) > told_apart(Bayes(acquisition="random")) - 0.01
    assert told_apart(Bayes(acquisition="level", threshold=0.5)) > 0.95


def test_the_reduction_is_what_conditioning_leaves():
    scene = on_a_line(noise=0.3)
    scorer, X = Learn().prepare(scene), LINE.encode_rows(np.array([11]))
    before, own = scene.fitted.predict(scorer.reference), scene.fitted.predict(X)
    after = scene.fitted.condition(X, own.mean).predict(scorer.reference)
    assert scorer.score(X)[0] == pytest.approx(np.mean(before.model_std**2 - after.model_std**2), abs=1e-9)
    assert isinstance(scorer, Bounded)
    everywhere = LINE.encode_rows(np.arange(41))
    assert (scorer.score(everywhere) <= scorer.bound(everywhere) + 1e-12).all()


def test_learn_prefers_the_middle_to_a_corner_that_is_known_as_little():
    scene = replace(on_a_line(2), measured=LINE.encode_rows(np.array([20])))
    X = LINE.encode_rows(np.arange(41))
    far = scene.fitted.predict(X).model_std[:, 0]
    best = int(np.argmax(Learn().prepare(scene).score(X)))
    assert best not in (0, 40)
    assert far[best] < far.max() + 1e-12


def test_the_crowd_of_a_pool_are_its_free_candidates_best_first():
    ask = task(small_pool(), 10)
    crowd, rng = crowd_of(ask, ask.closed), np.random.default_rng(0)
    found = crowd.best(5, lambda X: X[:, 0], rng)
    free = ask.candidates.encode_rows(np.array([i for i in range(40) if f"d{i}" not in ask.closed]))
    assert np.allclose(found, free[np.argsort(-free[:, 0], kind="stable")][:5])
    assert len(crowd.some(7, rng)) == 7
    assert len(crowd.some(99, rng)) == 40


def test_the_crowd_of_a_large_space_leaves_out_what_is_closed():
    space = large_space()
    shut = frozenset(one.id for one in members(space, 15))
    crowd = crowd_of(task(space), shut)
    found = crowd.best(50, lambda X: X[:, 0], np.random.default_rng(0))
    again = crowd.best(50, lambda X: X[:, 0], np.random.default_rng(0))
    assert found.shape == (50, space.encoder.d)
    assert np.array_equal(found, again)
    assert (np.diff(found[:, 0]) <= 0).all()


def test_a_pool_larger_than_the_limit_is_searched_by_half_of_likely_candidates():
    ask = task(small_pool(3000), 12, n=2)
    assert len(set(chosen_ids(Bayes(acquisition="hits", threshold=0.9).suggest(ask)))) == 2
