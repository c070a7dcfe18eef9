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
    first, second = done.out.splitlines()
    assert first == "3 accepted: s0002/1, A01/1/1, A01/2/1."
    assert second.startswith("2 rows of A01 count as 2 specimens (experiments); readings of one specimen have the same")
    assert done.err == ""


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
    assert done.out == "2 accepted: A04/1/1, A01/1/1.\n"
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
    assert done.out == f"1 accepted: A01/1/1.\n{said}.\n"
    status = matloop("status", begun / "campaign.toml", "--json").document
    assert status["counts"]["censored"] == 1
    assert status["advice"]["reason"].endswith(f"; {said}")


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
    assert (done.code, done.out) == (0, "3 accepted: s0003/1, s0004/1, A01/1/1.\n")
