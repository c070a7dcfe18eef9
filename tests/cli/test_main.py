"""What becomes of an error, an interruption, a closed pipe."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli import main as door
from matloop.apps.cli.main import VERBS
from matloop.campaign import Campaign
from matloop.errors import LabError

Matloop = Callable[..., Any]


def breaks(error: BaseException) -> Callable[..., Any]:
    def raising(*_: object, **__: object) -> None:
        raise error

    return raising


@pytest.fixture
def file(fresh: Path) -> Path:
    return fresh / "campaign.toml"


def test_an_unexpected_error_is_one_line(file: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Campaign, "open", breaks(RuntimeError("the disk is on fire")))
    done = matloop("status", file)
    assert done.code == 1
    assert "the disk is on fire" in done.err
    assert "--debug" in done.err
    assert "Traceback" not in done.err


def test_debug_shows_where_an_error_comes_from(file: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Campaign, "open", breaks(RuntimeError("the disk is on fire")))
    assert "Traceback" in matloop("status", file, "--debug").err


def test_work_that_failed_ends_with_1(file: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Campaign, "run", breaks(LabError.at("furnace", "it is cold", "Heat it.")))
    done = matloop("run", file, "--json")
    assert done.code == 1
    assert done.document == {"errors": [{"place": "furnace", "found": "it is cold", "cure": "Heat it."}]}


def test_an_interruption_says_that_nothing_is_lost(
    file: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Campaign, "run", breaks(KeyboardInterrupt()))
    done = matloop("run", file)
    assert done.code == 130
    assert "Nothing is lost" in done.err


def test_a_reader_that_left_is_no_error(file: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Campaign, "open", breaks(BrokenPipeError()))
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    code = door.main(["status", str(file)])
    sys.stdout.close()
    assert code == 1


def test_without_a_verb_the_help_is_printed(matloop: Matloop) -> None:
    done = matloop()
    assert done.code == 0
    assert all(verb in done.out for verb in VERBS)


def test_no_summary_of_a_verb_is_cut_on_a_terminal_of_80_columns(
    matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    lines = matloop("--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(any(line.split(maxsplit=1)[1:] == [verb.help] for line in lines) for verb in VERBS.values())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_and_takes_json(verb: str, matloop: Matloop) -> None:
    done = matloop(verb, "--help")
    assert done.code == 0
    assert "--json" in done.out
    assert "--debug" in done.out


def test_a_misspelt_verb_is_answered_with_the_nearest(matloop: Matloop) -> None:
    assert "'suggest'" in matloop("sugest").err


def test_the_version_is_printed(matloop: Matloop) -> None:
    assert matloop("--version").out.startswith("matloop 0.")


@pytest.mark.parametrize(
    ("argv", "code"), [(["check", "campaign.toml"], 0), (["check", "none.toml"], 2)], ids=["good", "broken"]
)
def test_the_process_ends_with_the_code(argv: list[str], code: int, fresh: Path) -> None:
    call = [sys.executable, "-m", "matloop.apps.cli.main", *argv]
    done = subprocess.run(call, cwd=fresh, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert (done.stdout == "") == (code != 0)
    assert "Traceback" not in done.stderr
