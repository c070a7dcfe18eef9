"""The contract of laboratories as a test class, for those who write one.

    class TestMyLab(LabContract):
        def lab(self):
            return MyLab(...)

        def suggestions(self):
            return [Suggestion("s0001", "c1", {"x": 1.0}, None, ""), Suggestion("s0002", "c2", {"x": 2.0}, None, "")]

Run it with pytest. Each test makes its own lab.
"""
# ruff: noqa: S101, D102 (tests assert, and their names are their claims)

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from matloop.domain.outcome import Aborted, Censored, Failed, Measured, Outcome
from matloop.domain.suggestion import Suggestion
from matloop.errors import LabError
from matloop.lab import ByHand, Checks, Lab


def token_of(suggestion: Suggestion, campaign: str = "contract", attempt: int = 1) -> str:
    """The token under which a campaign dispatches a suggestion: campaign/suggestion/attempt."""
    return f"{campaign}/{suggestion.id}/{attempt}"


class LabContract:
    """What every laboratory promises.

    deterministic: a lab started anew gives the same outcome; say False where chance or the world decides.
    objectives: names that outcomes may hold; empty: any.
    """

    deterministic: ClassVar[bool] = True
    objectives: ClassVar[tuple[str, ...]] = ()

    def lab(self) -> Lab:
        """A new lab, bound to its campaign, which knows of nothing yet."""
        raise NotImplementedError

    def suggestions(self) -> Sequence[Suggestion]:
        """Two or more suggestions, with different ids, that the lab can do."""
        raise NotImplementedError

    def settle(self, lab: Lab) -> None:
        """Let what is under way come to its end: turn a simulated clock, wait for a process. Default: nothing."""

    def starts(self, lab: Lab, token: str) -> int | None:
        """How many times the work behind the token was really begun; None where it cannot be known."""
        return None

    def done(self, lab: Lab, suggestion: Suggestion) -> Sequence[Outcome]:
        """Start, settle, collect."""
        lab.start(token_of(suggestion), suggestion)
        self.settle(lab)
        return tuple(lab.collect(token_of(suggestion), suggestion))

    def test_it_is_a_lab_with_a_name(self) -> None:
        lab = self.lab()
        assert isinstance(lab, Lab), "it lacks name, start or collect"
        assert isinstance(type(lab).name, str)
        assert type(lab).name

    def test_what_was_started_comes_back(self) -> None:
        lab = self.lab()
        for suggestion in self.suggestions():
            found = self.done(lab, suggestion)
            assert bool(found) is not isinstance(lab, ByHand), f"{suggestion.id} came back as {found}"

    def test_starting_twice_is_starting_once(self) -> None:
        lab, suggestion = self.lab(), self.suggestions()[0]
        lab.start(token_of(suggestion), suggestion)
        twice = self.done(lab, suggestion)
        assert self.starts(lab, token_of(suggestion)) in (None, 1)
        if self.deterministic:
            assert twice == self.done(self.lab(), suggestion)

    def test_starting_again_after_the_end_changes_nothing(self) -> None:
        lab, suggestion = self.lab(), self.suggestions()[0]
        before = self.done(lab, suggestion)
        assert self.done(lab, suggestion) == before
        assert self.starts(lab, token_of(suggestion)) in (None, 1)

    def test_collecting_again_answers_the_same(self) -> None:
        lab, suggestion = self.lab(), self.suggestions()[0]
        before = self.done(lab, suggestion)
        assert tuple(lab.collect(token_of(suggestion), suggestion)) == before

    def test_outcomes_name_their_suggestion_and_nothing_else(self) -> None:
        lab = self.lab()
        for suggestion in self.suggestions():
            for outcome in self.done(lab, suggestion):
                assert isinstance(outcome, Measured | Failed | Aborted | Censored)
                assert outcome.suggestion == suggestion.id
                assert outcome.candidate in (None, suggestion.candidate)

    def test_readings_of_one_token_have_different_numbers(self) -> None:
        lab = self.lab()
        for suggestion in self.suggestions():
            numbers = [outcome.reading for outcome in self.done(lab, suggestion)]
            assert len(set(numbers)) == len(numbers)

    def test_outcomes_hold_known_objectives_only(self) -> None:
        lab = self.lab()
        for suggestion in self.suggestions():
            for outcome in self.done(lab, suggestion):
                if self.objectives and isinstance(outcome, Measured | Censored):
                    assert set(outcome.outcome) <= set(self.objectives)

    def test_collecting_before_the_start_invents_nothing(self) -> None:
        lab, suggestion = self.lab(), self.suggestions()[0]
        early = collected(lab, token_of(suggestion), suggestion)
        if early:
            assert early == self.done(self.lab(), suggestion), "it answers what was never started, and otherwise"

    def test_the_token_of_another_suggestion_gets_nothing(self) -> None:
        lab = self.lab()
        first, second = self.suggestions()[:2]
        self.done(lab, first)
        assert not collected(lab, token_of(first), second), "a token was answered for another suggestion"

    def test_the_order_of_starting_does_not_matter(self) -> None:
        if not self.deterministic:
            return
        forth, back = self.lab(), self.lab()
        there = {one.id: self.done(forth, one) for one in self.suggestions()}
        assert {one.id: self.done(back, one) for one in reversed(self.suggestions())} == there

    def test_after_a_restart_the_same_token_can_be_started_and_collected(self) -> None:
        suggestion = self.suggestions()[0]
        before = self.done(self.lab(), suggestion)
        after = self.done(self.lab(), suggestion)
        assert bool(after) == bool(before)
        if self.deterministic:
            assert after == before

    def test_checking_touches_nothing(self) -> None:
        lab, suggestion = self.lab(), self.suggestions()[0]
        before = collected(self.lab(), token_of(suggestion), suggestion)
        if isinstance(lab, Checks):
            lab.check(suggestion)
        assert collected(lab, token_of(suggestion), suggestion) == before
        assert self.starts(lab, token_of(suggestion)) in (None, 0)


def collected(lab: Lab, token: str, suggestion: Suggestion) -> tuple[Outcome, ...] | None:
    """What the lab answers, None where it refuses."""
    try:
        return tuple(lab.collect(token, suggestion))
    except LabError:
        return None
