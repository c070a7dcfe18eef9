"""What failed changes what is chosen, in every acquisition, and nothing does while nothing failed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import matloop as ml
from matloop.decide.acquisition import Bounded, Scene
from matloop.decide.acquisition.feasible import above, log_gain
from matloop.decide.acquisition.hits import later
from matloop.decide.acquisition.others import said
from matloop.decide.acquisition.registry import acquisition, serving
from matloop.decide.bayes import Bayes, Greedy
from matloop.decide.crowd import crowd_of
from matloop.decide.model import formed, learn
from matloop.decide.scene import scene_of as decided
from matloop.domain.pool import Pool
from matloop.domain.reading import Key, Reading
from matloop.surrogate.gp import GP
from matloop.testing.strategies import chosen_ids, large_space, reading, small_pool, task
from tests.decide.named import bayes, threshold

WEIGHED = [name for name in serving("maximize") if name != "random"]
SEVERAL = st.lists(st.tuples(st.floats(-5, 5), st.floats(1e-6, 1), st.floats(1e-6, 1)), min_size=1, max_size=20)
LINE = Pool.from_frame(pd.DataFrame({"x": np.linspace(0, 1, 201)}), ["x"])


def failed(k, candidate):
    return Reading(Key.asked(f"s{k:04d}"), candidate.id, candidate.values, "failed")


def steep(failures=8, n=1):
    """A line on which y rises, and beyond 0.7 nothing forms: `failures` were seen there, twelve formed below."""
    made = [LINE.candidate(i) for i in range(0, 140, 12)]
    lost = [LINE.candidate(i) for i in np.linspace(145, 200, failures).astype(int)] if failures else []
    readings = tuple(reading(k, one, float(one.values["x"])) for k, one in enumerate(made, 1))
    tried = tuple(failed(k, one) for k, one in enumerate(lost, 50))
    ids = frozenset(one.id for one in (*made, *lost))
    return replace(task(LINE, 0, n=n), readings=readings, tried=tried, closed=ids, design_done=12, initial=1)


def scene_of(ask, n=1):
    model = learn(ask, GP())
    measured, labels = model.measured()
    spread = float(np.std(model.data.y))
    rng = np.random.default_rng(0)
    known = (measured, labels, measured[:0], spread, 201, 12)
    return Scene(model.fitted, ask.objectives[0], *known, n, rng, formed(ask), crowd=crowd_of(ask, ask.closed))


@given(SEVERAL)
def test_a_weight_of_one_changes_nothing_and_scores_rise_with_the_weight(rows):
    scores, less, more = np.array(rows).T
    less, more = np.minimum(less, more), np.maximum(less, more)
    for weigh in (log_gain, above(-1.0)):
        assert np.array_equal(weigh(scores, np.ones(len(scores))), scores) or np.allclose(
            weigh(scores, np.ones(len(scores))), scores, rtol=1e-12, atol=1e-12
        )
        assert np.all(weigh(scores, less) <= weigh(scores, more))


@pytest.mark.parametrize("name", [name for name in WEIGHED if name != "ts"])
def test_bounds_are_kept_and_scores_fall_where_they_promise_to(name):
    scene = scene_of(steep(), n=2)
    X = LINE.encode_rows(np.arange(201))
    scorer = acquisition(name, **threshold(name)).prepare(scene)
    before = scorer.score(X)
    drawing = ("nei", "auto", "cost")
    slack = 0.05 if name in drawing else 1e-9  # the error of a mean over draws
    seen = (
        np.exp if name in ("nei", "cost") else np.asarray
    )  # of gains that underflow nothing can be told from few draws
    if isinstance(scorer, Bounded):
        assert np.all(seen(before) <= seen(scorer.bound(X)) + slack)
    if scorer.falls:
        assert np.all(seen(scorer.join(X[100:101]).score(X)) <= seen(before) + slack)


# hits and learn weigh what follows a choice as well: see the two tests below
@pytest.mark.parametrize("name", [name for name in WEIGHED if name not in ("hits", "learn")])
def test_candidates_that_form_are_chosen_rather_than_those_that_do_not(name):
    strategy, slope = bayes(name), steep(n=4)
    hill = tuple(replace(r, outcome={"y": np.exp(-((r.values["x"] - 0.27) ** 2) / 0.02)}) for r in slope.readings[::2])
    ratios = []
    for ask in (
        slope,
        replace(slope, readings=hill),
    ):  # the one tempts those that exploit, the other those that explore
        learned, blind = (
            formed(ask).probability(LINE.encoder.encode([{"x": x} for x in places(one, ask)])).mean()
            for one in (strategy, replace(strategy, feasibility=False))
        )
        ratios.append(learned / blind)
    assert min(ratios) >= 1.0
    assert max(ratios) > 1.1


def test_the_last_hit_is_sought_where_it_forms():
    scene = replace(scene_of(steep()), remaining=1)
    X = LINE.encode_rows(np.arange(201))
    blind, minding = (acquisition("hits", threshold=0.6).prepare(one) for one in (replace(scene, forming=None), scene))
    assert np.allclose(minding.score(X), scene.forming.probability(X) * blind.score(X), rtol=1e-9)


def test_what_does_not_form_teaches_nothing_of_the_map():
    scene = scene_of(steep())
    X = LINE.encode_rows(np.arange(201))
    blind, minding = (acquisition("learn").prepare(one) for one in (replace(scene, forming=None), scene))
    assert np.allclose(minding.score(X), scene.forming.probability(X) * blind.score(X), rtol=1e-9)


def places(strategy, ask):
    return [float(choice.candidate.values["x"]) for choice in strategy.suggest(ask).choices]


@pytest.mark.parametrize("strategy", [Bayes(), Bayes(acquisition="ei"), Greedy()], ids=["auto", "ei", "greedy"])
def test_a_reason_says_how_probable_it_is_that_the_candidate_forms(strategy):
    ask = steep(3)
    (choice,) = strategy.suggest(ask).choices
    p = formed(ask).probability(ask.candidates.encoder.encode([choice.candidate.values]))[0]
    assert f"would form with probability {p:.2f}, from 3 failures" in choice.reason


@pytest.mark.parametrize("name", WEIGHED)
@pytest.mark.parametrize("candidates", [small_pool(), large_space()], ids=["pool", "space"])
def test_while_nothing_failed_nothing_changes(name, candidates):
    strategy = bayes(name, evaluations=400)
    ask = task(candidates, 10, n=2)
    kept = replace(ask, tried=(replace(ask.readings[0], status="below"),))  # a censored candidate has formed
    assert strategy.suggest(kept) == replace(strategy, feasibility=False).suggest(kept)


def test_a_large_space_is_searched_where_candidates_form():
    ask = task(large_space(), 12, n=3)
    lost = tuple(replace(one, status="failed", outcome={}) for one in ask.readings if one.values["c"] == "y")
    kept = tuple(one for one in ask.readings if one.values["c"] == "x")
    ask = replace(ask, readings=kept, tried=lost)
    chosen = Bayes(evaluations=600).suggest(ask).choices
    assert {choice.candidate.values["c"] for choice in chosen} == {"x"}
    assert len(set(chosen_ids(Bayes(evaluations=600).suggest(ask)))) == 3


def test_minimising_is_maximising_the_negative_where_candidates_fail():
    up = steep(n=3)
    down = replace(
        up,
        objectives=(ml.Objective("y", goal="minimize"),),
        readings=tuple(replace(one, outcome={"y": -one.outcome["y"]}) for one in up.readings),
    )
    for name in WEIGHED:
        assert places(bayes(name), up) == places(bayes(name, sign=-1.0), down)


def test_a_campaign_with_failures_is_recomputed_to_the_bit_and_aborted_trials_say_nothing(tmp_path):
    campaign = ml.Campaign(LINE, [ml.Objective("y")], strategy=Bayes(), seed=1, initial=4, ledger=tmp_path / "l.db")
    for k in range(14):
        (item,) = campaign.suggest(1)
        x = float(item.values["x"])
        outcome = ml.Failed(item.id, reason="melts") if x > 0.6 else ml.Measured(item.id, {"y": x})
        campaign.tell(ml.Aborted(item.id, reason="power cut") if k == 5 else outcome)
    recomputed = campaign.recompute()
    assert all(one.same and one.difference == 0 for one in recomputed)
    model = campaign.state.model["feasibility"]
    last = campaign.events[-1]
    told = campaign.state.readings.values()
    before = [one for one in told if one.status != "aborted"]
    if last.type in ("measured", "failed"):
        before = before[:-1]  # the last ask had not heard of its own outcome
    assert model["trials"] == len(before)
    assert model["failures"] == sum(one.status == "failed" for one in before)


C_LIMIT = ml.Objective("c", goal="limit", high=0.05, std=0.01)


def walked(name, *more, fails=()):
    """A line read on its left side, where y and c rise; beyond 0.05 a limit on c is broken; at `fails` none formed."""
    goals = (ml.Objective("y", std=0.01), *more)
    campaign = ml.Campaign(LINE, goals, strategy=bayes(name), initial=1, seed=1)
    for i in range(0, 61, 6):
        outcome = {goal.name: float(LINE.values(i)["x"]) for goal in goals}
        campaign.tell(ml.Measured.of(LINE.values(i), outcome))
    campaign.tell([ml.Failed(candidate=LINE.id(i), reason="cracked") for i in fails])
    return campaign


@pytest.mark.parametrize("fails", [(), (120, 140, 160)], ids=["all form", "some fail"])
@pytest.mark.parametrize("name", ["learn", "level", "variance"])
def test_what_breaks_a_limit_teaches_as_much_as_what_holds_it(name, fails):
    (free,), (limited,) = (walked(name, *more, fails=fails).suggest(1) for more in ((), (C_LIMIT,)))
    assert limited.candidate == free.candidate
    assert limited.values["x"] > 0.3
    assert "c at most 0.05 with probability 0." in limited.reason
    assert "which weighs nothing: what breaks a limit is read all the same" in limited.reason
    assert ("would form with probability" in limited.reason) == bool(fails)


def limited(tried):
    """The scene of the line under a limit on c, read at twelve places; with or without what failed there."""
    ask = steep(8 if tried else 0)
    both = tuple(replace(one, outcome={**one.outcome, "c": float(one.values["x"])}) for one in ask.readings)
    ask = replace(ask, objectives=(*ask.objectives, C_LIMIT), readings=both)
    forming = formed(ask) if tried else None
    scene = decided(ask, learn(ask, GP()), (), 1, forming)
    return replace(scene, crowd=crowd_of(ask, ask.closed)), forming


@pytest.mark.parametrize("name", ["learn", "level", "variance"])
def test_what_may_not_form_teaches_less_under_limits_too(name):
    scene, forming = limited(tried=True)
    X = LINE.encode_rows(np.arange(201))
    rule = acquisition(name, **({"threshold": 0.9} if name == "level" else {}))
    assert not np.allclose(scene.forming.probability(X), forming.probability(X))
    found, alone, blind = (rule.prepare(replace(scene, forming=one)).score(X) for one in (scene.forming, forming, None))
    assert np.array_equal(found, alone)
    assert (found <= blind).all()
    assert (found < blind)[blind > 0].any()


def test_a_hit_that_breaks_a_limit_is_none_but_tells_of_others_as_any():
    scene, _ = limited(tried=False)
    X = LINE.encode_rows(np.arange(100, 201, 10))
    scorer = acquisition("hits", threshold=0.1).prepare(replace(scene, remaining=6))
    holds = scene.limits.probability(X)
    assert holds.max() < 1e-3
    seen = scene.fitted.predict(X)
    chance = holds * norm.sf((0.1 - seen.mean[:, 0]) / seen.model_std[:, 0])
    (one,) = said(scorer.believed, scorer.others, X)
    weights = scene.limits.probability(scorer.others) * (X[:, None] != scorer.others[None]).all(axis=2)
    _, after = later(one, 0.1, weights, scorer.keep)
    assert np.allclose(scorer.score(X), chance + after)
