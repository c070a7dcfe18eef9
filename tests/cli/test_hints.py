"""What `suggest` and `check` say of the files beside a campaign."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Matloop = Callable[..., Any]


@pytest.fixture
def known(tmp_path: Path, matloop: Matloop) -> Path:
    """A campaign whose experiments that are done lie beside it."""
    matloop("init", tmp_path / "first", "--template", "known")
    return tmp_path / "first" / "campaign.toml"


def test_suggest_names_a_table_of_readings_that_nobody_told(known: Path, matloop: Matloop) -> None:
    done = matloop("suggest", known, "-n", "2")
    assert f"matloop tell {known} {known.with_name('known.csv')}" in done.err
    assert done.code == 0


def test_suggest_is_silent_once_it_was_told(known: Path, matloop: Matloop) -> None:
    matloop("tell", known, known.with_name("known.csv"))
    assert "known.csv" not in matloop("suggest", known, "-n", "2").err


def test_an_empty_form_is_no_table_of_readings(known: Path, matloop: Matloop) -> None:
    known.with_name("known.csv").unlink()
    matloop("suggest", known, "-n", "2", "--out", known.with_name("form.csv"))
    assert matloop("suggest", known, "-n", "2").err == ""


def test_check_names_rows_that_equal_earlier_ones(known: Path, matloop: Matloop) -> None:
    pool = known.with_name("candidates.csv")
    rows = pool.read_text().splitlines()
    pool.write_text("\n".join([*rows, rows[1]]) + "\n")
    assert f"1 row equals an earlier one, counted once: line {len(rows) + 1}" in matloop("check", known).out
    equal = matloop("check", known, "--json").document["candidates"]["equal_rows"]
    assert equal["rows"] == 1
    assert equal["first"][0]["same_as"] == "line 2"
