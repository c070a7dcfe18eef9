"""Replicate or explore? What one more reading of a measured candidate is worth, beside that of a new candidate.

A campaign hands back the candidate with the highest posterior mean among those that were measured. So the worth of a
reading is by how much it is expected to raise that highest mean: the knowledge gradient (Frazier, Powell, Dayanik 2009,
"The knowledge-gradient policy for correlated normal beliefs", INFORMS Journal on Computing 21, 599). A replicate raises
it by telling which of the good ones is best; a new candidate, which joins those that were measured, by being better.
Both are the same measure, in the objective's unit, and are divided by what the experiment costs.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

import numpy as np

from matloop.decide import Purpose, Task
from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.feasible import odds
from matloop.decide.acquisition.improvement import log_ei, log_h
from matloop.decide.acquisition.others import Said, said
from matloop.decide.prices import Prices
from matloop.decide.search_pool import Found
from matloop.decide.words import figure
from matloop.domain.candidate import Candidate
from matloop.domain.prediction import Floats
from matloop.errors import InputError
from matloop.surrogate import Conditioned, Joint

TRIED = 32
"""Candidates of either kind whose gain is computed: measured ones with the highest mean + 2 std, and new ones with the
highest expected improvement by one reading. More cost time, and the best is hardly ever beyond them."""
_FAR = 40.0  # standard deviations beyond which lines cross so rarely that it does not count
_HOPE = 2.0  # standard deviations above the mean up to which a measured candidate may still turn out the best


def expected_rise(heights: Floats, slopes: Floats) -> float:
    """E[max_i (heights_i + slopes_i z)] - max_i heights_i for a standard normal z, exactly.

    Args:
        heights: (k,) means now.
        slopes: (k,) how far each mean moves with z.

    Source: Frazier, Powell, Dayanik 2009, algorithm 1 and eq. 14: over the breakpoints c of the upper envelope, the sum
    of the changes of slope times h(-|c|), h(z) = phi(z) + z Phi(z).
    """
    order = np.lexsort((heights, slopes))
    hull: list[int] = []
    breaks: list[float] = []
    for i in order.tolist():
        while hull:
            last = hull[-1]
            if slopes[i] == slopes[last]:  # parallel, and not below it
                at = -np.inf
            else:
                with np.errstate(over="ignore"):  # slopes all but parallel cross at infinity
                    at = (heights[last] - heights[i]) / (slopes[i] - slopes[last])
            if len(hull) > 1 and at <= breaks[-1]:
                hull.pop()
                breaks.pop()
            elif at == -np.inf:
                hull.pop()
            else:
                breaks.append(at)
                break
        hull.append(i)
    if len(hull) < 2:
        return 0.0
    change = np.diff(slopes[hull])
    return float(change @ np.exp(log_h(-np.minimum(np.abs(np.array(breaks)), _FAR))))


def gains(one: Said, *, new: bool, noise: Floats) -> Floats:
    """Expected rise (q,) of the highest mean over what was measured, by one reading of each of q candidates.

    Args:
        one: what the readings say about all that was measured.
        new: whether the candidates then join those that were measured.
        noise: (q,) std of one reading at the candidates.
    """
    best = float(one.mean.max())
    own = one.own_std**2 / np.sqrt(np.maximum(one.own_std**2 + noise**2, np.finfo(np.float64).tiny))
    found = np.zeros(len(one.shift))
    for row, shift in enumerate(one.shift):
        heights, slopes = (one.mean, shift) if not new else (
            np.append(one.mean, one.own_mean[row]), np.append(shift, own[row]),
        )  # fmt: skip
        found[row] = expected_rise(heights, slopes) + max(float(heights.max()) - best, 0.0)
    return found


def unreplicated(surrogate: str) -> tuple[str, str]:
    """Why a surrogate cannot say what a replicate is worth, and the cure."""
    found = "replicates = 'auto' needs a joint posterior that learns further readings without a new fit"
    return f"{found}, which {surrogate!r} lacks", "Leave it out, or take surrogate 'gp'."


@dataclass(frozen=True, slots=True)
class Advice:
    """A replicate that is worth more than any new candidate, and why, in words."""

    found: Found
    words: str


@dataclass(frozen=True, slots=True)
class Replicates:
    """What may be measured again in one ask.

    task: the ask. believed: the belief in what is pending. held: candidates that may be measured again.
    X: (k, d) these, encoded. prices: what is left to spend, None where nobody says what candidates cost.
    """

    task: Task
    believed: Believed
    held: tuple[Candidate, ...]
    X: Floats
    prices: Prices | None

    @classmethod
    def of(cls, task: Task, scene: Scene, prices: Prices | None) -> Replicates | None:
        """At the start of a search; None where nothing may be measured again.

        Raises:
            InputError: when the surrogate cannot say what one reading tells of others.
        """
        if not (isinstance(scene.fitted, Joint) and isinstance(scene.fitted, Conditioned)):
            raise InputError.at("strategy.replicates", *unreplicated(scene.surrogate))
        found = (one for one in task.readings if one.candidate in task.again)
        held = {one.candidate: Candidate(one.candidate, one.values) for one in found}
        if not held or scene.crowd is None:
            return None
        kept = tuple(held[name] for name in sorted(held))
        X = task.candidates.encoder.encode([one.values for one in kept])
        return cls(task, Believed.of(scene), kept, X, prices)

    def join(self, X: Floats) -> Replicates:
        """Once the candidate at X (1, d) is pending too."""
        return replace(self, believed=self.believed.join(X))

    def advice(self, taken: Set[str]) -> Advice | None:
        """The best replicate, None where the best new candidate is worth more; `taken`: ids chosen in this ask."""
        row, again, cost = self._best_of_held(taken)
        if row is None or again <= 0.0:
            return None
        new, new_cost = self._best_of_new()
        if again / cost <= new / new_cost:
            return None
        unit = self.believed.scene.objective.unit
        words = f"replicate: one more reading is expected to raise the best mean by {figure(again, unit)}"
        words += "" if self.prices is None else f" at a cost of {figure(cost)}"
        words += f", the best new candidate by {figure(new, unit)}"
        words += "" if self.prices is None else f" at {figure(new_cost)}"
        return Advice(Found(self.held[row], self.X[row : row + 1]), words)

    def _best_of_held(self, taken: Set[str]) -> tuple[int | None, float, float]:
        """The measured candidate whose next reading tells most for its cost, its gain, and that cost."""
        mean, std = self.believed.look(self.X)
        hopeful = np.argsort(-(mean + _HOPE * std), kind="stable").tolist()
        rows = [row for row in hopeful if self.held[row].id not in taken and self._payable(self._cost(row))][:TRIED]
        if not rows:
            return None, 0.0, 1.0
        gain = self._gains(self.X[rows], new=False)
        cost = np.array([self._cost(row) for row in rows])
        top = int(np.argmax(gain / cost))
        return rows[top], float(gain[top]), float(cost[top])

    def _best_of_new(self) -> tuple[float, float]:
        """The largest gain for its cost by a new candidate, as far as it forms, and that cost."""
        scene = self.believed.scene

        def promise(X: Floats) -> Floats:
            mean, std = self.believed.look(X)
            noise = self.believed.fitted.predict(X).noise_std[:, 0]
            moved = std**2 / np.sqrt(np.maximum(std**2 + noise**2, np.finfo(np.float64).tiny))
            return log_ei(mean, moved, self.believed.best)

        if scene.crowd is None:
            return 0.0, 1.0
        last = None if self.prices is None else self.prices.last
        X, cost = scene.crowd.priced(TRIED, promise, self.task.rng(Purpose.REPLICATE), last)
        payable = np.array([self._payable(one) for one in cost.tolist()], dtype=np.bool_)
        X, cost = X[payable], cost[payable]
        if not len(X):
            return 0.0, 1.0
        gain = self._gains(X, new=True) * (1.0 if scene.forming is None else odds(scene.forming, X))
        top = int(np.argmax(gain / cost))
        return float(gain[top]), float(cost[top])

    def _gains(self, X: Floats, *, new: bool) -> Floats:
        noise = self.believed.fitted.predict(X).noise_std[:, 0]
        (one,) = said(self.believed, np.vstack([self.believed.scene.measured, self.believed.heard]), X)
        return gains(one, new=new, noise=noise)

    def _cost(self, row: int) -> float:
        """What measuring a candidate again costs, 1 where nobody says; inf where it is unknown."""
        if self.prices is None:
            return 1.0
        cost = self.prices.costs.of(self.held[row], self.prices.last)
        return np.inf if cost is None else cost

    def _payable(self, cost: float) -> bool:
        """A cost that nobody knows, NaN or inf, is none that can be compared."""
        left = np.inf if self.prices is None else self.prices.left
        return bool(np.isfinite(cost) and cost <= left)
