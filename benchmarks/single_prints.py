"""What one noisy reading a query costs: crossed barrels by single prints, judged on the means of all prints.

Protocol: docs/decisions/0051-stated-probabilities.md. Every design was printed three times. A query gives
one of the three, drawn at random; in the noise-free runs it gives their mean. Both are judged on the means, and run r
of both begins with the same two candidates. The goal: Top% at 100 with single prints is at least 0.90 of that without
noise.

Usage: python benchmarks/single_prints.py [--runs 24] [--checkpoint FILE] [--processes N] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from liang import TABLES

import matloop as ml
from matloop.bench.backtest import Oracle, compare
from matloop.bench.intervals import Floats, Interval, bootstrap, paired_difference
from matloop.bench.metrics import count_found, regret, share_found, top, top_size
from matloop.domain.objective import Objective

AT = (20, 50, 100)
ORACLES: tuple[Oracle, ...] = ("mean", "reading")
GOAL = 0.90


def ratio(pairs: Floats) -> Interval:
    """Of means: pairs (runs, 2, k), noise-free first, give (k,), single prints over noise-free."""
    k = pairs.shape[2]
    return bootstrap(pairs.reshape(len(pairs), -1), lambda means: means[..., k:] / means[..., :k], seed=0)


def shown(interval: Interval, k: int) -> str:
    """One figure with its interval."""
    return f"{interval.value[k]:.3f} ({interval.low[k]:.3f} .. {interval.high[k]:.3f})"


def report(shares: Floats, regrets: Floats) -> None:
    """Print both (runs, 2, len(AT)), and what the noise costs."""
    print(
        f"{len(shares)} paired runs\n{'figure':<12} {'at':>4} {'noise-free':>24} {'single prints':>24}  cost of noise"
    )
    cost = ratio(shares)
    for k, at in enumerate(AT):
        both = [shown(bootstrap(shares[:, one], seed=0), k) for one in (0, 1)]
        print(f"{'Top%':<12} {at:>4} {both[0]:>24} {both[1]:>24}  ratio {shown(cost, k)}")
    more = paired_difference(regrets[:, 1], regrets[:, 0], seed=0)
    for k, at in enumerate(AT):
        both = [shown(bootstrap(regrets[:, one], seed=0), k) for one in (0, 1)]
        print(f"{'regret, J':<12} {at:>4} {both[0]:>24} {both[1]:>24}  difference {shown(more, k)}")
    found = float(cost.value[-1])
    print(
        f"goal, Top% at {AT[-1]} at least {GOAL} of the noise-free: {found:.3f}, {'met' if found >= GOAL else 'missed'}"
    )


def main() -> None:
    """Replay by both oracles and compare run by run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--checkpoint", type=Path, default=None, help="a name; `.mean` and `.reading` are appended")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    table = TABLES["crossed-barrel"]
    frame = pd.read_csv(options.data_dir / table.path)
    features = [name for name in frame.columns if name != table.objective]
    pool = ml.Pool.from_frame(frame[features], features=features)
    prints, means = frame[table.objective].to_numpy(), np.zeros(len(pool))
    np.add.at(means, pool.row_of, prints)
    means /= np.bincount(pool.row_of)
    best = top(means, table.goal)
    shares, regrets = [], []
    for oracle in ORACLES:
        kept = options.checkpoint and options.checkpoint.with_suffix(f".{oracle}")
        runs = compare(
            pool, prints, Objective(table.objective, goal=table.goal), {"bayes": ml.Bayes()},
            runs=options.runs, budget=AT[-1], initial=2, oracle=oracle, processes=options.processes, checkpoint=kept,
        )  # fmt: skip
        orders = runs.strategies["bayes"].orders
        at = np.array(AT) - 1
        shares.append(share_found(count_found(orders, best), top_size(len(pool)))[:, at])
        regrets.append(regret(orders, means, table.goal)[:, at])
        print(f"{oracle}: {runs.strategies['bayes'].seconds_per_suggestion:.3f} s a suggestion", flush=True)
    report(np.stack(shares, axis=1), np.stack(regrets, axis=1))


if __name__ == "__main__":
    main()
