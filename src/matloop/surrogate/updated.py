"""A model after further readings, taken for a normal process of which mean and covariance are known.

Whatever a model averages over, what it says of any inputs has a mean m and a covariance C. Readings y = f(P) + e then
update it as Rasmussen and Williams 2006, 2.23 and 2.24, with C in place of the kernel. Where y is the mean, no mean
moves and every variance falls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.linalg import solve_triangular

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate.factor import Factor
from matloop.surrogate.threads import one_thread

LEAST = 1e-12
"""Variance that stays at least, in parts of what it was: rounding of the difference is of this size."""

NUGGET = 1e-10
"""Variance of an exact reading, in parts of the model's: two exact readings of one input would leave no factor."""


class Crossed(Protocol):
    """A model whose covariance between two sets of inputs can be had."""

    def predict(self, X: Floats) -> Prediction:
        """As `Fitted.predict`."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """As `Fitted.describe`."""
        ...

    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        ...

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`."""
        ...

    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`."""
        ...

    def across(self, X: Floats, P: Floats) -> Floats:
        """Covariance (m, q, p) of the truth at X (q, d) with that at P (p, d)."""
        ...


@dataclass(frozen=True, slots=True)
class Updated:
    """A model and what it has heard since. Implements Joint, Conditioned, Means and Blurred.

    X: (p, d) inputs. off: (p, m) readings less the model's mean. var: (p, m) their variances.
    factors: (m,) of the covariance of the readings.
    """

    model: Crossed
    X: Floats
    off: Floats
    var: Floats
    factors: tuple[Factor, ...]

    @classmethod
    @one_thread()
    def of(cls, model: Crossed, X: Floats, y: Floats, var: Floats | None) -> Updated:
        """Learn readings y (p, m) at X (p, d).

        Args:
            model: what was known before.
            X: (p, d) encoded inputs.
            y: (p, m) readings.
            var: (p, m) variance of each reading, 0 where none was given, or None: those have the model's noise.

        Raises:
            ModelError: when their covariance cannot be factored.
        """
        said = model.predict(X)
        own = said.noise_std**2
        noise = own if var is None else np.where(var > 0, var, own)
        covariance = model.joint(X)[1]
        diagonal = np.arange(len(X))
        for j, matrix in enumerate(covariance):
            matrix[diagonal, diagonal] += noise[:, j] + NUGGET * said.model_std[:, j] ** 2
        factors = tuple(Factor.of(matrix, "a model after further readings") for matrix in covariance)
        return cls(model, X, y - said.mean, noise, factors)

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Updated:
        """As `Conditioned.condition`: all that was heard is learned together."""
        first = self.off + self.model.predict(self.X).mean
        own = self.model.predict(X).noise_std ** 2
        noise = own if var is None else np.where(var > 0, var, own)
        everything = (np.vstack((self.X, X)), np.vstack((first, y)), np.vstack((self.var, noise)))
        return Updated.of(self.model, *everything)

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """As `Fitted.predict`; the noise is that of the model."""
        said = self.model.predict(X)
        shift, halves = self._pull(X)
        removed = np.stack([np.einsum("ij,ij->j", half, half) for half in halves], axis=1)
        before = said.model_std**2
        model_std = np.sqrt(np.maximum(before - removed, LEAST * before))
        return Prediction(said.mean + shift, model_std, said.noise_std)

    @one_thread()
    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        return self.model.means(X) + self._shift(self.model.across(X, self.X))

    @one_thread()
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`."""
        mean, covariance = self.model.joint(X)
        shift, halves = self._pull(X)
        left = covariance - np.stack([half.T @ half for half in halves])
        return mean + shift, 0.5 * (left + left.transpose(0, 2, 1))

    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`."""
        return self.model.input_std(X)

    def describe(self) -> Mapping[str, Any]:
        """As the model says."""
        return self.model.describe()

    def _shift(self, across: Floats) -> Floats:
        """How the means (q, m) move, from covariances (m, q, p)."""
        weights = [factor.solve(self.off[:, j]) for j, factor in enumerate(self.factors)]
        return np.stack([cross @ weight for cross, weight in zip(across, weights, strict=True)], axis=1)

    def _pull(self, X: Floats) -> tuple[Floats, list[Floats]]:
        """The same at X (q, d), and L^-1 times the covariances with what was heard, each (p, q)."""
        across = self.model.across(X, self.X)
        pairs = zip(self.factors, across, strict=True)
        return self._shift(across), [solve_triangular(factor.lower, one.T, lower=True) for factor, one in pairs]
