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


def broken(table: Path, at: int) -> None:
    """Cut line 4 to two cells, or four, and write nonsense for the formula of line 6, the cell of that number."""
    lines = table.read_text().splitlines()
    lines[3] = ",".join([*lines[3].split(","), "", ""][:2] if at == 0 else [*lines[3].split(","), "x"])
    cells = lines[5].split(",")
    cells[at] = "Nonsense7q"
    lines[5] = ",".join(cells)
    table.write_text("\n".join(lines) + "\n")


def test_rows_of_too_few_or_too_many_cells_hide_no_other_fault_of_either_table(tables: Path, capsys):
    broken(tables / "known.csv", 0)
    broken(tables / "candidates.csv", 1)
    assert run(tables, "--json") == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    said = [f"{Path(one['place']).name}: {one['found']}" for one in errors]
    assert said == [
        "known.csv, line 4: 2 cells below 4 columns",
        "known.csv, line 6, formula 'Nonsense7q', character 3: 'n' begins no element",
        "candidates.csv, line 4: 3 cells below 2 columns",
        "candidates.csv, line 6, formula 'Nonsense7q', character 3: 'n' begins no element",
    ]


def test_rows_of_another_width_are_set_aside_on_demand(tables: Path, capsys):
    broken(tables / "candidates.csv", 1)
    assert run(tables, "--set-aside", "--json") == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert (counts["candidates"], counts["predicted"], counts["set_aside"]) == (30, 28, 2)
    aside = (tables / "out" / "set-aside.csv").read_text()
    assert "line 4" in aside
    assert "3 cells below 2 columns" in aside
    lines = (tables / "candidates.csv").read_text().splitlines()
    lines[3] = lines[3].removesuffix(",x")
    (tables / "candidates.csv").write_text("\n".join(lines) + "\n")
    assert run(tables, "--set-aside") == 2, "a mended row makes another screen"
    assert "differs in the candidates" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("formula,T,zT\n", "it has a header, but no rows", id="no rows"),
        pytest.param("\n", "known.csv, line 1: the line names no column", id="a blank line"),
        pytest.param("formula,T,zT\nNaCl,300,0.1\n", "the only reading is 0.1", id="one reading"),
        pytest.param("formula,T,zT\nNaCl,,0.1\n", "line 2, column 'T': the cell is empty", id="an empty cell"),
        pytest.param("formula,T,zT\nNULL,300,0.1\nNaN,3,1\n", "'NULL': it stands for a missing value", id="missing"),
        pytest.param("formula,T,Zt\nNaCl,300,0.1\n", "no column 'zT'\n       Did you mean 'Zt'?", id="capitals"),
        pytest.param("formula,T,zT\nNaCl,300\n", "known.csv, line 2: 2 cells below 3 columns", id="one short row"),
    ],
)
def test_what_a_training_table_lacks_is_said_in_words_that_fit(tables: Path, capsys, text: str, said: str):
    (tables / "known.csv").write_text(text)
    assert run(tables) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("error:") == 1
