"""Predictions: the two kinds of error, kept apart."""

import numpy as np
import pytest

from matloop.domain.prediction import Prediction, PredictionAt

PREDICTION = Prediction(np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]]), np.array([[4.0, 5.0]]))


def test_independent_errors_add_in_squares() -> None:
    assert PREDICTION.total_std.tolist() == [[5.0, 5.0]]


def test_one_candidate_is_read_by_objective() -> None:
    found = PREDICTION.at(0, ("y", "z"))
    assert (found.mean, found.total_std) == ({"y": 1.0, "z": 2.0}, {"y": 5.0, "z": 5.0})


def test_a_prediction_survives_its_json() -> None:
    found = PREDICTION.at(0, ("y", "z"))
    assert PredictionAt.from_json(found.to_json()) == found


def test_no_prediction_stays_none() -> None:
    assert PredictionAt.from_json(None) is None


def test_arrays_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mean \(2, 1\), model_std \(2, 1\), noise_std \(2,\)"):
        Prediction(np.zeros((2, 1)), np.zeros((2, 1)), np.zeros(2))
