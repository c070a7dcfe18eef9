"""Beyond `exact` distinct inputs no covariance of all of them is made, whatever the readings bring with them."""

from dataclasses import replace

import numpy as np
import pytest

from matloop.errors import DataError, InputError
from matloop.surrogate import Observations, censored
from matloop.surrogate.factor import Factor
from matloop.surrogate.gp import GP
from matloop.surrogate.mixture import Mixture
from matloop.surrogate.sparse import Sparse
from matloop.surrogate.warped import Warped

N, EXACT = 160, 60
FEW = GP(exact=EXACT, study=40, inducing=50)
ODD = 17  # a reading that does not belong, where there is one


def observations(kind="plain"):
    rng = np.random.default_rng(0)
    X = rng.random((N, 2))
    y = np.sin(4 * X[:, :1]) + X[:, 1:] + 0.05 * rng.standard_normal((N, 1))
    data = Observations(X, y, np.zeros_like(y), np.array([0, 1]))
    if kind == "executed_std":
        return replace(data, x_var=np.full(X.shape, 1e-3))
    if kind == "bounds":
        sides = np.where(y > np.quantile(y, 0.95), 1, 0).astype(np.int8)
        return replace(data, y=np.minimum(y, np.quantile(y, 0.95)), censored=sides)
    if kind == "robust":
        y[ODD] += 3.0
    return data


KINDS = ("plain", "executed_std", "bounds", "robust")
CASES = {kind: (replace(FEW, robust=kind == "robust"), kind) for kind in KINDS}
CASES |= {
    "bounded": (FEW.bounded(), "bounds"),
    "mixture": (Mixture(surrogate=FEW), "plain"),
    "warped": (Warped(most=40, surrogate=Mixture(samples=0, surrogate=FEW)), "plain"),
    "warped-sparse": (Warped(most=N, warps=("none",), surrogate=Mixture(samples=0, surrogate=FEW)), "plain"),
}


@pytest.mark.parametrize(("surrogate", "kind"), CASES.values(), ids=list(CASES))
def test_no_matrix_of_all_inputs_is_factored(surrogate, kind, monkeypatch):
    sizes = []
    of = Factor.of.__func__

    def spy(cls, K, place):
        sizes.append(len(K))
        return of(cls, K, place)

    monkeypatch.setattr(Factor, "of", classmethod(spy))
    data = observations(kind)
    said = surrogate.fit(data, np.random.default_rng(0)).predict(data.X[:5])
    assert np.isfinite(said.mean).all()
    assert sizes
    assert max(sizes) <= N // 2  # `Sparse.error` is told by half of the inputs


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_approximate_says_nearly_what_the_whole_says(kind):
    data, rng = observations(kind), np.random.default_rng
    whole = replace(FEW, exact=1000, robust=kind == "robust").fit(data, rng(0))
    part = replace(FEW, inducing=60, robust=kind == "robust").fit(data, rng(0))
    assert isinstance(part.parts[0].posterior, Sparse)
    at = rng(1).random((40, 2))
    one, other = whole.predict(at), part.predict(at)
    spread = data.y.std()
    assert np.abs(one.mean - other.mean).max() < 0.1 * spread
    assert np.abs(one.total_std - other.total_std).max() < 0.1 * spread


def test_the_same_reading_is_doubted_where_the_covariance_is_approximate():
    fitted = replace(FEW, robust=True, inducing=60).fit(observations("robust"), np.random.default_rng(0))
    assert np.flatnonzero(fitted.parts[0].doubt > 0).tolist() == [ODD]


def test_several_kernels_are_refused_beyond_what_can_be_whole_and_one_is_not():
    several = Mixture(kernels=("matern52", "rbf"), samples=0, surrogate=FEW)
    with pytest.raises(InputError, match="Name one kernel") as refused:
        several.fit(observations(), np.random.default_rng(0))
    assert refused.value.exit_code == 2
    raised = replace(several, surrogate=replace(FEW, exact=N))
    assert len(raised.fit(observations(), np.random.default_rng(0)).describe()["kernels"]) == 2


def test_a_single_kernel_is_as_approximate_as_the_process_itself():
    data = observations()
    mixed = Mixture(surrogate=FEW).fit(data, np.random.default_rng(0))
    alone = FEW.fit(data, np.random.default_rng(0))
    np.testing.assert_array_equal(mixed.predict(data.X).mean, alone.predict(data.X).mean)
    assert mixed.describe()["objectives"][0]["approximate"]["inducing"] > 0


def test_more_bounds_than_can_be_heard_are_refused(monkeypatch):
    monkeypatch.setattr(censored, "MOST", 4)
    with pytest.raises(DataError, match="8 readings lie beyond a limit; up to 4") as refused:
        FEW.fit(observations("bounds"), np.random.default_rng(0))
    assert refused.value.exit_code == 2
