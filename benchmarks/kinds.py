"""Should `auto` collect in a large space of choices and numbers, or seek to the end? Records 0064, 0067.

Kinds of truth, drawn anew for each seed: `recipe`, four choices of ten with effects of their own and by pairs, and
four fractions of which the best blend depends on the first choice; `process`, three choices of eight, likewise, and
three reals with a hill whose place depends on the first choice; `switches`, the same of ten binaries; `cones`, binaries
and a hill with a point. Record 0064 has `recipe`, `process` and `switches`, record 0067 `switches` and `cones`.
Campaigns that were kept are not repeated.

Usage: python -m benchmarks.kinds [--from 0] [--seeds 4] [--arms collects seeks] [--only NAME ...] [--snr 10]
       [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

import matloop as ml
from benchmarks.campaigns import Again, Trial, Unknown
from matloop.bench.intervals import paired_difference
from matloop.decide import Strategy
from matloop.decide.acquisition.auto import Auto
from matloop.domain.prediction import Floats

AT, BATCH, INITIAL = (30, 60), 5, 10
SNRS = (math.inf, 10.0)
FLOOR = 1e-3  # spreads; regret below it does not matter
ARMS: dict[str, Strategy] = {
    "collects": Trial(Again(pays=0.1)),
    "seeks": Trial(Auto(pays=1e-300)),
    "auto": ml.Bayes(),
    "unknown": Trial(Unknown()),
    "nei": ml.Bayes(acquisition="nei"),
}


@dataclass(frozen=True)
class World:
    """A space and its truth, more being better.

    f: values -> truth. best: the highest there is. spread: standard deviation over the space.
    """

    space: ml.Space
    f: Callable[[Mapping[str, object]], float]
    best: float
    spread: float


def effects(rng: np.random.Generator, sizes: list[int]) -> np.ndarray:
    """(sizes) what every combination of choices does: one by one of unit variance, by pairs half as much."""
    total = np.zeros(sizes)
    for axis, size in enumerate(sizes):
        total += rng.normal(size=size).reshape([size if k == axis else 1 for k in range(len(sizes))])
    for pair in combinations(range(len(sizes)), 2):
        total += 0.5 * rng.normal(size=[size if k in pair else 1 for k, size in enumerate(sizes)])
    return total


@cache
def world(name: str, seed: int) -> World:
    """The truth of a seed."""
    rng = np.random.default_rng([64, seed, ["process", "recipe", "switches", "cones"].index(name)])
    return KINDS[name](rng)


def recipe(rng: np.random.Generator) -> World:
    """Four choices of ten, and four fractions whose best blend depends on the first choice."""
    total = effects(rng, [10] * 4)
    blends = rng.dirichlet(np.ones(4) * 2, size=10)
    grid = np.array([(a, b, c, 20 - a - b - c) for a, b, c in product(range(21), repeat=3) if a + b + c <= 20]) / 20
    worth = 3.0 * np.exp(-((grid[None] - blends[:, None]) ** 2).sum(axis=2) / 0.18)
    names, parts = [f"c{i}" for i in range(4)], ["a", "b", "c", "d"]
    space = ml.Space(
        [*(ml.Categorical(one, [f"{one}{k}" for k in range(10)]) for one in names),
         *(ml.Real(one, 0, 1, step=0.05) for one in parts)],
        [ml.Sum(parts, 1.0)],
    )  # fmt: skip

    def f(values: Mapping[str, object]) -> float:
        k = tuple(int(str(values[one])[2:]) for one in names)
        point = np.array([float(values[one]) for one in parts])  # type: ignore[arg-type]
        return float(total[k] + 3.0 * np.exp(-((point - blends[k[0]]) ** 2).sum() / 0.18))

    best = float((total.max(axis=(1, 2, 3)) + worth.max(axis=1)).max())
    return World(space, f, best, float(np.sqrt(total.var() + worth.var())))


def process(rng: np.random.Generator) -> World:
    """Three choices of eight, and a hill over three reals whose place depends on the first choice."""
    total = effects(rng, [8] * 3)
    places = 0.2 + 0.6 * rng.random((8, 3))
    names, reals = [f"c{i}" for i in range(3)], ["u", "v", "w"]
    space = ml.Space(
        [*(ml.Categorical(one, [f"{one}{k}" for k in range(8)]) for one in names),
         *(ml.Real(one, 0, 1) for one in reals)]
    )  # fmt: skip

    def f(values: Mapping[str, object]) -> float:
        k = tuple(int(str(values[one])[2:]) for one in names)
        point = np.array([float(values[one]) for one in reals])  # type: ignore[arg-type]
        return float(total[k] + 3.0 * np.exp(-((point - places[k[0]]) ** 2).sum() / 0.18))

    points = rng.random((4096, 3))
    hills = 3.0 * np.exp(-((points[None] - places[:, None]) ** 2).sum(axis=2) / 0.18)
    return World(space, f, float(total.max()) + 3.0, float(np.sqrt(total.var() + hills.var())))


def switches(rng: np.random.Generator) -> World:
    """Ten binaries, and a smooth hill over three reals whose place depends on the first binary."""
    return binaries(rng, 0.2, lambda far: np.exp(-(far**2) / 0.18))


def cones(rng: np.random.Generator) -> World:
    """The same with a hill that has a point, anywhere in the box: a model takes its slope to go on."""
    return binaries(rng, 0.0, lambda far: 1.0 - far)


def binaries(rng: np.random.Generator, margin: float, hill: Callable[[Floats], Floats]) -> World:
    """Ten binaries, and a hill of the distance from a place, which the first one decides, over three reals."""
    total = effects(rng, [2] * 10)
    places = margin + (1 - 2 * margin) * rng.random((2, 3))
    names, reals = [f"b{i}" for i in range(10)], ["u", "v", "w"]
    space = ml.Space([*map(ml.Binary, names), *(ml.Real(one, 0, 1) for one in reals)])

    def f(values: Mapping[str, object]) -> float:
        k = tuple(int(bool(values[one])) for one in names)
        point = np.array([float(values[one]) for one in reals])  # type: ignore[arg-type]
        return float(total[k] + 3.0 * hill(np.linalg.norm(point - places[k[0]])))  # type: ignore[arg-type]

    points = rng.random((4096, 3))
    hills = 3.0 * hill(np.linalg.norm(points[None] - places[:, None], axis=2))
    return World(space, f, float(total.max()) + 3.0, float(np.sqrt(total.var() + hills.var())))


KINDS: dict[str, Callable[[np.random.Generator], World]] = {
    "recipe": recipe,
    "process": process,
    "switches": switches,
    "cones": cones,
}


def play(arm: str, name: str, snr: float, seed: int) -> list[float]:
    """True regret in spreads of the best so far, at each of AT, and of the candidate named best at last."""
    truth = world(name, seed)
    noise = np.random.default_rng([65, seed]).normal(size=AT[-1]) * truth.spread / snr
    campaign = ml.Campaign(truth.space, [ml.Objective("y")], strategy=ARMS[arm], seed=seed, initial=INITIAL)
    values: list[float] = []
    with threadpool_limits(1):
        while len(values) < AT[-1]:
            for item in campaign.suggest(BATCH):
                values.append(truth.f(item.values))
                campaign.tell(ml.Measured(item.id, {"y": values[-1] + float(noise[len(values) - 1])}))
        named = truth.f(campaign.best()[0].values)
    best = np.maximum.accumulate(values)
    return [(truth.best - float(one)) / truth.spread for one in (*(best[at - 1] for at in AT), named)]


def show(kept: dict[str, list[float]], arms: list[str]) -> None:
    """Means of each arm on each work, and differences from the first arm in common runs."""
    works = sorted({tuple(key.split()[1:3]) for key in kept})
    for name, snr in works:
        for arm in arms:
            runs = np.array([kept[key] for key in kept if key.split()[:3] == [arm, name, snr]])
            if len(runs):
                means = "  ".join(f"{value:.3f}" for value in runs.mean(axis=0))
                print(f"{name:<10}SNR {snr:<6}{arm:<10}{len(runs):>3} runs, regret at {AT} and of the named: {means}")
    for arm in arms[1:]:
        for snr in (None, *map(str, SNRS)):
            ours = {key.split(" ", 1)[1]: one for key, one in kept.items() if key.split()[0] == arm}
            keys = [key for key in ours if f"{arms[0]} {key}" in kept and snr in (None, key.split()[1])]
            if len(keys) < 3:
                continue
            logs = [np.log10(np.maximum([kept[f"{one} {key}"] for key in keys], FLOOR)) for one in (arm, arms[0])]
            gap = paired_difference(*logs, seed=0)
            cells = zip(gap.value, gap.low, gap.high, strict=True)
            said = "; ".join(f"{v:+.3f} ({a:+.3f} .. {b:+.3f})" for v, a, b in cells)
            print(f"log10, {arm} less {arms[0]}, SNR {snr or 'all'}, {len(keys)} pairs: {said}")


def main() -> None:
    """Play what is missing, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=4, help="how many from there on")
    parser.add_argument("--arms", nargs="+", default=["collects", "seeks"], choices=list(ARMS), metavar="NAME")
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="NAME")
    parser.add_argument("--snr", nargs="+", type=float, default=list(SNRS))
    parser.add_argument("--keep", type=Path, default=Path("kinds.json"))
    options = parser.parse_args()
    kept = json.loads(options.keep.read_text()) if options.keep.exists() else {}
    for seed in range(options.first, options.first + options.seeds):
        for name, snr, arm in product(options.only, options.snr, options.arms):
            key = f"{arm} {name} {snr} {seed}"
            if key not in kept:
                kept[key] = play(arm, name, snr, seed)
                options.keep.write_text(json.dumps(kept))
    show(kept, options.arms)


if __name__ == "__main__":
    main()
