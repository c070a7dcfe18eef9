"""Bounds of a screen hold for whatever the process computes, and are close where all readings bound the variance."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from matloop.surrogate import Fitted, Observations, Screened
from matloop.surrogate import screen as module
from matloop.surrogate.gp import GP, FittedGP
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.mixture import Mixture
from matloop.surrogate.rescaled import rescaled
from matloop.surrogate.screen import FEW, Screen, _Rough

NAMES = sorted(KERNELS)


def readings(n: int, noise: float, d: int, seed: int) -> Observations:
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    X[n // 2 : n // 2 + n // 8] = X[: n // 8]  # replicates
    y = 300.0 + 40.0 * (np.sin(5 * X[:, 0]) + X[:, 1] * X[:, -1] + noise * (0.3 + X[:, 0]) * rng.standard_normal(n))
    return Observations(X, y[:, None], np.zeros((n, 1)), np.arange(d))


def inputs(data: Observations, seed: int) -> np.ndarray:
    """Inside, outside, at the readings, and so close to them that the std is all rounding."""
    rng, d = np.random.default_rng(seed + 1), data.X.shape[1]
    near = data.X + 1e-9 * rng.standard_normal(data.X.shape)
    return np.vstack((rng.random((400, d)), rng.random((50, d)) * 20 - 10, data.X, near))


def demand_bounds(model: Fitted, X: np.ndarray) -> None:
    said = model.predict(X)
    assert isinstance(model, Screened)
    for sign in (1.0, -1.0):
        look = model.screen(sign)
        assert look is not None
        mean, std = look(X)
        assert np.all(mean >= sign * said.mean[:, 0])
        assert np.all(std >= said.model_std[:, 0])


@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.02, 0.5])
@pytest.mark.parametrize("kernel", NAMES)
def test_bounds_hold_for_every_kernel_and_noise(kernel, noise):
    for seed, (n, d) in enumerate(((12, 2), (90, 3), (200, 6))):
        data = readings(n, noise, d, seed)
        settings = GP(kernel=kernel, noise="none" if noise == 0.0 else "learned", draws=1, climbs=1, steps=20)
        model = settings.fit(data, np.random.default_rng(seed))
        X = inputs(data, seed)
        demand_bounds(model, X)
        demand_bounds(rescaled(model, np.array([1.7])), X)
        heard = model.condition(X[:3], model.predict(X[:3]).mean)
        demand_bounds(heard, X)


def test_bounds_hold_where_length_scales_are_far_apart_and_inputs_far_from_the_origin():
    data = readings(150, 0.001, 4, 0)
    moved = Observations(data.X + np.array([1e4, 0.0, -50.0, 0.0]), data.y, data.var, data.groups)
    model = GP(draws=1, climbs=1).fit(data, np.random.default_rng(0))
    hypers = [part.posterior.hyper for part in model.parts]
    demand_bounds(GP().at(moved, hypers), inputs(moved, 0))


def whole() -> tuple[FittedGP, np.ndarray]:
    data = readings(FEW, 0.1, 3, 5)
    return GP(draws=1, climbs=1).fit(data, np.random.default_rng(5)), np.random.default_rng(6).random((300, 3))


def test_bounds_by_all_readings_are_the_figures_themselves():
    model, X = whole()
    mean, std = model.screen(1.0)(X)
    said = model.predict(X)
    spread = model.parts[0].scaling.spread
    np.testing.assert_allclose(mean, said.mean[:, 0], atol=1e-8 * spread, rtol=0)
    np.testing.assert_allclose(std, said.model_std[:, 0], rtol=1e-5)


def test_bounds_by_some_readings_are_close_where_the_mean_is_high():
    data = readings(400, 0.1, 3, 5)
    model = GP(draws=1, climbs=1).fit(data, np.random.default_rng(5))
    X = np.random.default_rng(6).random((2000, 3))
    said = model.predict(X)
    high = np.argsort(-said.mean[:, 0])[:100]
    assert np.median(model.screen(1.0)(X)[1][high] / said.model_std[high, 0]) < 1.6


def test_the_mark_of_fewer_readings_is_a_share_of_all():
    model = GP(draws=1, climbs=1).fit(readings(800, 0.1, 3, 1), np.random.default_rng(1))
    posterior = model.parts[0].posterior
    k = len(Screen.of(posterior, 1.0).lower)
    assert k == max(FEW, len(posterior.Z) // module.SHARE) < len(posterior.Z)


@pytest.mark.parametrize("kernel", NAMES)
def test_the_widening_covers_what_one_product_for_all_distances_rounds(kernel):
    rng, value = np.random.default_rng(0), KERNELS[kernel].value
    rough = _Rough(1.0, 2.0, 1.0, 1.0)
    for size in (0.1, 1.0, 30.0, 1000.0):
        Z, P = size * rng.standard_normal((300, 7)), size * rng.standard_normal((40, 7))
        Z[:40] = P * (1 + 1e-12)
        product = (Z**2).sum(axis=1)[:, None] + (P**2).sum(axis=1) - 2.0 * Z @ P.T
        off = np.abs(value(np.maximum(product, 0.0)) - value(cdist(Z, P, "sqeuclidean")))
        reach = np.linalg.norm(Z, axis=1).max() + np.linalg.norm(P, axis=1).max()
        assert off.max() <= rough.kernel(KERNELS[kernel], reach, 7)


def test_an_approximate_process_and_a_mixture_of_several_have_no_screen():
    data = readings(60, 0.1, 2, 3)
    assert GP(exact=20, inducing=10).fit(data, np.random.default_rng(0)).screen(1.0) is None
    assert Mixture(samples=4).fit(data, np.random.default_rng(0)).screen(1.0) is None
    one = Mixture(samples=0).fit(data, np.random.default_rng(0))
    assert isinstance(one, Screened)
    assert one.screen(-1.0) is not None
