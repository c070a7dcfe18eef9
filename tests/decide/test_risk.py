"""Only what the model is sure enough of is chosen; where nothing is, the nearest to it, and the reason says so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import matloop as ml
from matloop.decide.acquisition.registry import serving
from matloop.decide.bayes import Bayes, Greedy
from matloop.decide.model import learn
from matloop.domain.objective import Objective
from matloop.errors import InputError
from matloop.surrogate.gp import GP
from matloop.testing.strategies import (
    StrategyContract,
    chosen_ids,
    landscape,
    large_space,
    small_pool,
    small_space,
    task,
)
from tests.decide.named import bayes


class TestSureOfTheStd(StrategyContract):
    def strategy(self):
        return Bayes(sure={"max_std": 0.1}, evaluations=600)


class TestSureOfTheProbability(StrategyContract):
    def strategy(self):
        return Greedy(sure={"min_probability": 0.8, "threshold": 1.0}, evaluations=600)


def foretold(ask, strategy):
    """model_std and signed mean of every free candidate of a pool or small space, each (k,), and their ids."""
    model = learn(ask, strategy.surrogate, calibrate=strategy.calibrate)
    if isinstance(ask.candidates, ml.Pool):
        every = [ask.candidates.candidate(row) for row in range(len(ask.candidates))]
    else:
        every = [ask.candidates.candidate(k) for k in ask.candidates.enumerate(10_000)]
    free = [one for one in every if one.id not in ask.closed]
    said = model.predict_values([one.values for one in free])
    return [one.id for one in free], said.model_std[:, 0], ask.objectives[0].sign * said.mean[:, 0], said.mean[:, 0]


@pytest.mark.parametrize("name", serving("maximize"))
@pytest.mark.parametrize("candidates", [small_pool(200), small_space()], ids=["pool", "space"])
def test_no_choice_is_less_sure_than_asked(name, candidates):
    ask = task(candidates, 12, n=3)
    std = foretold(ask, Bayes())[1]
    limit = float(np.quantile(std, 0.2))
    chosen = bayes(name, sure={"max_std": limit}).suggest(ask).choices
    assert len(chosen) == 3
    assert all(choice.prediction.model_std["y"] <= limit for choice in chosen)


def test_of_those_that_are_sure_enough_the_best_mean_is_taken():
    ask = task(small_pool(200), 12)
    ids, std, height, _ = foretold(ask, Greedy())
    limit = float(np.quantile(std, 0.2))
    best = max((height[i], ids[i]) for i in range(len(ids)) if std[i] <= limit)[1]
    assert chosen_ids(Greedy(sure={"max_std": limit}).suggest(ask)) == [best]
    assert chosen_ids(Greedy().suggest(ask)) != [best]


@pytest.mark.parametrize("name", serving("maximize"))
def test_in_a_large_space_the_search_finds_what_is_sure_enough(name):
    ask = task(large_space(), 12, n=3)
    wild = Bayes(acquisition="variance", evaluations=2000).suggest(ask).choices
    limit = 0.5 * min(choice.prediction.model_std["y"] for choice in wild)
    chosen = bayes(name, evaluations=2000, sure={"max_std": limit}).suggest(ask).choices
    assert all(choice.prediction.model_std["y"] <= limit for choice in chosen)
    assert all("; sure enough (model error at most" in choice.reason for choice in chosen)


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_no_choice_is_less_probably_beyond_the_threshold_than_asked(goal):
    ask = replace(task(small_pool(200), 12, n=4), objectives=(Objective("y", goal=goal),))
    _, std, height, mean = foretold(ask, Bayes())
    threshold = float(np.quantile(mean, 0.5))
    sign = ask.objectives[0].sign
    probable = norm.cdf((height - sign * threshold) / std)
    bar = float(np.quantile(probable, 0.7))
    sure = {"min_probability": bar, "threshold": threshold}
    for choice in Bayes(acquisition="variance", sure=sure).suggest(ask).choices:
        said = choice.prediction
        assert norm.cdf(sign * (said.mean["y"] - threshold) / said.model_std["y"]) >= bar
        assert f"{'above' if goal == 'maximize' else 'below'} " in choice.reason


@pytest.mark.parametrize("name", ["auto", "ts", "cost"])
def test_the_reason_counts_those_that_are_sure_enough(name):
    pool = small_pool(300)
    ask = task(pool, 12)
    said = learn(ask, GP()).predict(pool.encode_rows(slice(None))).model_std[:, 0]
    limit = float(np.quantile(said, 0.4))
    (choice,) = bayes(name, sure={"max_std": limit}).suggest(ask).choices
    assert f"{int(np.sum(said <= limit))} of 300 candidates are sure enough (model error at most" in choice.reason


@pytest.mark.parametrize("name", ["auto", "mean", "ei"])
def test_where_none_is_sure_enough_the_least_uncertain_is_taken_and_the_reason_says_so(name):
    ask = task(small_pool(200), 12)
    ids, std, _, _ = foretold(ask, Bayes())
    (choice,) = Bayes(acquisition=name, sure={"max_std": 1e-9}).suggest(ask).choices
    assert choice.candidate.id == ids[int(np.argmin(std))]
    assert "none that can be chosen is sure enough" in choice.reason
    assert "so the least uncertain was taken" in choice.reason
    assert choice.reason.startswith("none that can be chosen is sure enough")  # no acquisition chose it


@pytest.mark.parametrize("named", [True, False], ids=["id column", "ids of values"])
def test_the_reason_counts_those_that_can_still_be_chosen_down_to_the_last(named):
    frame = pd.DataFrame(np.random.default_rng(5).random((40, 3)), columns=list("abc"))
    if named:
        frame["id"] = [f"c{k:02d}" for k in range(40)]
    ask = task(ml.Pool.from_frame(frame, features=list("abc"), id="id" if named else None), 12, n=5)
    std = np.sort(foretold(ask, Bayes())[1])
    limit = float((std[2] + std[3]) / 2)
    chosen = Bayes(sure={"max_std": limit}).suggest(ask).choices
    whole = int(np.sum(learn(ask, GP()).predict(ask.candidates.encode_rows(slice(None))).model_std[:, 0] <= limit))
    for choice, left in zip(chosen[:3], (3, 2, 1), strict=True):
        assert f"{whole} of 40 candidates are sure enough (model error at most" in choice.reason
        assert f"), {left} of them can be chosen" in choice.reason
    assert all(choice.reason.startswith("none that can be chosen is sure enough") for choice in chosen[3:])


def test_where_none_is_probable_enough_the_most_probable_is_taken():
    ask = task(small_pool(200), 12)
    ids, std, height, _ = foretold(ask, Bayes())
    (choice,) = Bayes(sure={"min_probability": 0.99, "threshold": 50.0}).suggest(ask).choices
    assert choice.candidate.id == ids[int(np.argmax((height - 50.0) / std))]
    assert "so the nearest to it was taken" in choice.reason


def test_a_batch_takes_what_is_sure_enough_first():
    ask = task(small_pool(60), 12, n=6)
    std = np.sort(foretold(ask, Bayes())[1])
    limit = float(0.5 * (std[2] + std[3]))
    chosen = Bayes(sure={"max_std": limit}).suggest(ask).choices
    assert ["none that can be chosen" in choice.reason for choice in chosen] == [False] * 3 + [True] * 3


def test_the_std_is_the_one_that_cross_validation_has_corrected():
    """A Gaussian process that knows too well how long its lengths are: its factor is above 1."""
    rough = task(small_pool(200), 24, truth=lambda values: float(np.sin(1e4 * values["a"] + 1e3 * values["b"])))
    blind = GP(length_loc=3.0, length_width=0.01, noise="none", scale="fixed")
    model = learn(rough, blind)
    (judged,) = model.calibrations
    assert judged.factor > 1.3
    stated = learn(rough, blind, calibrate=False).predict(rough.candidates.encode_rows(slice(None))).model_std[:, 0]
    limit = float(np.max(stated))
    (trusting,) = Bayes(surrogate=blind, calibrate=False, sure={"max_std": limit}).suggest(rough).choices
    (careful,) = Bayes(surrogate=blind, sure={"max_std": limit}).suggest(rough).choices
    corrected = int(np.sum(judged.factor * stated <= limit))
    assert corrected < 200
    assert "200 of 200 candidates are sure enough" in trusting.reason
    assert f"{corrected} of 200 candidates are sure enough" in careful.reason


def test_few_readings_leave_the_errors_in_doubt_and_the_reason_says_so():
    (choice,) = Bayes(sure={"max_std": 0.5}).suggest(task(small_pool(60), 7)).choices
    assert choice.reason.count("by errors that are not calibrated") == 1


def test_costs_still_weigh_among_what_is_sure_enough():
    frame = pd.DataFrame({"a": np.linspace(0.0, 10.0, 41), "b": 1.0, "c": "x"})
    frame["price"] = np.where(frame["a"] < 5.0, 1.0, 4.0)
    pool = ml.Pool.from_frame(frame, features=["a", "b", "c"], riders=["price"])
    ask = replace(task(pool, 0), costs=ml.Cost(column="price").bind(pool))
    held = task(pool, 41).readings[::6]
    ask = replace(ask, readings=held, closed=frozenset(one.candidate for one in held), design_done=7)
    strategy = Bayes(acquisition="cost")
    limit = float(np.quantile(foretold(ask, strategy)[1], 0.5))
    (choice,) = replace(strategy, sure={"max_std": limit}).suggest(ask).choices
    assert choice.prediction.model_std["y"] <= limit
    assert "ranked by gain per cost" in choice.reason


def test_nothing_changes_where_all_are_sure_enough():
    ask = task(small_pool(200), 12, n=3)
    assert chosen_ids(Bayes(sure={"max_std": 1e6}).suggest(ask)) == chosen_ids(Bayes().suggest(ask))


def test_the_initial_design_asks_no_model():
    ask = task(small_pool(60), 0, n=3)
    assert Bayes(sure={"max_std": 1e-9}).suggest(ask) == Bayes().suggest(ask)


@pytest.mark.parametrize("strategy", [Bayes, Greedy])
@pytest.mark.parametrize(
    ("sure", "said"),
    [
        ({}, "Give a table"),
        (0.2, "Give a table"),
        ({"max_sdt": 0.2}, "Did you mean 'max_std'"),
        ({"max_std": 0.0}, "Give a number above 0"),
        ({"max_std": "low"}, "Give a finite number"),
        ({"max_std": float("nan")}, "Give a finite number"),
        ({"max_std": True}, "Give a finite number"),
        ({"min_probability": 1.0, "threshold": 1}, "Give a number between 0 and 1"),
        ({"min_probability": 0.8}, "only min_probability is given"),
        ({"max_std": 1.0, "threshold": 0.8}, "only threshold is given"),
    ],
    ids=["empty", "number", "typo", "zero", "text", "nan", "bool", "certain", "no threshold", "no probability"],
)
def test_settings_that_make_no_sense_are_refused(strategy, sure, said):
    with pytest.raises(InputError, match=said):
        strategy(sure=sure)


def test_being_sure_of_two_objectives_is_refused():
    two = replace(task(small_pool(60), 7), objectives=(Objective("y"), Objective("z")))
    with pytest.raises(InputError, match="'sure' is about one objective, and there are 2"):
        Bayes(sure={"max_std": 0.2}).suggest(two)


def test_a_campaign_that_is_careful_replays(tmp_path):
    pool = small_pool(60)
    strategy = Bayes(sure={"max_std": 0.3, "min_probability": 0.5, "threshold": 0.2})
    held = ml.Campaign(pool, [Objective("y")], strategy=strategy, seed=2, ledger=tmp_path / "careful.db")
    for _ in range(4):
        held.tell([ml.Measured(one.id, {"y": landscape(one.values)}) for one in held.suggest(4)])
    again = ml.Campaign(pool, [Objective("y")], strategy=strategy, seed=2, ledger=tmp_path / "careful.db")
    assert [one.reason for one in again.suggest(2)] == [one.reason for one in held_twin(held).suggest(2)]


def held_twin(held):
    """A campaign in memory with the same readings asked for in the same way."""
    twin = ml.Campaign(small_pool(60), [Objective("y")], strategy=held.strategy, seed=2)
    for _ in range(4):
        twin.tell([ml.Measured(one.id, {"y": landscape(one.values)}) for one in twin.suggest(4)])
    return twin
