"""Noise that varies over the space: its algebra against dense matrices, what is learned against known truth."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.spatial.distance import cdist

from matloop.domain.prediction import Floats
from matloop.errors import ModelError
from matloop.surrogate import Observations, noise
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Hyper, LogPosterior
from matloop.surrogate.gp import GP, FittedGP
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.replicates import Atoms, Inputs

HYPER = Hyper((0.4, 0.9), scale=1.3, noise=0.05, excess=0.02)
MEAN_STD = 1.5


class Line:
    """A truth whose posterior mean is known."""

    def means(self, X: Floats) -> Floats:
        mean: Floats = 2.0 * X[:, 0] - 1.0
        return mean


def observed(X: Floats, y: Any, var: Any = 0.0) -> Observations:
    y = np.asarray(y, dtype=float).reshape(len(X), -1)
    return Observations(X, y, np.broadcast_to(var, y.shape) + np.zeros_like(y), np.arange(X.shape[1]))


def readings() -> tuple[Floats, Floats, Floats]:
    """25 readings of 10 inputs, some of known variance; rows in the order of the inputs."""
    rng = np.random.default_rng(3)
    X = np.repeat(rng.random((10, 2)), [1, 2, 3, 1, 4, 2, 3, 4, 2, 3], axis=0)
    var = rng.choice([0.0, 0.01, 0.04], len(X))
    return X, np.sin(4 * X[:, 0]) + 0.4 * rng.normal(size=len(X)), var


def evidence() -> tuple[Evidence, Inputs]:
    X, y, var = readings()
    inputs = Inputs.of(X)
    distances = Distances.of(inputs.X, np.arange(2))
    return Evidence(KERNELS["matern52"], distances, Atoms.of(y, var, inputs.owner), MEAN_STD, "here"), inputs


def shape_of(inputs: Inputs) -> Floats:
    h: Floats = np.random.default_rng(9).normal(size=len(inputs.X))
    return h


def dense(log_shape: Floats) -> tuple[Floats, list[Floats], Floats]:
    """Covariance of the readings, its derivative over each input's log shape, and the readings."""
    X, y, var = readings()
    owner = Inputs.of(X).owner
    K = HYPER.scale * KERNELS["matern52"].value(cdist(X / [0.4, 0.9], X / [0.4, 0.9], "sqeuclidean")) + MEAN_STD**2
    extra = np.exp(log_shape)[owner] * np.where(var > 0, HYPER.excess, HYPER.noise)
    slopes = [np.diag(np.where(owner == i, extra, 0.0)) for i in range(len(log_shape))]
    return K + np.diag(var + extra), slopes, y


def test_the_evidence_with_a_shape_is_that_of_every_reading_on_its_own() -> None:
    process, inputs = evidence()
    h = shape_of(inputs)
    K, _, y = dense(h)
    expected = stats.multivariate_normal(np.zeros(len(y)), K).logpdf(y)
    assert replace(process, atoms=process.atoms.shaped(h)).at(HYPER)[0] == pytest.approx(expected, abs=1e-8)


def test_slopes_over_the_shape_agree_with_differences() -> None:
    process, inputs = evidence()
    h, step = shape_of(inputs), 1e-5
    expected = []
    for shift in step * np.eye(len(h)):
        above, below = (replace(process, atoms=process.atoms.shaped(h + sign * shift)) for sign in (1, -1))
        expected.append((above.at(HYPER)[0] - below.at(HYPER)[0]) / (2 * step))
    assert_allclose(process.over_shape(HYPER, h)[0], expected, rtol=1e-5, atol=1e-7)


def test_the_curvature_over_the_shape_is_the_expected_one_of_every_reading_on_its_own() -> None:
    process, inputs = evidence()
    h = shape_of(inputs)
    K, slopes, _ = dense(h)
    halves = [np.linalg.solve(K, D) for D in slopes]
    expected = [[0.5 * np.trace(a @ b) for b in halves] for a in halves]
    assert_allclose(process.over_shape(HYPER, h)[1], expected, rtol=1e-8, atol=1e-12)


def test_slopes_over_the_hyper_parameters_agree_with_differences_where_the_noise_has_a_shape() -> None:
    process, inputs = evidence()
    shaped = replace(process, atoms=process.atoms.shaped(shape_of(inputs)))
    target = LogPosterior(shaped, GP().layout(2, readings()[2]))
    theta, step = np.log([0.4, 0.9, 1.3, 0.05, 0.02]), 1e-5
    expected = [(target(theta + e)[0] - target(theta - e)[0]) / (2 * step) for e in step * np.eye(5)]
    assert_allclose(target(theta)[1], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mean", [False, True], ids=["inputs", "mean"])
def test_a_basis_carries_its_process_and_continues_it_to_new_inputs(mean: bool) -> None:
    X = np.random.default_rng(1).random((60, 2))
    V = Line().means(X)[:, None] if mean else X
    basis = noise.Basis.of("any", V, 0.8, mean=mean)
    covariance = np.exp(-0.5 * cdist(V / 0.8, V / 0.8, "sqeuclidean"))
    assert_allclose(basis.B @ basis.B.T, covariance, atol=noise.NEGLIGIBLE)
    z = np.random.default_rng(2).normal(size=basis.B.shape[1])
    field = noise.Field((basis.part(z),), X, np.zeros(60))
    assert field.follows_mean is mean
    assert_allclose(field.log_shape(X, Line().means(X)), basis.B @ z, atol=1e-8)


def test_candidates_weigh_by_the_evidence_of_a_normal_model_and_average_its_posteriors() -> None:
    rng = np.random.default_rng(4)
    X, sigma = rng.random((12, 1)), 0.7
    y = 1.5 * np.sin(5 * X[:, 0]) + sigma * rng.normal(size=12)
    candidates = noise.bases(X, 1, Line())
    found = noise.Average.of(candidates, np.zeros(12), y / sigma**2, np.eye(12) / sigma**2)
    level = np.full((12, 12), noise.LEVEL_STD**2)
    share = (1 - noise.CONSTANT) / (len(candidates) * len(noise.AMPLITUDES))
    tried = [("constant", np.zeros((12, 12)), noise.CONSTANT)]
    tried += [(b.name, a**2 * b.B @ b.B.T, share) for b in candidates for a in noise.AMPLITUDES]
    odds = np.array([p * stats.multivariate_normal(cov=level + C + sigma**2 * np.eye(12)).pdf(y) for _, C, p in tried])
    odds /= odds.sum()
    for name in found.weights:
        expected = sum(o for o, (n, _, _) in zip(odds, tried, strict=True) if n == name)
        assert found.weights[name] == pytest.approx(expected, abs=2 * noise.NEGLIGIBLE)
    at_inputs = [(level + C) @ np.linalg.solve(level + C + sigma**2 * np.eye(12), y) for _, C, _ in tried]
    mean = np.sum([basis.B @ z for basis, z in zip(candidates, found.z, strict=True)], axis=0) + found.level
    assert_allclose(mean, odds @ np.array(at_inputs), atol=0.02)


def truth(X: Floats) -> Floats:
    f: Floats = 1.0 + np.sin(5 * X[:, 0]) * X[:, 1]
    return f


STDS = {
    "constant": lambda X: np.full(len(X), 0.2),
    "inputs": lambda X: 0.05 * np.exp(2.0 * X[:, 1]),
    "mean": lambda X: 0.03 + 0.15 * truth(X),
}


def campaign(kind: str, seed: int, n: int = 150, each: int = 2, known: float = 0.0) -> Observations:
    rng = np.random.default_rng(seed)
    X = np.repeat(rng.random((n, 2)), each, axis=0)
    std = np.hypot(STDS[kind](X), known)
    return observed(X, truth(X) + std * rng.normal(size=len(X)), known**2)


def fitted(data: Observations, **settings: Any) -> FittedGP:
    return GP(**settings).fit(data, np.random.default_rng(0))


Q = np.random.default_rng(11).random((500, 2))


@pytest.mark.parametrize("kind", STDS)
def test_the_noise_std_is_recovered_over_the_space(kind: str) -> None:
    errors = [np.abs(fitted(campaign(kind, s)).predict(Q).noise_std[:, 0] / STDS[kind](Q) - 1).mean() for s in range(6)]
    assert np.median(errors) < 0.1


def test_constant_noise_is_told_from_noise_that_varies() -> None:
    weights = {kind: [] for kind in STDS}
    for kind, found in weights.items():
        for seed in range(6):
            shape = fitted(campaign(kind, seed)).describe()["objectives"][0]["noise_shape"]
            found.append(shape["weights"]["constant"])
    assert np.median(weights["constant"]) > 0.5
    assert max(weights["inputs"] + weights["mean"]) < 0.01


def test_errors_in_proportion_to_the_value_are_seen_to_follow_the_mean() -> None:
    shape = fitted(campaign("mean", 1)).describe()["objectives"][0]["noise_shape"]
    assert shape["weights"]["mean"] > 0.9
    assert shape["settled"]


def test_intervals_cover_new_readings_where_noise_is_low_and_where_it_is_high() -> None:
    inside: dict[str, list[float]] = {"quiet": [], "loud": [], "quiet, constant": []}
    for seed in range(6):
        data, fresh = campaign("inputs", seed), np.random.default_rng(100 + seed)
        y = truth(Q) + STDS["inputs"](Q) * fresh.normal(size=len(Q))
        for name, model in (("", fitted(data)), (", constant", fitted(data, noise="constant"))):
            said = model.predict(Q)
            hit = np.abs(y - said.mean[:, 0]) < 1.645 * said.total_std[:, 0]
            inside.setdefault(f"quiet{name}", []).append(hit[Q[:, 1] < 0.3].mean())
            inside.setdefault(f"loud{name}", []).append(hit[Q[:, 1] > 0.7].mean())
    assert 0.85 < np.mean(inside["quiet"]) < 0.95
    assert 0.85 < np.mean(inside["loud"]) < 0.95
    assert np.mean(inside["quiet, constant"]) > 0.97


def test_few_single_readings_leave_constant_noise_nearly_constant() -> None:
    said = [fitted(campaign("constant", seed, 40, 1)).predict(Q).noise_std for seed in range(6)]
    assert np.median([figures.max() / figures.min() for figures in said]) < 1.5


def test_what_a_given_std_leaves_unexplained_may_vary_too() -> None:
    said = fitted(campaign("inputs", 2, known=0.05)).predict(Q).noise_std[:, 0]
    assert np.abs(said / np.hypot(STDS["inputs"](Q), 0.05) - 1).mean() < 0.15


def test_a_given_std_that_explains_the_readings_leaves_no_shape_to_learn() -> None:
    rng = np.random.default_rng(5)
    X = np.repeat(rng.random((60, 2)), 2, axis=0)
    std = STDS["inputs"](X)
    model = fitted(observed(X, truth(X) + std * rng.normal(size=120), std[:, None] ** 2))
    spread = model.predict(Q).noise_std[:, 0]
    assert_allclose(spread, np.sqrt(np.mean(std**2)), rtol=0.1)


def test_the_order_of_the_readings_changes_no_bit_of_the_shape() -> None:
    data = campaign("inputs", 3, 40, 2)
    order = np.random.default_rng(6).permutation(len(data.y))
    shuffled = Observations(data.X[order], data.y[order], data.var[order], data.groups)
    assert (fitted(shuffled).predict(Q).noise_std == fitted(data).predict(Q).noise_std).all()


def test_learning_further_readings_keeps_the_shape() -> None:
    model = fitted(campaign("mean", 4))
    later = model.condition(Q[:5], np.full((5, 1), 3.0))
    assert_allclose(later.predict(Q).noise_std, model.predict(Q).noise_std, rtol=1e-12)


def test_a_shape_that_follows_the_mean_cannot_do_without_the_inputs_it_was_learned_at() -> None:
    data = campaign("mean", 4, 60, 2)
    hyper = fitted(data).parts[0].posterior.hyper
    fewer = Observations(data.X[2:], data.y[2:], data.var[2:], data.groups)
    assert hyper.varies is not None
    assert hyper.varies.follows_mean
    with pytest.raises(ModelError, match=r"1 of the 60 inputs.*Fit anew"):
        GP().at(fewer, [hyper])


def test_the_lowest_and_the_highest_noise_are_said() -> None:
    model = fitted(campaign("inputs", 1))
    said, expected = model.describe()["objectives"][0]["noise_std"], model.predict(model.data.X).noise_std
    assert said == {"lowest": pytest.approx(expected.min()), "highest": pytest.approx(expected.max())}


def test_a_reading_weighs_less_where_noise_is_high() -> None:
    model = fitted(campaign("inputs", 1))
    quiet, loud = np.array([[0.5, 0.02]]), np.array([[0.5, 0.98]])
    moved = []
    for x in (quiet, loud):
        before = model.predict(x)
        after = model.condition(x, before.mean + 1.0).predict(x)
        weight = before.model_std**2 / before.total_std**2  # of one reading, RW 2.25 with one observation
        assert_allclose(after.mean - before.mean, weight, rtol=1e-6)
        moved.append(weight[0, 0])
    assert moved[0] > 2 * moved[1]


def test_constant_noise_can_be_asked_for() -> None:
    said = fitted(campaign("inputs", 1), noise="constant").predict(Q).noise_std
    assert np.ptp(said) == 0.0


def test_readings_that_repeat_exactly_have_no_shape_and_say_so() -> None:
    X = np.random.default_rng(1).random((30, 2))
    described = fitted(observed(X, X[:, 0])).describe()["objectives"][0]
    assert "hundredth" in described["noise_shape"]


def test_what_is_said_of_the_shape_is_json() -> None:
    described = fitted(campaign("mean", 0, 20, 1)).describe()
    assert json.loads(json.dumps(described)) == described


def test_noise_learned_from_some_of_the_inputs_holds_for_all() -> None:
    model = fitted(campaign("mean", 2, 300, 2), study=150)
    assert model.describe()["objectives"][0]["studied"] == 150
    assert np.abs(model.predict(Q).noise_std[:, 0] / STDS["mean"](Q) - 1).mean() < 0.15


@pytest.mark.parametrize("d", [12, 60])
def test_many_features_without_influence_do_not_make_constant_noise_vary(d: int) -> None:
    rng = np.random.default_rng(d)
    X = np.repeat(rng.random((60, d)), 2, axis=0)
    said = fitted(observed(X, 3 * X[:, 0] + 0.3 * rng.normal(size=120))).predict(rng.random((200, d))).noise_std
    assert_allclose(said, 0.3, rtol=0.3)


def test_two_readings_give_a_sound_prediction() -> None:
    said = fitted(observed(np.array([[0.1, 0.2], [0.8, 0.9]]), [1.0, 2.0])).predict(Q)
    assert np.isfinite(said.total_std).all()
    assert said.noise_std.max() / said.noise_std.min() < 1.5
