"""[budget] days: a campaign makes no further suggestion once they are over, by the laboratory's clock or by events."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import matloop as ml
from matloop.days import time_of
from matloop.errors import BudgetExhausted, ConfigError, InputError
from matloop.report.build import page_of
from matloop.report.findings import findings_of

SPACE = ml.Space([ml.Real("a", 0, 1, step=0.01)])


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, days: float) -> None:
        self.now += timedelta(days=days)


def campaign(clock: Callable[[], datetime], **terms: object) -> ml.Campaign:
    return ml.Campaign(SPACE, [ml.Objective("y")], strategy=ml.Random(), clock=clock, **terms)


def test_days_count_from_the_first_suggestion_and_end_the_asking() -> None:
    clock = Clock()
    one = campaign(clock, days=3)
    clock.turn(10)  # nothing was suggested yet
    (first,) = one.suggest(1)
    clock.turn(2.9)
    (second,) = one.suggest(1)
    clock.turn(0.2)
    with pytest.raises(BudgetExhausted, match=r"the budget of 3 days is over: 3\.10 days since the first suggestion"):
        one.suggest(1)
    one.tell([ml.Measured(first.id, {"y": 1.0}), ml.Measured(second.id, {"y": 2.0})])
    assert one.status()["budget"]["days"]["limit"] == 3
    assert one.status()["budget"]["days"]["used"] == pytest.approx(3.1)
    assert one.status()["advice"]["action"] == "stop"
    assert "the budget of 3 days is over" in one.status()["advice"]["reason"]


def test_days_pass_though_nothing_happens() -> None:
    clock = Clock()
    one = campaign(clock, days=3)
    (first,) = one.suggest(1)
    one.tell(ml.Measured(first.id, {"y": 1.0}))
    assert one.ended() is None
    clock.turn(30)
    assert one.ended() == "budget"
    assert one.room() == 0


class Slow:
    """A laboratory whose every experiment takes a day of its own clock, and no time of ours."""

    name = "slow"

    def __init__(self) -> None:
        self.day = 0.0

    def start(self, token: str, suggestion: ml.Suggestion) -> None:
        pass

    def collect(self, token: str, suggestion: ml.Suggestion) -> list[ml.Measured]:
        self.day += 1.0
        return [ml.Measured(suggestion.id, {"y": float(suggestion.values["a"])}, day=self.day)]


def test_the_clock_of_the_laboratory_is_believed_where_it_has_one() -> None:
    one = campaign(Clock(), days=4.5)
    ended = one.run(Slow())
    assert ended.reason == "budget"
    assert len(one.state.readings) == 5
    assert time_of(one.problem, one.state).lab
    assert "by the laboratory clock" in one.status()["advice"]["reason"]
    assert "5.00 of 4.50 days in the laboratory" in page_of(findings_of(one))


def test_without_a_limit_days_stand_nowhere_but_where_a_laboratory_counts_them() -> None:
    clock = Clock()
    one = campaign(clock)
    one.suggest(1)
    clock.turn(1000)
    one.suggest(1)
    assert "days" not in one.status()["budget"]
    assert "days" not in one.problem.settings


def test_raising_the_days_lets_it_go_on_and_every_ask_is_recomputed(tmp_path: Path) -> None:
    clock = Clock()
    text = (
        '[[objective]]\nname = "y"\ngoal = "maximize"\n\n[[parameter]]\nname = "a"\nkind = "real"\nlow = 0\n'
        'high = 1\nstep = 0.01\n\n[strategy]\nname = "random"\n\n[budget]\ndays = 1\n'
    )
    file = tmp_path / "campaign.toml"
    file.write_text(text)
    ml.Campaign.open(file, clock=clock).suggest(1)
    clock.turn(2)
    with pytest.raises(BudgetExhausted, match=r"1 days is over"):
        ml.Campaign.open(file, clock=clock).suggest(1)
    file.write_text(text.replace("days = 1", "days = 5"))
    again = ml.Campaign.open(file, clock=clock)
    again.suggest(1)
    assert any("days" in what for event in again.events if event.type == "changed" for what in event.data["what"])
    assert all(one.same for one in again.recompute())


@pytest.mark.parametrize("days", [0, -1.0, "soon", True, float("nan")], ids=["zero", "negative", "text", "yes", "nan"])
def test_days_that_are_none_are_refused(days: object) -> None:
    with pytest.raises(InputError, match=r"\[budget\] days"):
        campaign(Clock(), days=days)


def test_days_that_are_none_are_refused_at_their_line(tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(
        '[[objective]]\nname = "y"\ngoal = "maximize"\n[[parameter]]\nname = "a"\nkind = "real"\n'
        "low = 0\nhigh = 1\n[budget]\ndays = -3\n"
    )
    with pytest.raises(ConfigError, match=r"campaign\.toml:10"):
        ml.Campaign.open(file)
