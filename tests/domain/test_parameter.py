"""Parameters: exact decimal grids, strict parsing, every fault at once."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain.canonical import candidate_id
from matloop.domain.parameter import Binary, Categorical, Integer, Parameter, Real, from_json
from matloop.errors import DataError, InputError, SpaceError
from tests.domain.feasibility import reals

KINDS: list[Parameter] = [
    Real("temperature", 300, 900, step=10, unit="degC"),
    Real("x", 0, 1),
    Integer("k", 1, 9),
    Categorical("solvent", ["DMF", "DMSO"]),
    Binary("stirred"),
]


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.name)
def test_every_kind_keeps_the_common_face(one: Parameter) -> None:
    assert isinstance(one, Parameter)


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.name)
def test_a_parameter_survives_its_json(one: Parameter) -> None:
    assert from_json(one.to_json()) == one


@given(reals("x"), st.data())
def test_index_undoes_value(one: Real, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, one.size - 1))
    assert one.index(one.value(k)) == k


@given(reals("x"), st.data())
def test_a_value_is_low_plus_k_steps_in_decimal(one: Real, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, one.size - 1))
    low, high = Decimal(repr(one.low)), Decimal(repr(one.high))
    step = (high - low) / 10**6 if one.step is None else Decimal(repr(one.step))
    assert one.value(k) == float(low + k * step)


@given(reals("x"))
def test_the_grid_ends_at_the_last_value_that_is_not_above_high(one: Real) -> None:
    step = one.grid.spacing
    last = one.grid.first + (one.size - 1) * step
    assert last <= Decimal(repr(one.high)) < last + step


@given(reals("x"), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_many_values_are_the_single_ones_to_the_last_bit(one: Real, raw: list[int]) -> None:
    k = np.array([i % one.size for i in raw], dtype=np.int64)
    assert one.grid.values(k).tolist() == [one.value(int(i)) for i in k]


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [
        (1e300, 2e300, None),
        (1e-300, 2e-300, None),
        (-1e20, 1e20, 1e15),
        (1e-30, 1e-29, 1e-31),
        (123456789.125, 123456790.5, 0.125),
    ],
)
def test_grids_beyond_exact_floats_are_still_decimal(low: float, high: float, step: float | None) -> None:
    one = Real("x", low, high, step=step)
    k = np.array([0, 1, one.size // 3, one.size - 1], dtype=np.int64)
    assert one.grid.values(k).tolist() == [one.value(int(i)) for i in k]
    assert [one.index(one.value(int(i))) for i in k] == k.tolist()


def test_a_tenth_is_a_tenth() -> None:
    one = Real("x", 0, 1, step=0.1)
    assert [one.value(k) for k in range(one.size)] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def test_without_a_step_there_are_a_million() -> None:
    one = Real("x", 0, 1)
    assert (one.size, one.value(1), one.value(10**6)) == (10**6 + 1, 1e-6, 1.0)


@pytest.mark.parametrize(
    ("value", "k"),
    [
        (0.1 + 0.2, 3),
        ("0.30", 3),
        (0.3 + 5e-10, 3),
        (0.3 + 5e-9, None),
        (0.35, None),
        (1.1, None),
        (-0.0, 0),
        (-0.1, None),
    ],
)
def test_values_within_a_billionth_of_the_range_are_on_the_grid(value: float | str, k: int | None) -> None:
    assert Real("x", 0, 1, step=0.1).index(value) == k


def test_minus_zero_is_zero() -> None:
    assert str(Real("x", -0.0, 1, step=0.5).value(0)) == "0.0"
    assert str(Real("x", 0, 1).parse("-0")) == "0.0"


def test_integers_are_whole() -> None:
    one = Integer("k", 1, 9)
    assert ([one.value(0), one.value(8)], one.index(9), one.index(9.0), one.index(2.5), one.index(10)) == (
        [1, 9], 8, 8, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(("given", "parsed"), [("12", 12), ("12.0", 12), (12.0, 12), (12.5, 12.5), (np.int64(3), 3)])
def test_an_integer_reads_what_was_executed(given: object, parsed: float) -> None:
    found = Integer("k", 1, 9).parse(given)
    assert (found, type(found)) == (parsed, type(parsed))


def test_one_choice_has_one_text() -> None:
    one = Categorical("grade", ["1", "2", "NaN"])
    assert [one.parse(given) for given in (1, 1.0, "1", " 1 ", np.int64(1), "NaN", "other")] == ["1"] * 5 + [
        "NaN",
        "other",
    ]


@pytest.mark.parametrize("given", [True, 1, 1.0, "true", "TRUE", " yes ", "1", np.True_], ids=repr)
def test_on_has_many_spellings(given: object) -> None:
    assert Binary("b").parse(given) is True


@pytest.mark.parametrize("given", [False, 0, 0.0, "false", "No", "0", np.False_], ids=repr)
def test_off_has_many_spellings(given: object) -> None:
    assert Binary("b").parse(given) is False


BAD = ["", "abc", "12,5", "1_000", "nan", "inf", float("nan"), float("inf"), None, [], True, "１２"]


@pytest.mark.parametrize("given", BAD, ids=repr)
@pytest.mark.parametrize("one", [Real("x", 0, 1), Integer("k", 1, 9)], ids=lambda one: one.name)
def test_what_is_no_number_is_refused_with_its_parameter(one: Parameter, given: object) -> None:
    with pytest.raises(InputError, match=f"parameter '{one.name}'.*no number"):
        one.parse(given)


@pytest.mark.parametrize("given", ["", "  ", None, float("nan"), True, []], ids=repr)
def test_what_is_no_choice_is_refused(given: object) -> None:
    with pytest.raises(InputError, match=r"is no choice\. Give one of 'DMF', 'DMSO'"):
        Categorical("solvent", ["DMF", "DMSO"]).parse(given)


@pytest.mark.parametrize("given", ["", "maybe", 2, None, 0.5], ids=repr)
def test_what_is_neither_on_nor_off_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="is neither"):
        Binary("b").parse(given)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"low": 2, "high": 1}, "Give low < high"),
        ({"low": 1, "high": 1}, "leave the parameter out"),
        ({"low": float("nan"), "high": 1}, "low is nan"),
        ({"low": 0, "high": float("inf")}, "high is inf"),
        ({"low": "0", "high": 1}, "low is '0'"),
        ({"low": True, "high": 2}, "low is True"),
        ({"low": None, "high": 2}, "low is None"),
        ({"low": 0, "high": 1, "step": 0}, "step is 0"),
        ({"low": 0, "high": 1, "step": -0.1}, "step is -0.1"),
        ({"low": 0, "high": 1, "step": 2}, "0 < step <= 1"),
        ({"low": 0, "high": 1, "step": float("nan")}, "step is nan"),
        ({"low": 0, "high": 1, "step": 1e-17}, "too fine"),
        ({"low": 1e16, "high": 1e16 + 4}, "too fine"),
        ({"low": -1e308, "high": 1e308}, "beyond what a float holds"),
        ({"low": 0, "high": 1, "unit": "furlongs per fortnite"}, "unknown unit"),
        ({"low": 0, "high": 1, "name": " "}, "name is ' '"),
        ({"low": 0, "high": 1, "name": "x "}, "name is 'x '"),
    ],
)
def test_a_real_that_cannot_be_is_refused(settings: dict[str, object], found: str) -> None:
    with pytest.raises(SpaceError, match=found):
        Real(**{"name": "x", **settings})  # type: ignore[arg-type]


def test_all_faults_of_a_parameter_come_at_once() -> None:
    with pytest.raises(SpaceError) as caught:
        Real("", float("nan"), float("inf"), step=float("nan"), unit="foo")
    assert len(caught.value.faults) == 5


@pytest.mark.parametrize("bounds", [(1.5, 3), ("1", 3), (1, float("inf")), (3, 1), (True, 3), (0, 2**60)], ids=repr)
def test_an_integer_that_cannot_be_is_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(SpaceError, match="parameter 'k'"):
        Integer("k", *bounds)


@pytest.mark.parametrize("choices", ["DMF", [], ["DMF"], ["a", "a"], ["a", 1], ["a", ""], ["a", "b "], None], ids=repr)
def test_choices_that_cannot_be_are_refused(choices: list[str]) -> None:
    with pytest.raises(SpaceError, match="parameter 'solvent'"):
        Categorical("solvent", choices)


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(DataError, match="Did you mean 'real'"):
        from_json({"kind": "reel", "name": "x"})


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_an_id_does_not_depend_on_the_numeric_type(number: float) -> None:
    kinds: list[Any] = [number, np.float32(number), np.float64(number), np.array(number)[()]]
    if number.is_integer():
        kinds += [int(number)] if abs(number) < 2**53 else []
    assert len({candidate_id([one]) for one in kinds}) == 1
