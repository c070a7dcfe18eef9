"""Extremely randomised trees keep every promise of a surrogate, and say their error near what was read."""

import numpy as np
import pytest

from matloop.errors import ConfigError
from matloop.surrogate import Observations, Surrogate
from matloop.surrogate.trees import ExtraTrees
from matloop.testing.surrogates import JointContract


class TestExtraTrees(JointContract):
    def make(self) -> Surrogate:
        return ExtraTrees()


class TestExtraTreesWithoutResampling(JointContract):
    def make(self) -> Surrogate:
        return ExtraTrees(trees=60, features=0.5, resample=False)


def observed(seed: int, inputs: int, noise: float, repeats: int = 2) -> tuple[Observations, np.random.Generator]:
    rng = np.random.default_rng(seed)
    X = np.repeat(rng.random((inputs, 3)), repeats, axis=0)
    y = truth(X) + noise * rng.normal(size=len(X))
    return Observations(X, y[:, None], np.zeros((len(X), 1)), np.arange(3)), rng


def truth(X: np.ndarray) -> np.ndarray:
    return np.sin(5.0 * X[:, 0]) + 2.0 * X[:, 1] ** 2 + X[:, 0] * X[:, 2]


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
def test_model_std_covers_the_truth_about_as_often_as_it_says(noise: float) -> None:
    within = []
    for seed in range(6):
        data, rng = observed(seed, 60, noise)
        X = rng.random((300, 3))
        said = ExtraTrees(trees=100).fit(data, rng).predict(X)
        within.append(np.abs(said.mean[:, 0] - truth(X)) / said.model_std[:, 0])
    z = np.concatenate(within)
    assert 0.5 < np.mean(z < 1.0) < 0.9
    assert 0.85 < np.mean(z < 2.0)


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_noise_std_is_that_of_replicates_within_a_quarter(noise: float) -> None:
    data, rng = observed(3, 40, noise, repeats=3)
    said = ExtraTrees(trees=100).fit(data, rng).predict(data.X[:1])
    assert said.noise_std[0, 0] == pytest.approx(noise, rel=0.25)


def test_what_predict_says_is_the_mean_and_spread_of_the_trees_themselves() -> None:
    data, rng = observed(0, 50, 0.1)
    fitted = ExtraTrees(trees=40).fit(data, rng)
    X = np.random.default_rng(1).random((20, 3))
    (part,) = fitted.parts
    trees = part.members(X)
    mean, variance = part.moments(X)
    assert mean == pytest.approx(trees.mean(axis=0))
    floor = variance - part.split.factor * trees.var(axis=0, ddof=1)
    assert floor == pytest.approx(np.full(20, floor[0]), rel=1e-6)


def test_without_resampling_training_inputs_are_reproduced() -> None:
    data, rng = observed(0, 50, 0.0)
    said = ExtraTrees(resample=False).fit(data, rng).predict(data.X)
    assert said.mean == pytest.approx(data.y, abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "place"),
    [({"trees": 3}, "trees"), ({"leaf": 0}, "leaf"), ({"features": 1.5}, "features"), ({"resample": 1}, "resample")],
    ids=["trees", "leaf", "features", "resample"],
)
def test_a_setting_out_of_range_is_refused_by_name(settings: dict[str, float], place: str) -> None:
    with pytest.raises(ConfigError, match=f"'extra-trees', {place}"):
        ExtraTrees(**settings)  # type: ignore[arg-type]
