"""Collapsed replicates against the dense computation over all readings."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from matloop.domain.prediction import Floats
from matloop.errors import ModelError
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Hyper
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.replicates import Atoms, Inputs, Scaling

KERNEL = KERNELS["matern52"]


def dense(X: Floats, y: Floats, var: Floats, hyper: Hyper, mean_std: float = 1.0) -> float:
    """Log evidence over all readings, RW 2.30, nothing collapsed."""
    Z = X / np.array(hyper.lengths)
    K = hyper.scale * KERNEL.value(cdist(Z, Z, "sqeuclidean")) + mean_std**2
    K += np.diag(var + np.where(var > 0, hyper.excess, hyper.noise))
    _, log_det = np.linalg.slogdet(K)
    return -0.5 * float(y @ np.linalg.solve(K, y) + log_det + len(y) * math.log(2 * math.pi))


def collapsed(X: Floats, y: Floats, var: Floats, hyper: Hyper) -> float:
    inputs = Inputs.of(X)
    distances = Distances.of(inputs.X, np.arange(X.shape[1]))
    return Evidence(KERNEL, distances, Atoms.of(y, var, inputs.owner), 1.0, "here").at(hyper)[0]


def readings(seed: int, n: int, distinct: int, stds: list[float]) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    X = rng.random((distinct, 2))[rng.integers(0, distinct, n)]
    var = rng.choice(np.array(stds), n) ** 2
    return X, rng.normal(size=n), var


HYPER = Hyper((0.4, 0.9), scale=1.7, noise=0.05, excess=0.02)


@pytest.mark.parametrize("stds", [[0.0], [0.3], [0.0, 0.1, 0.5]], ids=["unknown", "equal", "mixed"])
def test_the_evidence_of_replicates_is_that_of_all_readings(stds: list[float]) -> None:
    X, y, var = readings(0, 40, 9, stds)
    assert collapsed(X, y, var, HYPER) == pytest.approx(dense(X, y, var, HYPER), rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 25),
    distinct=st.integers(1, 8),
    stds=st.lists(st.sampled_from([0.0, 0.05, 0.2, 1.0]), min_size=1, max_size=3),
)
def test_collapsing_never_changes_the_evidence(seed: int, n: int, distinct: int, stds: list[float]) -> None:
    X, y, var = readings(seed, n, distinct, stds)
    assert collapsed(X, y, var, HYPER) == pytest.approx(dense(X, y, var, HYPER), rel=1e-8, abs=1e-8)


def test_equal_known_variances_leave_one_atom_an_input() -> None:
    X, y, var = readings(1, 40, 9, [0.3])
    inputs = Inputs.of(X)
    assert len(Atoms.of(y, var, inputs.owner).count) == len(inputs.X)


def test_unequal_known_variances_are_kept_apart() -> None:
    X, y, _ = readings(1, 40, 9, [0.0])
    var = np.arange(1.0, 41.0)
    assert len(Atoms.of(y, var, Inputs.of(X).owner).count) == 40


def test_atoms_do_not_depend_on_the_order_of_readings_in_any_bit() -> None:
    X, y, var = readings(2, 40, 9, [0.0, 0.2])
    order = np.random.default_rng(3).permutation(40)
    one = Atoms.of(y, var, Inputs.of(X).owner)
    other = Atoms.of(y[order], var[order], Inputs.of(X[order]).owner)
    for name in Atoms.__slots__:
        assert_array_equal(getattr(one, name), getattr(other, name))


def test_both_zeros_are_one_input() -> None:
    assert len(Inputs.of(np.array([[0.0], [-0.0]])).X) == 1


def test_nearly_equal_inputs_are_two() -> None:
    assert len(Inputs.of(np.array([[0.1], [math.nextafter(0.1, 1.0)]])).X) == 2


def test_without_replicates_standardised_readings_have_mean_0_and_std_1() -> None:
    y = np.random.default_rng(0).normal(5.0, 3.0, 30)
    scaled = Scaling.of(y, np.arange(30), "here").apply(y)
    assert_allclose([scaled.mean(), scaled.std(ddof=1)], [0.0, 1.0], atol=1e-12)


def test_each_input_weighs_the_same_however_often_it_was_measured() -> None:
    y, owner = np.array([0.0] * 99 + [1.0]), np.array([0] * 99 + [1])
    assert Scaling.of(y, owner, "here").centre == pytest.approx(0.5)


def test_replicates_of_a_single_input_are_scaled_by_their_own_spread() -> None:
    y = np.array([1.0, 2.0, 3.0])
    assert Scaling.of(y, np.zeros(3, dtype=np.intp), "here").spread == pytest.approx(math.sqrt(2.0 / 3.0))


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.0, 1e12, 1e300])
def test_scaling_is_the_same_in_every_unit(unit: float) -> None:
    y, owner = np.array([0.3, 0.7, 0.1, 0.9]), np.array([0, 0, 1, 2])
    scaled = Scaling.of(unit * y, owner, "here").apply(unit * y)
    assert_allclose(scaled, Scaling.of(y, owner, "here").apply(y), rtol=1e-12)


def test_a_known_variance_that_underflows_stays_known() -> None:
    scaling = Scaling(0.0, 1e200)
    atoms = scaling.atoms(np.array([1.0, 2.0]), np.array([1e-30, 0.0]), np.array([0, 1]))
    assert atoms.given.tolist() == [True, False]


def test_equal_readings_are_refused_with_place_found_and_cure() -> None:
    with pytest.raises(ModelError, match=r"objective 2.*3 readings with fewer than two distinct.*Measure on"):
        Scaling.of(np.full(3, 7.0), np.arange(3), "objective 2")
