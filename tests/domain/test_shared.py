"""Sums that share parameters: counted, listed, drawn and walked exactly, against brute force."""

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.parameter import Integer, Parameter, Real
from matloop.domain.space import Space
from matloop.errors import NotYetSupported, SpaceError

SHAPES = {
    "two sums, one shared": [["a", "b"], ["b", "c"]],
    "two sums, two shared": [["a", "b", "c"], ["b", "c", "d"]],
    "one sum within another": [["a", "b", "c", "d"], ["b", "c"]],
    "a chain of three": [["a", "b"], ["b", "c", "d"], ["d", "e"]],
    "a ring of three": [["a", "b"], ["b", "c"], ["c", "a"]],
    "all three meet": [["a", "b", "c"], ["b", "c", "d"], ["c", "d", "a"]],
    "a ring of three, and all in one": [["a", "b", "e"], ["b", "c", "e"], ["c", "a", "e"]],
}
NAMES = "abcde"


def parameters(rng: Random) -> list[Parameter]:
    lows = {name: rng.randint(-2, 2) for name in NAMES}
    return [Integer(name, low, low + rng.randint(1, 6)) for name, low in lows.items()]


def drawn(shape: str, seed: int, *more: Constraint) -> tuple[Space, list[tuple[int, ...]]]:
    """A space that has points, since its totals are those of one; and all its points by brute force, as values."""
    rng = Random(seed)  # noqa: S311
    made = parameters(rng)
    point = {one.name: rng.randint(one.low, one.high) for one in made if isinstance(one, Integer)}
    sums = [Sum(names, sum(point[name] for name in names)) for names in SHAPES[shape]]
    ranges = [range(one.low, one.high + 1) for one in made if isinstance(one, Integer)]
    every = (dict(zip(NAMES, values, strict=True)) for values in itertools.product(*ranges))
    kept = [
        tuple(values.values())
        for values in every
        if all(sum(values[name] for name in held.names) == held.equals for held in sums)
        and all(sum(values[name] != 0 for name in held.names) <= held.k for held in more)  # type: ignore[union-attr]
    ]
    try:
        return Space(made, [*sums, *more]), kept
    except SpaceError:
        assert kept == []
        assume(False)
        raise


@pytest.mark.parametrize("shape", SHAPES)
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6), few=st.booleans())
def test_points_are_counted_and_listed_as_brute_force_does(shape: str, seed: int, few: bool) -> None:
    space, wanted = drawn(shape, seed, *([AtMostNonzero(3, list("abcd"))] if few else []))
    points = space.enumerate(10**6)
    assert points is not None
    assert [tuple(space.values(k).values()) for k in points] == sorted(wanted)
    assert space.count() == len(wanted)


@pytest.mark.parametrize("shape", SHAPES)
def test_draws_are_uniform(shape: str) -> None:
    space, wanted = drawn(shape, 5)
    points = space.sample(np.random.default_rng(3), 200 * len(wanted))
    _, counts = np.unique(points, axis=0, return_counts=True)
    assert len(counts) == len(wanted)
    if len(wanted) > 1:
        assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("shape", SHAPES)
def test_neighbours_lead_to_every_point(shape: str) -> None:
    space, wanted = drawn(shape, 11)
    rng = np.random.default_rng(0)
    met, ahead = set(), [space.sample(rng, 1)[0]]
    while ahead:
        k = ahead.pop()
        if tuple(k) not in met:
            met.add(tuple(k))
            around = space.neighbours(k, rng, 200)
            assert space.feasible(around).all()
            ahead += list(around)
    assert len(met) == len(wanted)


def test_a_mixture_of_two_mixtures_is_exact_at_a_fine_step() -> None:
    space = Space(
        [Real(name, 0, 100, step=0.1) for name in "abcd"],
        [Sum(["a", "b", "c"], 100), Sum(["b", "c", "d"], 60)],
    )
    # b + c = s for s = 0 .. 600 tenths, in s + 1 ways each; a and d take the rest
    assert space.count() == sum(s + 1 for s in range(601))
    points = space.sample(np.random.default_rng(0), 500)
    assert space.feasible(points).all()


def test_sums_on_the_finest_grid_are_not_yet_supported() -> None:
    with pytest.raises(NotYetSupported, match=r"share parameters.*coarser step"):
        Space([Real(name, 0, 100) for name in "abc"], [Sum(["a", "b"], 100), Sum(["b", "c"], 100)])


def test_sums_that_exclude_each_other_are_named() -> None:
    constraints = [Sum(["a", "b"], 6), Sum(["b", "c"], 0), Sum(["a", "c"], 0)]
    with pytest.raises(SpaceError, match=r"constraint a \+ b = 6; constraint b \+ c = 0; constraint a \+ c = 0"):
        Space([Integer(name, 0, 6) for name in "abc"], constraints)


def test_expressions_and_fixed_values_narrow_them() -> None:
    space = Space(
        [Integer(name, 0, 10) for name in "abcd"],
        [Sum(["a", "b", "c"], 10), Sum(["b", "c", "d"], 6), Expression("b >= c")],
    )
    fixed = space.restricted({"d": 2})
    points = fixed.enumerate(100)
    assert points is not None
    assert points.tolist() == [[6, 2, 2, 2], [6, 3, 1, 2], [6, 4, 0, 2]]
