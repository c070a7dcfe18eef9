"""What several benchmarks do with a campaign on candidates whose outcomes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.decide import Chosen, Strategy, Task
from matloop.decide.acquisition import Acquisition
from matloop.decide.batch import Rule
from matloop.decide.bayes import EVALUATIONS
from matloop.surrogate.gp import GP


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
