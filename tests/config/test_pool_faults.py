"""What is wrong with a pool's table is said at once, where a person has to correct it."""

from pathlib import Path

import pytest

from matloop.config import read
from matloop.errors import ConfigError, Fault

CAMPAIGN = """\
[[objective]]
name = "y"
goal = "maximize"

[pool]
file = "candidates.csv"
id = "alloy"
features = ["Cr", "Mo"]
"""


def faults(folder: Path, table: str, campaign: str = CAMPAIGN) -> tuple[Fault, ...]:
    (folder / "campaign.toml").write_text(campaign, encoding="utf-8")
    (folder / "candidates.csv").write_text(table, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read(folder / "campaign.toml")
    return caught.value.faults


@pytest.mark.parametrize(("end", "word"), [(";", "semicolons"), ("\t", "tabs")], ids=["semicolons", "tabs"])
def test_a_pool_of_other_separators_is_recognised(end: str, word: str, tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "alloy,Cr,Mo\nA1,1.5,2\nA2,2.5,3\n".replace(",", end).replace(".", ","))
    assert fault.place == str(tmp_path / "candidates.csv")
    assert f"separated by {word}" in fault.found
    assert "decimal points" in fault.cure


def test_other_separators_are_recognised_where_features_are_missing_too(tmp_path: Path) -> None:
    campaign = CAMPAIGN.replace('features = ["Cr", "Mo"]\n', "")
    found = faults(tmp_path, "alloy;Cr;Mo\nA1;1;2\nA1;1;2\n", campaign)
    assert ["semicolons" in fault.found or "'features' is missing" in fault.found for fault in found] == [True, True]
    assert "alloy;Cr" not in found[1].cure + found[0].cure


def test_quoted_decimal_commas_are_no_choices_and_are_one_fault_a_column(tmp_path: Path) -> None:
    rows = "".join(f'A{i},"{i},5","{i},7"\n' for i in range(1, 41))
    first, second = faults(tmp_path, f"alloy,Cr,Mo\n{rows}")
    assert first.found == "40 numbers have a decimal comma: '1,5', and those in line 3, line 4, line 5 and 36 more"
    assert first.place.endswith("line 2, column 'Cr'")
    assert second.place.endswith("line 2, column 'Mo'")
    assert first.cure == (
        "Write 1.5, and the others alike: decimals take a point. If it is a name and no number, begin it with a letter."
    )


def test_one_decimal_comma_among_numbers_names_the_point(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, 'alloy,Cr,Mo\nA1,"1,5",2\nA2,2.5,3\n')
    assert fault.found == "'1,5' is no number"
    assert fault.cure.startswith("Write 1.5: decimals take a point.")


def test_a_header_with_an_unknown_unit_is_refused_beside_the_other_faults(tmp_path: Path) -> None:
    first, second = faults(tmp_path, "alloy,Cr [fish],Mo\nA1,1,x\nA2,2,3\nA3,2,3\n")
    assert first.found == "'x' is no number, but 2 other cells are"
    assert (second.place, second.found) == (f"{tmp_path / 'candidates.csv'}, column 'Cr [fish]'", "unknown unit 'fish'")
    assert "'Cr (fish)'" in second.cure


@pytest.mark.parametrize(
    ("header", "feature"),
    [("Cr [at%]", "Cr"), ("Cr [degC]", "Cr"), ("Cr (fish)", "Cr (fish)"), ("Cr [fish]", "Cr [fish]"), ("x[0]", "x[0]")],
)
def test_a_known_unit_and_a_bracket_of_the_name_are_taken(header: str, feature: str, tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text(CAMPAIGN.replace('"Cr"', f'"{feature}"'))
    (tmp_path / "candidates.csv").write_text(f"alloy,{header},Mo\nA1,1,2\nA2,2,3\n")
    assert len(read(tmp_path / "campaign.toml").problem.candidates.names) == 2


def test_brackets_of_a_column_of_words_are_no_unit(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text(CAMPAIGN)
    (tmp_path / "candidates.csv").write_text("alloy,Cr [kind],Mo\nA1,pure,2\nA2,raw,3\n")
    assert read(tmp_path / "campaign.toml").problem.candidates.names == ("Cr", "Mo")


def test_words_with_commas_are_choices(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text(CAMPAIGN)
    (tmp_path / "candidates.csv").write_text('alloy,Cr,Mo\nA1,"1,2-diol",2\nA2,"1,3",3\n')
    assert read(tmp_path / "campaign.toml").problem.candidates.values(1) == {"Cr": "1,3", "Mo": 3}


def test_missing_columns_name_both_the_campaign_file_and_the_table(tmp_path: Path) -> None:
    first, second = faults(tmp_path, "aloy,Crr,Mo\nA1,1,2\n")
    campaign, table = tmp_path / "campaign.toml", tmp_path / "candidates.csv"
    assert (first.place, second.place) == (
        f"{campaign}:7, [pool] id, and {table}",
        f"{campaign}:8, [pool] features, and {table}",
    )
    assert (first.found, second.found) == ("no column 'alloy'", "no column 'Cr'")
    assert (first.cure[:19], second.cure[:18]) == ("Did you mean 'aloy'", "Did you mean 'Crr'")


def test_twins_missing_columns_and_faulty_cells_come_at_once(tmp_path: Path) -> None:
    campaign = CAMPAIGN.replace('"Mo"]', '"Mo", "W", "Ni"]')
    found = [
        fault.found for fault in faults(tmp_path, "alloy,Cr,Mo,W\nA1,1,2,7\nA1,3,2,7\nA2,4,x,7\nA3,1,2,\n", campaign)
    ]
    assert [text.split(" than at ")[0] for text in found] == [
        "'x' is no number, but 3 other cells are",
        "the cell is empty",
        "id 'A1' has other features",
        "no column 'Ni'",
    ]


def test_rows_without_an_id_are_no_twins(tmp_path: Path) -> None:
    found = [fault.found for fault in faults(tmp_path, "alloy,Cr,Mo\n,1,2\n,3,2\nA2,4,1\n")]
    assert found == ["the id is empty", "the id is empty"]


def test_an_objective_is_not_proposed_as_a_feature(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "alloy,Mo,yy,y\nA1,1,2,3\n")
    assert "'y'" not in fault.cure


def test_a_row_of_too_few_cells_hides_no_other_fault_of_the_pool(tmp_path: Path) -> None:
    found = faults(tmp_path, "alloy,Cr,Mo\nA1,1,2\nA2,2\nA3,x,4\nA4,5,6\nA5,7,8\n")
    assert [(fault.place.rpartition("candidates.csv, ")[2], fault.found) for fault in found] == [
        ("line 3", "2 cells below a header of 3"),
        ("line 4, column 'Cr'", "'x' is no number, but 3 other cells are"),
    ]
    (alone,) = faults(tmp_path, "alloy,Cr,Mo\nA2,2\n")
    assert alone.found == "2 cells below a header of 3"
