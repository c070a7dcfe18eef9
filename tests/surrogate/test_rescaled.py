"""A rescaled surrogate does all that the surrogate does, its model error multiplied."""

from typing import Any

import numpy as np
import pytest

from matloop.surrogate import Blurred, Conditioned, Differentiable, HeldOut, Joint, Means, Observations
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.rescaled import rescaled
from matloop.surrogate.sklearn_ import Sklearn

CAPABILITIES = (Joint, Conditioned, Differentiable, Means, HeldOut, Blurred)
FACTORS = np.array([2.0, 0.5])


def data(n: int = 14) -> Observations:
    rng = np.random.default_rng(0)
    X = rng.random((n, 2))
    return Observations(X, np.stack([np.sin(4 * X[:, 0]), X[:, 1] ** 2], axis=1), np.zeros((n, 2)), np.arange(2))


def pair(surrogate: Any) -> tuple[Any, Any]:
    fitted = surrogate.fit(data(), np.random.default_rng(1))
    return fitted, rescaled(fitted, FACTORS)


@pytest.mark.parametrize("surrogate", [GP(), Forest(trees=10), Sklearn("BayesianRidge")], ids=lambda one: one.name)
def test_it_has_the_capabilities_of_the_surrogate_and_no_others(surrogate: Any) -> None:
    plain, scaled = pair(surrogate)
    assert [isinstance(scaled, one) for one in CAPABILITIES] == [isinstance(plain, one) for one in CAPABILITIES]


@pytest.mark.parametrize("surrogate", [GP(), Forest(trees=10), Sklearn("BayesianRidge")], ids=lambda one: one.name)
def test_mean_and_noise_stay_and_the_model_error_is_multiplied(surrogate: Any) -> None:
    plain, scaled = (one.predict(data().X) for one in pair(surrogate))
    assert np.array_equal(scaled.mean, plain.mean)
    assert np.array_equal(scaled.noise_std, plain.noise_std)
    assert np.allclose(scaled.model_std, plain.model_std * FACTORS)


def test_joint_slopes_held_out_and_conditioned_errors_agree_with_the_prediction() -> None:
    plain, scaled = pair(GP())
    X = np.random.default_rng(2).random((4, 2))
    seen = scaled.predict(X)
    mean, covariance = scaled.joint(X)
    assert np.allclose(np.sqrt(np.diagonal(covariance, axis1=1, axis2=2).T), seen.model_std)
    assert np.allclose(scaled.means(X), mean)
    assert np.allclose(scaled.slopes(X)[1], plain.slopes(X)[1] * FACTORS**2)
    assert np.allclose(scaled.slopes(X)[0], plain.slopes(X)[0])
    rows = np.arange(3)
    assert np.allclose(scaled.held_out(rows).model_std, plain.held_out(rows).model_std * FACTORS)
    later = scaled.condition(X[:1], seen.mean[:1]).predict(X)
    assert np.allclose(later.model_std, plain.condition(X[:1], seen.mean[:1]).predict(X).model_std * FACTORS)


def test_slopes_of_the_scaled_variance_are_those_of_finite_differences() -> None:
    _, scaled = pair(GP())
    x, step = np.array([[0.31, 0.62]]), 1e-5
    for j in range(2):
        moved = np.zeros_like(x)
        moved[0, j] = step
        difference = scaled.predict(x + moved).model_std ** 2 - scaled.predict(x - moved).model_std ** 2
        assert scaled.slopes(x)[1][0, j] == pytest.approx(difference[0] / (2 * step), rel=1e-4, abs=1e-8)
