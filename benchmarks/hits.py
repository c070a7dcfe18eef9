"""How many hits does the non-myopic search find? Protocol: docs/decisions/0030-bounds-hits-and-replicates.md.

Usage: python benchmarks/hits.py [--seeds 3]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd
from functions import PROBLEMS
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.intervals import bootstrap, paired_difference
from matloop.decide import Chosen, Strategy, Task

CANDIDATES, TOLD, EXPERIMENTS, NOISE, SHARE = 500, 4, 36, 0.1, 0.1
POOLS = ("branin", "ackley", "hartmann", "mixture")
RULES = ("greedy probability", "hits", "ucb, beta 4", "auto")


@dataclass(frozen=True)
class Greedy:
    """`hits` that takes each experiment for the last one: the most probable hit."""

    threshold: float
    name: ClassVar[str] = "greedy-probability"

    def suggest(self, task: Task) -> Chosen:
        """As `hits` with one experiment left."""
        return ml.Bayes(acquisition="hits", threshold=self.threshold, calibrate=False).suggest(
            replace(task, remaining=1)
        )


def rule(name: str, mark: float) -> Strategy:
    """The strategy of a name."""
    search = ml.Bayes(acquisition="hits", threshold=mark, calibrate=False)
    others = {"ucb, beta 4": ml.Bayes(acquisition="ucb", beta=4.0, calibrate=False), "auto": ml.Bayes(calibrate=False)}
    return {"hits": search, "greedy probability": Greedy(mark), **others}[name]


def play(name: str, problem: str, seed: int) -> float:
    """Hits among the experiments of one campaign."""
    made = PROBLEMS[problem]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(problem), 30])
    X = made.candidates(rng, CANDIDATES)
    truth = made.f(X)
    readings = truth + NOISE * truth.std() * rng.standard_normal(CANDIDATES)
    mark = float(np.quantile(truth, 1.0 - SHARE))
    names = [f"x{j}" for j in range(made.d)]
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), names)
    campaign = ml.Campaign(
        pool, [ml.Objective("y")], strategy=rule(name, mark), seed=seed, initial=1, budget=EXPERIMENTS
    )
    told = rng.choice(CANDIDATES, TOLD, replace=False)
    campaign.tell([ml.Measured.of(candidate=pool.id(int(i)), outcome={"y": float(readings[i])}) for i in told])
    found = 0
    for _ in range(EXPERIMENTS):
        (one,) = campaign.suggest(1)
        row = pool.index(one.candidate)
        assert row is not None
        found += int(truth[row] > mark)
        campaign.tell(ml.Measured(one.id, {"y": float(readings[row])}))
    return float(found)


def main() -> None:
    """Play every rule on every pool and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    cases = list(product(POOLS, range(options.seeds)))
    found: dict[str, np.ndarray] = {}
    print(f"{'rule':<20}{'hits of 36':>28}   difference to greedy   " + "  ".join(POOLS))
    for name in RULES:
        begun = time.perf_counter()
        with threadpool_limits(1):
            found[name] = np.array([[play(name, *case)] for case in cases])
        mean = bootstrap(found[name], seed=0)
        gap = paired_difference(found[name], found[RULES[0]], seed=0)
        by_pool = found[name].reshape(len(POOLS), -1).mean(axis=1)
        print(
            f"{name:<20}{mean.value[0]:>8.2f} ({mean.low[0]:.2f} .. {mean.high[0]:.2f})"
            f"   {gap.value[0]:+.2f} ({gap.low[0]:+.2f} .. {gap.high[0]:+.2f})   "
            + "  ".join(f"{value:.1f}" for value in by_pool)
            + f"   {(time.perf_counter() - begun) / (len(cases) * EXPERIMENTS):.3f} s a suggestion",
            flush=True,
        )


if __name__ == "__main__":
    main()
