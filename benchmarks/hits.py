"""How many hits does the non-myopic search find, and how soon? Protocols: docs/decisions/0030-*.md and 0059-*.md.

Usage: python benchmarks/hits.py [--seeds 3] [--rules hits "greedy probability" ...] [--out hits.csv]
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

CANDIDATES, TOLD, EXPERIMENTS, HALF, NOISE, SHARE = 500, 4, 36, 18, 0.1, 0.1
POOLS = ("branin", "ackley", "hartmann", "mixture")
RULES = ("greedy probability", "hits", "hits, no budget", "ucb, beta 4", "auto")


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
    return {"hits": search, "hits, no budget": search, "greedy probability": Greedy(mark), **others}[name]


def play(name: str, problem: str, seed: int) -> list[int]:
    """Hits among the first experiments of one campaign, after each."""
    made = PROBLEMS[problem]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(problem), 30])
    X = made.candidates(rng, CANDIDATES)
    truth = made.f(X)
    readings = truth + NOISE * truth.std() * rng.standard_normal(CANDIDATES)
    mark = float(np.quantile(truth, 1.0 - SHARE))
    names = [f"x{j}" for j in range(made.d)]
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), names)
    budget = None if name.endswith("no budget") else EXPERIMENTS
    campaign = ml.Campaign(pool, [ml.Objective("y")], strategy=rule(name, mark), seed=seed, initial=1, budget=budget)
    told = rng.choice(CANDIDATES, TOLD, replace=False)
    campaign.tell([ml.Measured.of(candidate=pool.id(int(i)), outcome={"y": float(readings[i])}) for i in told])
    found: list[int] = []
    for _ in range(EXPERIMENTS):
        (one,) = campaign.suggest(1)
        row = pool.index(one.candidate)
        assert row is not None
        found.append((found[-1] if found else 0) + int(truth[row] > mark))
        campaign.tell(ml.Measured(one.id, {"y": float(readings[row])}))
    return found


def main() -> None:
    """Play every rule on every pool and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rules", nargs="+", choices=RULES, default=RULES, help="the first is what others differ from")
    parser.add_argument("--out", help="CSV of hits after each experiment, one row a campaign")
    options = parser.parse_args()
    cases = list(product(POOLS, range(options.seeds)))
    found: dict[str, np.ndarray] = {}
    print(f"{'rule':<20}{'hits of 36':>28}   {'difference to the first':<26}   {'of 18':>5}   " + "  ".join(POOLS))
    for name in options.rules:
        begun = time.process_time()
        with threadpool_limits(1):
            found[name] = np.array([play(name, *case) for case in cases], dtype=np.float64)
        say(name, found[name], found[options.rules[0]])
        print(f"{'':<20}{(time.process_time() - begun) / (len(cases) * EXPERIMENTS):.3f} s a suggestion", flush=True)
    if options.out:
        rows = [(name, *case, *line) for name, lines in found.items() for case, line in zip(cases, lines, strict=True)]
        columns = ["rule", "pool", "seed", *range(1, EXPERIMENTS + 1)]
        pd.DataFrame(rows, columns=columns).to_csv(options.out, index=False)


def say(name: str, found: np.ndarray, first: np.ndarray) -> None:
    """Print what one rule found: (campaigns, experiments) hits so far, beside those of the first rule."""
    mean = bootstrap(found[:, -1:], seed=0)
    gap = paired_difference(found[:, -1:], first[:, -1:], seed=0)
    by_pool = found[:, -1].reshape(len(POOLS), -1).mean(axis=1)
    print(
        f"{name:<20}{mean.value[0]:>8.2f} ({mean.low[0]:.2f} .. {mean.high[0]:.2f})"
        f"   {gap.value[0]:+.2f} ({gap.low[0]:+.2f} .. {gap.high[0]:+.2f})   {found[:, HALF - 1].mean():>14.2f}   "
        + "  ".join(f"{value:.1f}" for value in by_pool)
    )


if __name__ == "__main__":
    main()
