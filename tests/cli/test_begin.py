"""`init` and `demo`: from an empty folder to a campaign."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli import demo as demo_module
from matloop.apps.cli.begin import clean
from matloop.apps.cli.main import main
from matloop.config.starter import STARTERS

Matloop = Callable[..., Any]


# nimo waits for a robot, and a screen is no campaign
@pytest.mark.parametrize("name", [name for name in STARTERS if name not in ("nimo", "screen")])
def test_a_template_is_accepted_by_check_and_run(name: str, tmp_path: Path, data_dir: Path, matloop: Matloop) -> None:
    file = tmp_path / "first" / "campaign.toml"
    assert matloop("init", tmp_path / "first", "--template", name, "--data-dir", data_dir).code == 0
    assert matloop("check", file).code == 0
    done = matloop("run", file, "--cycles", "1", "--json")
    assert done.code == 0
    assert done.document["cycles"] == 1


@pytest.mark.parametrize(
    ("data", "shown"),
    [("candidates.csv", "candidates.csv"), ("../first/../first/candidates.csv", "candidates.csv"), ("up", "../up.csv")],
    ids=["beside", "winding", "above"],
)
def test_check_shows_the_pool_by_a_clean_path(data: str, shown: str, tmp_path: Path, matloop: Matloop) -> None:
    matloop("init", tmp_path / "first", "--template", "table")
    file = tmp_path / "first" / "campaign.toml"
    if data == "up":
        data = "../first/../up.csv"
        (tmp_path / "first" / "candidates.csv").rename(tmp_path / "up.csv")
    file.write_text(file.read_text().replace('file = "candidates.csv"', f'file = "{data}"'))
    assert matloop("check", file, "--json").document["candidates"]["source"] == shown
    assert f"from 24 rows of {shown}\n" in matloop("check", file).out


def test_a_far_pool_is_shown_by_its_absolute_path(tmp_path: Path) -> None:
    assert clean("a/../b/c.csv", Path("b")) == "c.csv"
    deep = tmp_path.joinpath(*"abcdefgh")
    assert clean(deep / ".." / "x.csv", deep) == "../x.csv"
    assert clean("/x.csv", deep) == "/x.csv"


def test_the_data_folder_may_come_from_the_environment(
    tmp_path: Path, data_dir: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATLOOP_DATA", str(data_dir))
    assert matloop("init", tmp_path / "first", "--template", "agnp").code == 0


def test_init_leaves_a_folder_untouched_that_holds_one_of_its_files(tmp_path: Path, matloop: Matloop) -> None:
    (tmp_path / "candidates.csv").write_text("mine")
    done = matloop("init", tmp_path, "--template", "table")
    assert done.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["candidates.csv"]


@pytest.fixture(scope="session")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "first"
    assert main(["demo", "--out", str(folder), "--json"]) == 0
    return folder


@pytest.fixture
def demo(_demo: Path, tmp_path: Path) -> Path:
    """A copy of a finished demo."""
    shutil.copytree(_demo, tmp_path / "demo")
    return tmp_path / "demo"


def test_a_demo_leaves_campaign_ledger_shortlist_and_report(demo: Path) -> None:
    assert {path.name for path in demo.iterdir()} == {"campaign.toml", "campaign.db", "shortlist.csv", "report.html"}
    assert (demo / "report.html").stat().st_size > 50_000


def test_a_demo_comes_near_the_best_there_is(demo: Path, matloop: Matloop) -> None:
    document = matloop("demo", "--out", demo, "--json").document
    verdict = document["verdict"]
    assert document["experiments"] == 60
    assert verdict["found"] > 0.9 * verdict["best"]
    assert verdict["random_needs"] > document["experiments"]


def test_a_finished_demo_tells_again_and_writes_no_event(demo: Path, matloop: Matloop) -> None:
    ledger = (demo / "campaign.db").read_bytes()
    done = matloop("demo", "--out", demo)
    assert done.code == 0
    assert "it was finished" in done.out
    assert (demo / "campaign.db").read_bytes() == ledger


def test_a_demo_refuses_the_folder_of_another_one(demo: Path, matloop: Matloop) -> None:
    done = matloop("demo", "--out", demo, "--seed", "8")
    assert done.code == 2
    assert "another --seed" in done.err


def test_an_interrupted_demo_goes_on_to_the_same_end(
    tmp_path: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(demo_module._SETTINGS, "experiments", 16)
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    matloop("demo", "--out", whole)
    halves.mkdir()
    shutil.copy(whole / "campaign.toml", halves)
    matloop("run", halves / "campaign.toml", "--cycles", "2")
    done = matloop("demo", "--out", halves)
    assert "it went on where it was" in done.out
    assert (halves / "shortlist.csv").read_bytes() == (whole / "shortlist.csv").read_bytes()


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ("", "no limit"),
        ("experiments = 1", "1 experiment"),
        ("days = 3", "any number of experiments within 3 days of the first suggestion"),
        ("experiments = 5\ndays = 1", "5 experiments within 1 day of the first suggestion"),
    ],
    ids=["neither", "one experiment", "days alone", "both"],
)
def test_check_says_the_budget_in_words(budget: str, words: str, tmp_path: Path, matloop: Matloop) -> None:
    matloop("init", tmp_path / "first", "--template", "table")
    file = tmp_path / "first" / "campaign.toml"
    begun, _, _ = file.read_text().partition("[budget]")
    file.write_text(f"{begun}[budget]\n{budget}\n")
    assert f"budget      {words}\n" in matloop("check", file).out
