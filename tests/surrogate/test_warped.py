"""Readings may be mapped first; what comes back is in their unit, with the moments of the quantity."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from matloop.domain.prediction import Prediction
from matloop.errors import ConfigError
from matloop.surrogate import Conditioned, HeldOut, Joint, Means, Observations, Surrogate
from matloop.surrogate.gp import GP
from matloop.surrogate.replicates import Scaling
from matloop.surrogate.warp import NAMES, Warp
from matloop.surrogate.warped import Warped, _Part
from matloop.testing.surrogates import ConditionedContract, JointContract, inputs, readings


class TestWarped(JointContract, ConditionedContract):
    def make(self) -> Surrogate:
        return Warped()


class TestLog(JointContract, ConditionedContract):
    def make(self) -> Surrogate:
        return Warped(warps=("log",))


def skewed(n=40, seed=3):
    """Readings of exp(2 sin(5 x) + x'), which are normal after a logarithm alone."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    y = np.exp(2.0 * np.sin(5.0 * X[:, :1]) + X[:, 1:] + 0.1 * rng.normal(size=(n, 1)))
    return Observations(X, y, np.zeros_like(y), np.array([0, 1]))


def scaling(y):
    return Scaling(float(y.mean()), float(y.std()))


@pytest.mark.parametrize("name", NAMES)
def test_a_map_rises_and_its_inverse_brings_readings_back(name):
    y = skewed().y[:, 0]
    warp = Warp.of(name, y, scaling(y))
    order = np.sort(y)
    assert (np.diff(warp.apply(order)) > 0).all()
    back = warp.coefficients(warp.apply(y), np.full(len(y), 1e-9))
    assert_allclose(back[:, 0], y, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_of_a_map_agrees_with_differences(name):
    y = skewed().y[:, 0]
    warp, at = Warp.of(name, y, scaling(y)), np.quantile(y, [0.11, 0.37, 0.72])
    step = 1e-7 * y.std()
    assert_allclose(warp.slope(at), (warp.apply(at + step) - warp.apply(at - step)) / (2 * step), rtol=1e-4)


def test_moments_are_those_of_readings_mapped_back_by_chance():
    y = skewed().y[:, 0]
    warp, rng = Warp.of("log", y, scaling(y)), np.random.default_rng(0)
    part = _Part(warp, None, y, {}, {})
    mean, model, noise = 0.4, 0.5, 0.3
    one = np.array([[mean]]), np.array([[model]]), np.array([[noise]])
    found = [float(figure[0]) for figure in part.moments(Prediction(*one))]
    truths, chances = mean + model * rng.normal(size=4000), noise * rng.normal(size=400)
    back = np.interp((truths[:, None] + chances), warp.z, warp.y) * warp.scaling.spread + warp.scaling.centre
    expected = [back.mean(), back.mean(axis=1).std(), np.sqrt(back.var(axis=1).mean())]
    assert_allclose(found, expected, rtol=0.03)


def test_skewed_readings_are_mapped_and_predicted_better_in_their_own_unit():
    seen, other = skewed(), skewed(400, seed=4)

    def nll(surrogate):
        said = surrogate.fit(seen, np.random.default_rng(0)).predict(other.X)
        error, std = other.y - said.mean, said.total_std
        return float(np.mean(0.5 * (error / std) ** 2 + np.log(std)))

    fitted = Warped().fit(seen, np.random.default_rng(0))
    assert fitted.describe()["objectives"][0]["warp"] != "none"
    assert nll(Warped()) < nll(GP()) - 0.1


def test_readings_that_need_no_map_get_none():
    fitted = Warped().fit(readings(40), np.random.default_rng(0))
    assert [one["warp"] for one in fitted.describe()["objectives"]] == ["none", "none"]


def test_a_straight_map_says_what_the_process_says():
    data, X = readings(), inputs()
    found = Warped(warps=("none",)).fit(data, np.random.default_rng(0)).predict(X)
    expected = GP().fit(data, np.random.default_rng(0)).predict(X)
    unit = data.y.std(axis=0)
    for name in ("mean", "model_std", "noise_std"):
        assert_allclose(getattr(found, name) / unit, getattr(expected, name) / unit, atol=1e-4)


def test_a_quick_fit_keeps_the_map_of_the_earlier_one():
    data = skewed()
    first = Warped(warps=("log", "none")).fit(data, np.random.default_rng(0)).describe()
    quick = Warped(warps=("log", "none")).quick().fit(readings(objectives=1), np.random.default_rng(0), first)
    assert quick.describe()["objectives"][0]["warp"] == first["objectives"][0]["warp"] == "log"


def test_it_has_the_capabilities_that_a_batch_needs():
    model = Warped().fit(skewed(), np.random.default_rng(0))
    assert all(isinstance(model, one) for one in (Joint, Conditioned, HeldOut, Means))
    before = model.predict(skewed(9, seed=8).X)
    after = model.condition(skewed(9, seed=8).X[:2], before.mean[:2]).predict(skewed(9, seed=8).X)
    assert_allclose(after.mean, before.mean, rtol=1e-9)
    assert (after.model_std <= before.model_std).all()


def test_with_many_inputs_readings_are_taken_as_they_are_and_it_says_so():
    fitted = Warped(most=39).fit(skewed(), np.random.default_rng(0))
    expected = GP().fit(skewed(), np.random.default_rng(0)).predict(inputs()[:, :2])
    assert fitted.describe()["surrogate"] == "mixture"
    assert_allclose(fitted.predict(inputs()[:, :2]).mean, expected.mean)


def test_left_out_readings_are_in_their_own_unit():
    data = skewed()
    left = Warped(warps=("log",)).fit(data, np.random.default_rng(0)).held_out(np.arange(40))
    order = np.lexsort(data.X.T[::-1])
    assert_allclose(left.measured[:, 0], data.y[order, 0])
    scores = (left.measured - left.mean) / np.hypot(left.model_std, left.error)
    assert 0.3 < np.mean(scores**2) < 3.0


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({"warps": ["lag"]}, "'log'"),
        ({"warps": []}, "one at least"),
        ({"keep": 1}, "true"),
        ({"most": 0}, "whole"),
        ({"surrogate": GP()}, "mix"),
    ],
    ids=["unknown", "none", "keep", "most", "no mixture"],
)
def test_a_wrong_setting_is_refused_with_its_cure(settings, cure):
    with pytest.raises(ConfigError) as caught:
        Warped(**settings)
    assert cure in caught.value.faults[0].cure
