import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matloop.bench import metrics
from matloop.errors import InputError

N_BARRELS = 600
N_TOP = 30


# The published runs, re-scored


@pytest.fixture(scope="module")
def published(data_dir):
    """(50, 600) cumulative counts of the 30 best designs, as the authors published them."""
    file = data_dir / "pvlab_crossed_barrel" / "published_TopCount_GP_Matern52_LCB2.csv"
    return pd.read_csv(file).drop(columns="run").to_numpy()


@pytest.fixture(scope="module")
def mean_shares(published):
    return metrics.share_found(published, N_TOP).mean(axis=0)


@pytest.mark.parametrize(
    ("i", "share"),
    [(10, 0.025), (20, 0.091), (30, 0.189), (50, 0.322), (75, 0.467), (100, 0.591), (150, 0.744), (200, 0.871)],
)
def test_the_published_runs_score_the_published_top_share(mean_shares, i, share):
    assert round(mean_shares[i - 1], 3) == share


@pytest.mark.parametrize(("level", "factor"), [(0.5, 3.66), (0.8, 2.84)])
def test_the_published_runs_score_the_published_acceleration(mean_shares, level, factor):
    assert round(metrics.acceleration(mean_shares, N_BARRELS, [level])[0], 2) == factor


def test_the_median_of_fold_means_scores_the_other_published_acceleration(published):
    folds = metrics.share_found(published, N_TOP).reshape(5, 10, -1).mean(axis=1)
    assert round(metrics.acceleration(np.median(folds, axis=0), N_BARRELS, [0.5])[0], 2) == 3.61


def test_the_published_runs_score_the_published_first_hit(published):
    assert np.median(metrics.first_hit(published)) == 11.5


def test_random_choice_would_take_as_long_as_published():
    assert round(metrics.random_first_hit(N_BARRELS, N_TOP), 1) == 19.4


def test_the_best_barrels_are_those_of_the_source(data_dir):
    table = pd.read_csv(data_dir / "pvlab_crossed_barrel" / "crossed_barrel_dataset.csv")
    truth = table.groupby(["n", "theta", "r", "t"])["toughness"].mean()
    chosen = truth[metrics.top(truth.to_numpy(), "maximize")]
    assert (len(chosen), chosen.idxmax(), round(chosen.min(), 3)) == (30, (12, 150, 1.9, 1.4), 34.475)


# What is sought


@given(st.integers(1, 10**9))
def test_the_number_of_targets_is_exact(n):
    assert metrics.top_size(n) == -(-n // 20)


def test_a_product_that_floats_round_up_is_no_trap():
    assert (math.ceil(0.07 * 100), metrics.top_size(100, 0.07)) == (8, 7)


def test_the_least_are_sought_where_less_is_better():
    assert list(np.flatnonzero(metrics.top(np.array([3.0, 1.0, 2.0, 0.5]), "minimize", 0.5))) == [1, 3]


def test_of_equals_the_earlier_rows_belong():
    assert list(np.flatnonzero(metrics.top(np.ones(40), "maximize"))) == [0, 1]


# Curves, against counting by hand

N, BUDGET = 12, 9


def orders_of(values):
    """Runs that may measure a candidate again."""
    return arrays(np.int64, (values, BUDGET), elements=st.integers(0, N - 1))


truths = arrays(np.float64, N, elements=st.floats(-100, 100))
goals = st.sampled_from(["maximize", "minimize"])


@given(orders_of(3), truths, goals)
def test_top_share_is_the_share_of_the_best_that_was_measured(orders, truth, goal):
    member = metrics.top(truth, goal, 0.3)
    shares = metrics.share_found(metrics.count_found(orders, member), int(member.sum()))
    best = set(np.flatnonzero(member))
    by_hand = [[len(best & set(run[: i + 1])) / len(best) for i in range(BUDGET)] for run in orders]
    assert shares.tolist() == by_hand


@given(orders_of(3), truths, goals)
def test_regret_is_what_the_best_measured_candidate_lacks(orders, truth, goal):
    sign = 1 if goal == "maximize" else -1
    best = max(sign * truth)
    by_hand = [[best - max(sign * truth[run[: i + 1]]) for i in range(BUDGET)] for run in orders]
    assert metrics.regret(orders, truth, goal).tolist() == by_hand


@given(orders_of(3), truths)
def test_regret_is_zero_once_the_best_was_measured(orders, truth):
    orders[:, 0] = np.argmax(truth)
    assert not metrics.regret(orders, truth, "maximize").any()


@given(orders_of(2), truths, goals)
def test_the_best_found_differs_from_the_best_by_the_regret(orders, truth, goal):
    best = truth.max() if goal == "maximize" else truth.min()
    difference = np.abs(metrics.best_found(orders, truth, goal) - best)
    np.testing.assert_array_equal(difference, metrics.regret(orders, truth, goal))


def test_enhancement_is_the_share_over_that_of_random_choice():
    shares = np.array([[0.0, 0.5, 1.0]])
    np.testing.assert_allclose(metrics.enhancement(shares, 10), [[0, 0.5 * 10 / 2, 10 / 3]])


def test_every_order_taken_once_finds_the_random_share_on_average():
    orders = np.array(list(itertools.permutations(range(5))))
    counts = metrics.count_found(orders, np.array([True, False, False, True, False]))
    np.testing.assert_allclose(metrics.share_found(counts, 2).mean(axis=0), metrics.random_share(5, 5))


def test_every_order_taken_once_hits_first_when_random_choice_is_expected_to():
    orders = np.array(list(itertools.permutations(range(6))))
    counts = metrics.count_found(orders, np.array([True, False, False, True, False, False]))
    assert metrics.first_hit(counts).mean() == pytest.approx(metrics.random_first_hit(6, 2))


def test_random_choice_accelerates_nothing():
    levels = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 1.0])
    factors = metrics.acceleration(metrics.random_share(2000, 2000), 2000, levels)
    np.testing.assert_allclose(factors, levels / (levels - metrics.GRID / 2))  # what rounding to the grid gives away


def test_a_run_without_a_hit_takes_forever():
    assert metrics.first_hit(np.array([[0, 0, 1], [0, 0, 0]])).tolist() == [3.0, math.inf]


@pytest.mark.parametrize(("share", "reached"), [(0.4974, 3), (0.4976, 2), (0.5, 2), (0.6, 2)])
def test_a_level_is_reached_once_the_mean_rounds_to_it(share, reached):
    assert metrics.experiments_to(np.array([0.1, share, 0.9]), [0.5])[0] == reached


def test_a_level_that_was_not_reached_has_no_acceleration():
    assert np.isnan(metrics.acceleration(np.array([0.1, 0.2]), 100, [0.5]))


def test_levels_of_several_curves_come_in_their_shape():
    curves = np.array([[0.2, 0.6], [0.6, 0.7], [0.1, 0.2]])
    assert metrics.experiments_to(curves, [0.2, 0.6]).tolist() == [[1, 2], [1, 1], [2, math.inf]]


@pytest.mark.parametrize("level", [0.0, -0.1, 1.1])
def test_a_level_beyond_a_share_is_refused(level):
    with pytest.raises(InputError):
        metrics.acceleration(np.array([0.1, 0.2]), 100, [level])


def test_the_yield_counts_targets_of_any_definition():
    targets = np.array([True, False, True, True, False])
    assert metrics.discovery_yield(np.array([[1, 2, 2, 0]]), targets).tolist() == [[0, 1 / 3, 1 / 3, 2 / 3]]


def test_a_yield_of_no_targets_is_refused():
    with pytest.raises(InputError):
        metrics.discovery_yield(np.array([[0, 1]]), np.zeros(3, dtype=bool))
