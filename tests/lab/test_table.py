"""The laboratory of known outcomes: matching, means, single readings, and every fault with its place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from matloop.domain.objective import Objective
from matloop.domain.outcome import Failed, Measured
from matloop.domain.parameter import Binary, Categorical, Real
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, DataError, LabError
from matloop.lab import LabSetup
from matloop.lab.table import TableLab
from matloop.testing.labs import LabContract, token_of

Y = (Objective("y"),)
FRAME = pd.DataFrame(
    {
        "design": ["d1", "d1", "d2", "d2", "d3", "d4"],
        "a": [1.0, 1.0, 2.0, 2.0, 3.0, 4.0],
        "b": ["u", "u", "u", "u", "v", "v"],
        "y": [10.0, 14.0, 20.0, np.nan, 30.0, np.nan],
        "y_std": [0.1, 0.2, np.nan, 0.4, 0.5, 0.6],
    }
)
POOL = Pool.from_frame(FRAME, ["a", "b"], "design")
NAMELESS = Pool.from_frame(FRAME, ["a", "b"])
SPACE = Space([Real("a", 0, 10, step=0.1), Categorical("b", ("u", "v"))])


def setup(candidates: Pool | Space = POOL, *, seed: int = 5, objectives: tuple[Objective, ...] = Y) -> LabSetup:
    return LabSetup(Path(), objectives, candidates, seed)


def ask(candidates: Pool | Space, number: int = 1, **values: Any) -> Suggestion:
    found = candidates.resolve(values)
    return Suggestion(f"s{number:04d}", found.id, found.values, None, "")


def told(lab: TableLab, suggestion: Suggestion) -> Any:
    (found,) = lab.collect(token_of(suggestion), suggestion)
    return found


class TestTableLabOfMeans(LabContract):
    objectives = ("y",)

    def lab(self) -> TableLab:
        return TableLab(FRAME).bind(setup())

    def suggestions(self) -> list[Suggestion]:
        return [ask(POOL, i, a=float(i), b="u" if i < 3 else "v") for i in (1, 2, 3)]


class TestTableLabOfSingleReadings(TestTableLabOfMeans):
    def lab(self) -> TableLab:
        return TableLab(FRAME, "single").bind(setup())


@pytest.mark.parametrize("candidates", [POOL, NAMELESS, SPACE], ids=["pool", "pool without ids", "space"])
def test_a_mean_is_over_the_filled_cells_of_the_candidate_and_claims_no_std(candidates: Pool | Space) -> None:
    lab = TableLab(FRAME).bind(setup(candidates))
    assert told(lab, ask(candidates, a=1.0, b="u")) == Measured("s0001", {"y": 12.0})
    assert told(lab, ask(candidates, a=2.0, b="u")) == Measured("s0001", {"y": 20.0})


def test_a_single_reading_is_one_of_the_rows_with_its_own_std() -> None:
    lab = TableLab(FRAME, "single").bind(setup())
    rows = {(10.0, 0.1), (14.0, 0.2)}
    found = [told(lab, ask(POOL, i, a=1.0, b="u")) for i in range(1, 41)]
    assert {(one.outcome["y"], one.std["y"]) for one in found} == rows
    assert told(lab, ask(POOL, a=2.0, b="u")) == Measured("s0001", {"y": 20.0})


def test_single_readings_are_drawn_evenly() -> None:
    lab = TableLab(FRAME, "single").bind(setup())
    counts = Counter(told(lab, ask(POOL, i, a=1.0, b="u")).outcome["y"] for i in range(1, 1001))
    assert abs(counts[10.0] - 500) < 80


def test_the_seed_changes_the_draws() -> None:
    asked = [ask(POOL, i, a=1.0, b="u") for i in range(1, 21)]
    draws = [
        [told(TableLab(FRAME, "single").bind(setup(seed=seed)), one).outcome["y"] for one in asked] for seed in (1, 2)
    ]
    assert draws[0] != draws[1]


def test_the_id_column_of_the_pool_comes_before_the_features() -> None:
    moved = FRAME.drop(columns=["a", "b"])
    assert told(TableLab(moved).bind(setup()), ask(POOL, a=3.0, b="v")) == Measured("s0001", {"y": 30.0})


@pytest.mark.parametrize("candidates", [POOL, NAMELESS, SPACE], ids=["pool", "pool without ids", "space"])
def test_a_column_called_candidate_names_candidates(candidates: Pool | Space) -> None:
    asked = ask(candidates, a=3.0, b="v")
    known = pd.DataFrame({"candidate": [asked.candidate], "y": [7.0]})
    assert told(TableLab(known).bind(setup(candidates)), asked) == Measured("s0001", {"y": 7.0})


def test_whole_numbers_are_ids_as_a_pool_writes_them() -> None:
    frame = pd.DataFrame({"id": [7, 8], "a": [1.0, 2.0], "y": [1.5, 2.5]})
    pool = Pool.from_frame(frame, ["a"], "id")
    as_floats = frame.assign(id=[7.0, 8.0])
    for table in (frame, as_floats):
        assert told(TableLab(table).bind(setup(pool)), ask(pool, a=2.0)) == Measured("s0001", {"y": 2.5})


def test_values_near_the_grid_of_a_space_are_the_grid_value() -> None:
    table = pd.DataFrame({"a": [0.1 + 0.2], "b": ["u"], "y": [9.0]})
    assert table["a"][0] != 0.3
    assert told(TableLab(table).bind(setup(SPACE)), ask(SPACE, a=0.3, b="u")) == Measured("s0001", {"y": 9.0})


def test_booleans_match_however_they_are_written() -> None:
    space = Space([Real("a", 0, 1, step=0.5), Binary("washed")])
    for written in ([True], ["true"], [1], ["yes"]):
        table = pd.DataFrame({"a": [0.5], "washed": written, "y": [2.0]})
        assert told(TableLab(table).bind(setup(space)), ask(space, a=0.5, washed=True)) == Measured("s0001", {"y": 2.0})


def test_units_in_headers_are_converted_once() -> None:
    space = Space([Real("hot", 20, 100, step=1, unit="degC")])
    objective = Objective("y", unit="J")
    table = pd.DataFrame({"hot [K]": [323.15], "y [kJ]": [2.0], "y_std [kJ]": [0.5]})
    lab = TableLab(table, "single").bind(setup(space, objectives=(objective,)))
    found = told(lab, ask(space, hot=50))
    assert found.outcome["y"] == pytest.approx(2000.0)
    assert found.std["y"] == pytest.approx(500.0)


@pytest.mark.parametrize(
    "asked",
    [ask(POOL, a=4.0, b="v"), Suggestion("s0001", "d99", {"a": 9.0, "b": "u"}, None, "")],
    ids=["empty cells", "no row"],
)
def test_a_candidate_without_outcome_is_named(asked: Suggestion) -> None:
    lab = TableLab(FRAME).bind(setup())
    for refuse in (lambda: lab.check(asked), lambda: lab.start(token_of(asked), asked), lambda: told(lab, asked)):
        with pytest.raises(LabError, match=repr(asked.candidate)):
            refuse()


def test_failed_rows_are_failures_and_aborted_rows_say_nothing() -> None:
    table = pd.DataFrame(
        {
            "design": ["d1", "d2", "d2", "d3", "d4"],
            "y": [np.nan, 4.0, np.nan, 5.0, 6.0],
            "status": ["failed", "ok", "failed", "", "aborted"],
        }
    )
    lab = TableLab(table).bind(setup())
    assert isinstance(told(lab, ask(POOL, a=1.0, b="u")), Failed)
    assert told(lab, ask(POOL, a=2.0, b="u")) == Measured("s0001", {"y": 4.0})
    assert told(lab, ask(POOL, a=3.0, b="v")) == Measured("s0001", {"y": 5.0})
    with pytest.raises(LabError, match="d4"):
        told(lab, ask(POOL, a=4.0, b="v"))
    kinds = Counter(
        type(told(TableLab(table, "single").bind(setup()), ask(POOL, i, a=2.0, b="u"))) for i in range(1, 200)
    )
    assert kinds[Failed] == pytest.approx(100, abs=35)


@pytest.mark.parametrize(("word", "cure"), [("below", "censored"), ("failled", "Did you mean 'failed'")])
def test_a_status_that_it_cannot_answer_is_refused(word: str, cure: str) -> None:
    table = pd.DataFrame({"design": ["d1"], "y": [1.0], "status": [word]})
    with pytest.raises(DataError, match=cure):
        TableLab(table).bind(setup())


def test_all_faults_of_a_table_are_told_at_once_with_their_places() -> None:
    table = pd.DataFrame(
        {"a": ["1", "two", "3"], "b": ["u", "u", ""], "y": ["1.0", "2.0", "high"], "y_std": ["0.1", "-0.2", "0.1"]}
    )
    with pytest.raises(DataError) as caught:
        TableLab(table, source="known").bind(setup(SPACE))
    message = str(caught.value)
    assert "known, row 2, column 'y': 'high' is no number" in message
    assert "known, row 1, column 'y_std': it is -0.2" in message
    assert "known, row 1, column 'a, b', parameter 'a': 'two' is no number" in message


def test_missing_columns_are_named_with_the_nearest_ones() -> None:
    table = pd.DataFrame({"aa": [1.0], "b": ["u"], "yy": [1.0]})
    with pytest.raises(DataError) as caught:
        TableLab(table).bind(setup(SPACE))
    message = str(caught.value)
    assert "no column 'a', and no column of ids. Did you mean 'aa'" in message
    assert "no column 'y'. Did you mean 'yy'" in message


@pytest.mark.parametrize("number", [np.inf, -np.inf])
def test_infinity_is_no_reading(number: float) -> None:
    table = pd.DataFrame({"design": ["d1", "d2"], "y": [1.0, number]})
    with pytest.raises(DataError, match="row 1, column 'y'"):
        TableLab(table).bind(setup())


def test_a_row_with_an_outcome_but_without_an_id_is_refused() -> None:
    table = pd.DataFrame({"design": ["d1", None, None], "y": [1.0, 2.0, np.nan]})
    with pytest.raises(DataError, match="row 1, column 'design': it is empty"):
        TableLab(table).bind(setup())


def test_odd_feature_cells_in_rows_without_outcome_do_no_harm() -> None:
    table = pd.DataFrame({"a": [1.0, np.nan], "b": ["u", None], "y": [3.0, np.nan]})
    assert told(TableLab(table).bind(setup(SPACE)), ask(SPACE, a=1.0, b="u")) == Measured("s0001", {"y": 3.0})


def test_cells_of_pandas_own_missing_kind_are_empty() -> None:
    table = pd.DataFrame({"design": ["d1", "d2"], "y": pd.array([1, None], dtype="Int64")})
    lab = TableLab(table).bind(setup())
    assert told(lab, ask(POOL, a=1.0, b="u")) == Measured("s0001", {"y": 1.0})
    with pytest.raises(LabError):
        lab.check(ask(POOL, a=2.0, b="u"))


def test_several_objectives_are_averaged_each_over_its_own_cells() -> None:
    table = pd.DataFrame({"design": ["d1", "d1"], "y": [1.0, 3.0], "z": [np.nan, 5.0]})
    both = (Objective("y"), Objective("z"))
    lab = TableLab(table).bind(setup(objectives=both))
    assert told(lab, ask(POOL, a=1.0, b="u")) == Measured("s0001", {"y": 2.0, "z": 5.0})


def test_the_frame_is_not_changed() -> None:
    before = FRAME.copy(deep=True)
    told(TableLab(FRAME, "single").bind(setup()), ask(POOL, a=1.0, b="u"))
    pd.testing.assert_frame_equal(FRAME, before)


def test_an_unknown_kind_of_readings_is_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'mean'"):
        TableLab(FRAME, "means")  # type: ignore[arg-type]


def test_an_unbound_lab_says_how_to_bind_it() -> None:
    with pytest.raises(LabError, match="bind"):
        TableLab(FRAME).check(ask(POOL, a=1.0, b="u"))


def test_binding_again_for_the_same_campaign_costs_nothing() -> None:
    lab = TableLab(FRAME).bind(setup())
    assert lab.bind(setup()) is lab
    assert lab.bind(setup(seed=6)) is not lab


def test_a_file_beside_the_campaign_is_read(tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("design,y [kJ],y_std\nd1,1,\nd1,3,\nd2,,\n", encoding="utf-8")
    here = LabSetup(tmp_path, (Objective("y", unit="J"),), POOL)
    lab = TableLab.from_settings({"file": "known.csv"}, here)
    assert told(lab, ask(POOL, a=1.0, b="u")).outcome["y"] == pytest.approx(2000.0)


def test_faults_of_a_file_name_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("design,y\nd1,1\nd2,n/a\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"known\.csv, line 3, column 'y': 'n/a' is no number"):
        TableLab.from_settings({"file": "known.csv"}, LabSetup(tmp_path, Y, POOL))


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, r"\[lab\] file: it is missing"),
        ({"file": ""}, r"\[lab\] file"),
        ({"file": 3}, r"\[lab\] file"),
        ({"file": "known.csv", "reading": "mean"}, "Did you mean 'readings'"),
    ],
)
def test_odd_settings_are_refused_with_a_cure(settings: dict[str, object], found: str) -> None:
    with pytest.raises(ConfigError, match=found):
        TableLab.from_settings(settings, setup())


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv"):
        TableLab.from_settings({"file": "nowhere.csv"}, setup())


def test_the_crossed_barrels_are_answered_as_the_table_has_them(data_dir: Path) -> None:
    """600 designs by 3 prints: means by an independent group-by, single readings among the prints."""
    path = data_dir / "pvlab_crossed_barrel" / "crossed_barrel_dataset.csv"
    frame = pd.read_csv(path)
    features = ["n", "theta", "r", "t"]
    pool = Pool.from_frame(frame, features)
    objective = (Objective("toughness"),)
    means = frame.groupby(features)["toughness"].mean()
    lab = TableLab(frame).bind(setup(pool, objectives=objective))
    single = TableLab(frame, "single").bind(setup(pool, objectives=objective))
    assert len(pool) == len(means) == 600
    for i in range(0, 600, 7):
        found = pool.candidate(i)
        asked = Suggestion(f"s{i:04d}", found.id, found.values, None, "")
        rows = tuple(float(value) for value in found.values.values())
        assert told(lab, asked).outcome["toughness"] == pytest.approx(means[rows])
        prints = frame[(frame[features] == list(rows)).all(axis=1)]["toughness"]
        assert told(single, asked).outcome["toughness"] in set(prints)
