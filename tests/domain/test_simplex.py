"""Bounded compositions: counted, listed and drawn, against brute force and closed forms."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from matloop.domain.simplex import Simplex

SMALL = st.lists(st.integers(0, 6), min_size=1, max_size=5).flatmap(
    lambda caps: st.tuples(st.just(tuple(caps)), st.integers(0, sum(caps)))
)


def brute(caps: tuple[int, ...], total: int) -> list[tuple[int, ...]]:
    return [k for k in itertools.product(*(range(cap + 1) for cap in caps)) if sum(k) == total]


@given(SMALL)
def test_the_count_is_that_of_brute_force(case: tuple[tuple[int, ...], int]) -> None:
    assert Simplex(*case).count == len(brute(*case))


@given(SMALL)
def test_the_list_is_that_of_brute_force_and_in_its_order(case: tuple[tuple[int, ...], int]) -> None:
    assert [tuple(k) for k in Simplex(*case).enumerate().tolist()] == brute(*case)


def test_an_unbounded_simplex_is_counted_by_stars_and_bars() -> None:
    assert Simplex((10**6,) * 5, 10**6).count == math.comb(10**6 + 4, 4)


def test_counting_stays_exact_for_twenty_equal_caps() -> None:
    # K copies of 0..9 with a total below 10: stars and bars; mirrored it is the same number
    assert Simplex((9,) * 20, 9).count == Simplex((9,) * 20, 171).count == math.comb(28, 19)


@given(SMALL, st.integers(0, 2**32))
def test_every_draw_is_a_member(case: tuple[tuple[int, ...], int], seed: int) -> None:
    caps, total = case
    drawn = Simplex(caps, total).from_unit(np.random.default_rng(seed).random((50, len(caps))))
    assert (drawn >= 0).all()
    assert (drawn <= np.array(caps)).all()
    assert (drawn.sum(axis=1) == total).all()


@pytest.mark.parametrize("corner", [0.0, np.nextafter(1.0, 0.0)], ids=["zeros", "ones"])
@given(SMALL)
def test_the_corners_of_the_unit_cube_are_members(corner: float, case: tuple[tuple[int, ...], int]) -> None:
    caps, total = case
    drawn = Simplex(caps, total).from_unit(np.full((1, len(caps)), corner))
    assert tuple(drawn[0].tolist()) in brute(caps, total)


@pytest.mark.parametrize(
    ("caps", "total"),
    [((6, 6, 6), 6), ((6, 6, 6), 12), ((2, 5, 9), 8), ((1, 1, 1, 1, 1), 2), ((9, 1, 4, 3), 11)],
    ids=str,
)
def test_every_member_is_drawn_equally_often(caps: tuple[int, ...], total: int) -> None:
    members = brute(caps, total)
    drawn = Simplex(caps, total).from_unit(np.random.default_rng(1).random((400 * len(members), len(caps))))
    place = {member: i for i, member in enumerate(members)}
    counts = np.bincount([place[tuple(k)] for k in drawn.tolist()], minlength=len(members))
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("p", [3, 5, 12])
def test_marginals_of_a_fine_simplex_are_those_of_the_dirichlet_distribution(p: int) -> None:
    total = 10**6  # beyond the exact tables from p = 5 on
    drawn = Simplex((total,) * p, total).from_unit(np.random.default_rng(2).random((20_000, p)))
    for i in range(p):
        assert stats.kstest(drawn[:, i] / total, stats.beta(1, p - 1).cdf).pvalue > 1e-4


def test_a_fine_bounded_simplex_agrees_with_rejection() -> None:
    caps, total = (400_000, 3, 900_000, 700_000, 1_000_000), 1_000_000
    rng = np.random.default_rng(3)
    tried = np.column_stack([rng.integers(0, cap + 1, 400_000) for cap in caps[:-1]])
    rest = total - tried.sum(axis=1)
    kept = tried[(rest >= 0) & (rest <= caps[-1])]
    drawn = Simplex(caps, total).from_unit(rng.random((20_000, 5)))
    assert (drawn.sum(axis=1) == total).all()
    assert ((drawn >= 0) & (drawn <= np.array(caps))).all()
    for i in range(4):
        assert stats.ks_2samp(drawn[:, i], kept[:, i]).pvalue > 1e-4


def test_a_total_near_the_caps_is_drawn_uniformly_too() -> None:
    caps, total = (10**9,) * 3, 3 * 10**9 - 4
    drawn = Simplex(caps, total).from_unit(np.random.default_rng(4).random((6000, 3)))
    left = [tuple(k) for k in (10**9 - drawn).tolist()]
    counts = [left.count(member) for member in brute((4, 4, 4), 4)]
    assert stats.chisquare(counts).pvalue > 1e-4


def test_grids_of_a_trillion_points_are_drawn_exactly_on_the_total() -> None:
    caps, total = (10**12, 10**12, 5 * 10**11, 7), 10**12
    drawn = Simplex(caps, total).from_unit(np.random.default_rng(5).random((1000, 4)))
    assert (drawn.sum(axis=1) == total).all()
    assert ((drawn >= 0) & (drawn <= np.array(caps))).all()
