"""Leave-one-out without fitting anew is leave-one-out; the mean alone is the mean."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from matloop.surrogate import HeldOut, Means, Observations
from matloop.surrogate.evidence import Hyper
from matloop.surrogate.gp import GP
from matloop.surrogate.replicates import Scaling

HYPER = Hyper((0.4, 0.9), scale=1.3, noise=0.05, excess=0.02)
SCALING = [Scaling(2.0, 3.0)]


def replicated(known: bool) -> Observations:
    """12 inputs with one to three readings each, some of known variance."""
    rng = np.random.default_rng(5)
    X = np.repeat(rng.random((12, 2)), rng.integers(1, 4, 12), axis=0)
    y = 2.0 + np.sin(4 * X[:, :1]) + 0.3 * rng.standard_normal((len(X), 1))
    var = np.where(rng.random((len(X), 1)) < 0.5, 0.09, 0.0) if known else np.zeros((len(X), 1))
    return Observations(X, y, var, np.arange(2))


@pytest.mark.parametrize("known", [False, True], ids=["unknown errors", "some known errors"])
def test_leaving_out_an_input_is_the_model_without_its_readings(known: bool) -> None:
    data = replicated(known)
    distinct = np.unique(data.X, axis=0)
    rows = np.array([0, 3, 7, 11])
    found = GP().at(data, [HYPER], SCALING).held_out(rows)
    for place, row in enumerate(rows):
        own = (data.X == distinct[row]).all(axis=1)
        rest = Observations(data.X[~own], data.y[~own], data.var[~own], data.groups)
        alone = GP().at(rest, [HYPER], SCALING).predict(distinct[row][None])
        assert_allclose(found.mean[place], alone.mean[0], rtol=1e-8)
        assert_allclose(found.model_std[place], alone.model_std[0], rtol=1e-6)
        v = np.where(data.var[own] > 0, data.var[own] + 9.0 * HYPER.excess, 9.0 * HYPER.noise)
        assert_allclose(found.measured[place], (data.y[own] / v).sum(axis=0) / (1 / v).sum(axis=0), rtol=1e-10)
        assert_allclose(found.error[place], 1 / np.sqrt((1 / v).sum(axis=0)), rtol=1e-10)


def test_the_mean_alone_is_that_of_the_prediction() -> None:
    model = GP().fit(replicated(known=True), np.random.default_rng(0))
    X = np.random.default_rng(1).random((700, 2))
    assert isinstance(model, Means)
    assert isinstance(model, HeldOut)
    assert_allclose(model.means(X), model.predict(X).mean, rtol=1e-12)
    assert model.means(X[:0]).shape == (0, 1)
