"""Looking further: among choices, what most probably is as good as the best of all."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from matloop.decide.acquisition.auto import PAYS, Auto
from matloop.decide.acquisition.further import best_of_all, further
from matloop.decide.bayes import Bayes
from matloop.decide.crowd import crowd_of
from matloop.decide.model import learn
from matloop.decide.scene import scene_of
from matloop.domain.objective import Objective
from matloop.domain.parameter import Categorical, Integer
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.surrogate.gp import GP
from matloop.testing.strategies import chosen_ids, small_pool, task

ROWS = [(a, b, c, t) for a, b, c, t in product("pqrst", "pqrst", "pqrst", (1.0, 2.0))]
FRAME = pd.DataFrame(ROWS, columns=["a", "b", "c", "t"])
REACTIONS = Pool.from_frame(FRAME, ["a", "b", "c", "t"])


def yields(values):
    """Only one choice of a works, with one of b."""
    works = values["a"] == "t" and values["b"] == "s"
    return 10.0 * works + (values["a"] == "p") + 0.1 * values["t"]


def scene(ask):
    model = learn(ask, GP())
    return replace(scene_of(ask, model, ask.open, ask.n, None), crowd=crowd_of(ask, ask.closed))


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_the_median_of_the_best_of_equal_normals_is_the_closed_form(n):
    found = best_of_all(np.full(n, 3.0), np.full(n, 2.0))
    assert found == pytest.approx(max(3.0, 3.0 + 2.0 * norm.ppf(0.5 ** (1 / n))), abs=1e-9)


def test_the_median_of_the_best_of_different_normals_is_that_of_many_draws():
    rng = np.random.default_rng(0)
    mean, std = rng.normal(size=40), rng.uniform(0.1, 1.5, 40)
    drawn = (mean + std * rng.standard_normal((40_000, 40))).max(axis=1)
    share = np.mean(drawn < best_of_all(mean, std))
    assert share == pytest.approx(0.5, abs=0.012)  # 4.8 of its standard deviations


def test_what_is_known_for_sure_is_the_best_where_nothing_else_is_in_doubt():
    assert best_of_all(np.array([1.0, 4.0]), np.zeros(2)) == 4.0
    assert best_of_all(np.array([9.0, 1.0]), np.array([0.0, 1e-3])) == pytest.approx(9.0)


def test_among_choices_that_comes_first_which_is_most_probably_as_good_as_the_best_of_all():
    ask = task(REACTIONS, 8, truth=yields)
    now = scene(ask)
    X = REACTIONS.encode_rows(slice(None))
    seen = now.fitted.predict(X)
    mark = best_of_all(seen.mean[:, 0], seen.model_std[:, 0])
    far = (mark - seen.mean[:, 0]) / seen.model_std[:, 0]
    free = [row for row in range(len(REACTIONS)) if REACTIONS.id(row) not in ask.closed]
    (choice,) = Bayes(calibrate=False).suggest(ask).choices
    uncorrected = scene_of(ask, learn(ask, GP(), calibrate=False), (), 1, None).fitted.predict(X)
    assert choice.reason.startswith("auto took est: the best of all 250 candidates is expected to be better by")
    assert uncorrected.mean == pytest.approx(seen.mean)
    assert far[REACTIONS.index(choice.candidate.id)] == pytest.approx(far[free].min(), rel=1e-6)


def test_scores_only_fall_when_a_candidate_joins():
    now = scene(task(REACTIONS, 8, truth=yields))
    rule = further(now, PAYS, "believer")
    X = REACTIONS.encode_rows(slice(None))
    before, after = rule.score(X), rule.join(X[77:78]).score(X)
    assert rule.falls
    assert (after <= before + 1e-9).all()
    assert (after < before - 1e-6).any()


def test_once_the_best_of_all_is_not_expected_to_pay_nothing_further_is_looked_for():
    ask = task(REACTIONS, 240, truth=yields)
    assert further(scene(ask), PAYS, "believer") is None
    assert not Bayes().suggest(ask).choices[0].reason.startswith("auto took est")


@pytest.mark.parametrize("sign", [1, -1], ids=["more", "less"])
def test_it_serves_either_direction(sign):
    goal = Objective("y", goal="maximize" if sign > 0 else "minimize")
    ask = task(REACTIONS, 8, truth=lambda values: sign * yields(values), objectives=(goal,), n=3)
    found = Bayes().suggest(ask)
    assert all(choice.reason.startswith("auto took est") for choice in found.choices)
    assert chosen_ids(found) == chosen_ids(Bayes().suggest(task(REACTIONS, 8, truth=yields, n=3)))


@pytest.mark.parametrize("unit", [1.0, 1e-25])
def test_in_large_spaces_the_best_is_sought_to_the_end_whatever_the_unit(unit):
    space = Space([Categorical(f"c{i}", [f"v{k}" for k in range(8)]) for i in range(5)])
    goals = (Objective("y", std=1e-3 * unit),)

    def truth(values):
        return unit * sum(int(value[1:]) ** 0.5 for value in values.values())

    found = Bayes().suggest(task(space, 12, truth=truth, objectives=goals))
    assert "the best is sought to the end; expected improvement" in found.choices[0].reason


def test_numbers_are_searched_as_before():
    ask = task(small_pool(), 6)  # two numbers and one choice
    now = scene(ask)
    X = small_pool().encode_rows(slice(None))
    assert not now.choices
    assert further(now, PAYS, "believer") is None
    assert further(replace(now, choices=True), PAYS, "believer") is not None
    assert Auto().prepare(now).score(X) != pytest.approx(Auto().prepare(replace(now, choices=True)).score(X))


def test_choices_that_are_described_are_numbers():
    table = pd.DataFrame({"s": ["x", "y", "z"], "polarity": [1.0, 2.0, 5.0]})
    bare = Space([Integer("k", 0, 5), Categorical("s", ["x", "y", "z"])])
    described = Space([Integer("k", 0, 5), Categorical("s", ["x", "y", "z"], descriptors=table)])

    def truth(values):
        return values["k"] + (values["s"] == "y")

    assert scene(task(bare, 6, truth=truth)).choices
    assert not scene(task(described, 6, truth=truth)).choices
