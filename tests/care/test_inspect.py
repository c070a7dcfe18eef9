"""`inspect` finds each kind of fault where it was planted, with its line, and nothing in sound tables."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matloop.care import CHECKS, Inspection, Look, Named, inspect
from matloop.errors import DataError, InputError
from tests.care.tables import CLEAN, mixture, process, replicates, thermoelectrics

SLOW = ("outliers of a model",)
S, SIGMA, KAPPA, T = (
    "seebeck [uV/K]",
    "electrical conductivity [S/m]",
    "thermal conductivity [W/(m K)]",
    "temperature [K]",
)


def look_at(frame: pd.DataFrame, folder: Path, *, skip: tuple[str, ...] = SLOW, **said: object) -> Inspection:
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return inspect(path, Look(Named(**said), skip=skip))


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("seed", [100, 101, 102])
def test_a_sound_table_gives_no_finding_but_its_replicates(name: str, seed: int, tmp_path: Path) -> None:
    make, said = CLEAN[name]
    inspection = look_at(make(seed), tmp_path, skip=SLOW if seed != 100 else (), **said)
    assert [one.found for one in inspection.findings if one.kind != "replicates"] == []
    assert bool(inspection.of("replicates")) == (name == "replicates")


Plant = Callable[[pd.DataFrame], None]
"""Puts one fault into a table, in place."""


def put(frame: pd.DataFrame, rows: int | list[int], column: str, change: Callable[[object], object]) -> None:
    if frame[column].dtype != object:
        frame[column] = frame[column].astype(object)
    for row in [rows] if isinstance(rows, int) else rows:
        frame.at[row, column] = change(frame.at[row, column])


@pytest.mark.parametrize(
    ("kind", "rows", "plant"),
    [
        ("missing", [7], lambda f: put(f, 7, "zT", lambda v: "")),
        ("missing as word", [9], lambda f: put(f, 9, S, lambda v: "n/a")),
        ("no number", [9], lambda f: put(f, 9, KAPPA, lambda v: f"{v}*")),
        ("decimal comma", [30], lambda f: put(f, 30, KAPPA, lambda v: str(v).replace(".", ","))),
        ("sentinel", [3, 60], lambda f: put(f, [3, 60], KAPPA, lambda v: -999)),
        ("formula", [12], lambda f: put(f, 12, "formula", lambda v: "Bi2Xq3")),
        ("power of ten", [40], lambda f: put(f, 40, SIGMA, lambda v: v / 100)),
        ("power of ten", [40], lambda f: put(f, 40, S, lambda v: round(v * 1e-6, 9))),
        ("celsius", [50, 51], lambda f: put(f, [50, 51], T, lambda v: v - 273.15)),
        ("law", [77], lambda f: put(f, 77, "zT", lambda v: v * 1.37)),
        ("impossible", [5], lambda f: put(f, 5, KAPPA, lambda v: -v)),
        ("off series", [101], lambda f: put(f, 101, KAPPA, lambda v: v * 4)),
        ("off series", [101], lambda f: put(f, 101, SIGMA, lambda v: v * 1000)),
        ("leak", range(24, 36), lambda f: put(f, 30, "fold", lambda v: (v + 1) % 3)),
    ],
    ids=[
        "empty", "word", "no number", "comma", "sentinel", "formula", "S/cm", "V/K", "celsius", "other zT", "negative",
        "spike", "thousand", "fold",
    ],
)  # fmt: skip
def test_a_planted_fault_of_a_survey_is_found_in_its_line(
    kind: str, rows: list[int], plant: Plant, tmp_path: Path
) -> None:
    frame = thermoelectrics(1)
    plant(frame)
    found = look_at(frame, tmp_path).of(kind)
    lines = {line for one in found for line in one.lines}
    assert {row + 2 for row in rows} <= lines
    assert len(lines) <= len(rows) + 2  # rows beside a spike may leave its curve too


@pytest.mark.parametrize(
    ("severity", "column", "change"),
    [
        ("error", S, "seebeck [mV/K]"),
        ("error", SIGMA, "electrical conductivity [S/cm]"),
        ("error", T, "temperature [degC]"),
        ("note", S, "seebeck"),
        ("note", KAPPA, "thermal conductivity"),
    ],
    ids=["mV/K", "S/cm", "degC", "no unit of S", "no unit of kappa, which is SI"],
)
def test_a_wrong_or_missing_unit_of_a_column_is_found(severity: str, column: str, change: str, tmp_path: Path) -> None:
    inspection = look_at(thermoelectrics(2).rename(columns={column: change}), tmp_path)
    about = [one for one in inspection.findings if one.kind in ("units", "unit missing")]
    if change == "thermal conductivity":
        assert about == []
        return
    assert [one.severity for one in about] == [severity]
    assert change.partition(" [")[0] in about[0].found


def test_whole_columns_of_celsius_under_a_header_of_kelvin_are_found(tmp_path: Path) -> None:
    frame = thermoelectrics(3)
    frame[T] -= 273.15
    assert look_at(frame, tmp_path).of("units")[0].figures == {"stated": "K", "fits": "degC"}


def test_kelvin_under_a_header_of_celsius_are_found_without_any_law(tmp_path: Path) -> None:
    frame = process(1).assign(**{"temperature [degC]": np.arange(400) % 40 * 5 + 298.15})
    assert look_at(frame, tmp_path, targets=("hardness",)).of("celsius")[0].severity == "error"


def test_a_few_celsius_among_kelvin_are_found_without_any_law(tmp_path: Path) -> None:
    t = np.arange(400) % 8 * 50.0 + 298.15
    t[[10, 20]] = [25.0, 75.0]
    frame = process(1).assign(**{"temperature [K]": t})
    assert look_at(frame, tmp_path, targets=("hardness",)).of("celsius")[0].lines == (12, 22)


@pytest.mark.parametrize("name", ["T", "temperature [K]", "Temp (K)", "T_K"])
@pytest.mark.parametrize(
    ("kind", "values"),
    [("celsius", [25, 100, 200, 300]), ("celsius", [27, 127, 227, 627]), ("impossible", [-50, 0, 50, 100])],
    ids=["from room temperature", "kelvin less 273", "below zero"],
)
def test_a_whole_column_of_celsius_that_is_taken_for_kelvin_is_found_without_any_law(
    kind: str, values: list[float], name: str, tmp_path: Path
) -> None:
    frame = process(1).assign(**{name: np.resize(values, 400)})
    (found,) = look_at(frame, tmp_path, targets=("hardness",)).of(kind)
    assert found.columns == (name.partition(" ")[0],)
    assert "degC" in found.cure


@pytest.mark.parametrize(
    "values",
    [[300, 400, 500], [4, 25, 100, 300], [20, 30, 40, 50, 100, 300], [77, 300], [298.15, 323.15]],
    ids=["hot", "from helium", "a ramp from hydrogen", "nitrogen", "room"],
)
def test_kelvin_are_not_taken_for_celsius(values: list[float], tmp_path: Path) -> None:
    frame = process(1).assign(**{"T [K]": np.resize(np.array(values, dtype=float), 400)})
    found = look_at(frame, tmp_path, targets=("hardness",)).findings
    assert [one for one in found if one.columns == ("T",)] == []


def test_a_cryogenic_ramp_is_no_mixture_of_scales(tmp_path: Path) -> None:
    frame = process(1).assign(**{"temperature [K]": np.linspace(2, 400, 400)})
    assert look_at(frame, tmp_path, targets=("hardness",)).of("celsius") == ()


def test_percent_among_fractions_are_found(tmp_path: Path) -> None:
    frame = mixture(4)
    parts = [name for name in frame if "content" in name]
    frame.loc[[8, 90], parts] /= 100
    assert look_at(frame, tmp_path, targets=("conductivity",)).of("percent")[0].lines == (10, 92)


def test_a_blend_that_does_not_sum_is_found(tmp_path: Path) -> None:
    frame = mixture(4)
    frame.loc[33, "A content (%)"] += 20
    assert look_at(frame, tmp_path, targets=("conductivity",)).of("sum")[0].lines == (35,)


def test_a_row_that_was_pasted_twice_is_found(tmp_path: Path) -> None:
    frame = process(5)
    frame = pd.concat([frame, frame.iloc[[17]].assign(sample="P9999")], ignore_index=True)
    found = look_at(frame, tmp_path, targets=("hardness",), ids=("sample",)).of("duplicate")[0]
    assert found.lines == (402,)
    assert "402 as 19" in found.found


def test_a_copy_with_fewer_digits_is_found_and_is_a_leak_across_a_split(tmp_path: Path) -> None:
    frame = process(6).assign(split=lambda f: np.where(f.index % 4, "train", "test"))
    copy = frame.iloc[[40]].copy()
    for name in ("pressure [bar]", "flow", "offset", "hardness"):
        copy[name] = copy[name].map(lambda v: float(f"{v:.8g}"))
    copy["split"] = "train"
    frame = pd.concat([frame, copy], ignore_index=True)
    inspection = look_at(frame, tmp_path, targets=("hardness",), ids=("sample",))
    assert inspection.of("near duplicate")[0].lines == (42, 402)
    assert inspection.of("leak")[-1].lines == (42, 402)


def test_replicates_beyond_their_stated_errors_contradict_each_other(tmp_path: Path) -> None:
    frame = replicates(7)
    frame.loc[31, "strength"] += 12 * frame.loc[31, "strength_std"]
    found = look_at(frame, tmp_path, targets=("strength",)).of("contradiction")
    assert [set(one.lines) for one in found] == [{32, 33, 34}]
    assert "their stated errors" in found[0].found


def test_replicates_beyond_the_spread_of_the_table_contradict_each_other(tmp_path: Path) -> None:
    frame = replicates(8).drop(columns="strength_std")
    frame.loc[31, "strength"] += 25
    found = look_at(frame, tmp_path, targets=("strength",)).of("contradiction")
    assert [set(one.lines) for one in found] == [{32, 33, 34}]
    assert "replicates of this table" in found[0].found


def test_true_errors_raise_a_false_contradiction_in_one_table_of_a_hundred_at_most(tmp_path: Path) -> None:
    alarms = [
        bool(look_at(replicates(seed), tmp_path, targets=("strength",)).of("contradiction")) for seed in range(40)
    ]
    assert sum(alarms) <= 2


def test_one_composition_in_two_spellings_is_one_material(tmp_path: Path) -> None:
    frame = thermoelectrics(9)
    first = frame.at[0, "formula"]
    frame.loc[[2, 3], "formula"] = f"({first})1.0"
    frame.loc[[2, 3], "fold"] = (frame.at[0, "fold"] + 1) % 3
    inspection = look_at(frame, tmp_path)
    assert len(inspection.of("spelling")) == 1
    assert set(inspection.of("leak")[0].lines) == set(range(2, 14))


def test_nan_is_sodium_and_nitrogen_in_a_column_of_formulas(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("formula,target\nNaN,1.5\nGaN,3.4\nBN,\n")
    inspection = inspect(path)
    assert inspection.of("nan formula")[0].lines == (2,)
    assert inspection.of("missing")[0].lines == (4,)
    assert inspection.of("formula") == ()


def test_rare_classes_one_value_and_rare_hits_are_found(tmp_path: Path) -> None:
    frame = process(10).assign(phase=lambda f: np.where(f.index < 12, "glass", "crystal"))
    rare = look_at(frame, tmp_path, targets=("phase",)).of("class balance")[0]
    assert set(rare.lines) == set(range(2, 14))
    frame.loc[:199, "hardness"] = 0.0
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    inspection = inspect(path, Look(Named(targets=("hardness",)), threshold=60.0, skip=SLOW))
    assert inspection.of("one value")[0].figures["share"] == 0.5
    assert inspection.of("class balance")[0].figures["rows"] == int((frame["hardness"] >= 60).sum())


def test_columns_that_say_the_same_and_constants_are_found(tmp_path: Path) -> None:
    frame = process(11).assign(
        again=lambda f: np.exp(f["offset"]), leak=lambda f: 2 * f["hardness"] + 1, oven="A3", zero=0
    )
    inspection = look_at(frame, tmp_path, targets=("hardness",), inputs=("flow",))
    assert [one.columns for one in inspection.of("correlated")] == [("offset", "again")]
    assert [one.columns for one in inspection.of("answer among features")] == [("hardness", "leak")]
    assert [one.columns for one in inspection.of("constant")] == [("oven",), ("zero",)]


def test_an_outlier_of_a_column_and_of_a_model_is_found(tmp_path: Path) -> None:
    frame = process(12)
    frame.loc[200, "hardness"] += 60
    frame.loc[90, "offset"] = 400.0
    inspection = look_at(frame, tmp_path, skip=(), targets=("hardness",), ids=("sample",))
    assert inspection.of("outlier")[0].lines == (92,)
    assert inspection.of("off model")[0].lines[0] == 202


def test_a_second_header_line_is_seen_and_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    rows = "".join(f"{i},{1 + i / 7:.3f}\n" for i in range(40))
    path.write_text(f"Time in hours,Strength in MPa\ntime,strength\n{rows}")
    assert inspect(path).of("second header")[0].lines == (2,)
    named = inspect(path, Look(header_row=2))
    assert named.columns == ("time", "strength")
    assert named.of("second header") == ()


def test_what_was_guessed_is_said_to_be_and_what_was_not_looked_at_has_a_reason(tmp_path: Path) -> None:
    inspection = look_at(thermoelectrics(13).drop(columns="fold"), tmp_path)
    assert {role.how for role in inspection.roles} == {"guessed"}
    assert [one.check for one in inspection.looked] == list(CHECKS)
    skipped = {one.check: one.skipped for one in inspection.looked if one.skipped}
    assert skipped == {"leakage": "near-equal rows alone: no column of a split (name it with --fold)",
                       "outliers of a model": "left out by --skip"}  # fmt: skip
    named = look_at(thermoelectrics(13), tmp_path, formula="formula", targets=("zT",))
    assert {role.role for role in named.roles if role.how == "named"} == {"formula", "target"}


def test_a_column_may_be_named_with_its_unit(tmp_path: Path) -> None:
    frame = mixture(1)
    by_header = look_at(frame, tmp_path, targets=("conductivity [S/cm]",), inputs=("A content (%)", "B content"))
    assert {role.column for role in by_header.roles} >= {"conductivity", "A content", "B content"}


def test_a_frame_is_looked_at_like_its_file_and_stays_as_it_is(tmp_path: Path) -> None:
    frame = thermoelectrics(14)
    frame.loc[40, "zT"] *= 100
    before = frame.copy()
    there, here = look_at(frame, tmp_path), inspect(frame, Look(skip=SLOW))
    assert [one.kind for one in here.findings] == [one.kind for one in there.findings]
    assert here.of("power of ten")[0].lines == (41,)
    pd.testing.assert_frame_equal(frame, before)


def test_parquet_and_csv_say_the_same(tmp_path: Path) -> None:
    frame = thermoelectrics(15)
    frame.loc[40, "zT"] = np.nan
    frame.loc[50, "zT"] *= 10
    frame.to_parquet(tmp_path / "t.parquet", index=False)
    parquet = inspect(tmp_path / "t.parquet", Look(skip=SLOW))
    assert [one.kind for one in parquet.findings] == [one.kind for one in look_at(frame, tmp_path).findings]
    assert parquet.of("power of ten")[0].lines == (51,)
    assert parquet.word == "row"


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"formula": "formul"}, "Did you mean 'formula'"),
        ({"quantities": {"seebek": "zT"}}, "Did you mean 'seebeck'"),
        ({"quantities": {"seebeck": "formula"}}, "holds no numbers"),
        ({"targets": ("hardness",)}, "no column 'hardness'"),
    ],
    ids=["typo", "quantity", "words", "absent"],
)
def test_a_named_column_that_does_not_fit_is_refused(named: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        look_at(thermoelectrics(1, materials=4), tmp_path, **named)


@pytest.mark.parametrize(
    "text", ["", "a,b\n", "a;b\n1;2\n", "a,b\n1,2,3\n"], ids=["empty", "rows", "semicolons", "ragged"]
)
def test_what_is_no_table_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError):
        inspect(tmp_path / "t.csv")


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(InputError, match="Did you mean 'leakage'"):
        Look(skip=("leakge",))


@pytest.mark.parametrize(
    ("text", "rows", "kinds"),
    [
        ("a\n1\n", 1, set()),
        ("formula,T,zT\nBi2Te3,300,1\n", 1, set()),
        ("x,target\n,\n,\n", 2, {"missing", "duplicate"}),
        ("formula\n\n\nNaCl\n", 1, set()),
    ],
    ids=["one cell", "one reading", "nothing filled in", "blank lines"],
)
def test_a_tiny_table_is_looked_at_without_an_error(text: str, rows: int, kinds: set[str], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    found = inspect(tmp_path / "t.csv")
    assert found.rows == rows
    assert [one.check for one in found.looked] == list(CHECKS)
    assert {one.kind for one in found.findings} == kinds


WILD = ("", "NaN", "n/a", "Bi2Te3", "x", "-", "1,5", "train", "-999", "0", "\u00e9", "<b>")
HEADERS = (
    "formula", "T", "temperature [K]", "S [uV/K]", "sigma", "kappa", "zT", "zT_std", "fold", "x (%)", "fraction", "",
    "target", "id", "reference", "a content", "b content", "Temp_C", "rho [Ohm m]", "power factor",
)  # fmt: skip


def wild(seed: int) -> pd.DataFrame:
    """Columns that are called like the real ones and hold anything."""
    random = np.random.default_rng(seed)
    n = int(random.choice([1, 2, 3, 8, 20, 120]))

    def column() -> object:
        words = random.choice(WILD, n)
        numbers = random.normal(300, 50, n)
        return [
            numbers,
            random.lognormal(0, 5, n),
            random.integers(0, 4, n),
            np.where(random.random(n) < 0.3, np.nan, numbers),
            words,
            np.full(n, np.nan),
            np.where(random.random(n) < 0.1, words, numbers.round(2).astype(str)),
            random.choice([1e300, -1e300, 1e-300, 0.0], n),
        ][random.integers(8)]

    chosen = random.choice(HEADERS, int(random.integers(1, 9)), replace=False)
    return pd.DataFrame({str(name): column() for name in chosen})


@pytest.mark.parametrize("seed", range(40))
def test_whatever_stands_in_a_table_it_is_looked_at_without_an_error_or_a_warning(seed: int, tmp_path: Path) -> None:
    frame = wild(seed)
    target = str(frame.columns[0])
    named = Named(targets=(target,)) if seed % 2 and target else Named()
    told = inspect(frame, Look(named, threshold=0.5)).to_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["rows"] == len(frame)
    assert {*told["looked_for"], *told["not_looked_for"]} == set(CHECKS)
    assert sum(told["counts"].values()) == len(told["findings"])
    assert all(set(one["columns"]) <= set(told["columns"]) for one in told["findings"])
