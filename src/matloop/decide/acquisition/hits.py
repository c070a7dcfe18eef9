"""hits: as many candidates beyond a threshold as possible with the experiments that are left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.feasible import odds, odds_words
from matloop.decide.acquisition.limits import readable
from matloop.decide.acquisition.others import Said, demanded, lonely, said
from matloop.decide.words import figure, percent
from matloop.domain.prediction import Floats

GOES_ON = 0.99
"""Chance that a campaign goes on after each experiment that its budget allows: plans change, samples run out. So a hit
is worth a hundredth more than the same hit one experiment later. At 1, once more experiments are left than there are
probable hits, all orders of collecting are as good and rounding decides; far smaller, little is spent on finding out.
"""
HORIZON = 20
"""Experiments that are counted with on average where no budget says how many are left: then a campaign may end at any
time, after each experiment with probability 1 / HORIZON. Larger, it explores for longer."""
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


def in_turn(chances: Floats, keep: Floats) -> Floats:
    """Sum over the last axis of chances (..., r), the largest times keep[0], the next times keep[1], ...; keep (k,)."""
    k = min(len(keep), chances.shape[-1])
    return np.asarray(-np.sort(-chances, axis=-1)[..., :k] @ keep[:k])


def turns(chances: Floats, keep: Floats) -> Floats:
    """What `in_turn` multiplies each of chances (..., r) by, 0 for what gets no turn; the first of equals is first."""
    factors = np.zeros(chances.shape)
    k = min(len(keep), chances.shape[-1])
    order = np.argsort(-chances, axis=-1, kind="stable")[..., :k]
    np.put_along_axis(factors, order, np.broadcast_to(keep[:k], order.shape), axis=-1)
    return factors


def later(one: Said, mark: float, weights: Floats, keep: Floats, plain: Floats | None = None) -> tuple[Floats, Floats]:
    """Expected hits (q,) among others, collected in turn: as known now, and once each of q candidates was read.

    A reading is worth what it changes in the order: of each value that it may have, what the new order collects beyond
    the old one, which is never negative. What the old order collects is expected not to change, so it is not averaged
    over nodes, and a reading that changes no order is worth nothing. What is pending takes part in what a reading adds
    to it, not in the hits that are expected: readings to come make no hit likelier.

    Args:
        one: what a reading of each candidate says about the others.
        mark: signed threshold.
        weights: (q, r) probability that something comes of the others; 0 where an other is the candidate itself.
        keep: (k,) what a hit counts in each of the experiments that follow.
        plain: (r,) probability of a hit by the readings at hand, where `one` believes in what is pending; None where it
            does not.
    """
    chances = weights * ndtr((one.mean - mark) / np.sqrt(np.maximum(one.var, _LEAST)))
    order = turns(chances, keep)
    now = np.sum(order * chances, axis=1) if plain is None else in_turn(weights * plain, keep)
    std = np.sqrt(np.maximum(one.left, _LEAST))
    gain = np.zeros(len(now))
    for z, share in zip(_Z, _WEIGHTS, strict=True):
        read = weights * ndtr((one.mean + z * one.shift - mark) / std)
        gain += share * np.maximum(in_turn(read, keep) - np.sum(order * read, axis=1), 0.0)
    return now, now + gain


@dataclass(frozen=True, slots=True)
class Hits:
    """Efficient non-myopic search (ENS), its classifier replaced by a regression of the measured value.

    A hit is a candidate whose truth lies beyond the threshold, in the goal's direction. The score of a candidate is the
    number of hits to be expected of it and all that follow, if those that follow were chosen all at once after its
    reading: its own probability, plus the expected sum of the largest probabilities that remain, the likeliest first.
    A campaign may end before its budget does, so each experiment after it counts by the probability that the campaign
    gets there: `GOES_ON` to the power of how many lie between. Without a budget it may end at any time, and `HORIZON`
    experiments are expected. So of two orders that collect the same the sooner one is taken; with many experiments left
    it still pays to find out where hits are; the last choice is the most likely hit.

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
    def ends(self) -> float:
        """Probability that the campaign ends after an experiment, though its budget would go on."""
        return 1.0 / HORIZON if self.remaining is None else 1.0 - GOES_ON

    @property
    def keep(self) -> Floats:
        """(k,) probabilities that the campaign gets to the experiments that may follow the one to be chosen."""
        k = len(self.others) if self.remaining is None else min(max(self.remaining - 1, 0), len(self.others))
        return np.asarray((1.0 - self.ends) ** np.arange(1.0, k + 1.0))

    def chance(self, X: Floats) -> Floats:
        """Probability (q,) that candidates at X (q, d) are hits; what does not form, or breaks a limit, is none.

        By the readings at hand: one that is pending makes no hit likelier, whatever it is believed to say.
        """
        return self._useful(X) * self._beyond(X)

    def _beyond(self, X: Floats) -> Floats:
        """Probability (q,) that the truth at X (q, d) lies beyond the threshold, by the readings at hand."""
        mean, std = self.believed.plain(X)
        return np.asarray(ndtr((mean - self.mark) / np.maximum(std, _LEAST)))

    def _useful(self, X: Floats) -> Floats:
        forming = self.believed.scene.forming
        return np.ones(len(X)) if forming is None else odds(forming, X)

    def _read(self, X: Floats) -> Floats:
        """Probability (q,) that candidates at X (q, d) are read, whether they hold limits or not."""
        reads = readable(self.believed.scene.forming)
        return np.ones(len(X)) if reads is None else odds(reads, X)

    def score(self, X: Floats) -> Floats:
        """Hits (q,) to be expected of each candidate at X (q, d) and the experiments after it.

        As long as others follow, a doubtful candidate counts less as far as the pending will settle its doubt: if it is
        a hit, it can be collected then. A certain hit is none the worse for it.
        """
        own = self.chance(X)
        if len(self.keep) == 0:
            return lonely(own, self.believed, X)
        own = own * (1.0 - (1.0 - own) * (1.0 - self.believed.share_left(X, self.believed.plain(X)[1])))
        return lonely(own + self._after(X), self.believed, X)

    def _after(self, X: Floats) -> Floats:
        """Hits (q,) to be expected of the experiments after each candidate at X (q, d)."""
        reads, keep = self._read(X), self.keep
        base = self._useful(self.others)
        plain = self._beyond(self.others) if self.believed.counts else None
        parts, start = [], 0
        for one in said(self.believed, self.others, X):
            rows = slice(start, start + len(one.shift))
            start = rows.stop
            now, after = later(one, self.mark, base * ~_equal(X[rows], self.others), keep, plain)
            parts.append(reads[rows] * after + (1.0 - reads[rows]) * now)  # a failure moves no mean
        return np.concatenate(parts) if parts else np.zeros(0)

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
        if len(self.keep):
            more = figure(float(self._after(X)[0]))
            words += f"; {more} hits expected after it, if {percent(self.ends)} of campaigns end at each experiment"
            words += ", since no budget is set" if self.remaining is None else (
                f" and the budget leaves {self.remaining - 1} more"
            )  # fmt: skip
        return words if scene.forming is None else f"{words}; {odds_words(scene.forming, X)}"


_LEAST = np.finfo(np.float64).tiny  # variance that keeps a known truth apart from a division by zero


def _equal(X: Floats, others: Floats) -> np.ndarray:
    """(q, r) which candidates are which others."""
    return np.asarray((X[:, None, :] == others[None, :, :]).all(axis=2))
