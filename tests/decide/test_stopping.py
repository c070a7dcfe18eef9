"""What is said of the regret: against closed forms and drawn truths."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import matloop as ml
from matloop.decide import stopping
from matloop.decide.model import Model, learn
from matloop.decide.rivals import looked
from matloop.decide.stopping import Outlook, outlook
from matloop.decide.tails import Tails
from matloop.domain.prediction import Prediction
from matloop.domain.reading import Key, Reading
from matloop.surrogate import Observations
from matloop.surrogate.gp import GP
from matloop.testing.strategies import large_space, reading, task

LINE = ml.Pool.from_frame(pd.DataFrame({"x": np.arange(14.0)}), ["x"])


@dataclass(frozen=True)
class Stated:
    """A posterior over the candidates of LINE, stated by the test."""

    mean: np.ndarray
    cov: np.ndarray

    def at(self, X):
        return np.rint(X[:, 0] * 13).astype(int)

    def predict(self, X):
        i = self.at(X)
        std = np.sqrt(np.diag(self.cov)[i])[:, None]
        return Prediction(self.mean[i][:, None], std, np.zeros_like(std))

    def joint(self, X):
        i = self.at(X)
        return self.mean[i][:, None], self.cov[np.ix_(i, i)][None]

    def describe(self):
        return {}


class Alone(Stated):
    """The same without a joint posterior."""

    joint = None


def asked(goal="maximize", lost=()):
    ask = task(LINE, 0)
    readings = tuple(reading(k, LINE.candidate(k), float(k)) for k in range(12))
    tried = tuple(Reading(Key.asked(f"s{50 + i:04d}"), LINE.id(i), LINE.values(i), "failed") for i in lost)
    return replace(ask, readings=readings, tried=tried, objectives=(ml.Objective("y", goal=goal),))


def model_of(stated, ask):
    X = LINE.encode_rows(np.arange(12))
    y = np.array([one.outcome["y"] for one in ask.readings])[:, None]
    data = Observations(X, y, np.zeros_like(y), LINE.encoder.groups)
    return Model(stated, LINE.encoder, ("y",), data, tuple(LINE.id(i) for i in range(12)), "stated")


def known(rivals, stds, correlation=0.0):
    """Candidates 0..11 known: the best, 11, at 0 +- 0.5; 12 and 13 are the rivals."""
    mean = np.concatenate([np.full(11, -50.0), [0.0], rivals])
    std = np.concatenate([np.full(11, 1e-3), [0.5], stds])
    cov = np.diag(std**2)
    cov[11, 12] = cov[12, 11] = correlation * std[11] * std[12]
    return Stated(mean, cov)


@pytest.mark.parametrize("correlation", [0.0, 0.8, -0.6])
def test_with_one_rival_the_probability_is_the_closed_form(correlation):
    ask = asked()
    said = outlook(ask, model_of(known([0.4, -50.0], [1.0, 1e-3], correlation), ask), ml.Stop(regret=0.7))
    spread = math.sqrt(0.25 + 1.0 - 2 * correlation * 0.5)
    assert said.probability == pytest.approx(norm.cdf((0.7 - 0.4) / spread), abs=0.04)
    gain = 0.4 * norm.cdf(0.4 / spread) + spread * norm.pdf(0.4 / spread)
    assert said.expected == pytest.approx(gain, abs=0.08)


def test_a_minimum_is_a_maximum_of_the_negative():
    up, down = asked(), asked("minimize")
    stated = known([0.4, 0.2], [1.0, 0.4])
    turned = replace(stated, mean=-stated.mean)
    one = outlook(up, model_of(stated, up), ml.Stop(regret=0.7))
    other = outlook(down, model_of(turned, down), ml.Stop(regret=0.7))
    assert one == other


def test_what_is_not_drawn_together_is_added_up_and_only_lowers_the_probability(monkeypatch):
    ask = asked()
    stated = known([0.4, 0.2], [1.0, 1.0])
    whole = outlook(ask, model_of(stated, ask), ml.Stop(regret=0.7))
    monkeypatch.setattr(stopping, "TOGETHER", 1)
    part = outlook(ask, model_of(stated, ask), ml.Stop(regret=0.7))
    assert part.probability <= whole.probability
    assert part.probability == pytest.approx(whole.probability, abs=0.2)


def test_without_a_joint_posterior_there_is_a_bound_and_it_says_so():
    ask = asked()
    stated = known([0.4, 0.2], [1.0, 1.0])
    drawn = outlook(ask, model_of(stated, ask), ml.Stop(regret=2.5))

    @dataclass(frozen=True)
    class Bare:
        whole: Stated

        def predict(self, X):
            return self.whole.predict(X)

        def describe(self):
            return {}

    bound = outlook(ask, model_of(Bare(stated), ask), ml.Stop(regret=2.5))
    assert bound.probability <= drawn.probability + 0.01
    assert bound.expected is None
    assert "at least" in bound.say(ask.objectives[0], ml.Stop())


def test_a_candidate_that_failed_is_no_rival():
    stated = known([9.0, -50.0], [0.1, 1e-3])
    open_, lost = asked(), asked(lost=(12,))
    assert outlook(open_, model_of(stated, open_), ml.Stop(regret=0.7)).probability == 0.0
    assert outlook(lost, model_of(stated, lost), ml.Stop(regret=0.7)).probability > 0.95


def test_what_was_taken_back_or_is_too_dear_is_no_rival_and_what_is_being_measured_stays_one():
    stated = known([9.0, -50.0], [0.1, 1e-3])
    rival, rule = LINE.candidate(12), ml.Stop(regret=0.7)
    free = asked()
    barred = replace(free, closed=frozenset({rival.id}))
    awaited = replace(barred, open=(rival,))
    assert outlook(free, model_of(stated, free), rule).probability == 0.0
    assert outlook(barred, model_of(stated, barred), rule).probability > 0.95
    assert outlook(awaited, model_of(stated, awaited), rule).probability == 0.0


def test_what_was_cut_off_and_is_not_made_again_is_no_rival_of_a_model_without_bounds():
    stated, rule = known([9.0, -50.0], [0.1, 1e-3]), ml.Stop(regret=0.7)
    cut = Reading(Key.asked("s0050"), LINE.id(12), LINE.values(12), "below", outcome={"y": 2.0})
    again = replace(asked(), tried=(cut,))
    once = replace(again, closed=frozenset({cut.candidate}))
    assert outlook(again, model_of(stated, again), rule).probability == 0.0
    assert outlook(once, model_of(stated, once), rule).probability > 0.95


@pytest.mark.parametrize("steps", [10, 50_000], ids=["listed", "sampled"])
def test_points_of_a_space_that_what_is_left_cannot_pay_are_no_rivals(steps):
    space = ml.Space([ml.Real("x", 0, 1, step=1 / steps), ml.Integer("k", 0, 1)])
    costs = ml.Cost(expression="1 + 9 * k", limit=100.0).bind(space)
    readings = tuple(
        reading(i, space.resolve({"x": x, "k": k}), 3.0 * k + 0.1 * x)
        for i, (x, k) in enumerate((x, k) for k in (0, 1) for x in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    )
    rich = replace(task(space, 0), readings=readings, costs=costs, left=50.0)
    poor, model = replace(rich, left=5.0), learn(rich, GP())
    rows = [np.vstack(list(looked(one, model)))[:, 1] for one in (rich, poor)]
    assert set(rows[0]) == {0.0, 1.0}
    assert set(rows[1]) == {0.0}
    dear = space.resolve({"x": 0.3, "k": 1})
    awaited = np.vstack(list(looked(replace(poor, open=(dear,)), model)))
    assert (awaited[:, 1] == 1.0).sum() <= 1  # of a sample it may be none
    assert steps == 50_000 or (awaited[:, 1] == 1.0).sum() == 1


def test_few_readings_say_nothing():
    ask = asked()
    assert outlook(ask, model_of(known([0.0, 0.0], [1.0, 1.0]), ask), ml.Stop(least=13)) is None


def test_the_allowed_share_is_of_the_spread_of_the_readings():
    ask = asked()
    said = outlook(ask, model_of(known([0.0, 0.0], [1.0, 1.0]), ask), ml.Stop(share=0.2))
    assert said.allowed == pytest.approx(0.2 * np.std(np.arange(12.0)))


def test_the_stated_probability_is_true_where_truths_are_smooth():
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 60)
    pool = ml.Pool.from_frame(pd.DataFrame({"x": x}), ["x"])
    gap = np.sqrt(5) * np.abs(x[:, None] - x) / 0.3
    root = np.linalg.cholesky((1 + gap + gap**2 / 3) * np.exp(-gap) + 1e-8 * np.eye(60))
    stated, true = [], []
    for _ in range(60):
        truth = root @ rng.standard_normal(60)
        rows = rng.choice(60, 10, replace=False)
        readings = tuple(reading(k, pool.candidate(int(i)), float(truth[i])) for k, i in enumerate(rows))
        ask = replace(task(pool, 0), readings=readings)
        model = learn(ask, GP())
        said = outlook(ask, model, ml.Stop(share=0.3))
        best = rows[np.argmax(model.predict(pool.encode_rows(rows)).mean[:, 0])]
        stated.append(said.probability)
        true.append(truth.max() - truth[best] <= said.allowed)
    assert np.mean(stated) == pytest.approx(np.mean(true), abs=0.12)
    sure = np.array(stated) > 0.9
    assert np.mean(np.array(true)[sure]) > 0.85


def test_of_a_large_space_it_says_how_much_was_looked_at():
    ask = task(large_space(), 12)
    said = outlook(ask, learn(ask, GP()), ml.Stop())
    assert not said.whole
    assert f"{said.looked} candidates of the space were looked at" in said.say(ask.objectives[0], ml.Stop())
    assert said == outlook(ask, learn(ask, GP()), ml.Stop())


def test_the_words_hold_the_figures():
    said = Outlook(0.973, 0.3125, 0.021, 60, whole=True, drawn=True)
    assert said.say(ml.Objective("y", unit="J"), ml.Stop()) == (
        "by the model, with probability 0.97 nothing is better than the best found by more than 0.312 J"
        " (0.95 is asked for stopping), expected shortfall 0.0210 J"
    )
    assert said.holds(ml.Stop(probability=0.97))
    assert not said.holds(ml.Stop(probability=0.98))


def test_with_claims_the_probability_is_that_of_the_mixture_of_normal_distributions():
    ask = asked()
    tails = Tails.of(2.0 * np.random.default_rng(0).standard_t(4, 300))
    said = outlook(ask, model_of(known([-0.4, -50.0], [1.0, 1e-3]), ask), ml.Stop(regret=0.7), (tails,))
    drawn = tails.draw(200_000, np.random.default_rng(1))
    # the best found, at 0, is drawn as well: their difference has the variance of both
    assert said.probability == pytest.approx(np.mean(norm.cdf((0.7 + 0.4) / (drawn * math.sqrt(1.25)))), abs=0.04)
    assert said.claims == 300


def test_a_model_that_was_surprised_is_less_sure_than_one_that_was_not():
    ask, rule = asked(), ml.Stop(regret=0.7)
    model = model_of(known([-2.0, -2.0], [0.9, 0.9]), ask)
    rng = np.random.default_rng(2)
    calm = Tails.of(rng.standard_normal(40))
    surprised = Tails.of(np.concatenate((rng.standard_normal(36), [4.0, 5.0, -3.5, 4.5])))
    assert outlook(ask, model, rule, (surprised,)).probability < outlook(ask, model, rule, (calm,)).probability


def test_where_errors_have_heavy_tails_the_stated_probability_is_true_only_with_claims():
    rng = np.random.default_rng(3)
    nu, rivals = 3.0, np.array([-2.0, -2.2])
    ask = asked()
    model = model_of(known(rivals, [1.0, 1.0]), ask)
    w = np.sqrt(rng.chisquare(nu, 100_000) / nu)
    best, first, second = rng.standard_normal((3, 100_000)) / w * np.array([0.5, 1.0, 1.0])[:, None]
    true = np.mean(np.maximum(first - 2.0, second - 2.2) - best <= 0.7)
    claims = Tails.of(rng.standard_t(nu, 400))
    plain = outlook(ask, model, ml.Stop(regret=0.7)).probability
    learned = outlook(ask, model, ml.Stop(regret=0.7), (claims,)).probability
    assert learned == pytest.approx(true, abs=0.02)
    assert plain > true + 0.02
