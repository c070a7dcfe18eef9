"""Monotone maps of readings under which a normal process may fit better, and moments mapped back.

A map z = w(y) is kept as a table over standardised readings, straight between and beyond its knots. With z normal, mean
mu and variance s^2 = model + noise, the inverse g has Hermite coefficients a_k = E[g(mu + s xi) He_k(xi)] / sqrt(k!).
Mehler's formula then gives all moments of the quantity: its mean a_0; for the truth, the mean of many readings at an
input, the variance sum_k a_k^2 (model / s^2)^k; for two inputs sum_k a_k a'_k (covariance / (s s'))^k; and what is left
of sum_k a_k^2, the variance of one reading, is noise.

Sources: Yeo and Johnson 2000, Biometrika 87, 954; Snelson, Rasmussen and Ghahramani 2004, "Warped Gaussian processes"
(NIPS 16); Mehler 1866, J. reine angew. Math. 66, 161.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermevander
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

from matloop.domain.prediction import Floats
from matloop.surrogate.replicates import Scaling

WarpName = Literal["none", "log", "yeo-johnson", "rank"]
NAMES: tuple[WarpName, ...] = ("none", "log", "yeo-johnson", "rank")
CHOICE: tuple[WarpName, ...] = ("none", "log", "yeo-johnson")
"""Those that a choice by leave-one-out is fair to: the ranks' map bends around each reading, the one left out too."""

ORDER, NODES = 10, 24
"""Hermite coefficients, and nodes of their quadrature. Fewer lose variance where a map bends within a prediction's
error; more cost time."""

KNOTS, REACH = 401, 3.0
"""Knots of a table, and how far beyond the readings it bends, in their standard deviations."""

OFFSET = 0.3
"""What is added to readings above the lowest one before the logarithm, in standard deviations. Smaller, the lowest
reading turns into an outlier; larger, the map is nearly straight."""

FLATTEST, STEEPEST = 0.05, 20.0
"""Slopes of a map are cut to these, in standard deviations of z by those of y: beyond, one reading decides."""

POWERS = (-2.0, 4.0)  # of Yeo and Johnson; beyond, slopes leave the cut anyway
NORMAL_SHARE = 0.1
"""Share of a normal distribution in the smoothed one of the ranks, so that its tails go on as a normal one's."""

_NODES, _WEIGHTS = hermegauss(NODES)
_BASIS = hermevander(_NODES, ORDER) * (_WEIGHTS / _WEIGHTS.sum())[:, None]
_BASIS /= np.sqrt([float(math.factorial(k)) for k in range(ORDER + 1)])


@dataclass(frozen=True, slots=True)
class Warp:
    """A map of readings.

    y, z: (k,) knots, both rising; y of standardised readings.
    """

    name: WarpName
    scaling: Scaling
    y: Floats
    z: Floats

    @classmethod
    def of(cls, name: WarpName, readings: Floats, scaling: Scaling) -> Warp:
        """The map of that name that suits readings (n,)."""
        own = scaling.apply(readings)
        y = np.linspace(own.min() - REACH, own.max() + REACH, KNOTS)
        slope = np.clip(_SLOPES[name](own, 0.5 * (y[1:] + y[:-1])), FLATTEST, STEEPEST)
        z = np.concatenate(([0.0], np.cumsum(slope * np.diff(y))))
        at = np.interp(own, y, z)
        return cls(name, scaling, y, (z - at.mean()) / at.std())

    @property
    def straight(self) -> bool:
        """Whether it changes nothing but the unit."""
        return self.name == "none"

    def apply(self, readings: Floats) -> Floats:
        """Readings (n,) mapped."""
        return _line(self.scaling.apply(readings), self.y, self.z)

    def slope(self, readings: Floats) -> Floats:
        """dz/dy (n,) at readings (n,), y in the objective's unit."""
        place = np.clip(np.searchsorted(self.y, self.scaling.apply(readings)) - 1, 0, KNOTS - 2)
        return np.asarray((np.diff(self.z) / np.diff(self.y))[place] / self.scaling.spread)

    def coefficients(self, mean: Floats, std: Floats) -> Floats:
        """Hermite coefficients (q, ORDER + 1) of the inverse at normal z of mean (q,) and std (q,)."""
        back = _line(mean[:, None] + std[:, None] * _NODES, self.z, self.y)
        found = self.scaling.spread * (back @ _BASIS)
        found[:, 0] += self.scaling.centre
        return np.asarray(found)


def _line(x: Floats, xs: Floats, ys: Floats) -> Floats:
    """Straight between knots (xs, ys), and beyond them as at the ends."""
    inside = np.interp(x, xs, ys)
    low = (ys[1] - ys[0]) / (xs[1] - xs[0]) * np.minimum(x - xs[0], 0.0)
    high = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2]) * np.maximum(x - xs[-1], 0.0)
    return np.asarray(inside + low + high)


def _none(own: Floats, y: Floats) -> Floats:
    return np.ones_like(y)


def _log(own: Floats, y: Floats) -> Floats:
    """The logarithm above the lowest reading where readings are skewed to the right, mirrored where to the left."""
    skew = float(np.mean(((own - own.mean()) / own.std()) ** 3))
    height = y - own.min() if skew >= 0 else own.max() - y
    return np.asarray(1.0 / (np.maximum(height, 0.0) + OFFSET))


def _power(own: Floats, y: Floats) -> Floats:
    """Yeo and Johnson's map at the power under which the readings are most probable as normal ones."""

    def cost(power: float) -> float:
        z, log_slope = _yeo_johnson(own, power), (power - 1.0) * np.sign(own) * np.log1p(np.abs(own))
        return 0.5 * len(own) * math.log(max(float(np.var(z)), 1e-300)) - float(np.sum(log_slope))

    power = float(minimize_scalar(cost, bounds=POWERS, method="bounded").x)
    return np.asarray(np.exp((power - 1.0) * np.sign(y) * np.log1p(np.abs(y))))


def _yeo_johnson(y: Floats, power: float) -> Floats:
    """Yeo and Johnson 2000, eq. 2.1."""
    size, own = np.log1p(np.abs(y)), np.where(y >= 0, power, 2.0 - power)
    safe = np.where(np.abs(own) > 1e-8, own, 1.0)
    return np.sign(y) * np.where(np.abs(own) > 1e-8, np.expm1(own * size) / safe, size)


def _rank(own: Floats, y: Floats) -> Floats:
    """Slope of the normal score of the smoothed distribution of the readings."""
    width = 1.06 * len(own) ** -0.2  # Silverman 1986, eq. 3.28
    gaps = (y[:, None] - own) / width
    chance = (1 - NORMAL_SHARE) * ndtr(gaps).mean(axis=1) + NORMAL_SHARE * ndtr(y)
    bell = np.exp(-0.5 * gaps**2).mean(axis=1) / width
    density = ((1 - NORMAL_SHARE) * bell + NORMAL_SHARE * np.exp(-0.5 * y**2)) / math.sqrt(2 * math.pi)
    score = ndtri(np.clip(chance, 1e-12, 1 - 1e-12))
    return np.asarray(density / np.exp(-0.5 * score**2) * math.sqrt(2 * math.pi))


_SLOPES = {"none": _none, "log": _log, "yeo-johnson": _power, "rank": _rank}
