"""Outcomes: what users may say, and every way of saying it wrong."""

from typing import Any

import numpy as np
import pytest

from matloop.domain.outcome import Aborted, Censored, Failed, Measured
from matloop.errors import DataError


def test_a_measurement_names_its_suggestion() -> None:
    told = Measured("s0001", {"toughness": 31.2}, std={"toughness": 1.4}, reading=2)
    assert (told.suggestion, told.outcome, told.std, told.reading) == (
        "s0001",
        {"toughness": 31.2},
        {"toughness": 1.4},
        2,
    )


def test_a_measurement_may_name_values_instead() -> None:
    told = Measured.of({"n": 6}, {"toughness": 1.1})
    assert (told.suggestion, told.values, told.outcome) == (None, {"n": 6}, {"toughness": 1.1})


def test_a_measurement_may_name_a_candidate_instead() -> None:
    assert Measured.of(candidate="d17", outcome={"toughness": 12.0}).subject == "d17"


def test_numbers_of_numpy_are_numbers() -> None:
    figures: Any = {"y": np.float32(1.5)}
    told = Measured("s0001", figures, reading=np.int64(2))  # type: ignore[arg-type]
    assert (told.outcome["y"], told.reading) == (1.5, 2)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), None, "1.0", True, [1.0]], ids=repr)
def test_what_is_no_finite_number_is_refused(number: float) -> None:
    with pytest.raises(DataError, match=r"s0001: y is .* Give a finite number"):
        Measured("s0001", {"y": number})


@pytest.mark.parametrize("std", [-1.0, float("nan"), None, "1"], ids=repr)
def test_a_std_that_cannot_be_is_refused(std: float) -> None:
    with pytest.raises(DataError, match="s0001"):
        Measured("s0001", {"y": 1.0}, std={"y": std})


def test_a_bare_number_does_not_say_of_which_objective() -> None:
    with pytest.raises(DataError, match=r"31\.2 does not say of which objective"):
        Measured("s0001", 31.2, std=1.4)  # type: ignore[arg-type]


def test_a_std_without_its_number_is_refused() -> None:
    with pytest.raises(DataError, match="a std for 'z' without its number"):
        Measured("s0001", {"y": 1.0}, std={"z": 1.0})


@pytest.mark.parametrize("settings", [{"reading": 0}, {"reading": 1.5}, {"reading": True}, {"experiment": 0}], ids=repr)
def test_readings_and_experiments_count_from_one(settings: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="as a whole number from 1"):
        Failed("s0001", **settings)


def test_an_outcome_is_about_something() -> None:
    with pytest.raises(DataError, match="names no suggestion, candidate or values"):
        Aborted()


def test_a_measurement_has_a_number() -> None:
    with pytest.raises(DataError, match="measured, but no number"):
        Measured("s0001")


def test_a_limit_has_a_side() -> None:
    with pytest.raises(DataError, match="side is 'under'"):
        Censored("s0001", {"y": 3.0}, side="under")  # type: ignore[arg-type]


def test_a_censored_reading_has_a_limit() -> None:
    with pytest.raises(DataError, match="no limit is given"):
        Censored("s0001")


def test_all_faults_of_an_outcome_come_at_once() -> None:
    with pytest.raises(DataError) as caught:
        Measured("s0001", {"y": float("nan")}, std={"z": -1.0}, reading=0)
    assert len(caught.value.faults) == 4
