import numpy as np
import pytest
from scipy.spatial.distance import cdist

from matloop.domain.encoder import Encoder, Scaled
from matloop.errors import ConfigError, DataError, ModelError
from matloop.surrogate import Conditioned, HeldOut, Joint, Means, Observations, Placing
from matloop.surrogate.gp import GP
from matloop.surrogate.prior import FittedPrior, Placed, Prior

N, NOISE = 120, 0.05


class World:
    """Candidates of three features whose truth was predicted: well, or not.

    right: truth = m + s times a smooth error. opposite: m has the wrong sign. unrelated: m belongs to other candidates
    and its std is a fifth of what it should be.
    """

    def __init__(self, kind: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        Z = rng.random((N, 3))
        m, error = (self._smooth(Z, length, rng) for length in (0.3, 0.4))
        s = 0.2 + 0.4 * rng.random(N)
        self.truth = m + s * error
        if kind == "opposite":
            m = -m
        if kind == "unrelated":
            m, s = rng.permutation(m), 0.2 * s
        self.encoder = Encoder((
            *(Scaled(name, 0.0, 1.0) for name in "abc"),
            Scaled("predicted", float(m.min()), float(m.max())),
            Scaled("predicted_std", float(s.min()), float(s.max())),
        ))  # fmt: skip
        columns = [*Z.T, (m - m.min()) / np.ptp(m), (s - s.min()) / np.ptp(s)]
        self.X = np.column_stack(columns)
        self.y = self.truth + NOISE * rng.standard_normal(N)
        self.order = rng.permutation(N)

    @staticmethod
    def _smooth(Z: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
        K = np.exp(-0.5 * cdist(Z, Z, "sqeuclidean") / length**2) + 1e-8 * np.eye(N)
        return np.linalg.cholesky(K) @ rng.standard_normal(N)

    def data(self, n: int, columns: slice = slice(None)) -> Observations:
        rows, X = self.order[:n], self.X[:, columns]
        return Observations(X[rows], self.y[rows][:, None], np.zeros((n, 1)), np.arange(X.shape[1]))

    def fit(self, n: int) -> FittedPrior:
        return Prior().placed(self.encoder).fit(self.data(n), np.random.default_rng(0))

    def errors(self, n: int) -> tuple[float, float, float]:
        """Root mean square error of what was not read, with the prior and without it, and the former in its std."""
        rest = self.order[n:]
        with_ = self.fit(n).predict(self.X[rest])
        without = GP().fit(self.data(n, slice(0, 3)), np.random.default_rng(0)).predict(self.X[rest, :3])
        off = with_.mean[:, 0] - self.truth[rest]
        plain = without.mean[:, 0] - self.truth[rest]
        z = off / with_.model_std[:, 0]
        return float(np.sqrt(np.mean(off**2))), float(np.sqrt(np.mean(plain**2))), float(np.mean(z**2))


SEEDS = range(6)


@pytest.mark.parametrize("n", [3, 10, 25])
def test_a_right_prediction_helps(n):
    found = np.array([World("right", seed).errors(n) for seed in SEEDS])
    assert found[:, 0].mean() < 0.6 * found[:, 1].mean()
    assert 0.4 < np.median(found[:, 2]) < 2.0


@pytest.mark.parametrize("kind", ["opposite", "unrelated"])
@pytest.mark.parametrize("n", [10, 25])
def test_a_wrong_prediction_does_little_harm(kind, n):
    found = np.array([World(kind, seed).errors(n) for seed in SEEDS])
    assert found[:, 0].mean() < 1.15 * found[:, 1].mean()
    assert np.median(found[:, 2]) < 2.5


def test_before_much_is_read_it_says_what_was_predicted():
    world = World("right", 0)
    said = world.fit(3).predict(world.X)
    assert np.corrcoef(said.mean[:, 0], world.truth)[0, 1] > 0.8
    assert np.corrcoef(said.model_std[:, 0], world.X[:, 4])[0, 1] > 0.3


def test_it_has_the_moments_of_the_normal_distribution_that_it_states():
    # one grid point by hand: Rasmussen and Williams 2006, equations 2.25 and 2.26
    world = World("right", 1)
    fitted = world.fit(12)
    point = fitted.parts[0].point
    alone = FittedPrior.of(fitted.base, (point,), np.ones(1))
    X, P = world.X[world.order[12:20]], fitted.base.data.X
    K = fitted.base.kernel(point, P, P) + np.diag(fitted.base.noise(point))
    cross = fitted.base.kernel(point, X, P)
    m, m_read = (Prior().placed(world.encoder).mean.of(at) for at in (X, P))
    mean = m + cross @ np.linalg.solve(K, fitted.base.data.y[:, 0] - m_read)
    covariance = fitted.base.kernel(point, X, X) - cross @ np.linalg.solve(K, cross.T)
    said, (joint_mean, joint) = alone.predict(X), alone.joint(X)
    np.testing.assert_allclose(said.mean[:, 0], mean, rtol=1e-8)
    np.testing.assert_allclose(said.model_std[:, 0] ** 2, np.diag(covariance), rtol=1e-6)
    np.testing.assert_allclose(joint[0], covariance, atol=1e-9)
    np.testing.assert_allclose(joint_mean[:, 0], mean, rtol=1e-8)


def test_predict_and_joint_agree():
    world = World("right", 2)
    fitted = world.fit(8)
    X = world.X[world.order[8:30]]
    said, (mean, covariance) = fitted.predict(X), fitted.joint(X)
    np.testing.assert_allclose(mean, said.mean, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance[0])), said.model_std[:, 0], rtol=1e-6)


def test_the_order_of_the_readings_does_not_matter():
    world = World("right", 3)
    data = world.data(15)
    rows = np.random.default_rng(0).permutation(15)
    placed = Prior().placed(world.encoder)
    one, two = (placed.fit(d, np.random.default_rng(0)).predict(world.X) for d in (
        data, Observations(data.X[rows], data.y[rows], data.var[rows], data.groups)
    ))  # fmt: skip
    for a, b in zip(one.figures, two.figures, strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_unit_says_the_same():
    world = World("right", 4)
    data = world.data(15)
    parts = list(world.encoder.parts)
    parts[3:] = [Scaled(one.name, 1000 * one.low, 1000 * one.high) for one in parts[3:]]
    placed = Prior().placed(Encoder(tuple(parts)))
    scaled = Observations(data.X, 1000 * data.y, data.var, data.groups)
    one = world.fit(15).predict(world.X)
    two = placed.fit(scaled, np.random.default_rng(0)).predict(world.X)
    for a, b in zip(one.figures, two.figures, strict=True):
        np.testing.assert_allclose(b, 1000 * a, rtol=1e-6)


def test_what_is_heard_later_narrows_the_error_there():
    world = World("right", 5)
    fitted = world.fit(5)
    X = world.X[world.order[5:6]]
    after = fitted.condition(X, world.y[world.order[5:6]][:, None])
    assert after.predict(X).model_std[0, 0] < fitted.predict(X).model_std[0, 0]


def test_an_input_held_out_is_predicted_without_its_reading():
    world = World("right", 6)
    fitted = world.fit(10)
    left = fitted.held_out(np.array([0, 3]))
    again = np.delete(np.arange(10), 3)
    order = np.lexsort(fitted.base.data.X.T[::-1])
    data = fitted.base.data.only(np.isin(np.arange(10), order[again]))
    base = fitted.base.__class__(fitted.base.columns, data, fitted.base.centre, fitted.base.unit)
    without = FittedPrior.of(base, tuple(part.point for part in fitted.parts), fitted.weights)
    X = fitted.base.data.X[order[3:4]]
    assert left.mean[1, 0] == pytest.approx(without.predict(X).mean[0, 0])


def test_it_has_the_capabilities_that_a_campaign_asks_for():
    world = World("right", 7)
    fitted = world.fit(5)
    assert isinstance(Prior(), Placing)
    for capability in (Joint, Conditioned, Means, HeldOut):
        assert isinstance(fitted, capability)
    assert set(fitted.describe()) >= {"surrogate", "error_in_stated_std", "disbelief"}


@pytest.mark.parametrize(("names", "said"), [
    pytest.param({"mean": "predicte"}, "predicted", id="near"),
    pytest.param({"std": "nothing"}, "nothing", id="none"),
])  # fmt: skip
def test_features_that_are_not_there_are_named(names, said):
    with pytest.raises(DataError, match=said):
        Prior(**names).placed(World("right", 0).encoder)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match="std"):
        Prior(mean="a", std="a")


def test_without_its_columns_it_fits_nothing():
    world = World("right", 0)
    with pytest.raises(ModelError, match="placed"):
        Prior().fit(world.data(5), np.random.default_rng(0))


def test_a_predicted_std_of_nothing_is_refused():
    world = World("right", 0)
    placed = Prior().placed(world.encoder)
    broken = Placed(placed.mean, placed.std.__class__(placed.std.place, -10.0, 1.0))
    with pytest.raises(ModelError, match="above 0"):
        broken.fit(world.data(5), np.random.default_rng(0))
