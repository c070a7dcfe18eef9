"""Limits: how probable it is that they hold, and the search for a first candidate that holds them.

A limit is no goal. It is weighed as failures are: an expected gain is multiplied by the probability that it holds
(Gardner et al. 2014, "Bayesian optimization with inequality constraints", eq. 6), and only candidates that hold it are
incumbents. While nothing measured holds all limits more likely than not there is no incumbent to improve on, and what
is sought is the candidate that most probably holds them (Gelbart, Snoek, Adams 2014, "Bayesian optimization with
unknown constraints", section 4.2). It is judged by model_std: the truth has to hold, not the next reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from matloop.decide.acquisition import Odds, Scene, Scorer
from matloop.decide.acquisition.believe import Believed, apart, shares
from matloop.decide.acquisition.feasible import Weigh, odds, odds_words, weighed
from matloop.decide.acquisition.improvement import log_pi
from matloop.decide.acquisition.utility import log_between
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Conditioned, Fitted


def log_holds(said: Prediction, objectives: Sequence[Objective]) -> Floats:
    """Logarithm (n,) of the probability that the truth holds all limits, the objectives being independent.

    Args:
        said: n predictions of m objectives.
        objectives: (m,), limits among them.
    """
    total = np.zeros(len(said.mean))
    for j, one in enumerate(objectives):
        if one.goal == "limit":
            total += log_within(said.mean[:, j], said.model_std[:, j], *ends(one))
    return total


def ends(limit: Objective) -> tuple[float, float]:
    """Between what a limit holds, infinite where it says nothing."""
    return -np.inf if limit.low is None else limit.low, np.inf if limit.high is None else limit.high


def log_within(mean: Floats, std: Floats, low: float, high: float) -> Floats:
    """Logarithm of P(low <= f <= high) for f ~ N(mean, std^2), which broadcast; either end may be infinite."""
    if np.isinf(low):
        found = log_pi(-mean, std, -high)
    else:
        found = log_pi(mean, std, low) if np.isinf(high) else log_between(mean, std, low, high)
    return np.where((std == 0) & (mean >= low) & (mean <= high), 0.0, found)  # what lies on a limit holds it


@dataclass(frozen=True, slots=True)
class Limits:
    """Where candidates hold the limits, by a model of all m objectives. Pending candidates do not change it.

    spreads: (m,) standard deviations of the readings. measured: (b, d) all that has readings, whether it holds or not.
    """

    fitted: Fitted
    objectives: tuple[Objective, ...]
    spreads: tuple[float, ...]
    measured: Floats

    @classmethod
    def of(
        cls, fitted: Fitted, objectives: tuple[Objective, ...], spreads: tuple[float, ...], measured: Floats
    ) -> Limits | None:
        """None where no objective is a limit."""
        some = any(one.goal == "limit" for one in objectives)
        return cls(fitted, objectives, spreads, measured) if some else None

    def probability(self, X: Floats) -> Floats:
        """(q,) that candidates at X (q, d) hold all limits."""
        return np.exp(self.log_probability(X))

    def log_probability(self, X: Floats) -> Floats:
        """Its logarithm (q,), without underflow."""
        return log_holds(self.fitted.predict(X), self.objectives)

    def say(self, X: Floats) -> str:
        """`mass at most 3.2 kg with probability 0.83`, for the candidate at X (1, d); one part a limit."""
        said = self.fitted.predict(X)
        parts = []
        for j, one in enumerate(self.objectives):
            if one.goal == "limit":
                alone = Prediction(said.mean[:, j : j + 1], said.model_std[:, j : j + 1], said.noise_std[:, j : j + 1])
                parts.append(f"{one.words()} with probability {np.exp(log_holds(alone, [one])[0]):.2f}")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Useful:
    """Where candidates form and hold the limits, the one independent of the other."""

    forming: Odds
    limits: Limits

    def probability(self, X: Floats) -> Floats:
        """(q,) that something comes of candidates at X (q, d)."""
        return self.forming.probability(X) * self.limits.probability(X)

    def say(self, X: Floats) -> str:
        """Both, for the candidate at X (1, d)."""
        return f"{self.limits.say(X)}; {odds_words(self.forming, X)}"


@dataclass(frozen=True, slots=True)
class Readable:
    """Where candidates are read: where they form. What breaks a limit is read all the same, so limits weigh nothing.

    forming: None while nothing failed.
    """

    forming: Odds | None
    limits: Limits

    def probability(self, X: Floats) -> Floats:
        """(q,) that candidates at X (q, d) form."""
        return np.ones(len(X)) if self.forming is None else self.forming.probability(X)

    def say(self, X: Floats) -> str:
        """Of the candidate at X (1, d): the limits, and that they do not count; and whether it forms."""
        forms = "" if self.forming is None else f"; {odds_words(self.forming, X)}"
        return f"{self.limits.say(X)}, which weighs nothing: what breaks a limit is read all the same{forms}"


def readable(useful: Odds | None) -> Odds | None:
    """Where candidates are read, from where something comes of them (`Scene.forming`)."""
    match useful:
        case Useful(forming, limits):
            return Readable(forming, limits)
        case Limits():
            return Readable(None, useful)
        case _:
            return useful


def weighed_as_read(scorer: Scorer, scene: Scene, weigh: Weigh) -> Scorer:
    """The scorer of what a reading teaches: as `weighed`, but by the probability to form alone."""
    return weighed(scorer, replace(scene, forming=readable(scene.forming)), weigh)


_HARDLY = 1e-3
"""Probability below which a candidate that is sought for the limits says that perhaps none holds them."""


@dataclass(frozen=True, slots=True)
class Seek:
    """The scorer while nothing measured holds the limits: the logarithm of the probability that a candidate does.

    The probability is that of the readings at hand. What is pending counts as redundancy, as in `within.Within`.

    limits: by a model of the readings at hand. heard: by one that believes in what is pending. believed: knows what is
        pending. forming: None while nothing failed.
    """

    limits: Limits
    heard: Limits
    believed: Believed
    forming: Odds | None
    falls: bool = field(default=True, init=False)

    @classmethod
    def of(cls, scene: Scene, limits: Limits, forming: Odds | None) -> Seek:
        """The search at the start of an ask."""
        start = cls(limits, limits, Believed.of(scene), forming)
        return replace(start, heard=start._hearing(scene.pending)) if len(scene.pending) else start

    def score(self, X: Floats) -> Floats:
        """Log probabilities (q,) that candidates at X (q, d) form and hold the limits, less what is redundant."""
        scores = self.limits.log_probability(X) + self._log_left(X)
        if self.forming is not None:
            scores = scores + np.log(odds(self.forming, X))
        return apart(scores, self.believed.near_pending(X))

    def join(self, X: Floats) -> Seek:
        """Believe that X (1, d) will read its posterior mean."""
        return replace(self, heard=self._hearing(X), believed=self.believed.join(X))

    def say(self, X: Floats) -> str:
        """How probable it is that the candidate at X (1, d) holds the limits, and that none measured does."""
        forming = "" if self.forming is None else f"; {odds_words(self.forming, X)}"
        why = "sought for the limits, which nothing measured holds more likely than not"
        chance = float(self.limits.probability(X)[0])
        hopeless = "; that is next to nothing: look whether the limits can be held at all" if chance < _HARDLY else ""
        return f"{why}: {self.limits.say(X)}{hopeless}{forming}"

    def _log_left(self, X: Floats) -> Floats:
        """Logarithm (q,) of the share of the limits' model_std that readings of the pending leave, their mean."""
        if self.heard is self.limits:
            return np.zeros(len(X))
        which = [j for j, one in enumerate(self.limits.objectives) if one.goal == "limit"]
        std, left = (one.fitted.predict(X).model_std[:, which] for one in (self.limits, self.heard))
        return np.asarray(np.mean(np.log(shares(left, std)), axis=1))

    def _hearing(self, X: Floats) -> Limits:
        fitted = self.heard.fitted
        if not isinstance(fitted, Conditioned):
            return self.heard
        return replace(self.heard, fitted=fitted.condition(X, fitted.predict(X).mean))
