"""`formula` and `exclude_elements` of [pool]: what is described, what falls, and every fault at its line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from matloop.chem import MAGPIE, magpie
from matloop.config import read
from matloop.config.known import known_readings
from matloop.domain.encoder import Composite
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.errors import ConfigError, Fault

CAMPAIGN = """\
[[objective]]
name = "zT"
goal = "maximize"

[pool]
file = "candidates.csv"
formula = "formula"
features = ["T"]
exclude_elements = ["Pb", "rare-earth", "radioactive"]
"""
TABLE = """\
formula,T [K],zT,note
Bi2Te3,300,0.8,a
PbTe,600,1.1,b
La3Te4,900,1.0,c
PbUO4,300,0.1,d
NaN,400,0.2,e
GeTe,600,1.4,f
"""


def write(folder: Path, campaign: str = CAMPAIGN, table: str = TABLE) -> Path:
    (folder / "campaign.toml").write_text(campaign, encoding="utf-8")
    (folder / "candidates.csv").write_text(table, encoding="utf-8")
    return folder / "campaign.toml"


def pool_of(folder: Path, campaign: str = CAMPAIGN, table: str = TABLE) -> Pool:
    pool = read(write(folder, campaign, table)).problem.candidates
    assert isinstance(pool, Pool)
    return pool


def faults(folder: Path, campaign: str = CAMPAIGN, table: str = TABLE) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        read(write(folder, campaign, table))
    return caught.value.faults


def has(found: Sequence[Fault], place: str, words: str, cure: str = "") -> bool:
    return any(place in one.place and words in one.found and cure in one.cure for one in found)


def test_a_candidate_is_its_formula_and_the_process_columns(tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    assert pool.names == ("formula", "T")
    assert [pool.values(i) for i in range(len(pool))] == [
        {"formula": "Bi2Te3", "T": 300},
        {"formula": "NaN", "T": 400},
        {"formula": "GeTe", "T": 600},
    ]


def test_the_model_sees_the_magpie_features_of_the_formula_scaled_like_numbers(tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    (part, temperature) = pool.encoder.parts
    assert isinstance(part, Composite)
    assert part.columns == MAGPIE
    raw = magpie(["Bi2Te3", "NaN", "GeTe"])
    span = np.ptp(raw, axis=0)
    expected = (raw - raw.min(axis=0)) / np.where(span > 0, span, 1)
    assert pool.encode_rows(slice(None))[:, :-1] == pytest.approx(expected)
    assert temperature.name == "T"
    assert len(set(pool.encoder.groups.tolist())) == pool.encoder.d


def test_each_rule_says_how_many_rows_it_takes_alone(tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    told = {str(rule): rows for rule, rows in zip(pool.constraints, pool.fallen, strict=True)}
    assert told == {
        "constraint formula without Pb": 2,
        "constraint formula without rare-earth": 1,
        "constraint formula without radioactive": 1,
    }
    assert pool.rows == 6


def test_a_formula_alone_is_enough(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, CAMPAIGN.replace('features = ["T"]\n', ""))
    assert pool.names == ("formula",)


def test_other_sets_of_features_describe_a_formula(tmp_path: Path) -> None:
    line = 'formula = "formula"\n'
    pool = pool_of(tmp_path, CAMPAIGN.replace(line, f'{line}described_by = ["fractions", "norms"]\n'))
    part = pool.encoder.parts[0]
    assert isinstance(part, Composite)
    assert "MagpieData mean Number" not in part.columns
    assert pool.hash != pool_of(tmp_path).hash


def test_the_same_file_has_the_same_hash_and_ids(tmp_path: Path) -> None:
    one, other = pool_of(tmp_path), pool_of(tmp_path)
    assert (one.hash, one.ids) == (other.hash, other.ids)
    assert one.hash != pool_of(tmp_path, table=TABLE.replace("GeTe", "SnTe")).hash


def test_excluding_rows_leaves_the_ids_of_the_others(tmp_path: Path) -> None:
    whole = pool_of(tmp_path, CAMPAIGN.replace('exclude_elements = ["Pb", "rare-earth", "radioactive"]\n', ""))
    assert set(pool_of(tmp_path).ids) < set(whole.ids)


def test_an_excluded_element_without_figures_is_no_fault(tmp_path: Path) -> None:
    table = TABLE + "CfO2,300,0.1,g\nBkO2,300,0.1,h\n"
    assert len(pool_of(tmp_path, table=table)) == 3


def test_the_faults_of_formulas_and_groups_come_at_once_each_at_its_place(tmp_path: Path) -> None:
    campaign = CAMPAIGN.replace('"rare-earth"', '"rare-erth"').replace('["T"]', '["T", "time"]')
    table = TABLE.replace("Bi2Te3", "Bi2Xx3").replace("GeTe", "")
    found = faults(tmp_path, campaign, table)
    assert has(found, ":9, [pool] exclude_elements", "'rare-erth' is neither", "Did you mean 'rare-earth'?")
    assert has(found, ":8, [pool] features", "no column 'time'")
    assert has(found, "line 2, column 'formula'", "'Bi2Xx3'")
    assert has(found, "line 7, column 'formula'", "the cell is empty")
    assert len(found) == 4


def test_a_missing_column_of_formulas_is_named_at_its_key(tmp_path: Path) -> None:
    found = faults(tmp_path, CAMPAIGN.replace('formula = "formula"', 'formula = "formulas"'))
    assert has(found, ":7, [pool] formula", "no column 'formulas'", "Did you mean 'formula'?")


def test_an_element_without_figures_is_a_fault_that_says_how_to_leave_it_out(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, table=TABLE.replace("GeTe", "ArF2"))
    assert "line 7, column 'formula'" in fault.place
    assert "'ArF2': no figure for 'MagpieData" in fault.found
    assert 'exclude_elements = ["Ar"]' in fault.cure


def test_rules_without_a_column_of_formulas_are_refused(tmp_path: Path) -> None:
    found = faults(tmp_path, CAMPAIGN.replace('formula = "formula"\n', ""))
    assert has(found, ":8, [pool] exclude_elements", "no column of formulas is named")


def test_an_unknown_set_of_features_is_refused_with_the_nearest(tmp_path: Path) -> None:
    line = 'formula = "formula"\n'
    found = faults(tmp_path, CAMPAIGN.replace(line, f'{line}described_by = ["magpi"]\n'))
    assert has(found, ":8, [pool] described_by", "'magpi'", "Did you mean 'magpie'?")


def test_rules_that_leave_nothing_are_refused(tmp_path: Path) -> None:
    found = faults(tmp_path, CAMPAIGN.replace('"Pb"', '"Pb", "Te", "N"'))
    assert has(found, "candidates.csv", "no row keeps all constraints")


def test_a_backtest_passes_over_the_rows_that_fell(tmp_path: Path) -> None:
    pool, readings = known_readings(read(write(tmp_path)))
    assert [pool.values(i)["formula"] for i in range(len(pool))] == ["Bi2Te3", "NaN", "GeTe"]
    assert readings == {"zT": [[0.8], [0.2], [1.4]]}


def test_formulas_cross_with_parameters(tmp_path: Path) -> None:
    crossing = CAMPAIGN.replace('features = ["T"]\n', 'id = "note"\n')
    parameter = '[[parameter]]\nname = "temperature"\nkind = "real"\nlow = 300\nhigh = 900\nstep = 50\nunit = "K"\n'
    space = read(write(tmp_path, crossing + parameter)).problem.candidates
    assert isinstance(space, Space)
    assert space.count() == 3 * 13
    descriptors = space.parameters[0].descriptors  # type: ignore[union-attr]
    assert descriptors is not None
    assert set(descriptors.names) == set(MAGPIE)


def test_elements_that_are_left_out_may_stand_in_one_text(tmp_path: Path) -> None:
    together = pool_of(
        tmp_path, CAMPAIGN.replace('["Pb", "rare-earth", "radioactive"]', '["Pb,rare-earth, radioactive"]')
    )
    assert together.ids == pool_of(tmp_path).ids
    assert len(together) == 3


def test_an_unknown_group_does_not_hide_what_else_is_wrong(tmp_path: Path) -> None:
    campaign = CAMPAIGN.replace('"rare-earth"', '"rare-erth"') + "\n[budget]\ndays = -1\n"
    found = faults(tmp_path, campaign)
    assert has(found, "exclude_elements", "'rare-erth'", "rare-earth")
    assert has(found, "[budget] days", "it is -1", "above 0")
