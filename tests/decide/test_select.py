"""Choosing among predictions: rules, bounds, fronts and what a choice promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from matloop.decide.risk import Sure
from matloop.decide.select import Outlook, best, expected_hits, greedy, low_risk, passing, risk_front
from matloop.domain.prediction import Prediction
from matloop.errors import InputError

LOOK = Outlook(np.array([1.2, 1.0, 0.8, 1.1]), np.array([0.4, 0.1, 0.1, 0.25]))


def test_a_threshold_on_value_and_std_keeps_what_meets_both_with_the_limits_themselves() -> None:
    assert passing(LOOK, value=1.0, sure=Sure(max_std=0.25)).tolist() == [False, True, False, True]


def test_a_threshold_on_a_quantity_to_be_minimised_keeps_what_lies_below() -> None:
    small = Outlook(LOOK.mean, LOOK.std, -1)
    assert passing(small, value=1.0).tolist() == [False, True, True, False]
    assert passing(small, sure=Sure(min_probability=0.9, threshold=1.0)).tolist() == [False, False, True, False]


def test_a_probability_above_a_threshold_is_the_normal_one() -> None:
    expected = norm.sf(0.9, LOOK.mean, LOOK.std)
    assert LOOK.probability(0.9) == pytest.approx(expected)
    sure = Sure(min_probability=0.8, threshold=0.9)
    assert passing(LOOK, sure=sure).tolist() == (expected >= 0.8).tolist()


def test_choosing_without_a_rule_is_refused() -> None:
    with pytest.raises(InputError, match="no rule is given"):
        passing(LOOK)


def test_greedy_takes_the_best_means_and_low_risk_the_best_bounds() -> None:
    assert greedy(LOOK, 2).tolist() == [0, 3]
    assert low_risk(LOOK, 2).tolist() == [1, 3]
    assert low_risk(LOOK, 4, width=0).tolist() == greedy(LOOK, 4).tolist()


def test_of_equals_the_earlier_is_taken() -> None:
    assert best(np.array([1.0, 2.0, 2.0, 1.0]), 3).tolist() == [1, 2, 0]


@pytest.mark.parametrize("k", [0, 5])
def test_choosing_none_or_more_than_there_are_is_refused(k: int) -> None:
    with pytest.raises(InputError, match=f"{k} of 4 candidates"):
        greedy(LOOK, k)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 2)), min_size=1, max_size=20))
def test_the_first_layer_holds_what_nothing_else_beats_in_value_and_risk(rows: list[tuple[float, float]]) -> None:
    mean, std = (np.array(column) for column in zip(*rows, strict=True))
    layer = risk_front(Outlook(mean, std))
    for i in range(len(rows)):
        beaten = (mean >= mean[i]) & (std <= std[i]) & ((mean > mean[i]) | (std < std[i]))
        assert (layer[i] == 1) == (not beaten.any())


def test_a_further_objective_saves_a_candidate_from_being_dominated() -> None:
    plain = risk_front(LOOK)
    priced = risk_front(LOOK, np.array([[0.0], [0.0], [5.0], [0.0]]))
    assert plain[2] > 1
    assert priced[2] == 1


def test_independent_equal_candidates_hit_as_often_as_a_binomial_says() -> None:
    look = Outlook(np.zeros(40), np.ones(40))
    hits = expected_hits(look, range(40), 1.0)
    chance = norm.sf(1.0)
    assert hits.expected == pytest.approx(40 * chance)
    assert abs(hits.low - binom.ppf(0.05, 40, chance)) <= 1
    assert abs(hits.high - binom.ppf(0.95, 40, chance)) <= 1


def test_errors_that_go_together_leave_the_expectation_and_widen_its_range() -> None:
    look = Outlook(np.zeros(40), np.ones(40))
    together = expected_hits(look, range(40), 0.0, covariance=np.full((40, 40), 0.95) + 0.05 * np.eye(40))
    alone = expected_hits(look, range(40), 0.0)
    assert together.expected == pytest.approx(alone.expected)
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_an_outlook_of_a_prediction_holds_the_truths_std_and_not_the_noise() -> None:
    said = Prediction(np.array([[1.0]]), np.array([[0.3]]), np.array([[9.0]]))
    assert Outlook.of(said).std.tolist() == [0.3]


def test_a_std_of_zero_is_refused_with_its_row() -> None:
    with pytest.raises(InputError, match="row 1"):
        Outlook(np.zeros(2), np.array([1.0, 0.0]))
