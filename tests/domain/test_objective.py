"""Objectives: goals, units and names."""

import pytest

from matloop.domain.objective import RESERVED, Objective
from matloop.errors import InputError


def test_more_is_better_unless_said_otherwise() -> None:
    assert (Objective("y").sign, Objective("y", goal="minimize").sign) == (1.0, -1.0)


def test_an_objective_says_all_of_itself() -> None:
    told = Objective("y", "minimize", unit="J", std=1.4).to_json()
    assert told == {"name": "y", "goal": "minimize", "unit": "J", "std": 1.4}


def test_marks_of_a_goal_are_told_and_read_back() -> None:
    told = Objective("y", "range", low=1, high=2.5, reference=3).to_json()
    assert told == {"name": "y", "goal": "range", "unit": None, "std": None, "low": 1, "high": 2.5, "reference": 3}
    assert Objective(**told) == Objective("y", "range", low=1, high=2.5, reference=3)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"goal": "target"}, "no value"),
        ({"goal": "target", "value": "x"}, "value is 'x'"),
        ({"goal": "target", "value": float("nan")}, "value is nan"),
        ({"goal": "target", "value": 1, "reference": 0}, "reference is 0"),
        ({"goal": "range"}, "no low and no high"),
        ({"goal": "range", "low": 2, "high": 2}, "low 2 is not below high 2"),
        ({"goal": "limit"}, "neither low nor high"),
        ({"goal": "limit", "low": 2, "high": 1}, "low 2 is not below high 1"),
        ({"goal": "limit", "low": 2, "reference": 1}, "'reference' says nothing"),
        ({"goal": "learn", "value": 2}, "'value' says nothing"),
        ({"goal": "minimize", "high": 2}, "'high' says nothing"),
    ],
    ids=str,
)
def test_marks_that_do_not_fit_a_goal_are_refused(settings: dict[str, object], found: str) -> None:
    with pytest.raises(InputError, match=found):
        Objective("y", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (Objective("y"), "y at its maximum"),
        (Objective("y", "minimize"), "y at its minimum"),
        (Objective("gap", "target", unit="eV", value=1.34), "gap at 1.34 eV"),
        (Objective("y", "range", unit="1", low=1, high=2), "y within 1 to 2"),
        (Objective("y", "limit", unit="kg", high=2), "y at most 2 kg"),
        (Objective("y", "limit", low=1, high=2), "y at least 1, at most 2"),
        (Objective("y", "learn"), "y known everywhere"),
    ],
    ids=str,
)
def test_a_goal_is_said_in_words(objective: Objective, words: str) -> None:
    assert objective.words() == words


def test_a_misspelt_goal_names_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'maximize'"):
        Objective("y", goal="maximise")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [*RESERVED, "y_std", "y_mean", "y_model_std"])
def test_names_of_our_own_columns_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="belongs to a column"):
        Objective(name)


@pytest.mark.parametrize("name", ["", "  ", None, 3], ids=repr)
def test_an_objective_has_a_name(name: str) -> None:
    with pytest.raises(InputError, match="Give it a name"):
        Objective(name)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(InputError, match="objective 'y': unknown unit 'joules per foo'"):
        Objective("y", unit="joules per foo")


@pytest.mark.parametrize("std", [-1.0, float("nan"), float("inf"), "1", True], ids=repr)
def test_a_std_that_cannot_be_is_refused(std: float) -> None:
    with pytest.raises(InputError, match="std is"):
        Objective("y", std=std)


@pytest.mark.parametrize(("goal", "meant"), [("max", "maximize"), ("Min", "minimize"), ("maximise", "maximize")])
def test_an_abbreviated_goal_names_what_is_meant(goal: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"Did you mean '{meant}'"):
        Objective("y", goal=goal)  # type: ignore[arg-type]
