"""What several benchmarks do with a campaign on candidates whose outcomes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field, replace

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.decide import Chosen, Strategy, Task
from matloop.decide.acquisition import Acquisition, Scene
from matloop.decide.acquisition.auto import COLLECTED, Auto
from matloop.decide.acquisition.believe import Pointwise
from matloop.decide.batch import Rule
from matloop.decide.bayes import EVALUATIONS
from matloop.domain.prediction import Floats
from matloop.surrogate.gp import GP

BEHIND = 1e4
"""Spreads by which candidates rank behind others; more than any bound can differ by."""


@dataclass(frozen=True)
class Trial:
    """A strategy of an acquisition that only a benchmark knows, so that no ledger can describe it."""

    acquisition: InitVar[Acquisition]
    name: str = "trial"
    tried: Acquisition = field(init=False)

    def __post_init__(self, acquisition: Acquisition) -> None:
        object.__setattr__(self, "tried", acquisition)

    def suggest(self, task: Task) -> Chosen:
        return Rule(GP(), self.tried, EVALUATIONS).suggest(task)


@dataclass(frozen=True)
class Again(Auto):
    """`auto` that asks for the same thing as often as its bound says, as it did before record 0067."""

    def collecting(self, scene: Scene, pays: float) -> Pointwise:
        """The bound alone."""
        return Auto.collecting(self, replace(scene, few_values=False), pays)


@dataclass(frozen=True)
class Unknown(Auto):
    """`auto` that in any large space collects first what a reading would still say something about (record 0067).

    known: model_std, as a share of the noise of one reading, below which a candidate is known.
    """

    known: float = 0.5

    def collecting(self, scene: Scene, pays: float) -> Pointwise:
        """The bound; what is known ranks behind all others."""
        bound = Auto.collecting(self, replace(scene, few_values=False), pays)
        if not scene.space or scene.size <= COLLECTED:
            return bound
        least = self.known * float(np.sqrt(np.mean(scene.seen().noise_std[:, 0] ** 2)))

        def formula(mean: Floats, std: Floats, best: float) -> Floats:
            return bound.formula(mean, std, best) - BEHIND * (std < least)

        return replace(bound, formula=formula)


@dataclass(frozen=True)
class Chance(Auto):
    """`auto` that collects by the chance of being among the best of all candidates (record 0062).

    top: how many of all candidates, as a share.
    """

    top: float = 0.05

    def collecting(self, scene: Scene, pays: float) -> Pointwise:
        """(mean - tau) / std, where so many are believed to lie above tau; what was measured counts as predicted."""
        bound = Auto.collecting(self, scene, pays)
        assert scene.crowd is not None
        X = scene.crowd.some(scene.size, scene.rng)
        mean, std = bound.believed.look(X)
        made = {row.tobytes() for row in scene.measured}
        std[[row.tobytes() in made for row in X]] = 0.0
        tau = level(mean, std, self.top * scene.size)

        def formula(mean: Floats, std: Floats, best: float) -> Floats:
            return (mean - tau) / np.maximum(std, 1e-9 * scene.spread)

        return replace(bound, formula=formula, rises=False)


def level(mean: Floats, std: Floats, top: float) -> float:
    """Tau above which so many candidates, `top`, are expected, by their mean (n,) and std (n,)."""

    def more(tau: float) -> float:
        return float(norm.sf((tau - mean) / np.maximum(std, 1e-12)).sum()) - top

    reach = float(np.ptp(mean) + 10 * std.max())
    return float(brentq(more, mean.min() - reach, mean.max() + reach))


def follow(
    pool: ml.Pool, readings: np.ndarray, first: Sequence[int], strategy: Strategy, seed: int, experiments: int
) -> list[int]:
    """Rows of the pool in the order of their measurement, one by one, from the first ones on; more is better."""
    order = list(first)
    campaign = ml.Campaign(pool, [ml.Objective("y")], strategy=strategy, seed=seed, initial=1)
    with threadpool_limits(1):
        campaign.tell([ml.Measured.of(candidate=pool.id(i), outcome={"y": float(readings[i])}) for i in order])
        while len(order) < experiments:
            (item,) = campaign.suggest(1)
            i = pool.index(item.candidate)
            assert i is not None
            order.append(i)
            campaign.tell(ml.Measured(item.id, {"y": float(readings[i])}))
    return order


def found(truth: np.ndarray, order: Sequence[int], top: int, at: Sequence[int]) -> np.ndarray:
    """Share of the `top` best and regret in spreads of the truth, after so many experiments: (2, len(at))."""
    best = set(np.argsort(-truth, kind="stable")[:top].tolist())
    share = [len(best & set(order[:n])) / top for n in at]
    regret = [(truth.max() - truth[list(order[:n])].max()) / truth.std() for n in at]
    return np.array([share, regret])
