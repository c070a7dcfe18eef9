"""The forest keeps every promise of a surrogate, and its two kinds of error are those of a known truth."""

import numpy as np
import pytest

from matloop.errors import ConfigError, DataError
from matloop.surrogate import Observations, Surrogate
from matloop.surrogate.forest import Forest
from matloop.testing.surrogates import JointContract


class TestForest(JointContract):
    def make(self) -> Surrogate:
        return Forest()


class TestForestOfOtherSettings(JointContract):
    def make(self) -> Surrogate:
        return Forest(trees=60, leaf=1, features=0.5)


def truth(X: np.ndarray) -> np.ndarray:
    return np.sin(5.0 * X[:, 0]) + 2.0 * X[:, 1] ** 2 + X[:, 0] * X[:, 2]


def observed(
    seed: int, inputs: int, repeats: int, noise: float, std: float | np.ndarray = 0.0
) -> tuple[Observations, np.random.Generator]:
    rng = np.random.default_rng(seed)
    X = np.repeat(rng.random((inputs, 3)), repeats, axis=0)
    y = truth(X) + noise * rng.normal(size=len(X))
    var = np.broadcast_to(np.asarray(std, dtype=float) ** 2, y.shape)[:, None].copy()
    return Observations(X, y[:, None], var, np.arange(3)), rng


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("inputs", [15, 60])
def test_model_std_covers_the_truth_about_as_often_as_it_says(inputs: int, noise: float) -> None:
    """Nominal 68 % and 95 %; over 8 campaigns of 400 inputs each, within a band that a factor of two in std leaves."""
    within = []
    for seed in range(8):
        data, rng = observed(seed, inputs, 2, noise)
        X = rng.random((400, 3))
        said = Forest().fit(data, rng).predict(X)
        within.append(np.abs(said.mean[:, 0] - truth(X)) / said.model_std[:, 0])
    z = np.concatenate(within)
    assert 0.5 < np.mean(z < 1.0) < 0.9
    assert 0.85 < np.mean(z < 2.0)


@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_noise_std_is_that_of_replicates_within_a_quarter(noise: float) -> None:
    data, rng = observed(3, 40, 3, noise)
    said = Forest().fit(data, rng).predict(data.X[:1])
    assert said.noise_std[0, 0] == pytest.approx(noise, rel=0.25)


def test_noise_std_is_right_within_a_factor_of_two_without_replicates() -> None:
    """Roughness and noise look alike where nothing was measured twice: the figure is rough, and on the low side."""
    for seed in range(5):
        data, rng = observed(seed, 150, 1, 0.6)
        assert 0.3 < Forest(leaf=3).fit(data, rng).predict(data.X[:1]).noise_std[0, 0] < 0.75


def test_noise_std_is_never_below_a_known_std() -> None:
    data, rng = observed(7, 30, 1, 0.0, std=0.4)
    assert Forest().fit(data, rng).predict(data.X[:1]).noise_std[0, 0] >= 0.4 * (1 - 1e-9)


def test_replicates_that_contradict_a_known_std_raise_the_noise() -> None:
    data, rng = observed(7, 40, 3, 0.5, std=0.01)
    assert Forest().fit(data, rng).predict(data.X[:1]).noise_std[0, 0] == pytest.approx(0.5, rel=0.25)


def test_readings_of_small_error_weigh_more() -> None:
    """Two exact readings against many wild ones beside them: the mean stays with the exact ones."""
    rng = np.random.default_rng(1)
    X = rng.random((40, 1))
    X[:2, 0] = [0.2, 0.8]
    std = np.full(40, 3.0)
    std[:2] = 0.01
    y = X[:, 0] + std * rng.normal(size=40)
    X_new = np.array([[0.2], [0.8]])

    def miss(var: np.ndarray) -> float:
        data = Observations(X, y[:, None], var[:, None], np.arange(1))
        found = Forest(leaf=5).fit(data, np.random.default_rng(0)).predict(X_new).mean[:, 0]
        return float(np.abs(found - X_new[:, 0]).max())

    assert miss(std**2) < miss(np.full(40, 9.0))


def test_more_readings_shrink_model_std() -> None:
    X = np.random.default_rng(9).random((200, 3))
    few, many = (Forest().fit(*observed(2, n, 1, 0.1)).predict(X).model_std.mean() for n in (15, 200))
    assert many < 0.7 * few


def test_another_seed_gives_another_forest() -> None:
    data, _ = observed(4, 20, 1, 0.1)
    one, other = (Forest().fit(data, np.random.default_rng(seed)).predict(data.X).mean for seed in (0, 1))
    assert (one != other).any()


def test_readings_at_one_input_bear_the_error_of_their_mean() -> None:
    """Sixteen replicates of noise 1: the truth there is known to 1/4."""
    y = np.random.default_rng(0).normal(size=(16, 1))
    data = Observations(np.full((16, 2), 0.5), y, np.zeros((16, 1)), np.arange(2))
    said = Forest().fit(data, np.random.default_rng(0)).predict(np.full((1, 2), 0.5))
    assert said.model_std[0, 0] == pytest.approx(np.std(y, ddof=1) / 4, rel=1e-4)
    assert said.noise_std[0, 0] == pytest.approx(np.std(y, ddof=1), rel=1e-6)


def test_all_bad_settings_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        Forest(trees=3, leaf=0, features=1.5)
    assert len(error.value.faults) == 3


def test_inputs_of_another_width_are_refused() -> None:
    data, rng = observed(4, 20, 1, 0.1)
    with pytest.raises(DataError, match="shape"):
        Forest().fit(data, rng).predict(np.zeros((1, 2)))
