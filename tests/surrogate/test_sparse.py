"""A sparse Gaussian process is the whole one where every input carries it, and states how far off it is elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from matloop.surrogate import Observations, Surrogate
from matloop.surrogate.calibrate import calibrations
from matloop.surrogate.gp import GP, FittedGP
from matloop.surrogate.rescaled import rescaled
from matloop.surrogate.sparse import spread_out
from matloop.testing.surrogates import ConditionedContract, DifferentiableContract, JointContract

CLOSE = 1e-4  # in standard deviations: what the term that steadies the inducing covariance costs


class TestSparseGP(JointContract, ConditionedContract, DifferentiableContract):
    def make(self) -> Surrogate:
        return GP(exact=1, inducing=12)


def readings(n: int, noise: float = 0.2, d: int = 3) -> Observations:
    rng = np.random.default_rng(n)
    X = rng.random((n, d))
    y = np.sin(5 * X[:, 0]) + X[:, 1] * X[:, -1] + noise * (0.5 + X[:, 0]) * rng.standard_normal(n)
    return Observations(X, y[:, None], np.zeros((n, 1)), np.arange(d))


@pytest.fixture(scope="module")
def both() -> tuple[FittedGP, FittedGP]:
    """The whole process, and a sparse one in which every input carries the readings."""
    data = readings(150)
    whole = GP().fit(data, np.random.default_rng(0))
    hypers = [part.posterior.hyper for part in whole.parts]
    return whole, GP(exact=100, inducing=150).at(data, hypers)


def inputs(q: int = 30, d: int = 3) -> np.ndarray:
    return np.random.default_rng(7).random((q, d)) * 1.4 - 0.2


def test_with_every_input_inducing_predictions_are_those_of_the_whole_process(both: tuple[FittedGP, FittedGP]) -> None:
    whole, sparse = (model.predict(inputs()) for model in both)
    assert_allclose(sparse.mean, whole.mean, atol=CLOSE)
    assert_allclose(sparse.model_std, whole.model_std, rtol=CLOSE)
    assert_allclose(sparse.noise_std, whole.noise_std, rtol=CLOSE)
    assert_allclose(both[1].means(inputs()), sparse.mean, atol=1e-9)


def test_with_every_input_inducing_left_out_inputs_are_those_of_the_whole_process(
    both: tuple[FittedGP, FittedGP],
) -> None:
    whole, sparse = (model.held_out(np.arange(0, 150, 7)) for model in both)
    assert_allclose(sparse.mean, whole.mean, atol=CLOSE)
    assert_allclose(sparse.model_std, whole.model_std, rtol=CLOSE)
    assert_allclose(sparse.measured, whole.measured, rtol=1e-12)


def test_a_held_out_input_is_predicted_as_if_it_had_never_been_read() -> None:
    data = readings(60)
    model = GP(exact=20, inducing=60).fit(data, np.random.default_rng(0))
    order = np.lexsort(data.X.T[::-1])
    i = int(order[17])  # held_out counts distinct inputs in lexicographic order
    left = model.held_out(np.array([17]))
    hypers = [replace(part.posterior.hyper, varies=None) for part in model.parts]
    constant = GP(exact=20, inducing=60).at(data, hypers, [part.scaling for part in model.parts])
    rest = np.arange(60) != i
    without = GP(exact=20, inducing=60).at(data.only(rest), hypers, [part.scaling for part in model.parts])
    said, left = without.predict(data.X[i : i + 1]), constant.held_out(np.array([17]))
    assert_allclose(left.mean, said.mean, atol=CLOSE)
    assert_allclose(left.model_std, said.model_std, rtol=CLOSE)


def test_readings_heard_later_are_learned_as_by_the_whole_process(both: tuple[FittedGP, FittedGP]) -> None:
    X = inputs()
    y = both[0].predict(X[:4]).mean + np.array([[0.5], [-0.2], [0.0], [1.0]])
    whole, sparse = (model.condition(X[:3], y[:3]).condition(X[3:4], y[3:4]) for model in both)
    assert_allclose(sparse.predict(X).mean, whole.predict(X).mean, atol=CLOSE)
    assert_allclose(sparse.predict(X).model_std, whole.predict(X).model_std, rtol=CLOSE)
    for one, other in zip(sparse.slopes(X), whole.slopes(X), strict=True):
        assert_allclose(one, other, atol=CLOSE * np.abs(other).max())
    assert_allclose(sparse.joint(X)[1], whole.joint(X)[1], atol=CLOSE * float(np.abs(whole.joint(X)[1]).max()))


def test_slopes_after_readings_heard_later_agree_with_differences() -> None:
    X, step = inputs(5), 1e-5
    model = GP(exact=20, inducing=30).fit(readings(80), np.random.default_rng(0))
    model = model.condition(X[:2], model.predict(X[:2]).mean + 0.3)
    by_mean, by_variance = model.slopes(X)
    for k, shift in enumerate(step * np.eye(3)):
        above, below = model.predict(X + shift), model.predict(X - shift)
        variance = (above.model_std**2 - below.model_std**2) / (2 * step)
        assert_allclose(by_mean[:, k], (above.mean - below.mean) / (2 * step), atol=1e-4 * np.abs(by_mean).max())
        assert_allclose(by_variance[:, k], variance, atol=1e-4 * np.abs(by_variance).max())


def test_the_switch_happens_beyond_exact_distinct_inputs_and_is_said() -> None:
    data = readings(61)
    twice = Observations(np.vstack((data.X[:60],) * 2), np.vstack((data.y[:60],) * 2), np.zeros((120, 1)), data.groups)
    said = [GP(exact=60, inducing=40).fit(one, np.random.default_rng(0)).describe() for one in (twice, data)]
    assert said[0]["objectives"][0]["approximate"] is None
    assert said[1]["objectives"][0]["approximate"]["inducing"] == 40


def test_fewer_inducing_inputs_leave_errors_that_are_stated_and_stds_that_are_too_large() -> None:
    data = readings(400, noise=0.02)
    exact = GP(exact=400).fit(data, np.random.default_rng(0))
    hypers = [part.posterior.hyper for part in exact.parts]
    X = np.random.default_rng(8).random((200, 3))
    whole, stated = exact.predict(X), []
    for inducing in (20, 60, 200):
        model = GP(exact=50, inducing=inducing).at(data, hypers)
        said = model.predict(X)
        found = float(np.sqrt(np.mean(((said.mean - whole.mean) / whole.model_std) ** 2)))
        error = model.describe()["objectives"][0]["approximate"]
        assert np.median(said.model_std / whole.model_std) > 0.999
        assert 0.2 < error["mean_error"] / found < 5.0  # stated from half of the inputs
        stated.append(error["mean_error"])
    assert stated[0] > 2 * stated[1] > 4 * stated[2]


def test_calibration_and_rescaling_work_on_a_sparse_process() -> None:
    data = readings(450)
    settings = GP(exact=100, inducing=60, noise="constant")
    model = settings.fit(data, np.random.default_rng(0))
    judged = calibrations(settings, model, data, np.random.default_rng(0))[0]
    assert "leave-one-out" in judged.why
    assert judged.covered == pytest.approx(0.9, abs=0.06)
    assert rescaled(model, np.array([2.0])).predict(data.X[:3]).model_std == pytest.approx(
        2.0 * model.predict(data.X[:3]).model_std
    )


def test_inducing_inputs_lie_far_apart_and_are_inputs() -> None:
    Z = np.random.default_rng(3).random((500, 2))
    chosen = spread_out(Z, 40)
    gaps = np.linalg.norm(Z[chosen][:, None] - Z[chosen], axis=2)[np.triu_indices(40, 1)]
    reach = np.min(np.linalg.norm(Z[:, None] - Z[chosen], axis=2), axis=1).max()
    assert len(np.unique(chosen)) == 40
    assert reach <= gaps.min() + 1e-12  # no input is farther from all chosen ones than these are from each other
