"""Spaces: every point they hand out is feasible, by an independent judge; impossible ones are refused with a cure."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from matloop.domain.candidate import Candidate
from matloop.domain.canonical import candidate_id
from matloop.domain.constraint import Sum
from matloop.domain.parameter import Binary, Categorical, Integer, Parameter, Real
from matloop.domain.space import Space
from matloop.errors import DataError, SpaceError
from tests.domain.feasibility import judge, spaces

BLEND = Space(
    [*(Real(name, 0, 100, step=0.5) for name in "abc"), Integer("k", 1, 9), Categorical("solvent", ["DMF", "DMSO"])],
    [Sum(["a", "b", "c"], 100)],
)


def all_feasible(space: Space, points: np.ndarray) -> bool:
    return all(judge(space, space.values(k)) == [] for k in points)


@given(spaces(), st.integers(0, 2**32))
def test_every_sampled_point_is_feasible(space: Space, seed: int) -> None:
    assert all_feasible(space, space.sample(np.random.default_rng(seed), 20))


@given(spaces(), st.integers(0, 2**32))
def test_every_neighbour_is_feasible_another_point_and_alone(space: Space, seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = space.sample(rng, 1)[0]
    around = space.neighbours(k, rng, 30)
    assert all_feasible(space, around)
    assert len(around) <= 30
    assert len({tuple(one) for one in around.tolist()} - {tuple(k.tolist())}) == len(around)


@given(spaces(), st.integers(0, 2**32), st.integers(1, 15))
def test_a_row_of_the_unit_cube_maps_alone(space: Space, seed: int, n: int) -> None:
    U = np.random.default_rng(seed).random((16, len(space.names)))
    assert np.array_equal(space.from_unit(U)[:n], space.from_unit(U[:n]))


@pytest.mark.parametrize("corner", [0.0, np.nextafter(1.0, 0.0)], ids=["zeros", "ones"])
@given(spaces())
def test_corners_of_the_unit_cube_are_feasible(corner: float, space: Space) -> None:
    assert all_feasible(space, space.from_unit(np.full((1, len(space.names)), corner)))


@given(spaces(small=True))
def test_count_and_list_are_those_of_brute_force(space: Space) -> None:
    grid = itertools.product(*(range(one.size) for one in space.parameters))
    brute = [
        k
        for k in grid
        if judge(space, {one.name: one.value(i) for one, i in zip(space.parameters, k, strict=True)}) == []
    ]
    listed = space.enumerate(10**6)
    assert listed is not None
    assert [tuple(k) for k in listed.tolist()] == brute
    assert space.count() == len(brute)


@given(spaces(small=True), st.integers(0, 2**32))
def test_feasible_agrees_with_the_judge(space: Space, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tops = [one.size for one in space.parameters]
    points = np.column_stack([rng.integers(0, top, 40) for top in tops])
    assert space.feasible(points).tolist() == [judge(space, space.values(k)) == [] for k in points]


def test_points_off_the_grid_are_not_feasible() -> None:
    points = np.array([[0, 0, 200, 0, 0], [-1, 1, 200, 0, 0], [0, 0, 200, 9, 0], [0, 0, 200, 0, 2]])
    assert BLEND.feasible(points).tolist() == [True, False, False, False]


@given(spaces(), st.integers(0, 2**32))
def test_a_point_is_found_again_by_its_values(space: Space, seed: int) -> None:
    k = space.sample(np.random.default_rng(seed), 1)[0]
    assert space.resolve(space.values(k)) == space.candidate(k)
    found = space.index(space.values(k))
    assert found is not None
    assert found.tolist() == k.tolist()


@given(spaces(), st.integers(0, 2**32))
def test_the_fast_encoding_is_the_slow_one_to_the_last_bit(space: Space, seed: int) -> None:
    points = space.sample(np.random.default_rng(seed), 10)
    assert np.array_equal(space.encode_grid(points), space.encoder.encode([space.values(k) for k in points]))


@given(spaces())
def test_a_space_survives_its_json(space: Space) -> None:
    assert Space.from_json(space.to_json()) == space
    assert Space.from_json(space.to_json()).hash == space.hash


@given(spaces())
def test_an_id_is_that_of_the_values_in_declared_order(space: Space) -> None:
    found = space.candidate(space.sample(np.random.default_rng(0), 1)[0])
    assert tuple(found.values) == space.names
    assert found.id == candidate_id(list(found.values.values()))


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(0, 2**32))
def test_default_steps_hold_their_sum(p: int, seed: int) -> None:
    names = [f"x{i}" for i in range(p)]
    space = Space([Real(name, 0, 1) for name in names], [Sum(names, 1)])
    points = space.sample(np.random.default_rng(seed), 50)
    assert all_feasible(space, points)
    assert all_feasible(space, space.neighbours(points[0], np.random.default_rng(seed), 50))


def test_samples_of_a_small_space_are_uniform() -> None:
    space = Space(
        [Real("a", 0, 1, step=0.2), Real("b", 0, 1, step=0.2), Real("c", 0, 0.4, step=0.2), Binary("on")],
        [Sum(["a", "b", "c"], 1)],
    )
    points = space.enumerate(10**4)
    assert points is not None
    place = {tuple(k): i for i, k in enumerate(points.tolist())}
    drawn = space.sample(np.random.default_rng(7), 300 * len(points))
    counts = np.bincount([place[tuple(k)] for k in drawn.tolist()], minlength=len(points))
    assert stats.chisquare(counts).pvalue > 1e-4


def test_several_disjoint_sums_hold_together() -> None:
    space = Space([Integer(name, 0, 3) for name in "abcd"], [Sum(["a", "c"], 3), Sum(["b", "d"], 5)])
    assert (space.count(), all_feasible(space, space.sample(np.random.default_rng(0), 50))) == (8, True)


def test_integers_and_reals_of_step_one_share_a_sum() -> None:
    space = Space([Integer("n", 0, 10), Real("x", 0.5, 10.5, step=1)], [Sum(["n", "x"], 5.5)])
    points = space.enumerate(6)
    assert points is not None
    assert len(points) == 6
    assert all_feasible(space, points)


AB = [Real("a", 0, 10, step=0.5), Real("b", 0, 20.25, step=0.5)]


@pytest.mark.parametrize(
    ("parameters", "held", "found"),
    [
        (AB, Sum(["a", "b"], 31), r"a \+ b = 31: no point reaches the total; reachable is 0 to 30 .*raise the upper"),
        (AB, Sum(["a", "b"], -1), r"a \+ b = -1: no point reaches .*lower the lower bounds"),
        (AB, Sum(["a", "b"], 10.25), r"a \+ b = 10.25: the total lies between grid points.*Use 10"),
        (AB, Sum(["a", "b"], 10, tolerance=0.1), "tolerance is 0.1.*leave tolerance at 0"),
        (AB, Sum(["a", "bb"], 10), "unknown parameter 'bb'.*Did you mean 'b'"),
        ([*AB, Real("c", 0, 1, step=0.1)], Sum(["a", "c"], 1), "steps differ .a 0.5, c 0.1.*one and the same step"),
        ([Real("a", 0, 1), Real("b", 0, 2)], Sum(["a", "b"], 1), "steps differ"),
        ([*AB, Categorical("s", ["x", "y"])], Sum(["a", "s"], 1), "'s' is no number"),
        ([*AB, Binary("s")], Sum(["a", "s"], 1), "'s' is no number"),
    ],
)
def test_a_sum_that_no_point_meets_is_refused_with_its_reach(
    parameters: list[Parameter], held: Sum, found: str
) -> None:
    with pytest.raises(SpaceError, match=found):
        Space(parameters, [held])


def test_a_total_typed_with_rounding_is_the_grid_total() -> None:
    space = Space([Real("a", 0, 1, step=0.1), Real("b", 0, 1, step=0.1)], [Sum(["a", "b"], 0.1 + 0.2)])
    assert space.count() == 4


@pytest.mark.parametrize(
    ("parameters", "constraints", "faults"),
    [
        ([], [], ["no parameters"]),
        ([Binary("a"), Binary("a"), "b"], [], ["the name is taken", "'b' is no parameter"]),
        (
            AB,
            [Sum(["a", "c"], 1), Sum(["a", "b"], 99), "a + b = 1"],
            ["unknown parameter", "no point", "no constraint"],
        ),
    ],
)
def test_all_faults_of_a_space_come_at_once(
    parameters: list[Parameter], constraints: list[Sum], faults: list[str]
) -> None:
    with pytest.raises(SpaceError) as caught:
        Space(parameters, constraints)
    assert len(caught.value.faults) == len(faults)
    for fault, found in zip(caught.value.faults, faults, strict=True):
        assert found in fault.found


def test_values_are_typed_and_snapped() -> None:
    found = BLEND.resolve({"a": "30", "b": 30.000000000001, "c": np.float32(40), "k": "3.0", "solvent": "DMF"})
    assert dict(found.values) == {"a": 30.0, "b": 30.0, "c": 40.0, "k": 3, "solvent": "DMF"}
    assert not found.outside


def test_a_real_without_a_step_has_no_steps_that_a_reading_could_miss() -> None:
    space = Space([Real("T", 300, 900), Real("p", 0, 1, step=0.1)])
    found = space.resolve({"T": 606.8001, "p": 0.3})
    assert (found.outside, dict(found.values)) == (False, {"T": 606.8001, "p": 0.3})
    assert space.resolve({"T": 606.8001, "p": 0.35}).outside  # p has steps that somebody declared
    assert space.resolve({"T": 900.01, "p": 0.3}).outside
    nearest = space.nearest({"T": 606.8001, "p": 0.3})
    assert nearest is not None
    assert abs(float(space.values(nearest)["T"]) - 606.8001) <= 0.0003
    assert space.nearest({"T": 901.0, "p": 0.3}) is None


@pytest.mark.parametrize(
    "change",
    [{"a": 30.2}, {"a": 130}, {"k": 2.5}, {"k": 10}, {"solvent": "water"}, {"a": 31}],
    ids=["off the grid", "out of bounds", "not whole", "too large", "unknown choice", "sum broken"],
)
def test_what_is_beyond_the_space_is_marked_outside_as_given(change: dict[str, object]) -> None:
    values = {"a": 30.0, "b": 30.0, "c": 40.0, "k": 3, "solvent": "DMF", **change}
    found = BLEND.resolve(values)
    assert (found.outside, dict(found.values)) == (True, values)


@pytest.mark.parametrize(
    ("change", "within"),
    [
        ({}, True),
        ({"a": 29.9, "b": 30.1}, True),
        ({"k": 2.5}, True),
        ({"a": 30.2}, False),
        ({"a": -0.1, "b": 60.1}, False),
        ({"k": 9.01}, False),
        ({"solvent": "water"}, False),
        ({"k": "3"}, True),
    ],
    ids=str,
)
def test_between_two_grid_points_is_within(change: dict[str, Any], within: bool) -> None:
    assert BLEND.within({"a": 30.0, "b": 30.0, "c": 40.0, "k": 3, "solvent": "DMF", **change}) is within


@given(spaces(), st.integers(0, 2**32))
def test_every_point_is_within(space: Space, seed: int) -> None:
    assert all(space.within(space.values(k)) for k in space.sample(np.random.default_rng(seed), 10))


def test_names_and_values_that_cannot_be_read_come_at_once() -> None:
    with pytest.raises(DataError) as caught:
        BLEND.resolve({"a": "x", "bb": 1, "c": 40, "k": "", "solvent": "DMF"})
    found = [fault.found for fault in caught.value.faults]
    assert found == ["unknown parameter 'bb'", "'x' is no number", "'' is no number", "parameter 'b' is missing"]


def test_planned_values_stand_in_declared_order() -> None:
    assert list(BLEND.planned({"solvent": "DMF", "k": 1, "c": 100, "b": 0, "a": 0})) == list(BLEND.names)


def test_some_values_can_be_read_alone() -> None:
    assert BLEND.parse({"solvent": "DMF", "a": "612"}) == {"a": 612.0, "solvent": "DMF"}


def test_a_small_space_is_looked_up_by_id() -> None:
    space = Space([Integer("k", 1, 9), Binary("on")])
    wanted = space.candidate([4, 1])
    assert space.by_id(wanted.id) == wanted == Candidate(wanted.id, {"k": 5, "on": True})
    assert space.by_id("c0123456789abcdef") is None


def test_a_large_space_is_not_looked_up_by_id() -> None:
    space = Space([Real("x", 0, 1)])
    assert space.by_id(space.candidate([5]).id) is None


def test_a_list_longer_than_its_limit_is_not_made() -> None:
    assert BLEND.enumerate(1000) is None


def test_neighbours_are_those_of_the_generator() -> None:
    k = BLEND.sample(np.random.default_rng(0), 1)[0]
    first, again, other = (BLEND.neighbours(k, np.random.default_rng(seed), 10) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_neighbours_include_every_kind_of_step() -> None:
    space = Space(
        [
            Real("x", 0, 1, step=0.01),
            Categorical("s", ["p", "q", "r"]),
            Binary("on"),
            Integer("a", 0, 50),
            Integer("b", 0, 50),
        ],
        [Sum(["a", "b"], 50)],
    )
    k = np.array([50, 0, 0, 25, 25])
    steps = {tuple((one - k).tolist()) for one in space.neighbours(k, np.random.default_rng(0), 1000)}
    assert steps == {
        *((d, 0, 0, 0, 0) for d in (1, -1, 4, -4, 16, -16)),
        (0, 1, 0, 0, 0), (0, 2, 0, 0, 0), (0, 0, 1, 0, 0),
        *((0, 0, 0, d, -d) for d in (1, -1, 4, -4, 16, -16)),
    }  # fmt: skip


def test_a_point_without_neighbours_has_none() -> None:
    space = Space([Integer("a", 0, 3), Integer("b", 0, 3)], [Sum(["a", "b"], 0)])
    assert space.neighbours(np.array([0, 0]), np.random.default_rng(0), 5).shape == (0, 2)


def test_a_low_discrepancy_sequence_stays_spread_on_a_sum() -> None:
    names = ["a", "b", "c"]
    space = Space([Real(name, 0, 1) for name in names], [Sum(names, 1)])
    U = stats.qmc.Sobol(3, scramble=True, rng=np.random.default_rng(0)).random(256)
    # each third of the simplex in which one component is the largest has a third of the volume
    largest = np.bincount(space.from_unit(U).argmax(axis=1), minlength=3)
    assert abs(largest - 256 / 3).max() < 8  # uniform draws have a standard deviation of 7.5 here


def test_a_space_describes_itself_in_one_short_line() -> None:
    blend = Space([Real("a", 0, 100, step=50), Real("b", 0, 100, step=50)], [Sum(["a", "b"], equals=100)])
    assert repr(blend) == "Space(3 candidates; parameters a, b; 1 constraint(s))"
    assert repr(Space([Integer("k", 1, 9)])) == "Space(9 candidates; parameters k)"
