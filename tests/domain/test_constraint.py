"""Constraints: what they refuse."""

import pytest

from matloop.domain.constraint import AtMostNonzero, Expression, Sum, from_json
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


def test_expressions_are_not_yet_supported() -> None:
    with pytest.raises(NotYetSupported, match="not yet supported"):
        Expression("2*a + b <= 3")


def test_at_most_nonzero_is_not_yet_supported() -> None:
    with pytest.raises(NotYetSupported, match="not yet supported"):
        AtMostNonzero(3, ["a", "b", "c", "d"])


def test_other_kinds_of_a_ledger_are_not_yet_supported() -> None:
    with pytest.raises(NotYetSupported, match="'ordering'"):
        from_json({"kind": "ordering"})
