"""The evidence and its slopes against scikit-learn and against differences."""

from typing import cast

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Kernel, Matern

from matloop.domain.prediction import Floats
from matloop.errors import ModelError
from matloop.surrogate import distances as distances_module
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Hyper, LogPosterior
from matloop.surrogate.factor import JITTERS, Factor
from matloop.surrogate.gp import GP
from matloop.surrogate.kernels import KERNELS, KernelName
from matloop.surrogate.replicates import Atoms, Inputs

NU = {"matern12": 0.5, "matern32": 1.5, "matern52": 2.5}
SHAPES = [(name, ard) for name in KERNELS for ard in (True, False)]
IDS = [f"{name}-{'ard' if ard else 'one'}" for name, ard in SHAPES]


def kernel_of(name: str, lengths: tuple[float, ...], scale: float, mean_std: float) -> Kernel:
    shape = RBF(lengths) if name == "rbf" else Matern(lengths, nu=NU[name])
    return ConstantKernel(scale) * shape + ConstantKernel(mean_std**2)


def readings(n: int = 30, d: int = 3, replicates: int = 0) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(7)
    X = rng.random((n, d))
    X[n - replicates :] = X[:replicates]
    y = np.sin(5 * X[:, 0]) + X[:, 1] + 0.1 * rng.normal(size=n)
    var = rng.choice([0.0, 0.01, 0.04], n)
    return X, y, var


def evidence(name: str, ard: bool, X: Floats, y: Floats, var: Floats) -> Evidence:
    inputs = Inputs.of(X)
    index = np.arange(X.shape[1]) if ard else np.zeros(X.shape[1], dtype=np.intp)
    return Evidence(KERNELS[name], Distances.of(inputs.X, index), Atoms.of(y, var, inputs.owner), 1.5, "here")


@pytest.mark.parametrize(("name", "ard"), SHAPES, ids=IDS)
def test_log_evidence_agrees_with_scikit_learn(name: str, ard: bool) -> None:
    X, y, var = readings()
    lengths = (0.3, 0.7, 2.0) if ard else (0.6,)
    hyper = Hyper(lengths, scale=1.4, noise=0.02, excess=0.003)
    alpha = var + np.where(var > 0, 0.003, 0.02)
    reference = GaussianProcessRegressor(kernel_of(name, lengths, 1.4, 1.5), alpha=alpha, optimizer=None).fit(X, y)
    expected = reference.log_marginal_likelihood_value_
    assert evidence(name, ard, X, y, var).at(hyper)[0] == pytest.approx(expected, abs=1e-6)


def differences(target: LogPosterior, theta: Floats, step: float = 1e-5) -> Floats:
    shifts = step * np.eye(len(theta))
    return np.array([(target(theta + h)[0] - target(theta - h)[0]) / (2 * step) for h in shifts])


@pytest.mark.parametrize(("name", "ard"), SHAPES, ids=IDS)
def test_slopes_of_evidence_plus_prior_agree_with_differences(name: str, ard: bool) -> None:
    X, y, var = readings(replicates=12)
    layout = GP(kernel=cast(KernelName, name), ard=ard).layout(3, var)
    target = LogPosterior(evidence(name, ard, X, y, var), layout)
    theta = np.append(np.log([0.3, 0.7, 2.0] if ard else [0.6]), np.log([1.4, 0.02, 0.003]))
    expected = differences(target, theta)
    assert_allclose(target(theta)[1], expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_every_hyper_parameter_is_learned_where_some_readings_bring_a_std() -> None:
    assert list(GP().layout(3, np.array([0.0, 0.1])).priors) == ["scale", "noise", "excess"]


def test_the_excess_alone_is_learned_where_every_reading_brings_a_std() -> None:
    assert list(GP(scale="fixed").layout(3, np.array([0.2, 0.1])).priors) == ["excess"]


def test_distances_computed_anew_give_the_same_evidence_and_slopes(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, var = readings()
    hyper = Hyper((0.3, 0.7, 2.0), scale=1.4, noise=0.02, excess=0.003)
    kept = evidence("matern52", True, X, y, var).at(hyper)
    monkeypatch.setattr(distances_module, "KEPT_BYTES", 0)
    anew = evidence("matern52", True, X, y, var)
    assert anew.distances.kept is None
    assert anew.at(hyper)[0] == pytest.approx(kept[0], rel=1e-12)
    assert_allclose(anew.at(hyper)[1]["lengths"], kept[1]["lengths"], rtol=1e-10)


def test_a_matrix_that_is_nearly_singular_is_factored_with_the_least_jitter_that_does() -> None:
    factor = Factor.of(np.ones((5, 5)) - 5e-9 * np.eye(5), "here")
    assert factor.jitter == pytest.approx(JITTERS[2])


def test_a_sound_matrix_is_factored_without_jitter() -> None:
    assert Factor.of(np.eye(3), "here").jitter == 0.0


@pytest.mark.parametrize("K", [-np.eye(3), np.full((3, 3), np.nan)], ids=["negative", "nan"])
def test_a_matrix_that_no_jitter_saves_is_refused_with_place_found_and_cure(K: Floats) -> None:
    with pytest.raises(ModelError, match=r"objective 1: a covariance of 3 inputs is not positive.*Look for"):
        Factor.of(K, "objective 1")
