"""Constrained spaces against an independent judge, brute force and closed forms; impossible ones are named."""

import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.parameter import Binary, Categorical, Integer, Parameter, Real
from matloop.domain.space import Space
from matloop.errors import DataError, NotYetSupported, SearchError, SpaceError
from tests.domain.constraint_judge import Drawn, draw

MIXTURE = [Real(name, 0, 100, step=5) for name in "abcdef"]
NAMES = list("abcdef")
FEW = [Sum(NAMES, 100), AtMostNonzero(3, NAMES)]


def a_space(seed: int) -> tuple[Drawn, Space]:
    drawn = draw(Random(seed))  # noqa: S311
    try:
        return drawn, drawn.space()
    except SpaceError:
        assume(False)
        raise


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6))
def test_every_point_that_a_space_hands_out_is_feasible(seed: int) -> None:
    drawn, space = a_space(seed)
    rng = np.random.default_rng(seed)
    try:
        points = space.sample(rng, 20)
    except SearchError:
        return
    mapped = space.from_unit(rng.random((16, len(space.names))))
    around = np.vstack([space.neighbours(k, rng, 20) for k in points[:3]])
    for k in np.vstack([points, mapped, around]):
        assert drawn.wrong(space.values(k)) == []
        assert space.within(space.values(k))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_a_row_of_the_unit_cube_maps_alone_under_expressions(seed: int) -> None:
    _, space = a_space(seed)
    U = np.random.default_rng(seed).random((8, len(space.names)))
    try:
        whole = space.from_unit(U)
    except SearchError:
        return
    assert np.array_equal(whole[3:5], space.from_unit(U[3:5]))


SMALL_ONES: list[tuple[list[Parameter], list[Constraint]]] = [
    ([Integer("a", -1, 2), Integer("b", 0, 3), Integer("c", 1, 3)], [AtMostNonzero(2, ["a", "b", "c"])]),
    (
        [Integer("a", -2, 2), Integer("b", -1, 3), Integer("c", 0, 3)],
        [AtMostNonzero(1, ["a", "b"]), Sum(["a", "c"], 1)],
    ),
    ([Integer(n, 0, 3) for n in "abcd"], [AtMostNonzero(2, ["a", "b", "c"]), AtMostNonzero(1, ["c", "d"])]),
    ([Integer(n, 0, 4) for n in "abcd"], [Sum(["b", "a", "d"], 5), AtMostNonzero(2, ["d", "a", "c"])]),
    ([Integer(n, 0, 4) for n in "abcd"], [Sum(["a", "b"], 4), Sum(["c", "d"], 5), AtMostNonzero(3, list("abcd"))]),
    (
        [Integer("a", 0, 4), Binary("b"), Categorical("s", ["x", "y"])],
        [Expression("a + 2*b <= 3 and s != 'x' or a == 4")],
    ),
    ([Integer("a", 0, 4), Integer("b", 0, 4)], [Expression("a / b <= 2")]),
    ([Integer("a", 0, 9), Integer("b", 0, 9)], [Expression("a == 2*b"), Expression("a + b == 6")]),
    ([Integer("a", 0, 9), Integer("b", 0, 9)], [Expression("3 < 2*a <= 7"), Expression("b > a")]),
    (
        [Real("a", 0, 0.5, step=0.1), Real("b", 0, 0.5, step=0.1)],
        [Expression("a + b <= 0.3"), Expression("a*b >= 0.02")],
    ),
]


@pytest.mark.parametrize(("parameters", "constraints"), SMALL_ONES, ids=[str(case[1][0]) for case in SMALL_ONES])
def test_list_and_count_are_those_of_brute_force(parameters: list[Parameter], constraints: list[Constraint]) -> None:
    drawn = Drawn(parameters)
    space = Space(parameters, constraints)
    free = Space(parameters)
    brute = [
        k
        for k in itertools.product(*(range(one.size) for one in parameters))
        if space.within(free.values(k)) and drawn.wrong(free.values(k)) == []
    ]
    listed = space.enumerate(10**5)
    assert listed is not None
    assert [tuple(k) for k in listed.tolist()] == brute
    assert space.count() == space.most == len(brute)
    points = space.sample(np.random.default_rng(0), 300 * len(brute))
    place = {k: i for i, k in enumerate(brute)}
    counts = np.bincount([place[tuple(k)] for k in points.tolist()], minlength=len(brute))
    assert len(brute) == 1 or stats.chisquare(counts).pvalue > 1e-5


def test_supports_are_counted_in_closed_form() -> None:
    closed = sum(math.comb(6, k) * math.comb(19, k - 1) for k in (1, 2, 3))  # compositions of 20 into k parts
    assert Space(MIXTURE, FEW).count() == closed == 3711


def test_fine_steps_under_an_at_most_keep_their_sum() -> None:
    names = [f"m{i}" for i in range(10)]
    space = Space([Real(name, 0, 1) for name in names], [Sum(names, 1), AtMostNonzero(4, names)])
    drawn = Drawn(list(space.parameters), [(names, 1)], [(4, names)])  # type: ignore[list-item]
    rng = np.random.default_rng(0)
    points = space.sample(rng, 50)
    assert all(drawn.wrong(space.values(k)) == [] for k in np.vstack([points, space.neighbours(points[0], rng, 200)]))
    assert space.count() is not None


def test_neighbours_change_what_is_nonzero_and_keep_the_sum() -> None:
    space = Space(MIXTURE, FEW)
    k = np.array([10, 6, 4, 0, 0, 0])
    around = space.neighbours(k, np.random.default_rng(0), 500)
    zeros = {tuple(np.flatnonzero(one)) for one in around}
    assert len(zeros) >= 10
    assert (around.sum(axis=1) == 20).all()
    assert ((around > 0).sum(axis=1) <= 3).all()


def test_points_that_no_single_step_joins_are_still_neighbours() -> None:
    for top in (60, 6000):  # listed, and too large for that
        space = Space([Integer("a", 0, top), Integer("b", 0, top)], [Expression("a == 2*b")])
        around = space.neighbours(np.array([20, 10]), np.random.default_rng(0), 5)
        assert len(around) > 0
        assert (around[:, 0] == 2 * around[:, 1]).all()


@pytest.mark.parametrize(
    ("parameters", "constraints", "found"),
    [
        (MIXTURE, [Expression("a + b >= 300")], r"a \+ b >= 300: no point"),
        (MIXTURE, [Expression("a < 0")], "a < 0: no point"),
        (MIXTURE, [Expression("a*b > 10001")], r"a\*b > 10001: no point"),
        (MIXTURE, [Expression("a <= 10"), Expression("a > 10")], "a .* 10: no point"),
        (MIXTURE, [Expression("a + b == 7")], "between grid points"),
        (MIXTURE, [Expression("a + b == 150"), AtMostNonzero(1, ["a", "b"])], r"a \+ b == 150; constraint at most 1"),
        (MIXTURE, [Sum(NAMES, 600), AtMostNonzero(3, NAMES)], "= 600; constraint at most 3 .*meets them"),
        (
            [Real("a", 1, 2), Real("b", 1, 2), Real("c", 0, 1)],
            [AtMostNonzero(1, ["a", "b", "c"])],
            "0 is no value of a, b",
        ),
        (MIXTURE, [*FEW, Expression("a*b*c*d >= 1")], "at most 3 .*a.b.c.d >= 1: no point"),
        ([Integer("a", 1, 9), Integer("b", 1, 9)], [Expression("a == 2*b"), Expression("b == 2*a")], "no point"),
        (MIXTURE, [Expression("a < 'x'")], "a number is compared with text"),
        (MIXTURE, [AtMostNonzero(1, ["a", "bb"])], "unknown parameter 'bb'"),
        ([*MIXTURE, Categorical("s", ["x", "y"])], [AtMostNonzero(1, ["a", "s"])], "'s' is no number"),
    ],
)
def test_what_is_proven_empty_or_unsound_is_refused(
    parameters: list[Parameter], constraints: list[Constraint], found: str
) -> None:
    with pytest.raises(SpaceError, match=found):
        Space(parameters, constraints)


def test_what_is_not_found_in_the_stated_effort_says_just_that() -> None:
    needle = "x*y > 0.24 and x*y < 0.240000001 and x/y > 1.5 and x/y < 1.50000001 and x*x + y*y < 0.5"
    space = Space([Real("x", 0, 1), Real("y", 0.1, 1)], [Expression(needle)])
    assert space.count() is None
    with pytest.raises(SearchError, match="found among 200,000 that were looked at"):
        space.sample(np.random.default_rng(0), 1)


def test_bounds_that_an_expression_implies_are_exact() -> None:
    space = Space(
        [Real("x", 0, 1, step=0.1), Integer("n", 0, 10)], [Expression("x <= 0.3"), Expression("3 < n <= 7.5")]
    )
    assert space.count() == 4 * 4


def test_an_expression_that_always_holds_costs_nothing() -> None:
    assert Space([Real("x", 0, 1)], [Expression("x*x <= 1")]).count() == 10**6 + 1


def test_too_many_supports_are_not_yet_supported() -> None:
    names = [f"m{i}" for i in range(40)]
    with pytest.raises(NotYetSupported, match="ways to choose"):
        Space([Real(name, 0, 1) for name in names], [AtMostNonzero(20, names)])


def test_a_constrained_space_survives_its_json() -> None:
    space = Space(MIXTURE, [*FEW, Expression("a + b <= 60")]).restricted({"a": 20})
    assert Space.from_json(space.to_json()) == space
    assert Space.from_json(space.to_json()).hash == space.hash != Space(MIXTURE, FEW).hash


def test_a_restricted_space_keeps_ids_and_encoding() -> None:
    space = Space(MIXTURE, FEW)
    part = space.restricted({"a": "20", "b": 0})
    points = part.enumerate(10**4)
    assert points is not None
    assert len(points) == 4 * 1 + 6 * 15  # 16 steps left over for one or two of the other four
    assert {part.values(k)["a"] for k in points} == {20.0}
    assert part.candidate(points[0]) == space.candidate(points[0])
    assert np.array_equal(part.encode_grid(points), space.encode_grid(points))


@pytest.mark.parametrize(
    ("fixed", "kind", "found"),
    [
        ({"a": 21}, SpaceError, "21.0 is no value"),
        ({"a": 60, "b": 60}, SpaceError, "a = 60.0, b = 60.0"),
        ({"z": 1}, DataError, "unknown parameter 'z'"),
        ({"a": "x"}, DataError, "no number"),
    ],
)
def test_what_cannot_be_fixed_is_refused(fixed: dict[str, object], kind: type[Exception], found: str) -> None:
    with pytest.raises(kind, match=found):
        Space(MIXTURE, FEW).restricted(fixed)
