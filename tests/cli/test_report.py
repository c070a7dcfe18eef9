"""`report` and its page on the command line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.report.html import MARK

Matloop = Callable[..., Any]


@pytest.fixture
def file(begun: Path) -> Path:
    (begun / "more.csv").write_text("candidate,hardness\nA07,2.5\nA11,4.5\nA03,1.5\n")
    return begun / "campaign.toml"


def test_report_writes_page_and_shortlist_beside_the_file(file: Path, begun: Path, matloop: Matloop) -> None:
    matloop("tell", file, begun / "more.csv")
    document = matloop("report", file, "--json").document
    page = (begun / "report.html").read_text(encoding="utf-8")
    assert page.startswith(MARK)
    assert len(page) > 50_000
    assert (document["html"], document["out"]) == (str(begun / "report.html"), str(begun / "shortlist.csv"))
    assert document["claims"][0]["verdict"] == "provisional"
    assert document["claims"][0]["measure"]["A11"] >= 1


def test_the_page_goes_where_out_says(file: Path, begun: Path, matloop: Matloop) -> None:
    done = matloop("report", file, "--out", begun / "else.html")
    assert "Claim: " in done.out
    assert "Missing: " in done.out
    assert (begun / "else.html").exists()
    assert not (begun / "report.html").exists()


def test_writing_the_page_again_replaces_it(file: Path, begun: Path, matloop: Matloop) -> None:
    assert matloop("report", file).code == 0
    first = (begun / "report.html").read_text(encoding="utf-8")
    matloop("tell", file, begun / "more.csv")
    assert matloop("report", file).code == 0
    assert (begun / "report.html").read_text(encoding="utf-8") != first


@pytest.mark.parametrize(("name", "words"), [("campaign.toml", "is no report"), ("no/such.html", "no folder")])
def test_no_other_file_is_overwritten_and_nothing_is_written_then(
    name: str, words: str, file: Path, begun: Path, matloop: Matloop
) -> None:
    before = file.read_bytes()
    done = matloop("report", file, "--out", begun / name)
    assert done.code == 2
    assert words in done.err
    assert file.read_bytes() == before
    assert not (begun / "shortlist.csv").exists()


def test_other_verbs_do_without_plotly(file: Path) -> None:
    code = (
        "import sys; from matloop.apps.cli.main import main; "
        f"main(['status', {str(file)!r}]); main(['pending', {str(file)!r}]); print('plotly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
