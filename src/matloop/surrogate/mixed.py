"""What a mixture of Gaussian processes says.

Mean and variance of the mixture, by the law of total variance: Var f = E[Var_k f] + Var[E_k f], so disagreement between
members is model uncertainty. Between inputs the covariance is E[C_k] + Cov of the means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import LeftOut, Upper
from matloop.surrogate.threads import one_thread
from matloop.surrogate.updated import Updated

if TYPE_CHECKING:
    from matloop.surrogate.gp import FittedGP  # which makes mixtures where readings are bounds

_MOST = 0.5  # of the weight: what so many members set apart the mixture sets apart


@dataclass(frozen=True, slots=True)
class FittedMixture:
    """Processes that have seen readings. Implements every capability.

    weights: (k, m) of each member for each objective; they sum to 1.
    """

    members: tuple[FittedGP, ...]
    weights: Floats
    said: Mapping[str, Any]

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """As `FittedGP.predict`, the moments those of the mixture."""
        said = [one.predict(X) for one in self.members]
        if len(said) == 1:
            return said[0]
        mean, model_std = self._moments([one.mean for one in said], [one.model_std for one in said])
        noise = np.sqrt(self._average([one.noise_std**2 for one in said]))
        return Prediction(mean, model_std, noise)

    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        return self._average([one.means(X) for one in self.members])

    def screen(self, sign: float) -> Upper | None:
        """As `Screened.screen`; None for several members."""
        return self.members[0].screen(sign) if len(self.members) == 1 else None

    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`."""
        return np.sqrt(self._average([one.input_std(X) ** 2 for one in self.members]))

    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """As `HeldOut.held_out`; the weights stay those of all readings."""
        left = [one.held_out(rows) for one in self.members]
        mean, model_std = self._moments([one.mean for one in left], [one.model_std for one in left])
        error = np.sqrt(self._average([one.error**2 for one in left]))
        return LeftOut(self._average([one.measured for one in left]), error, mean, model_std)

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`."""
        said = [one.joint(X) for one in self.members]
        mean = self._average([one for one, _ in said])
        covariance = np.zeros_like(said[0][1])
        for (own, within), weight in zip(said, self.weights, strict=True):
            off = (own - mean).T
            covariance += weight[:, None, None] * (within + off[:, :, None] * off[:, None, :])
        return mean, covariance

    @one_thread()
    def across(self, X: Floats, P: Floats) -> Floats:
        """Covariance (m, q, p) of the truth at X (q, d) with that at P (p, d)."""
        at, there = [one.means(X) for one in self.members], [one.means(P) for one in self.members]
        at_mean, there_mean = self._average(at), self._average(there)
        covariance = np.zeros((self.weights.shape[1], len(X), len(P)))
        for k, one in enumerate(self.members):
            off, off_there = at[k] - at_mean, there[k] - there_mean
            for j, part in enumerate(one.parts):
                within = part.scaling.spread**2 * part.posterior.across(X, P)
                covariance[j] += self.weights[k, j] * (within + np.outer(off[:, j], off_there[:, j]))
        return covariance

    def doubted(self) -> Floats:
        """As `Doubting.doubted`: readings that members of more than half of the weight set apart."""
        own = [one.doubted() for one in self.members]
        mostly = self._average([(std > 0).astype(np.float64) for std in own]) > _MOST
        return np.where(mostly, np.sqrt(self._average([std**2 for std in own])), 0.0)

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Updated:
        """As `Conditioned.condition`, weights kept: see `updated`."""
        return Updated.of(self, X, y, var)

    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Differentiable.slopes`."""
        means, slopes = [one.means(X) for one in self.members], [one.slopes(X) for one in self.members]
        centre = self._average(means)
        by_mean = self._average([one for one, _ in slopes])
        pairs = zip(means, slopes, strict=True)
        by_variance = self._average([own + 2.0 * (mean - centre)[:, None, :] * slope for mean, (slope, own) in pairs])
        return by_mean, by_variance

    def describe(self) -> Mapping[str, Any]:
        """What each kernel's most probable hyper-parameters are, and what each weighs, in JSON types."""
        return self.said

    def _average(self, figures: Sequence[Floats]) -> Floats:
        """The mean over members of figures (..., m)."""
        total = np.zeros_like(figures[0])
        for one, weight in zip(figures, self.weights, strict=True):
            total += weight * one
        return total

    def _moments(self, means: Sequence[Floats], stds: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Mean and std (q, m) of the mixture."""
        mean = self._average(means)
        variance = self._average([std**2 + (one - mean) ** 2 for one, std in zip(means, stds, strict=True)])
        return mean, np.sqrt(variance)
