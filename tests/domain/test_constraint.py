"""Constraints: what they refuse."""

import pytest

from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum, from_json
from matloop.errors import NotYetSupported, SpaceError


def test_a_sum_survives_its_json() -> None:
    held = Sum(["a", "b"], 100, tolerance=0.5)
    assert from_json(held.to_json()) == held


@pytest.mark.parametrize(
    ("names", "equals", "tolerance", "found"),
    [
        ("ab", 1, 0, "Give a list"),
        (["a"], 1, 0, "1 parameters"),
        (["a", "a"], 1, 0, "named twice"),
        (["a", 2], 1, 0, "no text"),
        (["a", "b"], float("nan"), 0, "equals is nan"),
        (["a", "b"], "1", 0, "equals is '1'"),
        (["a", "b"], 1, -1, "tolerance is -1"),
    ],
)
def test_a_sum_that_says_nothing_is_refused(names: list[str], equals: float, tolerance: float, found: str) -> None:
    with pytest.raises(SpaceError, match=found):
        Sum(names, equals, tolerance)


@pytest.mark.parametrize("held", [Expression("2*a + b <= 3"), AtMostNonzero(3, ["a", "b", "c", "d"])], ids=str)
def test_a_constraint_survives_its_json(held: Constraint) -> None:
    assert from_json(held.to_json()) == held


@pytest.mark.parametrize(
    ("k", "names", "found"),
    [
        (-1, ["a", "b"], "at_most is -1"),
        (1.5, ["a", "b"], "at_most is 1.5"),
        ("2", ["a", "b"], "at_most is '2'"),
        (1, "ab", "nonzero is 'ab'"),
        (1, ["a"], "1 parameters"),
        (1, ["a", "a"], "named twice"),
    ],
)
def test_an_at_most_that_says_nothing_is_refused(k: int, names: list[str], found: str) -> None:
    with pytest.raises(SpaceError, match=found):
        AtMostNonzero(k, names)


def test_an_at_most_of_as_many_as_it_names_still_stands_and_knows_that_it_excludes_nothing() -> None:
    assert AtMostNonzero(2, ["a", "b"]).idle
    assert not AtMostNonzero(1, ["a", "b"]).idle
    with pytest.raises(SpaceError, match="at_most is 3, and 2 parameters are named, so it excludes nothing"):
        AtMostNonzero(3, ["a", "b"])


def test_an_expression_is_a_text() -> None:
    with pytest.raises(SpaceError, match="it is 3"):
        Expression(3)  # type: ignore[arg-type]


def test_other_kinds_of_a_ledger_are_not_yet_supported() -> None:
    with pytest.raises(NotYetSupported, match="'ordering'"):
        from_json({"kind": "ordering"})
