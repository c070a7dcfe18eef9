"""Campaigns on the virtual laboratory: days and costs in the ledger, and twins that were killed end as the others."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matloop as ml
from matloop.config.starter import starter_files
from matloop.domain.events import Event, verify
from matloop.domain.reading import Key
from matloop.lab import LabSetup
from matloop.lab.virtual import VirtualLab, default_objective, default_space
from matloop.lab.virtual.price import price
from matloop.state import replay
from matloop.store.sqlite import SqliteLedger

OUTCOMES = ("measured", "failed", "aborted")
UNLUCKY: dict[str, Any] = {"power_cuts": 0.15, "slots": 3, "rigs": 2, "firing_days": 0.7, "measuring_days": 0.3}
FILE = """\
[campaign]
name = "floor"
seed = 11
[[objective]]
name = "zT"
goal = "maximize"
[[parameter]]
name = "x"
kind = "real"
low = 0
high = 1
step = 0.01
[[parameter]]
name = "log10_n"
kind = "real"
low = 18.5
high = 20.8
step = 0.05
[[parameter]]
name = "temperature"
kind = "real"
low = 300
high = 900
step = 10
unit = "K"
[strategy]
name = "sobol"
batch = 4
[lab]
kind = "virtual"
wait = "{wait}"
power_cuts = 0.15
slots = 3
firing_days = 0.7
measuring_days = 0.3
[budget]
experiments = 10
"""


class Killed(BaseException):
    """Stands for a kill: nobody can catch it by mistake."""


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[str, str], Path]:
    """A new campaign file in a folder of its own."""

    def make(name: str, wait: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "campaign.toml").write_text(FILE.format(wait=wait))
        return folder / "campaign.toml"

    return make


def in_memory(wait: str = "batch", **terms: Any) -> ml.Campaign:
    held = ml.Campaign(
        default_space(),
        [default_objective()],
        **{"strategy": ml.Sobol(), "seed": 11, "batch": 5, "budget": 14, **terms},
    )
    held.wait = wait  # type: ignore[assignment]
    return held


def outcomes(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.type in OUTCOMES]


def days(events: Sequence[Event]) -> list[float]:
    return [event.data["day"] for event in outcomes(events)]


@pytest.mark.parametrize("wait", ["batch", "any"])
def test_outcomes_arrive_in_the_order_of_their_days(wait: str) -> None:
    held = in_memory(wait)
    held.run(VirtualLab(**UNLUCKY))
    told = days(held.events)
    assert len(told) == 14
    assert told == sorted(told)
    assert len(set(told)) > 5


def test_waiting_for_the_batch_asks_only_when_all_are_back_and_waiting_for_any_asks_at_each_return() -> None:
    asks = {}
    for wait in ("batch", "any"):
        held = in_memory(wait)
        held.run(VirtualLab(**UNLUCKY))
        asks[wait] = [len(event.data["suggestions"]) for event in held.events if event.type == "suggested"]
        pending = 0
        for event in held.events:
            if event.type == "suggested":
                assert wait == "any" or pending == 0
                assert pending < 5
                pending += len(event.data["suggestions"])
            pending -= event.type in OUTCOMES
    assert asks["batch"] == [5, 5, 4]
    assert len(asks["any"]) > 4
    assert asks["any"][0] == 5


def test_asynchronous_work_ends_on_an_earlier_day() -> None:
    ends = {}
    for wait in ("batch", "any"):
        held = in_memory(wait, batch=6, budget=40)
        held.run(VirtualLab(slots=1, rigs=1, firing_days=0.5, measuring_days=1.0))
        ends[wait] = held.status()["budget"]["days"]["used"]
    assert ends["any"] < ends["batch"]


@pytest.mark.parametrize("wait", ["batch", "any"])
def test_no_result_is_told_before_its_specimen_can_be_ready(wait: str) -> None:
    held = in_memory(wait)
    held.run(VirtualLab(**UNLUCKY))
    dispatched: dict[str, float] = {}
    now = 0.0
    for event in held.events:
        if event.type == "dispatched":
            dispatched[event.data["suggestion"]] = now
        elif event.type in OUTCOMES:
            now = event.data["day"]
            assert now >= dispatched[event.data["suggestion"]] + UNLUCKY["firing_days"]
            if event.type in ("measured", "aborted"):
                lasted = UNLUCKY["firing_days"] + UNLUCKY["measuring_days"]
                assert now >= dispatched[event.data["suggestion"]] + lasted - 1e-9


def test_what_came_back_is_the_same_however_it_was_waited_for() -> None:
    found = []
    for wait, slots in (("batch", 1), ("any", 1), ("any", 7)):
        held = in_memory(wait, batch=4, initial=14)
        held.run(VirtualLab(**{**UNLUCKY, "power_cuts": 0.0, "failures": False, "slots": slots}))
        found.append({event.data["suggestion"]: event.data["outcome"] for event in outcomes(held.events)})
    assert found[0] == found[1] == found[2]


# Kills


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matloop.campaign._POLL_SECONDS", 0.0)


class Cut:
    """Kills the process, as it were, before or after the n-th write to the ledger, or within the lab's n-th verb."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, where: str, call: int) -> None:
        self.where, self.call, self.calls = where, call, 0
        append, collect, batch = SqliteLedger.append, VirtualLab.collect, VirtualLab.start_batch

        def cut_append(ledger: SqliteLedger, decide: Any, after: int) -> Any:
            wrote = []

            def noted(news: Any) -> Any:
                drafts = decide(news)
                wrote.extend(drafts)
                if drafts:
                    self._strike("before append")
                return drafts

            done = append(ledger, noted, after)
            if wrote:
                self._strike("after append")
            return done

        def cut_collect(lab: VirtualLab, token: str, suggestion: ml.Suggestion) -> Any:
            done = collect(lab, token, suggestion)
            self._strike("after collect")
            return done

        def cut_batch(lab: VirtualLab, works: Any) -> None:
            batch(lab, works)
            self._strike("after start_batch")

        monkeypatch.setattr(SqliteLedger, "append", cut_append)
        monkeypatch.setattr(VirtualLab, "collect", cut_collect)
        monkeypatch.setattr(VirtualLab, "start_batch", cut_batch)

    def _strike(self, where: str) -> None:
        if where == self.where:
            self.calls += 1
            if self.calls == self.call:
                raise Killed


@pytest.mark.parametrize("wait", ["batch", "any"])
@pytest.mark.parametrize("where", ["before append", "after append", "after collect", "after start_batch"])
def test_killed_anywhere_and_run_again_it_ends_as_its_twin(
    fresh: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, wait: str, where: str
) -> None:
    twin = ml.Campaign.open(fresh("twin", wait))
    twin.run()
    assert len(twin.state.asked) == 10
    kills = 0
    for call in (2, 5, 17):
        file = fresh(f"killed-{call}", wait)
        with monkeypatch.context() as patched:
            Cut(patched, where, call)
            try:
                ml.Campaign.open(file).run()
            except Killed:
                kills += 1
        held = ml.Campaign.open(file)
        held.run()
        assert held.state.content == twin.state.content
        assert days(held.events) == days(twin.events)
        assert verify(held.events) == []
    assert kills >= 2


@pytest.mark.parametrize("wait", ["batch", "any"])
def test_killed_at_every_single_write_it_ends_as_its_twin(
    fresh: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, wait: str
) -> None:
    twin = ml.Campaign.open(fresh("twin", wait))
    twin.run()
    file, kills = fresh("killed", wait), 0
    for _ in range(100):
        with monkeypatch.context() as patched:
            Cut(patched, "after append", 1)
            try:
                ml.Campaign.open(file).run()
                break
            except Killed:
                kills += 1
    held = ml.Campaign.open(file)
    assert kills > 20
    assert held.state.content == twin.state.content
    assert [event.data.get("cost") for event in held.events] == [event.data.get("cost") for event in twin.events]


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.sampled_from(["batch", "any"]))
def test_run_in_pieces_the_days_are_those_of_one_run(cycles: list[int], wait: str) -> None:
    whole = in_memory(wait, budget=9, batch=3)
    pieces = in_memory(wait, budget=9, batch=3)
    total = sum(cycles)
    for number in cycles:
        pieces.run(VirtualLab(**UNLUCKY), cycles=number)
    if wait == "batch":  # a run of N cycles ends with all back, which `any` would not have waited for
        whole.run(VirtualLab(**UNLUCKY), cycles=total)
        assert pieces.state.content == whole.state.content
    assert days(pieces.events) == sorted(days(pieces.events))


# The ledger as the memory of the laboratory


def test_a_laboratory_that_is_bound_anew_knows_the_day_and_answers_again() -> None:
    held = in_memory("any")
    held.run(VirtualLab(**UNLUCKY))
    setup = LabSetup(Path(), held.problem.objectives, held.problem.candidates, 11, past=held.events)
    lab = VirtualLab(**UNLUCKY).bind(setup)
    assert lab.day == max(days(held.events))
    for event in outcomes(held.events):
        (again,) = lab.collect(event.token or "", held.state.asked[event.data["suggestion"]].suggestion)
        assert (again.cost, again.day) == (event.data["cost"], event.data["day"])
        assert getattr(again, "outcome", {}) == event.data["outcome"]


def test_a_specimen_that_was_withdrawn_before_its_firing_makes_room_for_the_next() -> None:
    def play(*, withdraw: bool) -> float:
        held = in_memory("any", batch=4, budget=4)
        for one in held.suggest(4):
            held.dispatch(one)
        if withdraw:
            held.withdraw(["s0002"], reason="no powder")
        held.run(VirtualLab(slots=3, rigs=4, failures=False, power_cuts=0.0), cycles=0)
        return held.state.readings[Key.asked("s0004")].day or 0.0

    assert (play(withdraw=False), play(withdraw=True)) == (2.25, 1.25)


def test_outcomes_told_by_hand_take_no_place_in_the_furnace() -> None:
    held = in_memory("any", batch=3, budget=6)
    for one in held.suggest(3):
        held.dispatch(one)
    held.tell([ml.Measured(f"s000{i}", {"zT": 0.5}) for i in (1, 2, 3)])
    held.run(VirtualLab(slots=3, rigs=3, failures=False, power_cuts=0.0))
    assert days(held.events[-3:]) == [1.25, 1.25, 1.25]


def test_ledgers_without_days_go_on_from_day_zero(tmp_path: Path) -> None:
    old = in_memory(ledger=tmp_path / "old.db", budget=10)
    for one in old.suggest(5):
        old.dispatch(one)
    old.tell([ml.Measured(one.id, {"zT": 0.1 * i}) for i, one in enumerate(old.pending(), start=1)])
    assert all({"cost", "day"}.isdisjoint(event.data) for event in old.events)
    old.run(VirtualLab(**UNLUCKY))
    assert min(days(old.events[-5:])) == pytest.approx(0.7, abs=0.31)
    assert replay(old.events) == old.state


def test_a_setting_changed_half_way_never_turns_the_clock_back() -> None:
    held = in_memory("any")
    held.run(VirtualLab(**UNLUCKY), cycles=3)
    before = max(days(held.events))
    held.run(VirtualLab(**{**UNLUCKY, "firing_days": 5.0}))
    told = days(held.events)
    assert told == sorted(told)
    later = [day for day in told if day > before]
    assert later[0] >= before
    assert later[-1] < before + 5.0 * 6


# Costs and days, for people and for plans


def test_each_experiment_costs_its_powder_its_share_of_the_firing_and_its_hours() -> None:
    held = in_memory("batch", batch=4, budget=4)
    lab = VirtualLab(failures=False, power_cuts=0.0)
    held.run(lab)
    for reading in held.state.readings.values():
        x, log10_n = float(reading.values["x"]), float(reading.values["log10_n"])
        assert reading.cost == pytest.approx(price(lab, x, log10_n, share=4, measured=True))
    spent = held.status()["budget"]
    assert spent["cost"]["used"] == pytest.approx(sum(one.cost or 0.0 for one in held.state.readings.values()))
    assert spent["days"] == {"used": 1.5, "limit": None}
    table = held.table()
    assert table["cost"].sum() == pytest.approx(spent["cost"]["used"])
    assert table["day"].max() == 1.5


def test_where_nobody_says_costs_and_days_the_status_does_not_invent_them() -> None:
    held = in_memory()
    (one,) = held.suggest(1)
    held.tell(ml.Measured(one.id, {"zT": 0.4}))
    assert set(held.status()["budget"]) == {"experiments"}
    assert {"cost", "day"}.isdisjoint(held.table().columns)


def test_cost_and_day_are_no_part_of_what_was_found() -> None:
    held = in_memory()
    (one,) = held.suggest(1)
    first = ml.Measured(one.id, {"zT": 0.4}, cost=12.0, day=3.0)
    assert first == ml.Measured(one.id, {"zT": 0.4}, cost=99.0)
    held.tell(first)
    assert held.tell(ml.Measured(one.id, {"zT": 0.4}, day=8.0)).repeated == 1
    assert held.status()["budget"]["days"]["used"] == 3.0


@pytest.mark.parametrize("book", [{"cost": -1.0}, {"day": float("nan")}, {"cost": "12"}, {"day": True}])
def test_odd_costs_and_days_are_refused(book: dict[str, Any]) -> None:
    with pytest.raises(ml.InputError, match=next(iter(book))):
        ml.Failed("s0001", reason="cracked", **book)


def test_the_model_learns_from_what_was_made() -> None:
    held = in_memory(batch=8, budget=8)
    held.run(VirtualLab(composition_error=0.05, failures=False, power_cuts=0.0))
    off = [abs(float(one.learned_values["x"]) - float(one.values["x"])) for one in held.state.readings.values()]
    assert np.max(off) > 0.01
    assert all(one.executed for one in held.state.readings.values())


def test_the_starter_writes_every_setting_out_as_it_is_by_default(tmp_path: Path) -> None:
    (content,) = starter_files("virtual", tmp_path, None, seed=0, batch=4, experiments=8).values()
    written = tomllib.loads(content.decode("utf-8"))["lab"]
    assert (written.pop("kind"), written.pop("wait")) == ("virtual", "batch")
    assert written == VirtualLab().own()


def test_an_outcome_without_cost_and_day_is_written_as_before() -> None:
    held = in_memory()
    (one,) = held.suggest(1)
    held.tell(ml.Failed(one.id, reason="cracked"))
    assert set(held.events[-1].data) == {
        *("suggestion", "candidate", "experiment", "reading", "values", "executed", "outside", "note", "outcome"),
        "basis",
    }
