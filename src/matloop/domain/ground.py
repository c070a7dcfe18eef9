"""The part of a space that is counted and drawn exactly: a box of grid indices, sums, and choices of what is nonzero.

Parameters that sums and at-most constraints tie together form a block. A block is the disjoint union of its supports:
each says which of its parameters are 0 and on which side of 0 the others are, so that in each of them every parameter
has a range of its own and every sum is a `Simplex`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.domain.shared import MOST_CELLS, Groups, are_disjoint, exchanges, groups_of, incidence, shifted, ways
from matloop.domain.simplex import Ints, Simplex

MOST_SUPPORTS = 50_000
"""Supports of one block that are listed; each costs about 2 kB and 20 microseconds."""


_TOO_MANY = f"there are more than {MOST_SUPPORTS:,} ways to choose what is nonzero"


@dataclass(frozen=True, slots=True)
class IndexSum:
    """Grid indices (from the lower bounds) of some places that add up to a total."""

    places: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class IndexCap:
    """At most k of some places differ from their zero; zeros holds the grid index of 0, -1 where there is none."""

    k: int
    places: tuple[int, ...]
    zeros: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """One way to share out zeros: ranges low .. high of the block's places, free ones and sums among them.

    free: positions in the block that no sum holds. sums: positions and simplex (of indices above low) of each sum.
    """

    low: Ints
    high: Ints
    free: tuple[int, ...]
    sums: tuple[tuple[tuple[int, ...], Simplex], ...]

    @property
    def count(self) -> int:
        """Members."""
        free = math.prod(int(self.high[i] - self.low[i]) + 1 for i in self.free)
        return free * math.prod(simplex.count for _, simplex in self.sums)

    def from_unit(self, U: Floats) -> Ints:
        """Map U (n, q) in [0, 1) to (n, q) members."""
        out = np.tile(self.low, (len(U), 1))
        if self.free:
            free = list(self.free)
            sizes = self.high[free] - self.low[free] + 1
            out[:, free] += np.clip(np.floor(U[:, free] * sizes).astype(np.int64), 0, sizes - 1)
        for members, simplex in self.sums:
            out[:, list(members)] += simplex.from_unit(U[:, list(members)])
        return out

    def enumerate(self) -> Ints:
        """(count, q) all members."""
        rows = np.zeros((1, 0), dtype=np.int64)
        ranges = [np.arange(self.low[i], self.high[i] + 1, dtype=np.int64)[:, None] for i in self.free]
        sums = [simplex.enumerate() + self.low[list(members)] for members, simplex in self.sums]
        for block in [*ranges, *sums]:
            rows = np.column_stack([np.repeat(rows, len(block), axis=0), np.tile(block, (len(rows), 1))])
        places = [*self.free, *(i for members, _ in self.sums for i in members)]
        return rows[:, np.argsort(places)]


@dataclass(frozen=True)
class Block:
    """Parameters that stand or fall together, and the supports that they can have."""

    places: tuple[int, ...]
    supports: tuple[Support, ...]

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Members of each support."""
        return tuple(support.count for support in self.supports)

    @cached_property
    def _edges(self) -> Floats:
        total, reached, edges = sum(self.counts), 0, [0.0]
        for count in self.counts:
            reached += count
            edges.append(reached / total)
        return np.array(edges)

    def from_unit(self, U: Floats) -> Ints:
        """Map U (n, q) to members; the first column also chooses the support, in proportion to its members."""
        if len(self.supports) == 1:
            return self.supports[0].from_unit(U)
        edges = self._edges
        chosen = np.clip(np.searchsorted(edges, U[:, 0], side="right") - 1, 0, len(self.supports) - 1)
        chosen = np.minimum(chosen, int(np.flatnonzero(np.diff(edges))[-1]))
        left = (U[:, 0] - edges[chosen]) / np.maximum(edges[chosen + 1] - edges[chosen], np.finfo(float).tiny)
        V = U.copy()
        V[:, 0] = np.clip(left, 0.0, np.nextafter(1.0, 0.0))
        out = np.empty(U.shape, dtype=np.int64)
        for which in np.unique(chosen):
            rows = np.flatnonzero(chosen == which)
            out[rows] = self.supports[int(which)].from_unit(V[rows])
        return out


@dataclass(frozen=True)
class Ground:
    """Ranges low .. high of p grid indices, sums and at-most constraints on them."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    sums: tuple[IndexSum, ...]
    caps: tuple[IndexCap, ...]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every block; one without a support has no member at all.

        Raises:
            OverflowError: when a block has more than `MOST_SUPPORTS` supports, or its sums share parameters on so fine
                a grid that their tables would not fit; it says which.
        """
        groups = _joined([*(set(held.places) for held in self.sums), *(set(held.places) for held in self.caps)])
        return tuple(self._block(tuple(sorted(group))) for group in groups)

    def _block(self, places: tuple[int, ...]) -> Block:
        caps = [held for held in self.caps if held.places[0] in places]
        sums = [held for held in self.sums if held.places[0] in places]
        if not caps and len(sums) == 1:
            places = sums[0].places
        made: dict[tuple[tuple[int, ...], int], Simplex] = {}
        layout = _Layout.of(places, sums)
        supports: list[Support] = []
        for ranges in self._supports(places, caps):
            supports += _supports_of(ranges, layout, made)
            if len(supports) > MOST_SUPPORTS:
                raise OverflowError(_TOO_MANY)
        if not layout.disjoint:
            cells = sum((len(caps) - 1) * (total + 2) for caps, total in made)
            if cells > MOST_CELLS:
                found = f"the sums that share parameters need tables of {cells:,} cells, more than {MOST_CELLS:,}"
                raise OverflowError(found)
        return Block(places, tuple(supports))

    def _supports(self, places: Sequence[int], caps: Sequence[IndexCap]) -> Iterator[list[tuple[int, int]]]:
        """Ranges of the places, one list a support, by depth-first choice of zero, below or above."""
        zeros = {i: zero for held in caps for i, zero in zip(held.places, held.zeros, strict=True)}
        stack: list[tuple[list[tuple[int, int]], list[int]]] = [([], [held.k for held in caps])]
        visited = 0
        while stack:
            ranges, left = stack.pop()
            visited += 1
            if visited > 8 * MOST_SUPPORTS:
                raise OverflowError(_TOO_MANY)
            if len(ranges) == len(places):
                yield ranges
                continue
            i = places[len(ranges)]
            low, high = self.low[i], self.high[i]
            if i not in zeros:
                stack.append(([*ranges, (low, high)], left))
                continue
            zero = zeros[i]
            spent = [k - (i in held.places) for k, held in zip(left, caps, strict=True)]
            if min(spent) >= 0:
                sides = [(low, high)] if not low <= zero <= high else [(zero + 1, high), (low, zero - 1)]
                stack += [([*ranges, side], spent) for side in sides if side[0] <= side[1]]
            if low <= zero <= high:
                stack.append(([*ranges, (zero, zero)], left))

    @cached_property
    def free(self) -> tuple[int, ...]:
        """Places in no block."""
        bound = {i for block in self.blocks for i in block.places}
        return tuple(i for i in range(len(self.low)) if i not in bound)

    @cached_property
    def count(self) -> int:
        """Exact number of members."""
        free = math.prod(self.high[i] - self.low[i] + 1 for i in self.free)
        return free * math.prod(sum(block.counts) for block in self.blocks)

    def from_unit(self, U: Floats) -> Ints:
        """Map U (n, p) in [0, 1) to (n, p) members, row by row; uniform rows give uniform members."""
        out = np.empty(U.shape, dtype=np.int64)
        free = list(self.free)
        low, high = np.array(self.low, dtype=np.int64)[free], np.array(self.high, dtype=np.int64)[free]
        scaled = np.floor(U[:, free] * (high - low + 1)).astype(np.int64)
        out[:, free] = low + np.clip(scaled, 0, high - low)
        for block in self.blocks:
            out[:, list(block.places)] = block.from_unit(U[:, list(block.places)])
        return out

    def enumerate(self) -> Ints:
        """(count, p) all members, in lexicographic order."""
        rows = np.zeros((1, 0), dtype=np.int64)
        lists = [np.arange(self.low[i], self.high[i] + 1, dtype=np.int64)[:, None] for i in self.free]
        for block in self.blocks:
            lists.append(np.vstack([support.enumerate() for support in block.supports]))
        for part in lists:
            rows = np.column_stack([np.repeat(rows, len(part), axis=0), np.tile(part, (len(rows), 1))])
        rows = rows[:, np.argsort([*self.free, *(i for block in self.blocks for i in block.places)])]
        return rows[np.lexsort(rows.T[::-1])]

    def has(self, K: Ints) -> NDArray[np.bool_]:
        """(n,) which of the rows K (n, p) are members."""
        low, high, sums, caps = self._tests
        good = ((K >= low) & (K <= high)).all(axis=1)
        if len(sums[1]):
            good &= (K @ sums[0] == sums[1]).all(axis=1)
        for places, zeros, k in caps:
            good &= (K[:, places] != zeros).sum(axis=1) <= k
        return np.asarray(good, dtype=np.bool_)

    @cached_property
    def _tests(self) -> tuple[Ints, Ints, tuple[Ints, Ints], list[tuple[list[int], Ints, int]]]:
        """What `has` looks at, as arrays: ranges, a column and a total for each sum, places and zeros of each cap."""
        columns = np.zeros((len(self.low), len(self.sums)), dtype=np.int64)
        for j, held in enumerate(self.sums):
            columns[list(held.places), j] = 1
        totals = np.array([held.total for held in self.sums], dtype=np.int64)
        caps = [(list(cap.places), np.array(cap.zeros, dtype=np.int64), cap.k) for cap in self.caps]
        return np.array(self.low, dtype=np.int64), np.array(self.high, dtype=np.int64), (columns, totals), caps

    @cached_property
    def groups(self) -> Groups:
        """Places that belong to the same sums: they may exchange what they have. One a sum where sums are disjoint."""
        return groups_of([held.places for held in self.sums])

    @cached_property
    def _shared(self) -> tuple[tuple[Ints, Groups], ...]:
        """Exchanges between groups, block by block, where sums share places."""
        found = []
        for block in self.blocks:
            sums = [held.places for held in self.sums if held.places[0] in block.places]
            groups = groups_of(sums)
            if not are_disjoint(sums):
                belongs = incidence(sums, groups)
                found.append((exchanges(tuple(map(tuple, belongs.tolist()))), groups))
        return tuple(found)

    def shifts(self, k: Ints, rng: np.random.Generator, n: int) -> Ints:
        """Points (m, p) that differ from k (p,) by an exchange between sums that share places; none where none do."""
        ends = (np.array(self.low, dtype=np.int64), np.array(self.high, dtype=np.int64))
        parts = [shifted(k, changes, ends, rng, n) for changes in self._shared]
        return np.vstack([np.zeros((0, len(k)), dtype=np.int64), *parts])

    def swaps(self, k: Ints) -> Ints:
        """Points (m, p) near k that hand a place's nonzero value to one that is 0, or share it with one."""
        points = []
        for cap in self.caps:
            zeros = dict(zip(cap.places, cap.zeros, strict=True))
            full = [i for i, zero in zeros.items() if zero >= 0 and k[i] != zero]
            empty = [i for i, zero in zeros.items() if zero >= 0 and k[i] == zero]
            for i in full:
                for j in (*empty, *(other for other in full if other != i)):
                    point = k.copy()
                    given = k[i] - zeros[i]
                    point[i] = zeros[i]
                    point[j] += given
                    points.append(point)
                    points += self._swapped(k, (i, zeros[i]), j)
        if not points:
            return np.zeros((0, len(k)), dtype=np.int64)
        near = np.clip(np.array(points, dtype=np.int64), self.low, self.high)
        return np.asarray(near[self.has(near) & (near != k).any(axis=1)])

    def _swapped(self, k: Ints, emptied: tuple[int, int], filled: int) -> Iterator[Ints]:
        """Place i goes to 0; what its sum loses goes half to `filled`, the rest to each other member in turn."""
        i, zero = emptied
        given = int(k[i]) - zero
        others = {other for held in self.sums if i in held.places for other in held.places} - {i, filled}
        for other in others:
            for share in {given // 2, given - given // 2, given + 1, given - 1}:
                point = k.copy()
                point[i] = zero
                point[filled] += share
                point[other] += given - share
                yield point


@dataclass(frozen=True)
class _Layout:
    """The sums of a block by position in it.

    members: of each sum. totals: of each sum, counted from index 0. size: positions in the block.
    """

    members: Groups
    totals: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, places: tuple[int, ...], sums: Sequence[IndexSum]) -> _Layout:
        at = {place: i for i, place in enumerate(places)}
        members = tuple(tuple(at[place] for place in held.places) for held in sums)
        return cls(members, tuple(held.total for held in sums), len(places))

    @cached_property
    def disjoint(self) -> bool:
        return are_disjoint(self.members)

    @cached_property
    def groups(self) -> Groups:
        return groups_of(self.members)

    @cached_property
    def belongs(self) -> Ints:
        return incidence(self.members, self.groups)

    @cached_property
    def free(self) -> tuple[int, ...]:
        bound = {i for members in self.members for i in members}
        return tuple(i for i in range(self.size) if i not in bound)

    def shares(self, low: Ints, caps: Sequence[tuple[int, ...]]) -> list[list[int]]:
        """Every way in which subtotals of the groups, above `low`, meet the totals."""
        totals = [total - sum(int(low[i]) for i in mine) for total, mine in zip(self.totals, self.members, strict=True)]
        tops = [sum(widths) for widths in caps]
        if not self.disjoint:
            found: list[list[int]] = ways(self.belongs, tops, totals).tolist()
            return found
        return [totals] if all(0 <= total <= top for total, top in zip(totals, tops, strict=True)) else []


def _supports_of(
    ranges: list[tuple[int, int]], layout: _Layout, made: dict[tuple[tuple[int, ...], int], Simplex]
) -> Iterator[Support]:
    """The supports of given ranges: one, or one for each way to share totals where sums share places.

    None where no member has the ranges; equal simplexes are made once.
    """
    low, high = (np.array([ends[side] for ends in ranges], dtype=np.int64) for side in (0, 1))
    caps = [tuple(int(high[i] - low[i]) for i in group) for group in layout.groups]
    for way in layout.shares(low, caps):
        parts = [made.setdefault((tops, total), Simplex(tops, total)) for tops, total in zip(caps, way, strict=True)]
        yield Support(low, high, layout.free, tuple(zip(layout.groups, parts, strict=True)))


def _joined(groups: list[set[int]]) -> list[set[int]]:
    """Groups that share a place, joined."""
    joined: list[set[int]] = []
    for group in groups:
        apart = [one for one in joined if not one & group]
        joined = [*apart, set().union(group, *(one for one in joined if one & group))]
    return joined
