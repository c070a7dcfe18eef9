"""`matloop leaderboard` says how rows were left out, judges what it is asked to, and names what is wrong."""

import json
from pathlib import Path

import pytest

from matloop.apps.cli.main import main

QUICK = ["--surrogate", "gp"]


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Twelve compounds of six families at three temperatures; one reading is missing."""
    lines = ["formula,T,paper,fold,y"]
    for row, formula in enumerate(
        ("GeTe", "SnTe", "PbTe", "GeSe", "SnSe", "PbSe", "CoSb3", "RhSb3", "CoAs3", "IrSb3", "NaN", "NaCl")
    ):
        for T in (300, 500, 700):
            lines.append(f"{formula},{T},p{row // 2},{row // 4},{row % 3 + T / 1000 + 0.01 * row}")
    lines.append("ZnO,300,p9,2,")
    path = tmp_path / "known.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def asked(known: Path, *more: str) -> list[str]:
    return ["leaderboard", str(known), "--target", "y", "--formula", "formula", "--number", "T", *more]


def test_families_are_left_out_whole_by_default_and_sodium_nitride_is_a_formula(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked(known, *QUICK, "--folds", "3", "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["split"] == "3 folds of whole host families"
    assert said["random"] is False
    assert (said["rows"], said["rows_skipped"], said["group_count"]) == (36, 1, 12)
    (place,) = said["places"]
    assert place["surrogate"] == "gp"
    assert place["figures"]["mean_absolute_error"] > 0
    assert 0 <= place["figures"]["within_90"] <= 1


def test_random_rows_are_labelled_in_the_table_and_in_json(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asked(known, *QUICK, "--random", "--folds", "3")) == 0
    assert "RANDOM ROWS" in capsys.readouterr().out.splitlines()[0]
    assert main(asked(known, *QUICK, "--random", "--folds", "3", "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["random"] is True
    assert "RANDOM ROWS" in said["places"][0]["split"]


def test_a_column_and_given_folds_are_taken(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asked(known, *QUICK, "--group", "paper", "--fold", "fold", "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["split"] == "3 given folds of whole values of 'paper'"
    assert said["group_count"] == 6


def test_several_surrogates_stand_in_one_table_best_first(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asked(known, "--surrogate", "gp", "--surrogate", "forest", "--folds", "2", "--json")) == 0
    places = json.loads(capsys.readouterr().out)["places"]
    errors = [place["figures"]["mean_absolute_error"] for place in places]
    assert errors == sorted(errors)
    assert {place["surrogate"] for place in places} == {"gp", "forest"}
    assert places[0]["behind"] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (["--group", "familly"], "Did you mean 'family'?"),
        (["--fold", "folds"], "there is no such column"),
        (["--fold", "fold", "--random"], "--fold and --random were given"),
        (["--features", "magpy"], "there is no set 'magpy'"),
        (["--surrogate", "forrest"], "nothing offers 'forrest'"),
        (["--folds", "30"], "30 folds of 12 host families"),
        (["--number", "U"], "no column 'U'"),
    ],
    ids=["group", "fold", "fold and random", "features", "surrogate", "folds", "number"],
)
def test_what_is_wrong_is_named_with_its_cure(
    known: Path, more: list[str], found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked(known, *more)) == 2
    assert found in capsys.readouterr().err


def test_a_target_without_a_number_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("formula,y\nPbTe,\nSnTe,\n", encoding="utf-8")
    assert main(["leaderboard", str(path), "--target", "y", "--formula", "formula"]) == 2
    assert "no row has a number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "cells", "found"),
    [
        (4, "PbTe,0,p0,0,1.7", "known.csv, line 4, column 'T': 0 K is not above absolute zero"),
        (4, "Xx3,700,p0,0,1.7", "known.csv, line 4, formula 'Xx3'"),
        (6, "SnTe,,p0,0,1.7", "known.csv, line 6, column 'T': the cell is empty"),
        (6, "SnTe,500,p0,0,wrong", "known.csv, line 6, column 'y': 'wrong' is no number"),
    ],
    ids=["absolute zero", "formula", "empty number", "target"],
)
def test_a_bad_cell_is_named_by_its_line_of_the_file(
    known: Path, line: int, cells: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = known.read_text(encoding="utf-8").splitlines()
    lines[1] = "ZnO,300,p9,2,"  # skipped, and counted as a line all the same
    lines[line - 1] = cells
    known.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(asked(known, *QUICK)) == 2
    assert found in capsys.readouterr().err


def test_a_column_that_holds_no_formulas_is_named_once(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", str(known), "--target", "y", "--formula", "T"]) == 2
    said = capsys.readouterr().err
    assert "column 'T': not one of 36 cells is a formula, as '300'" in said
    assert "--formula" in said
    assert said.count("error") == 1


def test_a_column_goes_before_a_word_of_its_name_and_empty_cells_are_counted(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = known.read_text(encoding="utf-8").replace("paper", "family")
    for temperature in (300, 500, 700):
        text = text.replace(f"GeTe,{temperature},p0", f"GeTe,{temperature},").replace(
            f"NaN,{temperature},p5", f"NaN,{temperature},"
        )
    known.write_text(text, encoding="utf-8")
    for more, split, groups, without in (
        ((), "values of 'family'", 8, 6),  # six papers, and two formulas without one
        (("--group", "family"), "values of 'family'", 8, 6),
        (("--group", "host-family"), "host families", 12, 0),
    ):
        assert main(asked(known, *QUICK, "--folds", "2", *more, "--json")) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["split"] == f"2 folds of whole {split}"
        assert (said["group_count"], said["rows_without_group"]) == (groups, without)
    assert main(asked(known, *QUICK, "--folds", "2")) == 0
    assert "6 rows have none: kept whole by their formula." in capsys.readouterr().out


def test_temperatures_below_zero_are_taken_in_degrees_celsius(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known.write_text(known.read_text(encoding="utf-8").replace(",300,", ",-20,"), encoding="utf-8")
    assert main(asked(known, *QUICK, "--folds", "2")) == 2
    assert "head the column 'T [degC]'" in capsys.readouterr().err
    known.write_text(known.read_text(encoding="utf-8").replace(",T,", ",T [degC],"), encoding="utf-8")
    assert main(asked(known, *QUICK, "--folds", "2")) == 0


@pytest.mark.parametrize("name", ["formula", "compound"])
def test_one_formula_written_in_two_ways_is_one_group(
    known: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = known.read_text(encoding="utf-8").replace("GeTe,500", "Te2Ge2,500").replace("formula,", f"{name},")
    known.write_text(text, encoding="utf-8")
    words = ["leaderboard", str(known), "--target", "y", "--formula", name, "--number", "T", "--group", name]
    assert main([*words, *QUICK, "--folds", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["split"] == "2 folds of whole formulas"
    assert said["group_count"] == 12


def test_all_faults_of_a_table_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "known.csv"
    table.write_text("formula,T,y\nGeTe,300,0.1\nSnTe,300\nPbTe,,0.3\nGeSe,warm,0.4\nNULL,300,0.5\nPbSe,300,high\n")
    assert main([*asked(table), "--json"]) == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert [(one["place"].removeprefix(f"{table}, "), one["found"]) for one in errors] == [
        ("line 3", "2 cells below a header of 3"),
        ("line 7, column 'y'", "'high' is no number"),
        ("line 5, column 'T'", "'warm' is no number"),
        ("line 4, column 'T'", "the cell is empty"),
        ("line 6, formula 'NULL'", "it stands for a missing value"),
    ]


@pytest.mark.parametrize(
    ("text", "found", "cure"),
    [
        ("formula,T,y\n", "it has a header, but no rows", "Give one row a reading."),
        ("formula,T,y\nGeTe,300,\n", "no row has a number", "Fill some in, or name another column: --target."),
        ("formula,T,Y\nGeTe,300,1\n", "no column 'y'", "Did you mean 'Y'?"),
    ],
    ids=["no rows", "no readings", "capitals"],
)
def test_a_table_without_readings_is_told_from_one_without_the_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, found: str, cure: str
) -> None:
    (tmp_path / "known.csv").write_text(text)
    assert main([*asked(tmp_path / "known.csv"), "--json"]) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert (error["found"], error["cure"]) == (found, cure)
