"""May the search end, where goals are several, a target, a range, or bound by limits?

As `stopping`: the truth at what was measured and at its likeliest rivals is drawn from the joint posterior, objective
by objective. With one goal the shortfall of a draw is how much better than the best found its best candidate is, among
those that hold the limits in that draw; a best found that breaks a limit in a draw falls short of everything. With
several it is the hypervolume that all candidates enclose less what the measured ones do, from the reference of the
ask. Rivals that are not drawn count by Boole's inequality: with one goal by the probability that they exceed the best
by more than is allowed, with several by Markov's, expected gain over allowed gain. How far draws reach is learned from
the campaign's own claims (`tails`), objective by objective; rivals that are not drawn count as if as wide in the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Purpose, Task
from matloop.decide.acquisition.boxes import boxes
from matloop.decide.acquisition.ehvi import log_ehvi
from matloop.decide.acquisition.limits import log_holds
from matloop.decide.acquisition.utility import utility_of
from matloop.decide.front import hypervolume
from matloop.decide.model import Model, formed, keys_of
from matloop.decide.order import Standing, standing, worth_of
from matloop.decide.rivals import known, listed, looked
from matloop.decide.stopping import Outlook
from matloop.decide.tails import Tails
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats, Prediction
from matloop.domain.stop import Stop
from matloop.surrogate import Joint
from matloop.surrogate.classify import Forming
from matloop.surrogate.factor import Factor

_DRAWS = 512
"""Joint draws; the error of a probability of 0.95 is then 0.01. A hypervolume is computed twice for each."""
_TOGETHER = 200
"""Rivals drawn together. Fewer leave more to Boole's inequality, and campaigns go on for longer than they need."""
_MEASURED = 400
"""Measured candidates drawn, the best; others neither are the best found nor on the front."""

Merit = Callable[[Prediction], Floats]


def outlook_of_goals(task: Task, model: Model, rule: Stop, tails: Sequence[Tails] = ()) -> Outlook | None:
    """What may still be found.

    Args:
        task: as at the next ask.
        model: of its readings.
        rule: says which shortfall is allowed: with several goals `share` is one of the hypervolume enclosed so far, and
            `regret` a hypervolume.
        tails: how far errors reach, one an objective; none: as normal distributions of the stated std.

    Returns:
        None while fewer candidates were measured than the rule demands, while none of them holds the limits or all
        that they enclose is nothing, since none reaches the reference, and where the surrogate has no joint posterior.
    """
    measured, _ = model.measured()
    if len(measured) < rule.least or not isinstance(model.fitted, Joint):
        return None
    said = model.predict_measured()
    found = standing(said, task.objectives, model.spreads)
    if not found.best or found.volume == 0.0:
        return None
    rng = task.rng(Purpose.STOP)
    stretch = np.array([one.draw(_DRAWS, rng) for one in tails]) if tails else np.ones((len(task.objectives), _DRAWS))
    allowed, merit = _merit(task, model, rule, said, found)
    rivals = _Rivals(measured[:0], _wider(merit, stretch), formed(task), known(task, measured))
    for X in looked(task, model):
        rivals.look(X, model)
    made = measured[found.leading[:_MEASURED]]
    shortfall = _shortfall((task, rng, stretch), model.fitted, made, rivals, found)
    missed = float(np.mean(shortfall > allowed)) + rivals.rest
    finite = shortfall[np.isfinite(shortfall)]
    expected = float(finite.mean()) if len(finite) else None
    several = found.reference is not None
    count = len(measured) + rivals.count
    claims = max((one.claims for one in tails), default=0)
    sure = max(0.0, 1.0 - missed)
    return Outlook(sure, allowed, expected, count, listed(task), drawn=True, several=several, claims=claims)


def _wider(merit: Merit, stretch: Floats) -> Merit:
    """The merit of predictions whose std is as wide as draws stretched (m, S) are in the mean."""
    width = np.sqrt(np.mean(stretch**2, axis=1))
    return lambda said: merit(replace(said, model_std=said.model_std * width))


def _merit(task: Task, model: Model, rule: Stop, said: Prediction, found: Standing) -> tuple[float, Merit]:
    """What shortfall is allowed, and how likely candidates are to exceed it, each alone."""
    objectives = task.objectives
    goals = [j for j, one in enumerate(objectives) if one.optimised]
    utilities = [utility_of(objectives[j]) for j in goals]
    signs = np.array([objectives[j].sign for j in goals])
    if found.reference is not None and found.volume is not None:
        allowed = rule.allowed(found.volume)
        front = worth_of(said.mean[found.order[: found.best]], objectives)
        corners = boxes(front, found.reference)

        def gain(one: Prediction) -> Floats:
            logs = log_ehvi(one.mean[:, goals] * signs, one.model_std[:, goals], utilities, *corners)
            return np.exp(logs + log_holds(one, objectives)) / max(allowed, np.finfo(np.float64).tiny)

        return allowed, gain
    (j,), top = goals, int(found.leading[0])
    allowed, utility, sign = rule.allowed(model.spreads[j]), utilities[0], objectives[j].sign
    level = float(utility.of(np.array(sign * said.mean[top, j]))) + allowed
    own = float(said.model_std[top, j])

    def beyond(one: Prediction) -> Floats:
        std = np.hypot(one.model_std[:, j], own)  # as if independent of the best; related ones differ by less
        return np.exp(utility.log_beyond(sign * one.mean[:, j], std, level) + log_holds(one, objectives))

    return allowed, beyond


@dataclass(slots=True)
class _Rivals:
    """The likeliest rivals of those looked at: X (r, d), risk (r,), odds (r,) that they form; rest: risk of others."""

    X: Floats
    merit: Merit
    forming: Forming | None
    closed: NDArray[np.void]
    risk: Floats = field(default_factory=lambda: np.zeros(0))
    odds: Floats = field(default_factory=lambda: np.zeros(0))
    rest: float = 0.0
    count: int = 0

    def look(self, X: Floats, model: Model) -> None:
        """Look at further candidates X (q, d)."""
        X = X[~np.isin(keys_of(X), self.closed)]
        self.count += len(X)
        odds = np.ones(len(X)) if self.forming is None else self.forming.probability(X)
        risk = np.concatenate([self.risk, odds * self.merit(model.predict(X))])
        X, odds = np.vstack([self.X, X]), np.concatenate([self.odds, odds])
        order = np.argsort(-risk, kind="stable")
        top = order[:_TOGETHER]
        self.rest += float(risk[order[_TOGETHER:]].sum())
        self.X, self.risk, self.odds = X[top], risk[top], odds[top]


def _shortfall(
    asked: tuple[Task, np.random.Generator, Floats], joint: Joint, made: Floats, rivals: _Rivals, found: Standing
) -> Floats:
    """(S,) shortfall of what was measured under each draw; the first of `made` (b, d) is the best found.

    asked: the task, what draws, and how far each draw (m, S) is stretched from the mean.
    """
    task, rng, stretch = asked
    X = np.vstack([made, rivals.X])
    mean, cov = joint.joint(X)
    held = np.ones((_DRAWS, len(X)), dtype=np.bool_)
    held[:, len(made) :] = rng.random(_DRAWS)[:, None] <= rivals.odds
    worth = []
    for j, one in enumerate(task.objectives):
        lower = np.tril(Factor.of(cov[j], "joint posterior").lower)
        truth = (mean[:, j : j + 1] + stretch[j] * (lower @ rng.standard_normal((len(X), _DRAWS)))).T
        if one.goal == "limit":
            held &= _within(truth, one)
        elif one.optimised:
            worth.append(utility_of(one).of(one.sign * truth))
    if found.reference is None:
        reached = np.where(held, worth[0], -np.inf)
        best = reached[:, 0]
        with np.errstate(invalid="ignore"):
            return np.where(np.isneginf(best), np.inf, reached.max(axis=1) - best)
    figures, b = np.stack(worth, axis=2), len(made)
    pairs = zip(figures, held, strict=True)
    return np.array(
        [hypervolume(one[who], found.reference) - hypervolume(one[:b][who[:b]], found.reference) for one, who in pairs]
    )


def _within(truth: Floats, limit: Objective) -> NDArray[np.bool_]:
    low = -np.inf if limit.low is None else limit.low
    high = np.inf if limit.high is None else limit.high
    return (truth >= low) & (truth <= high)
