"""What all laboratories share: keys of [lab], tokens, chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, LabError
from matloop.lab import Bound, ByHand, Checks, Lab, chance, check_keys, check_token
from matloop.lab.function import FunctionLab
from matloop.lab.person import PersonLab
from matloop.lab.table import TableLab
from matloop.lab.virtual import VirtualLab

ASKED = Suggestion("s0007", "c1", {"x": 1.0}, None, "")


def test_every_lab_has_the_capabilities_it_claims() -> None:
    labs = (FunctionLab(abs), TableLab(None), VirtualLab(), PersonLab())  # type: ignore[arg-type]
    assert all(isinstance(lab, Lab) for lab in labs)
    assert [isinstance(lab, Bound) for lab in labs] == [True, True, True, False]
    assert [isinstance(lab, Checks) for lab in labs] == [False, True, True, False]
    assert [isinstance(lab, ByHand) for lab in labs] == [False, False, False, True]
    assert [lab.name for lab in labs] == ["function", "table", "virtual", "person"]


def test_all_odd_keys_are_told_at_once_with_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError) as caught:
        check_keys({"fiel": 1, "reading": 2}, ("file", "readings"), ("file",))
    assert [fault.place for fault in caught.value.faults] == ["[lab] fiel", "[lab] reading", "[lab] file"]
    assert caught.value.faults[0].cure == "Did you mean 'file'?"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("token", ["campaign/s0007/1", "a/b/s0007/12"])
def test_a_token_of_the_suggestion_is_taken(token: str) -> None:
    check_token(token, ASKED)


@pytest.mark.parametrize("token", ["campaign/s0008/1", "s0007", "", "campaign/s0007", "campaign/s0007/1/1"])
def test_any_other_token_is_refused(token: str) -> None:
    with pytest.raises(LabError, match="s0007"):
        check_token(token, ASKED)


@given(st.integers(0, 2**40), st.text(max_size=8))
def test_the_same_question_gets_the_same_draw(seed: int, about: str) -> None:
    assert chance(seed, about).random() == chance(seed, about).random()


def test_seed_and_subject_change_the_draw_and_are_not_run_together() -> None:
    draws = {chance(*about).random() for about in ((1, "a", "bc"), (1, "ab", "c"), (2, "a", "bc"), (1, "abc"), (1,))}
    assert len(draws) == 5
