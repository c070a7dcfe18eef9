"""`correct` on the command line, and the list of readings from which its keys are taken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.campaign import Campaign

Matloop = Callable[..., Any]


@pytest.fixture
def file(begun: Path, matloop: Matloop) -> Path:
    """A campaign in which s0001 was measured, and A07 failed though nobody suggested it."""
    told = "candidate,hardness,hardness_std,status,note\nA07,,,failed,cracked\nA11,4.5,0.2,,slow furnace\n"
    (begun / "more.csv").write_text(told)
    matloop("tell", begun / "campaign.toml", begun / "more.csv")
    return begun / "campaign.toml"


def reading(file: Path, key: str) -> Any:
    return next(one for held, one in Campaign.open(file).state.readings.items() if str(held) == key)


def test_every_reading_is_listed_with_the_key_that_correct_takes(file: Path, matloop: Matloop) -> None:
    listed = matloop("status", file, "--readings", "--json").document["readings"]
    assert [one["key"] for one in listed] == ["s0001/1", "A07/1/1", "A11/1/1"]
    for one in listed:
        assert matloop("correct", file, one["key"], "note=seen", "--reason", "x").code == 0
    assert {one.note for one in Campaign.open(file).state.readings.values()} == {"seen"}


def test_a_listed_reading_says_what_was_told(file: Path, matloop: Matloop) -> None:
    listed = matloop("status", file, "--readings", "--json").document["readings"]
    assert listed[2] == {
        **{"key": "A11/1/1", "suggestion": None, "candidate": "A11", "experiment": 1, "reading": 1, "status": "ok"},
        **{"values": {"Cr": 15, "Mo": 2, "annealing": "hot"}, "executed": {}, "outcome": {"hardness": 4.5}},
        **{"std": {"hardness": 0.2}, "outside": False, "note": "slow furnace"},
    }


def test_the_list_for_the_eye_has_keys_numbers_status_and_note(file: Path, matloop: Matloop) -> None:
    lines = matloop("status", file, "--readings").out.splitlines()
    assert lines[0].split() == ["key", "candidate", "hardness", "hardness_std", "status", "outside", "note"]
    assert lines[2].split() == ["A07/1/1", "A07", "failed", "cracked"]
    assert lines[3].split() == ["A11/1/1", "A11", "4.5", "0.2", "ok", "slow", "furnace"]


def test_status_without_the_option_lists_no_readings(file: Path, matloop: Matloop) -> None:
    assert "readings" not in matloop("status", file, "--json").document
    assert "A11/1/1" not in matloop("status", file).out


def test_the_table_of_python_holds_every_part_of_a_key(file: Path) -> None:
    table = Campaign.open(file).table()
    parts = table[["suggestion", "candidate", "experiment", "reading"]].astype(object).where(table.notna(), None)
    assert parts.iloc[0].tolist()[:2] + parts.iloc[0].tolist()[3:] == ["s0001", reading(file, "s0001/1").candidate, 1]
    assert parts.iloc[1].tolist() == [None, "A07", 1, 1]


def test_all_fields_are_corrected_in_one_go(file: Path, matloop: Matloop) -> None:
    given = ("hardness=9", "hardness_std=0.5", "status=ok", "note=the other half, x=3")
    done = matloop("correct", file, "A07/1/1", *given, "--reason", "sheet misread", "--json")
    assert done.document == {
        **{"corrected": "A07/1/1", "outcome": {"hardness": 9.0}, "std": {"hardness": 0.5}},
        **{"status": "ok", "note": "the other half, x=3"},
    }
    held = reading(file, "A07/1/1")
    assert (held.outcome, held.std, held.status) == ({"hardness": 9.0}, {"hardness": 0.5}, "ok")
    assert held.note == "the other half, x=3"


def test_a_std_with_nothing_after_the_sign_is_taken_away(file: Path, matloop: Matloop) -> None:
    done = matloop("correct", file, "A11/1/1", "hardness_std=", "--reason", "a guess")
    assert done.out == "Corrected A11/1/1: hardness_std = none.\n"
    assert reading(file, "A11/1/1").std == {}


def test_a_voided_reading_makes_room_for_the_right_candidate(file: Path, begun: Path, matloop: Matloop) -> None:
    assert matloop("correct", file, "A11/1/1", "status=aborted", "--reason", "that was A10").code == 0
    (begun / "right.csv").write_text("candidate,hardness\nA10,4.5\n")
    assert matloop("tell", file, begun / "right.csv").code == 0
    counts = matloop("status", file, "--json").document["counts"]
    assert (counts["measured"], counts["aborted"], counts["failed"]) == (2, 1, 1)


def test_voiding_says_what_holds_of_the_candidate_then(file: Path, begun: Path, matloop: Matloop) -> None:
    (begun / "twice.csv").write_text("candidate,experiment,hardness\nA11,2,4.4\n")
    matloop("tell", file, begun / "twice.csv")
    first = matloop("correct", file, "A11/2/1", "status=aborted", "--reason", "told twice").out
    assert "It counts no more; A11 keeps what A11/1/1 says." in first
    second = matloop("correct", file, "A11/1/1", "status=aborted", "--reason", "that was A10").out
    assert "It counts no more; A11 may be suggested again." in second
    (begun / "outside.csv").write_text("candidate,Cr,Mo,annealing,hardness\nB99,17,2,hot,4.4\n")
    assert matloop("tell", file, begun / "outside.csv").code == 0
    third = matloop("correct", file, "B99/1/1", "status=aborted", "--reason", "no such alloy").out
    assert "B99 is none of the campaign's candidates" in third


def test_the_help_of_correct_names_the_way_to_void_a_reading(matloop: Matloop) -> None:
    said = " ".join(matloop("correct", "--help").out.split())
    assert "To void (undo) a reading" in said
    assert "status=aborted" in said
    assert "OBJ_std=VALUE" in said


@pytest.mark.parametrize(
    ("given", "found", "cure"),
    [
        (["hardness=9"], "it is failed and holds no number", "status=ok"),
        (["hardness_std=x"], "no OBJ=VALUE", "hardness_std=0.4"),
        (["status=ok", "status=failed"], "'status' is given twice", "once"),
        (["hardness=9", "hardness=8"], "'hardness' is given twice", "once"),
        (["status=faild"], "unknown status 'faild'", "'failed'"),
        (["hardness="], "no OBJ=VALUE", "hardness=31.2"),
        (["hardness=7,1"], "no OBJ=VALUE", "Write hardness=7.1 if it is a decimal, which takes a point."),
    ],
    ids=["no status", "std of text", "status twice", "objective twice", "typo", "empty number", "decimal comma"],
)
def test_a_correction_that_cannot_be_is_refused_with_its_cure(
    given: list[str], found: str, cure: str, file: Path, matloop: Matloop
) -> None:
    before = Campaign.open(file).state.head
    done = matloop("correct", file, "A07/1/1", *given, "--reason", "x", "--json")
    (fault,) = done.document["errors"]
    assert done.code == 2
    assert found in fault["found"]
    assert cure in fault["cure"]
    assert Campaign.open(file).state.head == before
