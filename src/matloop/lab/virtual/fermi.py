"""Complete Fermi-Dirac integrals F_j(η) = ∫₀^∞ x^j / (1 + e^(x-η)) dx, without the factor 1/Γ(j+1).

This is the convention of the thermoelectric papers (May and Snyder 2012; Fistul 1969). Three laws tie the orders
together and are what the tests hold on to: F_0 = ln(1 + e^η), dF_j/dη = j F_(j-1), and Sommerfeld's expansion.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.special import roots_legendre, zeta

from matloop.domain.prediction import Floats

_DEGENERATE = 40.0  # above it Sommerfeld's series is exact to rounding; below about 15 it is not
_DILUTE = -13.0  # below it three Boltzmann terms leave a relative error of e^(3η), under rounding
_SOMMERFELD_TERMS = 6  # the neglected term is of order η^-14; at η = 40 below 1e-16
_PANELS = 20  # Gauss panels in t = √x; fewer than 16 lose digits where the Fermi edge is sharp
_NODES = 14  # nodes a panel
_TAIL = 38.0  # e^-38 < 1e-16: the integrand beyond η + 38 is lost in rounding
_STEP = 1.0 / 128.0  # node distance of the table; a Hermite cubic errs by step⁴/384 ≈ 1e-11 of F


def fermi(j: float, eta: Floats | float) -> Floats:
    """F_j(η) to about 1e-13 relative, by quadrature: the reference that the table is built from.

    Args:
        j: order, -1/2 or more.
        eta: reduced chemical potential, any shape.

    Returns:
        F_j, of the shape of eta.

    Raises:
        ValueError: for j < -1/2.
    """
    if j < -0.5:
        raise ValueError(f"order {j}: the integral is only done for -1/2 and above")
    eta = np.asarray(eta, dtype=np.float64)
    if j == 0:
        return _logarithm(eta)
    flat = np.atleast_1d(eta).ravel()
    found = np.empty_like(flat)
    high, low = flat > _DEGENERATE, flat < _DILUTE
    between = ~(high | low)
    found[high] = _sommerfeld(j, flat[high])
    found[low] = _boltzmann(j, flat[low])
    found[between] = _quadrature(j, flat[between])
    return found.reshape(eta.shape)


def _logarithm(eta: Floats) -> Floats:
    """F_0 = ln(1 + e^η), without overflow."""
    return np.asarray(np.logaddexp(0.0, eta), dtype=np.float64)


def _quadrature(j: float, eta: Floats) -> Floats:
    """Gauss-Legendre in t = √x, which makes half-integer powers smooth at 0: F_j = ∫ 2 t^(2j+1) f(t²-η) dt."""
    nodes, weights = roots_legendre(_NODES)
    width = math.sqrt(_DEGENERATE + _TAIL) / _PANELS
    t = (width * (np.arange(_PANELS)[:, None] + 0.5 * (nodes + 1.0))).ravel()
    weight = np.tile(0.5 * width * weights, _PANELS) * 2.0 * t ** (2.0 * j + 1.0)
    return np.asarray((weight / (1.0 + np.exp(t**2 - eta[:, None]))).sum(axis=1), dtype=np.float64)


def _boltzmann(j: float, eta: Floats) -> Floats:
    """The first terms of F_j = -Γ(j+1) Σ (-e^η)^k / k^(j+1), for η far below 0 (Blakemore 1982)."""
    z = np.exp(eta)
    terms = z * (1.0 - z * (0.5 ** (j + 1.0) - z / 3.0 ** (j + 1.0)))
    return np.asarray(math.gamma(j + 1.0) * terms)


def _sommerfeld(j: float, eta: Floats) -> Floats:
    """η^(j+1)/(j+1) + Σ 2 η_D(2k) j(j-1)...(j-2k+2) η^(j+1-2k), for η far above 0 (Ashcroft and Mermin, app. C)."""
    total = eta ** (j + 1.0) / (j + 1.0)
    for k in range(1, _SOMMERFELD_TERMS + 1):
        falling = math.prod(j - i for i in range(2 * k - 1))
        dirichlet = (1.0 - 2.0 ** (1 - 2 * k)) * float(zeta(2 * k))
        total = total + 2.0 * dirichlet * falling * eta ** (j + 1.0 - 2 * k)
    return total


@lru_cache(maxsize=16)
def _table(j: float) -> CubicHermiteSpline:
    """F_j on equal steps, its slopes exact by dF_j/dη = j F_(j-1)."""
    eta = np.arange(_DILUTE, _DEGENERATE + _STEP, _STEP)
    return CubicHermiteSpline(eta, fermi(j, eta), j * fermi(j - 1.0, eta))


def fermi_fast(j: float, eta: Floats | float) -> Floats:
    """F_j(η) from a table made at first use, to 1e-10 relative (order -1/2, the table's slope: 1e-7).

    Args:
        j: order: -1/2, or 0, or 1/2 and more.
        eta: reduced chemical potential, any shape.

    Returns:
        F_j, of the shape of eta.
    """
    eta = np.asarray(eta, dtype=np.float64)
    if j == 0:
        return _logarithm(eta)
    inside = np.clip(eta, _DILUTE, _DEGENERATE)
    found = np.asarray(2.0 * _table(0.5)(inside, 1) if j == -0.5 else _table(j)(inside), dtype=np.float64)
    beyond = (eta < _DILUTE) | (eta > _DEGENERATE)
    if np.any(beyond):
        found[beyond] = fermi(j, eta[beyond])
    return found
