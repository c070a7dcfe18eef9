"""hits: as many candidates beyond a threshold as possible with the experiments that are left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.feasible import odds, odds_words
from matloop.decide.acquisition.others import Said, demanded, lonely, said
from matloop.decide.words import count, figure, percent
from matloop.domain.prediction import Floats

HORIZON = 20
"""Experiments that are counted with where no budget says how many are left. Larger, it explores for longer."""
CROWD = 512
"""Candidates, those most likely to be hits, of which the later experiments would be made. More cost time; with fewer
than there are experiments left, what can still be found is understated."""
LIMIT = 2000
"""Candidates that are looked at for one choice. Of a larger pool half are those most likely to be hits, and half are
drawn at random, so that unknown regions are not overlooked."""
NODES = 8
"""Values of the reading over which is averaged, by Gauss and Hermite. Fewer, and the answer depends on them."""

_Z, _WEIGHTS = np.polynomial.hermite_e.hermegauss(NODES)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def top_sum(chances: Floats, k: int) -> Floats:
    """Sum of the k largest of chances (..., r) along the last axis; of all where there are fewer."""
    r = chances.shape[-1]
    if k <= 0 or r == 0:
        return np.zeros(chances.shape[:-1])
    if k >= r:
        return np.asarray(chances.sum(axis=-1))
    return np.asarray(np.partition(chances, r - k, axis=-1)[..., r - k :].sum(axis=-1))


def later(one: Said, mark: float, weights: Floats, k: int) -> Floats:
    """Expected sum (q,) of the k largest probabilities of a hit among others, once each of q candidates was read.

    Args:
        one: what a reading of each candidate says about the others.
        mark: signed threshold.
        weights: (q, r) probability that the others form; 0 where an other is the candidate itself.
        k: how many experiments follow.
    """
    std = np.sqrt(one.left)
    parts = [top_sum(weights * ndtr((one.mean + z * one.shift - mark) / std), k) for z in _Z]
    return np.asarray(_WEIGHTS @ np.array(parts))


@dataclass(frozen=True, slots=True)
class Hits:
    """Efficient non-myopic search (ENS), its classifier replaced by a regression of the measured value.

    A hit is a candidate whose truth lies beyond the threshold, in the goal's direction. The score of a candidate is the
    number of hits to be expected of it and all that follow, if those that follow were made all at once after its
    reading: its own probability, plus the expected sum of the k largest probabilities that remain, k being the
    experiments left after it. With many left this pays for finding out where hits are; the last choice is the most
    likely hit.

    threshold: in the objective's unit.

    Source: Jiang, Malkomes, Converse, Shofner, Moseley, Garnett 2017, "Efficient nonmyopic active search" (ICML),
    section 4.
    """

    threshold: float
    name: ClassVar[str] = "hits"

    def prepare(self, scene: Scene) -> Search:
        """Find the candidates that are most likely to be hits."""
        crowd = demanded(scene, self.name)
        start = Search(Believed.of(scene), scene.sign * self.threshold, scene.measured[:0], scene.remaining)
        return replace(start, others=crowd.best(CROWD, start.chance, scene.rng))


@dataclass(frozen=True, slots=True)
class Search:
    """The scorer.

    mark: signed threshold. others: (r, d) the most likely hits. remaining: experiments left, this one included, None
    where nobody says.
    """

    believed: Believed
    mark: float
    others: Floats
    remaining: int | None
    falls: bool = field(default=False, init=False)  # a choice taken away can make another one worth more
    limit: int = field(default=LIMIT, init=False)

    @property
    def ahead(self) -> int:
        """Experiments that follow the one to be chosen."""
        return max((HORIZON if self.remaining is None else self.remaining) - 1, 0)

    def chance(self, X: Floats) -> Floats:
        """Probability (q,) that candidates at X (q, d) are hits; what does not form is none."""
        mean, std = self.believed.look(X)
        return self._forms(X) * ndtr((mean - self.mark) / np.maximum(std, np.finfo(np.float64).tiny))

    def _forms(self, X: Floats) -> Floats:
        forming = self.believed.scene.forming
        return np.ones(len(X)) if forming is None else odds(forming, X)

    def score(self, X: Floats) -> Floats:
        """Hits (q,) to be expected of each candidate at X (q, d) and the experiments after it."""
        forms, own = self._forms(X), self.chance(X)
        if self.ahead == 0 or len(self.others) == 0:
            return lonely(own, self.believed, X)
        base = self._forms(self.others)
        parts, start = [], 0
        for one in said(self.believed, self.others, X):
            rows = slice(start, start + len(one.shift))
            start = rows.stop
            weights = base * ~_equal(X[rows], self.others)
            after = later(one, self.mark, weights, self.ahead)
            now = top_sum(weights * ndtr((one.mean - self.mark) / np.sqrt(np.maximum(one.var, _LEAST))), self.ahead)
            parts.append(own[rows] + forms[rows] * after + (1.0 - forms[rows]) * now)  # a failure moves no mean
        return lonely(np.concatenate(parts) if parts else np.zeros(0), self.believed, X)

    def glance(self, X: Floats) -> Floats:
        """The probability of a hit (q,)."""
        return self.chance(X)

    def join(self, X: Floats) -> Search:
        """Once the candidate at X (1, d) is pending: it is no longer among the others, and one less is left."""
        others = self.others[~_equal(X, self.others)[0]]
        remaining = None if self.remaining is None else max(self.remaining - 1, 1)
        return replace(self, believed=self.believed.join(X), others=others, remaining=remaining)

    def say(self, X: Floats) -> str:
        """The probability of a hit, and how many are to be expected."""
        scene, own = self.believed.scene, float(self.chance(X)[0])
        side = "above" if scene.sign > 0 else "below"
        words = f"{percent(own)} chance of a hit, {side} {figure(scene.sign * self.mark, scene.objective.unit)}"
        if self.ahead:
            left = "of the budget" if self.remaining is not None else "counted with, since no budget is set"
            more = figure(max(float(self.score(X)[0]) - own, 0.0))
            words += f"; {more} hits expected in the {count(self.ahead, 'experiment')} after it, {left}"
        return words if scene.forming is None else f"{words}; {odds_words(scene.forming, X)}"


_LEAST = np.finfo(np.float64).tiny  # variance that keeps a known truth apart from a division by zero


def _equal(X: Floats, others: Floats) -> np.ndarray:
    """(q, r) which candidates are which others."""
    return np.asarray((X[:, None, :] == others[None, :, :]).all(axis=2))
