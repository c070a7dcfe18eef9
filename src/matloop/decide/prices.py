"""Costs in a search: which candidates can still be paid, and gain per cost where costs differ.

Gain per cost alone favours cheap candidates for as long as there are any. Where a budget of cost is set it therefore
counts the less the more of it is spent: the cost is raised to the share of the budget that is left (cost cooling, Lee,
Perrone, Archambeau, Seeger 2020, "Cost-aware Bayesian optimization", eq. 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Purpose, Task
from matloop.decide.acquisition import Priced
from matloop.decide.words import figure
from matloop.domain.candidate import Candidate
from matloop.domain.cost import Costs, affordable
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats

_ALIKE = 1e-9  # relative difference up to which costs are the same
_SAMPLED = 256  # candidates of a space whose costs tell whether costs differ, and which one is typical


@dataclass(slots=True)
class Prices:
    """What is left to spend in one ask, and how costs weigh.

    typical: cost that weighs nothing. power: how much costs weigh, 0 not at all, 1 in full.
    left: what is left to be spent, inf without a limit.
    last: the candidate before the next one. paid: what the last one cost, `changed` of it to
        change over.
    """

    costs: Costs
    typical: float
    power: float
    left: float
    last: Candidate | None = None
    paid: float = 0.0
    changed: float = 0.0

    @classmethod
    def of(cls, task: Task, chosen: Sequence[Candidate]) -> Prices | None:
        """At the start of a search; None where nobody says what candidates cost.

        Args:
            task: with costs.
            chosen: in the same ask.
        """
        if task.costs is None:
            return None
        line = (task.last, *chosen)
        spent = sum(task.costs.of(after, before) or 0.0 for before, after in pairwise(line) if after is not None)
        some = _some(task, task.costs, line[-1])
        differ = bool(np.ptp(some) > _ALIKE * some.max())
        limit = task.costs.settings.limit
        left = np.inf if task.left is None else task.left - spent
        power = 1.0 if limit is None else max(0.0, float(left)) / limit
        return cls(task.costs, float(np.median(some)), power if differ else 0.0, float(left), line[-1])

    @property
    def weigh(self) -> bool:
        """Do costs differ, so that gain per cost is another order than gain?"""
        return self.power > 0.0

    @property
    def moving(self) -> bool:
        """Do costs change with each candidate that is found?"""
        return bool(self.costs.change.prices)

    def pay(self, candidate: Candidate) -> None:
        """Take the cost of a found candidate from what is left; the next one changes over from it."""
        self.paid = self.costs.of(candidate, self.last) or 0.0
        self.left -= self.paid
        self.changed = self.costs.change.between(self.last, candidate.values)
        self.last = candidate

    def affordable(self, cost: Floats) -> NDArray[np.bool_]:
        """(q,) which candidates can still be paid; one whose cost nobody knows cannot where there is a limit."""
        return affordable(cost, self.left) if np.isfinite(self.left) else np.ones(len(cost), dtype=np.bool_)

    def apply(self, scorer: Any, scores: Floats, cost: Floats) -> Floats:
        """Scores (q,), or upper bounds of them, per cost (q,) where the scorer minds costs."""
        if not (self.weigh and isinstance(scorer, Priced)):
            return scores
        known = np.where(np.isnan(cost), self.typical, cost)
        return scorer.per_cost(scores, (known / self.typical) ** self.power)

    def say(self, scorer: Any, X: Floats) -> str:
        """`costs 12.0, ranked by gain per cost` of the candidate just paid, at X (1, d); the rest where it is so."""
        said = f"costs {figure(self.paid)}" + (f", {figure(self.changed)} of it to change over" if self.changed else "")
        if not (self.weigh and isinstance(scorer, Priced)):
            return said
        score = scorer.score(X)  # type: ignore[attr-defined]
        if np.array_equal(scorer.per_cost(score, np.full(1, 2.0)), score):
            return said
        cooled = "" if self.power == 1.0 else f" to the power of {self.power:.2f}, the share of the budget left"
        return f"{said}, ranked by gain per cost{cooled}"


def _some(task: Task, costs: Costs, last: Candidate | None) -> Floats:
    """Costs (k,) that stand for all: of a whole pool, else of points drawn for nothing else."""
    if isinstance(task.candidates, Pool):
        return costs.after(last)
    points = task.candidates.sample(task.rng(Purpose.PRICE), _SAMPLED)
    found = costs.of_grid(task.candidates, points, last)
    known = found[~np.isnan(found)]
    return known if len(known) else np.ones(1)
