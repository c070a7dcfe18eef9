"""Tables that leave the program keep every figure exactly."""

import csv
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from matloop.domain.objective import Objective
from matloop.domain.parameter import Binary, Real
from matloop.domain.prediction import PredictionAt
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.report.sheet import Sheet, shortlist_sheet, suggestions_sheet, written

PROBLEM = Problem(Space([Real("a", 0, 1), Binary("b")]), (Objective("y"),))
SAID = PredictionAt({"y": 1.5}, {"y": 0.25}, {"y": 0.125})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_so_that_it_reads_back_the_same(number: float) -> None:
    assert float(written(number)) == number


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2))
def test_any_text_reads_back_the_same(cells: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(Sheet(("a", "b"), (tuple(cells),)).csv().decode(), newline="")))
    assert rows == [["a", "b"], cells]


def test_a_suggestion_before_a_model_has_empty_figures() -> None:
    sheet = suggestions_sheet([Suggestion("s0001", "c1", {"b": True, "a": 0.5}, None, "design")], PROBLEM)
    assert sheet.csv().decode().splitlines() == [
        "suggestion,candidate,a,b,mean,model_std,noise_std,reason,y",
        "s0001,c1,0.5,true,,,,design,",
    ]


def test_a_suggestion_of_a_model_has_its_figures_and_an_empty_column_to_fill_in() -> None:
    sheet = suggestions_sheet([Suggestion("s0001", "c1", {"a": 1.0, "b": False}, SAID, "best")], PROBLEM)
    assert sheet.rows == (("s0001", "c1", 1.0, False, 1.5, 0.25, 0.125, "best", None),)


def test_a_shortlist_gives_mean_and_both_kinds_of_error() -> None:
    sheet = shortlist_sheet([Ranked(1, "c1", {"a": 1.0, "b": False}, SAID, 3, {"y": 9.0})], PROBLEM)
    assert sheet.header[:8] == ("rank", "candidate", "a", "b", "y", "y_model_std", "y_noise_std", "readings")
    assert [row[:8] for row in sheet.rows] == [(1, "c1", 1.0, False, 1.5, 0.25, 0.125, 3)]


def test_a_shortlist_ends_with_whether_errors_are_true_and_where_a_new_reading_lies() -> None:
    said = replace(SAID, calibration={"y": "recalibrated"})
    item = Ranked(1, "c1", {"a": 1.0, "b": False}, said, 3, {"y": 9.0}, interval={"y": (1.0, 2.0)})
    sheet = shortlist_sheet([item, replace(item, rank=2, prediction=SAID)], PROBLEM)
    assert sheet.header[8:] == ("y_calibration", "y_low_90", "y_high_90")
    assert [row[8:] for row in sheet.rows] == [("recalibrated", 1.0, 2.0), ("not calibrated", 1.0, 2.0)]


def test_a_shortlist_before_a_model_gives_the_plain_mean_and_no_error() -> None:
    sheet = shortlist_sheet([Ranked(1, "c1", {"a": 1.0, "b": False}, None, 3, {"y": 9.0})], PROBLEM)
    assert sheet.rows == ((1, "c1", 1.0, False, 9.0, None, None, 3, None, None, None),)
