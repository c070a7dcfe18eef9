"""Whole numbers between 0 and caps that add up to a total: count them, list them, draw them uniformly.

Drawing is the sequential conditional-distribution method (Rosenblatt 1952, Remarks on a multivariate transformation;
Devroye 1986, Non-uniform random variate generation, XI.1): coordinate by coordinate, each from its exact marginal
given those before, by inversion. The number of ways in which the coordinates still to come can take up what is left is
a running-sum table, so that a draw is a binary search, and every row depends on its own uniforms alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats

Ints = NDArray[np.int64]

_EXACT_CELLS = 2**22  # 32 MiB of exact tables; totals that need more are tabulated on _NODES nodes instead
_NODES = 2**15  # of a smooth table; the marginals it yields are off by about 1 / _NODES


@dataclass(frozen=True)
class Simplex:
    """All integer vectors k with 0 <= k_i <= caps_i and sum k_i = total.

    Counted in grid units. Callers see to 0 <= total <= sum(caps), so that there is at least one.
    """

    caps: tuple[int, ...]
    total: int

    @cached_property
    def _mirrored(self) -> bool:
        """Whether to count what is missing from the caps instead: the smaller total has the smaller tables."""
        return 2 * self.total > sum(self.caps)

    @cached_property
    def _total(self) -> int:
        return sum(self.caps) - self.total if self._mirrored else self.total

    @cached_property
    def _caps(self) -> tuple[int, ...]:
        return tuple(min(cap, self._total) for cap in self.caps)

    @cached_property
    def _order(self) -> tuple[int, ...]:
        """Narrow coordinates first: a smooth table then never has to resolve one alone."""
        return tuple(sorted(range(len(self.caps)), key=lambda i: self._caps[i]))

    @cached_property
    def count(self) -> int:
        """How many there are, by inclusion and exclusion over the caps.

        sum over subsets A of (-1)^|A| C(total - sum_A (caps + 1) + p - 1, p - 1); subsets of equal sum are merged.
        """
        signed = {0: 1}
        for cap in self._caps:
            merged = dict(signed)
            for used, sign in signed.items():
                if used + cap + 1 <= self._total:
                    merged[used + cap + 1] = merged.get(used + cap + 1, 0) - sign
            signed = {used: sign for used, sign in merged.items() if sign}
        free = len(self.caps) - 1
        return sum(sign * math.comb(self._total - used + free, free) for used, sign in signed.items())

    def enumerate(self) -> Ints:
        """(count, p) all of them, in lexicographic order."""
        rows = np.zeros((1, 0), dtype=np.int64)
        left = np.array([self.total], dtype=np.int64)
        later = sum(self.caps)
        for cap in self.caps:
            later -= cap
            low, high = np.maximum(0, left - later), np.minimum(cap, left)
            many = high - low + 1
            parent = np.repeat(np.arange(len(left)), many)
            first = np.repeat(np.cumsum(many) - many, many)
            k = low[parent] + np.arange(len(parent)) - first
            rows = np.column_stack([rows[parent], k])
            left = left[parent] - k
        return rows

    def from_unit(self, U: Floats) -> Ints:
        """Map U (n, p) in [0, 1) to (n, p) members, row by row; uniform rows give uniform members.

        Column i of U moves coordinate i upwards; the widest coordinate takes what is left.
        """
        n = len(U)
        out = np.empty((n, len(self.caps)), dtype=np.int64)
        left = np.full(n, self._total, dtype=np.int64)
        later = sum(self._caps)
        draw = self._draw_exact if self._exact else self._draw_smooth
        for place, i in enumerate(self._order):
            cap = self._caps[i]
            later -= cap
            low, high = np.maximum(0, left - later), np.minimum(cap, left)
            if place + 1 < len(self._order):
                u = 1.0 - U[:, i] if self._mirrored else U[:, i]
                k = np.clip(draw(place, left, high, u), low, high)
            else:
                k = left
            out[:, i] = self.caps[i] - k if self._mirrored else k
            left = left - k
        return out

    @property
    def _exact(self) -> bool:
        return len(self.caps) * (self._total + 2) <= _EXACT_CELLS

    @cached_property
    def _sums(self) -> Sequence[Floats]:
        """Exact tables: [place][t] = ways in which the coordinates after `place` can add up to less than t."""
        tables: list[Floats] = []
        ways = np.zeros(self._total + 1)
        ways[0] = 1.0
        for i in reversed(self._order[1:]):
            sums = np.concatenate([[0.0], np.cumsum(ways)])
            t = np.arange(self._total + 1)
            ways = sums[1:] - sums[np.maximum(0, t - self._caps[i])]
            ways /= ways.max()  # only proportions matter, and the counts outgrow a float
            tables.append(np.concatenate([[0.0], np.cumsum(ways)]))
        return tables[::-1]

    def _draw_exact(self, place: int, left: Ints, high: Ints, u: Floats) -> Ints:
        sums = self._sums[place]
        top, bottom = sums[left + 1], sums[left - high]
        rest = np.searchsorted(sums, top - u * (top - bottom), side="left") - 1
        return np.asarray(left - rest, dtype=np.int64)

    @cached_property
    def _nodes(self) -> Floats:
        return np.linspace(-0.5, self._total + 0.5, _NODES + 1)

    @cached_property
    def _volumes(self) -> Sequence[Floats]:
        """Smooth tables: the same sums as volumes of boxes of width cap + 1, at the nodes.

        The sum over k = 0 .. cap of ways(t - k) is the midpoint rule of its integral from t - cap - 1/2 to t + 1/2.
        """
        nodes = self._nodes
        volumes = [np.clip(nodes + 0.5, 0.0, self._caps[self._order[-1]] + 1.0)]
        for i in reversed(self._order[1:-1]):
            last = volumes[-1]
            ways = np.interp(nodes + 0.5, nodes, last) - np.interp(nodes - self._caps[i] - 0.5, nodes, last)
            ways /= ways.max()
            volumes.append(np.concatenate([[0.0], np.cumsum(0.5 * (ways[1:] + ways[:-1]))]))
        return volumes[::-1]

    def _draw_smooth(self, place: int, left: Ints, high: Ints, u: Floats) -> Ints:
        volume = self._volumes[place]
        top = np.interp(left + 0.5, self._nodes, volume)
        bottom = np.interp(left - high - 0.5, self._nodes, volume)
        rest = np.interp(top - u * (top - bottom), volume, self._nodes)
        return np.asarray(np.floor(left + 0.5 - rest), dtype=np.int64)
