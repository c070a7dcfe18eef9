"""Objectives: goals, units and names."""

import pytest

from matloop.domain.objective import RESERVED, Objective
from matloop.errors import InputError, NotYetSupported


def test_more_is_better_unless_said_otherwise() -> None:
    assert (Objective("y").sign, Objective("y", goal="minimize").sign) == (1.0, -1.0)


def test_an_objective_says_all_of_itself() -> None:
    told = Objective("y", "minimize", unit="J", std=1.4).to_json()
    assert told == {"name": "y", "goal": "minimize", "unit": "J", "std": 1.4}


@pytest.mark.parametrize("goal", ["target", "range", "limit", "learn"])
def test_goals_of_later_releases_are_not_yet_supported(goal: str) -> None:
    with pytest.raises(NotYetSupported, match="not yet supported"):
        Objective("y", goal=goal)  # type: ignore[arg-type]


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
