"""Small steps from one grid point to others, for a local search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_RATIO = 4  # of neighbouring step sizes: a pattern search then reaches any grid value in few accepted steps
_NOBODY = -1
_CROWD = 64  # choices of one parameter above which its steps are drawn no more often than those of the others
_TRIED = 4  # steps tried for each point wanted; some are cut short to nothing or land together


def _sizes(reach: int) -> list[int]:
    """Step sizes 1, 4, 16 ... up to half the reach (and always 1)."""
    sizes = [1]
    while sizes[-1] * _RATIO <= reach // 2:
        sizes.append(sizes[-1] * _RATIO)
    return sizes


def distinct(rows: Ints) -> Ints:
    """The different ones of some rows (n, p), in lexicographic order, as np.unique gives, in an eighth of its time."""
    if len(rows) < 2:
        return rows
    ordered = rows[np.lexsort(rows.T[::-1])]
    new = np.ones(len(rows), dtype=np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return np.asarray(ordered[new])


@dataclass(frozen=True, slots=True)
class Moves:
    """Every kind of step, as a table: parameter `up` gains `size`, parameter `down` (-1: nobody) gives it.

    switched: True where `up` is set to choice number `size` instead.
    tops: (p,) the largest grid index of each parameter.
    crowded: a parameter has very many choices.
    """

    up: Ints
    down: Ints
    size: Ints
    switched: NDArray[np.bool_]
    tops: Ints
    crowded: bool = False

    @property
    def _odds(self) -> NDArray[np.float64] | None:
        """How likely each step is drawn; None for all alike.

        Where a parameter of very many choices would crowd out the others, each parameter is drawn as often.
        """
        if not self.crowded:
            return None
        weights = 1.0 / np.bincount(self.up)[self.up]
        return np.asarray(weights / weights.sum())

    @classmethod
    def of(cls, tops: Sequence[int], choices: Sequence[bool], sums: Sequence[Sequence[int]]) -> Moves:
        """All steps of a space.

        Args:
            tops: largest grid index by parameter.
            choices: which parameters have no order.
            sums: the parameters of each sum.
        """
        table: list[tuple[int, int, int, bool]] = []
        bound = {i for members in sums for i in members}
        for i, top in enumerate(tops):
            if choices[i]:
                table += [(i, _NOBODY, choice, True) for choice in range(top + 1)]
            elif i not in bound:
                table += [(i, _NOBODY, sign * size, False) for size in _sizes(top) for sign in (1, -1)]
        for members in sums:
            for i in members:
                for j in members:
                    if i != j:
                        table += [(i, j, size, False) for size in _sizes(min(tops[i], tops[j]))]
        crowded = any(choices[i] and top >= _CROWD for i, top in enumerate(tops))
        columns = np.array(table, dtype=np.int64).reshape(-1, 4)
        return cls(
            columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3] == 1, np.array(tops, dtype=np.int64), crowded
        )

    def take(self, k: Ints, rng: np.random.Generator, n: int) -> Ints:
        """Up to n different points, (m, p), one step from k (p,); a step is cut short at a bound.

        All of them when they are few, else some drawn by `rng`.
        """
        tried = np.arange(len(self.up))
        if len(tried) > _TRIED * n:
            tried = np.sort(rng.choice(len(tried), size=_TRIED * n, replace=False, p=self._odds))
        up, down, size, switched = self.up[tried], self.down[tried], self.size[tried], self.switched[tried]
        pair = down != _NOBODY
        size[pair] = np.minimum.reduce([size[pair], self.tops[up[pair]] - k[up[pair]], k[down[pair]]])
        landed = np.where(switched, size, np.clip(k[up] + size, 0, self.tops[up]))
        points = np.tile(k, (len(up), 1))
        rows = np.arange(len(up))
        points[rows, up] = landed
        points[rows[pair], down[pair]] -= size[pair]
        points = distinct(points[(points != k).any(axis=1)])
        if len(points) <= n:
            return points
        return points[np.sort(rng.choice(len(points), size=n, replace=False))]
