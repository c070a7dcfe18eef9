"""May a search for hits end? How probable it is that none is left, and how many the rest of the budget should find.

A hit is a candidate whose truth lies beyond the threshold, as for acquisition `hits`; it forms, and holds the limits.
What was read already, is being measured or cannot be suggested any more is not left. As in `stopping`, the truths of
the likeliest are drawn from the joint posterior, as far from the mean as the campaign's own claims show (`tails`); for
all others their probabilities are added up (Boole's inequality), so that the answer errs towards going on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Purpose, Task
from matloop.decide.acquisition.limits import ends, log_within
from matloop.decide.model import Model, formed, keys_of
from matloop.decide.rivals import known, listed, looked
from matloop.decide.tails import Tails, beyond, levels
from matloop.decide.words import count, figure
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.domain.stop import Stop
from matloop.surrogate import Joint
from matloop.surrogate.classify import Forming
from matloop.surrogate.factor import Factor

_DRAWS = 1024
"""Joint draws. The error of a probability of 0.95 is then 0.007."""
_TOGETHER = 400
"""Candidates drawn together, those most likely to be hits. Fewer leave more to Boole's inequality, and campaigns go on
for longer than they need; more cost time with the cube."""


@dataclass(frozen=True, slots=True)
class HitsLeft:
    """What may still be collected.

    probability: that no candidate left is a hit; a lower bound. left: hits expected among them. within: among as many
    of the likeliest as the budget still pays for, None without a budget; remaining: how many these are.
    candidates: how many are left, of those looked at. whole, looked, claims: as of `stopping.Outlook`.
    """

    probability: float
    left: float
    within: float | None
    remaining: int | None
    candidates: int
    looked: int
    whole: bool
    claims: int = 0

    def holds(self, rule: Stop) -> bool:
        """Does the rule ask to stop?"""
        return self.probability >= rule.probability

    def say(self, objective: Objective, rule: Stop) -> str:
        """In words: `by the model, 12.1 hits are expected among the 80 candidates left, 7.90 of them in the ...`."""
        which = f"the {count(self.candidates, 'candidate')} left"
        if not self.whole:
            which = f"{count(self.candidates, 'candidate')} of the space that were looked at"
        words = f"by the model, {figure(self.left)} hits are expected among {which}"
        if self.within is not None:
            words += f", {figure(self.within)} of them in the {count(self.remaining or 0, 'experiment')} that are left"
        return f"{words}; with probability {self.probability:.2f} no hit is left ({rule.probability:g} ends the search)"

    def to_json(self) -> dict[str, Any]:
        """The figures, in JSON types; there is no shortfall, so nothing is allowed or expected of it."""
        said = {name: getattr(self, name) for name in ("probability", "looked", "whole", "claims")}
        return {**said, "allowed": None, "expected": None, "hits_left": self.left, "hits_within_budget": self.within}


def hits_left(task: Task, model: Model, rule: Stop, mark: float, tails: Sequence[Tails] = ()) -> HitsLeft | None:
    """What may still be collected; None while fewer candidates were measured than the rule demands.

    Args:
        task: as at the next ask.
        model: of its readings.
        rule: says how many are demanded.
        mark: the threshold, in the unit of the objective that is optimised.
        tails: how far errors reach, one an objective; none: as normal distributions of the stated std.
    """
    measured, _ = model.measured()
    if len(measured) < rule.least:
        return None
    rng = task.rng(Purpose.STOP)
    stretch = np.array([one.draw(_DRAWS, rng) for one in tails]) if tails else np.ones((len(task.objectives), _DRAWS))
    wide = [levels(one) if tails else np.ones(1) for one in stretch]
    out = [known(task, measured)]
    if task.open:
        out.append(keys_of(task.candidates.encoder.encode([one.values for one in task.open])))
    field_ = _Left(model, task.objectives, mark, wide, formed(task), np.concatenate(out), measured[:0])
    for X in looked(task, model):
        field_.look(X)
    chances = -np.sort(-np.concatenate([np.zeros(0), *field_.chances]))
    none = 1.0 - float(field_.risk.sum())
    if isinstance(model.fitted, Joint) and len(field_.X):
        none = float(np.mean(~field_.drawn(model.fitted, stretch, rng)))
    within = None if task.remaining is None else float(chances[: task.remaining].sum())
    claims = max((one.claims for one in tails), default=0)
    sure = max(0.0, none - field_.rest)
    left = float(chances.sum())
    return HitsLeft(
        sure, left, within, task.remaining, len(chances), len(measured) + len(chances), listed(task), claims
    )


@dataclass(slots=True)
class _Left:
    """What is left, as far as it was looked at.

    wide: what each objective's std is multiplied by, see `tails.levels`. closed: keys of what is not left.
    X: (r, d) the likeliest, risk: (r,) how likely, each alone; odds: (r,) that they form. rest: sum of the same
    probabilities over all others. chances: of all, block by block.
    """

    model: Model
    objectives: tuple[Objective, ...]
    mark: float
    wide: list[Floats]
    forming: Forming | None
    closed: NDArray[np.void]
    X: Floats
    risk: Floats = field(default_factory=lambda: np.zeros(0))
    odds: Floats = field(default_factory=lambda: np.zeros(0))
    rest: float = 0.0
    chances: list[Floats] = field(default_factory=list)

    def look(self, X: Floats) -> None:
        """Look at further candidates X (q, d)."""
        X = X[~np.isin(keys_of(X), self.closed)]
        odds = np.ones(len(X)) if self.forming is None else self.forming.probability(X)
        chance = odds * self._hit(X)
        self.chances.append(chance)
        risk = np.concatenate([self.risk, chance])
        X, odds = np.vstack([self.X, X]), np.concatenate([self.odds, odds])
        order = np.argsort(-risk, kind="stable")
        top = order[:_TOGETHER]
        self.rest += float(risk[order[_TOGETHER:]].sum())
        self.X, self.risk, self.odds = X[top], risk[top], odds[top]

    def _hit(self, X: Floats) -> Floats:
        """Probability (q,) that the truth at X (q, d) lies beyond the threshold and within the limits."""
        said, chance = self.model.predict(X), np.ones(len(X))
        for j, (one, wide) in enumerate(zip(self.objectives, self.wide, strict=True)):
            mean, std = said.mean[:, j], said.model_std[:, j]
            if one.goal == "limit":
                chance *= np.mean([np.exp(log_within(mean, factor * std, *ends(one))) for factor in wide], axis=0)
            elif one.optimised:
                chance *= beyond(one.sign * (mean - self.mark), std, wide)
        return chance

    def drawn(self, joint: Joint, stretch: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
        """(S,) whether one of the likeliest is a hit, under each joint draw of the truth.

        One number a draw decides which candidates form, those above it: where one does, all more likely ones do.
        """
        mean, cov = joint.joint(self.X)
        hit = rng.random(_DRAWS) <= self.odds[:, None]
        for j, one in enumerate(self.objectives):
            lower = np.tril(Factor.of(cov[j], "joint posterior").lower)
            truth = mean[:, j : j + 1] + stretch[j] * (lower @ rng.standard_normal((len(mean), _DRAWS)))
            if one.goal == "limit":
                low, high = ends(one)
                hit &= (truth >= low) & (truth <= high)
            elif one.optimised:
                hit &= one.sign * (truth - self.mark) > 0
        return np.asarray(hit.any(axis=0))
