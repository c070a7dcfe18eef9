"""What the truth is worth to a goal, and how much more than some level it is expected to be worth.

Inside, everything maximises: the truth comes signed (`Objective.sign`). To `maximize` and `minimize` its worth is the
signed truth itself. To `target` and `range` it is minus the distance from them, which is 0 inside: of a Gaussian
posterior the expected excess has a closed form, a sum of four ordinary expected improvements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import log_ndtr

from matloop.decide.acquisition.improvement import log_ei, log_pi
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats

_NARROW = 1e-4
"""Width, as a share of the scale on which a Gaussian density changes, below which the density counts as constant. The
error is then 1e-8 of the answer; wider it grows with the square, narrower the differences below lose digits."""


class Utility(Protocol):
    """The worth of the signed truth."""

    def of(self, truth: Floats) -> Floats:
        """Worth of the signed truth, any shape; more is better."""
        ...

    def hoped(self, mean: Floats, reach: Floats) -> Floats:
        """The largest worth of a truth that lies no further than `reach` from `mean`."""
        ...

    def log_excess(self, mean: Floats, std: Floats, level: float | Floats) -> Floats:
        """Logarithm of E[max(worth - level, 0)] for truth ~ N(mean, std^2); the three broadcast together."""
        ...

    def log_beyond(self, mean: Floats, std: Floats, level: float | Floats) -> Floats:
        """Logarithm of P(worth > level) for truth ~ N(mean, std^2); the three broadcast together."""
        ...


@dataclass(frozen=True, slots=True)
class Rise:
    """More is better, without end."""

    def of(self, truth: Floats) -> Floats:
        """The truth itself."""
        return truth

    def hoped(self, mean: Floats, reach: Floats) -> Floats:
        """The upper end."""
        return np.asarray(mean + reach)

    def log_excess(self, mean: Floats, std: Floats, level: float | Floats) -> Floats:
        """Expected improvement."""
        return log_ei(mean, std, level)

    def log_beyond(self, mean: Floats, std: Floats, level: float | Floats) -> Floats:
        """Probability of improvement."""
        return log_pi(mean, std, level)


@dataclass(frozen=True, slots=True)
class Nearness:
    """The nearer to `low` .. `high` the better; inside all is as good. A target is a range of one value.

    least: gains are counted from this distance where the level is nearer: once a reading lies on a target to all its
        digits nothing could be nearer, and nothing would be sought.
    """

    low: float
    high: float
    least: float = 0.0

    def of(self, truth: Floats) -> Floats:
        """Minus the distance; 0 inside."""
        return -np.maximum(np.maximum(self.low - truth, truth - self.high), 0.0)

    def hoped(self, mean: Floats, reach: Floats) -> Floats:
        """Nearer by the whole reach, but not nearer than inside."""
        return np.minimum(self.of(mean) + reach, 0.0)

    def log_excess(self, mean: Floats, std: Floats, level: float | Floats) -> Floats:
        """Log E[(b - distance)+] with b = -level; -inf where b is 0 or less: nothing is nearer than near.

        (b - distance)+ rises from low - b to low, is b up to high and falls to high + b, which is a sum of four ramps:
        (f - low + b)+ - (f - low)+ - (f - high)+ + (f - high - b)+.
        """
        mean, std, reach = (np.array(one) for one in np.broadcast_arrays(mean, std, self._reach(level)))
        mean = np.minimum(mean, self.low + self.high - mean)  # the mirror image is as likely; ramps then only decay
        out = np.full(mean.shape, -np.inf)
        some = reach > 0
        scale = _scale(mean, std, self.low)
        thin = some & (reach < _NARROW * scale)
        at = mean[thin], std[thin]
        half = reach[thin] / 2
        out[thin] = np.log(reach[thin]) + log_between(*at, self.low - half, self.high + half)
        wide = some & ~thin
        m, s, b = mean[wide], std[wide], reach[wide]
        first = log_ei(m, s, self.low - b)
        with np.errstate(invalid="ignore"):  # -inf less -inf, where the first term is nothing already
            rest = np.exp(log_ei(m, s, self.high + b) - first)
            rest -= np.exp(log_ei(m, s, self.low) - first) + np.exp(log_ei(m, s, self.high) - first)
        out[wide] = first + np.log1p(np.where(np.isneginf(first), 0.0, np.clip(rest, -1.0, 0.0)))
        return out

    def log_beyond(self, mean: Floats, std: Floats, level: float | Floats) -> Floats:
        """Log P(distance < b) with b = -level; -inf where b is 0 or less."""
        reach = self._reach(level)
        inside = log_between(mean, std, self.low - np.maximum(reach, 0.0), self.high + np.maximum(reach, 0.0))
        return np.where(reach > 0, inside, -np.inf)

    def _reach(self, level: float | Floats) -> Floats:
        return np.maximum(np.negative(level), self.least)


def log_between(mean: Floats, std: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """Logarithm of P(low <= f <= high) for f ~ N(mean, std^2), without underflow; the four broadcast together."""
    mean, std, low, high = (np.array(one, dtype=np.float64) for one in np.broadcast_arrays(mean, std, low, high))
    flip = mean > (low + high) / 2
    mean, low, high = np.where(flip, -mean, mean), np.where(flip, -high, low), np.where(flip, -low, high)
    out = np.where((mean >= low) & (mean <= high), 0.0, -np.inf)
    unsure = std > 0
    m, s, a, b = mean[unsure], std[unsure], low[unsure], high[unsure]
    near, far = log_ndtr((m - a) / s), log_ndtr((m - b) / s)  # upper tails: P(f > low) less P(f > high)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = near + np.log1p(-np.exp(np.minimum(far - near, 0.0)))
        flat = np.log(b - a) - 0.5 * (((a + b) / 2 - m) / s) ** 2 - np.log(s) - 0.5 * np.log(2 * np.pi)
    out[unsure] = np.where(b - a < _NARROW * _scale(m, s, a), flat, exact)
    return out


def _scale(mean: Floats, std: Floats, at: float | Floats) -> Floats:
    """Distance over which the density of N(mean, std^2) changes noticeably at some place: std, less in the tails."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(std > 0, np.abs(at - mean) / std, 0.0)
    return np.asarray(std / np.maximum(1.0, z))


def utility_of(objective: Objective, least: float = 0.0) -> Utility:
    """What the signed truth is worth to an objective.

    Args:
        objective: with a goal that is no limit.
        least: distance from a target or range below which nearer is not asked for.

    Raises:
        ValueError: for a limit, which has no better and worse.
    """
    if objective.goal == "target" and objective.value is not None:
        return Nearness(objective.value, objective.value, least)
    if objective.low is not None and objective.high is not None and objective.goal == "range":
        return Nearness(objective.low, objective.high, least)
    if objective.goal == "limit":
        raise ValueError(f"{objective.name!r} is a limit: it has no utility")
    return Rise()
