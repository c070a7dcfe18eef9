"""What does averaging a process with trees earn? Protocol: record 0053. Paired campaigns of 50, batch 1, 2 initial.

Usage: python benchmarks/blending.py [--runs 12] [--seeds 2] [--only NAME ...] [--data-dir DIR] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from acquisitions import CANDIDATES
from campaigns import follow, found
from functions import PROBLEMS
from liang import TABLES, read

import matloop as ml
from matloop.bench.intervals import paired_difference
from matloop.decide import Strategy
from matloop.surrogate.blend import Blend

EXPERIMENTS, INITIAL, TOP = 50, 2, 0.05
AT = (20, 35, 50)
NOISE = (0.0, 0.2)
ARMS: dict[str, Strategy] = {"gp": ml.Bayes(), "blend": ml.Bayes(surrogate=Blend())}
Job = tuple[str, str, float, int, Path]


@cache
def table(name: str, folder: Path) -> tuple[ml.Pool, np.ndarray]:
    """A published table and the truth of each candidate, more being better."""
    pool, truth = read(TABLES[name], folder)
    return pool, truth if TABLES[name].goal == "maximize" else -truth


def made(name: str, noise: float, seed: int) -> tuple[ml.Pool, np.ndarray]:
    """A synthetic pool of 800 and its truth."""
    problem = PROBLEMS[name]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(name), int(100 * noise), 53])
    X = problem.candidates(rng, CANDIDATES)
    names = [f"x{j}" for j in range(problem.d)]
    return ml.Pool.from_frame(pd.DataFrame(X, columns=names), names), problem.f(X)


def play(job: Job) -> np.ndarray:
    """One campaign: Top% and regret in spreads of the truth, at each of AT: (2, len(AT))."""
    arm, name, noise, seed, folder = job
    pool, truth = table(name, folder) if name in TABLES else made(name, noise, seed)
    rng = np.random.default_rng([seed, 530])
    readings = truth + noise * truth.std() * rng.standard_normal(len(truth))
    first = [int(i) for i in rng.choice(len(truth), INITIAL, replace=False)]
    order = follow(pool, readings, first, ARMS[arm], seed, EXPERIMENTS)
    return found(truth, order, int(np.ceil(TOP * len(truth))), AT)


def cases(options: argparse.Namespace) -> Iterator[tuple[str, float, int]]:
    """Work, noise and seed, round by round, so that a table is always to be had."""
    for run in range(max(options.runs, options.seeds)):
        for name in options.only:
            if name in TABLES and run < options.runs:
                yield name, 0.0, run
            elif name in PROBLEMS and run < options.seeds:
                yield from ((name, noise, run) for noise in NOISE)


def show(played: dict[tuple[str, str, float, int], np.ndarray]) -> None:
    """Means of both arms on each work, and the paired differences with their intervals."""
    works = list(dict.fromkeys((name, noise) for _, name, noise, _ in played))
    unseen = [work for work in works if work[0] in TABLES and work[0] != "crossed-barrel"]
    groups = {f"{name} {noise:g}" if noise else name: [(name, noise)] for name, noise in works}
    groups |= {"tables without crossed-barrel": unseen, "synthetic": [work for work in works if work[0] in PROBLEMS]}
    for label, group in groups.items():
        keys = [key[1:] for key in played if key[0] == "blend" and key[1:3] in group and ("gp", *key[1:]) in played]
        if len(keys) < 2:
            continue
        both = {arm: np.array([played[arm, *key] for key in keys]) for arm in ARMS}
        for k, metric in enumerate(("Top%", "regret")):
            mine, other = (np.column_stack([both[arm][:, k], both[arm][:, k].mean(1)]) for arm in ("blend", "gp"))
            gap = paired_difference(mine, other, seed=0)
            means = "  ".join(f"{a:.3f} {b:.3f}" for a, b in zip(other.mean(0), mine.mean(0), strict=True))
            gaps = "  ".join(
                f"{v:+.3f} ({a:+.3f} .. {b:+.3f})" for v, a, b in zip(gap.value, gap.low, gap.high, strict=True)
            )
            print(f"{label:<30} {len(keys):>3} {metric:<7} {means}   {gaps}")


def main() -> None:
    """Play what is not kept yet, keep it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=12, help="paired campaigns a table")
    parser.add_argument("--seeds", type=int, default=2, help="of each synthetic function and noise")
    known = [*PROBLEMS, *TABLES]
    parser.add_argument("--only", nargs="+", default=known, choices=known, metavar="NAME", help=", ".join(known))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    parser.add_argument("--keep", type=Path, default=Path("build/blending.jsonl"))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    options.keep.parent.mkdir(parents=True, exist_ok=True)
    lines = options.keep.read_text().splitlines() if options.keep.exists() else []
    played = {tuple(key): np.array(figures) for key, figures in map(json.loads, lines)}
    jobs: list[Job] = [
        (arm, *case, options.data_dir) for case in cases(options) for arm in ARMS if (arm, *case) not in played
    ]
    with ProcessPoolExecutor(options.processes) as pool, options.keep.open("a") as file:
        for job, figures in zip(jobs, pool.map(play, jobs), strict=True):
            played[job[:4]] = figures
            print(json.dumps([job[:4], figures.tolist()]), file=file, flush=True)
    print("work, campaigns, figure; gp and blend at 20, 35, 50 and in the mean; differences")
    show(played)


if __name__ == "__main__":
    main()
