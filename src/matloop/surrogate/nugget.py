"""The noise of readings of which none was repeated: the variance that is left between inputs infinitely near.

Noise and a rough truth look alike in any one residual; they differ in how readings of near inputs agree. In the terms
of geostatistics the noise is the nugget (Cressie 1993, "Statistics for spatial data", section 3.2). Contrasts of the
readings, which no constant mean touches, have the covariance V = s2 ((1 - e) K + e D), K of a stationary kernel and D
the share of the noise that a mean of replicates bears, so each pair (K, e) has a restricted likelihood (Patterson and
Thompson 1971, Biometrika 58, 545). With K between whitened contrasts in tridiagonal form all e come at one price.

A truth with steps is rough to every such kernel, yet members of an ensemble may know it well. So what they say of
inputs held out speaks as well: its squared error is that of the model, of which the members' spread says the shape and
an unknown factor the size, and noise. Errors of neighbours go together, so each counts as half a reading (a composite
likelihood: Varin, Reid, Firth 2011, Statistica Sinica 21, 5).

The answer is the mean of the posterior of the noise's variance over kernels, lengths and shares, with the prior that
Gaussian processes here have (`priors`): it is never 0, and moves little with each further reading.

Figures are standardised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, lapack
from scipy.spatial.distance import cdist

from matloop.domain.prediction import Floats
from matloop.surrogate.kernels import KERNELS, KernelName
from matloop.surrogate.priors import NOISE_LOC, NOISE_WIDTH

FEWEST = 3
"""Inputs from which anything is said: two leave one contrast, of which every share of noise is as likely."""
MOST = 250
"""Inputs looked at, evenly from all; the noise std of as many is known to 5 %. More cost time with the cube."""
_NAMES: tuple[KernelName, ...] = ("matern12", "matern32", "matern52")
_LENGTHS = np.geomspace(0.1, 10.0, 10)
"""Lengths of the kernels, in root mean square distances between inputs. Coarser, the posterior jumps between them."""
_SHARES = np.concatenate([[1e-6], np.geomspace(1e-4, 0.999, 24)])
"""Shares of the noise in the whole variance."""
_FACTORS = np.geomspace(0.05, 5.0, 20)
"""Of the model's part in errors held out; their logarithm has the standard deviation 1 about 0."""
_VARIANCES = np.geomspace(1e-6, 2.0, 40)
"""Of the noise, where errors held out are asked; between them lines are drawn."""
_WEIGHT = 0.5
"""What an error held out counts, in readings. At 1 a forest's own roughness passes for noise that is surely there; at
0 every step of the truth does."""
_FLOOR = 1e-3
"""Influence of a feature at least, as a share of all: one that no member used may still tell near from far."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors at k inputs held out: squares (k,), variance that is model up to a factor (k,), readings merged (k,)."""

    squares: Floats
    model: Floats
    count: Floats

    def log_likelihood(self, noise: Floats) -> Floats:
        """Of noise variances, any shape, whatever the factor of the model's part is."""
        if not len(self.squares):
            return np.zeros(noise.shape)
        variance = _FACTORS[:, None, None] * self.model + (_VARIANCES[:, None] / self.count)[None]
        variance = np.maximum(variance, _VARIANCES[0])
        each = -0.5 * _WEIGHT * np.sum(np.log(variance) + self.squares / variance, axis=2)
        each -= 0.5 * np.log(_FACTORS)[:, None] ** 2
        at = np.log(np.maximum(noise, _VARIANCES[0]))
        found: Floats = np.interp(at, np.log(_VARIANCES), np.logaddexp.reduce(each))
        return found


def nugget(X: Floats, y: Floats, count: Floats, errors: Errors, influence: Floats | None = None) -> float | None:
    """Variance of one reading, its posterior mean.

    Args:
        X: (g, d) distinct inputs.
        y: (g,) mean reading of each.
        count: (g,) readings of each.
        errors: at inputs held out.
        influence: (d,) what each column does to the truth, as a share; None where nobody knows, and all are equal.

    Returns:
        None for fewer inputs than FEWEST.
    """
    if len(y) < FEWEST:
        return None
    if len(y) > MOST:
        kept = np.linspace(0, len(y) - 1, MOST).astype(np.intp)
        X, y, count = X[kept], y[kept], count[kept]
    if influence is not None:
        X = X * np.sqrt(influence + _FLOOR)
    squares = cdist(X, X, "sqeuclidean")
    squares /= squares.sum() / (len(y) * (len(y) - 1.0))
    log_odds, noise = _restricted(squares, np.sqrt(count), y)
    log_odds += errors.log_likelihood(noise) + np.log(np.gradient(np.log(_SHARES)))
    log_odds -= 0.5 * ((np.log(noise) - NOISE_LOC) / NOISE_WIDTH) ** 2
    odds = np.exp(log_odds - log_odds.max())
    return float(np.sum(odds * noise) / odds.sum())


def _restricted(squares: Floats, root: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Log restricted likelihood and noise variance of each kernel, length and share, the whole variance at its best.

    Mirrors turn the mean, and then what is seen of the contrasts, into axes. A tridiagonal form of K keeps the first
    axis, so that the form's continued fraction has all that is asked of a share, without eigenvectors.

    Args:
        squares: (g, g) squared distances, their mean 1.
        root: (g,) roots of how many readings an input has, which whiten their means.
        y: (g,) mean readings.

    Returns:
        Each (kernels times lengths, shares).
    """
    mean = _mirror(root)
    seen = (root * y - 2.0 * (mean @ (root * y)) * mean)[1:]
    data = np.append(0.0, _mirror(seen))
    weights, forms = np.outer(root, root), []
    for name in _NAMES:
        for length in _LENGTHS:
            K = (weights * KERNELS[name].value(squares / length**2)).T  # of Fortran's order, as LAPACK has it
            forms.append(_tridiagonal(_mirrored(_mirrored(K, mean), data)[1:, 1:]))
    diagonal, beside = (np.array(one) for one in zip(*forms, strict=True))
    log_det, first = _fraction(diagonal, beside)
    whole = np.maximum(float(seen @ seen) / (len(seen) * first), math.ulp(1.0))
    return -0.5 * (log_det + len(seen) * np.log(whole)), _SHARES * whole


def _mirror(v: Floats) -> Floats:
    """The unit normal w of the mirror I - 2 w w^T that turns v into the first axis (Householder 1958); 0 for v = 0."""
    w = v.copy()
    w[0] += math.copysign(float(np.linalg.norm(v)), w[0])
    return w / (float(np.linalg.norm(w)) or 1.0)


def _mirrored(K: Floats, w: Floats) -> Floats:
    """(I - 2 w w^T) K (I - 2 w w^T), of K (g, g) in Fortran order, which is destroyed; the lower triangle counts."""
    p = 2.0 * blas.dsymv(1.0, K, w, lower=1)
    turned: Floats = blas.dsyr2(-1.0, w, p - (w @ p) * w, a=K, lower=1, overwrite_a=1)
    return turned


def _tridiagonal(K: Floats) -> tuple[Floats, Floats]:
    """Diagonal (c,) and what stands beside it (c - 1,) of Q^T K Q, K (c, c) by its lower triangle; Q keeps axis one."""
    work, _ = lapack.dsytrd_lwork(len(K), lower=1)
    _, diagonal, beside, _, _ = lapack.dsytrd(K, lower=1, lwork=int(work))
    return diagonal, beside


def _fraction(diagonal: Floats, beside: Floats) -> tuple[Floats, Floats]:
    """Of M = (1 - share) T + share I: log|M| and 1 / (M^-1)_11, each (m, shares), T being m tridiagonal forms.

    The pivots of M, taken from its last row up, are a continued fraction; their product is |M|, and the last one is
    1 / (M^-1)_11. None is below the share, since T has no negative eigenvalue.

    Args:
        diagonal: (m, c) of T.
        beside: (m, c - 1) what stands beside it.
    """
    rows = (1.0 - _SHARES) * diagonal.T[:, :, None] + _SHARES
    links = ((1.0 - _SHARES) * beside.T[:, :, None]) ** 2
    pivot = np.maximum(rows[-1], _SHARES)
    log_det = np.log(pivot)
    for row, link in zip(rows[-2::-1], links[::-1], strict=True):
        pivot = np.maximum(row - link / pivot, _SHARES)
        log_det += np.log(pivot)
    return log_det, pivot
