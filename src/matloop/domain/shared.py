"""Sums that share parameters, taken apart into disjoint ones.

Parameters that belong to the same sums form a group, and the sums speak of the groups' subtotals alone. Each way in
which whole subtotals meet all sums leaves one disjoint sum a group, which is counted, listed and drawn exactly. Ways
exclude each other; they are listed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from matloop.domain.moves import distinct

Ints = NDArray[np.int64]

MOST_WAYS = 50_000
"""Ways that are listed; a step of 0.01 in two sums of 100 has 10,000. More, and a space takes seconds to open."""
MOST_CELLS = 2**24
"""Cells in the tables of the disjoint sums of all ways, 128 MiB. A coarser step needs fewer by its square."""
_FINE_GROUPS = 7  # up to here exchanges of two for one are looked for too; there are 5 to that power of them
_MOST_GROUPS = 10  # of one block; there are 3 to that power of exchanges

Groups = tuple[tuple[int, ...], ...]


def groups_of(sums: Sequence[Sequence[int]]) -> Groups:
    """Places by the sums that they belong to, in order of first appearance."""
    found: dict[tuple[bool, ...], list[int]] = {}
    for place in dict.fromkeys(place for members in sums for place in members):
        found.setdefault(tuple(place in members for members in sums), []).append(place)
    return tuple(map(tuple, found.values()))


def are_disjoint(sums: Sequence[Sequence[int]]) -> bool:
    """Whether no place belongs to two sums."""
    return sum(map(len, sums)) == len({place for members in sums for place in members})


def incidence(sums: Sequence[Sequence[int]], groups: Groups) -> Ints:
    """(sums, groups) 1 where a group belongs to a sum."""
    return np.array([[int(group[0] in members) for group in groups] for members in sums], dtype=np.int64)


def ways(belongs: Ints, caps: Sequence[int], totals: Sequence[int]) -> Ints:
    """All subtotals (n, groups) with 0 <= subtotal <= cap that meet every total.

    Args:
        belongs: (sums, groups) 1 where a group belongs to a sum.
        caps: the largest subtotal of each group.
        totals: of each sum.

    Raises:
        OverflowError: when there are more than `MOST_WAYS`, or parts of ways.
    """
    rows = np.zeros((1, 0), dtype=np.int64)
    left = np.array([totals], dtype=np.int64)
    later = belongs @ np.array(caps, dtype=np.int64)
    for g, cap in enumerate(caps):
        mine = belongs[:, g] == 1
        later = later - belongs[:, g] * cap
        low = np.maximum(0, (left[:, mine] - later[mine]).max(axis=1))
        high = np.minimum(cap, left[:, mine].min(axis=1))
        many = np.maximum(high - low + 1, 0)
        if int(many.sum()) > MOST_WAYS:
            raise OverflowError(f"the sums that share parameters leave more than {MOST_WAYS:,} ways to share a total")
        parent = np.repeat(np.arange(len(left)), many)
        first = np.repeat(np.cumsum(many) - many, many)
        share = low[parent] + np.arange(len(parent)) - first
        rows = np.column_stack([rows[parent], share])
        left = left[parent] - share[:, None] * belongs[:, g]
    return np.asarray(rows[(left == 0).all(axis=1)])


@cache
def exchanges(belongs: tuple[tuple[int, ...], ...]) -> Ints:
    """(c, groups) small whole changes of the subtotals that keep every sum; of nested ones the smallest.

    Raises:
        OverflowError: for more groups than can be looked through.
    """
    n = len(belongs[0])
    if n > _MOST_GROUPS:
        raise OverflowError(f"the sums share parameters in {n} ways, more than {_MOST_GROUPS}")
    sizes = (-2, -1, 0, 1, 2) if n <= _FINE_GROUPS else (-1, 0, 1)
    every = np.array(list(product(sizes, repeat=n)), dtype=np.int64)
    kept = every[(every @ np.array(belongs).T == 0).all(axis=1) & every.any(axis=1)]
    kept = kept[np.gcd.reduce(kept, axis=1) == 1]
    order = np.argsort(np.count_nonzero(kept, axis=1), kind="stable")
    found: list[Ints] = []
    supports: list[frozenset[int]] = []
    for change in kept[order]:
        support = frozenset(np.flatnonzero(change).tolist())
        if not any(other < support for other in supports):
            found.append(change)
            supports.append(support)
    return np.array(found, dtype=np.int64).reshape(-1, n)


def shifted(k: Ints, changes: tuple[Ints, Groups], ends: tuple[Ints, Ints], rng: np.random.Generator, n: int) -> Ints:
    """Up to n points (m, p) that differ from k (p,) by an exchange between groups, one member of each.

    Args:
        k: a point that meets all sums.
        changes: the table of `exchanges` and the groups that it speaks of.
        ends: the lowest and highest index of each place.
        rng: draws exchange, members and size.
        n: how many are tried.
    """
    table, groups = changes
    if not len(table):
        return np.zeros((0, len(k)), dtype=np.int64)
    chosen = table[rng.integers(len(table), size=n)]
    members = np.column_stack([np.array(group)[rng.integers(len(group), size=n)] for group in groups])
    room = np.where(chosen > 0, ends[1][members] - k[members], k[members] - ends[0][members])
    reach = np.where(chosen == 0, np.iinfo(np.int64).max, room // np.maximum(np.abs(chosen), 1)).min(axis=1)
    size = np.minimum(reach, 4 ** rng.integers(0, 1 + np.log2(np.maximum(reach, 1)).astype(np.int64) // 2 + 1))
    points = np.tile(k, (n, 1))
    np.put_along_axis(points, members, np.take_along_axis(points, members, 1) + chosen * size[:, None], 1)
    return distinct(points[size > 0])
