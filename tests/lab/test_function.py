"""The laboratory of a function: called once a token, and nothing odd it returns gets through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matloop.domain.objective import Objective
from matloop.domain.outcome import Aborted, Censored, Failed, Measured
from matloop.domain.parameter import Real
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, LabError, PluginError
from matloop.lab import Lab, LabSetup
from matloop.lab import function as module
from matloop.lab.function import FunctionLab
from matloop.testing.labs import LabContract, token_of

SPACE = Space([Real("a", 0, 10), Real("b", 0, 10)])
ONE = LabSetup(Path(), (Objective("y"),), SPACE)
TWO = LabSetup(Path(), (Objective("y"), Objective("z")), SPACE)
ASKED = Suggestion("s0001", "c1", {"a": 1.0, "b": 2.0}, None, "")


def product(values: Mapping[str, Any]) -> float:
    return float(values["a"]) * float(values["b"])


def answer(function: Callable[[dict[str, Any]], Any], setup: LabSetup = ONE) -> Any:
    lab = FunctionLab(function).bind(setup)
    lab.start(token_of(ASKED), ASKED)
    (found,) = lab.collect(token_of(ASKED), ASKED)
    return found


class TestFunctionLab(LabContract):
    objectives = ("y",)

    def lab(self) -> FunctionLab:
        return FunctionLab(product).bind(ONE)

    def suggestions(self) -> list[Suggestion]:
        return [Suggestion(f"s000{i}", f"c{i}", {"a": float(i), "b": 2.0}, None, "") for i in (1, 2, 3)]


class TestCountingFunctionLab(TestFunctionLab):
    """The same, with the calls counted: each lab keeps its own count in its function."""

    def lab(self) -> FunctionLab:
        def counting(values: Mapping[str, Any]) -> float:
            calls.append(values)
            return product(values)

        calls: list[Mapping[str, Any]] = []
        counting.calls = calls  # type: ignore[attr-defined]
        return FunctionLab(counting).bind(ONE)

    def starts(self, lab: Lab, token: str) -> int:
        assert isinstance(lab, FunctionLab)
        return len(lab.function.calls)  # type: ignore[attr-defined]


def test_a_function_is_not_called_before_its_outcome_is_asked_for() -> None:
    """So that a loop which tells after each collect loses one call at most."""
    called: list[int] = []
    lab = FunctionLab(lambda values: called.append(1) or 1.0).bind(ONE)
    lab.start(token_of(ASKED), ASKED)
    assert not called
    lab.collect(token_of(ASKED), ASKED)
    lab.collect(token_of(ASKED), ASKED)
    assert called == [1]


@pytest.mark.parametrize(
    ("returned", "outcome", "std"),
    [
        (2, {"y": 2.0}, {}),
        (2.5, {"y": 2.5}, {}),
        (np.float32(0.5), {"y": 0.5}, {}),
        (np.int64(3), {"y": 3.0}, {}),
        (np.array(1.5), {"y": 1.5}, {}),
        ((2.0, 0.1), {"y": 2.0}, {"y": 0.1}),
        ((2.0, None), {"y": 2.0}, {}),
        ({"y": 2.0}, {"y": 2.0}, {}),
        (({"y": 2.0}, {"y": 0.1}), {"y": 2.0}, {"y": 0.1}),
    ],
    ids=repr,
)
def test_numbers_in_every_allowed_form_become_readings(
    returned: Any, outcome: dict[str, float], std: dict[str, float]
) -> None:
    assert answer(lambda values: returned) == Measured("s0001", outcome, std=std)


def test_several_objectives_come_as_a_mapping() -> None:
    assert answer(lambda values: {"y": 1, "z": 2}, TWO) == Measured("s0001", {"y": 1.0, "z": 2.0})
    with pytest.raises(LabError, match="2 objectives"):
        answer(lambda values: 1.0, TWO)


def test_outcomes_of_the_functions_own_get_the_suggestions_name() -> None:
    assert answer(lambda v: Failed(values=v, reason="foam")) == Failed("s0001", reason="foam")
    assert answer(lambda v: Aborted(candidate="c1", reason="cut")) == Aborted("s0001", reason="cut")
    assert answer(lambda v: Censored("s0001", {"y": 3.0})) == Censored("s0001", {"y": 3.0})
    measured = answer(lambda v: Measured.of(v, {"y": 3.0}, std={"y": 0.1}, executed={"a": 1.1}, note="n"))
    assert measured == Measured("s0001", {"y": 3.0}, std={"y": 0.1}, executed={"a": 1.1}, note="n")


@pytest.mark.parametrize(
    ("returned", "found"),
    [
        (None, "None"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (np.nan, "nan"),
        (True, "True"),
        (np.True_, "True"),
        ("3.0", "'3.0'"),
        ([1.0], r"\[1.0\]"),
        (np.array([1.0, 2.0]), "array"),
        ({}, "empty"),
        ({"x": 1.0}, "'x', which is no objective"),
        ({"y": None}, "None"),
        ({"y": 1.0, "yield": 2.0}, "'yield'"),
        ((1.0, 2.0, 3.0), "3 things"),
        ((1.0, -0.1), "-0.1"),
        ((1.0, float("nan")), "nan"),
        (({"y": 1.0}, {"y": "small"}), "small"),
        (Failed("s0009"), "s0009"),
        (Failed(candidate="c9"), "c9"),
        (Failed(values={"a": 1.0, "b": 3.0}), "other values"),
        (Measured("s0001", {"why": 1.0}), "'why'"),
    ],
    ids=repr,
)
def test_what_is_no_outcome_is_refused_with_candidate_and_cure(returned: Any, found: str) -> None:
    with pytest.raises(LabError, match=found) as caught:
        answer(lambda values: returned)
    (fault,) = caught.value.faults
    assert "s0001" in fault.place
    assert fault.cure


def test_nothing_measured_is_told_what_to_return_instead() -> None:
    with pytest.raises(LabError, match=r"ml\.Failed"):
        answer(lambda values: None)


def test_what_the_function_raises_names_the_candidate_and_keeps_the_cause() -> None:
    with pytest.raises(LabError, match=r"c1.*ZeroDivisionError.*'a': 1\.0.*Nothing was told") as caught:
        answer(lambda values: 1 / 0)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_call_that_raised_is_made_again_when_asked_again() -> None:
    moods = iter([RuntimeError("busy"), 3.0])

    def moody(values: Mapping[str, Any]) -> float:
        mood = next(moods)
        if isinstance(mood, RuntimeError):
            raise mood
        return float(mood)

    lab = FunctionLab(moody).bind(ONE)
    lab.start(token_of(ASKED), ASKED)
    with pytest.raises(LabError):
        lab.collect(token_of(ASKED), ASKED)
    assert lab.collect(token_of(ASKED), ASKED) == (Measured("s0001", {"y": 3.0}),)


def test_a_function_that_changes_its_argument_changes_nothing_else() -> None:
    assert answer(lambda values: values.pop("a")) == Measured("s0001", {"y": 1.0})
    assert ASKED.values == {"a": 1.0, "b": 2.0}


def test_two_campaigns_of_one_name_do_not_share_answers() -> None:
    lab = FunctionLab(product)
    other = Suggestion("s0001", "c2", {"a": 5.0, "b": 5.0}, None, "")
    found = []
    for asked in (ASKED, other):
        bound = lab.bind(ONE)
        bound.start("campaign/s0001/1", asked)
        found.append(bound.collect("campaign/s0001/1", asked)[0])
    assert found == [Measured("s0001", {"y": 2.0}), Measured("s0001", {"y": 25.0})]


def test_an_unbound_lab_says_how_to_bind_it() -> None:
    with pytest.raises(LabError, match="bind"):
        FunctionLab(product).start(token_of(ASKED), ASKED)


def test_what_cannot_be_called_is_refused_at_once() -> None:
    with pytest.raises(PluginError, match="cannot be called"):
        FunctionLab(3)  # type: ignore[arg-type]


def test_a_campaign_file_names_a_function_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = [
        EntryPoint("root", "math:sqrt", module._GROUP),
        EntryPoint("broken", "no_such_module_here:f", module._GROUP),
        EntryPoint("constant", "math:pi", module._GROUP),
    ]
    monkeypatch.setattr(module, "entry_points", lambda group: offered)
    assert FunctionLab.from_settings({"name": "root"}, ONE).objectives == ("y",)
    for name, found in (("rot", "Did you mean 'root'"), ("broken", "cannot be imported"), ("constant", "be called")):
        with pytest.raises(PluginError, match=found):
            FunctionLab.from_settings({"name": name}, ONE)


def test_a_campaign_file_must_name_a_function() -> None:
    with pytest.raises(ConfigError, match=r"\[lab\] name"):
        FunctionLab.from_settings({}, ONE)
