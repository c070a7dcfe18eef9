"""Backtests on published tables, protocol of docs/decisions/0004-first-backtests.md, random choice beside each.

The crossed barrels go on to 170 experiments, where AF(0.8) is published.

Usage: python benchmarks/liang.py [--runs 100] [--only NAME ...] [--surrogate gp] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import matloop as ml
from matloop.bench.backtest import compare
from matloop.bench.summary import Score, summarise
from matloop.bench.workers import cores
from matloop.domain.objective import Goal
from matloop.surrogate import Surrogate
from matloop.surrogate.blend import Blend
from matloop.surrogate.gp import GP


@dataclass(frozen=True)
class Table:
    """A published table: where it lies, what is sought, how far to go, where to report."""

    path: str
    objective: str
    goal: Goal
    at: tuple[int, ...]


TABLES = {
    "crossed-barrel": Table(
        "pvlab_crossed_barrel/crossed_barrel_dataset.csv", "toughness", "maximize", (20, 50, 100, 170)
    ),
    "p3ht-cnt": Table("pvlab_p3ht_cnt/p3ht_dataset.csv", "Conductivity (measured) (S/cm)", "maximize", (20, 50, 80)),
    "agnp": Table("pvlab_agnp/agnp_dataset.csv", "loss", "minimize", (20, 50, 80)),
    "oer-3496": Table("olympus/oer_plate_3496/data.csv", "overpotential", "minimize", (20, 50)),
    "oer-3851": Table("olympus/oer_plate_3851/data.csv", "overpotential", "minimize", (20, 50)),
}
SURROGATES: dict[str, Surrogate] = {"gp": GP(), "blend": Blend()}
METRICS = ("Top%", "EF", "AF", "regret", "first hit")


def read(table: Table, data_dir: Path) -> tuple[ml.Pool, np.ndarray]:
    """The pool and the mean of each candidate's readings, (n,)."""
    frame = pd.read_csv(data_dir / table.path)
    features = [name for name in frame.columns if name != table.objective]
    pool = ml.Pool.from_frame(frame[features], features=features)
    return pool, np.bincount(pool.row_of, weights=frame[table.objective]) / np.bincount(pool.row_of)


def line(name: str, score: Score) -> str:
    """One figure with its interval, and what random choice gives."""
    interval = f"{score.low:.3f} .. {score.high:.3f}" if score.low is not None and score.high is not None else ""
    by_chance = "" if score.random is None else f"{score.random:.3f}"
    at = "" if score.at is None else f"{score.at:g}"
    return f"{name:<15} {score.strategy:<8} {score.metric:<9} {at:>5} {score.value:>9.3f} {interval:>20} {by_chance:>9}"


def main() -> None:
    """Replay and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--only", nargs="*", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    parser.add_argument("--surrogate", default="gp", choices=list(SURROGATES))
    parser.add_argument("--processes", type=int, default=cores())
    options = parser.parse_args()
    strategies = {"bayes": ml.Bayes(surrogate=SURROGATES[options.surrogate]), "random": ml.Random()}
    print(f"{'table':<15} {'strategy':<8} {'metric':<9} {'at':>5} {'value':>9} {'95 % interval':>20} {'expected':>9}")
    for name in options.only:
        table = TABLES[name]
        pool, truth = read(table, options.data_dir)
        objective = ml.Objective(table.objective, goal=table.goal)
        runs = compare(
            pool,
            truth,
            objective,
            strategies,
            runs=options.runs,
            budget=table.at[-1],
            initial=2,
            processes=options.processes,
        )
        for score in summarise(runs, truth, at=table.at):
            if score.metric in METRICS:
                print(line(name, score), flush=True)
        seconds = runs.strategies["bayes"].seconds_per_suggestion
        print(f"{name:<15} bayes    {seconds:.3f} s a suggestion", flush=True)


if __name__ == "__main__":
    main()
