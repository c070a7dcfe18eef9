"""The log posterior of a Gaussian process's hyper-parameters, and its slope.

Model of one objective, standardised, over distinct inputs (Rasmussen and Williams 2006, RW):

    y_r = f(x) + c + e_r,  f ~ GP(0, scale g),  c ~ N(0, mean_std^2),  Var e_r = s_r^2 + tau^2

c is integrated: it adds the constant mean_std^2 to the covariance (RW 2.40). tau^2 is `noise` for readings that bring
no std, where it is their whole error, and `excess` for those that bring one, where it is what the std leaves
unexplained; either times a shape over the inputs (`noise.Field`), 1 where the noise is constant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy.linalg import blas, lapack

from matloop.domain.prediction import Floats
from matloop.surrogate.distances import Distances
from matloop.surrogate.factor import Factor
from matloop.surrogate.kernels import Kernel
from matloop.surrogate.noise import Field
from matloop.surrogate.priors import Lengths, Prior
from matloop.surrogate.replicates import Atoms

NUGGET = 1e-6
"""Smallest variance of a reading beyond the known one, in parts of the readings' variance. Less, and two nearly
equal inputs make the covariance singular; more, and a noiseless function is no longer interpolated to 0.1 % of its
spread."""

_LOG_2PI = math.log(2.0 * math.pi)
_LENGTH_BOUNDS = (2.5e-2, 1e3)  # BoTorch's floor: what is finer, few readings cannot show
_SCALE_BOUNDS = (1e-3, 1e3)
_VARIANCE_BOUNDS = (NUGGET, 1e2)  # readings are standardised, so even pure noise has a variance of about 1
_BOUNDS = {"scale": _SCALE_BOUNDS, "noise": _VARIANCE_BOUNDS, "excess": _VARIANCE_BOUNDS}


@dataclass(frozen=True, slots=True)
class Hyper:
    """Hyper-parameters of one objective, for standardised readings.

    lengths: one a group, or a single one; in units of the encoded inputs.
    scale: variance of f. noise, excess: variance of a reading without a std, and beyond a given one.
    varies: how these two vary over the inputs, None when they are constant.
    """

    lengths: tuple[float, ...]
    scale: float = 1.0
    noise: float = NUGGET
    excess: float = NUGGET
    varies: Field | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Which hyper-parameters are learned, under which priors, and how they lie in a vector of logarithms.

    lengths: prior of the length scales, which come first.
    priors: of the others, those that are learned, in order; what is missing keeps its default.
    """

    lengths: Lengths
    priors: Mapping[str, Prior] = field(default_factory=dict)

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Bounds of the vector."""
        pairs = [_LENGTH_BOUNDS] * self.lengths.count + [_BOUNDS[name] for name in self.priors]
        return [(math.log(low), math.log(high)) for low, high in pairs]

    def start(self) -> Floats:
        """Where the priors say to set out."""
        return np.append(self.lengths.start(), [prior.start() for prior in self.priors.values()])

    def draw(self, rng: np.random.Generator) -> Floats:
        """A vector drawn from the priors."""
        return np.append(self.lengths.draw(rng), [prior.draw(rng) for prior in self.priors.values()])

    def hyper(self, theta: Floats) -> Hyper:
        """The hyper-parameters of a vector."""
        values = [float(value) for value in np.exp(theta)]
        count = self.lengths.count
        named: dict[str, Any] = dict(zip(self.priors, values[count:], strict=True))
        return Hyper(tuple(values[:count]), **named)

    def resume(self, described: Mapping[str, Any]) -> Floats:
        """The vector of an earlier fit's `describe()`; what was not learned then starts afresh.

        Raises:
            KeyError, TypeError, ValueError: when it does not fit.
        """
        lengths = [float(value) for value in described["lengths"]]
        count = self.lengths.count
        if len(lengths) != count:
            raise ValueError(f"{len(lengths)} length scales, {count} wanted")
        theta = self.start()
        theta[:count] = [math.log(value) for value in lengths]
        for place, name in enumerate(self.priors, start=count):
            if described[name] is not None:
                theta[place] = math.log(float(described[name]))
        if not np.isfinite(theta).all():
            raise ValueError("a hyper-parameter that is not finite")
        return theta

    def log_density(self, theta: Floats) -> tuple[float, Floats]:
        """The log prior, and its slope."""
        count = self.lengths.count
        value, slopes = self.lengths.log_density(theta[:count])
        others = zip(self.priors.values(), theta[count:], strict=True)
        pairs = [prior.log_density(float(u)) for prior, u in others]
        return value + sum(v for v, _ in pairs), np.append(slopes, [slope for _, slope in pairs])


class Explained(Protocol):
    """How probable the readings of one objective are."""

    def at(self, hyper: Hyper) -> tuple[float, dict[str, Floats]]:
        """Log evidence and its slopes over the logarithms of the hyper-parameters."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one objective as a function of its hyper-parameters."""

    kernel: Kernel
    distances: Distances
    atoms: Atoms
    mean_std: float
    place: str

    def at(self, hyper: Hyper) -> tuple[float, dict[str, Floats]]:
        """Log evidence (RW 2.30) and its slopes over the logarithms of the hyper-parameters (RW 5.9).

        Raises:
            ModelError: when the covariance cannot be factored.
        """
        lengths = np.array(hyper.lengths)
        variance = self.atoms.variance(hyper.noise, hyper.excess)
        merged = self.atoms.merge(variance)
        g, slope = self.kernel.both(self.distances.scaled(lengths))
        factor = Factor.of(self._covariance(hyper.scale * g, hyper.scale, merged.noise), self.place)
        alpha = factor.solve(merged.mean)
        value = -0.5 * float(merged.mean @ alpha) - factor.half_log_det() - 0.5 * alpha.size * _LOG_2PI  # RW 2.30
        inverse, _ = lapack.dpotri(factor.lower, lower=1, overwrite_c=1)
        diagonal = np.diagonal(inverse).copy()
        inverse = blas.dsyr(-1.0, alpha, a=inverse, lower=1, overwrite_a=1)
        weights = -inverse.ravel(order="F")[self.distances.lower]  # alpha alpha^T - K^-1 of RW 5.9, pair by pair
        by_variance = self.atoms.shape * self.atoms.variance_slopes(variance, merged, alpha, diagonal)
        given = self.atoms.given
        slopes = {
            "lengths": -2.0 * hyper.scale / lengths**2 * self.distances.weighted(weights * slope),
            "scale": hyper.scale * (weights @ g + 0.5 * np.sum(alpha**2 - diagonal)),
            "noise": hyper.noise * by_variance[~given].sum(),
            "excess": hyper.excess * by_variance[given].sum(),
        }
        return value + merged.rest, slopes

    def over_shape(self, hyper: Hyper, log_shape: Floats) -> tuple[Floats, Floats]:
        """Slope (g,) and expected curvature (g, g) of the log evidence over the noise's log shape (g,).

        Raises:
            ModelError: when the covariance cannot be factored.
        """
        atoms = self.atoms.shaped(log_shape)
        extra = atoms.unexplained(hyper.noise, hyper.excess)
        variance = atoms.variance(hyper.noise, hyper.excess)
        merged = atoms.merge(variance)
        g = self.kernel.value(self.distances.scaled(np.array(hyper.lengths)))
        factor = Factor.of(self._covariance(hyper.scale * g, hyper.scale, merged.noise), self.place)
        alpha = factor.solve(merged.mean)
        lower = np.tril(lapack.dpotri(factor.lower, lower=1, overwrite_c=1)[0])
        inverse = lower + np.tril(lower, -1).T
        slopes = atoms.variance_slopes(variance, merged, alpha, np.diagonal(inverse))
        return np.add.reduceat(extra * slopes, atoms.first), atoms.curvature(extra, merged, inverse)

    def _covariance(self, k: Floats, scale: float, noise: Floats) -> Floats:
        """The (g, g) covariance of merged readings, lower triangle in Fortran order, from pairs k."""
        n, constant = self.distances.n, self.mean_std**2
        flat = np.zeros(n * n)
        flat[self.distances.lower] = k + constant
        flat[:: n + 1] = scale + constant + noise
        return flat.reshape((n, n), order="F")


@dataclass(frozen=True, slots=True)
class LogPosterior:
    """Evidence plus log prior, as a function of the layout's vector."""

    evidence: Explained
    layout: Layout

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Value and slope at a vector of logarithms."""
        value, slopes = self.evidence.at(self.layout.hyper(theta))
        parts = [slopes["lengths"], *(np.atleast_1d(slopes[name]) for name in self.layout.priors)]
        prior, prior_slope = self.layout.log_density(theta)
        return value + prior, np.concatenate(parts) + prior_slope
