"""Expressions: read by our own grammar, faults at their column, decided as fractions decide."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain.constraint import Expression
from matloop.domain.expression import Condition, bind, linear
from matloop.domain.interval import always
from matloop.domain.syntax import Arithmetic, Comparison
from matloop.errors import Faults, SpaceError
from tests.domain.constraint_judge import Tree, meant, written

KINDS: Mapping[str, Sequence[str] | None] = {"a": None, "b": None, "content (%)": None, "solvent": ("DMF", "DMSO")}
NUMBERS = ["0", "1", "2", "0.1", "0.3", "1e-3", "7"]


def bound(text: str) -> Condition:
    faults = Faults()
    held = bind(text, Expression(text).tree, KINDS, "parameter", faults)
    faults.raise_if_any(SpaceError)
    assert held is not None
    return held


@st.composite
def figures(draw: st.DrawFn, depth: int = 3) -> Tree:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([("name", "a"), ("name", "b"), *(("number", one) for one in NUMBERS)]))
    return (draw(st.sampled_from("+-*/")), draw(figures(depth - 1)), draw(figures(depth - 1)))


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> Tree:
    kind = draw(st.sampled_from(["and", "or", "not", "compare", "compare"])) if depth else "compare"
    if kind == "compare":
        return (draw(st.sampled_from(["<", "<=", ">", ">="])), draw(figures()), draw(figures()))
    if kind == "not":
        return ("not", draw(conditions(depth - 1)))
    return (kind, draw(conditions(depth - 1)), draw(conditions(depth - 1)))


def truth(tree: Tree, values: Mapping[str, Any]) -> bool:
    try:
        return bool(meant(tree, values))
    except ZeroDivisionError:
        return False


def whole(tree: Tree, values: Mapping[str, Any]) -> bool:
    """The truth where nothing anywhere is divided by zero (the judge's `and` stops early)."""
    return truth(tree, values) and not divides_by_zero(tree, values)


def divides_by_zero(tree: Tree, values: Mapping[str, Any]) -> bool:
    if tree[0] in ("name", "number", "text"):
        return False
    if any(divides_by_zero(part, values) for part in tree[1:]):
        return True
    return bool(tree[0] == "/" and meant(tree[2], values) == 0)


@given(conditions(), st.integers(0, 2**32))
def test_rows_are_decided_as_fractions_decide_them(tree: Tree, seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = {name: rng.choice([0.0, 0.1, 0.2, 0.3, 1.0, -2.5, 1e-3], 12) for name in "ab"}
    rows = [{name: float(column[i]) for name, column in columns.items()} for i in range(12)]
    held = bound(written(tree))
    expected = [whole(tree, row) for row in rows]
    assert held.holds(columns, 12).tolist() == expected
    assert [held.holds_for(row) for row in rows] == expected


@given(conditions(), st.integers(0, 2**32))
def test_what_is_proven_over_a_box_is_true_in_it(tree: Tree, seed: int) -> None:
    rng = Random(seed)  # noqa: S311
    values = [Fraction(rng.randint(-30, 30), 10) for _ in range(4)]
    box = {"a": (min(values[:2]), max(values[:2])), "b": (min(values[2:]), max(values[2:]))}
    said = always(bound(written(tree)).tree, box)
    if said is not None:
        for _ in range(10):
            row = {name: float(low + (high - low) * rng.randint(0, 10) / 10) for name, (low, high) in box.items()}
            inside = all(box[name][0] <= Fraction(repr(value)) <= box[name][1] for name, value in row.items())
            assert not inside or whole(tree, row) is said


@pytest.mark.parametrize(
    ("text", "row", "holds"),
    [
        ("2*a + b <= 3", {"a": 1, "b": 1}, True),
        ("a - b - 1 < 0", {"a": 1, "b": 0}, False),
        ("a / b / 2 == 1 or a > 0", {"a": -4, "b": -2}, None),
        ("-a*b < 0", {"a": 1, "b": 1}, True),
        ("- -a > 0", {"a": 1, "b": 1}, True),
        ("1 <= a < b", {"a": 1, "b": 2}, True),
        ("1 <= a < b", {"a": 1, "b": 1}, False),
        ("not a > 1 and b > 1", {"a": 0, "b": 2}, True),
        ("a > 1 or b > 1 and a > 0", {"a": 2, "b": 0}, True),
        ("`content (%)` >= .5e1", {"content (%)": 5}, True),
        ("solvent == 'DMF'", {"solvent": "DMSO"}, False),
        ('solvent != "DMF"', {"solvent": "DMSO"}, True),
        ("a + b == 0.3", {"a": 0.1, "b": 0.2}, True),
        ("a * b <= 0.06", {"a": 0.2, "b": 0.3}, True),
        ("1 / a > 0 or 1 < 2", {"a": 0}, False),
    ],
)
def test_an_expression_means_what_it_says(text: str, row: dict[str, Any], holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(SpaceError, match="only in linear"):
            bound(text)
    else:
        assert bound(text).holds_for(row) is holds


@pytest.mark.parametrize(
    ("text", "column", "found"),
    [
        ("", None, "it is empty"),
        ("a = 3", 3, "'=' means nothing here. Write =="),
        ("a + content (%) < 3", 14, "backquotes"),
        ("a % b < 3", 3, "backquotes"),
        ("a < `b", 5, "close the quotation"),
        ("(a < 3", 7, "it ends here. Here belongs a closing bracket"),
        ("a < 3)", 6, "')' stands here"),
        ("a +", 4, "it ends here. Here belongs a name"),
        ("a and", 6, "it ends here"),
        ("a b < 3", 3, "'b' stands here"),
        ("a < 1e999", 5, "beyond what a float holds"),
        ("a ** 2 < 1", 4, "'*' stands here"),
        ("__import__('os')", 11, "'(' stands here"),
        ("c < 3", 1, "unknown parameter 'c'"),
        ("solvnt == 'DMF'", 1, "Did you mean 'solvent'"),
        ("solvent < 'DMF'", 9, "text has no order"),
        ("solvent == 3", 9, "a number is compared with text"),
        ("solvent == 'DMFF'", 12, "Did you mean 'DMF'"),
        ("solvent + 1 < 3", 1, "a text stands where a number belongs"),
        ("a + b", None, "it is no condition"),
        ("a and b < 3", 1, "a number stands where a condition belongs"),
        ("(a < 3) < b", 9, "a condition is compared"),
        ("a * b == 3", 7, "only in linear expressions"),
        ("(" * 200 + "a" + ")" * 200 + " < 1", 61, "nested 61 deep"),
        ("+".join(["a"] * 300) + " < 1", None, "300 operators"),
        ("a" * 3000 + " < 1", None, "3004 characters"),
    ],
)
def test_a_fault_names_its_column_and_a_cure(text: str, column: int | None, found: str) -> None:
    with pytest.raises(SpaceError) as caught:
        bound(text)
    (fault,) = caught.value.faults
    assert found in f"{fault.found}. {fault.cure}"
    assert column is None or fault.place.endswith(f"column {column}")


def test_all_faults_of_kind_come_at_once() -> None:
    with pytest.raises(SpaceError) as caught:
        bound("c < 3 and solvent > 'DMF' and d * a == 1")
    assert len(caught.value.faults) == 4


def test_linear_forms_are_found_exactly() -> None:
    tree = Expression("2*(a - b)/3 + 0.1 <= a").tree
    assert isinstance(tree, Comparison)
    form = linear(Arithmetic("-", tree.left, tree.right, 1))
    assert form is not None
    assert form.coefficients == {"a": Fraction(-1, 3), "b": Fraction(-2, 3)}
    assert form.constant == Fraction(1, 10)


@pytest.mark.parametrize("text", ["a*b <= 1", "1/a <= 1", "a/0 <= 1"])
def test_what_is_not_linear_is_none(text: str) -> None:
    tree = Expression(text).tree
    assert isinstance(tree, Comparison)
    assert linear(tree.left) is None
