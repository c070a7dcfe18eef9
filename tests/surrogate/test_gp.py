"""The fitted Gaussian process against scikit-learn, differences and known truth."""

import json
import tracemalloc
from typing import Any, cast

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern
from threadpoolctl import threadpool_info, threadpool_limits

from matloop.domain.prediction import Floats
from matloop.errors import ConfigError, DataError, ModelError
from matloop.surrogate import Conditioned, Differentiable, Joint, Observations, posterior
from matloop.surrogate.evidence import Hyper
from matloop.surrogate.gp import GP, FittedGP
from matloop.surrogate.kernels import KERNELS, KernelName
from matloop.surrogate.replicates import Scaling
from matloop.surrogate.threads import one_thread

NU = {"matern12": 0.5, "matern32": 1.5, "matern52": 2.5}
SHAPES = [(name, ard) for name in KERNELS for ard in (True, False)]
IDS = [f"{name}-{'ard' if ard else 'one'}" for name, ard in SHAPES]
PLAIN = Scaling(0.0, 1.0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def observed(X: Floats, y: Any, var: Any = 0.0, groups: list[int] | None = None) -> Observations:
    y = np.asarray(y, dtype=float).reshape(len(X), -1)
    index = np.arange(X.shape[1]) if groups is None else np.array(groups)
    return Observations(X, y, np.broadcast_to(var, y.shape) + np.zeros_like(y), index)


def smooth(n: int = 30, d: int = 3, noise: float = 0.1, seed: int = 1) -> tuple[Floats, Floats]:
    source = rng(seed)
    X = source.random((n, d))
    return X, np.sin(5 * X[:, 0]) + X[:, 1] + noise * source.normal(size=n)


def only(model: FittedGP) -> dict[str, Any]:
    described: dict[str, Any] = model.describe()["objectives"][0]
    return described


@pytest.mark.parametrize(("name", "ard"), SHAPES, ids=IDS)
def test_posterior_mean_and_covariance_agree_with_scikit_learn(name: str, ard: bool) -> None:
    X, y = smooth()
    lengths = (0.3, 0.7, 2.0) if ard else (0.6,)
    shape = RBF(lengths) if name == "rbf" else Matern(lengths, nu=NU[name])
    kernel = ConstantKernel(1.4) * shape + ConstantKernel(1.5**2)
    reference = GaussianProcessRegressor(kernel, alpha=0.02, optimizer=None).fit(X, y)
    settings = GP(kernel=cast(KernelName, name), ard=ard, mean_std=1.5)
    model = settings.at(observed(X, y), [Hyper(lengths, scale=1.4, noise=0.02)], [PLAIN])
    Q = rng(2).random((12, 3))
    mean, covariance = model.joint(Q)
    expected_mean, expected_covariance = reference.predict(Q, return_cov=True)
    assert_allclose(mean[:, 0], expected_mean, atol=1e-6)
    assert_allclose(covariance[0], expected_covariance, atol=1e-6)


@pytest.mark.parametrize(("name", "ard"), SHAPES, ids=IDS)
def test_slopes_of_mean_and_variance_agree_with_differences(name: str, ard: bool) -> None:
    X, y = smooth()
    hyper = Hyper((0.3, 0.7, 2.0) if ard else (0.6,), scale=1.4, noise=0.02)
    model = GP(kernel=cast(KernelName, name), ard=ard).at(observed(X, y), [hyper])
    Q, step = rng(2).random((12, 3)), 1e-5
    by_mean, by_variance = model.slopes(Q)
    for k, shift in enumerate(step * np.eye(3)):
        above, below = model.predict(Q + shift), model.predict(Q - shift)
        mean = (above.mean - below.mean) / (2 * step)
        variance = (above.model_std**2 - below.model_std**2) / (2 * step)
        assert_allclose(by_mean[:, k], mean, rtol=1e-5, atol=1e-6)
        assert_allclose(by_variance[:, k], variance, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", KERNELS)
def test_slopes_are_finite_at_the_readings(name: str) -> None:
    X, y = smooth()
    by_mean, by_variance = GP(kernel=cast(KernelName, name)).fit(observed(X, y), rng()).slopes(X)
    assert np.isfinite(by_mean).all()
    assert np.isfinite(by_variance).all()


def test_the_posterior_of_a_known_process_is_calibrated() -> None:
    hyper, settings, q, functions = Hyper((0.3, 0.5), noise=0.04), GP(mean_std=1.0), 5, 60
    terms = []
    for seed in range(functions):
        source = rng(seed)
        X = source.random((20 + q, 2))
        Z = X / np.array(hyper.lengths)
        s = ((Z[:, None] - Z[None]) ** 2).sum(axis=2)
        f = source.multivariate_normal(np.zeros(20 + q), KERNELS["matern52"].value(s) + 1.0, method="cholesky")
        model = settings.at(observed(X[:20], f[:20] + 0.2 * source.normal(size=20)), [hyper], [PLAIN])
        mean, covariance = model.joint(X[20:])
        terms.append((f[20:] - mean[:, 0]) @ np.linalg.solve(covariance[0], f[20:] - mean[:, 0]))
    assert 0.001 < stats.chi2.cdf(np.sum(terms), functions * q) < 0.999


def test_a_learned_process_covers_the_truth_about_as_often_as_it_says() -> None:
    inside = []
    for seed in range(40):
        source = rng(seed)
        X = source.random((50, 2))
        s = ((X[:, None] - X[None]) ** 2).sum(axis=2) / 0.3**2
        f = source.multivariate_normal(np.zeros(50), KERNELS["matern52"].value(s), method="cholesky")
        prediction = GP().fit(observed(X[:30], f[:30] + 0.1 * source.normal(size=30)), source).predict(X[30:])
        inside.append(np.abs(f[30:] - prediction.mean[:, 0]) < 1.645 * prediction.model_std[:, 0])
    assert 0.8 < np.mean(inside) < 0.97


def test_noise_is_told_from_structure_by_replicates() -> None:
    source = rng(3)
    X = np.repeat(source.random((30, 2)), 4, axis=0)
    y = 3 * np.sin(4 * X[:, 0]) + 0.8 * source.normal(size=120)
    prediction = GP().fit(observed(X, y), rng()).predict(X[:1])
    assert prediction.noise_std[0, 0] == pytest.approx(0.8, rel=0.15)


def test_a_given_std_that_explains_the_readings_is_believed() -> None:
    X, y = smooth(n=60, noise=0.2)
    prediction = GP().fit(observed(X, y, var=0.04), rng()).predict(X[:1])
    assert prediction.noise_std[0, 0] == pytest.approx(0.2, rel=0.1)


def test_a_given_std_that_replicates_contradict_is_exceeded() -> None:
    source = rng(3)
    X = np.repeat(source.random((20, 2)), 4, axis=0)
    y = 3 * np.sin(4 * X[:, 0]) + 0.8 * source.normal(size=80)
    prediction = GP().fit(observed(X, y, var=0.05**2), rng()).predict(X[:1])
    assert prediction.noise_std[0, 0] == pytest.approx(0.8, rel=0.2)


def test_where_every_std_is_given_less_is_left_unexplained_than_where_none_is() -> None:
    X, y = smooth(n=12, noise=0.05)
    with_std = only(GP().fit(observed(X, y, var=0.05**2), rng()))
    without = only(GP().fit(observed(X, y), rng()))
    assert with_std["excess"] < without["noise"]


def test_without_noise_the_readings_are_interpolated() -> None:
    X, y = smooth(noise=0.0)
    prediction = GP(noise="none").fit(observed(X, y), rng()).predict(X)
    assert_allclose(prediction.mean[:, 0], y, atol=1e-3)
    assert prediction.noise_std.max() == 0.0


def test_noise_std_is_the_learned_noise_and_the_mean_known_variance() -> None:
    X, y = smooth(n=8)
    var = np.linspace(0.01, 0.08, 8)[:, None]
    hyper = Hyper((0.5, 0.5, 0.5), excess=0.1)
    prediction = GP().at(observed(X, y, var=var), [hyper], [Scaling(0.0, 2.0)]).predict(X[:1])
    assert prediction.noise_std[0, 0] == pytest.approx(np.sqrt(0.1 * 4.0 + var.mean()))


@pytest.mark.parametrize("seed", range(4))
def test_a_warm_start_reaches_the_optimum_of_a_cold_one(seed: int) -> None:
    X, y = smooth(n=40, seed=seed)
    cold = GP(draws=8, climbs=4).fit(observed(X, y), rng())
    warm = GP(draws=0, climbs=1).fit(observed(X, y), rng(), json.loads(json.dumps(cold.describe())))
    assert only(warm)["start"] == "warm"
    assert only(warm)["log_posterior"] == pytest.approx(only(cold)["log_posterior"], abs=1e-6)
    assert_allclose(only(warm)["lengths"], only(cold)["lengths"], rtol=1e-2)


def test_a_warm_start_from_fewer_readings_costs_fewer_evaluations() -> None:
    X, y = smooth(n=61)
    earlier = GP().fit(observed(X[:60], y[:60]), rng()).describe()
    cold = only(GP(draws=0, climbs=1).fit(observed(X, y), rng()))
    warm = only(GP(draws=0, climbs=1).fit(observed(X, y), rng(), earlier))
    assert warm["evaluations"] < cold["evaluations"]


@pytest.mark.parametrize(
    "warm",
    [
        {"objectives": []},
        {"objectives": [{"lengths": [1.0]}]},
        {"objectives": [{"lengths": [-1.0, 1.0, 1.0], "scale": 1, "noise": 1, "excess": 1}]},
        {"objectives": [{"lengths": "abc", "scale": 1, "noise": 1, "excess": 1}]},
    ],
    ids=["empty", "fewer features", "negative", "no numbers"],
)
def test_a_warm_start_that_does_not_fit_is_set_aside_and_said_so(warm: dict[str, Any]) -> None:
    X, y = smooth()
    assert only(GP().fit(observed(X, y), rng(), warm))["warm"].startswith("set aside")


def test_more_starts_never_end_lower() -> None:
    X, y = smooth(n=15, d=5)
    few, many = (only(GP(draws=n, climbs=n).fit(observed(X, y), rng()))["log_posterior"] for n in (1, 12))
    assert many >= few - 1e-9


@pytest.mark.parametrize("var", [0.0, 0.01], ids=["unknown std", "known std"])
def test_condition_equals_a_new_model_with_the_same_hyper_parameters(var: float) -> None:
    X, y = smooth(n=20)
    Q = np.vstack((rng(5).random((3, 3)), X[:2]))  # new inputs, and replicates of old ones
    z = rng(6).normal(size=5)
    first = GP().fit(observed(X, y, var=var), rng())
    part = first.parts[0]
    whole = observed(np.vstack((X, Q)), np.append(y, z), var=var)
    expected = GP().at(whole, [part.posterior.hyper], [part.scaling]).predict(Q)
    found = first.condition(Q, z[:, None]).predict(Q)
    for name in ("mean", "model_std", "noise_std"):
        assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-9)


def test_condition_takes_the_variance_of_the_new_readings() -> None:
    X, y = smooth(n=20)
    model, Q = GP().fit(observed(X, y), rng()), rng(5).random((1, 3))
    vague = model.condition(Q, np.array([[9.0]]), np.array([[1e4]])).predict(Q)
    assert_allclose(vague.mean, model.predict(Q).mean, atol=0.05)


def test_objectives_are_modelled_each_on_its_own() -> None:
    X, y = smooth()
    both = GP(draws=0).fit(observed(X, np.stack((y, 100 * y**3), axis=1)), rng()).predict(X)
    alone = GP(draws=0).fit(observed(X, 100 * y**3), rng()).predict(X)
    assert_allclose(both.mean[:, 1:], alone.mean, rtol=1e-12)


def test_columns_of_one_group_share_a_length_scale() -> None:
    source = rng(4)
    choice = source.integers(0, 4, 40)
    X = np.hstack((source.random((40, 1)), np.eye(4)[choice] / np.sqrt(2)))
    y = np.array([0.0, 1.0, 3.0, -1.0])[choice] + X[:, 0]
    model = GP().fit(observed(X, y, groups=[0, 1, 1, 1, 1]), rng())
    assert len(only(model)["lengths"]) == 2


def test_group_numbers_may_have_gaps() -> None:
    X, y = smooth()
    found = GP().fit(observed(X, y, groups=[7, 2, 7]), rng())
    expected = GP().fit(observed(X, y, groups=[1, 0, 1]), rng())
    assert found.describe() == expected.describe()


def test_a_feature_without_influence_gets_the_longest_length_scale() -> None:
    X, y = smooth(n=60)
    assert np.argmax(only(GP().fit(observed(X, y), rng()))["lengths"]) == 2


def test_blocks_of_any_size_give_the_same_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = smooth()
    model, Q = GP().fit(observed(X, y), rng()), rng(2).random((40, 3))
    whole, slopes = model.predict(Q), model.slopes(Q)
    monkeypatch.setattr(posterior, "CHUNK", 200)
    assert_allclose(model.predict(Q).model_std, whole.model_std, rtol=1e-10)
    assert_allclose(model.slopes(Q)[1], slopes[1], rtol=1e-9, atol=1e-12)


def test_the_memory_of_a_prediction_does_not_grow_with_the_pool() -> None:
    X, y = smooth(n=100)
    model, Q = GP(draws=0).fit(observed(X, y), rng()), rng(2).random((50_000, 3))
    tracemalloc.start()
    model.predict(Q)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * posterior.CHUNK * 8  # the whole cross covariance would be 40 MB


def test_model_std_stops_at_its_floor_where_readings_leave_less() -> None:
    X = np.array([[0.0], [9.0]])
    model = GP().at(observed(X, X[:, 0]), [Hyper((1.0,), noise=1e-14)], [Scaling(0.0, 2.0)])
    assert_allclose(model.predict(X).model_std, 2.0 * np.sqrt(posterior.VARIANCE_FLOOR))


def test_the_jitter_that_was_needed_is_reported() -> None:
    X = np.linspace(0.0, 1.0, 30)[:, None]
    model = GP(kernel="rbf").at(observed(X, X[:, 0]), [Hyper((5.0,), noise=1e-18)], [PLAIN])
    assert only(model)["jitter"] > 0.0


def test_linear_algebra_is_held_to_one_thread_and_given_back() -> None:
    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with one_thread():
            inside = threads()
        after = threads()
    assert inside == {1}
    assert after == before


EXTREME = {
    "duplicates without noise": (GP(noise="none"), np.repeat(rng().random((5, 2)), 3, axis=0), rng(1).normal(size=15)),
    "nearly equal inputs": (GP(noise="none", kernel="rbf"), 0.5 + 1e-9 * rng().random((20, 2)), rng(1).normal(size=20)),
    "constant columns": (GP(), np.column_stack((rng().random(9), np.zeros((9, 3)))), rng(1).normal(size=9)),
    "all columns constant": (GP(), np.zeros((9, 2)), rng(1).normal(size=9)),
    "two readings": (GP(), np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([1.0, 2.0])),
    "one input": (GP(), np.full((3, 2), 0.5), np.array([1.0, 2.0, 4.0])),
    "tiny": (GP(), rng().random((12, 2)), 1e-12 * rng(1).normal(size=12)),
    "huge": (GP(), rng().random((12, 2)), 1e12 * rng(1).normal(size=12)),
    "large offset": (GP(), rng().random((12, 2)), 1e6 + rng(1).normal(size=12)),
    "outside the cube": (GP(), 50.0 * rng().random((12, 2)), rng(1).normal(size=12)),
}


@pytest.mark.parametrize("case", EXTREME)
def test_extreme_readings_give_sound_predictions(case: str) -> None:
    settings, X, y = EXTREME[case]
    prediction = settings.fit(observed(X, y), rng()).predict(np.vstack((X, X + 0.1)))
    assert np.isfinite(prediction.mean).all()
    assert np.isfinite(prediction.total_std).all()
    assert (prediction.model_std > 0).all()
    assert np.ptp(prediction.mean) <= 3 * np.ptp(y)


@pytest.mark.parametrize("unit", [1e-12, 1e12], ids=["tiny", "huge"])
@pytest.mark.parametrize("offset", [0.0, 1e6], ids=["at 0", "far from 0"])
def test_predictions_follow_the_unit(unit: float, offset: float) -> None:
    X, y = smooth()
    y = y + offset * 1e-6
    found = GP().fit(observed(X, unit * y), rng()).predict(X)
    expected = GP().fit(observed(X, y), rng()).predict(X)
    assert_allclose(found.mean, unit * expected.mean, rtol=1e-5)
    assert_allclose(found.model_std, unit * expected.model_std, rtol=1e-4)


def test_a_constant_objective_is_refused_by_its_place() -> None:
    X, y = smooth()
    with pytest.raises(ModelError, match="objective 2 of 2: 30 readings with fewer than two distinct"):
        GP().fit(observed(X, np.stack((y, np.ones(30)), axis=1)), rng())


def test_inputs_of_another_width_are_refused() -> None:
    X, y = smooth()
    with pytest.raises(DataError, match=r"shape \(5, 2\).*Give \(q, 3\)"):
        GP().fit(observed(X, y), rng()).predict(np.zeros((5, 2)))


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({"kernel": "matern53"}, "Did you mean 'matern52'"),
        ({"noise": "sometimes"}, "Known: 'learned', 'constant', 'none'"),
        ({"ard": "yes"}, "Give true or false"),
        ({"climbs": 0}, "whole number from 1"),
        ({"steps": 2.5}, "whole number from 1"),
        ({"pooling": 1.0}, "number from 0 to 0.999"),
        ({"noise_width": float("nan")}, "number from 0.001"),
        ({"mean_std": True}, "number from 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_setting_out_of_range_is_refused_with_its_cure(settings: dict[str, Any], cure: str) -> None:
    with pytest.raises(ConfigError, match=cure):
        GP(**settings)


def test_all_faulty_settings_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        GP(**{"kernel": "cubic", "scale": "huge", "draws": -1})  # type: ignore[arg-type]
    assert [fault.place.split()[-1] for fault in caught.value.faults] == ["kernel", "scale", "draws"]


@pytest.mark.parametrize("field", ["X", "y", "var"])
def test_readings_that_are_not_finite_are_refused(field: str) -> None:
    arrays: dict[str, Any] = {
        "X": np.zeros((2, 1)),
        "y": np.zeros((2, 1)),
        "var": np.zeros((2, 1)),
        "groups": np.zeros(1, np.intp),
    }
    arrays[field][1, 0] = np.inf
    with pytest.raises(DataError, match=f"observations, {field}"):
        Observations(**arrays)


def test_shapes_that_disagree_and_negative_variances_are_refused_together() -> None:
    with pytest.raises(DataError) as caught:
        Observations(np.zeros((2, 1)), np.zeros((3, 1)), -np.ones((3, 1)), np.zeros(1, np.intp))
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize("capability", [Joint, Conditioned, Differentiable])
def test_the_fitted_process_has_every_capability(capability: type) -> None:
    X, y = smooth()
    assert isinstance(GP().fit(observed(X, y), rng()), capability)


def test_every_setting_changes_what_is_learned_or_how() -> None:
    X, y = smooth(n=12)
    var = np.where(np.arange(12) % 2, 0.01, 0.0)[:, None]
    usual = GP().fit(observed(X, y, var=var), rng()).describe()
    other: dict[str, Any] = {
        "kernel": "rbf", "ard": False, "noise": "none", "scale": "fixed", "mean_std": 3.0, "length_loc": 0.0,
        "length_width": 1.0, "pooling": 0.0, "noise_loc": -1.0, "noise_width": 1.0, "scale_loc": 0.0,
        "scale_width": 0.5, "excess_upper": 0.01, "draws": 0, "climbs": 1, "steps": 2, "study": 10,
        "robust": True, "exact": 11, "inducing": 10,
    }  # fmt: skip
    assert set(other) == set(GP.__slots__)
    needed: dict[str, dict[str, Any]] = {"inducing": {"exact": 11}}
    for name, value in other.items():
        base = needed.get(name, {})
        before = GP(**base).fit(observed(X, y, var=var), rng()).describe() if base else usual
        assert GP(**base, **{name: value}).fit(observed(X, y, var=var), rng()).describe() != before, name


def test_of_many_inputs_some_are_studied_and_all_are_known() -> None:
    X, y = smooth(120)
    model = GP(study=40).fit(observed(X, y), rng())
    assert only(model)["studied"] == 40
    assert only(model)["inputs"] == 120
    whole = GP().fit(observed(X, y), rng())
    assert_allclose(model.predict(X).mean, whole.predict(X).mean, atol=0.3 * float(np.std(y)))


def test_the_studied_inputs_do_not_depend_on_the_order_of_the_readings() -> None:
    X, y = smooth(60)
    order = rng(3).permutation(60)
    one = GP(study=20).fit(observed(X, y), rng())
    two = GP(study=20).fit(observed(X[order], np.asarray(y)[order]), rng())
    assert_allclose(one.predict(X).mean, two.predict(X).mean, rtol=1e-8)
