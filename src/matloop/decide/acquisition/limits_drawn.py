"""Noisy expected improvement under limits: in each draw of the truth a candidate holds them or breaks them.

What was measured near a limit may hold it or not, whatever its readings say. To count it as holding by a probability
above one half would make an incumbent of what breaks the limit, or set aside what holds it, and nothing asked close to
it would ever be a gain. So objective and limits are drawn together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from matloop.decide.acquisition import Bools, Scene, Scorer
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.draws import Draws, given_together, joint_of, normals_apart
from matloop.decide.acquisition.ei import improvement_words
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.acquisition.improvement import log_ei
from matloop.decide.acquisition.limits import Limits, Useful, ends, log_holds, log_within
from matloop.decide.acquisition.utility import utility_of
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Joint

_SURE = 4.0
"""Standard deviations by which a rival must be behind to leave no doubt. Far smaller, an incumbent is overlooked;
larger, draws are paid for that never are the best. 4 on both sides leave 1e-4."""
_RARE = 0.02
"""Probability of holding the limits below which a measured candidate is no incumbent in any draw. In 64 draws it would
hold in one or in none, and what lies beside it would seem to promise much or nothing by chance; larger, incumbents are
forgotten. And the probability of breaking them below which one surely holds them is a hundredth of it."""


def drawable(scene: Scene) -> bool:
    """Are there limits, and one goal under them, which can be drawn together?"""
    limits = scene.limits
    return isinstance(limits, Limits) and isinstance(limits.fitted, Joint) and len(scene.objectives) == 1


def minding_failures(scorer: Scorer, scene: Scene) -> Scorer:
    """The scorer, which knows the limits, weighed by where candidates form; itself where nothing failed."""
    forming = scene.forming.forming if isinstance(scene.forming, Useful) else None
    return weighed(scorer, replace(scene, forming=forming), log_gain)


def rivals(said: Prediction, limits: Limits, goal: int) -> NDArray[np.intp]:
    """Which measured candidates may be the best of those that hold the limits.

    Those that may well hold all limits, and reach the best lower end of those that surely do.

    Args:
        said: of what is measured, all objectives.
        limits: what must hold.
        goal: the column of what is optimised.
    """
    chance = np.exp(log_holds(said, limits.objectives))
    able, sure = chance >= _RARE, chance >= 1 - _RARE / 100
    objective = limits.objectives[goal]
    utility, mean = utility_of(objective), objective.sign * said.mean[:, goal]
    reach = _SURE * said.model_std[:, goal]
    lower = np.minimum(utility.of(mean - reach), utility.of(mean + reach))
    mark = lower[sure].max() if sure.any() else -np.inf
    return np.flatnonzero(able & (utility.hoped(mean, reach) >= mark))


@dataclass(frozen=True, slots=True)
class LimitedImprovement:
    """The scorer: draws of the objective and of each limit at all that is measured or pending.

    In each draw the incumbent is the best of those that hold the limits in it. The improvement over it has its closed
    form, and so has the probability that a candidate holds the limits given the draw; the score is the logarithm of the
    mean of their products. It is the gain, by one exact reading, in the worth of the best candidate that truly holds.

    goal: draws of the signed objective at (b, d). marks: the limits, and draws of each.
    ahead: (a, k, S) normal numbers kept for candidates that join.
    least: worth of having nothing that holds, the worst posterior mean of what was measured.
    believed: the plain posterior, for bounds and words.
    falls: what joins can only raise the incumbent of a draw, up to draw error; a gain in nearness can rise even so.
    preface: what is said before the figures.

    Source: Letham, Karrer, Ottoni, Bakshy 2019, "Constrained Bayesian optimization with noisy experiments", section 4.
    """

    goal: Draws
    marks: tuple[tuple[Objective, Draws], ...]
    ahead: Floats
    least: float
    limits: Limits
    believed: Believed
    falls: bool
    preface: str = ""

    @classmethod
    def of(cls, scene: Scene, limits: Limits, draws: int) -> LimitedImprovement:
        """Draw at what may be the best, and at what is pending."""
        model = joint_of(replace(scene, fitted=limits.fitted), "nei")
        (goal,) = (j for j, one in enumerate(limits.objectives) if one.goal != "limit")
        said = limits.fitted.predict(limits.measured)
        known = np.vstack([limits.measured[rivals(said, limits, goal)], scene.pending])
        which = [goal, *(j for j, one in enumerate(limits.objectives) if one.goal == "limit")]
        drawn, ahead = [], []
        bases = normals_apart(scene.rng, len(which), len(known) + scene.n, draws)
        for j, base in zip(which, bases, strict=True):
            sign = scene.sign if j == goal else 1.0
            empty = np.zeros((0, draws))
            start = Draws(model, sign, known[:0], empty, np.zeros((0, 0)), empty, limits.spreads[j] ** 2, j)
            drawn.append(start.extend(known, base[: len(known)]))
            ahead.append(base[len(known) :])
        worth = utility_of(scene.objective).of(scene.sign * said.mean[:, goal])
        believed = Believed.of(replace(scene, pending=known[:0]))
        marks = tuple(zip([limits.objectives[j] for j in which[1:]], drawn[1:], strict=True))
        kept = np.stack(ahead, axis=1)
        return cls(drawn[0], marks, kept, float(worth.min()), limits, believed, scene.objective.linear)

    @property
    def held(self) -> Bools:
        """(b, S) which of those drawn hold the limits in which draw."""
        held = np.ones(self.goal.values.shape, dtype=np.bool_)
        for one, drawn in self.marks:
            least, most = ends(one)
            held &= (drawn.values >= least) & (drawn.values <= most)
        return held

    def score(self, X: Floats) -> Floats:
        """Log of the expected improvement (q,) among what holds the limits, averaged over draws."""
        utility = self.believed.utility
        worth = np.where(self.held, utility.of(self.goal.values), -np.inf)
        best = np.maximum(worth.max(axis=0, initial=-np.inf), self.least)
        (mean, std), *others = given_together((self.goal, *(drawn for _, drawn in self.marks)), X)
        gains = utility.log_excess(mean, std[:, None], best)
        for (one, _), (mark, error) in zip(self.marks, others, strict=True):
            gains = gains + log_within(mark, error[:, None], *ends(one))
        return np.asarray(logsumexp(gains, axis=1)) - math.log(gains.shape[1])

    def bound(self, X: Floats) -> Floats:
        """Log of an expected improvement (q,) that no draws can exceed but by their own error.

        Take one of those drawn, b. Where it holds the limits, the improvement is at most (f - f_b)+, and the std of
        that difference at most the sum of both; where it does not, at most that over `least`. The objective is
        independent of the limits, so both are multiplied by the probability that the candidate holds, the second by
        that of b's breaking them if that is smaller. A gain in nearness has no such bound.
        """
        if not self.falls or not len(self.goal.X):
            return self.score(X)
        said, j = self.limits.fitted.predict(X), self.goal.column
        mean, std = self.goal.sign * said.mean[:, j], said.model_std[:, j]
        chance = log_holds(said, self.limits.objectives)
        top, spread, doubt = self._surest()
        with np.errstate(divide="ignore"):
            broken = np.minimum(chance, np.log(doubt))
        return np.logaddexp(log_ei(mean, std + spread, top) + chance, log_ei(mean, std, self.least) + broken)

    def _surest(self) -> tuple[float, float, float]:
        """Of those drawn, the one of the highest mean height above `least`: its mean, std, and odds of breaking."""
        share = self.held.mean(axis=1)
        means = self.goal.values.mean(axis=1)
        b = int(np.argmax(share * (means - self.least)))
        return float(means[b]), float(self.goal.values[b].std()), float(1.0 - share[b])

    def join(self, X: Floats) -> LimitedImprovement:
        """Go on with each draw to the candidate at X (1, d)."""
        goal = self.goal.extend(X, self.ahead[0, :1])
        marks = tuple((one, drawn.extend(X, self.ahead[0, j : j + 1])) for j, (one, drawn) in enumerate(self.marks, 1))
        return replace(self, goal=goal, marks=marks, ahead=self.ahead[1:])

    def say(self, X: Floats) -> str:
        """The expected improvement, over the best posterior mean that holds, and how probable it is that X holds."""
        words = improvement_words(math.exp(float(self.score(X)[0])), self.believed)
        return f"{self.preface}{words}, counted where the limits hold; {self.limits.say(X)}"
