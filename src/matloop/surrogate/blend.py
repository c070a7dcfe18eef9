"""blend: what several surrogates say, averaged. A smooth process and trees err differently, so their mean errs less.

What is said is the mixture's mean and variance, by the law of total variance: Var f = E[Var_k f] + Var[E_k f]. So
disagreement between the surrogates is model uncertainty (as Lakshminarayanan et al. 2017, "Simple and scalable
predictive uncertainty estimation using deep ensembles", section 2.4, have it for networks).

Weights are those of stacking (Yao et al. 2018, "Using stacking to average Bayesian predictive distributions", Bayesian
Analysis 13, 917): inputs are dealt into folds, each surrogate predicts the folds that a fresh fit has not seen, and the
weights make these readings most probable under the mixture. A weight of less than a tenth of the
largest becomes 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, cast

import numpy as np

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, Faults
from matloop.surrogate import (
    ABILITIES,
    Ability,
    Blurred,
    Fitted,
    Joint,
    Means,
    Observations,
    Quick,
    Surrogate,
    able,
    unfit,
)
from matloop.surrogate.folds import Folded
from matloop.surrogate.gp import GP
from matloop.surrogate.listed import Trial, corrected_scores, labelled, look, spreads_of
from matloop.surrogate.threads import one_thread
from matloop.surrogate.trees import ExtraTrees
from matloop.surrogate.updated import Updated

_PLACE = "surrogate 'blend'"
_NEGLIGIBLE = 0.1
"""Share of the largest weight below which a surrogate is left out. A poor one of weight w adds w (1 - w) times its
squared disagreement to the variance: at 0.05 a std of a fifth of how far it is off, which drowns what a process that
has understood a smooth function knows of its own error."""
_ROUNDS, _SETTLED = 500, 1e-6
_BLOCK = 1000  # inputs whose covariance is worked out at once: 8 MB a surrogate


Weights = Literal["stacked", "equal"] | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Blend:
    """Averages several surrogates: settings.

    surrogates: which, at least two.
    weights: `stacked`, learned from the readings; `equal`; or one positive number each, divided by their sum.

    Raises:
        ConfigError: when a setting makes no sense.
    """

    name: ClassVar[str] = "blend"

    surrogates: tuple[Surrogate, ...] = field(default_factory=lambda: (GP(), ExtraTrees(trees=100)))
    weights: Weights = "stacked"

    def __post_init__(self) -> None:
        faults = Faults()
        listed = look(faults, _PLACE, self.surrogates, Blend)
        weights = tuple(self.weights) if isinstance(self.weights, list) else self.weights
        if not (weights in ("stacked", "equal") or _positive(weights, len(listed))):
            cure = f"Give 'stacked', 'equal', or {len(listed)} positive numbers, one a surrogate."
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
        return _fit(labelled(self.surrogates), data, rng, warm, self.weights)

    def able(self) -> frozenset[Ability]:
        """All where each of the surrogates has a joint posterior, else nothing."""
        return ABILITIES if all("joint" in able(one) for one in self.surrogates) else frozenset()

    def unfit(self, d: int) -> tuple[str, str] | None:
        """Why one of the surrogates cannot be fitted to inputs of d columns, and the cure; None where all can."""
        return unfit(self.surrogates, d)

    def quick(self) -> Surrogate:
        """The same with the weights of the fit that it starts from, and searches that are content with a warm start."""
        return _Again(self)


def _fit(
    members: Mapping[str, Surrogate],
    data: Observations,
    rng: np.random.Generator,
    warm: Mapping[str, Any] | None,
    weights: Weights,
) -> FittedBlend:
    """Fit the members, by label, and weigh them."""
    before = warm if warm and warm.get("surrogate") == Blend.name else None
    models = before["models"] if before else {}
    fits = {label: one.fit(data, deepcopy(rng), models.get(label)) for label, one in members.items()}
    shares, how = _shares(weights, members, fits, data, int(rng.integers(2**62)))
    said = {
        "surrogate": Blend.name,
        "weights": dict(zip(fits, shares.tolist(), strict=True)),
        "how": how,
        "warm": "taken" if before else ("set aside (of another surrogate)" if warm else "none"),
        "models": {label: dict(fitted.describe()) for label, fitted in fits.items()},
    }
    heard = tuple(one for one, share in zip(fits.values(), shares, strict=True) if share)
    kind = JointBlend if all(isinstance(fitted, Joint) for fitted in heard) else FittedBlend
    return kind(heard, tuple(share for share in shares.tolist() if share), said)


def _shares(
    weights: Weights, members: Mapping[str, Surrogate], fits: Mapping[str, Fitted], data: Observations, seed: int
) -> tuple[Floats, str]:
    """The weight of each, adding up to 1, and in words where they come from."""
    if isinstance(weights, tuple):
        given = np.array(weights, dtype=np.float64)
        return given / given.sum(), "as given"
    equal = np.full(len(fits), 1.0 / len(fits))
    if weights == "equal":
        return equal, "equal"
    trial = Trial.of(data, seed)
    if isinstance(trial, str):
        return equal, f"equal: {trial}"
    spreads, scores = spreads_of(data, _PLACE), []
    for label, fitted in fits.items():
        rng = np.random.default_rng(seed + 1)
        folded = Folded.of(members[label], fitted.describe(), trial.data, trial.fold, rng)
        scores.append(corrected_scores(folded, spreads))
    return stacked(np.stack(scores, axis=1)), f"stacked, {trial.how}"


def stacked(scores: Floats) -> Floats:
    """Weights (K,) under which readings left out are most probable, by expectation and maximisation.

    Args:
        scores: (g, K) log density of what was read at each input, by each surrogate that has not seen it.
    """
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = np.full(scores.shape[1], 1.0 / scores.shape[1])
    for _ in range(_ROUNDS):
        share = weights * likely
        weights, before = (share / share.sum(axis=1, keepdims=True)).mean(axis=0), weights
        if np.abs(weights - before).max() < _SETTLED:
            break
    kept = np.where(weights < _NEGLIGIBLE * weights.max(), 0.0, weights)
    return np.asarray(kept / kept.sum())


def _positive(weights: object, count: int) -> bool:
    """Are these `count` positive numbers?"""
    return (
        isinstance(weights, tuple)
        and len(weights) == count
        and all(isinstance(w, int | float) and not isinstance(w, bool) and 0 < w < np.inf for w in weights)
    )


@dataclass(frozen=True, slots=True)
class _Again:
    """Fits what was blended before with the weights found then, as quickly as it can."""

    blend: Blend
    name: ClassVar[str] = Blend.name

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> FittedBlend:
        """As `Blend.fit`; equal weights where no earlier fit is described."""
        weights: Weights = self.blend.weights
        if weights == "stacked":
            sound = bool(warm) and cast(Mapping[str, Any], warm).get("surrogate") == self.name
            weights = tuple(cast(Mapping[str, Any], warm)["weights"].values()) if sound else "equal"
        named = labelled(self.blend.surrogates)
        quick = {label: one.quick() if isinstance(one, Quick) else one for label, one in named.items()}
        if isinstance(weights, tuple):
            quick = {label: one for (label, one), share in zip(quick.items(), weights, strict=True) if share}
            weights = tuple(share for share in weights if share)
        return _fit(quick, data, rng, warm, weights)


@dataclass(frozen=True)
class FittedBlend:
    """Surrogates that have seen readings, and the weight of each. Implements Fitted, Means and Reasoned."""

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

    def why(self) -> str:
        """`blend of gp 0.62, extra-trees 0.38 (stacked, 5-fold over 40 inputs)`."""
        shares = ", ".join(f"{label} {share:.2f}" for label, share in self.said["weights"].items())
        return f"blend of {shares} ({self.said['how']})"

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
