"""What `suggest` and `check` say of the files beside a campaign."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.campaign import Campaign

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


def test_a_table_that_tell_would_refuse_is_passed_over_for_one_that_it_takes(known: Path, matloop: Matloop) -> None:
    done = known.with_name("known.csv")
    header, *rows = done.read_text().splitlines()
    alien = known.with_name("another.csv")  # first by name, and of another campaign
    alien.write_text("\n".join([f"{header},bias", *(f"{row},on" for row in rows)]) + "\n")
    assert matloop("tell", known, alien).code == 2
    assert f"matloop tell {known} {done}" in matloop("suggest", known, "-n", "1").err


def test_no_table_is_named_where_tell_would_refuse_them_all(known: Path, matloop: Matloop) -> None:
    done = known.with_name("known.csv")
    header, *rows = done.read_text().splitlines()
    done.write_text("\n".join([f"{header},bias", *(f"{row},on" for row in rows)]) + "\n")
    known.with_name("anonymous.csv").write_text(f"{_objective(known)}\n1.5\n")  # of whom, it does not say
    assert matloop("suggest", known, "-n", "1").err == ""


def _objective(file: Path) -> str:
    return Campaign.open(file).problem.objectives[0].name


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
