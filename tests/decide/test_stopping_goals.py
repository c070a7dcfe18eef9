"""What is said of the shortfall where goals are several, a target, a range, or bound: closed forms and drawn truths."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import matloop as ml
from matloop.decide.model import Model, learn
from matloop.decide.stopping_goals import outlook_of_goals
from matloop.domain.prediction import Prediction
from matloop.domain.reading import Key, Reading
from matloop.surrogate import Observations
from matloop.surrogate.gp import GP
from matloop.testing.strategies import task

LINE = ml.Pool.from_frame(pd.DataFrame({"x": np.arange(14.0)}), ["x"])


@dataclass(frozen=True)
class Stated:
    """An independent posterior of m objectives over the candidates of LINE. mean, std: (14, m)."""

    mean: np.ndarray
    std: np.ndarray

    def at(self, X):
        return np.rint(X[:, 0] * 13).astype(int)

    def predict(self, X):
        i = self.at(X)
        return Prediction(self.mean[i], self.std[i], np.zeros_like(self.std[i]))

    def joint(self, X):
        i = self.at(X)
        return self.mean[i], np.stack([np.diag(self.std[i, j] ** 2) for j in range(self.mean.shape[1])])

    def describe(self):
        return {}


def stated(columns):
    """(far, best, rival) of each objective: 0..10 read and known at `far`, 11 the best, 12 the rival, 13 far too."""
    far, best, rival = (np.array([column[k] for column in columns], dtype=float) for k in range(3))
    mean, std = (np.vstack([np.repeat(far[None, :, p], 14, axis=0)]) for p in (0, 1))
    for row, one in ((11, best), (12, rival)):
        mean[row], std[row] = one[:, 0], one[:, 1]
    return Stated(mean, std)


def looked(posterior, objectives, rule, lost=(), closed=()):
    names = [one.name for one in objectives]
    readings = tuple(
        Reading(Key.asked(f"s{k + 1:04d}"), LINE.id(k), LINE.values(k), "ok", dict.fromkeys(names, float(k)))
        for k in range(12)
    )
    tried = tuple(Reading(Key.asked(f"s{50 + i:04d}"), LINE.id(i), LINE.values(i), "failed") for i in lost)
    ask = replace(task(LINE, 0), readings=readings, tried=tried, objectives=tuple(objectives))
    ask = replace(ask, closed=frozenset(LINE.id(i) for i in closed))
    X = LINE.encode_rows(np.arange(12))
    y = np.array([[float(k)] * len(names) for k in range(12)])
    data = Observations(X, y, np.zeros_like(y), LINE.encoder.groups)
    model = Model(posterior, LINE.encoder, tuple(names), data, tuple(LINE.id(i) for i in range(12)), "stated")
    return outlook_of_goals(ask, model, rule)


TARGET = [ml.Objective("y", goal="target", value=0.0)]


def test_of_a_target_the_probability_is_that_no_rival_is_nearer_by_more():
    """The best is known to lie 1 away, the rival at N(1.5, 1): nearer than 0.3 with this probability."""
    found = looked(stated([((50.0, 1e-3), (1.0, 1e-6), (1.5, 1.0))]), TARGET, ml.Stop(regret=0.7))
    nearer = norm.cdf(0.3, 1.5, 1.0) - norm.cdf(-0.3, 1.5, 1.0)
    assert found.probability == pytest.approx(1.0 - nearer, abs=0.05)


def test_a_best_that_lies_on_the_target_leaves_nothing_to_be_found():
    found = looked(stated([((50.0, 1e-3), (0.0, 1e-6), (0.0, 1.0))]), TARGET, ml.Stop(regret=0.1))
    assert found.probability == pytest.approx(1.0, abs=1e-6)


def test_of_a_range_a_best_that_may_lie_outside_is_doubted():
    inside = [ml.Objective("y", goal="range", low=-1.0, high=1.0)]
    found = looked(stated([((50.0, 1e-3), (0.9, 0.5), (0.0, 1e-6))]), inside, ml.Stop(regret=1e-6))
    assert found.probability == pytest.approx(norm.cdf(1.0, 0.9, 0.5) - norm.cdf(-1.0, 0.9, 0.5), abs=0.06)


def test_a_rival_that_cannot_be_suggested_is_none():
    posterior = stated([((50.0, 1e-3), (1.0, 1e-6), (0.0, 1e-3))])
    assert looked(posterior, TARGET, ml.Stop(regret=0.7)).probability < 0.01
    assert looked(posterior, TARGET, ml.Stop(regret=0.7), closed=(12,)).probability > 0.99


LIMITED = [ml.Objective("y"), ml.Objective("z", goal="limit", high=0.0)]


def test_a_rival_counts_as_far_as_it_holds_the_limits():
    """Better for sure, and within the limit with probability 0.3."""
    z = float(norm.ppf(0.7))
    posterior = stated([((-50.0, 1e-3), (0.0, 1e-6), (5.0, 1e-6)), ((-9.0, 1e-6), (-9.0, 1e-6), (z, 1.0))])
    found = looked(posterior, LIMITED, ml.Stop(regret=1.0))
    assert found.probability == pytest.approx(0.7, abs=0.05)


def test_a_best_that_may_break_a_limit_is_doubted_as_much():
    posterior = stated([((-50.0, 1e-3), (0.0, 1e-6), (-50.0, 1e-3)), ((-9.0, 1e-6), (-1.0, 1.0), (9.0, 1e-3))])
    found = looked(posterior, LIMITED, ml.Stop(regret=1.0))
    assert found.probability == pytest.approx(norm.cdf(1.0), abs=0.05)


TWO = [ml.Objective("y", reference=0.0), ml.Objective("z", reference=0.0)]


def test_of_two_goals_the_shortfall_is_the_hypervolume_that_the_rival_adds():
    """The best encloses 1 x 1; a rival at (2, N(0.5, s)) adds 1 x max(z, 0), more than 0.4 with this probability."""
    posterior = stated([((-5.0, 1e-6), (1.0, 1e-9), (2.0, 1e-9)), ((-5.0, 1e-6), (1.0, 1e-9), (0.5, 0.2))])
    found = looked(posterior, TWO, ml.Stop(regret=0.4))
    assert found.several
    assert found.probability == pytest.approx(norm.cdf(0.4, 0.5, 0.2), abs=0.06)
    assert found.expected == pytest.approx(0.52, abs=0.06)


def test_a_share_is_one_of_the_hypervolume_enclosed():
    posterior = stated([((-5.0, 1e-6), (3.0, 1e-9), (1.0, 1e-9)), ((-5.0, 1e-6), (2.0, 1e-9), (1.0, 1e-9))])
    found = looked(posterior, TWO, ml.Stop(share=0.25))
    assert found.allowed == pytest.approx(0.25 * 6.0)
    assert found.probability == pytest.approx(1.0, abs=1e-6)
    assert "adds to the hypervolume of the front by more than 1.50" in found.say(TWO[0], ml.Stop(share=0.25))


def test_a_candidate_that_failed_is_no_rival():
    posterior = stated([((-5.0, 1e-6), (1.0, 1e-9), (9.0, 1e-9)), ((-5.0, 1e-6), (1.0, 1e-9), (9.0, 1e-9))])
    assert looked(posterior, TWO, ml.Stop(regret=0.4)).probability < 0.05
    assert looked(posterior, TWO, ml.Stop(regret=0.4), lost=(12,)).probability > 0.95


def test_nothing_is_said_of_few_readings_nor_where_nothing_holds_the_limits():
    posterior = stated([((-5.0, 1e-6), (1.0, 1e-9), (9.0, 1e-9)), ((5.0, 1e-6), (5.0, 1e-9), (9.0, 1e-9))])
    assert looked(posterior, LIMITED, ml.Stop(least=13)) is None
    assert looked(posterior, LIMITED, ml.Stop()) is None


def test_the_stated_probability_of_a_target_is_true_where_truths_are_smooth():
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 60)
    pool = ml.Pool.from_frame(pd.DataFrame({"x": x}), ["x"])
    gap = np.sqrt(5) * np.abs(x[:, None] - x) / 0.3
    root = np.linalg.cholesky((1 + gap + gap**2 / 3) * np.exp(-gap) + 1e-8 * np.eye(60))
    stated_, true = [], []
    for _ in range(40):
        truth = root @ rng.standard_normal(60)
        rows = rng.choice(60, 10, replace=False)
        readings = tuple(
            Reading(Key.asked(f"s{k + 1:04d}"), pool.id(int(i)), pool.values(int(i)), "ok", {"y": float(truth[i])})
            for k, i in enumerate(rows)
        )
        goal = ml.Objective("y", goal="target", value=0.5)
        ask = replace(task(pool, 0), readings=readings, objectives=(goal,))
        model = learn(ask, GP())
        said = outlook_of_goals(ask, model, ml.Stop(share=0.05))
        best = rows[np.argmin(np.abs(model.predict(pool.encode_rows(rows)).mean[:, 0] - 0.5))]
        stated_.append(said.probability)
        true.append(abs(truth[best] - 0.5) - np.abs(truth - 0.5).min() <= said.allowed)
    assert np.mean(stated_) == pytest.approx(np.mean(true), abs=0.15)
    assert not math.isclose(min(stated_), max(stated_))


def test_a_campaign_with_two_goals_stops_by_its_rule():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.random(40), "b": rng.random(40)})
    pool = ml.Pool.from_frame(frame, ["a", "b"])
    goals = [ml.Objective("f", reference=0.0), ml.Objective("g", reference=0.0)]
    readings = frame.assign(f=frame.a * (1.2 - frame.b), g=frame.b)
    campaign = ml.Campaign(pool, goals, seed=2, budget=40, stop=ml.Stop(share=0.1, probability=0.9))
    ended = campaign.run(ml.TableLab(readings))
    assert ended.reason == "rule"
    assert 10 <= len(campaign.state.readings) < 40
