"""NIMO's formats to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.errors import DataError, InputError
from matloop.lab.nimo_files import CandidateFile, fresh_stamp, proposals_of, proposals_text, results_of, results_text

CRLF = b"x1,x2,objective1\r\n0,0,\r\n0,0.4,721.0\r\n4,4,"


def test_a_file_that_is_filled_with_nothing_keeps_every_byte() -> None:
    file = CandidateFile.parse(CRLF, 1, "c.csv")
    assert file.filled({}) == CRLF
    assert file.filled({1: {"objective1": 721.0}}) == CRLF


def test_only_the_cells_of_new_readings_change() -> None:
    file = CandidateFile.parse(CRLF, 1, "c.csv")
    assert file.filled({0: {"objective1": 3.0}, 2: {"objective1": 0.5}}) == (
        b"x1,x2,objective1\r\n0,0,3.0\r\n0,0.4,721.0\r\n4,4,0.5"
    )
    plain = CandidateFile.parse(CRLF.replace(b"721.0", b""), 1, "c.csv")
    assert plain.filled({0: {"objective1": 3.0}}).startswith(b"x1,x2,objective1\r\n0,0,3\r\n")


def test_empty_and_no_number_mean_not_measured() -> None:
    file = CandidateFile.parse(b"x,a,b\n1,nan,2\n2,,\n3,inf,x\n", 2, "c.csv")
    assert [file.known(row) for row in range(3)] == [{"b": 2.0}, {}, {}]


@pytest.mark.parametrize(
    ("data", "objectives", "found"),
    [
        (b"x,y\n", 1, "no rows"),
        (b"x,y\n1,2\n", 2, "cannot be objectives"),
        (b"x,y\n1\n", 1, "1 cells"),
        (b"x,y\n\n1,2\n", 1, "0 cells"),
        (b'x,y\n1,"2"\n', 1, "quoted"),
        (b"x,y\n\xff,2\n", 1, "no UTF-8"),
    ],
    ids=["no rows", "all objectives", "short", "blank", "quoted", "latin"],
)
def test_what_is_no_candidates_file_is_refused(data: bytes, objectives: int, found: str) -> None:
    with pytest.raises(DataError, match=found):
        CandidateFile.parse(data, objectives, "c.csv")


def test_proposals_are_read_as_they_were_written() -> None:
    text = proposals_text(["x", "solvent"], [(3, ["0.40", "DMF"]), (0, ["1", "a,b"])])
    assert text == 'actions,x,solvent\r\n3,0.4,DMF\r\n0,1.0,"a,b"\r\n'
    assert proposals_of(text.encode(), "p.csv")[1][1] == {"actions": "0", "x": "1.0", "solvent": "a,b"}


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2), min_size=1))
def test_results_come_back_as_they_were_written(rows: list[list[float]]) -> None:
    cells = results_of(results_text(rows).encode(), len(rows), 2, "r.csv")
    assert [[float(cell) for cell in row] for row in cells] == rows


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=5), st.data())
def test_results_cut_anywhere_are_refused(numbers: list[float], data: st.DataObject) -> None:
    whole = results_text([[number] for number in numbers]).encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DataError):
        results_of(whole[:cut], len(numbers), 1, "r.csv")


@pytest.mark.parametrize("data", [b"1\n\n", b"1\r\r\n2\r\r\n", b"1,2\n3\n", b"y\n1\n2\n", b"1\n\n2\n"])
def test_results_that_leave_a_doubt_are_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        results_of(data, 2, 1, "r.csv")


def test_a_stamp_sorts_behind_those_that_are_there(tmp_path: Path) -> None:
    first = fresh_stamp(tmp_path, 0.0)
    (tmp_path / first).touch()
    second = fresh_stamp(tmp_path, 0.0)
    assert second > first
    (tmp_path / "999999999999.csv").touch()
    with pytest.raises(InputError, match="no date"):
        fresh_stamp(tmp_path, 0.0)
