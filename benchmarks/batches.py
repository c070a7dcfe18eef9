"""Several at once: which rule should choose a batch, on pools (record 0031). Delays: delays.py.

Usage: python benchmarks/batches.py pools [--seeds 4]       rules on synthetic pools in batches of 5
       python benchmarks/batches.py arylation [--runs 16]   the table of direct arylations, batch 5, reported once
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from acquisitions import CANDIDATES
from campaigns import Trial
from functions import PROBLEMS
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.backtest import compare
from matloop.bench.intervals import bootstrap, paired_difference
from matloop.decide import Strategy
from matloop.decide.acquisition import Acquisition, Scene, Scorer
from matloop.decide.acquisition.auto import Auto
from matloop.decide.acquisition.nei import NEI
from matloop.domain.prediction import Floats

NOISE, BATCH, EXPERIMENTS, TOP = (0.0, 0.2), 5, 60, 0.05
YIELDS = (5, 10, 15, 20, 25)


@dataclass(frozen=True)
class First:
    """The first of a batch by one acquisition, the others by another."""

    first: Acquisition
    others: Acquisition
    name: str = "first"

    def prepare(self, scene: Scene) -> Scorer:
        first, others = self.first.prepare(scene), self.others.prepare(scene)
        return Split(first, others) if scene.n > 1 else others


@dataclass(frozen=True)
class Split:
    """The scorer of `First`, before anything is chosen."""

    first: Scorer
    others: Scorer
    falls: bool = field(default=False, init=False)

    def score(self, X: Floats) -> Floats:
        return self.first.score(X)

    def join(self, X: Floats) -> Scorer:
        return self.others.join(X)

    def say(self, X: Floats) -> str:
        return self.first.say(X)


TRIALS: dict[str, Acquisition] = {
    "auto, nei": Auto(pending="fantasies"),
    "auto, nei, 0.03": Auto(pending="fantasies", pays=0.03),
    "auto, nei, 0.01": Auto(pending="fantasies", pays=0.01),
    "first seeks": First(NEI(), Auto(pending="fantasies")),
}
RULES: dict[str, Strategy] = {
    "auto": ml.Bayes(),
    "ei": ml.Bayes(acquisition="ei"),
    "nei": ml.Bayes(acquisition="nei"),
    **{name: Trial(one) for name, one in TRIALS.items()},
}


def reactions(rng: np.random.Generator) -> tuple[pd.DataFrame, Floats]:
    """A factorial of three categories and two numbers, and its yields in per cent."""
    base, ligand, solvent = (rng.normal(0, std, k) for std, k in ((0.8, 4), (1.5, 8), (0.8, 3)))
    pairs, slopes = rng.normal(0, 0.7, (4, 8)), rng.normal(0, 0.5, 2)
    rows = np.array(list(product(range(4), range(8), range(3), range(3), range(3))))
    b, k, s, numbers = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3:] - 1
    u = -1 + base[b] + ligand[k] + solvent[s] + pairs[b, k] + numbers @ slopes
    frame = pd.DataFrame(
        {"base": [f"b{i}" for i in b], "ligand": [f"l{i}" for i in k], "solvent": [f"s{i}" for i in s]}
    )
    return frame.assign(conc=numbers[:, 0] * 1.0, temp=numbers[:, 1] * 1.0), 100 / (1 + np.exp(-1.5 * u))


def pool_of(name: str, rng: np.random.Generator) -> tuple[ml.Pool, Floats]:
    """Candidates and their truth."""
    if name == "reactions":
        frame, truth = reactions(rng)
    else:
        problem = PROBLEMS[name]
        X = problem.candidates(rng, CANDIDATES)
        frame, truth = pd.DataFrame(X, columns=[f"x{j}" for j in range(problem.d)]), problem.f(X)
    return ml.Pool.from_frame(frame, list(frame.columns)), truth


def campaign_figures(strategy: Strategy, name: str, noise: float, seed: int) -> Floats:
    """One campaign: regret in spreads (mean from the first choice on, at 25, at 60), Top% at 60."""
    rng = np.random.default_rng([31, seed, [*PROBLEMS, "reactions"].index(name), int(100 * noise)])
    pool, truth = pool_of(name, rng)
    readings = truth + noise * truth.std() * rng.standard_normal(len(truth))
    campaign = ml.Campaign(pool, [ml.Objective("y")], strategy=strategy, seed=seed, initial=1)
    order = [int(i) for i in rng.choice(len(truth), BATCH, replace=False)]
    campaign.tell([ml.Measured.of(candidate=pool.id(i), outcome={"y": float(readings[i])}) for i in order])
    while len(order) < EXPERIMENTS:
        for item in campaign.suggest(BATCH):
            i = pool.index(item.candidate)
            assert i is not None
            order.append(i)
            campaign.tell(ml.Measured(item.id, {"y": float(readings[i])}))
    regret = (truth.max() - np.maximum.accumulate(truth[order])) / truth.std()
    top = set(np.argsort(-truth)[: int(np.ceil(TOP * len(truth)))].tolist())
    return np.array([regret[BATCH:].mean(), regret[24], regret[-1], len(top & set(order)) / len(top)])


def pools(seeds: int, chosen: list[str]) -> None:
    """The rules, paired."""
    cases = list(product([*PROBLEMS, "reactions"], NOISE, range(seeds)))
    figures = ("mean regret", "regret@25", "regret@60", "Top%@60")
    print(f"{len(cases)} campaigns a rule\n{'':<18}" + "".join(f"{name:<34}" for name in figures))
    first: Floats | None = None
    for rule in chosen:
        played = np.array([campaign_figures(RULES[rule], *case) for case in cases])
        first = played if first is None else first
        gap = paired_difference(played, first, seed=0)
        cells = zip(played.mean(0), gap.value, gap.low, gap.high, strict=True)
        print(f"{rule:<18}" + "".join(f"{m:.3f} {v:+.3f} ({lo:+.3f} .. {hi:+.3f})   " for m, v, lo, hi in cells))
        by_problem = played[:, 0].reshape(len(PROBLEMS) + 1, -1).mean(1)
        print(" " * 18 + "  ".join(f"{n} {r:.2f}" for n, r in zip([*PROBLEMS, "reactions"], by_problem, strict=True)))
        print(end="", flush=True)


def arylation(runs: int, chosen: list[str], folder: Path) -> None:
    """Mean best yield of the table, batch 5 after a random batch."""
    frame = pd.read_csv(folder / "edbo_reactions" / "direct_arylation.csv", dtype={"entry": str})
    features = ["Base_SMILES", "Ligand_SMILES", "Solvent_SMILES", "Concentration", "Temp_C"]
    pool = ml.Pool.from_frame(frame.drop(columns="yield"), features, id="entry")
    truth = frame["yield"].to_numpy()
    strategies = {rule: RULES[rule] for rule in chosen}
    settings = {"runs": runs, "budget": YIELDS[-1], "initial": BATCH, "batch": BATCH}
    played = compare(pool, truth, ml.Objective("yield"), strategies, **settings, processes=1)
    at = np.array(YIELDS) - 1
    best = {k: np.maximum.accumulate(truth[one.orders], axis=1)[:, at] for k, one in played.strategies.items()}
    for rule, values in best.items():
        mean, gap = bootstrap(values, seed=0), paired_difference(values, best[chosen[0]], seed=0)
        print(
            f"{rule:<18}" + "".join(f"{value:>8.2f}" for value in mean.value),
            f"  @25 ({mean.low[-1]:.1f} .. {mean.high[-1]:.1f}), difference to {chosen[0]}",
            f"{gap.value[-1]:+.2f} ({gap.low[-1]:+.2f} .. {gap.high[-1]:+.2f})",
        )


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["pools", "arylation"])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--rules", nargs="*")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    with threadpool_limits(1):
        if options.part == "pools":
            pools(options.seeds, options.rules or list(RULES))
        else:
            arylation(options.runs, options.rules or list(RULES), options.data_dir)


if __name__ == "__main__":
    main()
