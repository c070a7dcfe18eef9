"""From readings to a model."""

from dataclasses import replace

import numpy as np
import pytest

from matloop.decide.bayes import Bayes
from matloop.decide.model import ignorance, learn, learned, observations
from matloop.domain.objective import Objective
from matloop.errors import ModelError
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.testing.strategies import chosen_ids, large_space, members, reading, small_pool, task


def test_a_readings_std_goes_before_that_of_its_objective():
    pool = small_pool()
    readings = (reading(1, pool.candidate(0), 1.0, std={"y": 0.5}), reading(2, pool.candidate(1), 2.0))
    ask = replace(task(pool), readings=readings, objectives=(Objective("y", std=3.0),))
    assert observations(ask).var[:, 0].tolist() == [0.25, 9.0]


def test_a_given_std_of_zero_is_one():
    pool = small_pool()
    ask = replace(task(pool), readings=(reading(1, pool.candidate(0), 1.0, std={"y": 0.0}),))
    assert observations(replace(ask, objectives=(Objective("y", std=3.0),))).var[0, 0] == 0.0


def bounded_task(**terms):
    """Twelve readings of a pool, and two more candidates of which only a bound is known."""
    ask = task(small_pool(), 12, **terms)
    low, high = (ask.candidates.candidate(i) for i in (20, 21))
    tried = (
        replace(reading(30, low, -2.0), status="below"),
        replace(reading(31, high, 5.0), status="above"),
        replace(reading(32, ask.candidates.candidate(22), 0.0), status="failed", outcome={}),
    )
    return replace(ask, tried=tried, set_aside=2, closed=ask.closed | {low.id, high.id, "d22"})


def test_bounds_are_rows_with_their_side():
    found = observations(bounded_task(), bounded=True)
    assert found.censored[:, 0].tolist() == [0] * 12 + [-1, 1]
    assert found.y[12:, 0].tolist() == [-2.0, 5.0]
    assert observations(bounded_task()).censored is None


def test_a_bound_is_as_exact_as_readings_that_all_bring_a_std():
    ask = bounded_task()
    readings = tuple(replace(one, std={"y": 0.5}) for one in ask.readings)
    assert observations(replace(ask, readings=readings), bounded=True).var[12:, 0].tolist() == [0.25, 0.25]


def test_bounds_move_what_is_believed_of_their_candidates():
    ask = bounded_task()
    X = ask.candidates.encode_rows(np.array([20, 21]))
    without, with_them = learn(replace(ask, tried=()), GP()).predict(X), learn(ask, GP()).predict(X)
    assert with_them.mean[0, 0] < without.mean[0, 0]
    assert with_them.mean[1, 0] > without.mean[1, 0]


def test_a_surrogate_that_takes_no_bounds_is_fitted_without_them():
    ask = bounded_task()
    model, alone = learn(ask, Forest(trees=20)), learn(replace(ask, tried=()), Forest(trees=20))
    assert model.bounds == 0
    assert model.data.X.tolist() == alone.data.X.tolist()
    (choice,) = Bayes(acquisition="ei", surrogate=Forest(trees=20)).suggest(ask).choices
    assert choice.reason.endswith("; 2 censored readings set aside")


def test_the_reason_says_how_many_bounds_were_taken():
    (choice,) = Bayes().suggest(bounded_task()).choices
    assert "2 censored readings taken as bounds" in choice.reason
    assert "set aside" not in choice.reason


def test_the_spread_is_that_of_what_was_read():
    ask = bounded_task()
    assert learn(ask, GP()).spread == pytest.approx(np.std([one.outcome["y"] for one in ask.readings]))


def test_without_any_std_the_known_variance_is_zero():
    assert observations(task(small_pool(), 3)).var.tolist() == [[0.0]] * 3


def test_the_model_learns_from_executed_values():
    space = large_space()
    (one,) = members(space, 1)
    ran = {**one.values, "a": 7.25}
    ask = replace(task(space), readings=(reading(1, one, 1.0, executed={"a": 7.25}),))
    assert observations(ask).X.tolist() == space.encoder.encode([ran]).tolist()


def test_an_outside_reading_is_learned_from_and_never_suggested():
    space = large_space()
    outside = space.resolve({"a": 33.3, "b": 33.3, "d": 33.4, "c": "x"})
    ask = task(space, 6, n=5)
    ask = replace(ask, readings=(*ask.readings, reading(99, outside, 50.0, outside=True)))
    assert len(learned(ask)) == 7
    chosen = Bayes(evaluations=500).suggest(ask)
    assert outside.id not in chosen_ids(chosen)
    assert space.encoder.encode([outside.values]).tolist()[0] in observations(ask).X.tolist()


def test_a_reading_without_the_objective_is_left_out():
    pool = small_pool()
    ask = task(pool, 3)
    partial = replace(ask.readings[0], outcome={})
    assert len(observations(replace(ask, readings=(partial, *ask.readings[1:]))).y) == 2


def test_equal_readings_teach_nothing_yet():
    assert "two distinct values" in ignorance(task(small_pool(), 4, truth=lambda values: 1.0))


def test_two_distinct_readings_are_enough():
    assert ignorance(task(small_pool(), 2)) is None


def test_learning_from_nothing_is_refused():
    with pytest.raises(ModelError, match="no reading yet"):
        learn(task(small_pool()), GP())


def test_rows_and_values_get_the_same_prediction():
    pool = small_pool()
    model = learn(task(pool, 12), GP())
    by_row = model.predict(pool.encode_rows(np.arange(5)))
    by_values = model.predict_values([pool.values(i) for i in range(5)])
    np.testing.assert_allclose(by_row.mean, by_values.mean, atol=1e-12)


def test_a_pool_is_predicted_in_chunks_without_a_seam():
    pool = small_pool(9000)
    model = learn(task(pool, 12), GP())
    whole, parts = model.predict(pool.encode_rows(slice(8000, 9000))), model.predict(pool.encode_rows(slice(None)))
    np.testing.assert_allclose(parts.model_std[8000:], whole.model_std, atol=1e-9)
    assert parts.mean.shape == (9000, 1)


def test_no_row_gives_an_empty_prediction():
    pool = small_pool()
    assert learn(task(pool, 12), GP()).predict(pool.encode_rows(np.array([], dtype=np.intp))).mean.shape == (0, 1)


def test_replicates_are_one_measured_input():
    pool = small_pool()
    ask = task(pool, 4)
    model = learn(replace(ask, readings=(*ask.readings, reading(50, pool.candidate(0), 0.3))), GP())
    X, labels = model.measured()
    assert sorted(labels) == ["d0", "d1", "d2", "d3"]
    assert len(X) == 4


def test_a_std_of_what_was_set_is_scaled_like_its_parameter():
    space = large_space()
    one, two = members(space, 2)
    readings = (reading(1, one, 1.0, executed_std={"a": 5.0}), reading(2, two, 2.0))
    found = observations(replace(task(space), readings=readings)).x_var
    part, start = next((p, s) for p, s in zip(space.encoder.parts, space.encoder.starts, strict=True) if p.name == "a")
    expected = np.zeros((2, space.encoder.d))
    expected[0, start] = (5.0 / part.span) ** 2
    assert np.allclose(found, expected)


def test_without_a_std_of_what_was_set_inputs_are_exact():
    assert observations(task(small_pool(), 3)).x_var is None


class Counted:
    """A fitted model that counts the inputs it is asked about."""

    def __init__(self, fitted):
        self.fitted, self.asked = fitted, 0

    def predict(self, X):
        self.asked += len(X)
        return self.fitted.predict(X)

    def describe(self):
        return {}


def test_what_was_made_is_predicted_as_anything_else_and_what_was_measured_only_once():
    pool = small_pool()
    model = learn(task(pool, 12), GP())
    counted = replace(model, fitted=Counted(model.fitted))
    ids = [pool.index(label) for label in counted.labels]
    unread = next(i for i in range(len(pool)) if i not in ids)
    values = [pool.values(i) for i in (ids[3], unread, ids[0], ids[3])]
    for _ in range(3):
        said, plain = counted.predict_made(values), model.predict_values(values)
        for found, expected in zip(said.figures, plain.figures, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert counted.fitted.asked == len(counted.measured()[0]) + 3  # each time the unread one anew


def gross_task(value=1e4):
    """Fourteen readings of a pool, one of them far from all others."""
    ask = task(small_pool(), 14)
    spoiled = replace(ask.readings[3], outcome={"y": value})
    return replace(ask, readings=(*ask.readings[:3], spoiled, *ask.readings[4:]))


def test_the_spread_is_that_of_the_readings_that_belong():
    ask = gross_task()
    others = [one.outcome["y"] for i, one in enumerate(ask.readings) if i != 3]
    assert learn(ask, GP(robust=True)).spread == pytest.approx(np.std(others))
    assert learn(ask, GP()).spread > 100 * np.std(others)


def test_what_was_set_apart_is_named_by_its_key_objective_and_number():
    ask = gross_task()
    (said,) = learn(ask, GP(robust=True)).describe()["set_apart"]
    spoiled = ask.readings[3]
    assert (said["key"], said["candidate"]) == (str(spoiled.key), spoiled.candidate)
    assert (said["objective"], said["reading"]) == ("y", 1e4)
    assert said["added_std"] > 1e3
    assert "set_apart" not in learn(task(small_pool(), 14), GP(robust=True)).describe()


def test_readings_that_lack_an_objective_are_set_apart_by_the_objectives_they_have():
    two = (Objective("y"), Objective("z"))
    ask = gross_task()
    readings = tuple(
        one if i % 2 else replace(one, outcome={**one.outcome, "z": float(i)}) for i, one in enumerate(ask.readings)
    )
    model = learn(replace(ask, objectives=two, readings=readings), GP(robust=True))
    assert [(one.objective, one.reading) for one in model.apart] == [("y", 1e4)]
    assert model.spreads[0] < 100


def test_bounds_are_no_readings_that_could_be_set_apart():
    ask = task(small_pool(60), 30)
    bound = replace(reading(40, ask.candidates.candidate(40), -2.0), status="below")
    spoiled = replace(ask.readings[3], outcome={"y": 1e4})
    readings = (*ask.readings[:3], spoiled, *ask.readings[4:])
    model = learn(replace(ask, readings=readings, tried=(bound,), set_aside=1), GP(robust=True), calibrate=False)
    assert [one.key for one in model.apart] == [str(spoiled.key)]
    assert model.spread < 100


@pytest.mark.parametrize("scale", [1e-120, 1e120], ids=["tiny", "huge"])
def test_the_spread_of_extreme_readings_is_a_number(scale):
    ask = task(small_pool(), 12)
    readings = tuple(replace(one, outcome={"y": scale * one.outcome["y"]}) for one in ask.readings)
    found = learn(replace(ask, readings=readings), GP(), calibrate=False).spread
    assert found == pytest.approx(scale * np.std([one.outcome["y"] for one in ask.readings]))


@pytest.mark.parametrize("scale", [1e-200, 1e200], ids=["tiny", "huge"])
def test_readings_whose_squares_are_no_numbers_are_refused_by_name(scale):
    ask = task(small_pool(), 12)
    readings = tuple(replace(one, outcome={"y": scale * one.outcome["y"]}) for one in ask.readings)
    with pytest.raises(ModelError, match=r"objective 'y'.*Give the readings in another unit"):
        Bayes().suggest(replace(ask, readings=readings))
