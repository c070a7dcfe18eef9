"""`matloop inspect` on the command line: what it prints, keeps, refuses, and exits with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli.main import main
from tests.care.tables import process, thermoelectrics

QUICK = ("--skip", "outliers of a model")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["inspect", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    thermoelectrics(1, materials=12).to_csv(tmp_path / "sound.csv", index=False)
    return tmp_path / "sound.csv"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    frame = thermoelectrics(1, materials=12)
    frame.loc[40, "zT"] *= 100
    frame.loc[70, "formula"] = "<b>Xx2</b>"
    frame.to_csv(tmp_path / "faulty.csv", index=False)
    return tmp_path / "faulty.csv"


def test_a_sound_table_exits_0_and_says_so(run: Any, sound: Path) -> None:
    code, out, err = run(sound, *QUICK)
    assert (code, err) == (0, "")
    assert "Nothing was found." in out
    assert "zT: zT (guessed), target (guessed)" in out


def test_warnings_exit_0_and_errors_exit_1(run: Any, faulty: Path, tmp_path: Path) -> None:
    code, out, _ = run(faulty, *QUICK)
    assert code == 1
    assert "line 42" in out
    frame = process(1)
    frame.loc[3, "offset"] = 400.0
    frame.to_csv(tmp_path / "warned.csv", index=False)
    code, out, _ = run(tmp_path / "warned.csv")
    assert code == 0
    assert "warning" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("absent.csv",), "no such file"),
        (("sound.csv", "--formula", "formul"), "Did you mean 'formula'"),
        (("sound.csv", "--quantity", "seebeck"), "has no ="),
        (("sound.csv", "--unit", "zT"), "has no ="),
        (("sound.csv", "--skip", "leakge"), "Did you mean 'leakage'"),
        (("sound.csv", "--header-row", "0"), "header-row"),
        (("sound.csv", "--header-row", "9999"), "no line 9999"),
        (("sound.csv", "--out", "found.txt"), "ends in .html or .csv"),
        (("sound.csv", "--out", "sound.csv"), "it is the table itself"),
        (("sound.csv", "--out", "other.csv"), "no list of findings"),
        (("sound.csv", "--out", "page.html"), "is no report"),
        (("sound.csv", "--out", "nowhere/found.csv"), "no folder"),
    ],
    ids=[
        "file",
        "formula",
        "quantity",
        "unit",
        "skip",
        "row 0",
        "row 9999",
        "suffix",
        "itself",
        "csv",
        "html",
        "folder",
    ],
)
def test_what_cannot_be_done_exits_2_and_writes_nothing(
    words: tuple[str, ...], message: str, run: Any, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sound.parent)
    for name in ("other.csv", "page.html"):
        Path(name).write_text("mine")
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    code, _, err = run(*words, *QUICK)
    assert code == 2
    assert message in err
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before


def test_json_is_one_document_with_every_line(run: Any, faulty: Path) -> None:
    code, out, _ = run(faulty, *QUICK, "--json")
    assert code == 1
    document = json.loads(out)
    assert document["rows"] == 144
    assert document["counts"]["error"] == sum(one["severity"] == "error" for one in document["findings"])
    ten = next(one for one in document["findings"] if one["kind"] == "power of ten")
    assert (ten["lines"], ten["figures"]["factor"]) == ([42], "10^2")
    assert {"role": "formula", "column": "formula", "unit": None, "how": "guessed"} in document["roles"]
    assert document["not_looked_for"] == {"outliers of a model": "left out by --skip"} | document["not_looked_for"]


def test_findings_are_kept_as_a_table_and_may_be_kept_again(run: Any, faulty: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert run(faulty, *QUICK, "--out", tmp_path / "found.csv")[0] == 1
    lines = (tmp_path / "found.csv").read_text().splitlines()
    assert lines[0] == "severity,kind,place,columns,found,cure"
    assert any(line.startswith("error,power of ten,42,") for line in lines)


def test_findings_are_kept_as_a_page_that_loads_nothing_and_runs_nothing(
    run: Any, faulty: Path, tmp_path: Path
) -> None:
    assert run(faulty, *QUICK, "--out", tmp_path / "found.html")[0] == 1
    page = (tmp_path / "found.html").read_text()
    assert "power of ten" in page
    assert "&lt;b&gt;Xx2" in page
    assert "<b>Xx2" not in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_named_columns_units_and_thresholds_are_heard(run: Any, tmp_path: Path) -> None:
    frame = thermoelectrics(2, materials=12).set_axis(["comp", "deg", "alpha1", "s2", "k2", "merit", "side"], axis=1)
    frame.to_csv(tmp_path / "odd.csv", index=False)
    words = [
        "--formula", "comp", "--temperature", "deg", "--target", "merit", "--fold", "side", "--threshold", "9",
        "--quantity", "seebeck=alpha1", "--quantity", "conductivity=s2", "--quantity", "thermal_conductivity=k2",
        "--quantity", "zT=merit", "--unit", "alpha1=uV/K", "--unit", "deg=K", "--input", "comp", "--input", "deg",
    ]  # fmt: skip
    code, out, _ = run(tmp_path / "odd.csv", *words, *QUICK, "--json")
    document = json.loads(out)
    assert code == 0
    assert {role["how"] for role in document["roles"]} == {"named"}
    assert {one["kind"] for one in document["findings"]} == {"class balance"}
