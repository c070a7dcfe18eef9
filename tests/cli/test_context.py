"""The command line with a described category and a context parameter: said by `check`, asked for, assumed and said."""

import csv
import json
from pathlib import Path

from tests.cli.conftest import Matloop

FILE = """
[[objective]]
name = "y"
goal = "maximize"
[[parameter]]
name = "x"
kind = "real"
low = 0
high = 1
step = 0.01
[[parameter]]
name = "solvent"
kind = "categorical"
descriptors = "solvents.csv"
[[parameter]]
name = "humidity"
kind = "context"
low = 20
high = 80
unit = "%"
[strategy]
initial = 3
"""


def written(folder: Path) -> Path:
    (folder / "solvents.csv").write_text("name,polarity,bottle\nDMF,6.4,1\nDMSO,7.2,1\nwater,10.2,1\n")
    (folder / "campaign.toml").write_text(FILE)
    return folder / "campaign.toml"


def fill(form: Path, humidities: list[str]) -> None:
    """Fill in a form as a person would: y is the place of the row."""
    with form.open() as file:
        header, *rows = list(csv.reader(file))
    for i, (row, humidity) in enumerate(zip(rows, humidities, strict=True)):
        row[header.index("humidity")], row[header.index("y")] = humidity, str(i)
    with form.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_check_says_what_is_measured_and_which_descriptors_are_left_out(tmp_path: Path, matloop: Matloop) -> None:
    said = matloop("check", written(tmp_path)).out
    assert "humidity, 20 to 80 %: measured with every reading" in said
    assert "solvent is described by polarity, bottle (bottle left out: the same for all choices)" in said


def test_a_form_without_a_context_value_is_refused_with_its_line(tmp_path: Path, matloop: Matloop) -> None:
    file, form = written(tmp_path), tmp_path / "form.csv"
    matloop("suggest", file, "-n", "3", "--out", form)
    fill(form, ["40", "", "42"])
    done = matloop("tell", file, form)
    assert done.code == 2
    assert "form.csv, line 3, column 'humidity': no value of 'humidity'" in done.err
    assert "executed=" not in done.err


def test_the_value_assumed_is_said_by_suggest_and_status(tmp_path: Path, matloop: Matloop) -> None:
    file, form = written(tmp_path), tmp_path / "form.csv"
    matloop("suggest", file, "-n", "3", "--out", form)
    fill(form, ["40", "41", "50"])
    assert matloop("tell", file, form).out.startswith("3 accepted: s0001/1, s0002/1, s0003/1.\n")
    for given, said in ((("--fixed", "humidity=55"), "55 % (as given)"), ((), "41 % (median of 3 readings)")):
        (suggestion,) = json.loads(matloop("suggest", file, *given, "--json").out)["suggestions"]
        assert f"at humidity = {said}" in suggestion["reason"]
        assert list(suggestion["values"]) == ["x", "solvent"]
    assert json.loads(matloop("status", file, "--json").out)["best"][0]["context"] == {"humidity": 41.0}
    assert "predicted at humidity 41" in matloop("status", file).out
    assert "3 asks, 0 with other candidates" in matloop("check", file, "--recompute").out
