"""Kernels against scikit-learn and against differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.gaussian_process.kernels import RBF, Matern

from matloop.surrogate.kernels import KERNELS

REFERENCE = {
    "matern12": Matern(length_scale=1.0, nu=0.5),
    "matern32": Matern(length_scale=1.0, nu=1.5),
    "matern52": Matern(length_scale=1.0, nu=2.5),
    "rbf": RBF(length_scale=1.0),
}


@pytest.mark.parametrize("name", KERNELS)
def test_values_agree_with_scikit_learn(name: str) -> None:
    r = np.linspace(0.0, 6.0, 50)
    assert_allclose(KERNELS[name].value(r**2), REFERENCE[name](r[:, None], np.zeros((1, 1)))[:, 0], atol=1e-14)


@pytest.mark.parametrize("name", KERNELS)
def test_both_gives_the_same_values(name: str) -> None:
    s = np.linspace(0.0, 30.0, 50)
    assert_allclose(KERNELS[name].both(s)[0], KERNELS[name].value(s), rtol=1e-14)


@pytest.mark.parametrize("name", KERNELS)
def test_slopes_agree_with_differences(name: str) -> None:
    s, step = np.linspace(0.1, 20.0, 50), 1e-5
    expected = (KERNELS[name].value(s + step) - KERNELS[name].value(s - step)) / (2 * step)
    assert_allclose(KERNELS[name].both(s)[1], expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_one_and_its_slope_finite_where_inputs_coincide(name: str) -> None:
    value, slope = KERNELS[name].both(np.zeros(1))
    assert value[0] == 1.0
    assert np.isfinite(slope[0])
