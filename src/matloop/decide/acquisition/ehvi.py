"""ehvi, nehvi: expected improvement of the hypervolume that the front of several goals encloses.

The improvement is cut into boxes that the front does not dominate. The objectives are modelled independently, so of
each box the expectation is a product of differences of expected improvements, exact for any number of objectives
(Emmerich, Giannakoglou, Naujoks 2006; Yang et al. 2019, "Efficient computation of expected hypervolume improvement
using box decomposition algorithms", eq. 10). It is computed in logarithms (Ament et al. 2023), so that it still tells
hopeless candidates apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.special import logsumexp

from matloop.decide.acquisition import Bools, Scene, Scorer
from matloop.decide.acquisition.believe import apart
from matloop.decide.acquisition.boxes import boxes
from matloop.decide.acquisition.draws import Draws, joint_of, normals_apart
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.acquisition.known import Known
from matloop.decide.acquisition.utility import Utility
from matloop.decide.front import hypervolume
from matloop.decide.words import count, figure
from matloop.domain.prediction import Floats
from matloop.surrogate.columns import columns

_TOGETHER = 500_000  # boxes looked at together: a few arrays of as many floats (4 MB each)


def log_ehvi(mean: Floats, std: Floats, utilities: Sequence[Utility], lower: Floats, upper: Floats) -> Floats:
    """Logarithm (q,) of the expected volume of boxes that lies below a truth ~ N(mean, std^2).

    Args:
        mean: (q, k) signed posterior means.
        std: (q, k) posterior standard deviations.
        utilities: k, what the truth is worth.
        lower: (b, k) lower corners of boxes, in worth.
        upper: (b, k) upper ones, inf allowed.
    """
    return log_volumes(mean[:, None], std, utilities, lower[None], upper[None])[:, 0]


def log_volumes(mean: Floats, std: Floats, utilities: Sequence[Utility], lower: Floats, upper: Floats) -> Floats:
    """The same (q, S) under S draws at once, in blocks of bounded memory.

    Args:
        mean: (q, S, k) signed posterior means under each draw.
        std: (q, k) posterior standard deviations, the same under all.
        utilities: k, what the truth is worth.
        lower: (S, b, k) lower corners of each draw's boxes.
        upper: (S, b, k) upper ones, inf allowed; a box as high as low counts for nothing.
    """
    block = max(1, _TOGETHER // max(1, lower[..., 0].size))
    starts = range(0, len(mean), block)
    parts = [_volumes(mean[at : at + block], std[at : at + block], utilities, lower, upper) for at in starts]
    return np.vstack(parts) if parts else np.zeros((0, len(lower)))


def _volumes(mean: Floats, std: Floats, utilities: Sequence[Utility], lower: Floats, upper: Floats) -> Floats:
    total = np.zeros((len(mean), *lower.shape[:2]))
    for j, utility in enumerate(utilities):
        m, s = np.broadcast_arrays(mean[:, :, None, j], std[:, None, None, j])
        below = utility.log_excess(m, s, lower[None, :, :, j])
        above = np.full(total.shape, -np.inf)
        ends = np.isfinite(upper[:, :, j])
        if ends.any():
            m, s = np.broadcast_to(m, total.shape), np.broadcast_to(s, total.shape)
            above[:, ends] = utility.log_excess(m[:, ends], s[:, ends], upper[None, ends, j])
        with np.errstate(invalid="ignore", divide="ignore"):
            inside = below + np.log1p(-np.exp(np.minimum(above - below, 0.0)))
        total += np.where(np.isneginf(below), -np.inf, inside)
    return np.asarray(logsumexp(total, axis=2))


@dataclass(frozen=True, slots=True)
class EHVI:
    """Expected hypervolume improvement on the front of posterior means."""

    name: ClassVar[str] = "ehvi"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now."""
        return weighed(self.plain(scene), scene, log_gain)

    def plain(self, scene: Scene) -> Volume:
        """As if something came of every candidate."""
        return Volume.of(Known.of(scene))


@dataclass(frozen=True, slots=True)
class Volume:
    """The scorer of ehvi. The hypervolume's gain is convex in each objective, so less uncertainty lowers it."""

    known: Known
    lower: Floats
    upper: Floats
    preface: str = ""

    @classmethod
    def of(cls, known: Known, preface: str = "") -> Volume:
        """Cut what is not dominated into boxes."""
        return cls(known, *boxes(known.worth, known.reference), preface)

    @property
    def falls(self) -> bool:
        """A gain in nearness can rise when a belief makes sure of it."""
        return self.known.linear

    def score(self, X: Floats) -> Floats:
        """Log of the expected gain in hypervolume (q,)."""
        gain = log_ehvi(*self.known.look(X), self.known.utilities, self.lower, self.upper)
        return apart(gain, self.known.believed.near_pending(X))

    def join(self, X: Floats) -> Volume:
        """Believe that X (1, d) will read its posterior means."""
        return Volume.of(self.known.join(X), self.preface)

    def say(self, X: Floats) -> str:
        """The expected gain, on which hypervolume, and what is predicted."""
        return self.preface + volume_words(float(self.score(X)[0]), self.known, X)


@dataclass(frozen=True, slots=True)
class NEHVI:
    """Noisy expected hypervolume improvement.

    The truth at the measured and pending candidates is drawn from its joint posterior; under each draw the front is
    known and the expectation exact. The score is the logarithm of the mean over draws.

    draws: how many; a power of two keeps the quasi-random numbers balanced.

    Source: Daulton, Balandat, Bakshy 2021, "Parallel Bayesian optimization of multiple noisy objectives with expected
    hypervolume improvement", eq. 2; with a closed form in place of inner draws.
    """

    draws: int = 64
    name: ClassVar[str] = "nehvi"

    def prepare(self, scene: Scene) -> Scorer:
        """Draw the fronts."""
        return weighed(self.plain(scene), scene, log_gain)

    def plain(self, scene: Scene) -> NoisyVolume:
        """As if something came of every candidate."""
        joint_of(scene, self.name)
        X = np.vstack([scene.measured, scene.pending])
        drawn, ahead = [], []
        bases = normals_apart(scene.rng, len(scene.objectives), len(X) + scene.n, self.draws)
        for j, (objective, spread, base) in enumerate(zip(scene.objectives, scene.spreads, bases, strict=True)):
            alone = replace(scene, fitted=columns(scene.fitted, (j,)), objective=objective, spread=spread, more=())
            start = Draws.none(alone, joint_of(alone, self.name), self.draws)
            drawn.append(start.extend(X, base[: len(X)]))
            ahead.append(base[len(X) :])
        held = np.concatenate([np.ones(len(scene.measured), dtype=np.bool_), scene.holds(scene.pending)])
        known = Known.of(replace(scene, pending=X[:0]))
        return NoisyVolume.of(known, tuple(drawn), np.stack(ahead, axis=1), held)


@dataclass(frozen=True, slots=True)
class NoisyVolume:
    """The scorer of nehvi: draws at all that is measured or pending, k of them, S draws each.

    ahead: (a, k, S) normal numbers kept for candidates that join. held: (b,) which of those drawn hold the limits.
    lower, upper: (S, b, k) corners of each draw's boxes; some are empty, so that all have as many.
    known: the plain posterior, for bounds and words.
    """

    known: Known
    drawn: tuple[Draws, ...]
    ahead: Floats
    held: Bools
    lower: Floats
    upper: Floats
    preface: str = ""

    @classmethod
    def of(cls, known: Known, drawn: tuple[Draws, ...], ahead: Floats, held: Bools, preface: str = "") -> NoisyVolume:
        """Cut what each draw's front does not dominate into boxes."""
        pairs = zip(known.utilities, drawn, strict=True)
        worth = np.stack([utility.of(one.values[held]) for utility, one in pairs], axis=2)
        parts = [boxes(worth[:, s], known.reference) for s in range(worth.shape[1])]
        corners = np.tile(known.reference, (2, len(parts), max(len(low) for low, _ in parts), 1))
        for s, part in enumerate(parts):
            for side, corner in enumerate(part):
                corners[side, s, : len(corner)] = corner
        return cls(known, drawn, ahead, held, corners[0], corners[1], preface)

    @property
    def falls(self) -> bool:
        """Up to the error of draws, as `Volume.falls`."""
        return self.known.linear

    def score(self, X: Floats) -> Floats:
        """Log of the expected gain in hypervolume (q,), averaged over draws."""
        given = [one.given(X) for one in self.drawn]
        std = np.stack([std for _, std in given], axis=1)
        mean = np.stack([mean for mean, _ in given], axis=2)
        gains = log_volumes(mean, std, self.known.utilities, self.lower, self.upper)
        return np.asarray(logsumexp(gains, axis=1)) - math.log(gains.shape[1])

    def join(self, X: Floats) -> NoisyVolume:
        """Go on with each draw to the candidate at X (1, d)."""
        drawn = tuple(one.extend(X, self.ahead[0, j][None, :]) for j, one in enumerate(self.drawn))
        held = np.concatenate([self.held, self.known.scene.holds(X)])
        return NoisyVolume.of(self.known, drawn, self.ahead[1:], held, self.preface)

    def say(self, X: Floats) -> str:
        """The expected gain, on which hypervolume, and what is predicted."""
        return self.preface + volume_words(float(self.score(X)[0]), self.known, X)


def volume_words(log_gain: float, known: Known, X: Floats) -> str:
    """`expected hypervolume improvement 0.42 on 3.10 of a front of 5; predicted ...`."""
    front, have = known.front, hypervolume(known.worth, known.reference)
    said = f"expected hypervolume improvement {figure(math.exp(log_gain))} on {figure(have)}"
    said += f" of a front of {count(len(front), 'candidate')}; {known.predicted(X)}"
    return said + known.unreached
