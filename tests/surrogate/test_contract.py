"""The Gaussian process keeps every promise of a surrogate, and a broken surrogate is caught."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Observations, Surrogate
from matloop.surrogate.gp import GP
from matloop.testing.surrogates import (
    BoundsContract,
    ConditionedContract,
    DifferentiableContract,
    JointContract,
    ScreenedContract,
    SurrogateContract,
)


class TestGP(JointContract, ConditionedContract, DifferentiableContract, ScreenedContract, BoundsContract):
    def make(self) -> Surrogate:
        return GP()


class TestGPWithoutNoise(SurrogateContract):
    def make(self) -> Surrogate:
        return GP(noise="none", kernel="matern32")


class TestGPWithOneLengthScale(SurrogateContract):
    def make(self) -> Surrogate:
        return GP(ard=False, scale="fixed", kernel="rbf")


class Careless:
    """A surrogate that breaks promises: it draws at random, and knows no more where readings are."""

    name: ClassVar[str] = "careless"

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> "Careless":
        self.m = data.y.shape[1]
        return self

    def predict(self, X: Floats) -> Prediction:
        shape = (len(X), self.m)
        return Prediction(self.rng.normal(size=shape), np.ones(shape), -np.ones(shape))

    def describe(self) -> Mapping[str, Any]:
        return {"made": (1, 2)}


class OfCareless(SurrogateContract):
    made = Careless()

    def make(self) -> Surrogate:
        return self.made


@pytest.mark.parametrize(
    "promise",
    [
        "test_predictions_are_finite_and_have_their_shapes",
        "test_model_std_is_smaller_where_readings_are",
        "test_the_mean_follows_the_readings",
        "test_equal_readings_and_seed_give_equal_bytes",
        "test_the_order_of_readings_does_not_matter",
        "test_each_input_is_predicted_on_its_own",
        "test_another_unit_gives_the_same_predictions_in_that_unit",
        "test_it_describes_itself_in_json",
    ],
)
def test_a_broken_promise_is_caught(promise: str) -> None:
    with pytest.raises(AssertionError):
        getattr(OfCareless(), promise)()
