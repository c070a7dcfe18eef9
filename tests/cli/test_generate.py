"""`generate`: what is counted, written and drawn, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli.main import main


def document(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main(["generate", *words, "--json"]) == code
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


SMALL = ("--elements", "Na,Fe,P,O,Pb", "--orders", "2-4", "--exclude", "toxic", "--highest", "6")


def test_what_is_counted_is_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, *SMALL, "--out", str(tmp_path / "all.csv"))
    head, *rows = (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()
    assert head == "formula"
    assert told["compositions"] == told["written"] == len(rows) == len(set(rows))
    assert "NaFePO4" in rows
    assert told["left_out"] == {"Pb": "it is excluded"}
    assert sum(pair[0] for pair in told["by_elements"].values()) == len(rows)


def test_a_sample_is_drawn_from_what_would_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document(capsys, *SMALL, "--out", str(tmp_path / "all.csv"))
    drawn = document(capsys, *SMALL, "--sample", "20", "--seed", "3")["formulas"]
    again = document(capsys, *SMALL, "--sample", "20", "--seed", "3")["formulas"]
    assert drawn == again
    assert len(set(drawn)) == 20
    assert set(drawn) <= set((tmp_path / "all.csv").read_text(encoding="utf-8").splitlines())


def test_a_sample_of_a_large_space_comes_with_an_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "--orders", "5", "--sample", "5")
    assert told["compositions"] is None
    assert told["assignments"] > 10**9
    assert told["estimate"]["low"] < told["estimate"]["compositions"] < told["estimate"]["high"]


def test_limits_are_on_the_mean_or_on_every_element(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "--elements", "Na,Pt,Cl,O", "--orders", "2", "--limit", "element:price=100")
    assert told["left_out"]["Pt"].startswith("its price is 27800")
    fewer = document(capsys, *SMALL, "--limit", "price=1")
    assert 0 < fewer["compositions"] < document(capsys, *SMALL)["compositions"]


def test_solid_solutions_are_written_by_sublattice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sites = ("--site", "A=La(3),Sr(2):1", "--site", "B=Mn(3 4):1", "--site", "X=O(-2):3")
    told = document(capsys, *sites, "--mixed", "--parts", "4", "--out", str(tmp_path / "a.csv"))
    assert told["sites"] == ["A.La", "A.Sr", "B.Mn", "X.O"]
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").split() == [
        *("formula", "SrMnO3", "La0.25Sr0.75MnO3", "La0.5Sr0.5MnO3", "La0.75Sr0.25MnO3", "LaMnO3")
    ]
    rigid = document(capsys, *sites, "--parts", "4")
    assert rigid["compositions"] == 2


def test_text_says_how_many_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", *SMALL]) == 0
    said = capsys.readouterr().out
    assert "left out    Pb: it is excluded" in said
    assert "4 elements" in said
    assert "--out CSV" in said


@pytest.mark.parametrize(
    ("words", "places"),
    [
        (("--elements", "Xx"), ["elements"]),
        (("--orders", "2-x", "--limit", "pric=5", "--limit", "price=a"), ["--limit", "--limit", "--orders"]),
        (("--limit", "price"), ["--limit"]),
        (("--limit", "all:price=5"), ["--limit"]),
        (("--orders", "4-2"), ["--orders"]),
        (("--orders", "2-40"), ["orders"]),
        (("--elements", ""), ["--elements"]),
        (("--elements", " , ", "--require", ""), ["--elements", "--require"]),
        (("--site", "A"), ["--site"]),
        (("--site", "A=Sr(x):1"), ["--site"]),
        (("--site", "A=Zz:1"), ["sublattice"]),
        (("--highest", "0"), ["highest"]),
        (("--exclude", "rare-erth"), ["exclude"]),
        (("--out", "nowhere/all.csv"), ["nowhere"]),
    ],
    ids=[
        "element", "several", "no number", "scope", "downwards", "many orders", "no element", "no names", "site",
        "charge", "symbol", "highest", "group", "folder",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_once(
    words: tuple[str, ...], places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    errors = document(capsys, *words, code=2)["errors"]
    assert [next((place for place in places if error["place"].startswith(place)), None) for error in errors] == places
    assert all(error["cure"] for error in errors)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "all.csv"
    told = document(capsys, "--orders", "7", "--highest", "20", "--out", str(out), code=2)
    assert "Lower `highest`" in told["errors"][0]["cure"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "all.csv"
    out.write_text("mine")
    told = document(capsys, *SMALL, "--out", str(out), code=2)
    assert "there already" in told["errors"][0]["found"]
    assert out.read_text() == "mine"


def test_orders_that_run_downwards_are_named_the_right_way_round(capsys: pytest.CaptureFixture[str]) -> None:
    (error,) = document(capsys, "--orders", "5-2", code=2)["errors"]
    assert error["found"] == "'5-2' runs downwards"
    assert "2-5" in error["cure"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--elements", "Na,K", "--orders", "2"), "all charges of K, Na are positive"),
        (("--elements", "Na,Cl", "--limit", "price=1e-9"), "the least of these elements is Cl with 0.082"),
        (("--elements", "Al,O", "--orders", "2", "--highest", "1"), "raise --highest"),
        (("--site", "A=Sr,La"), "A brings +2 to +3): add a sublattice of anions"),
        (("--site", "A=Sr,La", "--site", "X=O:3"), "X brings -6): change the numbers of sites"),
        (("--site", "A=Al:1", "--site", "X=O,F:2", "--parts", "1"), "use more --parts"),
    ],
    ids=["cations alone", "limit", "ratios", "no anions", "numbers of sites", "parts"],
)
def test_an_empty_space_says_why_it_is_empty(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = document(capsys, *words)
    assert told["compositions"] == 0
    (warning,) = told["warnings"]
    assert why in warning


def test_one_formula_is_one_and_a_space_that_holds_some_is_not_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--elements", "Na,Cl", "--orders", "2"]) == 0
    told = capsys.readouterr()
    assert "2 elements  1 formula, 1 with" in told.out
    assert told.err == ""


def test_what_is_excluded_may_stand_in_one_text_or_in_several(capsys: pytest.CaptureFixture[str]) -> None:
    wide = ("--elements", "Na,Fe,O,Pb,Tl", "--orders", "2-3")
    together = document(capsys, *wide, "--exclude", "Pb,Tl")
    apart = document(capsys, *wide, "--exclude", "Pb", "--exclude", "Tl")
    assert together == apart
    assert set(together["left_out"]) == {"Pb", "Tl"}
