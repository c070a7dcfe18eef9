"""The noise of readings of which none was repeated: the variance that is left between inputs infinitely near.

Noise and a rough truth look alike in any one residual; they differ in how readings of near inputs agree. In the terms
of geostatistics the noise is the nugget (Cressie 1993, "Statistics for spatial data", section 3.2). Contrasts of the
readings, which no constant mean touches, have the covariance V = s2 ((1 - e) K + e D), K of a stationary kernel and D
the share of the noise that a mean of replicates bears, so each pair (K, e) has a restricted likelihood (Patterson and
Thompson 1971, Biometrika 58, 545). With the eigenvalues of K between whitened contrasts all e come at the price of one.

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
    root = np.sqrt(count)
    contrasts = np.linalg.qr(np.column_stack([root, np.eye(len(y))[:, :-1]]))[0][:, 1:]
    seen = contrasts.T @ (root * y)
    parts = [
        _restricted(contrasts.T @ (np.outer(root, root) * KERNELS[name].value(squares / length**2)) @ contrasts, seen)
        for name in _NAMES
        for length in _LENGTHS
    ]
    log_odds, noise = (np.array(one) for one in zip(*parts, strict=True))
    log_odds += errors.log_likelihood(noise) + np.log(np.gradient(np.log(_SHARES)))
    log_odds -= 0.5 * ((np.log(noise) - NOISE_LOC) / NOISE_WIDTH) ** 2
    odds = np.exp(log_odds - log_odds.max())
    return float(np.sum(odds * noise) / odds.sum())


def _restricted(K: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Log restricted likelihood and noise variance of each of _SHARES, the whole variance at its best.

    Args:
        K: (c, c) covariance of whitened contrasts of a truth of variance 1.
        seen: (c,) the contrasts.
    """
    values, vectors = np.linalg.eigh(K)
    spectrum = (1.0 - _SHARES)[:, None] * np.maximum(values, 0.0) + _SHARES[:, None]
    whole = np.mean((vectors.T @ seen) ** 2 / spectrum, axis=1)
    whole = np.maximum(whole, math.ulp(1.0))
    return -0.5 * (np.log(spectrum).sum(axis=1) + len(seen) * np.log(whole)), _SHARES * whole
