"""How to standardise readings of which some are only known to lie below or above a limit.

Mean and standard deviation of the normal distribution that makes the readings and the bounds most likely (Tobin 1958,
Econometrica 26, 24). In terms of h = 1/std and g = mean/std the likelihood has one maximum (Olsen 1978, "Note on the
uniqueness of the maximum likelihood estimator for the Tobit model", Econometrica 46, 1211). Limits taken for readings
would make the spread too small, the more so the more readings lie beyond them; and as priors speak of standardised
readings, the model would be too sure of all that lies beyond.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_ndtr

from matloop.domain.prediction import Floats
from matloop.surrogate.replicates import Scaling

_NARROWEST, _WIDEST = 0.5, 3.0
"""Standard deviation at least and at most, in spreads of readings and limits. With two readings among twenty bounds
the most likely one is infinite; wider, a handful of readings would count as the tip of a distribution nobody saw."""
_FAR = 5.0  # largest distance of the mean from zero, in standard deviations
_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)


def within(y: Floats, sides: NDArray[np.int8]) -> Floats:
    """Readings (n,) with limits counted as if just read, as far as they say anything.

    Without them, readings cut off below would seem to lie all around their own mean. To lie below a limit that is above
    all that was read says nothing, so such a limit must not set the unit: it counts as the highest reading.
    """
    if sides.all():
        return y
    seen = y[sides == 0]
    told = np.where(sides < 0, np.minimum(y, seen.max()), np.maximum(y, seen.min()))
    return np.where(sides == 0, y, told)


def scaling_of(y: Floats, sides: NDArray[np.int8] | None, owner: NDArray[np.intp], place: str) -> Scaling:
    """How to standardise readings y (n,), each input weighing the same.

    Args:
        y: readings, limits where censored.
        sides: (n,) -1 below, +1 above the limit, 0 read; None where all were read.
        owner: (n,) the distinct input of each.
        place: for errors.

    Raises:
        ModelError: when fewer than two distinct values exist.
    """
    if sides is None or not sides.any():
        return Scaling.of(y, owner, place)
    rough = Scaling.of(within(y, sides), owner, place)
    if sides.all():
        return rough
    weight = 1.0 / np.bincount(owner)[owner]
    order = np.lexsort((weight, sides, y))  # sums in one order, whatever that of the readings
    found = minimize(
        partial(_less, rough.apply(y)[order], sides[order], weight[order]),
        np.array([0.0, 1.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_FAR, _FAR), (1.0 / _WIDEST, 1.0 / _NARROWEST)],
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    g, h = found.x
    return Scaling(rough.centre + rough.spread * float(g / h), rough.spread / float(h))


def standard_of(
    y: Floats, sides: NDArray[np.int8] | None, owner: NDArray[np.intp], place: str
) -> Callable[[NDArray[np.bool_]], Scaling]:
    """How to standardise where some readings set no unit: which of the n do -> `scaling_of` those.

    Where those hold fewer than two distinct values, all set it: the others are then all that is known of the unit.
    """

    def standard(kept: NDArray[np.bool_]) -> Scaling:
        kept = kept if np.ptp(y[kept]) > 0 else np.ones(len(y), dtype=np.bool_)
        among = np.unique(owner[kept], return_inverse=True)[1].reshape(-1)
        return scaling_of(y[kept], None if sides is None else sides[kept], among, place)

    return standard


def _less(z: Floats, side: NDArray[np.int8], weight: Floats, at: Floats) -> tuple[float, Floats]:
    """Minus the log likelihood at (g, h), and its slope.

    Args:
        z: (n,) readings and limits.
        side: (n,) as in `scaling_of`.
        weight: (n,) what each counts.
        at: g and h.
    """
    g, h = at
    off, read = h * z - g, side == 0
    turn = np.where(side < 0, 1.0, -1.0)
    log_odds = log_ndtr(turn * off)
    density = np.exp(-0.5 * off**2 - _LOG_ROOT_2PI - log_odds)
    value = np.where(read, math.log(h) - 0.5 * off**2, log_odds)
    by_off = np.where(read, -off, turn * density)
    slope = np.array([-np.sum(weight * by_off), np.sum(weight * by_off * z) + weight[read].sum() / h])
    return -float(np.sum(weight * value)), -slope
