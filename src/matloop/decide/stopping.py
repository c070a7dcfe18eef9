"""May the search end? How probable it is that nothing is better than the best found by more than is allowed.

The truth at the best found and at the candidates that may exceed it is drawn from its joint posterior; the share of
draws in which one of them does is the probability that stopping now would be wrong. Of a large pool only those most
likely to exceed it are drawn together; for all others their probabilities are added up (Boole's inequality), so that
the answer errs towards going on. A candidate that may not form exceeds nothing in the draws in which it does not, and
one that cannot be suggested any more is no rival (`rivals`). How far draws reach from the mean is learned from the
campaign's own claims (`tails`).

Source: Wilson 2024, "Stopping Bayesian optimization with probabilistic regret bounds", section 3, whose simple regret
is here that of the candidate with the highest posterior mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Purpose, Task
from matloop.decide.model import Model, formed, keys_of
from matloop.decide.rivals import known, listed, looked
from matloop.decide.tails import Tails, beyond, levels
from matloop.decide.words import figure
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats, Prediction
from matloop.domain.stop import Stop
from matloop.surrogate import Joint
from matloop.surrogate.classify import Forming
from matloop.surrogate.factor import Factor

DRAWS = 1024
"""Joint draws. The error of a probability of 0.95 is then 0.007; more cost time, fewer make the advice flicker."""
TOGETHER = 800
"""Candidates drawn together. More cost time with the cube; fewer leave more to Boole's inequality, and campaigns on
large pools go on for longer than they need."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What may still be found.

    probability: that no candidate is better than the best found by more than `allowed`; a lower bound.
    allowed: in the objective's unit. expected: shortfall to be expected of the best found, in that unit.
    looked: candidates looked at. whole: are these all? drawn: are the figures those of joint draws?
    several: with several goals `allowed` and `expected` are hypervolumes.
    claims: predictions of suggestions, since read, by which it was learned how far errors reach.
    """

    probability: float
    allowed: float
    expected: float | None
    looked: int
    whole: bool
    drawn: bool
    several: bool = False
    claims: int = 0

    def holds(self, rule: Stop) -> bool:
        """Does the rule ask to stop?"""
        return self.probability >= rule.probability

    def say(self, objective: Objective, rule: Stop) -> str:
        """In words: `by the model, nothing is better than the best by more than 0.31 J with probability 0.97`."""
        unit = None if objective.unit == "1" or self.several else objective.unit
        at_least = "" if self.drawn else "at least "
        what = self._what(objective)
        words = f"by the model, with probability {at_least}{self.probability:.2f} nothing {what}"
        words += f" by more than {figure(self.allowed, unit)} ({rule.probability:g} is asked for stopping)"
        if self.expected is not None:
            words += f", expected shortfall {figure(self.expected, unit)}"
        return words if self.whole else f"{words}; {self.looked} candidates of the space were looked at"

    def _what(self, objective: Objective) -> str:
        """What nothing does more of."""
        if self.several:
            return "adds to the hypervolume of the front"
        return (
            "is better than the best found" if objective.linear else f"is nearer to the {objective.goal} than the best"
        )

    def to_json(self) -> dict[str, Any]:
        """The figures, in JSON types."""
        return {
            name: getattr(self, name) for name in ("probability", "allowed", "expected", "looked", "whole", "claims")
        }


def outlook(task: Task, model: Model, rule: Stop, tails: Sequence[Tails] = ()) -> Outlook | None:
    """What may still be found; None while fewer candidates were measured than the rule demands.

    Args:
        task: as at the next ask.
        model: of its readings.
        rule: says which shortfall is allowed.
        tails: how far errors reach, of the objective; none: as a normal distribution of the stated std.
    """
    measured, _ = model.measured()
    if len(measured) < rule.least:
        return None
    allowed, rng = rule.allowed(model.spread), task.rng(Purpose.STOP)
    stretch = tails[0].draw(DRAWS, rng) if tails else np.ones(DRAWS)
    claims = tails[0].claims if tails else 0
    field = _Field.of(task, model, measured, (allowed, levels(stretch) if tails else np.ones(1)))
    for X in looked(task, model):
        field.look(X)
    if not isinstance(model.fitted, Joint):
        missed = field.rest + float(field.risk.sum())
        sure = max(0.0, 1.0 - missed)
        return Outlook(sure, allowed, None, field.count, listed(task), drawn=False, claims=claims)
    regret = field.draw(model.fitted, stretch, rng)
    missed = float(np.mean(regret > allowed)) + field.rest
    sure, expected = max(0.0, 1.0 - missed), float(regret.mean())
    return Outlook(sure, allowed, expected, field.count, listed(task), drawn=True, claims=claims)


@dataclass(slots=True)
class _Field:
    """The best found and its rivals, as far as they were looked at.

    best: (1, d), its signed mean and std. done: candidates that are counted already, or no rivals (`rivals.known`).
    rivals: (r, d) those most likely to exceed the best; risk: (r,) how likely, each alone; odds: (r,) that they form.
    levels: what the std is multiplied by, see `tails.levels`.
    rest: sum of the same probabilities over all others. count: how many were looked at.
    """

    model: Model
    sign: float
    allowed: float
    levels: Floats
    best: Floats
    mean: float
    std: float
    done: NDArray[np.void]
    forming: Forming | None
    rivals: Floats
    risk: Floats
    odds: Floats
    rest: float = 0.0
    count: int = 0

    @classmethod
    def of(cls, task: Task, model: Model, measured: Floats, meant: tuple[float, Floats]) -> _Field:
        """Begin with what was measured; meant: what is allowed, and multipliers of the std."""
        sign = task.objectives[0].sign
        said = model.predict_measured()
        top = int(np.argmax(sign * said.mean[:, 0]))
        figures = (sign * float(said.mean[top, 0]), float(said.model_std[top, 0]))
        done = known(task, measured)
        best, others = measured[top : top + 1], np.delete(np.arange(len(measured)), top)
        field = cls(model, sign, *meant, best, *figures, done, formed(task), measured[:0], np.zeros(0), np.zeros(0))
        field._take(measured[others], np.ones(len(others)), said.rows(others))
        field.count = len(measured)
        return field

    def look(self, X: Floats) -> None:
        """Look at further candidates X (q, d)."""
        X = X[~np.isin(keys_of(X), self.done)]
        self.count += len(X)
        odds = np.ones(len(X)) if self.forming is None else self.forming.probability(X)
        self._take(X, odds, self.model.predict(X))

    def _take(self, X: Floats, odds: Floats, said: Prediction) -> None:
        """Keep the TOGETHER most likely rivals of those X (q, d), predicted as said, and add up the others."""
        gain = self.sign * said.mean[:, 0] - self.mean - self.allowed
        std = np.hypot(said.model_std[:, 0], self.std)  # as if independent of the best; related ones differ by less
        risk = odds * beyond(gain, std, self.levels)
        rivals, risk = np.vstack([self.rivals, X]), np.concatenate([self.risk, risk])
        odds = np.concatenate([self.odds, odds])
        order = np.argsort(-risk, kind="stable")
        top = order[:TOGETHER]
        self.rest += float(risk[order[TOGETHER:]].sum())
        self.rivals, self.risk, self.odds = rivals[top], risk[top], odds[top]

    def draw(self, model: Joint, stretch: Floats, rng: np.random.Generator) -> Floats:
        """(DRAWS,) shortfall of the best found under joint draws of the truth, each stretched from the mean.

        One number a draw decides which candidates form, those above it: where one does, all more likely ones do.
        """
        mean, cov = model.joint(np.vstack([self.best, self.rivals]))
        lower = np.tril(Factor.of(cov[0], "joint posterior").lower)
        truth = self.sign * mean[:, :1] + stretch * (lower @ rng.standard_normal((len(mean), DRAWS)))
        forms = rng.random(DRAWS) <= np.concatenate([[1.0], self.odds])[:, None]
        shortfall: Floats = np.where(forms, truth, -np.inf).max(axis=0) - truth[0]
        return shortfall
