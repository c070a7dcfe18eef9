"""Expected improvement and probability of improvement of a Gaussian posterior, in logarithms: plain functions."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from matloop.domain.prediction import Floats

_C1 = math.log(2 * math.pi) / 2
_C2 = math.log(math.pi / 2) / 2
_NEAR = -1.0  # above it the two terms of h do not cancel; below it they do, and erfcx takes over
_FAR = -100.0  # below it 1 - exp(.) of the middle branch loses digits as eps z^2, and the series is exact to 1e-12


def log_h(z: Floats) -> Floats:
    """log(phi(z) + z Phi(z)) for every z, any shape, without underflow.

    Source: Ament et al. 2023, "Unexpected improvements to expected improvement", eq. 9; the far tail goes on with
    the asymptotic series of Mills' ratio, h(z) = phi(z) / z^2 (1 - 3/z^2 + 15/z^4 - 105/z^6 ...).
    """
    out = np.empty_like(z)
    near, far = z > _NEAR, z < _FAR
    middle = ~(near | far)
    at = z[near]
    out[near] = np.log(np.exp(-0.5 * at * at - _C1) + at * ndtr(at))
    at = z[middle]
    tail = np.log(erfcx(-at / math.sqrt(2)) * np.abs(at)) + _C2
    out[middle] = -0.5 * at * at - _C1 + np.log(-np.expm1(tail))
    at = z[far]
    inverse = 1.0 / (at * at)
    series = inverse * (-3.0 + inverse * (15.0 - 105.0 * inverse))
    out[far] = -0.5 * at * at - _C1 - 2.0 * np.log(np.abs(at)) + np.log1p(series)
    return out


def log_ei(mean: Floats, std: Floats, best: float | Floats) -> Floats:
    """Logarithm of E[max(f - best, 0)] for f ~ N(mean, std^2); -inf where no improvement is possible.

    Args:
        mean: (...) posterior mean, to be maximised.
        std: (...) posterior standard deviation >= 0.
        best: value to be improved upon; the three broadcast together.

    Returns:
        Their common shape.

    Source: Jones, Schonlau, Welch 1998, eq. 15; in logarithms Ament et al. 2023, eq. 8.
    """
    gain, std = np.broadcast_arrays(np.subtract(mean, best), std)
    out = np.full(gain.shape, -np.inf)
    unsure = std > 0
    out[unsure] = np.log(std[unsure]) + log_h(gain[unsure] / std[unsure])
    sure = ~unsure & (gain > 0)
    out[sure] = np.log(gain[sure])
    return out


def log_pi(mean: Floats, std: Floats, best: float | Floats) -> Floats:
    """Logarithm of P(f > best) for f ~ N(mean, std^2).

    Args:
        mean: (...) posterior mean, to be maximised.
        std: (...) posterior standard deviation >= 0; where it is 0 the answer is 0 or -inf.
        best: value to be improved upon; the three broadcast together.

    Returns:
        Their common shape.

    Source: Kushner 1964; Jones 2001, "A taxonomy of global optimization methods", section 5.
    """
    gain, std = np.broadcast_arrays(np.subtract(mean, best), std)
    out = np.where(gain > 0, 0.0, -np.inf)
    unsure = std > 0
    out[unsure] = log_ndtr(gain[unsure] / std[unsure])
    return out
