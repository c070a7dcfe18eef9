"""Pools from Parquet: the same content as CSV is the same pool, and every fault has its row and column."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from matloop import config
from matloop.apps.cli.main import main
from matloop.domain.pool import Pool
from matloop.errors import ConfigError, DataError

FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c", "a"],
        "x [K]": [300.5, 0.1, -0.0, 300.5],
        "n": [1, 2, 3, 1],
        "ok": [True, False, True, True],
        "solvent": ["DMF", "DMSO", " DMF", "DMF"],
        "digits": ["1", "2.50", "3", "1"],
        "note": ["first", None, "third", "again"],
        "y": [1.0, 2.0, 3.0, 1.5],
    }
)
FEATURES = ["x", "n", "ok", "solvent", "digits"]


def written(folder: Path, columns: dict[str, Any]) -> Path:
    path = folder / "pool.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    FRAME.to_csv(tmp_path / "pool.csv", index=False)
    FRAME.to_parquet(tmp_path / "pool.parquet", index=False)
    return tmp_path / "pool.csv", tmp_path / "pool.parquet"


@pytest.mark.parametrize("id_", ["id", None])
def test_the_same_content_is_the_same_pool(both: tuple[Path, Path], id_: str | None) -> None:
    csv, other = both
    one = Pool.read_csv(csv, FEATURES, id_, objectives=["y"])
    same = Pool.read_parquet(other, FEATURES, id_, objectives=["y"])
    assert same.hash == one.hash
    assert same.ids == one.ids
    assert same.units == one.units == ("K", None, None, None, None)
    assert [same.values(i) for i in range(len(same))] == [one.values(i) for i in range(len(one))]
    assert [same.riders(i) for i in range(len(same))] == [one.riders(i) for i in range(len(one))]
    assert same.row_of.tolist() == one.row_of.tolist() == [0, 1, 2, 0]


@given(
    numbers=st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=12),
    narrow=st.booleans(),
)
def test_any_column_of_numbers_gives_the_pool_of_its_csv(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], narrow: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    values = np.array(numbers, dtype=np.float32 if narrow else np.float64)
    frame = pd.DataFrame({"x": values, "k": [f"k{i}" for i in range(len(values))]})
    (folder / "pool.csv").write_text("x,k\n" + "".join(f"{x!s},{k}\n" for x, k in zip(values, frame["k"], strict=True)))
    frame.to_parquet(folder / "pool.parquet", index=False)
    one = Pool.read_csv(folder / "pool.csv", ["x"], "k")
    assert Pool.read_parquet(folder / "pool.parquet", ["x"], "k").hash == one.hash


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["DMF", "DMSO", "DMF"]).dictionary_encode(),
        pa.array(["DMF", "DMSO", "DMF"], pa.large_string()),
    ],
    ids=["dictionary", "large string"],
)
def test_text_is_text_however_it_is_stored(tmp_path: Path, column: pa.Array) -> None:
    pool = Pool.read_parquet(written(tmp_path, {"s": column}), ["s"])
    assert [pool.values(i)["s"] for i in range(len(pool))] == ["DMF", "DMSO"]


def test_whole_numbers_as_ids_are_written_without_a_point(tmp_path: Path) -> None:
    path = written(tmp_path, {"id": pa.array([1.0, 2.0]), "x": pa.array([1.0, 2.0])})
    assert Pool.read_parquet(path, ["x"], "id").ids == ["1", "2"]


def test_every_null_is_named_with_row_and_column(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "id": pa.array(["a", None, "c"]),
            "x": pa.array([1.0, None, 3.0]),
            "flag": pa.array([True, False, None]),
            "s": pa.array([None, "u", "v"]),
            "z": pa.array([1.0, 2.0, float("nan")]),
        },
    )
    with pytest.raises(DataError) as error:
        Pool.read_parquet(path, ["x", "flag", "s", "z"], "id")
    places = {fault.place.removeprefix(f"{path}, "): fault.found for fault in error.value.faults}
    assert places == {
        "row 2, column 'id'": "the id is empty",
        "row 2, column 'x'": "the cell is empty",
        "row 3, column 'flag'": "the cell is empty",
        "row 1, column 's'": "the cell is empty",
        "row 3, column 'z'": "'nan' is no number, but 2 other cells are",
    }


def test_a_column_of_lists_is_no_feature(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column 'x'.*it holds list"):
        Pool.read_parquet(written(tmp_path, {"x": pa.array([[1.0], [2.0]])}), ["x"])


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="stands there 2 times"):
        Pool.read_parquet(written(tmp_path, {"x": [1.0], "x [K]": [2.0]}), ["x"])


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pool.parquet").write_text("x\n1\n")
    with pytest.raises(DataError, match="no sound Parquet file"):
        Pool.read_parquet(tmp_path / "pool.parquet", ["x"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        Pool.read_parquet(tmp_path / "pool.parquet", ["x"])


def test_a_file_of_no_rows_is_refused_as_in_csv(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rows"):
        Pool.read_parquet(written(tmp_path, {"x": pa.array([], pa.float64())}), ["x"])


CAMPAIGN = """
[[objective]]
name = "y"
goal = "maximize"
[pool]
file = "pool.parquet"
id = "id"
features = ["x", "n", "solvent"]
[lab]
kind = "table"
file = "pool.parquet"
[budget]
experiments = 3
"""


def test_a_campaign_runs_and_replays_on_a_parquet_file(
    both: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = both[0].parent / "campaign.toml"
    file.write_text(CAMPAIGN)
    assert main(["check", str(file)]) == 0
    assert main(["run", str(file)]) == 0
    assert main(["backtest", str(file), "--runs", "2", "--budget", "3", "--strategy", "random", "--json"]) == 0
    capsys.readouterr()


def test_features_are_proposed_from_a_parquet_file(both: tuple[Path, Path]) -> None:
    file = both[0].parent / "campaign.toml"
    file.write_text(CAMPAIGN.replace('features = ["x", "n", "solvent"]\n', ""))
    with pytest.raises(ConfigError, match=r'Add features = \["x \[K\]", "n",'):
        config.read(file)


def test_a_missing_extra_says_what_to_install(
    both: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = both[0].parent / "campaign.toml"
    file.write_text(CAMPAIGN)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert main(["check", str(file)]) == 2
    assert 'pip install "matloop[parquet]"' in capsys.readouterr().err
