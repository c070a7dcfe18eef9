"""What pointwise acquisitions see: a posterior that takes pending candidates for measured at their mean.

Kriging believer: Ginsbourger, Le Riche, Carraro 2010, "Kriging is well-suited to parallelize optimization", section 4.
The belief moves no posterior mean and can only lower the model's uncertainty, so such scores can only fall. The
pessimist (their constant liar at the minimum) takes each for as poor as the worst so far: a batch is spread further.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.utility import Utility, utility_of
from matloop.domain.prediction import Floats
from matloop.surrogate import Conditioned, Fitted, Screened, Upper

Pending = Literal["believer", "pessimistic", "fantasies"]
"""What is believed of pending candidates: that they read their posterior mean; that they read as low as the lowest
posterior mean among the measured; or, by draws and in `nei` alone, all that they may read."""

_APART = 0.1
"""Where a surrogate cannot learn pending candidates, others closer to one than this share of the unit cube's diagonal
rank last. Smaller, a batch holds near-copies; larger, it is pushed out of the promising region."""
_TINY = 1e-12  # share of a std that readings always leave, so that its logarithm is finite
_NEAREST = 1e-6
"""Distance from a target, as a share of the spread of the readings, below which nearer is not asked for. Far larger, a
target is missed; at 0 a reading that lies on it to all its digits would leave nothing to seek."""


@dataclass(frozen=True, slots=True)
class Believed:
    """The posterior given the readings and the belief in what is pending.

    best, best_std, label: highest worth of a posterior mean over measured and pending candidates that hold the limits,
        the std of that mean, and who holds it. The luckiest reading is not it: with noise that would be a mark nothing
        can reach.
    heard, unheard: (h, d), (u, d) pending candidates that the surrogate has learned, and those it cannot learn from.
    lie: signed value that pending candidates are taken to read, None for their posterior mean.
    """

    scene: Scene
    fitted: Fitted
    best: float
    best_std: float
    label: str
    heard: Floats
    unheard: Floats
    lie: float | None = None

    @classmethod
    def of(cls, scene: Scene, pending: Pending = "believer") -> Believed:
        """The belief at the start of an ask."""
        seen = scene.seen()
        worth = utility_of(scene.objective).of(scene.sign * seen.mean[:, 0])
        top = int(np.argmax(worth))
        std = float(seen.model_std[top, 0])
        none = scene.measured[:0]
        lie = float(scene.sign * seen.mean[int(np.argmin(worth)), 0]) if pending == "pessimistic" else None
        start = cls(scene, scene.fitted, float(worth[top]), std, scene.labels[top], none, none, lie)
        return start.join(scene.pending) if len(scene.pending) else start

    @property
    def utility(self) -> Utility:
        """What the signed truth is worth."""
        return utility_of(self.scene.objective, _NEAREST * self.scene.spread)

    def look(self, X: Floats) -> tuple[Floats, Floats]:
        """Signed mean (q,) and model_std (q,) at X (q, d)."""
        seen = self.fitted.predict(X)
        return self.scene.sign * seen.mean[:, 0], seen.model_std[:, 0]

    def plain(self, X: Floats) -> tuple[Floats, Floats]:
        """The same as nothing pending were known: the figures that stand beside a suggestion."""
        seen = self.scene.fitted.predict(X)
        return self.scene.sign * seen.mean[:, 0], seen.model_std[:, 0]

    @property
    def counts(self) -> bool:
        """Has the surrogate learned anything that is only believed, so that `look` says other than `plain`?"""
        return bool(len(self.heard))

    @property
    def supposing(self) -> str:
        """What `look` supposes of the pending, in words."""
        return "once the pending are read" if self.lie is None else "with the pending taken for as poor as the worst"

    def share_left(self, X: Floats, std: Floats) -> Floats:
        """Share (q,) of the model_std (q,) at X (q, d) that readings of the pending would leave, in (0, 1]."""
        return shares(self.look(X)[1], std) if self.counts else np.ones(len(X))

    def screen(self) -> Upper | None:
        """Upper bounds of what `look` says, None where the surrogate has none."""
        return self.fitted.screen(self.scene.sign) if isinstance(self.fitted, Screened) else None

    def join(self, X: Floats) -> Believed:
        """The belief once the candidates at X (p, d) are pending too."""
        seen = self.fitted.predict(X)
        worth = self.utility.of(self.scene.sign * seen.mean[:, 0])
        worth = np.where(self.scene.holds(X), worth, -np.inf)
        top = int(np.argmax(worth))
        joined, reads = self, seen.mean
        if self.lie is not None:
            reads = reads.copy()
            reads[:, 0] = self.scene.sign * self.lie
        elif worth[top] > self.best:
            std = float(seen.model_std[top, 0])
            joined = replace(self, best=float(worth[top]), best_std=std, label="a pending candidate")
        if isinstance(self.fitted, Conditioned):
            return replace(joined, fitted=self.fitted.condition(X, reads), heard=np.vstack([self.heard, X]))
        return replace(joined, unheard=np.vstack([self.unheard, X]))

    @property
    def unlearned(self) -> str:
        """That pending candidates were kept apart by distance alone, in words; empty where they were learned."""
        said = "; the surrogate cannot learn pending candidates, so their neighbours rank last"
        return said if len(self.unheard) else ""

    def near_pending(self, X: Floats) -> Floats:
        """How far (q,) each candidate reaches into the neighbourhood of an unheard one: 0 outside, 1 at it.

        The neighbourhood of one that the surrogate has learned is itself alone: another candidate of equal features
        would be a replicate that nobody asked for.
        """
        twin = np.zeros(len(X), dtype=np.bool_)
        for x in self.heard:
            twin |= (X == x).all(axis=1)
        if not len(self.unheard):
            return twin.astype(np.float64)
        radius = _APART * np.sqrt(X.shape[1])
        gaps = np.min([np.linalg.norm(X - x, axis=1) for x in self.unheard], axis=0)
        return np.where(twin, 1.0, np.clip(1.0 - gaps / radius, 0.0, 1.0))


def shares(left: Floats, std: Floats) -> Floats:
    """What is left of std (...), as a share in (0, 1]; what was known already has nothing to lose."""
    return np.clip(np.divide(left, std, out=np.ones_like(std), where=std > 0), _TINY, 1.0)


def apart(scores: Floats, near: Floats) -> Floats:
    """Scores (q,), those last that reach into the neighbourhood of a pending candidate: near (q,), 0 outside."""
    lowest = np.finfo(np.float64).min / 2
    return np.where(near > 0, lowest * (1.0 + near) / 2, scores)


@dataclass(frozen=True, slots=True)
class Pointwise:
    """A scorer that needs each candidate's mean and model_std only.

    formula: (signed mean (q,), model_std (q,), best) -> scores (q,).
    wording: (mean, model_std, belief) of one candidate -> words. The figures are those of the readings alone, as they
        stand beside the suggestion: a reading that is still to come makes nothing likelier.
    supposed: (mean, model_std) -> the figure that the score goes by, in words; said as well where the belief in what is
        pending changes it. None where the words need none.
    speaker: (signed mean, model_std, best) as believed -> the rule whose words are said; None for this one's.
    preface: what is said before the figures.
    rises: does the formula only rise (or stay) with the mean and with the std?
    """

    believed: Believed
    formula: Callable[[Floats, Floats, float], Floats]
    wording: Callable[[float, float, Believed], str]
    falls: bool
    preface: str = ""
    rises: bool = False
    supposed: Callable[[float, float], str] | None = None
    speaker: Callable[[float, float, float], Pointwise] | None = None

    def score(self, X: Floats) -> Floats:
        """Scores (q,); twins of pending candidates come last, and so do neighbours of those that were not learned."""
        return self.score_at(X, *self.believed.look(X))

    def score_at(self, X: Floats, mean: Floats, std: Floats) -> Floats:
        """The same where signed mean (q,) and model_std (q,) at X (q, d) are known already."""
        scores = self.formula(mean, std, self.believed.best)
        return apart(scores, self.believed.near_pending(X))

    def sieve(self) -> Callable[[Floats], Floats] | None:
        """As `Sifting.sieve`, of a score that rises."""
        look = self.believed.screen() if self.rises else None
        return None if look is None else lambda X: self.score_at(X, *look(X))

    def join(self, X: Floats) -> Pointwise:
        """Believe that X (1, d) will read its posterior mean."""
        return replace(self, believed=self.believed.join(X))

    def say(self, X: Floats) -> str:
        """The figures, and whether pending candidates were kept apart by distance alone."""
        if self.speaker is not None:
            mean, std = self.believed.look(X)
            speaker = self.speaker(float(mean[0]), float(std[0]), self.believed.best)
            return replace(speaker, believed=self.believed).say(X)
        mean, std = self.believed.plain(X)
        plain = float(mean[0]), float(std[0])
        words = self.preface + self.wording(*plain, self.believed)
        if self.supposed is not None and self.believed.counts:
            mean, std = self.believed.look(X)
            said = self.supposed(float(mean[0]), float(std[0]))
            if said != self.supposed(*plain):
                words += f", {said} {self.believed.supposing}"
        return words + self.believed.unlearned
