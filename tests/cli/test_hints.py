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


def test_check_names_ids_that_the_model_cannot_tell_apart(known: Path, matloop: Matloop) -> None:
    file = known.with_name("twins.toml")
    known.with_name("twins.csv").write_text("film,x,gas\nF1,1,Ar\nF2,1,Ar\nF3,1,N2\nF4,2,Ar\nF5,1,Ar\n")
    file.write_text(
        '[[objective]]\nname = "y"\ngoal = "maximize"\n[pool]\nfile = "twins.csv"\nid = "film"\n'
        'features = ["x", "gas"]\n'
    )
    said = "2 candidates have the features of an earlier one, which the model cannot tell from it: F2 as F1, F5 as F1"
    assert said in matloop("check", file).out
    twins = matloop("check", file, "--json").document["candidates"]["twins"]
    assert twins == {"candidates": 2, "first": [{"id": "F2", "same_as": "F1"}, {"id": "F5", "same_as": "F1"}]}


def test_check_shows_settings_that_differ_and_what_experiments_cost(known: Path, matloop: Matloop) -> None:
    file = known.with_name("priced.toml")
    known.with_name("priced.csv").write_text("film,x\nF1,1\nF2,2\n")
    file.write_text(
        '[[objective]]\nname = "y"\ngoal = "maximize"\n[pool]\nfile = "priced.csv"\nid = "film"\nfeatures = ["x"]\n'
        '[strategy]\nsure = { max_std = 0.5 }\nacquisition = "ei"\n'
        'surrogate = { name = "gp", kernel = "matern32" }\n[cost]\nconstant = 2\nchange = { x = 0.25 }\n'
    )
    out = matloop("check", file).out
    assert 'acquisition = "ei"' in out
    assert "sure = { max_std = 0.5 }" in out
    assert 'surrogate = { name = "gp", kernel = "matern32" }' in out
    assert "cost        constant = 2, change = { x = 0.25 }" in out
    assert "evaluations" not in out
