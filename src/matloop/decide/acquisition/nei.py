"""nei: expected improvement when even the best candidate so far is not known for sure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from matloop.decide.acquisition import Bools, Scene, Scorer
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.draws import Draws, joint_of, normals
from matloop.decide.acquisition.ei import improvement_words
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.acquisition.improvement import log_ei
from matloop.decide.acquisition.limits import Limits
from matloop.decide.acquisition.limits_drawn import LimitedImprovement, drawable, minding_failures
from matloop.decide.acquisition.utility import utility_of
from matloop.domain.prediction import Floats

_SURE = 4.0
"""Standard deviations by which a measured candidate must lie behind to be no rival for the incumbent. Far smaller, an
incumbent is overlooked; larger, draws are paid for that never are the best. 4 on both sides leave 1e-4."""


def rivals(scene: Scene) -> NDArray[np.intp]:
    """Which of the measured candidates may be the best of them: those whose upper end reaches the best lower end.

    The improvement is over the best of all; one that cannot be it changes nothing but the cost of a draw.
    """
    seen = scene.seen()
    mean, reach = scene.sign * seen.mean[:, 0], _SURE * seen.model_std[:, 0]
    utility = utility_of(scene.objective)
    least = np.minimum(utility.of(mean - reach), utility.of(mean + reach))
    return np.flatnonzero(utility.hoped(mean, reach) >= np.max(least))


@dataclass(frozen=True, slots=True)
class NEI:
    """Noisy expected improvement.

    The truth at the pending candidates, and at the measured ones that may be the best, is drawn from its joint
    posterior; under each draw they are known without noise, the incumbent is the best of them, and expected improvement
    has its closed form. The score is the logarithm of the mean over draws, so pending candidates are integrated over,
    not believed in.

    draws: how many; a power of two keeps the quasi-random numbers balanced.

    Source: Letham, Karrer, Ottoni, Bakshy 2019, "Constrained Bayesian optimization with noisy experiments", eq. 5-6.
    """

    draws: int = 64
    name: ClassVar[str] = "nei"

    def prepare(self, scene: Scene) -> Scorer:
        """Draw the incumbents; where there are limits, whether they hold as well."""
        if drawable(scene) and isinstance(scene.limits, Limits):
            return minding_failures(LimitedImprovement.of(scene, scene.limits, self.draws), scene)
        return weighed(self.plain(scene), scene, log_gain)

    def plain(self, scene: Scene) -> NoisyImprovement:
        """As if something came of every candidate."""
        start = Draws.none(scene, joint_of(scene, self.name), self.draws)
        able = scene.measured[rivals(scene)]
        known = np.vstack([able, scene.pending])
        base = normals(scene.rng, len(known) + scene.n, self.draws)
        drawn = start.extend(known, base[: len(known)])
        believed = Believed.of(replace(scene, pending=known[:0]))
        held = np.concatenate([np.ones(len(able), dtype=np.bool_), scene.holds(scene.pending)])
        return NoisyImprovement(drawn, tuple(base[len(known) :]), believed, held, scene.objective.linear)


@dataclass(frozen=True, slots=True)
class NoisyImprovement:
    """The scorer: draws at all that is measured or pending.

    ahead: rows of normal numbers kept for candidates that join, so that a draw, once made, stays.
    believed: the plain posterior, for bounds and words.
    held: (b,) which of those drawn hold the limits, so that one of them is the incumbent.
    preface: what is said before the figures.
    falls: more candidates under a draw raise its incumbent, up to draw error; a gain in nearness can rise all the same.
    """

    drawn: Draws
    ahead: tuple[Floats, ...]
    believed: Believed
    held: Bools
    falls: bool
    preface: str = ""

    def score(self, X: Floats) -> Floats:
        """Log of the expected improvement (q,), averaged over draws."""
        mean, std = self.drawn.given(X)
        utility = self.believed.utility
        best = utility.of(self.drawn.values[self.held]).max(axis=0)
        return np.asarray(logsumexp(utility.log_excess(mean, std[:, None], best), axis=1)) - math.log(mean.shape[1])

    def bound(self, X: Floats) -> Floats:
        """Log of an expected improvement (q,) that no draws can exceed but by their own error.

        The best under a draw is at least the draw at the candidate of highest mean, b; so the improvement is at most
        (f - f_b)+, and the std of that difference at most the sum of both. A gain in nearness has no such bound.
        """
        return self.bound_at(*self.believed.look(X)) if self.falls else self.score(X)

    def bound_at(self, mean: Floats, std: Floats) -> Floats:
        """The same of candidates of signed mean (q,) and model_std (q,), where more is better."""
        return log_ei(mean, std + self.believed.best_std, self.believed.best)

    def sieve(self) -> Callable[[Floats], Floats] | None:
        """As `Sifting.sieve`, where more is better."""
        look = self.believed.screen() if self.falls else None
        return None if look is None else lambda X: self.bound_at(*look(X))

    def join(self, X: Floats) -> NoisyImprovement:
        """Go on with each draw to the candidate at X (1, d)."""
        held = np.concatenate([self.held, self.believed.scene.holds(X)])
        return replace(self, drawn=self.drawn.extend(X, self.ahead[0][None, :]), ahead=self.ahead[1:], held=held)

    def say(self, X: Floats) -> str:
        """The expected improvement, over the best posterior mean of what is measured."""
        return self.preface + improvement_words(math.exp(float(self.score(X)[0])), self.believed)
