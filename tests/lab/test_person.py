"""The laboratory of people: nothing comes back by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from matloop.domain.objective import Objective
from matloop.domain.parameter import Real
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError
from matloop.lab import ByHand, LabSetup
from matloop.lab.person import PersonLab
from matloop.testing.labs import LabContract

SETUP = LabSetup(Path(), (Objective("y"),), Space([Real("x", 0, 1)]))


class TestPersonLab(LabContract):
    def lab(self) -> PersonLab:
        return PersonLab()

    def suggestions(self) -> list[Suggestion]:
        return [Suggestion(f"s000{i}", f"c{i}", {"x": 0.5}, None, "") for i in (1, 2)]


def test_it_says_that_outcomes_come_by_hand() -> None:
    assert isinstance(PersonLab(), ByHand)


def test_it_has_no_settings() -> None:
    assert PersonLab.from_settings({}, SETUP) == PersonLab()
    with pytest.raises(ConfigError, match="no settings"):
        PersonLab.from_settings({"file": "x.csv"}, SETUP)
