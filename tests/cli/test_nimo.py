"""`import-nimo`, `export-nimo`, `lab nimo-robot`."""

from __future__ import annotations

from pathlib import Path

import pytest

from matloop.campaign import Campaign
from matloop.domain.outcome import Measured
from matloop.lab.nimo_files import CandidateFile
from tests.cli.conftest import Matloop

LIQUIDUS = b"Al,Si,Zn,Liquidus temperature\r\n0,0,100,692.68\r\n0,10,90,1186.66\r\n90,10,0,721.0\r\n100,0,0,933.6"
PHASES = b"temperature,pressure,objective\n-50,0,\n-50,1000,0\n-40,0,2\n-40,1000,\n"
TWINS = b"x,y\n1,\n1,5.5\n2,3.5\n1,6.5\n"
EXAMPLES = {"liquidus": LIQUIDUS, "phases": PHASES, "twins": TWINS}


@pytest.mark.parametrize("data", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_import_and_export_give_the_same_bytes(tmp_path: Path, matloop: Matloop, data: bytes) -> None:
    (tmp_path / "candidates.csv").write_bytes(data)
    assert matloop("import-nimo", tmp_path, "--json").code == 0
    file = tmp_path / "campaign.toml"
    assert matloop("check", file).code == 0
    assert matloop("export-nimo", file, "--out", tmp_path / "back.csv").code == 0
    assert (tmp_path / "back.csv").read_bytes() == data


@pytest.mark.parametrize("data", [LIQUIDUS, PHASES.replace(b"0,\n", b"0,7\n")], ids=["CRLF", "LF"])
def test_readings_that_come_in_later_complete_the_file_to_the_byte(
    tmp_path: Path, matloop: Matloop, data: bytes
) -> None:
    whole = CandidateFile.parse(data, 1, "whole.csv")
    name = whole.objective_names[0]
    lines = data.decode().splitlines(keepends=True)
    for row in (1, 2):  # two rows are not known at first
        body = lines[row].rstrip("\r\n")
        lines[row] = body.rsplit(",", 1)[0] + "," + lines[row][len(body) :]
    (tmp_path / "candidates.csv").write_bytes("".join(lines).encode())
    assert matloop("import-nimo", tmp_path, "--goal", "minimize").code == 0
    file = tmp_path / "campaign.toml"
    Campaign.open(file).tell([Measured.of(whole.values(row), whole.known(row)) for row in (0, 1)])
    assert len(Campaign.open(file).state.readings) == len(whole.rows)
    assert matloop("export-nimo", file, "--out", tmp_path / "back.csv").code == 0
    assert (tmp_path / "back.csv").read_bytes() == data
    assert {name} == {objective.name for objective in Campaign.open(file).problem.objectives}


def test_an_import_elsewhere_copies_the_candidates_and_overwrites_nothing(tmp_path: Path, matloop: Matloop) -> None:
    nimo, out = tmp_path / "nimo", tmp_path / "campaign"
    nimo.mkdir()
    (nimo / "candidates.csv").write_bytes(PHASES)
    done = matloop("import-nimo", nimo, "--out", out, "--json")
    assert done.document == {
        "written": [str(out / "campaign.toml"), str(out / "candidates.csv")],
        "candidates": 4,
        "readings": 2,
    }
    assert (out / "candidates.csv").read_bytes() == PHASES
    assert sorted(path.name for path in nimo.iterdir()) == ["candidates.csv"]
    assert matloop("import-nimo", nimo, "--out", out).code == 2


def test_a_killed_import_is_done_again(tmp_path: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "candidates.csv").write_bytes(PHASES)
    with monkeypatch.context() as patch:
        patch.setattr("matloop.apps.cli.nimo.os.replace", lambda *_: 1 / 0)
        assert matloop("import-nimo", tmp_path).code == 1
    assert matloop("import-nimo", tmp_path).code == 0
    assert len(Campaign.open(tmp_path / "campaign.toml").state.readings) == 2


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (("--objectives", 2), "not yet supported"),
        (("--input", "nowhere"), "no folder"),
        (("--output", "nowhere"), "no folder"),
    ],
    ids=["objectives", "input", "output"],
)
def test_what_cannot_be_imported_is_refused_and_nothing_is_written(
    tmp_path: Path, matloop: Matloop, more: tuple[object, ...], found: str
) -> None:
    (tmp_path / "candidates.csv").write_bytes(PHASES)
    done = matloop("import-nimo", tmp_path, *more)
    assert done.code == 2
    assert found in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["candidates.csv"]


def test_a_folder_without_candidates_is_refused(tmp_path: Path, matloop: Matloop) -> None:
    assert matloop("import-nimo", tmp_path).code == 2


ROBOT = """\
[campaign]
name = "robot"
[[objective]]
name = "y"
goal = "maximize"
[pool]
file = "known.csv"
features = ["x"]
[lab]
kind = "table"
file = "known.csv"
"""


def test_our_lab_is_the_robot_of_a_script(tmp_path: Path, matloop: Matloop) -> None:
    (tmp_path / "campaign.toml").write_text(ROBOT)
    (tmp_path / "known.csv").write_text("x,y\n1,5.5\n2,6.5\n3,7.5\n")
    (tmp_path / "260101120000.csv").write_text("actions,x\n2,3.0\n0,1.0\n")
    (tmp_path / "inputend.txt").touch()
    done = matloop("lab", "nimo-robot", tmp_path, "--campaign", tmp_path / "campaign.toml", "--cycles", 1, "--json")
    assert done.document == {"action": "nimo-robot", "batches": 1}
    assert (tmp_path / "results.csv").read_text() == "7.5\n5.5\n"
    assert (tmp_path / "outputend.txt").exists()


def test_a_robot_without_proposals_ends_when_idle(tmp_path: Path, matloop: Matloop) -> None:
    (tmp_path / "campaign.toml").write_text(ROBOT)
    (tmp_path / "known.csv").write_text("x,y\n1,5.5\n")
    done = matloop("lab", "nimo-robot", tmp_path, "--campaign", tmp_path / "campaign.toml", "--idle", 0, "--json")
    assert done.document["batches"] == 0


def test_the_published_examples_come_back_to_the_byte(tmp_path: Path, matloop: Matloop, data_dir: Path) -> None:
    files = sorted((data_dir / "nimo_examples").glob("*.csv"))
    assert len(files) == 6
    for file in files:
        home = tmp_path / file.stem
        assert matloop("import-nimo", file, "--out", home, "--input", tmp_path, "--output", tmp_path).code == 0
        assert matloop("export-nimo", home / "campaign.toml", "--out", home / "back.csv").code == 0
        assert (home / "back.csv").read_bytes() == file.read_bytes()
