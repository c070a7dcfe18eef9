"""What can go wrong before anything is measured.

All limits are chosen, not fitted; the miscibility gap of real Mg2Si-Mg2Sn is wider.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from matloop.domain.prediction import Floats
from matloop.lab.virtual.alloy import vegard

CONSOLUTE = 450.0
"""K: top of the miscibility gap. Above some 700 K it would swallow the best candidate of the default space."""

_DECOMPOSES = 0.5  # chance that a specimen well inside the gap falls apart before it is measured
_GAP_WIDTH = 12.0  # K over which that chance rises; 0 would give a model nothing to learn from the border
_SOLUBLE = (20.70, 20.60)  # log10 of donors a cm³ that Mg2Si and Mg2Sn dissolve; near 20.3 they would swallow the best
_PRECIPITATES = 0.5  # chance well beyond; at 1 a search that does not learn from failures would never come back
_SOLUBLE_WIDTH = 0.04  # decades over which that chance rises
_STABLE = (1000.0, 820.0)  # K up to which Mg2Si and Mg2Sn keep their magnesium; below 780 they would swallow the best
_EVAPORATES = 0.5  # chance well beyond; as above
_STABLE_WIDTH = 15.0  # K over which that chance rises

FEASIBLE = 0.75
"""Share of specimens that form from which a candidate counts as one that can be made: where one limit alone acts, this
is the limit itself."""


def binodal(x: Floats | float) -> Floats:
    """Temperature in K below which A(1-x)B(x) is two phases: a regular solution.

    T = 2 T_c (1-2x) / ln((1-x)/x), and ln((1+s)/(1-s)) = 2 artanh(s) with s = 1-2x (Hildebrand 1929).
    """
    s = np.clip(1.0 - 2.0 * np.asarray(x, dtype=np.float64), -1.0, 1.0)
    middle = np.abs(s) < 1e-9  # s / artanh(s) tends to 1 there
    with np.errstate(divide="ignore"):
        quotient = np.where(middle, 1.0, s / np.arctanh(np.where(middle, 0.5, s)))
    return np.asarray(CONSOLUTE * quotient)


def decomposition(x: Floats | float, temperature: Floats | float) -> Floats:
    """Chance that a specimen held at `temperature` (K) falls into two phases; arguments broadcast."""
    return np.asarray(_DECOMPOSES * expit((binodal(x) - temperature) / _GAP_WIDTH))


def precipitation(x: Floats | float, log10_n: Floats | float) -> Floats:
    """Chance that the dopant precipitates, at log10 of donors a cm³; arguments broadcast."""
    x = np.asarray(x, dtype=np.float64)
    return np.asarray(_PRECIPITATES * expit((log10_n - vegard(_SOLUBLE, x)) / _SOLUBLE_WIDTH))


def evaporation(x: Floats | float, temperature: Floats | float) -> Floats:
    """Chance that a specimen held at `temperature` (K) loses magnesium until it crumbles; arguments broadcast."""
    stable = vegard(_STABLE, np.asarray(x, dtype=np.float64))
    return np.asarray(_EVAPORATES * expit((temperature - stable) / _STABLE_WIDTH))


def forming(x: Floats | float, log10_n: Floats | float, temperature: Floats | float) -> Floats:
    """Chance that a specimen meets none of the three fates; arguments broadcast."""
    fates = (decomposition(x, temperature), precipitation(x, log10_n), evaporation(x, temperature))
    return np.asarray(np.prod([1.0 - fate for fate in np.broadcast_arrays(*fates)], axis=0))


def feasible(x: Floats | float, log10_n: Floats | float, temperature: Floats | float) -> NDArray[np.bool_]:
    """Which candidates can be made: those that form in at least `FEASIBLE` of all tries; arguments broadcast."""
    return np.asarray(forming(x, log10_n, temperature) >= FEASIBLE)
