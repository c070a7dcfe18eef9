"""Campaigns over choices that descriptors tell the likeness of: looking further, and what structures earn.

Protocol: record 0063. Factorials are synthetic: what a ligand does is partly a smooth function of five numbers that
the campaign is told, partly its own. Needs the extra `molecules` for the part `arylation`.

Usage: python benchmarks/structures.py factorials [--runs 24]
       python benchmarks/structures.py arylation [--runs 50] [--from 100] [--arms names structures]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from campaigns import Trial
from reactions import AT, BATCH, EXPERIMENTS, FEATURES
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.intervals import bootstrap, paired_difference
from matloop.decide import Strategy
from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.auto import Auto
from matloop.decide.acquisition.ei import EI
from matloop.decide.acquisition.nei import NEI
from matloop.domain.prediction import Floats

TOP = 0.05


@dataclass(frozen=True)
class Further:
    """`auto` that looks further among described choices, as it does among others."""

    name: str = "further"

    def prepare(self, scene: Scene) -> Scorer:
        return Auto().prepare(replace(scene, choices=True))


ARMS: dict[str, Strategy] = {
    "auto": ml.Bayes(),
    "further": Trial(Further()),
    "ei": Trial(EI()),
    "nei": Trial(NEI()),
}
CHOICES = {"base": 4, "ligand": 12, "solvent": 4, "concentration": 3, "temperature": 3}


@dataclass(frozen=True)
class Work:
    """A space of which all candidates are known.

    truth: values, in the order of the parameters -> what is measured, more being better.
    """

    space: ml.Space
    truth: dict[tuple[str, ...], float]


def smooth(rng: np.random.Generator, points: Floats) -> Floats:
    """(n,) a random function of points (n, d): 7 tenths of its variance are smooth, the rest is each point's own."""
    d = points.shape[1]
    waves, phases = rng.normal(0, 1 / np.sqrt(d), (d, 64)), rng.uniform(0, 2 * np.pi, 64)
    known = np.cos(points @ waves + phases) @ rng.normal(0, 1, 64)
    own = rng.normal(0, 1, len(points))
    return np.sqrt(0.7) * (known - known.mean()) / known.std() + np.sqrt(0.3) * own


def pairs(one: Floats, other: Floats) -> Floats:
    """(n m, d + e) every row of (n, d) with every row of (m, e)."""
    return np.array([np.append(a, b) for a, b in product(one, other)])


def factorial(rng: np.random.Generator) -> Work:
    """Few ligands work, and each works in solvents, with bases and at temperatures of its own: yields in per cent."""
    told = {"base": rng.normal(size=(4, 2)), "ligand": rng.normal(size=(12, 5)), "solvent": rng.normal(size=(4, 3))}
    base, ligand, solvent = (s * smooth(rng, told[name]) for name, s in zip(told, (0.4, 1.8, 0.7), strict=True))
    in_solvent = 1.0 * smooth(rng, pairs(told["ligand"], told["solvent"])).reshape(12, 4)
    with_base = 0.7 * smooth(rng, pairs(told["ligand"], told["base"])).reshape(12, 4)
    at = 0.6 * np.column_stack([smooth(rng, told["ligand"]) for _ in range(2)])
    slopes = rng.normal(0, 0.4, 2)
    truth: dict[tuple[str, ...], float] = {}
    for b, k, s, c, t in product(*(range(size) for size in CHOICES.values())):
        u = -2.5 + base[b] + ligand[k] + solvent[s] + in_solvent[k, s] + with_base[k, b]
        u += float(np.array([c - 1, t - 1]) @ (slopes + at[k]))
        truth[(f"base {b}", f"ligand {k}", f"solvent {s}", str(c), str(t))] = float(100 / (1 + np.exp(-u)))
    described = [
        ml.Categorical(name, descriptors=_table([f"{name} {i}" for i in range(len(rows))], rows, apart=True))
        for name, rows in told.items()
    ]
    return Work(ml.Space([*described, _levels("concentration", [0, 1, 2]), _levels("temperature", [0, 1, 2])]), truth)


def arylation(folder: Path, structures: bool) -> Work:
    """Direct arylation: 1,728 reactions, choices by name alone or by structure."""
    frame = pd.read_csv(folder / "edbo_reactions" / "direct_arylation.csv", dtype={"entry": str})
    parameters: list[ml.Categorical] = []
    for name in FEATURES[:3]:
        choices = sorted(set(frame[name]))
        parameters.append(ml.Categorical(name, choices, ml.chem.molecules(choices) if structures else None))
    parameters += [_levels(name, sorted(set(frame[name]))) for name in FEATURES[3:]]
    rows = frame[[*FEATURES, "yield"]].itertuples(index=False)
    return Work(ml.Space(parameters), {tuple(str(one) for one in row[:-1]): float(row[-1]) for row in rows})


def _levels(name: str, levels: Sequence[float]) -> ml.Categorical:
    """Numbers that are not evenly spaced: choices that one number describes."""
    return ml.Categorical(name, descriptors=_table([str(one) for one in levels], np.array([levels], dtype=float).T))


def _table(choices: Sequence[str], rows: Floats, apart: bool = False) -> dict[str, object]:
    names = [f"d{j}" for j in range(rows.shape[1])]
    return {"choices": list(choices), "names": names, "rows": rows.tolist()} | ({"apart": True} if apart else {})


def figures(strategy: Strategy, work: Work, run: int) -> Floats:
    """Best found after each of AT less the best there is, and Top% at the end; the first batch is random."""
    names = [parameter.name for parameter in work.space.parameters]
    keys = list(work.truth)
    chance = np.random.default_rng(np.random.SeedSequence(63, spawn_key=(run,)))
    order = [keys[i] for i in chance.choice(len(keys), BATCH, replace=False)]
    campaign = ml.Campaign(work.space, [ml.Objective("yield")], strategy=strategy, seed=run)
    campaign.tell([ml.Measured.of(dict(zip(names, key, strict=True)), {"yield": work.truth[key]}) for key in order])
    while len(order) < EXPERIMENTS:
        for item in campaign.suggest(BATCH):
            order.append(tuple(str(item.values[name]) for name in names))
            campaign.tell(ml.Measured(item.id, {"yield": work.truth[order[-1]]}))
    values = np.array([work.truth[key] for key in order])
    top = set(sorted(keys, key=lambda key: -work.truth[key])[: int(np.ceil(TOP * len(keys)))])
    best = np.maximum.accumulate(values)[[BATCH - 1, *(at - 1 for at in AT)]]
    return np.append(best - max(work.truth.values()), len(top & set(order)) / len(top))


def compare(arms: dict[str, tuple[Strategy, Callable[[int], Work]]], runs: Sequence[int]) -> None:
    """Print every arm, and its paired differences to the first one."""
    print(f"{len(runs)} runs an arm; best less the best there is after {(BATCH, *AT)}, Top% at {EXPERIMENTS}")
    first: Floats | None = None
    for arm, (strategy, work) in arms.items():
        played = np.array([figures(strategy, work(run), run) for run in runs])
        first = played if first is None else first
        mean, gap = bootstrap(played, seed=0), paired_difference(played, first, seed=0)
        print(f"{arm:<12}" + "  ".join(f"{m:.2f} ({a:.2f} .. {b:.2f})" for m, a, b in _cells(mean)), flush=True)
        if played is not first:
            print(f"{'difference':<12}" + "  ".join(f"{m:+.2f} ({a:+.2f} .. {b:+.2f})" for m, a, b in _cells(gap)))


def _cells(found: ml.bench.intervals.Interval) -> list[tuple[float, float, float]]:
    return list(zip(found.value.tolist(), found.low.tolist(), found.high.tolist(), strict=True))


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["factorials", "arylation"])
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first run")
    parser.add_argument("--arms", nargs="*", help=f"of factorials: {', '.join(ARMS)}; of arylation: names, structures")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    runs = range(options.first, options.first + options.runs)
    with threadpool_limits(1):
        if options.part == "factorials":
            chosen = options.arms or ["auto", "further"]
            compare({arm: (ARMS[arm], lambda run: factorial(np.random.default_rng([63, run]))) for arm in chosen}, runs)
            return
        works = {
            arm: arylation(options.data_dir, arm == "structures") for arm in options.arms or ["names", "structures"]
        }
        compare({arm: (ml.Bayes(), lambda _, work=work: work) for arm, work in works.items()}, runs)


if __name__ == "__main__":
    main()
