"""Improve a choice of k by swaps, one in and one out: the best of all k (n - k) pairs each time, until none pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats

Rows = NDArray[np.intp]

_SWAPS = 2000
"""Swaps at most in one go. None is met twice, so this bounds the effort and nothing else."""
_LEAST = 1e-12  # of the variance allowed, or of the range of worth: what counts as a change at all


@dataclass(frozen=True, slots=True, eq=False)
class Climber:
    """worth: (n,), more is better. covariance: (n, n)."""

    worth: Floats
    covariance: Floats

    def variance(self, rows: Rows) -> float:
        """Of the sum of the chosen rows."""
        return max(0.0, float(self.covariance[np.ix_(rows, rows)].sum()))

    def calm(self, rows: Rows, allowed: float) -> Rows:
        """Swap variance away where that costs least worth, until no more than `allowed` is left or no swap helps."""
        for _ in range(_SWAPS):
            left = self.variance(rows)
            if left <= allowed:
                break
            out, gain, rise = self._swaps(rows)
            helps = rise < -_LEAST * left
            if not helps.any():
                break
            worn = np.where(gain >= 0, 0.0, gain) / np.where(helps, -rise, 1.0)
            # among swaps that cost nothing the one that calms most comes first
            order = np.where(helps, np.where(gain >= 0, -rise / left, worn), -np.inf)
            rows = _swapped(rows, out, order)
        return rows

    def climb(self, rows: Rows, allowed: float) -> Rows:
        """Swap worth in within the allowed variance, where it costs least variance, until no swap adds any."""
        range_ = max(float(np.ptp(self.worth)), np.finfo(np.float64).tiny)
        for _ in range(_SWAPS):
            room = allowed - self.variance(rows)
            out, gain, rise = self._swaps(rows)
            held = (gain > _LEAST * range_) & (rise <= room)
            if not held.any():
                break
            rows = _swapped(rows, out, np.where(held, gain / np.maximum(rise, 1e-3 * allowed / len(rows)), -np.inf))
        return rows

    def settle(self, rows: Rows, price: float) -> Rows:
        """Swap while worth less `price` times variance grows."""
        least = _LEAST * max(float(np.ptp(self.worth)), np.finfo(np.float64).tiny)
        for _ in range(_SWAPS):
            out, gain, rise = self._swaps(rows)
            score = gain - price * rise
            if score.max() <= least:
                break
            rows = _swapped(rows, out, score)
        return rows

    def _swaps(self, rows: Rows) -> tuple[Rows, Floats, Floats]:
        """Rows that are out (n-k,), and by (k, n-k) pairs the worth and the variance that a swap adds."""
        out = np.setdiff1d(np.arange(len(self.worth)), rows)
        along = self.covariance[:, rows].sum(axis=1)
        own = np.diag(self.covariance)
        gain = self.worth[out][None, :] - self.worth[rows][:, None]
        rise = (own + 2.0 * along)[out][None, :] + (own - 2.0 * along)[rows][:, None]
        rise = rise - 2.0 * self.covariance[np.ix_(rows, out)]
        return out, gain, rise


def _swapped(rows: Rows, out: Rows, score: Floats) -> Rows:
    i, j = divmod(int(np.argmax(score)), len(out))
    swapped = rows.copy()
    swapped[i] = out[j]
    return np.sort(swapped)
