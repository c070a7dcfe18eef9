"""Each template through the command line, as whoever starts from it would go."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from matloop.campaign import Campaign
from matloop.config.starter import CAMPAIGN_FILE, OWN, PUBLISHED, STARTERS
from matloop.decide.front import hypervolume
from matloop.screen.settings import settings
from tests.cli.conftest import Matloop

CAMPAIGNS = [name for name, item in STARTERS.items() if item.file == CAMPAIGN_FILE and name != "virtual"]
OWN_NAMES = [name for name, item in STARTERS.items() if item.group == OWN]
BY_HAND = [name for name in OWN_NAMES if name != "nimo"]
_CALL = "import sys; from matloop.apps.cli.main import main; sys.exit(main())"


def rows_of(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text().splitlines()))


def filled_in(form: Path) -> Path:
    """A form as it comes back from people: values in the last column, the last one failed."""
    rows = rows_of(form)
    rows[0].append("status")
    for place, row in enumerate(rows[1:], start=1):
        row[-1] = str(10.5 + 3 * place)
        row.append("")
    rows[-1][-2:] = ["", "failed"]
    with form.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return form


@pytest.fixture
def robot(tmp_path: Path) -> Iterator[Path]:
    """A folder in which the command that the NIMO template names runs, for one batch."""
    home = tmp_path / "nimo"
    command = next(line for line in STARTERS["nimo"].then if "nimo-robot" in line)
    subprocess.run([sys.executable, "-c", _CALL, "init", str(home), "--template", "nimo"], check=True)
    argv = shlex.split(command.format(folder=home, file=home / "campaign.toml"))
    assert argv[0] == "matloop"
    with subprocess.Popen([sys.executable, "-c", _CALL, *argv[1:], "--cycles", "1", "--idle", "120"]) as process:
        yield home
        assert process.wait(30) == 0


@pytest.mark.parametrize("name", BY_HAND)
def test_a_template_goes_from_init_to_a_report(name: str, tmp_path: Path, matloop: Matloop) -> None:
    home, form = tmp_path / "first", tmp_path / "first" / "next.csv"
    file = home / "campaign.toml"
    assert matloop("init", home, "--template", name).code == 0
    assert matloop("check", file).code == 0
    assert matloop("suggest", file, "--out", form).code == 0
    told = matloop("tell", file, filled_in(form), "--json")
    batch = Campaign.open(file).problem.batch
    counts = {"accepted": batch, "repeated": 0, "skipped": 0, "censored": 0}
    assert {name: told.document[name] for name in counts} == counts
    assert told.document["warnings"] == []
    done = matloop("run", file, "--json")  # a person's laboratory: the next form is written
    assert done.document["reason"] == "person"
    assert (home / "campaign-suggestions.csv").exists()
    counts = matloop("status", file, "--json").document["counts"]
    assert (counts["measured"], counts["failed"], counts["pending"]) == (batch - 1, 1, batch)
    assert matloop("report", file).code == 0
    assert (home / "report.html").stat().st_size > 50_000
    assert len((home / "shortlist.csv").read_text().splitlines()) == batch


def test_thirty_known_experiments_are_learned_from_at_once(tmp_path: Path, matloop: Matloop) -> None:
    file = tmp_path / "first" / "campaign.toml"
    matloop("init", tmp_path / "first", "--template", "known")
    assert matloop("tell", file, tmp_path / "first" / "known.csv", "--json").document["accepted"] == 30
    assert matloop("tell", file, tmp_path / "first" / "known.csv", "--json").document["repeated"] == 30
    chosen = matloop("suggest", file, "--json").document["suggestions"]
    assert all(item["prediction"] is not None for item in chosen)
    known = {reading.candidate for reading in Campaign.open(file).state.readings.values()}
    assert known.isdisjoint(item["candidate"] for item in chosen)
    status = matloop("status", file, "--json").document
    assert (status["counts"]["failed"], status["counts"]["readings"]) == (3, 27)
    assert status["budget"]["experiments"] == {"used": 4, "limit": 20}


def test_the_nimo_template_runs_with_the_robot_that_it_names(robot: Path, matloop: Matloop) -> None:
    file = robot / "campaign.toml"
    assert matloop("check", file).code == 0
    done = matloop("run", file, "--cycles", 1, "--json")
    assert done.document["reason"] == "cycles"
    assert done.document["status"]["counts"]["measured"] == 4
    answers = {tuple(row[:-1]): row[-1] for row in rows_of(robot / "robot" / "answers.csv")}
    readings = Campaign.open(file).state.readings.values()
    assert all(reading.outcome["efficiency"] == float(answers[_asked(reading.values)]) for reading in readings)
    assert matloop("report", file).code == 0
    assert matloop("export-nimo", file, "--out", robot / "done.csv").code == 0
    done_rows = [row for row in rows_of(robot / "done.csv") if row[-1]]
    assert len(done_rows) == 5  # the header and four


def _asked(values: object) -> tuple[str, ...]:
    assert isinstance(values, dict)
    return tuple(f"{values[name]:g}" for name in ("current", "additive", "temperature"))


def test_init_says_what_to_do_next(tmp_path: Path, matloop: Matloop) -> None:
    home = tmp_path / "first"
    said = matloop("init", home, "--template", "known").out.splitlines()
    assert said[1:] == [
        f"Next: matloop check {home / 'campaign.toml'}",
        f"then: matloop tell {home / 'campaign.toml'} {home}/known.csv",
        f"then: matloop suggest {home / 'campaign.toml'} --out {home}/next.csv",
    ]


@pytest.mark.parametrize("name", [name for name in OWN_NAMES if name not in ("known", "nimo")])
def test_init_leads_to_suggest_where_people_do_the_work(name: str, tmp_path: Path, matloop: Matloop) -> None:
    home = tmp_path / "first"
    said = matloop("init", home, "--template", name).out.splitlines()
    assert said[-1] == f"then: matloop suggest {home / 'campaign.toml'} --out {home}/next.csv"
    assert Campaign.open(home / "campaign.toml").lab.name == "person"  # type: ignore[union-attr]


def test_the_list_has_a_line_a_template_in_groups(matloop: Matloop) -> None:
    lines = matloop("init", "--list").out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert heads == list(dict.fromkeys(item.group for item in STARTERS.values()))
    assert [line.split()[0] for line in lines if line.startswith(" ")] == list(STARTERS)
    assert max(map(len, lines)) < 100
    listed = matloop("init", "--list", "--json").document["templates"]
    assert {item["group"] for item in listed.values() if item["data"]} == {PUBLISHED}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_template_says_what_it_is_for_what_to_change_and_the_commands(
    name: str, tmp_path: Path, matloop: Matloop, data_dir: Path
) -> None:
    matloop("init", tmp_path / "first", "--template", name, "--data-dir", data_dir)
    head = (tmp_path / "first" / "campaign.toml").read_text().split("\n\n")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert "\n# For: " in head
    assert "\n# Change first: " in head
    verbs = re.findall(r"^#   matloop ([a-z-]+) ", head, re.MULTILINE)
    assert {"check", "status", "report"} <= set(verbs)
    for verb in set(verbs):
        assert matloop(verb, "--help").code == 0


def test_the_template_of_goals_finds_most_of_the_front(tmp_path: Path, matloop: Matloop) -> None:
    file = tmp_path / "first" / "campaign.toml"
    matloop("init", tmp_path / "first", "--template", "goals")
    assert matloop("run", file, "--json").document["reason"] == "budget"
    rows = [row for row in rows_of(tmp_path / "first" / "outcomes.csv")[1:] if row[1] and float(row[3]) <= 8]
    truth = {row[0]: (float(row[1]), -float(row[2])) for row in rows}
    best = np.array([truth[item["candidate"]] for item in matloop("status", file, "--json").document["best"]])
    mark = np.array([70.0, -18.0])  # forty drawn at random enclose 0.77 of it
    assert hypervolume(best, mark) > 0.93 * hypervolume(np.array(list(truth.values())), mark)
    assert matloop("report", file).code == 0
    assert "Beaten, or beyond a limit" in (tmp_path / "first" / "report.html").read_text(encoding="utf-8")


def _opened(text: str) -> str:
    """The same file with the options that stand there as comments, their defaults, in force; its header is prose."""
    head, _, body = text.partition("\n\n")
    body = re.sub(r"^# (\w+ = [^#\n]*)(#.*)?$", r"\1", body, flags=re.MULTILINE)
    return head + "\n\n" + re.sub(r"^# (\[\[constraint\]\])", r"\1", body, flags=re.MULTILINE)


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_every_option_that_stands_as_a_comment_is_accepted(
    name: str, tmp_path: Path, matloop: Matloop, data_dir: Path
) -> None:
    file = tmp_path / "first" / "campaign.toml"
    matloop("init", tmp_path / "first", "--template", name, "--data-dir", data_dir)
    text = file.read_text()
    file.write_text(_opened(text))
    assert file.read_text() != text
    done = matloop("check", file)
    assert done.code == 0, done.err


def test_the_template_of_a_screen_is_taken_by_the_commands_that_it_names(tmp_path: Path, matloop: Matloop) -> None:
    home = tmp_path / "first"
    said = matloop("init", home, "--template", "screen")
    assert said.code == 0
    inspected, screened = (shlex.split(line.partition("matloop ")[2]) for line in said.out.splitlines()[1:])
    assert matloop(*inspected).code == 0
    quick = ("--surrogate", "extra-trees", "--no-validation", "--set", "predict.features=['norms']", "--processes", "1")
    done = matloop(*screened, *quick, "--json")
    assert done.code == 0, done.err
    assert done.document["counts"]["measured"] == 3
    assert len(done.document["shortlist"]) == 12
    opened = _opened((home / "screen.toml").read_text())
    (home / "screen.toml").write_text(opened)
    assert "surrogate = [" in opened
    settings(home / "screen.toml", {})
