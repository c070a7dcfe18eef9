import math

import numpy as np
import pytest

from matloop.bench import metrics
from matloop.bench.runs import Runs, StrategyRuns
from matloop.bench.summary import summarise
from matloop.errors import InputError

N, RUNS, BUDGET = 60, 25, 40


@pytest.fixture(scope="module")
def truth():
    return np.random.default_rng(1).normal(size=N)


@pytest.fixture(scope="module")
def runs(truth):
    """A strategy that takes the best of what its luck shows it, beside random choice."""
    rng = np.random.default_rng(2)
    random = np.array([rng.permutation(N)[:BUDGET] for _ in range(RUNS)])
    good = np.array([np.argsort(-truth + rng.normal(size=N))[:BUDGET] for _ in range(RUNS)])
    ids = tuple(f"d{k}" for k in range(N))
    return Runs(N, ids, "maximize", {"good": StrategyRuns(good, 0.1), "random": StrategyRuns(random, 0.0)})


@pytest.fixture(scope="module")
def table(runs, truth):
    return {(score.strategy, score.metric, score.at): score for score in summarise(runs, truth, levels=[0.3, 0.6])}


@pytest.fixture(scope="module")
def shares(runs, truth):
    return metrics.share_found(metrics.count_found(runs.orders, metrics.top(truth, "maximize")), 3)


def test_figures_are_reported_within_the_budget_and_at_its_end(table):
    assert sorted({at for _, metric, at in table if metric == "Top%"}) == [10, 20, 30, 40]


def test_every_strategy_has_every_figure(table):
    assert {key[1:] for key in table if key[0] == "good"} == {key[1:] for key in table if key[0] == "random"}


@pytest.mark.parametrize("at", [10, 40])
def test_top_share_is_the_mean_over_runs(table, shares, at):
    assert table["good", "Top%", at].value == pytest.approx(shares[:, at - 1].mean())


def test_enhancement_is_beside_one(table, shares):
    score = table["good", "EF", 20]
    assert (score.value, score.random) == (pytest.approx(shares[:, 19].mean() * N / 20), 1.0)


def test_acceleration_is_that_of_the_mean_curve(table, shares):
    expected = metrics.acceleration(shares.mean(axis=0), N, [0.6])[0]
    assert table["good", "AF", 0.6].value == expected


def test_regret_is_the_mean_over_runs(table, runs, truth):
    expected = metrics.regret(runs.orders, truth, "maximize")[:, 9].mean()
    assert table["good", "regret", 10].value == pytest.approx(expected)


def test_the_first_hit_is_the_median_beside_what_chance_expects(table, runs, truth):
    hits = metrics.first_hit(metrics.count_found(runs.orders, metrics.top(truth, "maximize")))
    score = table["good", "first hit", None]
    assert (score.value, score.random) == (np.median(hits), (N + 1) / 4)


def test_values_lie_in_their_intervals(table):
    assert all(score.low <= score.value <= score.high for score in table.values() if score.low is not None)


def test_the_gain_is_the_difference_to_random_choice(table):
    good, random = table["good", "Top%", 20], table["random", "Top%", 20]
    assert good.gain == pytest.approx(good.value - random.value)


def test_a_strategy_that_is_better_gains_beyond_doubt(table):
    assert table["good", "Top%", 20].gain_low > 0


def test_random_choice_gains_nothing_over_itself(table):
    assert table["random", "Top%", 20].gain is None


def test_without_a_baseline_there_is_no_gain(runs, truth):
    alone = Runs(runs.n, runs.ids, runs.goal, {"good": runs.strategies["good"]})
    assert {score.gain for score in summarise(alone, truth)} == {None}


def test_a_figure_without_number_is_null_in_json(runs, truth):
    short = Runs(runs.n, runs.ids, runs.goal, {"good": StrategyRuns(runs.orders[:, :1])})
    score = next(score for score in summarise(short, truth) if score.metric == "AF")
    assert (math.isnan(score.value), score.to_json()["value"]) == (True, None)


def test_one_seed_gives_one_table(runs, truth):
    assert repr(summarise(runs, truth, seed=3)) == repr(summarise(runs, truth, seed=3))


@pytest.mark.parametrize("at", [[0], [BUDGET + 1], []])
def test_figures_beyond_the_budget_are_refused(runs, truth, at):
    with pytest.raises(InputError, match="experiments"):
        summarise(runs, truth, at=at)


@pytest.mark.parametrize("wrong", [np.ones(N - 1), np.full(N, np.nan)], ids=["short", "nan"])
def test_a_truth_that_does_not_fit_is_refused(runs, wrong):
    with pytest.raises(InputError, match="truth"):
        summarise(runs, wrong)
