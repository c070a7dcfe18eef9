"""Does measuring again where it is worth more pay? Protocol: docs/decisions/0030-bounds-hits-and-replicates.md.

Usage: python benchmarks/replicates.py [--seeds 4] [--only NAME ...] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from functions import PROBLEMS
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.intervals import bootstrap, paired_difference

CANDIDATES, TOLD, EXPERIMENTS, NOISE = 300, 4, 40, 0.5
TABLE = "pvlab_crossed_barrel/crossed_barrel_dataset.csv"
SYNTHETIC = ("branin", "hartmann")
RULES = {"never": ml.Bayes(replicates="never", calibrate=False), "auto": ml.Bayes(replicates="auto", calibrate=False)}


@dataclass(frozen=True)
class World:
    """A pool, the truth of its candidates (n,), and what a reading of one of them gives."""

    pool: ml.Pool
    truth: np.ndarray
    read: Callable[[int, np.random.Generator], float]


def barrels(data_dir: Path) -> World:
    """Crossed barrels: a query is one of a design's prints, drawn at random; the truth is the mean of all."""
    frame = pd.read_csv(data_dir / TABLE)
    features = [name for name in frame.columns if name != "toughness"]
    pool = ml.Pool.from_frame(frame[features], features=features)
    prints = [frame["toughness"].to_numpy()[pool.row_of == row] for row in range(len(pool))]
    return World(pool, np.array([one.mean() for one in prints]), lambda row, rng: float(rng.choice(prints[row])))


def synthetic(name: str, seed: int) -> World:
    """Uniform candidates of a test function, with noise of half the truth's spread."""
    made = PROBLEMS[name]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(name), 31])
    X = made.candidates(rng, CANDIDATES)
    truth = made.f(X)
    names = [f"x{j}" for j in range(made.d)]
    noise = NOISE * float(truth.std())
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), names)
    return World(pool, truth, lambda row, rng: float(truth[row] + noise * rng.standard_normal()))


def play(rule: str, world: World, seed: int) -> list[float]:
    """Regret of the recommended candidate in spreads, Top% of those measured, and replicates, of one campaign."""
    pool, truth = world.pool, world.truth
    source = np.random.default_rng([seed, 1])
    campaign = ml.Campaign(pool, [ml.Objective("y")], strategy=RULES[rule], seed=seed, initial=1)
    told = source.choice(len(pool), TOLD, replace=False).tolist()
    campaign.tell([ml.Measured.of(candidate=pool.id(row), outcome={"y": world.read(row, source)}) for row in told])
    rows = list(told)
    for turn in range(EXPERIMENTS):
        (one,) = campaign.suggest(1)
        row = pool.index(one.candidate)
        assert row is not None
        rows.append(row)
        campaign.tell(ml.Measured(one.id, {"y": world.read(row, np.random.default_rng([seed, 2, turn]))}))
    (best,) = campaign.best()
    recommended = pool.index(best.candidate)
    assert recommended is not None
    top = set(np.argsort(-truth)[: len(pool) // 20].tolist())
    regret = float((truth.max() - truth[recommended]) / truth.std())
    return [regret, len(top & set(rows)) / len(top), len(rows) - len(set(rows))]


def main() -> None:
    """Play both rules on every pool and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--only", nargs="*", default=["barrels", *SYNTHETIC])
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    every: list[np.ndarray] = []
    for name in options.only:
        worlds = [barrels(options.data_dir) if name == "barrels" else synthetic(name, s) for s in range(options.seeds)]
        with threadpool_limits(1):
            played = np.array([[play(rule, world, s) for s, world in enumerate(worlds)] for rule in RULES])
        every.append(played)
        show(name, played)
    show("all synthetic", np.concatenate(every[1:], axis=1)) if len(every) > 2 else None


def show(name: str, played: np.ndarray) -> None:
    """One line a figure: never, auto, and the paired difference."""
    for k, figure in enumerate(("regret", "Top%", "replicates")):
        never, auto = (bootstrap(one[:, [k]], seed=0).value[0] for one in played)
        gap = paired_difference(played[1][:, [k]], played[0][:, [k]], seed=0)
        interval = f"{gap.value[0]:+.3f} ({gap.low[0]:+.3f} .. {gap.high[0]:+.3f})"
        print(f"{name:<15}{figure:<12}never {never:.3f}  auto {auto:.3f}  {interval}", flush=True)


if __name__ == "__main__":
    main()
