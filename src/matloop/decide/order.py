"""Which candidates are best, by their posterior means, whatever the goals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.decide.acquisition import EVEN
from matloop.decide.acquisition.limits import log_holds
from matloop.decide.acquisition.utility import log_between, utility_of
from matloop.decide.front import contributions, hypervolume, layers, reference_of
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats, Prediction

Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Standing:
    """How n candidates stand to the goals and to each other.

    order: (n,) their places, best first. best: how many of these are best: 0 where none holds the limits or there is no
        better and worse, 1 with one goal, all that are not dominated with several.
    holds: (n,) probability that the limits hold; None without limits.
    layer: (n,) 1 where no other candidate is better in every goal, 2 where only those of layer 1 are ..., 0 where the
        limits do not hold; None with fewer than two goals.
    contribution: (n,) hypervolume that each alone adds to its layer; None as `layer`.
    reference: (k,) point from which hypervolume is counted, in worth; volume: that of layer 1; None as `layer`.
    """

    order: Ints
    best: int
    holds: Floats | None = None
    layer: Ints | None = None
    contribution: Floats | None = None
    reference: Floats | None = None
    volume: float | None = None


def standing(said: Prediction, objectives: Sequence[Objective], spreads: Sequence[float]) -> Standing:
    """How candidates stand. Those that hold the limits more likely than not come first, others by that probability.

    One goal orders by worth, a range by the probability of lying in it; several order by layers of non-domination and
    within one by the hypervolume that a candidate alone adds. Equal ones stay in their order.

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
        keys = _keys(said, goals, objectives, ahead)
        order = np.concatenate([ahead[np.lexsort(keys)] if keys else ahead, behind])
        return Standing(order, min(len(goals), len(ahead)), holds)
    worth = worth_of(said.mean[ahead], objectives)
    return _several(worth, ahead, behind, holds, [objectives[j] for j in goals], [spreads[j] for j in goals])


def worth_of(mean: Floats, objectives: Sequence[Objective]) -> Floats:
    """(n, k) worth of means (n, m) to the k objectives that are optimised."""
    columns = [utility_of(one).of(one.sign * mean[:, j]) for j, one in enumerate(objectives) if one.optimised]
    return np.stack(columns, axis=1)


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
    """(n,) places of n candidates, best first; as `standing`."""
    return standing(said, objectives, spreads).order
