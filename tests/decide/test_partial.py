"""Readings that lack an objective count for the objectives that they have."""

import re

import numpy as np
import pytest

import matloop as ml
from matloop.domain.reading import Key
from matloop.surrogate import Conditioned, Differentiable, HeldOut, Joint, Observations
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.together import together, warm_of

SPACE = ml.Space([ml.Real("a", 0, 1, step=0.01), ml.Real("b", 0, 1, step=0.01)])
GOALS = (ml.Objective("f"), ml.Objective("g"))


def truth(values: dict[str, float]) -> dict[str, float]:
    return {"f": np.sin(4.0 * values["a"]) + values["b"], "g": 1.0 - values["a"] ** 2}


def campaign(lacking: int, whole: int = 8, **strategy: object) -> ml.Campaign:
    """Some candidates read in both objectives, and `lacking` further ones in f alone."""
    one = ml.Campaign(SPACE, list(GOALS), strategy=ml.Bayes(evaluations=200, **strategy), seed=4, initial=4)
    rng = np.random.default_rng(0)
    for k in range(whole + lacking):
        values = {"a": round(float(rng.random()), 2), "b": round(float(rng.random()), 2)}
        said = {name: float(value) for name, value in truth(values).items() if k < whole or name == "f"}
        one.tell(ml.Measured.of(values, said))
    return one


def errors(one: ml.Campaign) -> dict[str, float]:
    """Root mean square error of each objective over the space."""
    rng = np.random.default_rng(1)
    X = rng.random((300, 2))
    model = one.model()
    assert model is not None
    said = model.predict(X).mean
    true = np.array([list(truth({"a": a, "b": b}).values()) for a, b in X])
    return dict(zip(("f", "g"), np.sqrt(np.mean((said - true) ** 2, axis=0)).tolist(), strict=True))


def test_readings_of_one_objective_better_the_model_of_that_one_and_leave_the_other() -> None:
    few, more = errors(campaign(0)), errors(campaign(25))
    assert more["f"] < 0.5 * few["f"]
    assert more["g"] == pytest.approx(few["g"], rel=0.05)


def test_each_objective_is_fitted_as_it_would_be_alone() -> None:
    both = campaign(10, calibrate=False)
    only = ml.Campaign(SPACE, [GOALS[0]], strategy=ml.Bayes(calibrate=False), seed=4, initial=4)
    for reading in both.state.readings.values():
        only.tell(ml.Measured.of(dict(reading.values), {"f": reading.outcome["f"]}))
    X = np.random.default_rng(2).random((40, 2))
    model, alone = both.model(), only.model()
    assert model is not None
    assert alone is not None
    np.testing.assert_allclose(model.predict(X).mean[:, 0], alone.predict(X).mean[:, 0], rtol=1e-9)
    assert model.spreads[0] == pytest.approx(alone.spreads[0])


def test_what_was_read_in_one_objective_is_measured() -> None:
    one = campaign(5)
    model = one.model()
    assert model is not None
    X, labels = model.measured()
    assert set(labels) == {reading.candidate for reading in one.state.readings.values()}
    assert len(X) == 13
    by_id = {reading.candidate: reading.values for reading in one.state.readings.values()}
    np.testing.assert_array_equal(X, model.encoder.encode([by_id[label] for label in labels]))


@pytest.mark.parametrize("acquisition", ["ehvi", "nehvi"])
def test_the_front_that_an_ask_improves_is_that_of_the_best(acquisition: str) -> None:
    one = campaign(25, acquisition=acquisition)
    best = one.best()
    whole = {reading.candidate for reading in one.state.readings.values() if len(reading.outcome) == 2}
    assert not whole & {item.candidate for item in best}
    (asked,) = one.suggest(1)
    assert f" of a front of {len(best)} candidates;" in asked.reason
    volume = re.search(r"improvement \S+ on (\S+) of a front", asked.reason)
    assert volume is not None
    assert float(volume[1]) == pytest.approx(one.status()["front"]["hypervolume"], rel=0.01)


def test_objectives_read_one_after_the_other_make_a_candidate_whole() -> None:
    one = ml.Campaign(SPACE, list(GOALS), strategy=ml.Bayes(evaluations=200), seed=4, initial=4)
    rng = np.random.default_rng(3)
    for k in range(6):
        values = {"a": round(float(rng.random()), 2), "b": round(float(rng.random()), 2)}
        said = truth(values)
        one.tell(ml.Measured.of(values, {"f": float(said["f"])}))
        assert k or one.model() is None
        one.tell(ml.Measured.of(values, {"g": float(said["g"])}, reading=2))
    model = one.model()
    assert model is not None
    assert len(model.measured()[0]) == 6
    assert Key("", one.shortlist()[0].candidate, 1, 2) in one.state.readings
    (asked,) = one.suggest(1)
    assert asked.prediction is not None
    assert "12 readings without a number for every objective, used for those that they have" in asked.reason
    assert all(again.same for again in one.recompute())


def test_while_no_candidate_is_whole_the_design_goes_on_and_says_why() -> None:
    one = ml.Campaign(SPACE, list(GOALS), seed=4, initial=2)
    for k in range(4):
        one.tell(ml.Measured.of({"a": 0.1 * k, "b": 0.5}, {"f" if k % 2 else "g": float(k)}))
    (asked,) = one.suggest(1)
    assert asked.prediction is None
    assert "no candidate has readings of every objective" in asked.reason


def test_bounds_of_one_objective_count_for_it() -> None:
    one = campaign(0)
    before = one.model()
    (asked,) = one.suggest(1, fixed={"a": 0.98, "b": 0.0})
    one.tell(ml.Censored(asked.id, {"f": -2.0}, side="below"))
    after = one.model()
    assert before is not None
    assert after is not None
    X = np.array([[0.98, 0.0]])
    assert after.predict(X).mean[0, 0] < before.predict(X).mean[0, 0]
    assert after.bounds == 1


def test_a_bound_of_two_objectives_counts_once_and_bounds_of_each_count_together() -> None:
    one = campaign(0)
    for a, limits in ((0.98, {"f": -2.0}), (0.9, {"g": 9.0}), (0.8, {"f": -2.0, "g": 9.0})):
        (asked,) = one.suggest(1, fixed={"a": a, "b": 0.0})
        one.tell(ml.Censored(asked.id, limits, side="below"))
    model = one.model()
    assert model is not None
    assert [int(np.count_nonzero(~part.read)) for part in model.parts] == [2, 2]
    assert model.bounds == 3
    reason = one.suggest(1)[0].reason
    assert "3 censored readings taken as bounds" in reason
    assert "set aside" not in reason


def observations(seed: int) -> Observations:
    rng = np.random.default_rng(seed)
    X = rng.random((12, 2))
    return Observations(X, np.sin(5 * X[:, :1]) + seed * X[:, 1:], np.zeros((12, 1)), np.arange(2))


def test_what_all_parts_can_do_the_whole_can() -> None:
    fits = [GP().fit(observations(seed), np.random.default_rng(seed)) for seed in (0, 1)]
    both = together(fits)
    X = np.random.default_rng(5).random((4, 2))
    assert isinstance(both, Joint)
    assert isinstance(both, Conditioned)
    assert isinstance(both, Differentiable)
    assert not isinstance(both, HeldOut)
    mean, covariance = both.joint(X)
    slopes, _ = both.slopes(X)
    y = np.array([[0.3, -0.2]])
    after = both.condition(X[:1], y).predict(X)
    for j, one in enumerate(fits):
        own, spread = one.joint(X)
        np.testing.assert_array_equal(mean[:, j], own[:, 0])
        np.testing.assert_array_equal(covariance[j], spread[0])
        np.testing.assert_array_equal(slopes[:, :, j], one.slopes(X)[0][:, :, 0])
        np.testing.assert_array_equal(after.mean[:, j], one.condition(X[:1], y[:, j : j + 1]).predict(X).mean[:, 0])


def test_what_a_part_cannot_do_the_whole_cannot() -> None:
    fits = [
        GP().fit(observations(0), np.random.default_rng(0)),
        Forest().fit(observations(1), np.random.default_rng(0)),
    ]
    both = together(fits)
    assert isinstance(both, Joint)
    assert not isinstance(both, Conditioned)


def test_each_objective_starts_from_what_was_said_of_it() -> None:
    said = {"surrogate": "gp", "objectives": [{"a": 1}, {"a": 2}]}
    assert warm_of(said, 1, 2) == {"surrogate": "gp", "objectives": [{"a": 2}]}
    assert warm_of({**said, "parts": [{"x": 1}, {"x": 2}]}, 1, 2) == {"x": 2}
    assert warm_of(said, 0, 3) is None
    assert warm_of(None, 0, 2) is None
