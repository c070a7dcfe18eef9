"""Whatever is handed in: exit code 2, the place, what was found and a cure; no traceback, and nothing is written."""

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Edit = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """One broken input: how it is made, the call, and the words that place, found and cure must hold."""

    id: str
    edit: Edit
    argv: tuple[str, ...]
    place: str
    found: str
    cure: str


def swap(old: str, new: str, file: str = "campaign.toml") -> Edit:
    def edit(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))

    return edit


def put(content: str | bytes, file: str = "campaign.toml") -> Edit:
    def edit(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    return edit


def nothing(_: Path) -> None: ...


CHECK = ("check", "campaign.toml")
TELL = ("tell", "campaign.toml", "readings.csv")
TWICE = '[[objective]]\nname = "hardness"\ngoal = "minimize"\n'
GOOD_HEAD = '[[objective]]\nname = "y"\ngoal = "maximize"\n'
REAL = '[[parameter]]\nname = "{}"\nkind = "real"\nlow = {}\nhigh = {}\nstep = {}\n'


def config(id: str, edit: Edit, place: str, found: str, cure: str) -> Case:
    return Case(id, edit, CHECK, place, found, cure)


def space(id: str, tables: str, place: str, found: str, cure: str) -> Case:
    return Case(id, put(GOOD_HEAD + tables), CHECK, place, found, cure)


def readings(id: str, content: str | bytes, place: str, found: str, cure: str) -> Case:
    return Case(id, put(content, "readings.csv"), TELL, place, found, cure)


SUM = '[[constraint]]\nsum = ["a", "b"]\nequals = {}\n'

FILES = [
    config("missing file", lambda f: (f / "campaign.toml").unlink(), "campaign.toml", "no such file", "matloop init"),
    config("empty file", put(""), "campaign.toml", "empty", "matloop init"),
    config("only blanks", put(" \n\n"), "campaign.toml", "empty", "matloop init"),
    config("binary file", put(bytes(range(256))), "campaign.toml:2", "0x80", "UTF-8"),
    config("not UTF-8", put('[campaign]\nname = "Zür"\n'.encode("latin-1")), "campaign.toml:2", "0xfc", "UTF-8"),
    config("a line of 50 MB", put(b"x = '" + b"a" * 50_000_000), "campaign.toml", "47.7 MB", "CSV files"),
    config("not TOML", put("[campaign]\nname: steel\n"), "campaign.toml:2, column 5", "not TOML", "name = value"),
    config("text without quotes", swap('"steel"', "steel"), "campaign.toml:2, column 8", "value", "quotes"),
    config("a key twice", swap("seed = 3", "seed = 3\nseed = 4"), "campaign.toml:4", "given twice", "Keep one"),
    config("a table twice", swap("[lab]", "[pool]"), "campaign.toml:19", "declared twice", "Join"),
    config("nested too deeply", put("x = " + "[" * 100_000), "campaign.toml", "nested", "inner brackets"),
    Case("a folder", nothing, ("check", "."), ".", "folder", "campaign.toml"),
    Case("a device", nothing, ("check", "/dev/null"), "/dev/null", "regular file", "campaign file"),
]

KEYS = [
    config("wrong key", swap("seed = 3", "sed = 3"), "campaign.toml:3, [campaign]", "unknown key 'sed'", "'seed'"),
    config("wrong table", swap("[budget]", "[budgets]"), "campaign.toml:22", "[budgets]", "'budget'"),
    config("key outside tables", put("seed = 3\n"), "campaign.toml:1", "unknown key 'seed'", "Known"),
    config("wrong type", swap("seed = 3", 'seed = "three"'), "[campaign] seed", "'three' (text)", "whole number"),
    config("seed negative", swap("seed = 3", "seed = -3"), "[campaign] seed", "-3", "from 0"),
    config("batch 0", swap("batch = 2", "batch = 0"), "[strategy] batch", "it is 0", "from 1"),
    config("budget 0", swap("experiments = 9", "experiments = 0"), "[budget] experiments", "it is 0", "from 1"),
    config("budget of a half", swap("= 9", "= 9.5"), "[budget] experiments", "9.5", "whole number"),
    config("std infinite", swap('unit = "GPa"', "std = inf"), "[[objective]] std", "inf", "finite number"),
    config("std negative", swap('unit = "GPa"', "std = -1.0"), "[[objective]] std", "-1", "from 0"),
    config("unknown unit", swap('"GPa"', '"GPaa"'), "campaign.toml:8, [[objective]] unit", "'GPaa'", "pint"),
    config("unknown goal", swap('"maximize"', '"maximise"'), "[[objective]]", "'maximise'", "'maximize'"),
    config("no goal", swap('goal = "maximize"\n', ""), "[[objective]]", "'goal' is missing", "minimize"),
    config("no objective", swap("[[objective]]", "[[constraint]]"), "campaign.toml", "no [[objective]]", "goal"),
    config("reserved objective", swap('"hardness"', '"status"'), "[[objective]]", "matloop's own", "another name"),
    config("one objective twice", swap("[pool]", f"{TWICE}[pool]"), "campaign.toml", "occurs twice", "once"),
    config(
        "objective in single brackets", swap("[[objective]]", "[objective]"), ":5", "single brackets", "[[objective]]"
    ),
    config("pool in double brackets", swap("[pool]", "[[pool]]"), ":10", "double brackets", "[pool]"),
    config(
        "unknown strategy", swap("[strategy]", '[strategy]\nname = "bayse"'), "[strategy] name", "'bayse'", "'bayes'"
    ),
    config("unknown setting", swap("batch = 2", "acquisitions = 2"), "[strategy]", "'acquisitions'", "'acquisition'"),
    config("setting of another type", swap("batch = 2", "acquisition = 2"), "[strategy] acquisition", "2", "text"),
    config("unknown acquisition", swap("batch = 2", 'acquisition = "eei"'), "[strategy]", "eei", "ei"),
    config("unknown lab", swap('"person"', '"persons"'), "[lab] kind", "'persons'", "'person'"),
    config(
        "key of another lab", swap('"person"', '"person"\nfile = "x.csv"'), "[lab] file", "unknown key", "no settings"
    ),
    config("unknown wait", swap('"person"', '"person"\nwait = "al"'), "[lab] wait", "'al'", "Known: 'batch', 'any'"),
    config("ledger is a folder", swap("seed = 3", 'ledger = "."'), "[campaign] ledger", "folder", "Name a file"),
    config("ledger in no folder", swap("seed = 3", 'ledger = "no/l.db"'), "[campaign] ledger", "no folder", "Create"),
    config(
        "ledger is this file", swap("seed = 3", 'ledger = "campaign.toml"'), "[campaign] ledger", "itself", "another"
    ),
]

POOLS = [
    config("missing pool", lambda f: (f / "candidates.csv").unlink(), "[pool] file", "not there", "relative"),
    config("empty pool", put("", "candidates.csv"), "candidates.csv", "empty", "header"),
    config("only a header", put("alloy,Cr,Mo,annealing\n", "candidates.csv"), "candidates.csv", "no rows", "row"),
    config("binary pool", put(b"PK\x03\x04\x00\x00", "candidates.csv"), "candidates.csv", "binary", "CSV"),
    config(
        "pool with a line of 2 MB", put(b"a" * 2_000_001, "candidates.csv"), "candidates.csv, line 1", "mega", "CSV"
    ),
    config(
        "no features", swap('features = ["Cr", "Mo", "annealing"]\n', ""), "[pool]", "missing", '"Cr", "Mo", "annea'
    ),
    config("unknown feature", swap('"Cr"', '"Crr"'), "candidates.csv", "'Crr'", "'Cr'"),
    config("objective as feature", swap('"Cr"', '"hardness"'), "[pool] features", "'hardness'", "Take it out"),
    config("feature twice", swap('"Cr"', '"Mo"'), "[pool] features", "'Mo' is named twice", "once"),
    config("features as text", swap('["Cr", "Mo", "annealing"]', '"Cr"'), "[pool] features", "'Cr' (text)", "list"),
    config("NaN feature", swap("A02,10,0", "A02,nan,0", "candidates.csv"), "line 4, column 'Cr'", "'nan'", "number"),
    config("empty feature", swap("A02,10,0", "A02,,0", "candidates.csv"), "line 4, column 'Cr'", "empty", "Fill"),
    config(
        "text among numbers", swap("A02,10,", "A02,ten,", "candidates.csv"), "line 4, column 'Cr'", "'ten'", "number"
    ),
    config("one id, two rows", swap("A02,", "A01,", "candidates.csv"), "line 4, column 'alloy'", "'A01'", "own id"),
    config("duplicate column", swap(",Mo,", ",Cr,", "candidates.csv"), "candidates.csv", "2 times", "own name"),
    config(
        "short row", swap("A02,10,0,", "A02,10,", "candidates.csv"), "candidates.csv, line 4", "4 cells", "one cell"
    ),
]

SPACES = [
    space("low > high", REAL.format("a", 5, 1, 1), "campaign.toml:4", "low is 5", "low < high"),
    space("low is NaN", REAL.format("a", "nan", 1, 1), "[[parameter]] low", "nan", "finite"),
    space("step of 0", REAL.format("a", 0, 1, 0), "[[parameter]]", "step is 0", "0 < step"),
    space("kind missing", '[[parameter]]\nname = "a"\n', "[[parameter]]", "'kind' is missing", "categorical"),
    space("kind unknown", '[[parameter]]\nname = "a"\nkind = "float"\n', "[[parameter]] kind", "'float'", "Known"),
    space("one choice", '[[parameter]]\nname = "a"\nkind = "categorical"\nchoices = ["x"]\n', ":4", "1 choices", "two"),
    space("name twice", 2 * REAL.format("a", 0, 1, 0.1), "parameter 'a'", "taken", "own name"),
    space(
        "parameter named like a column", REAL.format("reason", 0, 1, 0.1), "[[parameter]] name", "'reason'", "Rename"
    ),
    space(
        "impossible sum",
        REAL.format("a", 0, 1, 1) + REAL.format("b", 0, 1, 1) + SUM.format(9),
        "a + b = 9",
        "no point",
        "bounds",
    ),
    space(
        "sum off the grid",
        REAL.format("a", 0, 9, 1) + REAL.format("b", 0, 9, 1) + SUM.format(4.5),
        "a + b = 4.5",
        "between grid points",
        "Use 4",
    ),
    space(
        "unequal steps",
        REAL.format("a", 0, 9, 1) + REAL.format("b", 0, 9, 2) + SUM.format(4),
        "a + b = 4",
        "steps differ",
        "same step",
    ),
    space("sum without parameters", SUM.format(4), "campaign.toml", "neither", "[[parameter]]"),
]

TABLES = [
    readings("unknown column", "suggestion,hardnes\ns0002,3\n", "readings.csv", "'hardnes'", "'hardness'"),
    readings("unknown suggestion", "suggestion,hardness\ns0020,3\n", "line 2, s0020", "no such suggestion", "s0002"),
    readings("unknown candidate", "candidate,hardness\nA99,3\n", "line 2, A99", "no candidate", "Correct the id"),
    readings(
        "conflicting reading",
        "suggestion,hardness\ns0001,4\n",
        "line 2, s0001/1",
        "contradicts",
        "correct FILE s0001/1",
    ),
    readings("NaN objective", "suggestion,hardness\ns0002,nan\n", "line 2, column 'hardness'", "'nan'", "finite"),
    readings("decimal comma", 'suggestion,hardness\ns0002,"3,2"\n', "line 2, column 'hardness'", "'3,2'", "3.2"),
    readings("limit in a cell", "suggestion,hardness\ns0002,<3.2\n", "column 'hardness'", "'<3.2'", "`below`"),
    readings("column in another unit", "suggestion,hardness (MPa)\ns0002,3\n", "csv", "(MPa)'", "'hardness [MPa]'"),
    readings(
        "several rows of one suggestion", "suggestion,hardness\ns0002,3\ns0002,4\n", "s0002/1", "2 rows", "1 and 2"
    ),
    readings("number with a unit", "suggestion,hardness\ns0002,3 GPa\n", "column 'hardness'", "'3 GPa'", "finite"),
    readings(
        "negative std", "suggestion,hardness,hardness_std\ns0002,3,-1\n", "column 'hardness_std'", "-1", "0 or more"
    ),
    readings(
        "std alone", "suggestion,hardness,hardness_std\ns0002,,1\n", "column 'hardness'", "without", "Give hardness"
    ),
    readings(
        "status typo", "suggestion,hardness,status\ns0002,,faild\n", "line 2, column 'status'", "'faild'", "'failed'"
    ),
    readings(
        "failed with a number", "suggestion,hardness,status\ns0002,3,failed\n", "'status'", "yet a number", "Empty"
    ),
    readings("below without a limit", "suggestion,hardness,status\ns0002,,below\n", "'hardness'", "no number", "Give"),
    readings("nobody named", "suggestion,hardness\n,3\n", "line 2", "names no suggestion", "Fill in"),
    readings("half the values", "Cr,Mo,hardness\n0,0,3\n", "readings.csv", "no column 'annealing'", "Add that"),
    readings("reading of 0", "suggestion,reading,hardness\ns0002,0,3\n", "line 2, column 'reading'", "'0'", "from 1"),
    readings("semicolons", "suggestion;hardness\ns0002;3,2\n", "readings.csv", "semicolons", "decimal points"),
    readings("unknown unit in a header", "suggestion,hardness [GPaa]\ns0002,3\n", "[GPaa]", "'GPaa'", "pint"),
    readings("unit that does not convert", "suggestion,hardness [K]\ns0002,3\n", "[K]", "does not convert", "GPa"),
    readings("no column of readings", "suggestion,note\ns0002,lost\n", "readings.csv", "no column says", "'hardness'"),
    readings("only a header", "suggestion,hardness\n", "readings.csv", "no rows", "one row"),
    readings("empty table", "", "readings.csv", "empty", "header"),
    readings("UTF-16", "suggestion,hardness\ns0002,3\n".encode("utf-16"), "readings.csv", "UTF-16", "UTF-8"),
    readings("open quote", 'suggestion,hardness\ns0002,"3\n', "readings.csv, line 2", "no CSV", "quote"),
    Case("missing table", nothing, TELL, "readings.csv", "no such file", "Check the path"),
    Case("folder as table", nothing, ("tell", "campaign.toml", "."), ".", "directory", "CSV file"),
]


def flip(folder: Path) -> None:
    """One letter of the first event's text, as a disk might."""
    data = bytearray((folder / "campaign.db").read_bytes())
    at = data.index(b'"steel"')
    data[at + 1] ^= 1
    (folder / "campaign.db").write_bytes(bytes(data))


def cut(folder: Path) -> None:
    data = (folder / "campaign.db").read_bytes()
    (folder / "campaign.db").write_bytes(data[: len(data) // 2])


def foreign(folder: Path) -> None:
    (folder / "campaign.db").unlink()
    with sqlite3.connect(folder / "campaign.db") as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()


def lose(folder: Path) -> None:
    """Take every candidate out of the pool but two that nobody asked for."""
    lines = (folder / "candidates.csv").read_text().splitlines(keepends=True)
    (folder / "candidates.csv").write_text("".join([lines[0], *lines[6:8]]))


STATUS = ("status", "campaign.toml")
LEDGERS = [
    Case("flipped byte", flip, CHECK, "campaign.db, event 1", "altered", "backup"),
    Case("flipped byte, status", flip, STATUS, "campaign.db, event 1", "altered", "backup"),
    Case("truncated ledger", cut, CHECK, "campaign.db", "damaged", "backup"),
    Case("foreign database", foreign, STATUS, "campaign.db", "another program", "another file"),
    Case("text as ledger", put("hello\n" * 99, "campaign.db"), CHECK, "campaign.db", "ledger", "backup"),
    Case("empty ledger", put("", "campaign.db"), STATUS, "campaign.db", "0 bytes", "backup"),
    Case("objective renamed", swap('"hardness"', '"toughness"'), CHECK, "objective", "'hardness'", "new ledger"),
    Case("unit changed", swap('"GPa"', '"MPa"'), CHECK, "objective", "GPa, not MPa", "Restore the unit"),
    Case("measured candidate gone", lose, CHECK, "candidates", "missing", "Restore"),
]


CALLS = [
    Case("unknown verb", nothing, ("chek", "campaign.toml"), "matloop", "chek", "--help"),
    Case("unknown option", nothing, ("check", "campaign.toml", "--fast"), "matloop check", "--fast", "--help"),
    Case("no file", nothing, ("check",), "matloop check", "FILE", "--help"),
    Case("n of 0", nothing, ("suggest", "campaign.toml", "-n", "0"), "matloop suggest", "-n", "--help"),
    Case(
        "n of text",
        nothing,
        ("suggest", "campaign.toml", "-n", "two"),
        "matloop suggest",
        "'-n': Input should be a valid integer",
        "--help",
    ),
    Case("no reason", nothing, ("stop", "campaign.toml"), "matloop stop", "--reason", "--help"),
    Case("empty reason", nothing, ("stop", "campaign.toml", "--reason", " "), "stop", "no reason", "Say why"),
    Case("beyond the budget", nothing, ("suggest", "campaign.toml", "-n", "99"), "suggest", "budget", "at most 7"),
    Case(
        "out in no folder", nothing, ("suggest", "campaign.toml", "--out", "no/s.csv"), "s.csv", "no folder", "Create"
    ),
    Case("out is a folder", nothing, ("suggest", "campaign.toml", "--out", "."), ".", "folder", "Name a file"),
    Case(
        "correct with an odd key",
        nothing,
        ("correct", "campaign.toml", "s1", "hardness=3", "--reason", "x"),
        "s1",
        "names no",
        "s0003/1",
    ),
    Case(
        "correct without a number",
        nothing,
        ("correct", "campaign.toml", "s0001/1", "hardness", "--reason", "x"),
        "hardness",
        "OBJ=VALUE",
        "hardness=31.2",
    ),
    Case(
        "correct another objective",
        nothing,
        ("correct", "campaign.toml", "s0001/1", "harness=3", "--reason", "x"),
        "s0001/1",
        "'harness'",
        "'hardness'",
    ),
    Case(
        "withdraw what is measured",
        nothing,
        ("withdraw", "campaign.toml", "s0001", "--reason", "x"),
        "s0001",
        "measured",
        "open",
    ),
    Case(
        "withdraw the unknown",
        nothing,
        ("withdraw", "campaign.toml", "s0009", "--reason", "x"),
        "s0009",
        "no such",
        "s000",
    ),
    Case(
        "report over a file",
        nothing,
        ("report", "campaign.toml", "--out", "candidates.csv"),
        "candidates.csv",
        "is no report",
        "Rename",
    ),
    Case("init over a file", nothing, ("init", "."), "campaign.toml", "exists already", "another folder"),
    Case("init without DIR", nothing, ("init",), "matloop init", "DIR is missing", "Name the folder"),
    Case("unknown template", nothing, ("init", "new", "--template", "virtal"), "--template", "'virtal'", "'virtual'"),
    Case(
        "template without data",
        nothing,
        ("init", "new", "--template", "agnp", "--data-dir", "."),
        "agnp_dataset.csv",
        "no such file",
        "--data-dir",
    ),
    Case("demo among other files", nothing, ("demo", "--out", "."), ".", "another campaign", "--out DIR"),
    Case(
        "backtest without outcomes",
        nothing,
        ("backtest", "campaign.toml", "--runs", "1", "--budget", "5"),
        "candidates.csv",
        "no column 'hardness'",
        "Add a column",
    ),
    Case(
        "backtest without budget",
        nothing,
        ("backtest", "campaign.toml", "--runs", "1"),
        "backtest",
        "--budget",
        "--help",
    ),
]

CASES = [*FILES, *KEYS, *POOLS, *SPACES, *TABLES, *LEDGERS, *CALLS]


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, by the hash of what it holds."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture
def broken(begun: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    """The working folder after a case's edit; calls are made in it."""
    case: Case = request.param
    monkeypatch.chdir(begun)
    monkeypatch.delenv("MATLOOP_DATA", raising=False)
    case.edit(begun)
    return case


every_case = pytest.mark.parametrize("broken", CASES, ids=[case.id for case in CASES], indirect=True)


@every_case
def test_a_broken_input_is_named_with_its_place_and_cure(broken: Case, matloop: Callable[..., Any]) -> None:
    done = matloop(*broken.argv, "--json")
    faults = done.document["errors"]
    matching = [
        fault
        for fault in faults
        if broken.place in fault["place"] and broken.found in fault["found"] and broken.cure in fault["cure"]
    ]
    assert done.code == 2
    assert matching, faults
    assert "Traceback" not in done.out + done.err


@every_case
def test_a_broken_input_changes_no_file(broken: Case, matloop: Callable[..., Any]) -> None:
    before = contents(Path.cwd())
    done = matloop(*broken.argv)
    assert contents(Path.cwd()) == before
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err


def test_a_terminal_is_not_flooded_by_a_fault_in_every_row(fresh: Path, matloop: Callable[..., Any]) -> None:
    rows = "".join(f"X{number},1.5\n" for number in range(130))
    (fresh / "told.csv").write_text("alloy,hardness\n" + rows)
    done = matloop("tell", fresh / "campaign.toml", fresh / "told.csv")
    assert done.code == 2
    assert done.err.count("error: ") == 100
    assert done.err.endswith("... and 30 more; --json lists them all.\n130 faults; nothing was written.\n")
    assert len(matloop("tell", fresh / "campaign.toml", fresh / "told.csv", "--json").document["errors"]) == 130
