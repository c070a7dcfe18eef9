"""What `tell` prints of what it took in: keys, warnings, readings that no model uses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Matloop = Callable[..., Any]


@pytest.fixture
def told(begun: Path, matloop: Matloop) -> Callable[..., Any]:
    """Tell the campaign under way a table."""

    def call(table: str, *options: str) -> Any:
        (begun / "readings.csv").write_text(table)
        return matloop("tell", begun / "campaign.toml", begun / "readings.csv", *options)

    return call


def test_the_keys_of_what_was_accepted_are_printed(told: Callable[..., Any]) -> None:
    done = told("suggestion,alloy,hardness\ns0002,,3\n,A01,2\n,A01,2.5\n")
    first, second, third = done.out.splitlines()
    assert first == "3 accepted: s0002/1, A01/1/1, A01/2/1."
    assert second.startswith("2 rows of A01 count as 2 specimens (experiments); readings of one specimen have the same")
    assert third.startswith("If one is wrong: `matloop correct ")
    assert done.err == ""


@pytest.mark.parametrize("who", ["alloy,", "Cr,Mo,annealing,"], ids=["by id", "by values"])
def test_a_contradiction_names_its_line_whether_the_candidate_is_given_by_id_or_by_values(
    who: str, told: Callable[..., Any], begun: Path
) -> None:
    cells = {"alloy,": "A01,", "Cr,Mo,annealing,": "5,0,cold,"}[who]
    told("alloy,hardness\nA01,2\n")
    done = told(f"{who}hardness\n{cells}3\n")
    assert done.code == 2
    assert f"error: {begun / 'readings.csv'}, line 2, A01/1/1: hardness = 3 contradicts what is held" in done.err


def test_of_many_keys_the_first_are_printed_and_json_has_all(told: Callable[..., Any]) -> None:
    rows = "".join(f"A01,{2 + n / 10}\n" for n in range(12))
    assert told(f"alloy,hardness\n{rows}").out.splitlines()[0].endswith("A01/9/1, A01/10/1 and 2 more.")
    rows = "".join(f"A02,{2 + n / 10}\n" for n in range(12))
    assert told(f"alloy,hardness\n{rows}", "--json").document["keys"] == [f"A02/{n}/1" for n in range(1, 13)]


def test_warnings_name_line_and_cure_on_standard_error_and_in_json(told: Callable[..., Any], begun: Path) -> None:
    table = "alloy,Cr,hardness\nA04,0,2\nA01,10,3\n"
    done = told(table)
    place, found = f"{begun / 'readings.csv'}, line 3", "A01 has Cr 5 in the pool, the row says 10: taken as executed"
    assert done.code == 0
    assert done.out.startswith("2 accepted: A04/1/1, A01/1/1.\n")
    assert done.err.startswith(f"warning: {place}: {found}")
    assert "matloop correct FILE A01/1/1 status=aborted" in done.err
    (warning,) = told(table.replace("A01", "A05"), "--json").document["warnings"]
    assert warning["place"] == place
    assert warning["found"].startswith("A05 has Cr 5")
    assert "matloop correct FILE A05/1/1" in warning["cure"]


def test_a_terminal_gets_ten_warnings_and_the_number_of_the_others(told: Callable[..., Any]) -> None:
    rows = "".join(f"A{n:02d},99,2\n" for n in range(12))
    done = told(f"alloy,Cr,hardness\n{rows}")
    assert done.err.count("warning: ") == 10
    assert done.err.endswith("... and 2 more; --json lists them all.\n")


def test_readings_below_detection_are_named_by_tell_and_by_status(
    told: Callable[..., Any], begun: Path, matloop: Matloop
) -> None:
    done = told("alloy,hardness,status\nA01,2,below\n")
    said = "1 reading below or above the limit of detection: kept, the model takes it for a bound"
    assert done.out.startswith(f"1 accepted: A01/1/1.\n{said}.\n")
    status = matloop("status", begun / "campaign.toml", "--json").document
    assert status["counts"]["censored"] == 1
    assert status["advice"]["reason"].endswith(f"; {said}")


def test_before_a_surrogate_is_picked_tell_leaves_open_whether_readings_below_detection_count(
    told: Callable[..., Any], begun: Path, matloop: Matloop
) -> None:
    file = begun / "campaign.toml"
    text = file.read_text()
    assert text.count("[strategy]\n") == 1
    file.write_text(text.replace("[strategy]\n", '[strategy]\nsurrogate = "auto"\n'))
    done = told("alloy,hardness,status\nA01,2,below\n")
    said = "kept, the model that is picked next takes it for a bound or cannot use it"
    assert f"1 reading below or above the limit of detection: {said}.\n" in done.out
    assert matloop("status", file, "--json").document["advice"]["reason"].endswith(said)


def test_help_names_every_column_and_its_example_is_accepted(
    told: Callable[..., Any], begun: Path, matloop: Matloop
) -> None:
    matloop("suggest", begun / "campaign.toml", "-n", "2")
    text = matloop("tell", "--help").out
    names = ("suggestion", "candidate", "reading", "experiment", "status", "note", "NAME_std")
    assert [name for name in names if f"\n    {name} " not in text] == []
    assert [word for word in ("ok", "failed", "aborted", "below", "above") if word not in text] == []
    example = text.partition("Example:\n")[2].partition("\n\n")[0].replace("S017", "A01")
    done = told("\n".join(line.strip() for line in example.splitlines()) + "\n")
    assert (done.code, done.out.splitlines()[0]) == (0, "3 accepted: s0003/1, s0004/1, A01/1/1.")


def test_identical_rows_are_counted_as_specimens_and_named_in_one_warning(told: Callable[..., Any]) -> None:
    (warning,) = told("alloy,hardness\nA01,2\nA02,3\nA01,2\nA02,3\n", "--json").document["warnings"]
    assert warning["place"].endswith("readings.csv, lines 2, 4, 3 and 5")
    assert "A01/1/1 and A01/2/1; A02/1/1 and A02/2/1" in warning["found"]
    assert "each is counted as a separate specimen" in warning["found"]
    assert "matloop correct FILE A01/2/1 status=aborted" in warning["cure"]
    assert "column `reading` with 2" in warning["cure"]


@pytest.mark.parametrize(
    "table",
    [
        "alloy,hardness\nA01,2\nA01,2.1\n",
        "alloy,hardness,reading\nA01,2,1\nA01,2,2\n",
        "alloy,hardness,experiment\nA01,2,1\nA01,2,2\n",
        "alloy,hardness,note\nA01,2,left end\nA01,2,right end\n",
    ],
    ids=["other number", "numbered readings", "numbered experiments", "other notes"],
)
def test_rows_that_differ_or_are_numbered_are_no_copies(told: Callable[..., Any], table: str) -> None:
    assert told(table).err == ""


def test_a_copy_of_a_held_row_is_named_when_it_is_new(told: Callable[..., Any]) -> None:
    told("alloy,hardness\nA01,2\n")
    done = told("alloy,hardness\nA01,2\nA01,2\n")
    assert "lines 2 and 3" in done.err
    assert told("alloy,hardness\nA01,2\nA01,2\n").err == ""


def test_status_shows_what_a_voided_reading_held(told: Callable[..., Any], begun: Path, matloop: Matloop) -> None:
    told("alloy,hardness,hardness_std\nA01,2,0.5\n")
    file = begun / "campaign.toml"
    matloop("correct", file, "A01/1/1", "hardness=3", "--reason", "misread")
    matloop("correct", file, "A01/1/1", "status=aborted", "--reason", "wrong alloy")
    out = matloop("status", file, "--readings").out
    assert "Corrected A01/1/1: it held hardness = 2.0 (std 0.5); reason: misread." in out
    assert "Voided A01/1/1: it held hardness = 3.0 (std 0.5); reason: wrong alloy." in out
    readings = matloop("status", file, "--readings", "--json").document["readings"]
    (reading,) = (one for one in readings if one["key"] == "A01/1/1")
    assert all("corrections" not in one for one in readings if one is not reading)
    assert [one["mark"] for one in reading["corrections"]] == ["corrected", "voided"]
    assert reading["corrections"][1]["was"] == {
        "status": "ok", "outcome": {"hardness": 3.0}, "std": {"hardness": 0.5}, "note": ""
    }  # fmt: skip


def test_withdrawing_a_reading_says_how_it_is_voided(told: Callable[..., Any], begun: Path, matloop: Matloop) -> None:
    told("alloy,hardness\nA01,2\n")
    done = matloop("withdraw", begun / "campaign.toml", "A01/1/1", "--reason", "slip")
    assert done.code == 2
    assert "matloop correct FILE A01/1/1 status=aborted" in done.err
