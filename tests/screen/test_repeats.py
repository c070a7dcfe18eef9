"""One composition that is written in several ways is counted, and named, among candidates and readings."""

import json
from pathlib import Path

import pytest

from matloop.chem import parse
from matloop.screen.local import Local
from matloop.screen.run import Looked, Way, look
from matloop.screen.source import Listed
from tests.screen.test_cli import run
from tests.screen.world import formulas, training, write


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    training(tmp_path / "known.csv")
    write(tmp_path / "candidates.csv", ["Zn3Te", *formulas(20, seed=9), "Te2Zn6"])
    return tmp_path


def looked(texts: list[str], size: int = 4096) -> Looked:
    return look(Listed(texts), frozenset(), Way(Local(1), size=size))


@pytest.mark.parametrize("size", [1, 2, 4096])
@pytest.mark.parametrize(
    ("texts", "count", "example"),
    [
        pytest.param(["PbTe", "SnTe", "TePb"], 1, ("PbTe", "TePb"), id="in another order"),
        pytest.param(["PbTe", "Pb2Te2", "TePb", "SnTe"], 2, ("PbTe", "Pb2Te2"), id="another formula unit"),
        pytest.param(["SnTe", "SnTe", "PbTe", "TePb"], 2, ("PbTe", "TePb"), id="alike and otherwise"),
        pytest.param(["SnTe", "PbTe", "SnTe"], 1, ("SnTe", "SnTe"), id="alike"),
        pytest.param(["SnTe", "PbTe", "SnTe2"], 0, None, id="none"),
    ],
)
def test_compositions_that_repeat_are_counted_over_all_chunks(
    texts: list[str], count: int, example: tuple[str, str] | None, size: int
):
    found = looked(texts, size).repeated
    assert (found.count, found.example) == (count, example)


def test_candidates_of_one_composition_are_said_on_console_page_and_in_the_document(tables: Path, capsys):
    known = formulas(20, seed=9)
    compositions = {frozenset(shares(one).items()) for one in ["Zn3Te", *known]}
    count = 22 - len(compositions)
    assert run(tables) == 0
    said = capsys.readouterr().out
    repeats = "1 candidate repeats" if count == 1 else f"{count} candidates repeat"
    assert f"{repeats} the composition of another (" in said
    assert "each composition is chosen once." in said
    assert f"{repeats} the composition of another" in (tables / "out" / "report.html").read_text()
    assert run(tables, "--json") == 0
    assert json.loads(capsys.readouterr().out)["counts"]["repeats"] == count


def amounts(formula: str) -> dict[str, float]:
    read = parse(formula)
    return dict(zip(read.elements, read.amounts, strict=True))


def shares(formula: str) -> dict[str, float]:
    read = amounts(formula)
    return {symbol: round(amount / sum(read.values()), 6) for symbol, amount in read.items()}


def test_readings_of_one_composition_written_in_two_ways_are_named(tables: Path, capsys):
    lines = (tables / "known.csv").read_text().splitlines()
    formula, rest = lines[1].split(",", 1)
    twice = "".join(f"{symbol}{2 * amount:g}" for symbol, amount in reversed(amounts(formula).items()))
    (tables / "known.csv").write_text("\n".join([*lines, f"{twice},{rest}"]) + "\n")
    assert run(tables) == 0
    said = capsys.readouterr().out
    assert (
        f"1 reading repeats formula and conditions of another (as {twice!r} of {formula!r}): all of them count." in said
    )


def test_a_fit_is_announced_and_one_that_only_serves_a_choice_says_so(tables: Path, capsys):
    assert run(tables) == 0
    assert "fitting to 120 rows\n" in capsys.readouterr().err
    assert run(tables, "--rule", "greedy", "--json") == 0
    again = capsys.readouterr()
    assert "fitting to 120 rows again (no model is kept), to choose from its predictions\n" in again.err
    json.loads(again.out)
    assert run(tables, "--exclude", "Bi", "--replace") == 0
    assert "fitting to 120 rows\n" in capsys.readouterr().err
