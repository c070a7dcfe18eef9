"""Cholesky factors of covariance matrices, with a stated and reported jitter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, lapack, solve_triangular

from matloop.domain.prediction import Floats
from matloop.errors import ModelError, fail

JITTERS = (0.0, 1e-10, 1e-8, 1e-6, 1e-4)
"""What is added to the diagonal, in parts of its mean, one after another until the factor exists. Larger
last steps would change predictions visibly; smaller first ones fall below the rounding of a matrix of some
thousand rows."""


@dataclass(frozen=True, slots=True)
class Inverse:
    """L^-1 (g, g) of a factor, in Fortran order; what stands above the diagonal means nothing."""

    lower: Floats

    def half(self, b: Floats) -> Floats:
        """L^-1 b, for b (g, k); b is destroyed. As exact as solving (Du Croz and Higham 1992, section 2)."""
        product: Floats = blas.dtrmm(1.0, self.lower, b, lower=1, overwrite_b=1)
        return product


@dataclass(frozen=True, slots=True)
class Factor:
    """A covariance K (g, g) as L L^T.

    lower: (g, g) L in Fortran order; what stands above the diagonal means nothing.
    jitter: what was added to the diagonal of K, absolute.
    """

    lower: Floats
    jitter: float

    @classmethod
    def of(cls, K: Floats, place: str) -> Factor:
        """Factor K, of which the lower triangle is read. K is kept.

        Raises:
            ModelError: when no jitter makes K positive definite.
        """
        mean = float(np.mean(np.diagonal(K)))
        for part in JITTERS:
            jitter = part * mean
            tried = np.array(K, order="F")
            if jitter:
                tried[np.diag_indices_from(tried)] += jitter
            lower, info = lapack.dpotrf(tried, lower=1, clean=0, overwrite_a=1)
            if info == 0 and math.isfinite(mean):
                return cls(lower, jitter)
        found = f"a covariance of {len(K)} inputs is not positive definite, even with {JITTERS[-1]:g} of its diagonal"
        fail(ModelError, place, found, "Look for extreme or duplicated inputs, or let the noise be learned.")

    def solve(self, b: Floats) -> Floats:
        """K^-1 b, for b (g,) or (g, k)."""
        x, _ = lapack.dpotrs(self.lower, b, lower=1)
        solved: Floats = x
        return solved

    def half(self, b: Floats) -> Floats:
        """L^-1 b, for b (g, k); b is destroyed."""
        x = solve_triangular(self.lower, b, lower=True, overwrite_b=True, check_finite=False)
        solved: Floats = x
        return solved

    def inverted(self) -> Inverse:
        """L^-1, worth its g^3/3 steps where several times g columns are to be halved."""
        lower, _ = lapack.dtrtri(self.lower, lower=1)
        return Inverse(lower)

    def half_log_det(self) -> float:
        """Half the logarithm of the determinant of K."""
        return float(np.log(np.diagonal(self.lower)).sum())
