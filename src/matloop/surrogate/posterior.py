"""What one objective's Gaussian process says at new inputs, hyper-parameters given.

Equations: Rasmussen and Williams 2006 (RW), 2.25 and 2.26 and their slopes. Figures are standardised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist, squareform

from matloop.domain.prediction import Floats
from matloop.surrogate.evidence import Hyper
from matloop.surrogate.factor import Factor
from matloop.surrogate.kernels import Kernel
from matloop.surrogate.replicates import Atoms, Merged

CHUNK = 2**17
"""Entries of a block of the cross covariance: 1 MB, which stays in a core's cache. Larger blocks cost memory
and time, far smaller ones time."""

FEWEST = 256
"""Rows of a block at least: each block reads the whole factor once, which for thousands of readings is no longer in any
cache. Larger blocks cost memory, smaller ones time."""

_MANY = 4
"""Inputs to predict, in parts of those read, from which L is inverted first: products take half the time of solving."""

VARIANCE_FLOOR = 1e-12
"""Smallest model variance, in parts of the readings' variance: rounding of 1 - v^T v is of this size, and a
strictly positive model_std spares every acquisition a division by zero."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior of one objective.

    Z: (g, d) inputs divided by their length scales. column_lengths: (d,) those length scales.
    atoms: the readings, with the shape of their noise. alpha: (g,) K^-1 y. constant: variance of the constant mean.
    earlier: (g,) the alpha of the mean that the noise follows, None where it follows none.
    """

    kernel: Kernel
    hyper: Hyper
    Z: Floats
    column_lengths: Floats
    constant: float
    atoms: Atoms
    factor: Factor
    alpha: Floats
    earlier: Floats | None

    @classmethod
    def of(
        cls,
        kernel: Kernel,
        hyper: Hyper,
        inputs: tuple[Floats, Floats],
        atoms: Atoms,
        mean_std: float,
        place: str,
    ) -> Posterior:
        """Condition on readings.

        Args:
            kernel: shape of the covariance.
            hyper: hyper-parameters.
            inputs: the distinct inputs (g, d), and the length scale of each column (d,).
            atoms: their readings.
            mean_std: prior standard deviation of the constant mean.
            place: for errors.

        Raises:
            ModelError: when the covariance cannot be factored.
        """
        X, column_lengths = inputs
        constant = mean_std**2
        Z = X / column_lengths
        K = squareform(hyper.scale * kernel.value(pdist(Z, "sqeuclidean")))  # RW 2.20, 2.40
        K += constant
        diagonal = np.diag_indices_from(K)
        K[diagonal] += hyper.scale
        varies, earlier = hyper.varies, None
        if varies is not None:
            earlier = varies.alpha_over(X) if varies.follows_mean else None
            atoms = atoms.shaped(varies.log_shape(X, None if earlier is None else K @ earlier))
        merged = atoms.merge(atoms.variance(hyper.noise, hyper.excess))
        K[diagonal] += merged.noise
        factor = Factor.of(K.T, place)  # equal to K, and in the order in which the factor wants it
        return cls(kernel, hyper, Z, column_lengths, constant, atoms, factor, factor.solve(merged.mean), earlier)

    def _chunks(self, q: int) -> Iterator[slice]:
        step = max(FEWEST, CHUNK // len(self.Z))
        return (slice(start, start + step) for start in range(0, q, step))

    def _cross(self, Z: Floats) -> Floats:
        """(q, g) covariance of f + c at Z with that at the inputs."""
        cross = self.kernel.value(cdist(Z, self.Z, "sqeuclidean"))
        cross *= self.hyper.scale
        cross += self.constant
        return cross

    def moments(self, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean (q,) and variance (q,) of the truth, log shape (q,) of the noise at X (q, d), in blocks."""
        mean, variance, log_shape = np.zeros((3, len(X)))
        prior, varies = self.hyper.scale + self.constant, self.hyper.varies
        inverse = self.factor.inverted() if len(X) >= _MANY * len(self.Z) else None
        for rows in self._chunks(len(X)):
            cross = self._cross(X[rows] / self.column_lengths)
            mean[rows] = cross @ self.alpha  # RW 2.25
            if varies is not None:
                log_shape[rows] = varies.log_shape(X[rows], None if self.earlier is None else cross @ self.earlier)
            half = self.factor.half(cross.T) if inverse is None else inverse.half(cross.T)
            variance[rows] = prior - np.einsum("ij,ij->j", half, half)  # RW 2.26
        return mean, np.maximum(variance, VARIANCE_FLOOR), log_shape

    def means(self, X: Floats) -> Floats:
        """Mean (q,) of the truth at X (q, d), in blocks of bounded size."""
        parts = [self._cross(X[rows] / self.column_lengths) @ self.alpha for rows in self._chunks(len(X))]
        return np.concatenate(parts) if parts else np.empty(0)

    def held_out(self, rows: NDArray[np.intp], merged: Merged) -> tuple[Floats, Floats]:
        """Mean (q,) and variance (q,) of the truth at some of the inputs, each without its own readings.

        RW 5.12 over the merged readings: mu = y - [K^-1 y] / [K^-1] and sigma^2 = 1 / [K^-1], of which the
        noise of the merged reading is no part of the truth. Only the diagonal places asked for are computed.
        """
        unit = np.zeros((len(self.Z), len(rows)), order="F")
        unit[rows, np.arange(len(rows))] = 1.0
        half = self.factor.half(unit)
        precision = np.einsum("ij,ij->j", half, half)
        variance = 1.0 / precision - merged.noise[rows]
        mean: Floats = merged.mean[rows] - self.alpha[rows] / precision
        return mean, np.maximum(variance, VARIANCE_FLOOR)

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q,) and covariance (q, q) of the truth at X (q, d), symmetric to the bit."""
        Z = X / self.column_lengths
        cross = self._cross(Z)
        mean: Floats = cross @ self.alpha  # RW 2.25
        half = self.factor.half(cross.T)
        prior = self.hyper.scale * self.kernel.value(squareform(pdist(Z, "sqeuclidean"))) + self.constant
        covariance = prior - half.T @ half  # RW 2.24
        return mean, 0.5 * (covariance + covariance.T)

    def across(self, X: Floats, P: Floats) -> Floats:
        """Covariance (q, p) of the truth at X (q, d) with that at P (p, d), in blocks."""
        Z = P / self.column_lengths
        solved = self.factor.solve(self._cross(Z).T)
        covariance = np.empty((len(X), len(P)))
        for rows in self._chunks(len(X)):
            at = X[rows] / self.column_lengths
            prior = self.hyper.scale * self.kernel.value(cdist(at, Z, "sqeuclidean")) + self.constant
            covariance[rows] = prior - self._cross(at) @ solved  # RW 2.24
        return covariance

    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """Slopes (q, d) of mean and variance at X (q, d).

        d mean/dx_k = sum_i alpha_i dk_i/dx_k and d variance/dx_k = -2 sum_i (K^-1 k)_i dk_i/dx_k with
        dk_i/dx_k = 2 scale g' (x_k - x_ik) / l_k^2.
        """
        mean, variance = np.empty(X.shape), np.empty(X.shape)
        for rows in self._chunks(len(X)):
            Z = X[rows] / self.column_lengths
            g, slope = self.kernel.both(cdist(Z, self.Z, "sqeuclidean"))
            slope *= 2.0 * self.hyper.scale
            cross = self.hyper.scale * g + self.constant
            weight = self.factor.solve(cross.T).T
            mean[rows] = self._pull(slope * self.alpha, Z)
            variance[rows] = -2.0 * self._pull(slope * weight, Z)
        return mean, variance

    def mean_slopes(self, X: Floats) -> Floats:
        """Slopes (q, d) of the mean at X (q, d), see `slopes`."""
        mean = np.empty(X.shape)
        for rows in self._chunks(len(X)):
            Z = X[rows] / self.column_lengths
            slope = self.kernel.both(cdist(Z, self.Z, "sqeuclidean"))[1]
            mean[rows] = self._pull(2.0 * self.hyper.scale * slope * self.alpha, Z)
        return mean

    def _pull(self, weights: Floats, Z: Floats) -> Floats:
        """(q, d) sum over inputs of weights (q, g) times (z - z_i) / l, without a (q, g, d) array."""
        pulled: Floats = (weights.sum(axis=1)[:, None] * Z - weights @ self.Z) / self.column_lengths
        return pulled
