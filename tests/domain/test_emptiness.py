"""Proofs of emptiness: never wrong, complete on small grids, and the constraints named are all needed."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matloop.domain.bounds import AtMost, Scale
from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.emptiness import Programme
from matloop.domain.expression import Linear
from matloop.domain.ground import IndexCap, IndexSum
from matloop.domain.parameter import Integer, Parameter, Real
from matloop.domain.space import Space
from matloop.errors import SearchError, SpaceError

UNITS: list[Parameter] = [Real(name, 0, 1) for name in "abc"]
WHOLE: list[Parameter] = [Integer(name, 0, 100) for name in "abc"]
PAIRS = ["a + b >= 1.2", "b + c >= 1.2", "a + c >= 1.2"]

EMPTY: dict[str, tuple[list[Parameter], list[Constraint]]] = {
    "inequalities that only together exclude all": (UNITS, [Expression(one) for one in [*PAIRS, "a + b + c <= 1.799"]]),
    "strict inequalities that meet": (UNITS, [Expression(one) for one in [*PAIRS, "a + b + c < 1.8"]]),
    "an equality that no whole numbers meet": (WHOLE, [Expression("4*a + 6*b == 10*c + 3")]),
    "a total that no coins make": (WHOLE, [Expression("6*a + 10*b + 15*c == 29")]),
    "a sum and its halves": (
        [Real(name, 0, 100, step=0.5) for name in "abcd"],
        [Sum(list("abcd"), 100), Expression("a + b <= 49.5"), Expression("c + d <= 50")],
    ),
    "zeros that leave too little": (
        [Real(name, 0, 40, step=0.5) for name in "abcd"],
        [AtMostNonzero(2, list("abcd")), Expression("a + 1.1*b + c + d >= 90")],
    ),
}
BESIDE: list[Constraint] = [Expression("a <= 90"), Expression("a*b <= 8000"), Expression("a/(b + 1) <= 95")]


@pytest.mark.parametrize("case", EMPTY)
def test_constraints_that_exclude_all_are_named_and_no_others(case: str) -> None:
    parameters, constraints = EMPTY[case]
    with pytest.raises(SpaceError) as caught:
        Space(parameters, [BESIDE[0], *constraints, *BESIDE[1:]])
    (fault,) = caught.value.faults
    assert fault.place == "; ".join(map(str, constraints))
    assert "no point of the space meets" in fault.found


@pytest.mark.parametrize("case", EMPTY)
def test_each_of_the_constraints_named_is_needed(case: str) -> None:
    parameters, constraints = EMPTY[case]
    for left_out in constraints:
        space = Space(parameters, [one for one in constraints if one is not left_out])
        points = space.sample(np.random.default_rng(0), 4)
        assert space.feasible(points).all()


def test_a_point_that_chance_would_not_meet_is_found_in_whole_numbers() -> None:
    space = Space([Integer(name, 0, 1000) for name in "abc"], [Expression("6*a + 10*b + 15*c == 31")])
    points = space.sample(np.random.default_rng(0), 3)
    assert points.tolist() == [[1, 1, 1]] * 3


def test_a_fixed_value_is_part_of_what_excludes_all() -> None:
    space = Space(UNITS, [Expression(one) for one in [*PAIRS, "a + b + c <= 1.9"]])
    with pytest.raises(SpaceError, match=r"a \+ b \+ c <= 1.9.*with a = 0.3"):
        space.restricted({"a": 0.3})


def test_what_is_neither_found_nor_excluded_is_no_proof() -> None:
    needle = "a*b > 0.24 and a*b < 0.240000001 and a*a > 2.25*b*b and a*a < 2.2500000001*b*b and a*a + b*b < 0.5"
    space = Space(UNITS, [Expression(needle)])
    with pytest.raises(SearchError, match=r"among 200,000 that were looked at"):
        space.sample(np.random.default_rng(0), 1)


SMALL = st.tuples(st.lists(st.integers(-4, 4), min_size=3, max_size=3), st.integers(-9, 9), st.booleans())


@settings(deadline=None, max_examples=150)
@given(st.lists(SMALL, min_size=1, max_size=4), st.integers(0, 9), st.integers(0, 2))
def test_a_small_grid_is_proven_empty_exactly_where_it_is(
    rows: list[tuple[list[int], int, bool]], total: int, few: int
) -> None:
    names, scale = ["a", "b", "c"], Scale(Fraction(-1), Fraction(1, 2))
    low, high = (0, 1, 0), (6, 5, 4)
    linear = [
        AtMost(
            Linear({n: Fraction(x) for n, x in zip(names, c, strict=True) if x}, Fraction(bound)), strict, f"row {i}"
        )
        for i, (c, bound, strict) in enumerate(rows)
    ]
    linear = [one for one in linear if one.form.coefficients]
    cap = IndexCap(few, (0, 1, 2), (2, 2, 2))
    programme = Programme.of(
        names,
        (low, high),
        [(one, dict.fromkeys(names, scale)) for one in linear],
        [(IndexSum((0, 1, 2), total), "sum")],
        [(cap, "cap")],
    )

    def good(k: tuple[int, ...]) -> bool:
        values = {name: scale.first + scale.step * i for name, i in zip(names, k, strict=True)}
        held = [sum(x * values[n] for n, x in one.form.coefficients.items()) + one.form.constant for one in linear]
        fine = all(value < 0 if one.strict else value <= 0 for value, one in zip(held, linear, strict=True))
        return fine and sum(k) == total and sum(i != 2 for i in k) <= few

    points = [k for k in itertools.product(*(range(a, b + 1) for a, b in zip(low, high, strict=True))) if good(k)]
    assert bool(programme.conflict()) == (not points)
    found = programme.point()
    assert (found is None) == (not points)
    assert found is None or tuple(found[:3].tolist()) in points
