"""A fault of a screen is placed where it was said: at its option, else in its line of screen.toml."""

import json
from pathlib import Path

import pytest

from matloop.apps.cli.main import main
from tests.screen.test_cli import SETTINGS, run
from tests.screen.world import formulas, training, write


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    training(tmp_path / "known.csv")
    write(tmp_path / "candidates.csv", formulas(30, seed=9))
    return tmp_path


@pytest.mark.parametrize(
    ("option", "given", "place"),
    [
        ("-k", "0", "-k"),
        ("--rule", "best", "--rule"),
        ("--rule", "threshold", "--rule"),
        ("--value", "nan", "--value"),
        ("--std", "-1", "--std"),
        ("--p", "0.5", "--p"),
        ("--farthest", "-1", "--farthest"),
        ("--surrogate", "forrest", "--surrogate"),
        ("--exclude", "rare-erth", "--exclude"),
        ("--at", "zT=3", "--at"),
        ("--at", "T=-5", "--at, 'T'"),
        ("--set", "choose.k=0", "--set choose.k"),
        ("--set", "chose.k=1", "--set chose"),
        ("--set", "choose.kk=1", "--set choose.kk"),
        ("--set", "filters.most={prize=3}", "--set filters.most, figure 'prize'"),
        ("--set", "predict.at={T=[]}", "--set predict.at, 'T'"),
        ("--set", 'training.unit="KK"', "--set training.unit"),
    ],
)
def test_a_fault_of_an_option_is_named_by_the_option(tables: Path, capsys, option: str, given: str, place: str):
    assert run(tables, "--json", option, given) == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert {one["place"] for one in errors} == {place}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("k = 6", "k = 0", "screen.toml:20, [choose] k"),
        ('rule = "bound"', 'rule = "threshold"', "screen.toml:19, [choose] rule"),
        ('"Pb"', '"rare-erth"', "screen.toml:16, [filters] exclude"),
        ('"extra-trees"', '"forrest"', "screen.toml:11, [predict] surrogate"),
        ('"norms"', '"norm"', "screen.toml:10, [predict] features"),
        ("T = [300, 600]", "T = []", "screen.toml:9, [predict] at, 'T'"),
    ],
    ids=["k", "rule", "exclude", "surrogate", "features", "at"],
)
def test_a_fault_of_the_file_is_named_by_the_line_of_its_key(tables: Path, capsys, old: str, new: str, place: str):
    assert run(tables, "--json", settings=SETTINGS.replace(old, new)) == 2
    (error, *_) = json.loads(capsys.readouterr().out)["errors"]
    assert error["place"] == place


def test_an_option_stands_above_a_wrong_key_of_the_file(tables: Path, capsys):
    assert run(tables, "-k", "3", settings=SETTINGS.replace("k = 6", "k = 0")) == 0


def test_without_a_file_what_is_missing_is_named_by_its_option(tables: Path, capsys):
    assert main(["screen", str(tables / "candidates.csv"), "--out", str(tables / "out")]) == 2
    said = capsys.readouterr().err
    assert "error: --train: it is missing\n       Name the table to learn from: --train TABLE." in said
    assert "error: --target: it is missing\n       Name the column of readings: --target COLUMN." in said
    assert "[training]" not in said
