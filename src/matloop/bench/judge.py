"""By what runs are judged, whatever the goals: the true means of what was measured.

One goal gives each candidate one figure: the quantity itself, or for a target or range the distance from it. What
breaks a limit is worth as little as the worst that holds them all, and is never sought. Several goals are judged by the
hypervolume that the true means of the measured candidates enclose, and by how many of the true front were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.bench import metrics
from matloop.bench.runs import Orders
from matloop.decide.acquisition.utility import utility_of
from matloop.decide.front import hypervolume, non_dominated, reference_of
from matloop.domain.objective import Direction, Objective, optimised
from matloop.errors import DataError, InputError, fail

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """What candidates are truly worth to one goal.

    truth: (n,) the figure of each. goal: which way is better. sought: (n,) which candidates are to be found; None for
    the best twentieth.
    """

    truth: Floats
    goal: Direction
    sought: Bools | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """What candidates are truly worth to several goals.

    worth: (n, k) more is better. holds: (n,) whether all limits hold. reference: (k,) from which hypervolume counts.
    """

    worth: Floats
    holds: Bools
    reference: Floats

    @property
    def best(self) -> Bools:
        """(n,) the true front."""
        rows = np.flatnonzero(self.holds)
        found = np.zeros(len(self.worth), dtype=np.bool_)
        found[rows[non_dominated(self.worth[rows])]] = True
        return found

    def volumes(self, orders: Orders) -> Floats:
        """(runs, budget) share of the whole hypervolume that the candidates measured so far enclose."""
        whole = hypervolume(self.worth[self.best], self.reference)
        found = np.zeros(orders.shape)
        for run, order in enumerate(orders.tolist()):
            kept, volume = np.zeros((0, self.worth.shape[1])), 0.0
            for place, row in enumerate(order):
                own = self.worth[row]
                counts = self.holds[row] and (own > self.reference).all()
                if counts and not (kept >= own).all(axis=1).any():
                    kept = np.vstack([kept, own])
                    kept = kept[non_dominated(kept)]
                    volume = hypervolume(kept, self.reference)
                found[run, place] = volume / whole
        return found

    def shares(self, orders: Orders) -> Floats:
        """(runs, budget) share of the true front that was measured."""
        return metrics.share_found(metrics.count_found(orders, self.best), int(self.best.sum()))


def judge_of(means: Floats, objectives: Sequence[Objective]) -> Judge | Front:
    """By what runs are judged.

    Args:
        means: (n, m) true mean of each candidate and objective.
        objectives: (m,) what is sought.

    Raises:
        InputError: where all is learned, so that nothing is better than anything else.
        DataError: when no candidate holds the limits, or all are worth the same.
    """
    goals = [j for j, one in enumerate(objectives) if one.optimised]
    if not goals:
        cure = "Give one of the objectives a goal with a better and a worse."
        fail(InputError, "backtest", "runs are compared by the best found, and what is to be learned has none", cure)
    holds = np.ones(len(means), dtype=np.bool_)
    for j, one in enumerate(objectives):
        if one.goal == "limit":
            holds &= means[:, j] >= (-np.inf if one.low is None else one.low)
            holds &= means[:, j] <= (np.inf if one.high is None else one.high)
    if not holds.any():
        fail(DataError, "backtest", "no candidate holds the limits", "Widen the limits: there is nothing to be found.")
    worth = np.stack([utility_of(objectives[j]).of(objectives[j].sign * means[:, j]) for j in goals], axis=1)
    if len(goals) == 1:
        return _alone(worth[:, 0], holds, objectives[goals[0]])
    reference = reference_of(worth[holds], optimised(tuple(objectives)), np.std(worth[holds], axis=0).tolist())
    found = Front(worth, holds, reference)
    if hypervolume(worth[found.best], reference) <= 0.0:
        cure = "Give a reference that the best candidates exceed."
        fail(DataError, "backtest", "no candidate exceeds the reference in every goal", cure)
    return found


def _alone(worth: Floats, holds: Bools, goal: Objective) -> Judge:
    worth = np.where(holds, worth, worth[holds].min())
    size = metrics.top_size(len(worth))
    order = np.argsort(np.where(holds, -worth, np.inf), kind="stable")
    sought = np.zeros(len(worth), dtype=np.bool_)
    sought[order[: min(size, int(holds.sum()))]] = True
    if goal.goal == "range" and (inside := holds & (worth == 0.0)).any():
        sought = inside
    linear = goal.linear and goal.sign > 0
    return Judge(worth if linear else -worth, "maximize" if linear else "minimize", sought)
