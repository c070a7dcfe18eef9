"""Upper bounds of what a Gaussian process says, at a fraction of the price, for searches of long lists.

The mean is that of the process. The variance is that given some of the readings alone: what further ones remove is
never negative (Rasmussen and Williams 2006, 2.26 is a Schur complement), so it bounds the variance given all of them.
Both are widened by what rounding can change, here and where the process itself is asked, so that no candidate that it
would prefer is ever passed over. Figures are standardised.

Squared distances are |z|^2 + |z_i|^2 - 2 z z_i, one product, where the process takes differences; that costs digits, of
which the widening takes account. Single precision would cost too many: the slope of a mean is the sum of |alpha|, which
is thousands for readings that are nearly exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas
from scipy.spatial.distance import cdist

from matloop.domain.prediction import Floats
from matloop.surrogate import Upper
from matloop.surrogate.factor import Factor
from matloop.surrogate.kernels import Kernel
from matloop.surrogate.posterior import CHUNK, FEWEST, VARIANCE_FLOOR, Posterior
from matloop.surrogate.threads import one_thread

FEW = 64
"""Readings that a variance is bounded by, at least. With half of them more candidates remain in doubt, of which each is
then asked about; with twice as many the bounds cost more than they spare."""

SHARE = 8
"""All readings by those that a variance is bounded by, where there are many: both then cost the same."""

_U = 2.0**-53
_STEEPEST = {"matern32": 1.5, "matern52": 5.0 / 6.0, "rbf": 0.5}
"""Largest |dg/ds| of a kernel, at s = 0 (RW 4.9, 4.17); that of matern12 is infinite."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Bounds of one posterior.

    lengths: (d,) length scales. centre: (d,) middle of the inputs in units of them: it keeps squares small.
    left: (g, d + 2) what multiplies [z, |z|^2, 1]; the inputs that bound the variance come first.
    reach: largest |z| of an input. weights: (g,) sign times scale times alpha. base: the constant's part of the mean.
    lower: (k, k) L^-1 of the first k inputs, times the scale. shift: (k,) what the constant adds to L^-1 k.
    prior: variance of the truth before readings. rough: see `_Rough`.
    """

    kernel: Kernel
    lengths: Floats
    centre: Floats
    left: Floats
    reach: float
    weights: Floats
    base: float
    lower: Floats
    shift: Floats
    prior: float
    rough: _Rough

    @classmethod
    def of(cls, posterior: Posterior, sign: float) -> Screen:
        """Choose the readings that bound the variance: half of them far apart, half where sign times the mean is high.

        Candidates worth a look are near the high ones; the others keep regions without readings from looking unknown.

        Raises:
            ModelError: when the covariance cannot be factored.
        """
        hyper, constant = posterior.hyper, posterior.constant
        noise = posterior.atoms.merge(posterior.atoms.variance(hyper.noise, hyper.excess))
        order, k = _order(posterior.Z, sign * (noise.mean - noise.noise * posterior.alpha))
        centre = 0.5 * (posterior.Z.min(axis=0) + posterior.Z.max(axis=0))
        Z = (posterior.Z - centre)[order]
        squares = np.einsum("ij,ij->i", Z, Z)
        few = posterior.Z[order[:k]]
        K = hyper.scale * posterior.kernel.value(cdist(few, few, "sqeuclidean")) + constant
        K[np.diag_indices(k)] += noise.noise[order[:k]] + posterior.factor.jitter
        lower = np.tril(Factor.of(K, "a screen of candidates").inverted().lower)
        alpha = posterior.alpha[order]
        return cls(
            posterior.kernel,
            posterior.column_lengths,
            centre,
            np.column_stack((-2.0 * Z, np.ones(len(Z)), squares)),
            math.sqrt(float(squares.max())),
            sign * hyper.scale * alpha,
            sign * constant * float(alpha.sum()),
            np.asfortranarray(hyper.scale * lower),
            constant * lower.sum(axis=1),
            hyper.scale + constant,
            _Rough.of(hyper.scale, constant, alpha, np.tril(posterior.factor.inverted().lower)),
        )

    def scaled(self, centre: float, spread: float) -> Upper:
        """The bounds in the objective's unit: of the signed mean, and of the std."""

        @one_thread()
        def look(X: Floats) -> tuple[Floats, Floats]:
            mean, variance = self.bounds(X)
            scaled = centre + spread * mean
            return scaled + 4.0 * _U * (abs(centre) + np.abs(scaled)), spread * np.sqrt(variance) * (1.0 + 8.0 * _U)

        return look

    def bounds(self, X: Floats) -> tuple[Floats, Floats]:
        """Upper bounds (q,) of the signed mean and of the variance of the truth at X (q, d), in blocks."""
        mean, variance = np.empty((2, len(X)))
        k, step = len(self.lower), max(FEWEST, CHUNK // len(self.left))
        for start in range(0, len(X), step):
            rows = slice(start, min(start + step, len(X)))
            Z = X[rows] / self.lengths
            Z -= self.centre
            squares = np.einsum("ij,ij->i", Z, Z)
            cross = self.left @ np.vstack((Z.T, squares, np.ones(len(Z))))  # (g, q) squared distances
            cross = self.kernel.value(np.maximum(cross, 0.0, out=cross))
            mean[rows] = self.weights @ cross
            half = blas.dtrmm(1.0, self.lower, cross[:k].T, side=1, lower=1, trans_a=1, overwrite_b=1)
            half += self.shift
            variance[rows] = self.prior - np.einsum("ij,ij->i", half, half)  # RW 2.26, of k readings
            off = self.rough.kernel(self.kernel, self.reach + math.sqrt(float(squares.max())), X.shape[1])
            mean[rows] += self.base + self.rough.mean(off, len(cross))
            variance[rows] = np.maximum(variance[rows], 0.0) + self.rough.variance(off, len(cross))
        return mean, np.maximum(variance, VARIANCE_FLOOR)


@dataclass(frozen=True, slots=True)
class _Rough:
    """How far rounding can move figures: first-order bounds, doubled because the process itself rounds as well.

    scale, prior: variances of the truth, without and with that of the constant mean.
    pull: sum of |alpha|. steep: Frobenius norm of L^-1 of all readings, which no part of them exceeds.
    """

    scale: float
    prior: float
    pull: float
    steep: float

    @classmethod
    def of(cls, scale: float, constant: float, alpha: Floats, lower: Floats) -> _Rough:
        """From the variances, alpha (g,) and L^-1 (g, g)."""
        return cls(scale, scale + constant, float(np.abs(alpha).sum()), float(np.linalg.norm(lower)))

    def kernel(self, kernel: Kernel, reach: float, d: int) -> float:
        """Of one covariance, of inputs whose |z| sum to `reach` at most."""
        squared = 4.0 * (d + 8) * _U * reach**2  # products of d + 2 terms, which sum to reach^2 at most
        steepest = _STEEPEST.get(kernel.name)
        moved = math.sqrt(squared) if steepest is None else steepest * squared  # exp(-sqrt(s)): at most the root
        return self.scale * (moved + 16.0 * _U)

    def mean(self, off: float, g: int) -> float:
        """Of a mean, where covariances with g inputs are off by `off`."""
        return 2.0 * self.pull * (off + (g + 8) * _U * self.prior)

    def variance(self, off: float, g: int) -> float:
        """Of a variance given g readings: of k' K^-1 k by that of k, of the products, and of the factor."""
        entries = math.sqrt(g) * self.steep * (off + (g + 8) * _U * self.prior)
        factor = 4.0 * g * _U * self.prior * (1.0 + self.steep**2 * self.prior)
        return 2.0 * (2.0 * math.sqrt(self.prior) * entries + entries**2 + factor)


def _order(Z: Floats, height: Floats) -> tuple[Floats, int]:
    """Inputs (g,) in the order of their use at Z (g, d), and how many bound the variance."""
    g = len(Z)
    k = min(g, max(FEW, g // SHARE))
    chosen = [int(np.argmax(height))]
    gaps = np.sum((Z - Z[chosen[0]]) ** 2, axis=1)
    while len(chosen) < k // 2 and gaps.max() > 0.0:  # farthest first (Gonzalez 1985)
        chosen.append(int(np.argmax(gaps)))
        gaps = np.minimum(gaps, np.sum((Z - Z[chosen[-1]]) ** 2, axis=1))
    rest = np.argsort(-height, kind="stable")
    return np.concatenate((np.array(chosen, dtype=np.intp), rest[~np.isin(rest, chosen)])), k
