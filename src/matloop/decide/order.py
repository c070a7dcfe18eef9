"""Which candidates are best, by their posterior means, whatever the goals.

Where noisy readings leave it in doubt whether limits hold, the best mean is often one that looks good because it breaks
them. One goal then names by expected worth (record 0056).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.decide.acquisition import EVEN
from matloop.decide.acquisition.limits import ends, log_holds, log_within
from matloop.decide.acquisition.utility import log_between, utility_of
from matloop.decide.front import contributions, hypervolume, layers, reference_of
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats, Prediction

Ints = NDArray[np.intp]

KNOWN = 0.01
"""Noise of one reading, as a share of the readings' spread, below which a limit counts as known, held or not.
Exact readings are modelled with less (25 of them with 0.002), and what lies on its limit, and so holds it, then has a
probability of one half. Larger, a limit in doubt is taken for sure; smaller, what lies on a known one comes behind."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How n candidates stand to the goals and to each other.

    order: (n,) their places, by mean. best: how many are best: 0 where none holds the limits or there is no better and
        worse, 1 with one goal, all that are not dominated with several; they come first in `leading`.
    holds: (n,) probability that the limits hold; None without limits.
    layer: (n,) 1 where no other candidate is better in every goal, 2 where only those of layer 1 are ..., 0 where the
        limits do not hold; None with fewer than two goals.
    contribution: (n,) hypervolume that each alone adds to its layer; None as `layer`.
    reference: (k,) point from which hypervolume is counted, in worth; volume: that of layer 1; None as `layer`.
    named: place of what is best by expected worth, where that is not the first of the order; None where it is.
    """

    order: Ints
    best: int
    holds: Floats | None = None
    layer: Ints | None = None
    contribution: Floats | None = None
    reference: Floats | None = None
    volume: float | None = None
    named: int | None = None

    @property
    def leading(self) -> Ints:
        """(n,) the order, with what is best moved to the front."""
        if self.named is None:
            return self.order
        return np.concatenate([[self.named], self.order[self.order != self.named]])


def standing(said: Prediction, objectives: Sequence[Objective], spreads: Sequence[float]) -> Standing:
    """How candidates stand. Those that hold the limits more likely than not come first, others by that probability.

    One goal orders by worth, a range by the probability of lying in it. Where readings of limits are noisy, one goal
    names as best that of the highest expected worth: the height of the worth above the worst of the n, times the
    probability that these limits hold (a range: the probability of lying in it, times that of the limits). Several
    goals order by layers of non-domination and within one by the hypervolume that a candidate alone adds. Equal ones
    stay in their order.

    Args:
        said: n predictions of m objectives.
        objectives: (m,) what is sought.
        spreads: (m,) standard deviations of the readings.
    """
    chance = np.exp(log_holds(said, objectives))
    holds = chance if any(one.goal == "limit" for one in objectives) else None
    ahead = np.flatnonzero(chance >= EVEN)
    by_chance = np.argsort(-chance, kind="stable")
    behind = by_chance[chance[by_chance] < EVEN]
    goals = [j for j, one in enumerate(objectives) if one.optimised]
    if len(goals) < 2:
        by_mean, named = _one(said, goals, objectives, spreads, ahead)
        order = np.concatenate([by_mean, behind])
        return Standing(order, min(len(goals), len(ahead)), holds, named=named)
    worth = worth_of(said.mean[ahead], objectives)
    return _several(worth, ahead, behind, holds, [objectives[j] for j in goals], [spreads[j] for j in goals])


def worth_of(mean: Floats, objectives: Sequence[Objective]) -> Floats:
    """(n, k) worth of means (n, m) to the k objectives that are optimised."""
    columns = [utility_of(one).of(one.sign * mean[:, j]) for j, one in enumerate(objectives) if one.optimised]
    return np.stack(columns, axis=1)


def _one(
    said: Prediction, goals: list[int], objectives: Sequence[Objective], spreads: Sequence[float], ahead: Ints
) -> tuple[Ints, int | None]:
    """The rows `ahead` of those that hold the limits by mean, and which of them is named in place of the first."""
    keys = _keys(said, goals, objectives, ahead)
    by_mean = ahead[np.lexsort(keys)] if keys else ahead
    noise = np.sqrt(np.mean(said.noise_std**2, axis=0)) if len(said.mean) else np.zeros(len(objectives))
    doubted = [j for j, one in enumerate(objectives) if one.goal == "limit" and noise[j] > KNOWN * spreads[j]]
    if not keys or not doubted or not len(ahead):
        return by_mean, None
    said_of = [(said.mean[ahead, j], said.model_std[ahead, j], *ends(objectives[j])) for j in doubted]
    chance = np.sum([log_within(*one) for one in said_of], axis=0)
    if len(keys) > 1:
        worth = chance - keys[-1]
    else:
        worst = _keys(said, goals, objectives, np.arange(len(said.mean)))[-1].max()
        worth = np.exp(chance) * (worst - keys[-1])
    named = int(ahead[np.lexsort([*keys, -worth])[0]])
    return by_mean, None if named == by_mean[0] else named


def _keys(said: Prediction, goals: list[int], objectives: Sequence[Objective], rows: Ints) -> list[Floats]:
    """Keys of rows by which one goal orders, the strongest last; none where nothing is better."""
    if not goals:
        return []
    (j,) = goals
    one, mean = objectives[j], said.mean[rows, j]
    worth = -utility_of(one).of(one.sign * mean)
    if one.goal != "range" or one.low is None or one.high is None:
        return [worth]
    middle = np.abs(mean - (one.low + one.high) / 2)
    return [middle, worth, -log_between(mean, said.model_std[rows, j], one.low, one.high)]


def _several(
    worth: Floats, ahead: Ints, behind: Ints, holds: Floats | None, goals: Sequence[Objective], spreads: Sequence[float]
) -> Standing:
    """Several goals: worth (a, k) of the candidates `ahead` (a,), those behind do not hold the limits."""
    layer = np.zeros(len(ahead) + len(behind), dtype=np.intp)
    alone = np.zeros(len(layer))
    if not len(ahead):
        return Standing(behind, 0, holds, layer, alone)
    reference = reference_of(worth, goals, spreads)
    layer[ahead] = layers(worth)
    for number in range(1, int(layer.max()) + 1):
        rows = layer[ahead] == number
        alone[ahead[rows]] = contributions(worth[rows], reference)
    order = np.concatenate([ahead[np.lexsort([-alone[ahead], layer[ahead]])], behind])
    return Standing(order, int(np.sum(layer == 1)), holds, layer, alone, reference, hypervolume(worth, reference))


def best_first(said: Prediction, objectives: Sequence[Objective], spreads: Sequence[float]) -> Ints:
    """(n,) places of n candidates, best first by their means; see `standing`."""
    return standing(said, objectives, spreads).order
