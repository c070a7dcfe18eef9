"""A mixture of processes keeps every promise, and its moments are those of its members."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from matloop.errors import ConfigError
from matloop.surrogate import Conditioned, Differentiable, HeldOut, Joint, Means, Observations, Surrogate
from matloop.surrogate.gp import GP
from matloop.surrogate.integrate import Around, draws
from matloop.surrogate.mixture import Mixture
from matloop.surrogate.updated import Updated
from matloop.testing.surrogates import ConditionedContract, DifferentiableContract, JointContract, inputs, readings

SMOOTH = ("matern52", "matern32", "rbf")


class TestDrawn(JointContract, ConditionedContract, DifferentiableContract):
    # draws amplify the rounding of readings, and an L-BFGS-B climb stops a little elsewhere in another unit
    unit_tolerance = 1e-3

    def make(self) -> Surrogate:
        return Mixture(samples=3)


class TestKernels(JointContract, ConditionedContract, DifferentiableContract):
    def make(self) -> Surrogate:
        return Mixture(kernels=SMOOTH, samples=0)


def fit(surrogate, n=24, objectives=2):
    return surrogate.fit(readings(n, objectives), np.random.default_rng(1))


def test_a_single_kernel_without_draws_says_what_the_process_says():
    expected, found = fit(GP()).predict(inputs()), fit(Mixture(samples=0)).predict(inputs())
    for name in ("mean", "model_std", "noise_std"):
        assert_allclose(getattr(found, name), getattr(expected, name), rtol=0, atol=0)


def test_moments_are_those_of_draws_from_the_members():
    model, X = fit(Mixture(kernels=SMOOTH, samples=4), objectives=1), inputs()[:2]
    rng, total = np.random.default_rng(0), 200_000
    which = rng.choice(len(model.members), total, p=model.weights[:, 0])
    drawn = np.empty((total, 2))
    for k, member in enumerate(model.members):
        mean, covariance = member.joint(X)
        drawn[which == k] = rng.multivariate_normal(mean[:, 0], covariance[0], int(np.sum(which == k)))
    mean, covariance = model.joint(X)
    scale = np.sqrt(np.diagonal(covariance[0])).max()
    assert_allclose(mean[:, 0], drawn.mean(0), atol=5 * scale / np.sqrt(total))
    assert_allclose(covariance[0], np.cov(drawn.T), atol=0.02 * scale**2)


def test_across_is_the_block_of_the_joint_covariance():
    model, X = fit(Mixture(kernels=SMOOTH, samples=2)), inputs()
    assert_allclose(model.across(X[:9], X[9:]), model.joint(X)[1][:, :9, 9:], atol=1e-9)


def test_hyper_parameters_are_drawn_only_while_inputs_are_few():
    assert len(fit(Mixture(samples=4, most=40)).members) > 1
    assert len(fit(Mixture(samples=4, most=10)).members) == 1


def test_drawing_hyper_parameters_makes_ten_readings_less_sure():
    sure = [fit(one, n=10, objectives=1).predict(inputs()).model_std.mean() for one in (GP(), Mixture(samples=16))]
    assert sure[1] > sure[0]


def test_the_kernel_that_made_the_readings_weighs_most():
    rng = np.random.default_rng(4)
    X = np.linspace(0, 1, 60)[:, None]
    distance = np.abs(X - X.T)
    smooth, rough = np.exp(-0.5 * (distance / 0.15) ** 2), np.exp(-distance / 0.3)
    heaviest = []
    for covariance in (smooth, rough):
        y = np.linalg.cholesky(covariance + 1e-8 * np.eye(60)) @ rng.normal(size=(60, 1))
        data = Observations(X, y, np.zeros((60, 1)), np.array([0]))
        model = Mixture(kernels=("matern12", "matern52", "rbf"), samples=0).fit(data, rng)
        weights = {name: one[0] for name, one in model.describe()["mixture"]["weights"].items()}
        heaviest.append(max(weights, key=weights.__getitem__))
    assert heaviest == ["rbf", "matern12"]


def test_a_reading_at_the_mean_moves_no_mean_and_raises_no_error():
    model, X = fit(Mixture(kernels=SMOOTH, samples=2)), inputs()
    before = model.predict(X)
    after = model.condition(X[:2], before.mean[:2]).condition(X[2:3], before.mean[2:3])
    said = after.predict(X)
    assert_allclose(said.mean, before.mean, atol=1e-9)
    assert (said.model_std <= before.model_std + 1e-12).all()
    assert_allclose(np.diagonal(after.joint(X)[1], axis1=1, axis2=2).T, said.model_std**2, atol=1e-9)
    assert_allclose(after.means(X), said.mean, atol=1e-9)


def test_a_single_process_learns_further_readings_as_the_process_itself_does():
    data, X = readings(), inputs()
    alone, wrapped = fit(GP(noise="constant")), fit(Mixture(samples=0, surrogate=GP(noise="constant")))
    y = alone.predict(X[:3]).mean + 0.3
    expected, found = alone.condition(X[:3], y).predict(X), wrapped.condition(X[:3], y).predict(X)
    unit = data.y.std(axis=0)
    assert_allclose(found.mean / unit, expected.mean / unit, atol=1e-4)
    assert_allclose(found.model_std / unit, expected.model_std / unit, atol=1e-4)


def test_it_has_every_capability_and_an_updated_one_those_of_a_batch():
    model = fit(Mixture(samples=2))
    assert all(isinstance(model, one) for one in (Joint, Conditioned, Differentiable, HeldOut, Means))
    after = model.condition(inputs()[:1], model.predict(inputs()[:1]).mean)
    assert isinstance(after, Updated)
    assert all(isinstance(after, one) for one in (Joint, Conditioned, Means))


def normal(theta):
    """A correlated normal density in three dimensions, mean (1, -1, 0)."""
    precision = np.linalg.inv(np.array([[1.0, 0.6, 0.0], [0.6, 2.0, 0.3], [0.0, 0.3, 0.25]]))
    off = theta - np.array([1.0, -1.0, 0.0])
    return -0.5 * float(off @ precision @ off), -precision @ off


def test_draws_have_the_moments_of_their_density():
    around = Around.of(normal, np.array([1.0, -1.0, 0.0]))
    found = draws(normal, around, [(-50.0, 50.0)] * 3, 4000, np.random.default_rng(2))
    thetas = np.array(found.thetas)
    assert found.accepted > 0.8
    assert_allclose(thetas.mean(0), [1.0, -1.0, 0.0], atol=0.1)
    assert_allclose(np.cov(thetas.T), [[1.0, 0.6, 0.0], [0.6, 2.0, 0.3], [0.0, 0.3, 0.25]], atol=0.15)


def test_laplaces_evidence_of_a_normal_density_is_its_integral():
    covariance = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, 0.3], [0.0, 0.3, 0.25]])
    exact = 0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1]
    assert Around.of(normal, np.array([1.0, -1.0, 0.0])).log_evidence == pytest.approx(exact, abs=1e-6)


def test_a_chain_that_a_wrong_curvature_holds_fast_is_begun_again_with_shorter_steps():
    def steep(theta):
        value, slope = normal(np.array([1.0, -1.0, 0.0]) + 30.0 * theta)
        return value, 30.0 * slope

    right = Around.of(steep, np.zeros(3))
    wrong = replace(right, root=8.0 * right.root)
    assert draws(steep, wrong, [(-50.0, 50.0)] * 3, 50, np.random.default_rng(2)).accepted > 0.3


def test_draws_stay_within_bounds():
    around = Around.of(normal, np.array([1.0, -1.0, 0.0]))
    thetas = np.array(draws(normal, around, [(0.5, 1.5), (-2, 0), (-1, 1)], 200, np.random.default_rng(2)).thetas)
    assert ((thetas >= [0.5, -2, -1]) & (thetas <= [1.5, 0, 1])).all()


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({"kernels": ["mattern52"]}, "matern52"),
        ({"kernels": []}, "one at least"),
        ({"kernels": ["rbf", "rbf"]}, "once"),
        ({"samples": -1}, "whole number"),
        ({"most": True}, "whole number"),
        ({"surrogate": 3}, "'gp'"),
    ],
    ids=["unknown", "none", "twice", "negative", "bool", "no gp"],
)
def test_a_wrong_setting_is_refused_with_its_cure(settings, cure):
    with pytest.raises(ConfigError) as caught:
        Mixture(**settings)
    assert cure in caught.value.faults[0].cure
