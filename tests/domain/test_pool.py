"""Pools: identity of rows, look-ups, hashes."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain import columns
from matloop.domain.canonical import candidate_id
from matloop.domain.columns import group
from matloop.domain.pool import Pool
from matloop.errors import DataError

VALUES = st.sampled_from([0.0, -0.0, 1, 1.5, -2.25, 1e300, 7])
ROWS = st.lists(st.tuples(VALUES, st.sampled_from(["NaN", "NA", "NaCl", "Ω"]), st.booleans()), min_size=1, max_size=30)
FEATURES = ["x", "formula", "wet"]
FRAME = pd.DataFrame(
    {
        "design": ["d1", "d2", "d2", "d3", "d1"],
        "n": [6, 8, 8, 6, 6],
        "r": [1.5, 1.6, 1.6, 1.5, 1.5],
        "solvent": ["DMF", "NMP", "NMP", "DMF", "DMF"],
        "toughness": [1.0, 2.0, 2.5, 3.0, 1.1],
        "batch": ["p", "q", "r", "s", "t"],
    }
)


def made(rows: list[tuple[float, str, bool]]) -> Pool:
    return Pool.from_frame(pd.DataFrame(rows, columns=FEATURES), FEATURES)


@given(ROWS)
def test_equal_rows_are_one_candidate_in_order_of_appearance(rows: list[tuple[float, str, bool]]) -> None:
    pool = made(rows)
    unique = list(dict.fromkeys((x + 0.0, formula, int(wet)) for x, formula, wet in rows))
    assert [tuple(pool.values(i).values()) for i in range(len(pool))] == unique
    assert [unique[i] for i in pool.row_of] == [(x + 0.0, formula, int(wet)) for x, formula, wet in rows]


@given(ROWS)
def test_ids_are_those_of_the_values_one_by_one_and_all_together(rows: list[tuple[float, str, bool]]) -> None:
    pool = made(rows)
    single = [candidate_id(list(pool.values(i).values())) for i in range(len(pool))]
    assert single == [pool.id(i) for i in range(len(pool))] == pool.ids


@given(ROWS)
def test_every_candidate_is_found_by_id_and_by_values(rows: list[tuple[float, str, bool]]) -> None:
    pool = made(rows)
    every = list(range(len(pool)))
    assert [pool.index(pool.id(i)) for i in every] == every
    assert [pool.find(pool.values(i)) for i in every] == every
    assert [pool.resolve(pool.values(i)) for i in every] == [pool.candidate(i) for i in every]


@given(ROWS, st.data())
def test_the_head_is_the_pool_of_the_first_candidates(rows: list[tuple[float, str, bool]], data: st.DataObject) -> None:
    whole = made(rows)
    n = data.draw(st.integers(1, len(whole)))
    short = made([row for row, i in zip(rows, whole.row_of, strict=True) if i < n])
    head = whole.head(n)
    assert (head.hash, head.ids, head.encoder) == (short.hash, short.ids, short.encoder)
    assert np.array_equal(head.row_of, short.row_of)
    assert np.array_equal(head.encode_rows(slice(None)), short.encode_rows(slice(None)))


@given(ROWS, ROWS)
def test_pools_have_one_hash_if_and_only_if_they_are_equal(
    one: list[tuple[float, str, bool]], other: list[tuple[float, str, bool]]
) -> None:
    first, second = made(one), made(other)
    assert (first.hash == second.hash) == (first.ids == second.ids)


@given(ROWS)
def test_rows_are_encoded_as_their_values_are(rows: list[tuple[float, str, bool]]) -> None:
    pool = made(rows)
    expected = pool.encoder.encode([pool.values(i) for i in range(len(pool))])
    assert np.array_equal(pool.encode_rows(slice(None)), expected)
    assert np.array_equal(pool.encode_rows(np.array([len(pool) - 1, 0])), expected[[-1, 0]])


@given(ROWS)
def test_equal_rows_are_found_even_if_every_hash_is_the_same(rows: list[tuple[float, str, bool]]) -> None:
    keys = [
        np.array([row[0] + 0.0 for row in rows]).view(np.uint64),
        np.array([len(row[1]) for row in rows], dtype=np.uint64),
    ]
    expected = group(keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "row_hash", lambda keys: np.zeros(len(keys[0]), dtype=np.uint64))
        found = group(keys)
    assert [one.tolist() for one in found] == [one.tolist() for one in expected]


def test_an_id_column_keeps_equal_features_apart() -> None:
    pool = Pool.from_frame(FRAME, ["n", "r", "solvent"], id="design")
    assert (pool.ids, pool.row_of.tolist(), len(pool)) == (["d1", "d2", "d3"], [0, 1, 1, 2, 0], 3)


def test_without_an_id_column_equal_features_are_one() -> None:
    assert Pool.from_frame(FRAME, ["n", "r", "solvent"]).row_of.tolist() == [0, 1, 1, 0, 0]


def test_values_that_several_ids_bear_name_no_candidate() -> None:
    pool = Pool.from_frame(FRAME, ["n", "r", "solvent"], id="design")
    with pytest.raises(DataError, match=r"2 candidates have them .d1, d3.*Name the candidate"):
        pool.resolve({"n": 6, "r": 1.5, "solvent": "DMF"})


def test_one_id_with_two_feature_rows_is_a_fault() -> None:
    frame = FRAME.assign(r=[1.5, 1.6, 1.7, 1.5, 1.5])
    with pytest.raises(
        DataError, match=r"row 2, column 'design': id 'd2' has other features than at .*row 1.*\(r 1.6 and 1.7\)"
    ):
        Pool.from_frame(frame, ["n", "r"], id="design")


def test_ids_are_text() -> None:
    frame = pd.DataFrame({"id": [1.0, 2.0], "x": [1, 2]})
    assert Pool.from_frame(frame, ["x"], id="id").ids == ["1", "2"]


def test_ids_of_a_column_are_looked_up() -> None:
    pool = Pool.from_frame(FRAME, ["n"], id="batch")
    assert (pool.index("r"), pool.index("nobody"), pool.by_id("nobody")) == (2, None, None)
    assert pool.by_id("r") == pool.candidate(2)


NOBODY = [
    "", "c", "d1", "c00000000000000000", "c000000000000000",
    "C0000000000000000", "c-000000000000000", "cffffffffffffffff",
]  # fmt: skip


@pytest.mark.parametrize("id", NOBODY)
def test_an_unknown_id_is_nobody(id: str) -> None:
    assert Pool.from_frame(FRAME, ["n"]).by_id(id) is None


def test_whole_columns_give_whole_numbers() -> None:
    values = Pool.from_frame(FRAME, ["n", "r"]).values(0)
    assert [type(value) for value in values.values()] == [int, float]


def test_riders_ride_along_and_nothing_else() -> None:
    pool = Pool.from_frame(FRAME, ["n", "r"], id="design", riders=["batch", "toughness"])
    assert pool.riders(1) == {"batch": "q", "toughness": 2.0}
    assert Pool.from_frame(FRAME, ["n", "r"]).riders(0) == {}


def test_a_rider_without_a_cell_is_empty() -> None:
    frame = pd.DataFrame({"x": [1, 2], "note": ["a", None], "mass": [np.nan, 2.5]})
    pool = Pool.from_frame(frame, ["x"], riders=["note", "mass"])
    assert [pool.riders(0), pool.riders(1)] == [{"note": "a", "mass": ""}, {"note": "", "mass": 2.5}]


def test_the_frame_may_change_afterwards() -> None:
    frame = FRAME.copy()
    pool = Pool.from_frame(frame, ["n", "r"], riders=["toughness"])
    frame.loc[:, ["r", "toughness"]] = 99.0
    assert (pool.values(0)["r"], pool.riders(0)) == (1.5, {"toughness": 1.0})


@pytest.mark.parametrize(
    "given", [{"n": 6, "r": 1.5}, {"n": "6", "r": "1.50"}, {"n": 6.0, "r": np.float64(1.5)}], ids=repr
)
def test_values_are_read_however_they_are_typed(given: dict[str, object]) -> None:
    pool = Pool.from_frame(FRAME, ["n", "r"])
    assert pool.resolve(given) == pool.candidate(0)


def test_values_of_nobody_are_outside_under_their_own_id() -> None:
    found = Pool.from_frame(FRAME, ["n", "r", "solvent"], id="design").resolve({"r": "1.7", "n": 6, "solvent": "water"})
    assert (found.outside, dict(found.values), found.id) == (
        True, {"n": 6, "r": 1.7, "solvent": "water"}, candidate_id([6, 1.7, "water"]),
    )  # fmt: skip


def test_values_that_cannot_be_read_come_at_once() -> None:
    with pytest.raises(DataError) as caught:
        Pool.from_frame(FRAME, ["n", "r", "solvent"]).resolve({"n": "x", "solven": "DMF", "solvent": ""})
    assert [fault.found for fault in caught.value.faults] == [
        "unknown feature 'solven'", "'x' is no number", "'' is no text", "feature 'r' is missing",
    ]  # fmt: skip


def test_truth_is_one() -> None:
    pool = Pool.from_frame(pd.DataFrame({"wet": [True, False]}), ["wet"])
    assert [pool.find(pool.parse({"wet": word})) for word in (True, "true", 1, "1", "False", 0)] == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    "column",
    [
        pd.array([1, 2, 3], dtype="Int64"),
        pd.array([1.0, 2.0, 3.0], dtype="Float64"),
        np.array([1, 2, 3], dtype=np.uint8),
        np.array([1, 2, 3], dtype=np.float32),
        np.array([1, 2.0, 3], dtype=object),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_of_any_type_make_the_same_pool(column: object) -> None:
    expected = Pool.from_frame(pd.DataFrame({"x": [1.0, 2.0, 3.0]}), ["x"])
    assert Pool.from_frame(pd.DataFrame({"x": column}), ["x"]).hash == expected.hash


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_texts_of_any_type_make_the_same_pool(dtype: str) -> None:
    texts = ["NaN", "NA", "1"]
    found = Pool.from_frame(pd.DataFrame({"x": pd.Series(texts, dtype=dtype)}), ["x"])
    assert [found.values(i)["x"] for i in range(3)] == texts


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ([1.0, float("nan"), 2.0], "row 1, column 'x': nan is no finite number"),
        ([1.0, 2.0, float("inf")], "row 2, column 'x': inf is no finite number"),
        (["a", None, "b"], "row 1, column 'x': the cell is empty"),
        (["a", " ", "b"], "row 1, column 'x': the cell is empty"),
        (pd.array([1, None, 3], dtype="Int64"), "row 1, column 'x'"),
        (pd.array(["a", pd.NA, "b"], dtype="string"), "row 1, column 'x': the cell is empty"),
        (pd.array([True, None, False], dtype="boolean"), "row 1, column 'x': the cell is empty"),
        ([1.0, "a", 2.0], "row 1, column 'x': 'a' is no number, but 2 other cells are"),
        (["a", 1.5, "b"], "row 1, column 'x': '1.5' is a number, but 2 other cells are text"),
        (["a", [1], "b"], r"row 1, column 'x': \[1\] is neither number nor text"),
        ([1j, 2j, 3j], "a column of complex128"),
        (pd.date_range("2026-01-01", periods=3), "a column of datetime64"),
        ([1e308, -1e308, 0.0], "beyond what a float holds"),
    ],
    ids=str,
)
def test_a_column_that_is_no_feature_is_refused_with_its_row(column: object, found: str) -> None:
    with pytest.raises(DataError, match=found):
        Pool.from_frame(pd.DataFrame({"x": column, "y": [1, 2, 3]}), ["y", "x"])


@pytest.mark.parametrize(
    ("features", "id", "found"),
    [
        ([], None, "features is .*never guessed"),
        ("n", None, "features is 'n'"),
        (["n", "rr"], None, "no column 'rr'. Did you mean 'r'"),
        (["n", "n"], None, "feature 'n' is named twice"),
        (["n"], "desing", "no column 'desing'. Did you mean 'design'"),
        ([3], None, "no column 3"),
    ],
    ids=str,
)
def test_features_that_are_not_there_are_refused(features: list[str], id: str | None, found: str) -> None:
    with pytest.raises(DataError, match=found):
        Pool.from_frame(FRAME, features, id=id)


def test_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="2 columns are named 'x'"):
        Pool.from_frame(pd.DataFrame([[1, 2]], columns=["x", "x"]), ["x"])


def test_a_frame_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="no rows"):
        Pool.from_frame(FRAME.iloc[:0], ["n"])


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(DataError, match="no column 'n'"):
        Pool.from_frame([1, 2], ["n"])  # type: ignore[arg-type]


def test_all_faults_of_a_frame_come_at_once() -> None:
    frame = pd.DataFrame({"id": ["a", None], "x": [np.nan, 1.0], "y": ["a", 1]})
    with pytest.raises(DataError) as caught:
        Pool.from_frame(frame, ["x", "y"], id="id")
    assert len(caught.value.faults) == 3


def test_a_header_may_carry_a_unit() -> None:
    pool = Pool.from_frame(pd.DataFrame({"temperature [K]": [300, 400]}), ["temperature"])
    assert (pool.names, pool.units, pool.values(1)) == (("temperature",), ("K",), {"temperature": 400})


def test_a_head_of_more_than_there_are_is_refused() -> None:
    with pytest.raises(DataError, match="first 9 of 2"):
        Pool.from_frame(FRAME, ["n"]).head(9)


def test_a_pool_says_what_it_is_made_of() -> None:
    assert Pool.from_frame(FRAME, ["n"], id="batch").to_json() == {"features": ["n"], "id": "batch", "rows": 5}


def test_the_hash_covers_names_and_ids() -> None:
    pools = [
        Pool.from_frame(FRAME, ["n"], id="batch"),
        Pool.from_frame(FRAME.assign(batch=list("pqrsx")), ["n"], id="batch"),
        Pool.from_frame(FRAME.rename(columns={"n": "m"}), ["m"], id="batch"),
        Pool.from_frame(FRAME, ["n"], id="design"),
    ]
    assert all(one.hash != other.hash for one, other in itertools.combinations(pools, 2))


def test_the_crossed_barrels_are_600_designs_of_3_prints(data_dir: Path) -> None:
    path = data_dir / "pvlab_crossed_barrel" / "crossed_barrel_dataset.csv"
    pool = Pool.read_csv(path, ["n", "theta", "r", "t"], objectives=["toughness"])
    assert (len(pool), set(np.bincount(pool.row_of).tolist()), pool.riders(0)) == (600, {3}, {})


def test_a_pool_describes_itself_in_one_short_line() -> None:
    frame = pd.DataFrame({"id": [f"d{i}" for i in range(1200)], **{f"x{j}": range(1200) for j in range(132)}})
    named = Pool.from_frame(frame, features=["x0", "x1"], id="id")
    wide = Pool.from_frame(frame, features=[f"x{j}" for j in range(132)])
    assert repr(named) == "Pool(1,200 candidates; features x0, x1; id 'id')"
    assert repr(wide) == "Pool(1,200 candidates; features x0, x1, x2, x3, x4, x5 and 126 more; id none)"
