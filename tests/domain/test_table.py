"""CSV tables: text is text, numbers are strict, every fault has its line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain import table as table_module
from matloop.domain.number import as_number
from matloop.domain.table import LISTED_FAULTS, Layout, read_headers, read_table
from matloop.errors import DataError

Writer = Callable[[str | bytes], Path]


@pytest.fixture
def csv(tmp_path: Path) -> Writer:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "known.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def faults(path: Path, **settings: list[str]) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_table(path, **settings)
    return [str(fault).removeprefix(str(path)) for fault in caught.value.faults]


def test_cells_are_text_without_surrounding_blanks(csv: Writer) -> None:
    table = read_table(csv("formula, y \nNaN,1\n NA ,\nnull,3\n"))
    assert (table.texts("formula").tolist(), table.texts("y").tolist()) == (["NaN", "NA", "null"], ["1", "", "3"])


def test_headers_are_split_into_name_and_unit(csv: Writer) -> None:
    table = read_table(csv("temperature [K],y [GPa],note\n300,1,\n"))
    assert (table.names, table.unit("temperature"), table.unit("note")) == (("temperature", "y", "note"), "K", None)


def test_a_column_is_found_by_its_whole_header_too(csv: Writer) -> None:
    assert read_table(csv("y [GPa]\n1\n")).numbers("y [GPa]").tolist() == [1.0]


def test_numbers_are_read_to_the_last_bit(csv: Writer) -> None:
    written = ["0.1", "1e-7", "-0", "  12 ", "9007199254740993", "0.30000000000000004", "3.5e+2"]
    table = read_table(csv("y\n" + "\n".join(written)), numeric=["y"])
    assert table.numbers("y").tolist() == [float(text) for text in written]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_comes_back_from_its_shortest_form(values: list[float]) -> None:
    assert [as_number(repr(value)) for value in values] == values


@pytest.mark.parametrize(
    "cell", ["NaN", "nan", "inf", "-Infinity", "1_000", "abc", "1,5", "１２", "0x10", "1+2j", "12 K"]
)
@pytest.mark.parametrize("numeric", [["y"], []], ids=["hoped", "text"])
def test_what_is_no_number_is_a_fault_with_its_line(csv: Writer, cell: str, numeric: list[str]) -> None:
    path = csv(f'x,y\n1,1\n2,"{cell}"\n')
    with pytest.raises(DataError) as caught:
        read_table(path, numeric=numeric).numbers("y")
    (fault,) = caught.value.faults
    assert (fault.place, fault.found) == (f"{path}, line 3, column 'y'", f"{cell!r} is no number")


def test_a_decimal_comma_names_its_cure(csv: Writer) -> None:
    with pytest.raises(DataError, match=r"Write 12\.5: decimals take a point"):
        read_table(csv('y\n"12,5"\n')).numbers("y")


def test_empty_cells_are_faults_unless_allowed(csv: Writer) -> None:
    table = read_table(csv("x,y\n1,\n2,5\n"))
    assert np.isnan(table.numbers("y", empty=True)).tolist() == [True, False]
    with pytest.raises(DataError, match="line 2, column 'y': the cell is empty"):
        table.numbers("y")


def test_many_faults_are_listed_in_part_and_counted(csv: Writer) -> None:
    with pytest.raises(DataError) as caught:
        read_table(csv("y\n" + "x\n" * 1000)).numbers("y")
    assert len(caught.value.faults) == LISTED_FAULTS + 1
    assert caught.value.faults[-1].found == f"and {1000 - LISTED_FAULTS} more like this"


def test_an_unknown_column_names_the_nearest(csv: Writer) -> None:
    with pytest.raises(DataError, match=r"no column 'toughnes'. Did you mean 'toughness'"):
        read_table(csv("toughness\n1\n")).numbers("toughnes")


def test_lines_count_quoted_line_breaks_and_blank_lines(csv: Writer) -> None:
    table = read_table(csv('\nid,note\na,"two\nlines"\n\nb,"a\r\nb\n"\nc,\n'))
    assert (table.texts("id").tolist(), table.lines.tolist()) == (["a", "b", "c"], [3, 6, 9])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=repr)
def test_every_kind_of_line_end_is_read(csv: Writer, newline: str) -> None:
    table = read_table(csv(newline.join(["x,y", "1,2", "", "3,4"])))
    assert (table.numbers("y").tolist(), table.lines.tolist()) == ([2.0, 4.0], [2, 4])


def test_a_byte_order_mark_is_no_part_of_a_name(csv: Writer) -> None:
    table = read_table(csv("\ufeffx,y\n1,a\n".encode()), numeric=["x", "y"])
    assert (table.names, table.texts("y").tolist()) == (("x", "y"), ["a"])


def test_only_the_columns_asked_for_are_kept(csv: Writer) -> None:
    table = read_table(csv("x,y,z\n1,2,3\n"), columns=["x", "unknown"])
    assert list(table.cells) == [0]
    with pytest.raises(DataError, match="no column 'y'"):
        table.texts("y")


def test_a_column_hoped_to_be_numbers_stays_text_as_written(csv: Writer) -> None:
    table = read_table(csv("x,code\n1,007\n2,1e5\n3,b\n"), numeric=["x", "code"])
    assert (table.is_numeric("x"), table.texts("code").tolist()) == (True, ["007", "1e5", "b"])


def test_a_text_far_down_turns_the_whole_column_into_text(csv: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "_CHUNK", 3)
    table = read_table(csv("code,x\n" + "".join(f"{i},{i}\n" for i in range(10)) + "last,10\n"), numeric=["code", "x"])
    assert table.texts("code").tolist() == [*map(str, range(10)), "last"]
    assert table.numbers("x").tolist() == list(range(11))
    assert table.lines.tolist() == list(range(2, 13))


def test_rows_of_another_width_are_faults_with_their_lines(csv: Writer) -> None:
    found = faults(csv("x,y\n1,2\n3\n4,5,6\n"))
    assert found == [
        ", line 3: 1 cell below a header of 2. Give every row one cell a column; quote cells that hold a comma.",
        ", line 4: 3 cells below a header of 2. Give every row one cell a column; quote cells that hold a comma.",
    ]


def test_columns_of_one_name_are_refused(csv: Writer) -> None:
    assert "the column 'y' stands there 2 times" in faults(csv("y,x,y [K]\n1,2,3\n"))[0]


def test_columns_without_a_name_are_left_alone(csv: Writer) -> None:
    assert read_table(csv(",x,\n0,1,\n"), columns=["x"]).numbers("x").tolist() == [1.0]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"x,y\n1,\0\n", "binary"),
        (b"PK\x03\x04rest of a workbook", "binary"),
        ("x,y\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"x,y\n1,2\n3,4\xb5m\n", "line 3: byte 0xb5 is no UTF-8 text"),
        (b"x,y\n1,2\n3,4\xe2", "line 3: byte 0xe2 is no UTF-8 text"),
        (b"x," * 2**20, "line 1: the line is longer than a megabyte"),
        (b"x,y\n1,2\n" + b"1" * 3 * 2**20, "longer than a megabyte"),
        (b'x,y\n1,"2\n3,4\n', "no CSV .unexpected end of data"),
        (b'x,y\n1,"2"3\n', "line 2: the line is no CSV"),
        (b'x,y\n1,"' + b"a\n" * 10**5 + b'"\n', "no CSV .field larger than field limit"),
        (b'"x\n', "no CSV"),
    ],
    ids=["empty", "blank", "mark alone", "zero byte", "workbook", "utf-16", "latin-1", "cut letter", "endless header",
         "endless row", "open quote", "text after quote", "endless cell", "open header"],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_one_fault(csv: Writer, content: bytes, found: str) -> None:
    with pytest.raises(DataError, match=found) as caught:
        read_table(csv(content))
    assert len(caught.value.faults) == 1


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such file\. Check the path; it is looked up from"):
        read_headers(tmp_path / "none.csv")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="that is a directory"):
        read_table(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device here")
def test_a_device_is_refused() -> None:
    with pytest.raises(DataError, match="no ordinary file"):
        read_table("/dev/zero")


def test_a_table_may_have_no_rows(csv: Writer) -> None:
    table = read_table(csv("x,y\n"), numeric=["x"])
    assert (len(table), table.numbers("x").tolist(), table.texts("y").tolist()) == (0, [], [])


def test_a_second_line_may_hold_the_names(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("Time in hours,Sample\n\nt,s\n1.5,a\n2,b\n")
    table = read_table(path, numeric=["t"], layout=Layout(header_row=2))
    assert table.names == ("t", "s")
    assert table.numbers("t").tolist() == [1.5, 2.0]
    assert table.lines.tolist() == [4, 5]


def test_numbers_with_holes_are_numbers_only_where_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "holes.csv"
    path.write_text("a,b,c\n1,1,1\n,nan,\n3,3,x\n")
    table = read_table(path, numeric=["a", "b", "c"], layout=Layout(holes=True))
    assert [table.is_numeric(name) for name in "abc"] == [True, False, False]
    assert np.isnan(table.numbers("a")).tolist() == [False, True, False]
    assert not read_table(path, numeric=["a"]).is_numeric("a")


def test_a_column_that_turns_into_words_late_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    rows = [*map(str, range(25_000)), "x"]
    path.write_text("a,w\n" + "".join(f"{cell},w{cell}\n" for cell in rows))
    table = read_table(path, numeric=["a", "w"])
    assert table.texts("a").tolist() == rows
    assert table.texts("w").tolist() == [f"w{cell}" for cell in rows]
