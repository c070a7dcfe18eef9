"""Batches mind what is pending; goals act in the acquisition; reasons say what was done."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from matloop.decide.acquisition.auto import Auto
from matloop.decide.acquisition.registry import serving
from matloop.decide.bayes import Bayes, Greedy
from matloop.decide.random import Random
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.domain.prediction import Prediction, PredictionAt
from matloop.errors import InputError
from matloop.surrogate.auto import Auto as Picking
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.testing.strategies import bare_pool, chosen_ids, landscape, large_space, reading, small_pool, task
from tests.decide.named import bayes

MODELS = [name for name in serving("maximize") if name != "random"]


@dataclass(frozen=True)
class Plain:
    """A surrogate without further capabilities: the mean of the readings by distance."""

    name: ClassVar[str] = "plain"

    def fit(self, data, rng, warm=None):
        return FittedPlain(data.X, data.y)


@dataclass(frozen=True)
class FittedPlain:
    X: np.ndarray
    y: np.ndarray

    def predict(self, X):
        gaps = np.linalg.norm(X[:, None] - self.X, axis=2)
        weights = np.exp(-8 * gaps)
        mean = weights @ self.y / weights.sum(axis=1, keepdims=True)
        std = 0.05 + gaps.min(axis=1, keepdims=True)
        return Prediction(mean, std, np.full_like(mean, 0.01))

    def describe(self):
        return {"rows": len(self.X)}


def chosen(strategy, ask):
    return chosen_ids(strategy.suggest(ask))


@pytest.mark.parametrize("name", ["ei", "nei", "variance", "learn", "hits", "level"])
def test_no_candidate_is_chosen_together_with_its_twin(name):
    ask = task(twins(), 20, n=3)
    values = [tuple(ask.candidates.by_id(one).values.values()) for one in chosen(bayes(name), ask)]
    assert len(set(values)) == 3


def twins():
    """A pool in which every candidate of `small_pool` has a twin of equal features under another id."""
    pool = small_pool(300)
    rows = [{"id": f"{mark}{i}", **pool.values(i)} for i in range(300) for mark in ("d", "e")]
    return Pool.from_frame(pd.DataFrame(rows), ["a", "b", "c"], id="id")


def pool_gaps(ask, ids):
    X = ask.candidates.encode_rows(np.array([ask.candidates.index(one) for one in ids]))
    gaps = np.linalg.norm(X[:, None] - X, axis=2)
    return gaps[np.triu_indices(len(ids), 1)]


@pytest.mark.parametrize("name", ["auto", "ei", "nei", "ucb", "variance", "learn", "hits", "level"])
def test_what_is_open_changes_what_is_chosen_next(name):
    ask = task(twins(), 20)
    (first,) = bayes(name).suggest(ask).choices
    twin = ask.candidates.by_id({"d": "e", "e": "d"}[first.candidate.id[0]] + first.candidate.id[1:])
    pending = replace(ask, open=(twin,), closed=ask.closed | {twin.id})
    assert chosen(bayes(name), pending) != [first.candidate.id]


# those that draw are left out, since each ask has its own generator
@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("ts", "nei", "auto")])
def test_a_batch_is_what_single_asks_with_the_others_open_would_give(name):
    ask = task(small_pool(200), 10, n=3)
    together = bayes(name).suggest(ask).choices
    for choice, expected in zip(one_by_one(bayes(name), ask), together, strict=True):
        assert choice.candidate == expected.candidate


@pytest.mark.parametrize("settings", [{}, {"acquisition": "ei"}, {"acquisition": "ucb", "beta": 4.0}], ids=str)
def test_a_pessimistic_batch_is_what_single_asks_with_the_others_open_would_give(settings):
    ask, strategy = task(small_pool(200), 10, n=3), Bayes(**settings, pending="pessimistic")
    together = [choice.candidate.id for choice in strategy.suggest(ask).choices]
    assert [choice.candidate.id for choice in one_by_one(strategy, ask)] == together


def test_a_pessimistic_batch_spreads_further_than_one_that_believes():
    asks = [task(small_pool(300), told, n=5) for told in (6, 8, 10, 12, 15)]

    def spread(pending):
        return np.mean([pool_gaps(ask, chosen(Bayes(acquisition="ei", pending=pending), ask)).mean() for ask in asks])

    assert spread("pessimistic") > spread("believer")


def test_fantasies_let_auto_seek_by_nei_whatever_the_noise():
    (choice,) = Bayes(pending="fantasies").suggest(task(small_pool(), 6)).choices
    assert choice.reason.startswith("auto took nei: it weighs all that is pending")


def one_by_one(strategy, ask):
    found = []
    for _ in range(ask.n):
        (choice,) = strategy.suggest(replace(ask, n=1)).choices
        found.append(choice)
        ask = replace(ask, open=(*ask.open, choice.candidate), closed=ask.closed | {choice.candidate.id})
    return found


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("candidates", [small_pool(), large_space()], ids=["pool", "space"])
def test_minimising_is_maximising_the_negative(name, candidates):
    strategy, mirrored = (bayes(name, sign=sign, evaluations=600) for sign in (1.0, -1.0))
    up = task(candidates, 10, n=3)
    down = task(candidates, 10, n=3, truth=lambda values: -landscape(values))
    assert chosen(strategy, up) == chosen(mirrored, replace(down, objectives=(Objective("y", goal="minimize"),)))


@pytest.mark.parametrize("strategy", [Bayes(), Greedy()], ids=lambda s: s.name)
def test_each_model_choice_is_predicted_in_the_objectives_name(strategy):
    for choice in strategy.suggest(task(small_pool(), 10, n=2)).choices:
        assert set(choice.prediction.mean) == {"y"}
        assert choice.prediction.model_std["y"] > 0
        assert choice.prediction.noise_std["y"] >= 0


def test_greedy_takes_the_highest_predicted_mean():
    pool, ask = small_pool(), task(small_pool(), 12)
    (choice,) = Greedy().suggest(ask).choices
    others = [
        Greedy().suggest(replace(ask, closed=frozenset(pool.ids) - {one})).choices[0].prediction.mean["y"]
        for one in pool.ids
        if one not in ask.closed
    ]
    assert choice.prediction.mean["y"] == pytest.approx(max(others))


def test_a_model_that_cannot_hear_of_pending_candidates_keeps_away_from_them_and_says_so():
    ask = task(small_pool(200), 10, n=4)
    choices = Bayes(acquisition="ei", surrogate=Plain()).suggest(ask).choices
    assert pool_gaps(ask, [choice.candidate.id for choice in choices]).min() > 0.1
    assert all("cannot learn pending candidates" in choice.reason for choice in choices[1:])


def test_neighbours_of_unheard_candidates_still_come_when_nothing_else_is_left():
    ask = task(small_pool(14), 10, n=4)
    assert len(chosen(Bayes(acquisition="ei", surrogate=Plain()), ask)) == 4


@pytest.mark.parametrize("name", ["nei", "ts", "hits", "learn"])
def test_what_needs_a_joint_posterior_is_refused_without_one(name):
    with pytest.raises(InputError, match="joint posterior"):
        bayes(name, surrogate=Plain()).suggest(task(small_pool(), 10))


def noisy_task(noise, spread=1.0):
    """Three readings each of ten candidates of a space, with that noise."""
    rng, space = np.random.default_rng(0), large_space()
    ask = task(space, 10)
    rows = [
        reading(10 * k + r, one, spread * landscape(one.values) + noise * rng.standard_normal())
        for k, one in enumerate((space.resolve(item.values) for item in ask.readings), 1)
        for r in range(3)
    ]
    return replace(ask, readings=tuple(rows))


def test_auto_names_nei_where_noise_puts_the_incumbent_in_doubt():
    (choice,) = Bayes(evaluations=600).suggest(noisy_task(0.3)).choices
    assert choice.reason.startswith(("auto took nei: reading noise is", "auto took ucb:"))


def test_auto_names_no_nei_where_readings_are_exact():
    (choice,) = Bayes(evaluations=600, surrogate=GP(noise="none")).suggest(task(large_space(), 10)).choices
    assert choice.reason.startswith(("auto took ei: reading noise is 0 %", "auto took ucb:"))


def test_auto_without_a_joint_posterior_says_why_it_takes_ei():
    @dataclass(frozen=True)
    class Loud(FittedPlain):
        def predict(self, X):
            seen = super().predict(X)
            return replace(seen, noise_std=np.full_like(seen.mean, 9.0))

    @dataclass(frozen=True)
    class LoudPlain(Plain):
        def fit(self, data, rng, warm=None):
            return Loud(data.X, data.y)

    (choice,) = Bayes(surrogate=LoudPlain()).suggest(task(small_pool(), 10)).choices
    assert "surrogate 'plain' has no joint posterior for nei" in choice.reason


def test_auto_is_what_a_strategy_takes_by_default():
    assert Bayes().acquisition == Auto.name


def test_a_reason_holds_figures_in_the_objectives_unit():
    (choice,) = Bayes(acquisition="ei").suggest(task(small_pool(), 10)).choices
    assert choice.reason.startswith("expected improvement ")
    assert " J over " in choice.reason
    assert "; model " in choice.reason
    assert ", one reading " in choice.reason


def test_random_draws_every_free_candidate_equally_often():
    pool = bare_pool(8)
    counts = dict.fromkeys(pool.ids, 0)
    for seed in range(2000):
        counts[chosen(Random(), task(pool, seed=seed))[0]] += 1
    assert min(counts.values()) > 190
    assert max(counts.values()) < 315


def test_asks_at_different_times_draw_different_candidates():
    first, second = (chosen(Random(), task(small_pool(400), asked=asked, n=5)) for asked in (0, 5))
    assert first != second


def test_the_reason_says_how_much_of_a_readings_error_comes_from_what_is_really_made():
    ask = task(small_pool(), 8)
    first = next(part.name for part in ask.candidates.encoder.parts if part.width == 1)
    blurred = replace(ask, readings=tuple(replace(one, executed_std={first: 1.0}) for one in ask.readings))
    (without,), (with_,) = (Bayes().suggest(one).choices for one in (ask, blurred))
    assert "by what is really made" in with_.reason
    assert "by what is really made" not in without.reason


def test_a_prediction_holds_what_the_reason_says_of_its_errors():
    ask = task(small_pool(), 14)
    first = next(part.name for part in ask.candidates.encoder.parts if part.width == 1)
    blurred = replace(ask, readings=tuple(replace(one, executed_std={first: 1.0}) for one in ask.readings))
    (plain,), (made,) = (Bayes(surrogate=GP()).suggest(one).choices for one in (ask, blurred))
    (taken,) = Bayes(surrogate=Picking((GP(), Forest()))).suggest(ask).choices
    said = made.prediction
    assert f"of which {said.input_std['y']:.3g}"[:12] in made.reason
    assert 0 < said.input_std["y"] <= said.noise_std["y"]
    assert plain.prediction.input_std == {}
    assert plain.prediction.factor["y"] >= 1.0
    assert ("recalibrated x" in plain.reason) == (plain.prediction.calibration["y"] == "recalibrated")
    assert plain.prediction.picked == ""
    assert taken.prediction.picked in ("gp", "forest")
    for one in (plain, made, taken):
        document = one.prediction.to_json()
        assert PredictionAt.from_json(document) == one.prediction
        assert all(document.values())
    older = {name: plain.prediction.to_json()[name] for name in ("mean", "model_std", "noise_std")}
    assert PredictionAt.from_json(older).factor == {}
