"""A table of readings -> outcomes."""

from pathlib import Path

import pytest

from matloop.config.readings import Readings, read_outcomes
from matloop.domain.objective import Objective
from matloop.domain.outcome import Aborted, Censored, Failed, Measured
from matloop.domain.parameter import Binary, Categorical, Integer, Real
from matloop.domain.problem import Problem
from matloop.domain.space import Space
from matloop.errors import DataError, Fault

SPACE = Space(
    [
        Real("temperature", 300, 900, step=10, unit="degC"),
        Integer("cycles", 1, 9),
        Categorical("solvent", ["DMF", "NaN"]),
        Binary("stirred"),
    ]
)
PROBLEM = Problem(SPACE, (Objective("gap", "maximize", unit="eV"),))


def read(folder: Path, text: str) -> Readings:
    path = folder / "readings.csv"
    path.write_bytes(text.encode())
    return read_outcomes(path, PROBLEM)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("suggestion,gap\ns0001,1.5\n", Measured("s0001", {"gap": 1.5})),
        ("suggestion,gap,gap_std\ns0001,1.5,0.1\n", Measured("s0001", {"gap": 1.5}, std={"gap": 0.1})),
        ("suggestion,gap,gap_std\ns0001,1.5,\n", Measured("s0001", {"gap": 1.5})),
        ("suggestion,reading,gap\ns0001,2,1.5\n", Measured("s0001", {"gap": 1.5}, reading=2)),
        ("suggestion,gap,note\ns0001,1.5,cracked\n", Measured("s0001", {"gap": 1.5}, note="cracked")),
        ("suggestion,gap,status\ns0001,1.5,ok\n", Measured("s0001", {"gap": 1.5})),
        ("suggestion,status,note\ns0001,failed,melted\n", Failed("s0001", note="melted")),
        ("suggestion,status\ns0001,Aborted\n", Aborted("s0001")),
        ("suggestion,gap,status\ns0001,0.1,below\n", Censored("s0001", {"gap": 0.1}, side="below")),
        ("suggestion,gap,status\ns0001,9,above\n", Censored("s0001", {"gap": 9.0}, side="above")),
        ("candidate,experiment,gap\nc1,2,1.5\n", Measured.of(candidate="c1", outcome={"gap": 1.5}, experiment=2)),
        (
            "temperature,cycles,solvent,stirred,gap\n612,3,NaN,true,1.5\n",
            Measured.of({"temperature": 612.0, "cycles": 3, "solvent": "NaN", "stirred": True}, {"gap": 1.5}),
        ),
        (
            "suggestion,temperature,cycles,gap\ns0001,612,,1.5\n",
            Measured("s0001", {"gap": 1.5}, executed={"temperature": 612.0}),
        ),
        (
            "suggestion,candidate,mean,model_std,noise_std,reason,cost,gap\ns0001,c1,1,1,1,why,3,1.5\n",
            Measured("s0001", {"gap": 1.5}, candidate="c1"),
        ),
        (
            "suggestion,temperature,temperature_std,cycles_std,gap\ns0001,612,5,0,1.5\n",
            Measured(
                "s0001", {"gap": 1.5}, executed={"temperature": 612.0}, executed_std={"temperature": 5, "cycles": 0}
            ),
        ),
        (
            "suggestion,temperature_std [K],gap\ns0001,5,1.5\n",
            Measured("s0001", {"gap": 1.5}, executed_std={"temperature": 5.0}),
        ),
        ("suggestion,gap [meV]\ns0001,1500\n", Measured("s0001", {"gap": 1.5})),
        ("suggestion,gap,gap_std [meV]\ns0001,1.5,250\n", Measured("s0001", {"gap": 1.5}, std={"gap": 0.25})),
    ],
    ids=[
        *("by suggestion", "with std", "std left empty", "second reading", "note", "ok", "failed", "aborted"),
        *("below", "above", "by candidate", "by values", "executed", "what suggest wrote"),
        *("std of what was set", "std of a temperature", "unit", "unit of std"),
    ],
)
def test_a_row_says(text: str, outcome: object, tmp_path: Path) -> None:
    readings = read(tmp_path, text)
    assert readings.outcomes == (outcome,)
    assert readings.lines == (2,)


def test_a_temperature_is_converted_with_its_offset(tmp_path: Path) -> None:
    text = "temperature [K],cycles,solvent,stirred,gap\n873.15,3,DMF,0,1.5\n"
    (said,) = read(tmp_path, text).outcomes
    assert said.values is not None
    assert said.values["temperature"] == pytest.approx(600.0, abs=1e-9)


def test_rows_without_a_word_are_skipped_and_counted(tmp_path: Path) -> None:
    readings = read(tmp_path, "suggestion,gap,note\ns0001,,\ns0002,1.5,\ns0003,,later\n,,\n")
    assert (len(readings.outcomes), readings.skipped) == (1, 3)


def test_lines_are_those_of_the_file_where_cells_span_several(tmp_path: Path) -> None:
    readings = read(tmp_path, 'suggestion,gap,note\ns0001,1,"two\nlines"\n\ns0002,2,\n')
    assert readings.lines == (2, 5)


def test_a_fault_of_the_judge_is_placed_on_the_lines_of_its_subject(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("suggestion,gap\ns0001,1\ns0002,2\ns0001,3\n")

    def judge(outcomes: object) -> None:
        raise DataError.at("s0001/1", "it contradicts", "Decide.")

    with pytest.raises(DataError) as caught:
        read_outcomes(tmp_path / "r.csv", PROBLEM, judge=judge)
    assert caught.value.faults[0].place == f"{tmp_path / 'r.csv'}, line 2 and 4, s0001/1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("suggestion,gap,temperature [J]\ns0001,1,2\n", "does not convert"),
        ("suggestion,gap,cycles [K]\ns0001,1,2\n", "has no unit"),
        ("suggestion,gap,solvents\ns0001,1,2\n", "'solvent'"),
        ("suggestion,gap,stirred\ns0001,1,maybe\n", "'maybe'"),
        ("suggestion,gap,temperature\ns0001,1,hot\n", "'hot'"),
        ("suggestion,experiment,gap\ns0001,1.5,1\n", "'1.5'"),
        (",suggestion,gap\n0,s0001,1\n", "no name"),
        ("suggestion,suggestion,gap\ns0001,s0001,1\n", "2 times"),
        ("suggestion,gap,gap [meV]\ns0001,1,1\n", "2 times"),
        ("suggestion,gap,status,gap_std\ns0001,1,below,1\n", "no std"),
    ],
    ids=[
        *("unit of another kind", "unit where none is", "unknown column", "neither true nor false", "no number"),
        *("half an experiment", "row numbers", "column twice", "column twice, once with a unit", "std of a limit"),
    ],
)
def test_a_faulty_table_is_refused_with(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("suggestion,solvent_std,gap\ns0001,1,1.5\n", "unknown column 'solvent_std'"),
        ("suggestion,temperature_std,gap\ns0001,-1,1.5\n", "std is -1"),
        ("suggestion,temperature_std,status\ns0001,5,failed\n", "and yet a number"),
    ],
    ids=["a choice", "negative", "failed"],
)
def test_a_std_of_what_was_set_that_says_nothing_is_refused(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(DataError, match=found):
        read(tmp_path, text)


def faults_of(folder: Path, text: str, *objectives: Objective) -> list[Fault]:
    path = folder / "readings.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_outcomes(path, Problem(SPACE, objectives or PROBLEM.objectives))
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("column", "objective", "cure"),
    [
        (
            "hardness (MPa)",
            Objective("hardness (GPa)", unit="GPa"),
            "Name it 'hardness (GPa) [MPa]', and they are conv",
        ),
        (
            "hardness [MPa]",
            Objective("hardness (GPa)", unit="GPa"),
            "Name it 'hardness (GPa) [MPa]', and they are conv",
        ),
        ("Hardnes (MPa)", Objective("hardness (GPa)", unit="GPa"), "Name it 'hardness (GPa) [MPa]', and they are"),
        ("hardness (MPa)", Objective("hardness", unit="GPa"), "Name it 'hardness [MPa]', and they are converted once"),
        ("hardness (MPa)", Objective("hardness (GPa)"), "convert them first, then name the column 'hardness (GPa)'"),
        ("hardness (HV)", Objective("hardness", unit="GPa"), "convert them first, then name the column 'hardness'"),
        ("hardness (MPa)", Objective("hardness"), "Is 'MPa' the unit of 'hardness'? Then say so where"),
        ("hardness (GPa)", Objective("hardness", unit="GPa"), "Did you mean 'hardness'? Rename it, or delete"),
        ("hardness", Objective("hardness (GPa)", unit="GPa"), "Rename it if its numbers are in GPa"),
    ],
    ids=[
        *("other unit", "other unit in a header's form", "other unit, misspelled", "a unit, by the unit of the file"),
        *("no unit declared", "no unit of ours", "unit unknown", "the same unit", "no unit given"),
    ],
)
def test_a_column_in_another_unit_is_never_to_be_renamed_alone(
    column: str, objective: Objective, cure: str, tmp_path: Path
) -> None:
    (fault,) = faults_of(tmp_path, f"suggestion,{column}\ns0001,5000\n", objective)
    assert fault.found == f"unknown column {column!r}"
    assert cure in fault.cure


def test_the_cure_of_a_column_in_another_unit_works(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("suggestion,hardness (GPa) [MPa],hardness (GPa)_std [MPa]\ns0001,5000,250\n")
    said = read_outcomes(path, Problem(SPACE, (Objective("hardness (GPa)", unit="GPa"),))).outcomes
    assert said == (Measured("s0001", {"hardness (GPa)": 5.0}, std={"hardness (GPa)": 0.25}),)


def test_a_std_in_another_unit_is_meant_as_the_std(tmp_path: Path) -> None:
    objective = Objective("hardness (GPa)", unit="GPa")
    (fault,) = faults_of(tmp_path, "suggestion,hardness (GPa),hardness std (MPa)\ns0001,5,1\n", objective)
    assert "Name it 'hardness (GPa)_std [MPa]'" in fault.cure


def test_a_parameter_in_another_unit_is_to_be_converted_too(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "suggestion,gap,temperature (K)\ns0001,5,873\n")
    assert "Name it 'temperature [K]', and they are converted once" in fault.cure


def test_the_known_columns_are_listed_once_and_every_stranger_may_be_deleted(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "suggestion,gap,n,operator,comment,gapp\ns0001,5,1,AB,,2\n")
    assert [fault.found for fault in faults] == [
        f"unknown column {name!r}" for name in ("n", "operator", "comment", "gapp")
    ]
    assert [fault.cure.count("Known: 'suggestion'") for fault in faults] == [1, 0, 0, 0]
    assert all("delete the column" in fault.cure for fault in faults)
    assert "Did you mean 'note'? Rename it" in faults[2].cure
    assert "Did you mean 'gap'? Rename it" in faults[3].cure


@pytest.mark.parametrize("name", ["comment", "Comments", "remark", "Remarks", "notes"])
def test_a_comment_is_to_be_named_note(name: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, f"suggestion,gap,{name}\ns0001,5,cracked\n")
    assert fault.cure == "Did you mean 'note'? Rename it, or delete the column."


@pytest.mark.parametrize(
    ("cell", "cure"),
    [
        ("<2.0", "Write 2.0 in the column and `below` in a column `status`."),
        ("< 2.0", "Write 2.0 in the column and `below` in a column `status`."),
        ("≤2", "Write 2 in the column and `below` in a column `status`."),
        (">5", "Write 5 in the column and `above` in a column `status`."),
        (">=5", "Write 5 in the column and `above` in a column `status`."),
        ("<LOD", "Write the limit in the column and `below` in a column `status`."),
    ],
)
def test_a_limit_in_a_cell_is_refused_with_the_words_for_it(cell: str, cure: str, tmp_path: Path) -> None:
    faults = faults_of(tmp_path, f"suggestion,gap\ns0001,1\ns0002,{cell}\ns0003,x\n")
    assert [(fault.place.rpartition("line ")[2], fault.found) for fault in faults] == [
        ("3, column 'gap'", f"{cell!r} is no number"),
        ("4, column 'gap'", "'x' is no number"),
    ]
    assert faults[0].cure == cure


def test_a_column_of_limits_is_no_book(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "suggestion,gap\n" + "".join(f"s{n:04d},<2\n" for n in range(1, 31)))
    assert len(faults) == 21
    assert faults[-1].found == "and 10 more like this"


def test_a_column_that_every_row_lacks_is_one_fault(tmp_path: Path) -> None:
    table = "temperature,solvent,gap\n" + "610,DMF,1.5\n" * 10
    with pytest.raises(DataError) as caught:
        read(tmp_path, table)
    (fault,) = caught.value.faults
    assert fault.found == (
        "no column 'cycles', 'stirred', and 'temperature', 'solvent' do not say which candidate a row is about"
    )
    assert fault.cure.startswith("Add these columns, or one named 'suggestion'")


def test_a_cell_that_one_row_lacks_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, "temperature,cycles,solvent,stirred,gap\n610,3,DMF,true,1\n610,,DMF,true,1\n")
    (fault,) = caught.value.faults
    assert fault.place.endswith("line 3, column 'cycles'")


def test_a_row_of_too_few_cells_hides_no_other_fault(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, "suggestion,gap,note\ns0001,1.5\ns0002,warm,x\n")
    assert [(fault.place.rpartition("readings.csv, ")[2], fault.found) for fault in caught.value.faults] == [
        ("line 2", "2 cells below a header of 3"),
        ("line 3, column 'gap'", "'warm' is no number"),
    ]
    with pytest.raises(DataError) as caught:
        read(tmp_path, "suggestion,gap,nte\ns0001,1.5\n")
    assert len(caught.value.faults) == 2
    assert "'nte'" in caught.value.faults[1].found
