"""Constraints and narrowed asks on the command line: what check shows, and which exit code says what."""

from pathlib import Path

import pytest

from tests.cli.conftest import CAMPAIGN, Matloop

SPACE = '[[objective]]\nname = "y"\ngoal = "maximize"\n' + "".join(
    f'[[parameter]]\nname = "{name}"\nkind = "real"\nlow = 0\nhigh = 1\n' for name in "ab"
)
NEEDLE = "a*b > 0.24 and a*b < 0.240000001 and a*a > 2.25*b*b and a*a < 2.2500000001*b*b and a*a + b*b < 0.5"


def constraint(expression: str) -> str:
    return f'[[constraint]]\nexpression = "{expression}"\n'


def test_check_shows_how_many_rows_fall_to_each_constraint(fresh: Path, matloop: Matloop) -> None:
    file = fresh / "campaign.toml"
    held = constraint("Cr + Mo < 12") + '[[constraint]]\nat_most = 1\nnonzero = ["Cr", "Mo"]\n'
    file.write_text(CAMPAIGN + held)
    done = matloop("check", file, "--json")
    assert done.document["constraints"] == [
        {"constraint": "Cr + Mo < 12", "rows_fallen": 4},
        {"constraint": "at most 1 nonzero of Cr, Mo", "rows_fallen": 6},
    ]
    assert done.document["candidates"]["count"] == 5
    said = matloop("check", file).out
    assert "constraint  Cr + Mo < 12: 4 rows fall" in said
    assert "candidates  5 in a pool from 5 of the 12 rows of candidates.csv" in said


@pytest.mark.parametrize("text", [SPACE, CAMPAIGN], ids=["space", "pool"])
def test_check_warns_of_an_at_most_that_excludes_nothing(text: str, fresh: Path, matloop: Matloop) -> None:
    file = fresh / "campaign.toml"
    names = '["a", "b"]' if text is SPACE else '["Cr", "Mo"]'
    file.write_text(text + f"[[constraint]]\nat_most = 2\nnonzero = {names}\n")
    done = matloop("check", file, "--json")
    assert done.code == 0
    assert done.document["constraints"][0]["excludes_nothing"] is True
    assert "warning: it excludes nothing: lower at_most" in matloop("check", file).out
    file.write_text(text + f"[[constraint]]\nat_most = 1\nnonzero = {names}\n")
    assert "excludes_nothing" not in matloop("check", file, "--json").document["constraints"][0]
    assert "warning" not in matloop("check", file).out


def test_tell_names_the_constraint_that_took_a_known_candidate_out(fresh: Path, matloop: Matloop) -> None:
    file = fresh / "campaign.toml"
    file.write_text(CAMPAIGN + constraint("Cr < 15") + constraint("Mo < 1"))
    (fresh / "told.csv").write_text("alloy,hardness\nA03,1\nA04,2\nA07,3\nA99,4\nA00,5\n")
    faults = matloop("tell", file, fresh / "told.csv", "--json").document["errors"]
    assert [fault["found"].partition("but was taken out by ")[2] for fault in faults] == [
        *("constraint Cr < 15", "constraint Mo < 1", "constraint Cr < 15 and constraint Mo < 1"),
        "",
    ]
    assert faults[3]["found"].startswith("no candidate of this id is in the pool")
    assert "Give its values as well" in faults[0]["cure"]
    (fresh / "told.csv").write_text("alloy,Cr,Mo,annealing,hardness\nA03,15,0,none,1\n")
    assert matloop("tell", file, fresh / "told.csv").code == 0  # as the cure promises
    assert matloop("suggest", file, "-n", "3", "--json").code == 0


def test_a_pool_filtered_to_nothing_exits_2_with_names_and_counts(fresh: Path, matloop: Matloop) -> None:
    file = fresh / "campaign.toml"
    file.write_text(CAMPAIGN + constraint("Cr > 15") + constraint("Mo < 1"))
    done = matloop("check", file, "--json")
    assert done.code == 2
    assert "Cr > 15 takes 12 of 12, constraint Mo < 1 takes 8 of 12" in done.document["errors"][0]["found"]


def test_a_space_proven_empty_exits_2_and_names_the_constraint(tmp_path: Path, matloop: Matloop) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(SPACE + constraint("a + b > 2"))
    done = matloop("suggest", file, "--json")
    assert done.code == 2
    assert "a + b > 2" in done.document["errors"][0]["place"]
    assert done.document["errors"][0]["found"] == "no point of the space meets it"


def test_what_is_not_found_in_the_stated_effort_exits_1_and_says_so(tmp_path: Path, matloop: Matloop) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(SPACE + constraint(NEEDLE))
    assert "candidates  at most " in matloop("check", file).out
    done = matloop("suggest", file, "--json")
    assert done.code == 1
    assert "found among 200,000 that were looked at" in done.document["errors"][0]["found"]


def test_fixed_and_excluded_on_the_command_line(fresh: Path, matloop: Matloop) -> None:
    file = fresh / "campaign.toml"
    narrowed = ("--fixed", "Cr=5", "--fixed", "annealing=hot", "--exclude", "A00")
    chosen = matloop("suggest", file, "-n", 1, *narrowed, "--json").document["suggestions"]
    assert [one["candidate"] for one in chosen] == ["A05"]
    left = matloop("suggest", file, "-n", 2, "--fixed", "Cr=10", "--exclude", "A02", "--json").document["suggestions"]
    assert {one["candidate"] for one in left} == {"A06", "A10"}
    assert matloop("check", file, "--recompute", "--json").document["recomputed"]["altered"] == []


@pytest.mark.parametrize(
    ("option", "found"),
    [
        (("--fixed", "Cr"), "no NAME=VALUE"),
        (("--fixed", "=5"), "no NAME=VALUE"),
        (("--fixed", "Cr=5", "--fixed", "Cr=6"), "fixed twice"),
        (("--fixed", "Crr=5"), "unknown feature 'Crr'"),
        (("--fixed", "Cr=five"), "no number"),
        (("--fixed", "Cr=7"), "no candidate of the pool"),
        (("--exclude", "A99"), "no such candidate"),
    ],
    ids=" ".join,
)
def test_a_wish_that_cannot_be_met_exits_2_and_writes_nothing(
    option: tuple[str, ...], found: str, fresh: Path, matloop: Matloop
) -> None:
    done = matloop("suggest", fresh / "campaign.toml", *option, "--json")
    assert done.code == 2
    assert found in done.document["errors"][0]["found"]
    assert not (fresh / "campaign.db").exists()
