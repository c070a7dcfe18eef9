"""NIMO's robot as a laboratory: no value on a wrong row, whatever the robot does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import matloop as ml
from matloop.domain.outcome import Outcome
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, InputError, LabError
from matloop.lab import Acknowledged, Batched, Checks, Lab, LabSetup, nimo_book, nimo_folder
from matloop.lab import nimo as nimo_module
from matloop.lab.nimo import NimoLab
from matloop.testing.labs import LabContract, token_of
from matloop.testing.nimo import FAULTS
from tests.lab.nimo_campaign import BATCH, Rig, random_plan, rig, truth

CYCLES = 200


@pytest.fixture(autouse=True)
def _no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills are tested here, power cuts are not: without flushing disks the tests take a fifth of the time."""
    monkeypatch.setattr(os, "fsync", lambda number: None)


def test_two_hundred_faulty_cycles_put_no_value_on_a_wrong_row(tmp_path: Path) -> None:
    held = rig(tmp_path, random_plan(CYCLES, seed=3), size=BATCH * CYCLES + 60)
    for _ in range(CYCLES):
        held.cycle()
    assert held.wrong() == []
    assert len(held.robot.sent) == CYCLES
    assert len(held.campaign.state.readings) == BATCH * CYCLES
    assert len(held.refused) > CYCLES // 4


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_ends_with_every_line_right(tmp_path: Path, fault: str) -> None:
    held = rig(tmp_path, [fault] * 3)
    for _ in range(3):
        held.cycle()
    assert held.wrong() == []
    silent = ("none", "slow", "late", "rewritten", "unmeasured", "left behind")
    assert bool(held.refused) is (fault not in silent)
    assert len(held.campaign.state.readings) == 3 * BATCH


@given(plan=st.lists(st.sampled_from(FAULTS), min_size=2, max_size=4))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_faults_ends_with_every_line_right(
    tmp_path_factory: pytest.TempPathFactory, plan: list[str]
) -> None:
    held = rig(tmp_path_factory.mktemp("plan"), plan)
    for _ in plan:
        held.cycle()
    assert held.wrong() == []
    assert len(held.robot.sent) == len(plan)


def test_what_the_robot_gets_is_what_nimo_writes(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    held.campaign.suggest(2)
    works = [(held.campaign.dispatch(work), work) for work in held.campaign.pending()]
    held.lab.start_batch(works)
    (stamped,) = (tmp_path / "in").glob("*.csv")
    rows = [10 * int(work.values["x"]) + int(work.values["z"]) for _, work in works]
    lines = [f"{row},{row // 10}.0,{row % 10}.0\r\n" for row in rows]
    assert stamped.read_bytes() == ("actions,x,z\r\n" + "".join(lines)).encode()
    assert (tmp_path / "proposals.csv").read_bytes() == stamped.read_bytes()
    assert (tmp_path / "in" / "inputend.txt").read_bytes() == b""
    manifest = json.loads((tmp_path / "out" / ".matloop-nimo" / "batch.json").read_text())
    assert manifest["tokens"] == [token for token, _ in works]
    assert manifest["sha256"] == nimo_folder.sha(stamped.read_bytes())


def test_the_sentinel_stays_until_the_ledger_holds_every_line(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    held.campaign.suggest(2)
    works = [(held.campaign.dispatch(work), work) for work in held.campaign.pending()]
    held.lab.start_batch(works)
    for _ in range(3):
        held.robot.tick()
    sentinel = tmp_path / "out" / "outputend.txt"
    for token, work in works:
        assert sentinel.exists()
        held.campaign.tell(held.lab.collect(token, work))
        assert sentinel.exists()
        held.lab.acknowledge(token)
    assert not sentinel.exists()
    assert not (tmp_path / "out" / "results.csv").exists()


def test_withdrawn_suggestions_still_wait_for_the_robot_before_the_next_batch(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    first = held.campaign.suggest(2)
    works = [(held.campaign.dispatch(work), work) for work in first]
    held.lab.start_batch(works)
    held.campaign.withdraw([work.id for work in first], reason="no powder")
    held.campaign.suggest(2)
    held.cycle()
    assert held.wrong() == []
    assert len(held.robot.sent) >= 2
    assert {r.key.suggestion for r in held.campaign.state.readings.values()}.isdisjoint(work.id for work in first)


class Killed(Exception):
    """Stands for a kill at one line."""


def _cut(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, call: int, after: bool) -> None:
    real, calls = getattr(owner, name), [0]

    def cut(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == call and not after:
            raise Killed
        answer = real(*args, **kwargs)
        if calls[0] == call:
            raise Killed
        return answer

    monkeypatch.setattr(owner, name, cut)


EFFECTS = [
    (nimo_module, "write_whole"),
    (nimo_folder, "make_ready"),
    (nimo_folder, "release"),
    (nimo_book.Book, "write"),
    (nimo_book.Book, "archive"),
    (nimo_book.Book, "close"),
    (ml.Campaign, "tell"),
    (NimoLab, "acknowledge"),
]


@pytest.mark.parametrize(("owner", "name"), EFFECTS, ids=[name for _, name in EFFECTS])
@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_effect_is_cured_by_running_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, call: int, after: bool
) -> None:
    held = rig(tmp_path, ["none"] * 3, ledger=True)
    with monkeypatch.context() as patch:
        _cut(patch, owner, name, call, after)
        for _ in range(3):
            try:
                held.cycle()
            except Killed:
                break
    again = rig(tmp_path, [], ledger=True)
    again.robot = held.robot
    lab = NimoLab(tmp_path / "candidates.csv", tmp_path / "in", tmp_path / "out", wait=lambda _: held.robot.tick())
    setup = LabSetup(tmp_path, tuple(again.campaign.problem.objectives), again.campaign.problem.candidates)
    done = Rig(again.campaign, held.robot, lab.bind(setup), [])
    done.cycle()
    assert (done.wrong(), done.refused) == ([], [])
    assert done.campaign.pending() == []
    assert len(done.robot.sent) == len(done.campaign.state.asked) // BATCH  # nothing was made twice
    assert not (tmp_path / "out" / "outputend.txt").exists()


def test_no_number_means_not_measured_as_in_nimo_or_failed_where_said(tmp_path: Path) -> None:
    for word, status in (("aborted", "aborted"), ("failed", "failed")):
        folder = tmp_path / word
        folder.mkdir()
        held = rig(folder, ["unmeasured"])
        held.lab = NimoLab(held.lab.candidates, held.lab.input, held.lab.output, unmeasured=word).bind(  # type: ignore[arg-type]
            LabSetup(folder, tuple(held.campaign.problem.objectives), held.campaign.problem.candidates)
        )
        object.__setattr__(held.lab, "wait", lambda _: None)
        held.cycle()
        statuses = sorted(r.status for r in held.campaign.state.readings.values())
        assert statuses == sorted([status, "ok", "ok"])


def test_equal_numbers_are_refused_unless_the_settings_accept_them(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    held.robot.truth = lambda values: 1.0
    held.cycle()
    with pytest.raises(AssertionError, match="still refused"):
        held.cycle(patience=0)
    assert "their numbers are those of batch 1" in held.refused[0]
    object.__setattr__(held.lab, "equal_results", "accept")
    (tmp_path / "out" / "results.csv").write_text("1.0\n" * BATCH)
    (tmp_path / "out" / "outputend.txt").touch()
    held.cycle()
    assert len(held.campaign.state.readings) >= 2 * BATCH


def test_another_campaigns_batch_is_not_taken_for_done(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    work = held.campaign.suggest(1)[0]
    held.lab.start_batch([("other/s0001/1", work)])
    with pytest.raises(LabError, match="batch of campaign 'other'"):
        held.lab.start_batch([(held.campaign.dispatch(work), work)])


def test_proposals_of_somebody_else_are_not_written_over(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    (tmp_path / "in" / "inputend.txt").touch()
    work = held.campaign.suggest(1)[0]
    with pytest.raises(LabError, match="somebody else"):
        held.lab.start(held.campaign.dispatch(work), work)


def test_a_candidate_without_a_row_is_refused_before_anything_moves(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    with pytest.raises(LabError, match="no row"):
        held.lab.start_batch([("nimo/s0001/1", Suggestion("s0001", "c9", {"x": 1.0}, None, ""))])
    assert list((tmp_path / "in").iterdir()) == []


def test_settings_are_checked(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    setup = LabSetup(tmp_path, tuple(held.campaign.problem.objectives), held.campaign.problem.candidates)
    assert isinstance(NimoLab.from_settings({"input": "in", "output": "out"}, setup), NimoLab)
    with pytest.raises(ConfigError, match="inptu"):
        NimoLab.from_settings({"inptu": "in"}, setup)
    with pytest.raises(ConfigError, match="unknown word 'maybe'"):
        NimoLab.from_settings({"input": "in", "output": "out", "unmeasured": "maybe"}, setup)
    with pytest.raises(InputError, match="no folder"):
        NimoLab.from_settings({"input": "nowhere", "output": "out"}, setup)
    other = LabSetup(tmp_path, (ml.Objective("w"),), held.campaign.problem.candidates)
    with pytest.raises(InputError, match="last columns"):
        NimoLab.from_settings({"input": "in", "output": "out"}, other)


class TestNimoLab(LabContract):
    objectives = ("y",)

    @pytest.fixture(autouse=True)
    def _folders(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.fresh: Callable[[], Path] = lambda: tmp_path_factory.mktemp("nimo")
        self.rigs: dict[int, Rig] = {}

    def lab(self) -> Lab:
        held = rig(self.fresh(), [])
        self.rigs[id(held.lab)] = held
        return held.lab

    def suggestions(self) -> Sequence[Suggestion]:
        candidates = [next(iter(self.rigs.values())) if self.rigs else rig(self.fresh(), [])][
            0
        ].campaign.problem.candidates
        rows = [candidates.resolve({"x": 1, "z": i}) for i in range(2)]
        return [Suggestion(f"s{i + 1:04d}", row.id, row.values, None, "") for i, row in enumerate(rows)]

    def settle(self, lab: Lab) -> None:
        for _ in range(4):
            self.rigs[id(lab)].robot.tick()

    def starts(self, lab: Lab, token: str) -> int | None:
        return len(self.rigs[id(lab)].robot.sent)

    def done(self, lab: Lab, suggestion: Suggestion) -> Sequence[Outcome]:
        found = super().done(lab, suggestion)
        assert isinstance(lab, NimoLab)
        lab.acknowledge(token_of(suggestion))
        return found


def test_it_has_the_capabilities_of_batches(tmp_path: Path) -> None:
    lab = rig(tmp_path, []).lab
    assert isinstance(lab, Batched)
    assert isinstance(lab, Acknowledged)
    assert isinstance(lab, Checks)
    assert truth({"x": "1", "z": "2"}) == 1002.125
