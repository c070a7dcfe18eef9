"""Pools from CSV files: what is read, what is never read, and every fault with its line."""

from pathlib import Path

import pandas as pd
import pytest

from matloop.domain.pool import Pool
from matloop.errors import DataError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "candidates.csv"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, features: list[str], **settings: object) -> list[str]:
    with pytest.raises(DataError) as caught:
        Pool.read_csv(path, features, **settings)  # type: ignore[arg-type]
    return [str(fault).removeprefix(f"{path}, ") for fault in caught.value.faults]


def test_a_file_and_its_frame_make_the_same_pool(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "n": [1, 2, 3],
            "r": [0.1, -0.0, 1e-300],
            "s": ["NaN", "x,y", 'q"q'],
            "wet": [True, False, True],
        }
    )
    path = tmp_path / "candidates.csv"
    frame.to_csv(path, index=False)
    features = ["n", "r", "s", "wet"]
    assert Pool.read_csv(path, features, id="id").hash == Pool.from_frame(frame, features, id="id").hash


def test_sodium_nitride_is_a_formula(tmp_path: Path) -> None:
    pool = Pool.read_csv(written(tmp_path, "formula,x\nNaN,1\nNA,2\nnull,3\n"), ["formula", "x"])
    assert [pool.values(i)["formula"] for i in range(3)] == ["NaN", "NA", "null"]


def test_the_large_database_is_read_whole(data_dir: Path) -> None:
    pool = Pool.read_csv(data_dir / "screen_formulas_cod" / "screen_formulas_cod.csv", ["formula"], id="cod_id")
    assert len(pool) == 51311


def test_a_reaction_table_is_read_with_its_choices(data_dir: Path) -> None:
    path = data_dir / "edbo_reactions" / "direct_arylation.csv"
    features = ["Base_SMILES", "Ligand_SMILES", "Solvent_SMILES", "Concentration", "Temp_C"]
    pool = Pool.read_csv(path, features, id="entry", objectives=["yield"])
    assert (len(pool), pool.encoder.d, pool.id(3)) == (1728, 4 + 12 + 4 + 2, "3")


def test_objectives_and_their_std_are_never_read(tmp_path: Path) -> None:
    path = written(tmp_path, "n,y [GPa],y_std [GPa],supplier\n1,oops,,A\n2,1,0.1,B\n")
    pool = Pool.read_csv(path, ["n"], objectives=["y"])
    assert pool.riders(1) == {"supplier": "B"}


@pytest.mark.parametrize("feature", ["y", "y_std"])
def test_a_feature_that_belongs_to_an_objective_is_refused(tmp_path: Path, feature: str) -> None:
    (found,) = refused(written(tmp_path, "n,y,y_std\n1,2,3\n"), [feature], objectives=["y"])
    assert "belongs to an objective" in found


def test_one_objective_given_as_text_is_that_objective(tmp_path: Path) -> None:
    pool = Pool.read_csv(written(tmp_path, "n,toughness\n1,2\n"), ["n"], objectives="toughness")
    assert pool.riders(0) == {}


def test_a_column_that_mixes_numbers_and_text_names_the_odd_cells(tmp_path: Path) -> None:
    path = written(tmp_path, "x,s\n1,a\n2,b\nNaN,7\n4,c\n")
    assert refused(path, ["x", "s"]) == [
        "line 4, column 'x': 'NaN' is no number, but 3 other cells are. "
        "Give a finite number, or make the whole column text.",
        "line 4, column 's': '7' is a number, but 3 other cells are text. Make the column all text or all numbers.",
    ]


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "id,x,s\na,1,\n,inf,b\nc,3,d\n")
    assert [line.split(":")[0] for line in refused(path, ["x", "s"], id="id")] == [
        "line 3, column 'x'", "line 2, column 's'", "line 3, column 'id'",
    ]  # fmt: skip


def test_one_id_with_two_feature_rows_names_both_lines(tmp_path: Path) -> None:
    path = written(tmp_path, "id,x,s\na,1,p\nb,2,p\n\na,1,q\n")
    (found,) = refused(path, ["x", "s"], id="id")
    assert found.startswith("line 5, column 'id': id 'a' has other features than at ")
    assert "line 2, column 'id' (s 'p' and 'q')" in found


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    (found,) = refused(written(tmp_path, "temperature [K],x\n1,2\n"), ["temprature"])
    assert "no column 'temprature'. Did you mean 'temperature'?" in found


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    (found,) = refused(written(tmp_path, "x,y\n"), ["x"])
    assert "no rows below the header" in found


def test_features_are_never_guessed(tmp_path: Path) -> None:
    (found,) = refused(written(tmp_path, "x,y\n1,2\n"), [])
    assert "never guessed" in found
    assert "'x', 'y'" in found


def test_an_id_may_be_a_feature_as_well(tmp_path: Path) -> None:
    pool = Pool.read_csv(written(tmp_path, "formula,k\nNaN,1\nCsI,2\n"), ["formula", "k"], id="formula")
    assert (pool.ids, pool.values(0)) == (["NaN", "CsI"], {"formula": "NaN", "k": 1})


def test_a_numeric_id_is_kept_as_it_is_written(tmp_path: Path) -> None:
    pool = Pool.read_csv(written(tmp_path, "id,x\n007,1\n1e5,2\n"), ["id", "x"], id="id")
    assert (pool.ids, pool.values(0)) == (["007", "1e5"], {"id": 7, "x": 1})
