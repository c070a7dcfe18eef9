"""Scores of candidates that may not form: what they promise, weighed by the probability that they do.

Nothing comes of a candidate that does not form, so an expected gain is multiplied by that probability (Gardner et al.
2014, "Bayesian optimization with inequality constraints", eq. 6; Gelbart, Snoek, Adams 2014, eq. 2). A bound or a
mean is no gain and has no natural zero: there a failure counts like the worst that was measured, and only candidates
that are likelier to fail than to form lose height. A bound is optimism about what is not known; multiplied by every
doubt it would rank the safest neighbourhood first and never leave it. Before anything failed there is no such
probability, and every score stays what it is to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from matloop.decide.acquisition import EVEN, Bounded, Counted, Odds, Scene, Scorer, Sifting
from matloop.decide.acquisition.utility import utility_of
from matloop.decide.words import count
from matloop.domain.prediction import Floats
from matloop.surrogate.classify import Forming

Weigh = Callable[[Floats, Floats], Floats]
"""(scores (q,), weights (q,) > 0) -> scores (q,): rises with both, and a weight of 1 changes nothing."""

_LEAST = 1e-12  # probability below which there is no difference; keeps logarithms finite


def log_gain(scores: Floats, weights: Floats) -> Floats:
    """Logarithms of gains: the gains are multiplied by the weights."""
    return scores + np.log(weights)


def above(low: float) -> Weigh:
    """Values: their height above `low` is multiplied where failing is likelier than forming, down to 0 at no hope.

    What lies below stays there, or a small weight would lift it.
    """

    def weigh(scores: Floats, weights: Floats) -> Floats:
        height = scores - low
        return np.where(height > 0, low + np.minimum(1.0, weights / EVEN) * np.maximum(height, 0.0), scores)

    return weigh


def worst(scene: Scene) -> float:
    """The lowest worth of a posterior mean of what was measured."""
    means = scene.sign * scene.seen().mean[:, 0]
    return float(np.min(utility_of(scene.objective).of(means)))


def weighed(scorer: Scorer, scene: Scene, weigh: Weigh) -> Scorer:
    """The scorer, minding where candidates form; itself where nothing failed."""
    if scene.forming is None:
        return scorer
    kind = WeighedFew if isinstance(scorer, Counted) else Weighed
    return kind(scorer, scene.forming, weigh)


def odds(forming: Odds, X: Floats) -> Floats:
    """Probability (q,) that something comes of candidates at X (q, d), never quite 0."""
    return np.maximum(forming.probability(X), _LEAST)


def odds_words(forming: Odds, X: Floats) -> str:
    """`would form with probability 0.83, from 4 failures`, for the candidate at X (1, d)."""
    if not isinstance(forming, Forming):
        return str(forming.say(X)) if isinstance(forming, Told) else ""
    return f"would form with probability {forming.probability(X)[0]:.2f}, from {count(forming.failures, 'failure')}"


def upper(scorer: Any, X: Floats) -> Floats:
    """Upper bounds (q,) of a scorer's scores at X (q, d): its own where it offers some, else the scores."""
    return scorer.bound(X) if isinstance(scorer, Bounded) else scorer.score(X)


def sieved(scorer: Any) -> Callable[[Floats], Floats] | None:
    """A scorer's sieve, None where it has none."""
    return scorer.sieve() if isinstance(scorer, Sifting) else None


@runtime_checkable
class Told(Protocol):
    """Capability of odds: to say what they are."""

    def say(self, X: Floats) -> str:
        """The odds of the candidate at X (1, d), in words."""
        ...


@dataclass(frozen=True, slots=True)
class _Weighing:
    """What both kinds of weighed scorers share."""

    scorer: Any
    forming: Odds
    weigh: Weigh

    @property
    def falls(self) -> bool:
        """As the scorer: pending candidates do not change where others form."""
        return bool(self.scorer.falls)

    def score(self, X: Floats) -> Floats:
        """Weighed scores (q,) of X (q, d)."""
        return self.weigh(self.scorer.score(X), odds(self.forming, X))

    def say(self, X: Floats) -> str:
        """The scorer's figures, and how probable it is that the candidate forms."""
        return f"{self.scorer.say(X)}; {odds_words(self.forming, X)}"


@dataclass(frozen=True, slots=True)
class Weighed(_Weighing):
    """A weighed scorer. Its bounds are scores as if all candidates formed, which is far cheaper in a large pool."""

    def bound(self, X: Floats) -> Floats:
        """Upper bounds (q,) of the scores at X (q, d)."""
        return upper(self.scorer, X)

    def sieve(self) -> Callable[[Floats], Floats] | None:
        """As `Sifting.sieve`: no weight exceeds 1."""
        return sieved(self.scorer)

    def join(self, X: Floats) -> Weighed:
        """Once the candidate at X (1, d) is pending too; it is expected to form."""
        return replace(self, scorer=self.scorer.join(X))


@dataclass(frozen=True, slots=True)
class WeighedFew(_Weighing):
    """A weighed scorer of the kind that can look at few candidates: each look counts, so it has no bounds."""

    @property
    def limit(self) -> int:
        """How many candidates it can look at."""
        return int(self.scorer.limit)

    def glance(self, X: Floats) -> Floats:
        """The cheap score (q,), weighed as well."""
        return self.weigh(self.scorer.glance(X), odds(self.forming, X))

    def join(self, X: Floats) -> WeighedFew:
        """Once the candidate at X (1, d) is pending too; it is expected to form."""
        return replace(self, scorer=self.scorer.join(X))
