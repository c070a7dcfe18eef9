"""blend: what several surrogates say, averaged. A smooth process and trees err differently, so their mean errs less.

What is said is the mixture's mean and variance, by the law of total variance: Var f = E[Var_k f] + Var[E_k f]. So
disagreement between the surrogates is model uncertainty (as Lakshminarayanan et al. 2017, "Simple and scalable
predictive uncertainty estimation using deep ensembles", section 2.4, have it for networks). Weights are equal unless
given: those that are learned from few readings bring an error of their own, which often costs more than they earn
(Clemen 1989, "Combining forecasts: a review and annotated bibliography").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

import numpy as np

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, Faults
from matloop.surrogate import Blurred, Fitted, Joint, Means, Observations, Quick, Surrogate
from matloop.surrogate.gp import GP
from matloop.surrogate.listed import labelled, look
from matloop.surrogate.threads import one_thread
from matloop.surrogate.trees import ExtraTrees
from matloop.surrogate.updated import Updated

_PLACE = "surrogate 'blend'"
_BLOCK = 1000  # inputs whose covariance is worked out at once: 8 MB a surrogate


@dataclass(frozen=True, slots=True)
class Blend:
    """Averages several surrogates: settings.

    surrogates: which, at least two.
    weights: of each, positive; they are divided by their sum. None for equal ones.

    Raises:
        ConfigError: when a setting makes no sense.
    """

    name: ClassVar[str] = "blend"

    surrogates: tuple[Surrogate, ...] = field(default_factory=lambda: (GP(), ExtraTrees(trees=100)))
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        listed = look(faults, _PLACE, self.surrogates, Blend)
        weights = tuple(self.weights) if isinstance(self.weights, list | tuple) else self.weights
        if weights is not None and not (
            isinstance(weights, tuple)
            and len(weights) == len(listed)
            and all(isinstance(w, int | float) and not isinstance(w, bool) and 0 < w < np.inf for w in weights)
        ):
            cure = f"Give {len(listed)} positive numbers, one a surrogate, or leave it out for equal weights."
            faults.add(f"{_PLACE}, weights", f"{self.weights!r}", cure)
        faults.raise_if_any(ConfigError)
        object.__setattr__(self, "surrogates", listed)
        object.__setattr__(self, "weights", weights)

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> FittedBlend:
        """Fit each surrogate as it would be alone.

        Args:
            data: at least two distinct values an objective.
            rng: of the fits.
            warm: `describe()` of an earlier fit, whose models warm-start the fits.

        Raises:
            ModelError: when one of them cannot be fitted.
        """
        named = labelled(self.surrogates)
        sound = bool(warm) and cast(Mapping[str, Any], warm).get("surrogate") == self.name
        before = cast(Mapping[str, Any], warm)["models"] if sound else {}
        fits = {label: one.fit(data, deepcopy(rng), before.get(label)) for label, one in named.items()}
        shares = np.ones(len(fits)) if self.weights is None else np.array(self.weights, dtype=np.float64)
        shares = shares / shares.sum()
        said = {
            "surrogate": self.name,
            "weights": dict(zip(fits, shares.tolist(), strict=True)),
            "warm": "taken" if sound else ("set aside (of another surrogate)" if warm else "none"),
            "models": {label: dict(fitted.describe()) for label, fitted in fits.items()},
        }
        kind = JointBlend if all(isinstance(fitted, Joint) for fitted in fits.values()) else FittedBlend
        return kind(tuple(fits.values()), tuple(shares.tolist()), said)

    def quick(self) -> Blend:
        """The same, each with a search that is content with a warm start."""
        return replace(
            self, surrogates=tuple(one.quick() if isinstance(one, Quick) else one for one in self.surrogates)
        )


@dataclass(frozen=True)
class FittedBlend:
    """Surrogates that have seen readings, and the weight of each. Implements Fitted and Means."""

    members: tuple[Fitted, ...]
    weights: tuple[float, ...]
    said: Mapping[str, Any]

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """Moments of the mixture at X (q, d), each (q, m); the variance of noise is the mean one."""
        said = [one.predict(X) for one in self.members]
        mean = self._average([one.mean for one in said])
        variance = self._average([one.model_std**2 + (one.mean - mean) ** 2 for one in said])
        noise = self._average([one.noise_std**2 for one in said])
        return Prediction(mean, np.sqrt(variance), np.sqrt(noise))

    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        return self._average(self._means(X))

    def describe(self) -> Mapping[str, Any]:
        """The weights, and what each surrogate says of itself, in JSON types."""
        return self.said

    def _means(self, X: Floats) -> list[Floats]:
        return [one.means(X) if isinstance(one, Means) else one.predict(X).mean for one in self.members]

    def _average(self, figures: Sequence[Floats]) -> Floats:
        return np.asarray(sum(weight * one for weight, one in zip(self.weights, figures, strict=True)))


@dataclass(frozen=True)
class JointBlend(FittedBlend):
    """A blend of surrogates that all know their covariance. Implements Joint, Conditioned, Blurred and Means."""

    @one_thread()
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q, m) and covariance (m, q, q) of the truth at X (q, d): E[C_k] and the covariance of the means."""
        said = [cast(Joint, one).joint(X) for one in self.members]
        mean = self._average([own for own, _ in said])
        off = [(own - mean).T for own, _ in said]
        pairs = zip(said, off, strict=True)
        return mean, self._average([within + one[:, :, None] * one[:, None, :] for (_, within), one in pairs])

    def across(self, X: Floats, P: Floats) -> Floats:
        """Covariance (m, q, p) of the truth at X (q, d) with that at P (p, d), in blocks of X."""
        starts = range(0, max(len(X), 1), _BLOCK)
        blocks = [self.joint(np.vstack((X[k : k + _BLOCK], P)))[1] for k in starts]
        return np.concatenate([one[:, : one.shape[1] - len(P), one.shape[2] - len(P) :] for one in blocks], axis=1)

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Updated:
        """As `Conditioned.condition`, weights kept: see `updated`."""
        return Updated.of(self, X, y, var)

    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`; a surrogate that takes inputs for exact counts as 0."""
        own = [
            one.input_std(X) ** 2 if isinstance(one, Blurred) else np.zeros_like(one.predict(X).mean)
            for one in self.members
        ]
        return np.sqrt(self._average(own))
