"""Campaigns over choices that nothing describes: why the best of them was found late, and what cures it (record 0052).

Usage: python benchmarks/reactions.py table [--runs 24]       direct arylation, batch 5, first batch random
       python benchmarks/reactions.py factorials [--runs 16]  the same of synthetic factorials, fresh ones each run
       python benchmarks/reactions.py first [--draws 500]     the first batch by design and by chance, direct arylation
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path

import numpy as np
import pandas as pd
from campaigns import Trial
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.backtest import backtest
from matloop.bench.intervals import bootstrap, paired_difference
from matloop.decide import Strategy
from matloop.decide.acquisition import Acquisition, Scene, Scorer
from matloop.decide.acquisition.auto import Auto
from matloop.decide.acquisition.ei import EI
from matloop.decide.acquisition.ucb import UCB
from matloop.decide.design import farthest_first
from matloop.domain.prediction import Floats

BATCH, EXPERIMENTS, AT, TOP = 5, 50, (10, 15, 20, 25, 40, 50), 0.05
FEATURES = ["Base_SMILES", "Ligand_SMILES", "Solvent_SMILES", "Concentration", "Temp_C"]


@dataclass(frozen=True)
class Near:
    """`auto` as it was: it never looks further."""

    name: str = "near"

    def prepare(self, scene: Scene) -> Scorer:
        return Auto().prepare(replace(scene, choices=False))


TRIALS: dict[str, Acquisition] = {"auto, near": Near(), "ei": EI(), "ucb, 9": UCB(9.0)}
ARMS: dict[str, Strategy] = {
    "auto, near": Trial(TRIALS["auto, near"]),
    "auto": ml.Bayes(),
    "ei": Trial(TRIALS["ei"]),
    "ucb, 9": Trial(TRIALS["ucb, 9"]),
}
Work = tuple[ml.Pool, Floats, int]


def arylation(folder: Path) -> tuple[ml.Pool, Floats]:
    """The table of 1,728 reactions, and its yields in per cent."""
    frame = pd.read_csv(folder / "edbo_reactions" / "direct_arylation.csv", dtype={"entry": str})
    return ml.Pool.from_frame(frame.drop(columns="yield"), FEATURES, id="entry"), frame["yield"].to_numpy()


def factorial(rng: np.random.Generator) -> tuple[ml.Pool, Floats]:
    """A factorial of 4 bases, 12 ligands, 4 solvents and two numbers at 3 levels, and its yields in per cent.

    Few ligands work, and each works in solvents, with bases and at temperatures of its own.
    """
    base, ligand, solvent = (rng.normal(0, std, k) for std, k in ((0.4, 4), (1.8, 12), (0.7, 4)))
    in_solvent, with_base, at = rng.normal(0, 1.0, (12, 4)), rng.normal(0, 0.7, (12, 4)), rng.normal(0, 0.6, (12, 2))
    slopes = rng.normal(0, 0.4, 2)
    rows = np.array(list(product(range(4), range(12), range(4), range(3), range(3))))
    b, k, s, levels = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3:] - 1
    u = -2.5 + base[b] + ligand[k] + solvent[s] + in_solvent[k, s] + with_base[k, b]
    u = u + (levels * (slopes + at[k])).sum(axis=1)
    names = {"base": [f"b{i}" for i in b], "ligand": [f"l{i}" for i in k], "solvent": [f"s{i}" for i in s]}
    frame = pd.DataFrame(names).assign(conc=levels[:, 0] * 1.0, temp=levels[:, 1] * 1.0)
    return ml.Pool.from_frame(frame, list(frame.columns)), 100 / (1 + np.exp(-u))


def works(part: str, runs: int, folder: Path) -> Iterator[Work]:
    """Pool, truth and the seed of each run."""
    if part == "table":
        pool, truth = arylation(folder)
        yield from ((pool, truth, run) for run in range(runs))
        return
    for run in range(runs):
        yield (*factorial(np.random.default_rng([52, run])), run)


def figures(strategy: Strategy, work: Work) -> Floats:
    """Best found after each of AT, and Top% at the end."""
    pool, truth, seed = work
    protocol = {"runs": 1, "budget": EXPERIMENTS, "initial": BATCH, "batch": BATCH, "seed": seed}
    order = backtest(pool, truth, ml.Objective("yield"), strategy=strategy, **protocol, processes=1).orders[0]
    best = np.maximum.accumulate(truth[order])[np.array(AT) - 1]
    top = set(np.argsort(-truth)[: int(np.ceil(TOP * len(truth)))].tolist())
    return np.append(best - truth.max(), len(top & set(order.tolist())) / len(top))


def campaigns(part: str, runs: int, chosen: list[str], folder: Path) -> None:
    """The arms, paired; of the best found what it lacks of the best there is, in per cent of yield."""
    print(f"{runs} runs an arm; best less the best there is after {AT}, Top% at {EXPERIMENTS}")
    first: Floats | None = None
    for arm in chosen:
        played = np.array([figures(ARMS[arm], work) for work in works(part, runs, folder)])
        first = played if first is None else first
        mean, gap = bootstrap(played, seed=0), paired_difference(played, first, seed=0)
        cells = zip(mean.value, gap.value, gap.low, gap.high, strict=True)
        print(
            f"{arm:<12}" + "  ".join(f"{m:.2f} {v:+.2f} ({lo:+.2f} .. {hi:+.2f})" for m, v, lo, hi in cells), flush=True
        )


def first_batch(draws: int, folder: Path) -> None:
    """Best of five by design and by chance."""
    pool, truth = arylation(folder)
    generators = [np.random.default_rng([500, k]) for k in range(draws)]
    design = np.array([truth[list(islice(farthest_first(pool, rng), BATCH))].max() for rng in generators])
    chance = np.array([truth[rng.choice(len(truth), BATCH, replace=False)].max() for rng in generators])
    for name, values in {"design": design, "chance": chance}.items():
        found = bootstrap(values[:, None], seed=0)
        print(f"{name:<8}{found.value[0]:.1f} ({found.low[0]:.1f} .. {found.high[0]:.1f})")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["table", "factorials", "first"])
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--arms", nargs="*", default=["auto, near", "auto"], choices=list(ARMS))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    with threadpool_limits(1):
        if options.part == "first":
            first_batch(options.draws, options.data_dir)
        else:
            campaigns(options.part, options.runs, options.arms, options.data_dir)


if __name__ == "__main__":
    main()
