"""Replicates by sufficient statistics, exactly.

Readings r of one input with noise variances v_r see the same truth f. With precisions w_r = 1/v_r, W = sum w_r and
ybar = sum w_r y_r / W, the product of their densities is one reading ybar of variance D = 1/W, times a factor
without f:

    prod_r N(y_r | f, v_r) = N(ybar | f, D) * exp(R)
    R = -1/2 sum_r w_r (y_r - ybar)^2 + 1/2 sum_r log w_r - 1/2 log W - (n - 1)/2 log 2 pi

so a Gaussian process over inputs, plus R, has the evidence of one over readings. The precisions hold unknown
variances, so what is kept is an atom for each (input, known variance): count, mean, sum of squared
deviations. With equal known variances an input is one atom; with unequal ones it is several, and nothing is
lost.

All sums run in one canonical order (input, known variance, value), so the order of the readings cannot
change a bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.errors import ModelError, fail

_LOG_2PI = math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The distinct inputs of n readings, in lexicographic order; equal means equal in every encoded float.

    X: (g, d) the inputs.
    owner: (n,) which of them each reading belongs to.
    """

    X: Floats
    owner: NDArray[np.intp]

    @classmethod
    def of(cls, X: Floats) -> Inputs:
        """Find the distinct rows of X (n, d)."""
        unique, owner = np.unique(X + 0.0, axis=0, return_inverse=True)  # + 0.0 makes one zero of two
        return cls(np.ascontiguousarray(unique), owner.reshape(-1).astype(np.intp))


@dataclass(frozen=True, slots=True)
class Scaling:
    """How readings are standardised: (y - centre) / spread."""

    centre: float
    spread: float

    @classmethod
    def of(cls, y: Floats, owner: NDArray[np.intp], place: str) -> Scaling:
        """Standardise readings y (n,), each input weighing the same however often it was measured.

        The centre is the mean of the inputs' means. The spread squared is the variance of those means plus
        the mean variance within inputs, so it is positive as soon as two readings differ, also when all are
        of one input.

        Raises:
            ModelError: when fewer than two distinct values exist.
        """
        order = np.lexsort((y, owner))
        offset, owner = y[order] - y.min(), owner[order]
        largest = float(offset.max())
        if not (0.0 < largest < math.inf):
            found = f"{y.size} readings with fewer than two distinct finite values"
            fail(
                ModelError,
                place,
                found,
                "Measure on until readings differ; a model of a constant says nothing.",
            )
        unit = offset / largest  # in [0, 1]: squares neither overflow nor underflow
        count = np.bincount(owner)
        means = np.bincount(owner, unit) / count
        within = np.bincount(owner, (unit - means[owner]) ** 2) / count
        between = float(np.var(means, ddof=1)) if means.size > 1 else 0.0
        spread = largest * math.sqrt(between + float(within.mean()))
        return cls(float(y.min() + largest * means.mean()), spread)

    def apply(self, y: Floats) -> Floats:
        """Standardise values."""
        scaled: Floats = (y - self.centre) / self.spread
        return scaled

    def atoms(self, y: Floats, var: Floats, owner: NDArray[np.intp], added: Floats | None = None) -> Atoms:
        """Standardise readings y (n,) of known variance var (n,) and collapse them.

        added: (n,) standardised variance added to each reading, None for none.
        """
        known = var / self.spread / self.spread
        # a known variance that underflows must not turn into an unknown one
        known = np.where(var > 0, np.maximum(known, np.finfo(np.float64).tiny), 0.0)
        return Atoms.of(self.apply(y), known, owner, added)


@dataclass(frozen=True, slots=True)
class Merged:
    """Readings of each input merged at given variances, see the module's equations.

    mean: (g,) ybar. noise: (g,) D. rest: the sum of R over inputs.
    """

    mean: Floats
    noise: Floats
    rest: float


@dataclass(frozen=True, slots=True)
class Atoms:
    """Readings of equal input, equal known variance and equal addition, standardised, a of them.

    owner: (a,) input, ascending. count, mean: (a,). scatter: (a,) sum of squared deviations from the mean.
    known: (a,) known variance, 0 where none was given. first: (g,) the first atom of each input.
    added: (a,) what errors of inputs (`study`) and added (`robust`) add to the variance of a reading.
    shape: (a,) what the learned variance is multiplied by, exp of `noise.Field.log_shape` at the input.
    """

    owner: NDArray[np.intp]
    count: Floats
    mean: Floats
    scatter: Floats
    known: Floats
    first: NDArray[np.intp]
    added: Floats
    shape: Floats

    @classmethod
    def of(cls, y: Floats, var: Floats, owner: NDArray[np.intp], added: Floats | None = None) -> Atoms:
        """Collapse readings y (n,) of known variance var (n,), with `added` (n,) added to it, None for 0."""
        added = np.zeros(len(y)) if added is None else added
        order = np.lexsort((y, added, var, owner))
        y, var, owner, added = y[order], var[order], owner[order], added[order]
        fresh = np.ones(y.size, dtype=bool)
        fresh[1:] = (np.diff(owner) != 0) | (np.diff(var) != 0) | (np.diff(added) != 0)
        starts = np.flatnonzero(fresh)
        count = np.diff(np.append(starts, y.size)).astype(np.float64)
        mean = np.add.reduceat(y, starts) / count
        scatter = np.add.reduceat((y - mean[np.cumsum(fresh) - 1]) ** 2, starts)
        owner = owner[starts]
        first = np.flatnonzero(np.append(True, np.diff(owner) != 0))
        return cls(owner, count, mean, scatter, var[starts], first, added[starts], np.ones(starts.size))

    def shaped(self, log_shape: Floats) -> Atoms:
        """The same readings where the learned variance has a shape over the inputs, given by its logarithm (g,)."""
        return replace(self, shape=np.exp(log_shape)[self.owner])

    @property
    def given(self) -> NDArray[np.bool_]:
        """(a,) whether the readings brought their variance."""
        return self.known > 0

    def unexplained(self, noise: float, excess: float) -> Floats:
        """(a,) learned variance of one reading: shape times `noise` where none is known, else times `excess`."""
        return self.shape * np.where(self.given, excess, noise)

    def variance(self, noise: float, excess: float) -> Floats:
        """(a,) variance of one reading: the known one, the learned one, and what is added."""
        return self.known + self.unexplained(noise, excess) + self.added

    def merge(self, variance: Floats) -> Merged:
        """Merge the readings of each input, at variance (a,) of one reading."""
        w = self.count / variance
        D = 1.0 / np.add.reduceat(w, self.first)
        ybar = np.add.reduceat(w * self.mean, self.first) * D
        deviation = self.mean - ybar[self.owner]
        rest = -0.5 * float(np.sum(self.scatter / variance + w * deviation**2) + self.count @ np.log(variance))
        rest += 0.5 * float(np.log(D).sum()) - 0.5 * (float(self.count.sum()) - D.size) * _LOG_2PI
        return Merged(ybar, D, rest)

    def variance_slopes(self, variance: Floats, merged: Merged, alpha: Floats, inverse: Floats) -> Floats:
        """(a,) derivative of the evidence with respect to the variance of one reading of each atom.

        RW 5.9 with dK/dv = I over the readings of the atom. Their alpha_r = w (y_r - ybar) + u alpha_g and diagonal
        of the inverse w - u w + u^2 inverse_g, u = w D, follow from the collapsed alpha (g,) and inverse
        (g,).
        """
        w = 1.0 / variance
        u = w * merged.noise[self.owner]
        shift = w * (self.mean - merged.mean[self.owner]) + u * alpha[self.owner]
        squares = w * w * self.scatter + self.count * shift**2
        slopes: Floats = 0.5 * (squares - self.count * (w * (1.0 - u) + u * u * inverse[self.owner]))
        return slopes

    def curvature(self, extra: Floats, merged: Merged, inverse: Floats) -> Floats:
        """(g, g) expected curvature of the evidence over the logarithms of each input's learned variance.

        F_ij = tr(K^-1 D_i K^-1 D_j)/2, the expectation of RW 5.9's next derivative, with D_i = diag(extra_r) over the
        readings of input i. Their block of the inverse is, like its diagonal in `variance_slopes`, w_r delta + u_r u_s
        (inverse_ii - 1/D_i) within an input and u_r u_s inverse_ij between two.

        Args:
            extra: (a,) learned variance of one reading of each atom, >= 0.
            merged: the readings merged at variance known + extra + added.
            inverse: (g, g) inverse covariance of the merged readings.
        """
        w = 1.0 / (self.known + extra + self.added)
        u = w * merged.noise[self.owner]
        own = np.diagonal(inverse) - 1.0 / merged.noise
        pull = np.add.reduceat(self.count * extra * u * u, self.first)
        F: Floats = 0.5 * np.outer(pull, pull) * inverse**2
        single = self.count * extra**2 * w * (w + 2.0 * u * u * own[self.owner])
        F[np.diag_indices_from(F)] = 0.5 * (np.add.reduceat(single, self.first) + (own * pull) ** 2)
        return F
