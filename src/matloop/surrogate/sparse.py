"""What one objective's Gaussian process says where there are too many inputs for a full covariance.

The truth at m inducing inputs U carries what the readings say (Titsias 2009, "Variational learning of inducing
variables in sparse Gaussian processes", eq. 6 and 10). With v = L^-1 k(U, x), L L^T = k(U, U), V the same at the g
inputs, D the variances of their readings, A = I + V D^-1 V^T = R R^T and w = R^-1 v:

    mean(x) = w(x).R^-1 V D^-1 y        cov(x, x') = k(x, x') - v(x).v(x') + w(x).w(x')

Fitting costs g m^2 instead of g^3, a prediction m^2 instead of g^2. Where inducing inputs are missing the prior's
variance stays, so errors are stated too large rather than too small. How far it is from the full process is measured at
every fit, see `Sparse.error`. The inducing inputs are those of the readings' that lie farthest from each other in units
of the length scales (Gonzalez 1985). Figures are standardised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist

from matloop.domain.prediction import Floats
from matloop.surrogate.evidence import Hyper
from matloop.surrogate.factor import Factor
from matloop.surrogate.kernels import Kernel
from matloop.surrogate.noise import Field
from matloop.surrogate.posterior import VARIANCE_FLOOR
from matloop.surrogate.replicates import Atoms, Merged

_STEADY = 1e-8
"""Added to the diagonal of k(U, U), in parts of it. Smaller, inducing inputs that lie close to each other break its
factor; larger, readings that repeat exactly are no longer followed."""

_CHUNK = 2048
"""Inputs worked on at once: three arrays of as many rows as there are inducing inputs, 50 MB for 1,000 of them."""

TOLD = 2000
"""Inputs at most from which the full process is computed as well, to state the error: 0.3 s."""

PROBED = 64
"""Further inputs at which the two are compared."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The inducing inputs under a prior.

    U: (m, d) divided by the length scales. prior: factor of k(U, U).
    """

    kernel: Kernel
    scale: float
    constant: float
    U: Floats
    prior: Factor

    @classmethod
    def of(cls, kernel: Kernel, hyper: Hyper, constant: float, U: Floats, place: str) -> Basis:
        """Factor their covariance.

        Raises:
            ModelError: when it cannot be factored.
        """
        K = hyper.scale * kernel.value(cdist(U, U, "sqeuclidean")) + constant
        K[np.diag_indices_from(K)] += _STEADY * (hyper.scale + constant)
        return cls(kernel, hyper.scale, constant, U, Factor.of(K, place))

    def cross(self, Z: Floats, P: Floats) -> Floats:
        """(q, p) prior covariance of f + c at Z (q, d) and P (p, d), both divided by the length scales."""
        cross = self.kernel.value(cdist(Z, P, "sqeuclidean"))
        cross *= self.scale
        cross += self.constant
        return cross

    def half(self, Z: Floats) -> Floats:
        """The v (m, q) of the module's equations at Z (q, d)."""
        return self.prior.half(self.cross(Z, self.U).T)

    def learn(self, Z: Floats, merged: Merged, place: str) -> tuple[Factor, Floats]:
        """R, and R^-1 V D^-1 y (m,), of readings merged at Z (g, d)."""
        A, b = np.eye(len(self.U)), np.zeros(len(self.U))
        for rows in _chunks(len(Z)):
            V = self.half(Z[rows])
            weighed = V / merged.noise[rows]
            A += weighed @ V.T
            b += weighed @ merged.mean[rows]
        rest = Factor.of(A, place)
        return rest, rest.half(b[:, None])[:, 0]


@dataclass(frozen=True, slots=True)
class Heard:
    """Readings after the fit, learned exactly on top of it.

    P: (p, d) their inputs, divided by the length scales. off: (p,) less the mean of the fit. noise: (p,) variances.
    factor: of their covariance. v, w: (m, p) as in the module's equations.
    """

    P: Floats
    off: Floats
    noise: Floats
    factor: Factor
    v: Floats
    w: Floats


@dataclass(frozen=True, slots=True)
class Sparse:
    """The posterior of one objective, as `posterior.Posterior` says it.

    Z: (g, d) inputs divided by their length scales. column_lengths: (d,) those.
    atoms: the readings, with the shape of their noise. basis: the inducing inputs.
    rest: R. weights: (m,) R^-1 V D^-1 y. alpha: (m,) so that the mean is k(x, U) alpha.
    error: what `describe` says of the approximation: `inducing` inputs; and, of a process that heard `told` inputs
        alone, compared with the full one at `probed` others, `mean_error`, the root mean square difference of the means
        in units of the full one's std, and `std_ratio`, the median ratio of the stds.
    heard: readings learned after the fit, None without any.
    """

    hyper: Hyper
    Z: Floats
    column_lengths: Floats
    atoms: Atoms
    basis: Basis
    rest: Factor
    weights: Floats
    alpha: Floats
    error: Mapping[str, Any]
    heard: Heard | None = field(default=None)

    @classmethod
    def of(
        cls,
        basis: tuple[Kernel, int],
        hyper: Hyper,
        inputs: tuple[Floats, Floats],
        atoms: Atoms,
        prior: tuple[float, str],
    ) -> Sparse:
        """Condition on readings.

        Args:
            basis: shape of the covariance, and how many inducing inputs at most.
            hyper: hyper-parameters.
            inputs: the distinct inputs (g, d), and the length scale of each column (d,).
            atoms: their readings.
            prior: prior standard deviation of the constant mean, and the place for errors.

        Raises:
            ModelError: when a covariance cannot be factored.
        """
        (X, column_lengths), (kernel, most), (mean_std, place) = inputs, basis, prior
        Z = X / column_lengths
        chosen = Basis.of(kernel, hyper, mean_std**2, Z[spread_out(Z, most)], place)
        if hyper.varies is not None:
            mean = _mean_then(chosen, hyper.varies, Z, column_lengths)
            atoms = atoms.shaped(hyper.varies.log_shape(X, mean))
        merged = atoms.merge(atoms.variance(hyper.noise, hyper.excess))
        rest, weights = chosen.learn(Z, merged, place)
        alpha = _back(chosen.prior, _back(rest, weights))
        error = {"inducing": len(chosen.U), **_error(chosen, Z, merged, place)}
        return cls(hyper, Z, column_lengths, atoms, chosen, rest, weights, alpha, error)

    @property
    def factor(self) -> Factor:
        """That of the inducing inputs' covariance."""
        return self.basis.prior

    @property
    def _prior(self) -> float:
        return self.basis.scale + self.basis.constant

    def hear(self, X: Floats, y: Floats, var: Floats, own: Floats) -> Sparse:
        """The posterior after further readings y (p,) at X (p, d), hyper-parameters kept.

        Args:
            X: (p, d) inputs.
            y: (p,) standardised readings.
            var: (p,) known standardised variances, 0 where none was given.
            own: (p,) what errors of inputs add to them.
        """
        hyper, Z = self.hyper, X / self.column_lengths
        noise = var + own + np.where(var > 0, hyper.excess, hyper.noise) * np.exp(self._log_shape(X, Z))
        before = replace(self, heard=None)
        off = y - before.means(X)
        if self.heard is not None:
            Z, off = np.vstack((self.heard.P, Z)), np.append(self.heard.off, off)
            noise = np.append(self.heard.noise, noise)
        v = self.basis.half(Z)
        w = self.rest.half(v.copy(order="F"))
        S = self.basis.cross(Z, Z) - v.T @ v + w.T @ w
        S[np.diag_indices_from(S)] += noise
        return replace(self, heard=Heard(Z, off, noise, Factor.of(S, "a sparse Gaussian process"), v, w))

    def _log_shape(self, X: Floats, Z: Floats) -> Floats:
        """Log shape (q,) of the noise."""
        varies = self.hyper.varies
        if varies is None:
            return np.zeros(len(X))
        return varies.log_shape(X, _mean_then(self.basis, varies, Z, self.column_lengths))

    def _fit(self, Z: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean (q,), v and w (m, q) at Z (q, d), without what was heard later."""
        cross = self.basis.cross(Z, self.basis.U)
        mean = cross @ self.alpha
        v = self.basis.prior.half(cross.T)
        return mean, v, self.rest.half(v.copy(order="F"))

    def _parts(self, Z: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The same with what was heard later, and its own half (p, q)."""
        mean, v, w = self._fit(Z)
        if self.heard is None:
            return mean, v, w, np.zeros((0, len(Z)))
        heard = self.heard
        C = self.basis.cross(heard.P, Z) - heard.v.T @ v + heard.w.T @ w
        return mean + C.T @ heard.factor.solve(heard.off), v, w, heard.factor.half(C)

    def moments(self, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean (q,) and variance (q,) of the truth, log shape (q,) of the noise at X (q, d), in blocks."""
        mean, variance, log_shape = np.zeros((3, len(X)))
        for rows in _chunks(len(X)):
            Z = X[rows] / self.column_lengths
            mean[rows], v, w, h = self._parts(Z)
            variance[rows] = self._prior - _squares(v) + _squares(w) - _squares(h)
            log_shape[rows] = self._log_shape(X[rows], Z)
        return mean, np.maximum(variance, VARIANCE_FLOOR), log_shape

    def means(self, X: Floats) -> Floats:
        """Mean (q,) of the truth at X (q, d), in blocks."""
        centres, weights = self._linear()
        parts = [self.basis.cross(X[rows] / self.column_lengths, centres) @ weights for rows in _chunks(len(X))]
        return np.concatenate(parts) if parts else np.empty(0)

    def _linear(self) -> tuple[Floats, Floats]:
        """Centres (k, d) and weights (k,) of the mean k(x, centres) weights."""
        if self.heard is None:
            return self.basis.U, self.alpha
        solved = self.heard.factor.solve(self.heard.off)
        return np.vstack((self.basis.U, self.heard.P)), np.append(
            self.alpha - self._towards(self.heard) @ solved, solved
        )

    def _towards(self, heard: Heard) -> Floats:
        """G (m, p) with cov(x, P) = k(x, P) - k(x, U) G for the readings heard later."""
        return _back(self.basis.prior, heard.v - _back(self.rest, heard.w))

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q,) and covariance (q, q) of the truth at X (q, d), symmetric to the bit."""
        Z = X / self.column_lengths
        mean, v, w, h = self._parts(Z)
        covariance = self.basis.cross(Z, Z) - v.T @ v + w.T @ w - h.T @ h
        return mean, 0.5 * (covariance + covariance.T)

    def across(self, X: Floats, P: Floats) -> Floats:
        """Covariance (q, p) of the truth at X (q, d) with that at P (p, d)."""
        at, there = X / self.column_lengths, P / self.column_lengths
        (_, v, w, h), (_, v_there, w_there, h_there) = self._parts(at), self._parts(there)
        return np.asarray(self.basis.cross(at, there) - v.T @ v_there + w.T @ w_there - h.T @ h_there)

    def held_out(self, rows: NDArray[np.intp], merged: Merged) -> tuple[Floats, Floats]:
        """Mean (q,) and variance (q,) of the truth at some of the inputs, each without its own readings.

        Without input i, A loses v v^T / D_i (Sherman and Morrison 1950). Readings heard after the fit are not counted.
        """
        mean, v, w = self._fit(self.Z[rows])
        own = _squares(w)
        left = 1.0 - own / merged.noise[rows]
        without = (mean - own / merged.noise[rows] * merged.mean[rows]) / left
        variance = self._prior - _squares(v) + own / left
        return without, np.maximum(variance, VARIANCE_FLOOR)

    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """Slopes (q, d) of mean and variance at X (q, d); see `Posterior.slopes`."""
        mean, variance = np.empty(X.shape), np.empty(X.shape)
        centres, weights = self._linear()
        for rows in _chunks(len(X)):
            Z = X[rows] / self.column_lengths
            slope = 2.0 * self.basis.scale * self.basis.kernel.both(cdist(Z, centres, "sqeuclidean"))[1]
            _, v, w, h = self._parts(Z)
            pulls = _back(self.basis.prior, v - _back(self.rest, w))  # M k of variance = prior - k M k
            if self.heard is not None:
                solved = _back(self.heard.factor, h)
                pulls = np.vstack((pulls - self._towards(self.heard) @ solved, solved))
            mean[rows] = self._pull(slope * weights, Z, centres)
            variance[rows] = -2.0 * self._pull(slope * pulls.T, Z, centres)
        return mean, variance

    def mean_slopes(self, X: Floats) -> Floats:
        """Slopes (q, d) of the mean at X (q, d)."""
        mean, (centres, weights) = np.empty(X.shape), self._linear()
        for rows in _chunks(len(X)):
            Z = X[rows] / self.column_lengths
            slope = self.basis.kernel.both(cdist(Z, centres, "sqeuclidean"))[1]
            mean[rows] = self._pull(2.0 * self.basis.scale * slope * weights, Z, centres)
        return mean

    def _pull(self, weights: Floats, Z: Floats, centres: Floats) -> Floats:
        """(q, d) sum over centres of weights (q, k) times (z - centre) / l."""
        pulled: Floats = (weights.sum(axis=1)[:, None] * Z - weights @ centres) / self.column_lengths
        return pulled


def spread_out(Z: Floats, most: int) -> NDArray[np.intp]:
    """Numbers (k,), ascending, of inputs of Z (g, d), each the farthest from those before it, from the middle on."""
    if len(Z) <= most:
        return np.arange(len(Z))
    near = np.sum((Z - Z.mean(axis=0)) ** 2, axis=1)
    chosen = np.empty(most, dtype=np.intp)
    chosen[0] = np.argmin(near)
    near = np.full(len(Z), np.inf)
    for k in range(1, most):
        near = np.minimum(near, cdist(Z, Z[chosen[k - 1]][None, :], "sqeuclidean")[:, 0])
        chosen[k] = np.argmax(near)
    return np.unique(chosen)


def heard(
    parts: tuple[Any, ...], X: Floats, readings: tuple[Floats, Floats], blurs: Sequence[Floats]
) -> tuple[Any, ...]:
    """The objectives of a fitted process, sparse ones, after further readings.

    Args:
        parts: one an objective.
        X: (q, d) inputs.
        readings: y (q, m), and their known variances (q, m).
        blurs: of each objective, (q,) what errors of inputs add.
    """
    told, (y, var) = [], readings
    for j, (part, blur) in enumerate(zip(parts, blurs, strict=True)):
        known = var[:, j] / part.scaling.spread**2
        told.append(replace(part, posterior=part.posterior.hear(X, part.scaling.apply(y[:, j]), known, blur)))
    return tuple(told)


def _error(basis: Basis, Z: Floats, merged: Merged, place: str) -> dict[str, Any]:
    """What `Sparse.error` says beside the number of inducing inputs."""
    told = np.unique(np.linspace(0, len(Z) - 1, min(TOLD, len(Z) // 2)).astype(np.intp))
    others = np.setdiff1d(np.arange(len(Z)), told)
    probes = Z[others[np.unique(np.linspace(0, len(others) - 1, PROBED).astype(np.intp))]]
    part = Merged(merged.mean[told], merged.noise[told], 0.0)
    K = basis.cross(Z[told], Z[told])
    K[np.diag_indices_from(K)] += part.noise
    full = Factor.of(K, place)
    cross = basis.cross(probes, Z[told])
    mean = cross @ full.solve(part.mean)
    std = np.sqrt(np.maximum(basis.scale + basis.constant - _squares(full.half(cross.T)), VARIANCE_FLOOR))
    rest, weights = basis.learn(Z[told], part, place)
    v = basis.half(probes)
    w = rest.half(v.copy(order="F"))
    theirs = np.sqrt(np.maximum(basis.scale + basis.constant - _squares(v) + _squares(w), VARIANCE_FLOOR))
    return {
        "told": len(told),
        "probed": len(probes),
        "mean_error": float(np.sqrt(np.mean(((w.T @ weights - mean) / std) ** 2))),
        "std_ratio": float(np.median(theirs / std)),
    }


def _mean_then(basis: Basis, varies: Field, Z: Floats, column_lengths: Floats) -> Floats | None:
    """The mean (q,) at Z (q, d) that the noise follows, None where it follows none."""
    if not varies.follows_mean:
        return None
    return np.asarray(basis.cross(Z, varies.X / column_lengths) @ varies.alpha)


def _chunks(q: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, q, _CHUNK))


def _squares(v: Floats) -> Floats:
    """(q,) sums of squares over the rows of v (m, q)."""
    sums: Floats = np.einsum("ij,ij->j", v, v)
    return sums


def _back(factor: Factor, b: Floats) -> Floats:
    """L^-T b, for b (m,) or (m, k)."""
    solved: Floats = solve_triangular(factor.lower, b, lower=True, trans="T", check_finite=False)
    return solved
