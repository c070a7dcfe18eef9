"""Does learning from failures where candidates form pay? Protocol of docs/decisions/0019-feasibility-from-failures.md.

Synthetic pools alone, each with a hidden region in which nothing forms. Printed for each kind of region: simple regret
(in spreads of the truth of what forms) and failed experiments, with and without the learned probability, the paired
difference and its 95 % interval; and how true the probability is for candidates that nobody tried.

Usage: python benchmarks/failures.py [--seeds 24] [--first 0] [--kinds ball ...] [--processes N]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise, product

import numpy as np
import pandas as pd
from functions import PROBLEMS
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.ask import task_of
from matloop.bench.intervals import bootstrap, paired_difference
from matloop.decide.model import formed

CANDIDATES, EXPERIMENTS, NOISE = 500, 40, 0.1
AT = (20, 40)
LEVELS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0)
"""Limits of the groups of stated probabilities whose true shares are printed."""

Region = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""(X (n, d), truth (n,), rng) -> which candidates form, (n,)."""


def half(X: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Beyond a random plane nothing forms: 30 % of the candidates."""
    height = X @ rng.standard_normal(X.shape[1])
    return height <= np.quantile(height, 0.7)


def ball(X: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Around a random candidate nothing forms: 30 %."""
    gap = np.linalg.norm(X - X[rng.integers(len(X))], axis=1)
    return gap > np.quantile(gap, 0.3)


def tempting(X: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Around the best candidate nothing forms: 15 %, the search is drawn right into it."""
    gap = np.linalg.norm(X - X[np.argmax(truth)], axis=1)
    return gap > np.quantile(gap, 0.15)


def luck(X: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One in ten fails, wherever it lies: there is nothing to learn."""
    return rng.random(len(X)) > 0.1


KINDS: dict[str, Region] = {"half": half, "ball": ball, "tempting": tempting, "luck": luck}


def play(job: tuple[bool, str, int]) -> tuple[np.ndarray, np.ndarray]:
    """One campaign: regret and failures at each of AT (2, len(AT)); stated and true (k, 2) of what was not tried."""
    learned, kind, seed = job
    name = list(PROBLEMS)[seed % len(PROBLEMS)]
    problem = PROBLEMS[name]
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    X = problem.candidates(rng, CANDIDATES)
    truth = problem.f(X)
    forms = KINDS[kind](X, truth, rng)
    readings = truth + NOISE * truth.std() * rng.standard_normal(CANDIDATES)
    names = [f"x{j}" for j in range(problem.d)]
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), names)
    campaign = ml.Campaign(pool, [ml.Objective("y")], strategy=ml.Bayes(feasibility=learned), seed=seed)
    order: list[int] = []
    with threadpool_limits(1):
        while len(order) < EXPERIMENTS:
            (item,) = campaign.suggest(1)
            i = pool.index(item.candidate)
            assert i is not None
            order.append(i)
            made = ml.Measured(item.id, {"y": float(readings[i])}) if forms[i] else ml.Failed(item.id, reason="no")
            campaign.tell(made)
        judged = judge(campaign, forms, order) if learned else np.zeros((0, 2))
    best, spread = truth[forms].max(), truth[forms].std()
    found = [max((truth[i] for i in order[:at] if forms[i]), default=truth[forms].min()) for at in AT]
    failed = [sum(not forms[i] for i in order[:at]) for at in AT]
    return np.array([[(best - one) / spread for one in found], failed]), judged


def judge(campaign: ml.Campaign, forms: np.ndarray, order: list[int]) -> np.ndarray:
    """Stated probability and truth (k, 2) of the candidates that were not tried; none where nothing failed."""
    learned = formed(task_of(campaign.problem, campaign.state, 1))
    if learned is None:
        return np.zeros((0, 2))
    rest = np.setdiff1d(np.arange(len(forms)), order)
    return np.stack([learned.probability(campaign.problem.candidates.encode_rows(rest)), forms[rest]], axis=1)


def said(judged: np.ndarray) -> str:
    """Log loss against that of the pool's own rate, and the true share in each group of stated probabilities."""
    stated, true = np.clip(judged[:, 0], 1e-6, 1 - 1e-6), judged[:, 1]
    loss = -np.mean(np.where(true > 0, np.log(stated), np.log(1 - stated)))
    rate = true.mean()
    groups = [
        f"{stated[some].mean():.2f}: {true[some].mean():.2f}"
        for low, high in pairwise(LEVELS)
        if (some := (stated >= low) & (stated < high)).sum() >= 50
    ]
    known = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    return f"log loss {loss:.3f} (always saying the true rate: {known:.3f}); stated: true share  " + ", ".join(groups)


def main() -> None:
    """Play both rules on every case and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    for kind in options.kinds:
        with ProcessPoolExecutor(options.processes) as pool:
            played = list(pool.map(play, product((True, False), [kind], seeds)))
        figures = np.array([one for one, _ in played]).reshape(2, len(seeds), 2, len(AT))
        print(f"\n{kind}")
        for k, what in enumerate(("regret", "failed")):
            for a, at in enumerate(AT):
                mine, other = figures[0, :, k, a], figures[1, :, k, a]
                gap = paired_difference(mine[:, None], other[:, None], seed=0)
                whole = bootstrap(mine, seed=0)
                print(
                    f"  {what} @{at}: learned {mine.mean():.3f} ({float(whole.low):.3f} .. {float(whole.high):.3f}),"
                    f" not {other.mean():.3f}; difference {gap.value[0]:+.3f} ({gap.low[0]:+.3f} .. {gap.high[0]:+.3f})"
                )
        print("  " + said(np.concatenate([one for _, one in played])), flush=True)


if __name__ == "__main__":
    main()
