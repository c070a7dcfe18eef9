"""One of our laboratories as the robot of a NIMO script."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import matloop as ml
from matloop import loop
from matloop.errors import InputError, LabError
from matloop.lab import LabSetup, nimo_folder
from matloop.lab.nimo_files import proposals_text
from matloop.lab.nimo_robot import NimoRobot, serve
from matloop.lab.virtual import VirtualLab, default_objective, default_space
from matloop.lab.virtual import truth as truth_of
from tests.lab.nimo_campaign import rig, truth
from tests.lab.test_nimo import Killed, _cut


@pytest.fixture(autouse=True)
def _no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda number: None)


def robot_in(folder: Path, function: Any = truth, proposals: Path | None = None) -> NimoRobot:
    held = rig(folder, [])
    objectives = tuple(held.campaign.problem.objectives)
    candidates = held.campaign.problem.candidates
    lab = ml.FunctionLab(function).bind(LabSetup(folder, objectives, candidates))
    return NimoRobot(lab, candidates, ("y",), folder / "in", folder / "out", proposals, wait=lambda _: None)


def propose(folder: Path, rows: list[tuple[int, list[str]]], stamp: str = "260101120000") -> None:
    (folder / "in" / f"{stamp}.csv").write_text(proposals_text(["x", "z"], rows), newline="")
    (folder / "in" / "inputend.txt").touch()


ROWS = [(12, ["1", "2"]), (34, ["3", "4"])]
RIGHT = "1002.125\n3004.125\n"


def test_proposals_are_done_in_their_order_and_the_sentinels_are_kept(tmp_path: Path) -> None:
    robot = robot_in(tmp_path)
    propose(tmp_path, ROWS)
    assert serve(robot, cycles=1, idle=9.0, clock=lambda: 0.0, rest=lambda: None) == 1
    assert (tmp_path / "out" / "results.csv").read_text() == RIGHT
    assert (tmp_path / "out" / "outputend.txt").exists()
    assert not (tmp_path / "in" / "inputend.txt").exists()
    assert robot.step() is False


def test_it_ends_when_nothing_happens_for_long(tmp_path: Path) -> None:
    now = iter(range(100))
    rests: list[int] = []
    end = serve(robot_in(tmp_path), cycles=None, idle=5.0, clock=lambda: float(next(now)), rest=lambda: rests.append(1))
    assert (end, len(rests)) == (0, 4)


EFFECTS = ["save", "make_ready", "release"]


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("call", [1, 2, 3, 4])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_anywhere_is_cured_and_no_sentinel_appears_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: int, after: bool
) -> None:
    propose_after = robot_in(tmp_path)
    propose(tmp_path, ROWS)
    with monkeypatch.context() as patch:
        _cut(patch, nimo_folder, name, call, after)
        try:
            serve(propose_after, cycles=1, idle=1.0, clock=lambda: 0.0, rest=lambda: None)
        except Killed:
            pass
    sentinel = tmp_path / "out" / "outputend.txt"
    taken = sentinel.exists()
    sentinel.unlink(missing_ok=True)  # the script takes the results at once
    again = robot_in(tmp_path)
    while again.step():
        pass
    assert sentinel.exists() is not taken
    assert (tmp_path / "out" / "results.csv").read_text() == RIGHT


def test_results_that_the_script_has_not_taken_are_not_written_over(tmp_path: Path) -> None:
    robot = robot_in(tmp_path)
    (tmp_path / "out" / "results.csv").write_text("7.0\n")
    (tmp_path / "out" / "outputend.txt").touch()
    propose(tmp_path, ROWS)
    while robot.step():
        pass
    assert (tmp_path / "out" / "results.csv").read_text() == "7.0\n"
    (tmp_path / "out" / "outputend.txt").unlink()
    while robot.step():
        pass
    assert (tmp_path / "out" / "results.csv").read_text() == RIGHT


def test_what_failed_is_not_measured_for_nimo(tmp_path: Path) -> None:
    robot = robot_in(tmp_path, lambda values: ml.Failed(values=values, reason="melted"))
    propose(tmp_path, ROWS)
    while robot.step():
        pass
    assert (tmp_path / "out" / "results.csv").read_text() == "nan\nnan\n"


def standard(folder: Path) -> None:
    (folder / "in" / "260101120000.csv").write_text("input file for machine\n1.0,2.0")
    (folder / "in" / "inputend.txt").touch()


def test_the_form_of_nimos_standard_robot_is_one_proposal(tmp_path: Path) -> None:
    robot = robot_in(tmp_path)
    standard(tmp_path)
    while robot.step():
        pass
    assert (tmp_path / "out" / "results.csv").read_text() == "1002.125\n"


def test_with_proposals_the_standard_form_is_the_whole_batch(tmp_path: Path) -> None:
    robot = robot_in(tmp_path, proposals=tmp_path / "proposals.csv")
    (tmp_path / "proposals.csv").write_text(proposals_text(["x", "z"], ROWS), newline="")
    standard(tmp_path)
    while robot.step():
        pass
    assert (tmp_path / "out" / "results.csv").read_text() == RIGHT


def test_proposals_of_another_batch_are_refused(tmp_path: Path) -> None:
    robot = robot_in(tmp_path, proposals=tmp_path / "proposals.csv")
    (tmp_path / "proposals.csv").write_text(proposals_text(["x", "z"], ROWS[1:]), newline="")
    standard(tmp_path)
    with pytest.raises(LabError, match="first proposal"):
        robot.step()
    assert (tmp_path / "in" / "inputend.txt").exists()


def test_proposals_that_were_done_are_not_done_again(tmp_path: Path) -> None:
    robot = robot_in(tmp_path)
    propose(tmp_path, ROWS)
    while robot.step():
        pass
    (tmp_path / "in" / "inputend.txt").touch()
    with pytest.raises(LabError, match="done before"):
        robot.step()


def test_a_person_is_no_robot(tmp_path: Path) -> None:
    robot = robot_in(tmp_path)
    with pytest.raises(InputError, match="tell"):
        NimoRobot(ml.PersonLab(), robot.candidates, ("y",), robot.input, robot.output)


def test_our_ai_and_our_robot_understand_each_other(tmp_path: Path) -> None:
    held = rig(tmp_path, [])
    robot = robot_in(tmp_path)
    object.__setattr__(held.lab, "wait", lambda _: None)
    loop.run(held.campaign, held.lab, cycles=3, rest=robot.step)  # type: ignore[arg-type]
    assert held.wrong() == []
    assert len(held.campaign.state.readings) == 9


def test_the_virtual_laboratory_does_the_whole_job_as_a_robot_however_long_it_takes_in_days(tmp_path: Path) -> None:
    rig(tmp_path, [])
    lab = VirtualLab(failures=False, power_cuts=0.0, slots=1).bind(
        LabSetup(tmp_path, (default_objective(),), default_space(), seed=3)
    )
    robot = NimoRobot(lab, default_space(), ("zT",), tmp_path / "in", tmp_path / "out", wait=lambda _: None)
    rows = [(number, [str(x), "20.2", "700"]) for number, x in enumerate((0.2, 0.5, 0.6))]
    text = proposals_text(["x", "log10_n", "temperature"], rows)
    (tmp_path / "in" / "260101120000.csv").write_text(text, newline="")
    (tmp_path / "in" / "inputend.txt").touch()
    now = iter(range(100))
    assert serve(robot, cycles=1, idle=9.0, clock=lambda: float(next(now)), rest=lambda: None) == 1
    read = [float(line) for line in (tmp_path / "out" / "results.csv").read_text().splitlines()]
    assert read == pytest.approx([float(truth_of(x, 20.2, 700.0)) for x in (0.2, 0.5, 0.6)], rel=0.4)
    assert lab.day == 3.25
