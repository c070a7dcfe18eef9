"""What the screen shows of suggestions and of the state."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli import terminal

Matloop = Callable[..., Any]


@pytest.fixture
def modelled(begun: Path, matloop: Matloop) -> Path:
    """A campaign with a model, so that reasons are long."""
    (begun / "more.csv").write_text("candidate,hardness,status\nA07,2.5,\nA11,4.5,\nA03,1.5,\nA05,1.0,below\n")
    matloop("tell", begun / "campaign.toml", begun / "more.csv")
    return begun / "campaign.toml"


def test_what_is_written_to_a_file_is_shown_as_well(fresh: Path, matloop: Matloop) -> None:
    file, form = fresh / "campaign.toml", fresh / "next.csv"
    lines = matloop("suggest", file, "-n", "2", "--out", form).out.splitlines()
    assert lines[0].split() == ["suggestion", "candidate", "Cr", "Mo", "annealing"]
    assert [line.split()[0] for line in lines[1:3]] == ["s0001", "s0002"]
    assert lines[-2:] == [
        f"Wrote 2 suggestions to {form}.",
        f"Fill in what came back, then: matloop tell {file} {form}",
    ]


def test_a_reason_is_shown_whole_and_once_for_all_that_share_it(modelled: Path, matloop: Matloop) -> None:
    out = modelled.with_name("next.csv")
    said = matloop("suggest", modelled, "-n", "3", "--out", out).out
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert max(len(row["reason"]) for row in rows) > 60
    for reason in {row["reason"] for row in rows}:
        ids = ", ".join(row["suggestion"] for row in rows if row["reason"] == reason)
        assert f"{ids}: {reason}\n" in said


def test_a_narrow_terminal_cuts_no_number_and_no_id(
    modelled: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "_PIPE_WIDTH", 60)
    monkeypatch.setenv("COLUMNS", "60")
    said = matloop("suggest", modelled, "-n", "3").out
    (row, *_) = [line.split() for line in said.splitlines() if line.startswith("s0003 ")]
    assert "…" not in said
    assert len(row) == 8


def test_a_unit_that_the_name_ends_in_is_said_once(fresh: Path, matloop: Matloop) -> None:
    file = fresh / "campaign.toml"
    file.write_text(file.read_text().replace('"hardness"', '"hardness (GPa)"'))
    (fresh / "r.csv").write_text("candidate,hardness (GPa)\nA07,2.5\nA11,4.5\nA03,1.5\nA01,3.5\n")
    matloop("tell", file, fresh / "r.csv")
    assert "maximize hardness (GPa)\n" in matloop("check", file).out
    assert "hardness (GPa) 4." in matloop("status", file).out
    assert "GPa (std" not in matloop("status", file).out
    matloop("report", file)
    page = (fresh / "report.html").read_text()
    assert "hardness (GPa) (GPa)" not in page
    assert "hardness (GPa)" in page
    assert "maximize hardness (GPa)</dd>" in page


def test_status_says_that_told_experiments_do_not_count_against_the_budget(modelled: Path, matloop: Matloop) -> None:
    said = matloop("status", modelled).out
    assert "Budget: 2 of 9 experiments suggested (4 that were only told do not count).\n" in said
    assert matloop("status", modelled, "--json").document["unsuggested"] == 4
