"""Every block of the documentation does what the page says."""

from pathlib import Path

import pytest

import matloop
from tests.docs.mend import mended
from tests.docs.pages import DOCS, assert_same, blocks_of, pages, run_page

WITH_BLOCKS = [path for path in pages() if blocks_of(path)]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda path: str(path.relative_to(DOCS)))
def test_every_block_of_a_page_runs_and_shows_what_came(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MATLOOP_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.syspath_prepend(tmp_path)
    run_page(page)


def a_page(folder: Path, text: str) -> Path:
    path = folder / "page.md"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        '```python\nprint("three")\n```\n```text\nfour\n```\n',
        '```python\nprint("three")\n```\n',
        "```python\n1 / 0\n```\n",
        "```console\n$ matloop --version\nmatloop 7\n```\n",
        "```console\n$ matloop chekc\n...\n```\n",
        '```toml title="campaign.toml"\n[campaign]\nnme = "x"\n```\n',
        '```python title="lab.py"\nprint("never run")\n```\n',
        "```fortran\nend\n```\n",
    ],
    ids=["other output", "output left out", "raises", "version", "exit code", "refused file", "unused script", "odd"],
)
def test_a_wrong_page_is_found_out(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tests.docs.pages.ROOT", tmp_path)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        run_page(a_page(tmp_path, text))


def test_a_page_is_mended_where_it_is_wrong_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tests.docs.pages.ROOT", tmp_path)
    right = "```console\n$ matloop --version\nmatloop ...\n```\n```python\nprint(7)\n```\n```text\n7\n```\n"
    wrong = right.replace("text\n7", "text\n8").replace("matloop ...", "nothing\nat all")
    assert run_page(a_page(tmp_path, right), mended) == right
    assert run_page(a_page(tmp_path, wrong), mended) == right.replace("...", matloop.__version__)


def test_a_failure_that_the_page_admits_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tests.docs.pages.ROOT", tmp_path)
    run_page(a_page(tmp_path, "```console\n$ matloop check none.toml\nerror: none.toml...\n$ echo $?\n2\n```\n"))


@pytest.mark.parametrize(
    ("shown", "came", "same"),
    [
        ("mean 3.14", "mean 3.15", True),
        ("mean 3.14", "mean 3.16", False),
        ("12 readings", "13 readings", False),
        ("s0004  A07  1.50", "s0004    A07    1.51", True),
        ("s0004", "s0005", False),
        ("head 4f...", "head 4f12a", True),
        ("1.2e-05", "1.3e-05", True),
        ("1.2e-05", "1.2e-04", False),
    ],
    ids=["last place", "two off", "count", "padding", "an id", "ellipsis", "power", "other power"],
)
def test_numbers_may_differ_by_one_in_the_last_place(shown: str, came: str, same: bool) -> None:
    if same:
        assert_same(shown, came, "here")
        return
    with pytest.raises(AssertionError):
        assert_same(shown, came, "here")
