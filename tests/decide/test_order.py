"""Which candidate is named where noisy readings leave it in doubt whether limits hold."""

import numpy as np
import pytest
from scipy.stats import norm

from matloop.decide.order import best_first, standing
from matloop.domain.objective import Objective
from matloop.domain.prediction import Prediction

NOISE = 0.2
GOALS = {
    "maximize": (Objective("y"), Objective("c", "limit", low=0)),
    "minimize": (Objective("y", "minimize"), Objective("c", "limit", low=0)),
    "target": (Objective("y", "target", value=1.0), Objective("c", "limit", low=0)),
    "range": (Objective("y", "range", low=-3.0, high=1.5), Objective("c", "limit", low=0)),
    "the limit first": (Objective("c", "limit", low=0), Objective("y")),
}


def said_of(y, c, std=0.1, noise=NOISE, first="y"):
    """Of means of the goal and of the limit, whose std is given."""
    columns = (y, c) if first == "y" else (c, y)
    mean = np.array(columns, dtype=float).T
    return Prediction(mean, np.full_like(mean, std), np.full_like(mean, noise))


def scattered(goals, n=40, noise=NOISE, seed=0):
    rng = np.random.default_rng(seed)
    y, c = rng.normal(size=n), 0.1 * rng.normal(size=n)
    return y, c, said_of(y, c, noise=noise, first=goals[0].name)


@pytest.mark.parametrize("name", GOALS, ids=list(GOALS))
def test_of_those_that_hold_more_likely_than_not_the_best_is_so_by_probability_times_height_and_the_order_is_by_mean(
    name,
):
    y, c, said = scattered(GOALS[name])
    chance = norm.cdf(c / 0.1)
    worth = {
        "minimize": -y,
        "target": -np.abs(y - 1.0),
        "range": norm.cdf((1.5 - y) / 0.1) - norm.cdf((-3.0 - y) / 0.1),
    }.get(name, y)
    height = worth if name == "range" else worth - worth.min()
    ahead = np.flatnonzero(chance >= 0.5)
    found = standing(said, GOALS[name], (1.0, 1.0))
    assert found.leading[0] == ahead[np.argmax((chance * height)[ahead])]
    first = found.order[: len(ahead)]
    assert sorted(first.tolist()) == ahead.tolist()
    assert np.all(np.diff(worth[first]) <= 1e-12)
    assert sorted(found.leading.tolist()) == sorted(found.order.tolist())
    behind = np.flatnonzero(chance < 0.5)
    assert found.order[len(ahead) :].tolist() == behind[np.argsort(-chance[behind])].tolist()
    assert found.best == 1


def test_what_is_named_in_place_of_the_best_mean_leads_and_nothing_is_where_that_is_best():
    doubtful = standing(said_of([0, 1.0, 1.1], [1, 1, 0.02]), GOALS["maximize"], (1.0, 1.0))
    assert (doubtful.leading.tolist(), doubtful.order.tolist(), doubtful.named) == ([1, 2, 0], [2, 1, 0], 1)
    ahead_by_far = standing(said_of([0, 1.0, 9.0], [1, 1, 0.02]), GOALS["maximize"], (1.0, 1.0))
    assert (ahead_by_far.leading[0], ahead_by_far.named) == (2, None)


def test_where_limits_are_read_exactly_the_order_is_by_mean_and_what_lies_on_its_limit_is_best():
    y, c, said = scattered(GOALS["maximize"], noise=0.005)
    ahead = np.flatnonzero(c >= 0)
    found = standing(said, GOALS["maximize"], (1.0, 1.0))
    assert found.order[: len(ahead)].tolist() == ahead[np.argsort(-y[ahead])].tolist()
    assert found.named is None
    on = standing(said_of([0, 1.0, 1.1], [1, 1, 0], std=1e-3, noise=2e-3), GOALS["maximize"], (1.0, 1.0))
    assert on.order[0] == 2


def test_a_noisy_goal_under_limits_read_exactly_is_ordered_by_mean():
    y, c, said = scattered(GOALS["maximize"])
    exact = Prediction(said.mean, said.model_std, said.noise_std * [1.0, 0.0])
    ahead = np.flatnonzero(c >= 0)
    assert standing(exact, GOALS["maximize"], (1.0, 1.0)).order[: len(ahead)].tolist() == (
        ahead[np.argsort(-y[ahead])].tolist()
    )


def test_of_two_limits_only_the_noisy_one_is_weighed():
    goals = (*GOALS["maximize"], Objective("d", "limit", high=0))
    mean = np.array([[0.0, 1, -1], [1.0, 1, 0], [0.9, 1, -1], [1.05, 0.02, -1]])
    said = Prediction(mean, np.full_like(mean, 0.1), np.tile([NOISE, NOISE, 0.0], (4, 1)))
    assert standing(said, goals, (1.0, 1.0, 1.0)).leading.tolist() == [1, 3, 2, 0]


def test_where_all_surely_hold_the_limits_the_order_is_that_of_the_means_equal_ones_in_their_place():
    y = np.array([1.0, 1e-30, 3.0, 0.0, 3.0, 1.0, -2.0])
    found = standing(said_of(y, np.full(7, 9.0)), GOALS["maximize"], (1.0, 1.0))
    assert found.order.tolist() == [2, 4, 0, 5, 1, 3, 6]
    assert found.named is None


def test_without_limits_noise_changes_nothing_of_the_order():
    y, _, _ = scattered(GOALS["maximize"])
    noisy = Prediction(y[:, None], np.full((40, 1), 0.5), np.full((40, 1), 0.5))
    found = standing(noisy, (Objective("y"),), (1.0,))
    assert found.order.tolist() == np.argsort(-y).tolist()
    assert found.named is None


def test_while_nothing_holds_the_limits_more_likely_than_not_nothing_is_named():
    found = standing(said_of([0, 5], [-0.1, -0.01]), GOALS["maximize"], (1.0, 1.0))
    assert (found.best, found.named, found.order.tolist()) == (0, None, [1, 0])


def test_what_a_search_begins_from_is_ordered_by_mean():
    said = said_of([0, 1.0, 1.1], [1, 1, 0.02])
    assert best_first(said, GOALS["maximize"], (1.0, 1.0)).tolist() == [2, 1, 0]


def test_what_is_named_by_expected_worth_truly_holds_more_often_and_is_worth_more():
    """Truths of known law read once with noise: what breaks its limit is worth no more than the worst."""
    rng = np.random.default_rng(0)
    share = 1 / (1 + NOISE**2)  # of a reading, that is believed of a truth of variance 1
    std = np.sqrt(share) * NOISE
    held, worth = np.zeros((2, 2000)), np.zeros((2, 2000))
    for run in range(2000):
        y, c = rng.normal(size=(2, 30))
        c = -y + 0.3 * c  # what is good is near its limit or beyond it
        means = share * (np.array([y, c]) + NOISE * rng.normal(size=(2, 30)))
        said = said_of(*means, std=std)
        by_mean = Prediction(said.mean, said.model_std, np.zeros_like(said.mean))
        for arm, prediction in enumerate((by_mean, said)):
            top = standing(prediction, GOALS["maximize"], (1.0, 1.0)).leading[0]
            held[arm, run] = c[top] >= 0
            worth[arm, run] = (y[top] - y.min()) * held[arm, run]
    gain = worth[1] - worth[0]
    assert gain.mean() > 4 * gain.std() / np.sqrt(2000)
    assert held[1].mean() > held[0].mean() + 0.1
