"""What is truly wrong with the published tables, as anybody can recompute it."""

from pathlib import Path

import pandas as pd
import pytest

from matloop.care import Inspection, Look, inspect


@pytest.fixture(scope="module")
def estm(data_dir: Path) -> Inspection:
    return inspect(data_dir / "simd_estm" / "estm.csv")


@pytest.fixture(scope="module")
def survey(data_dir: Path) -> Inspection:
    return inspect(data_dir / "gaultois_ucsb_te" / "gaultois_targets.csv", Look(header_row=2))


def test_the_49_repeated_keys_of_estm_are_found_and_more_by_composition(estm: Inspection) -> None:
    found = estm.of("replicates")[0]
    assert found.figures["groups_as_written"] == 49
    assert found.figures["groups"] == 63
    assert round(float(found.figures["median_std"]), 3) == 0.038


def test_the_disputed_reading_of_cu2se_leaves_its_series_most(estm: Inspection, data_dir: Path) -> None:
    line = next(one for one in estm.of("off series") if one.columns == ("ZT",)).lines[0]
    row = pd.read_csv(data_dir / "simd_estm" / "estm.csv").iloc[line - 2]
    assert (row["Formula"], row["temperature(K)"]) == ("Cu2Se", 400.0)


def test_a_slip_of_the_decimal_point_in_estm_is_found(estm: Inspection, data_dir: Path) -> None:
    (line,) = estm.of("power of ten")[0].lines
    row = pd.read_csv(data_dir / "simd_estm" / "estm.csv").iloc[line - 2]
    parts = (row.iloc[3] * 1e-6) ** 2 * row.iloc[4] * row.iloc[2] / row.iloc[5]
    assert row["ZT"] == 0.492
    assert parts == pytest.approx(0.0497, abs=5e-5)


def test_one_composition_stands_in_two_folds_of_estm(estm: Inspection, data_dir: Path) -> None:
    table = pd.read_csv(data_dir / "simd_estm" / "estm.csv")
    rows = table.iloc[[line - 2 for line in estm.of("leak")[0].lines]]
    assert len(rows) == 12
    assert rows["Formula"].nunique() == 2
    assert rows["fold_simd"].nunique() == 2


def test_the_survey_follows_from_its_parts_in_every_row(survey: Inspection) -> None:
    assert [one.lines for one in survey.of("law") if "zT =" in one.found] == []
    assert survey.of("power of ten") == ()
    assert survey.of("units") == ()


def test_one_row_of_the_survey_has_a_conductivity_that_is_not_its_resistivity(survey: Inspection) -> None:
    assert [one.lines for one in survey.of("law")] == [(96,), (96,)]


def test_the_luckiest_reading_of_p3ht_contradicts_its_replicates(data_dir: Path) -> None:
    from matloop.care import Named

    path = data_dir / "pvlab_p3ht_cnt" / "p3ht_dataset.csv"
    look = Look(Named(targets=("Conductivity (measured)",)), skip=("outliers of a model",))
    found = inspect(path, look).of("contradiction")[0]
    values = pd.read_csv(path).iloc[[line - 2 for line in found.lines], -1]
    assert values.max() == 1243.67


def test_half_of_the_gaps_are_zero(data_dir: Path) -> None:
    found = inspect(data_dir / "crabnet_matbench" / "expt_gap.csv", Look(skip=("outliers of a model",)))
    assert round(float(found.of("one value")[0].figures["share"]), 3) == 0.532


def test_the_large_database_of_formulas_is_sound(data_dir: Path) -> None:
    assert inspect(data_dir / "screen_formulas_cod" / "screen_formulas_cod.csv").findings == ()
