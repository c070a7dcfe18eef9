"""Should auto go over to collecting in a continuous space, or seek to the end? Protocol: record 0058. Paired campaigns.

Runs that were kept are not repeated, so a command that was killed goes on where it was.

Usage: python -m benchmarks.spaces [--from 0] [--seeds 4] [--arms NAME ...] [--only NAME ...] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

import matloop as ml
from benchmarks.campaigns import Trial, Unknown
from benchmarks.functions import levy, log_rosenbrock
from benchmarks.peers.boxes import Box
from benchmarks.peers.work import BoxWork, readings, seed_of
from matloop.bench.intervals import paired_difference
from matloop.decide import Strategy
from matloop.decide.acquisition.auto import Auto

AT = (30, 60)
SNRS = (math.inf, 10.0, 2.0)
FLOOR = 1e-3  # spreads; regret below it does not matter
NEVER = 1e-300  # of the spread: an improvement that always pays


def hills(X: np.ndarray) -> np.ndarray:
    """(n,) of the unit cube (n, d): the depth of the deepest of twelve valleys of random place, width and depth."""
    rng = np.random.default_rng([12, X.shape[1]])
    places, widths, depths = rng.random((12, X.shape[1])), rng.uniform(0.15, 0.5, 12), rng.uniform(0.3, 1.0, 12)
    squares = ((X[:, None, :] - places) ** 2).sum(axis=2)
    return -(depths * np.exp(-squares / (2 * widths**2))).sum(axis=1)


def deepest(d: int) -> float:
    """The least value of `hills` in the unit cube, by climbs from many points."""
    starts = np.random.default_rng(0).random((20_000, d))
    starts = starts[np.argsort(hills(starts))[:50]]
    return min(float(minimize(lambda x: hills(x[None, :])[0], x, bounds=[(0, 1)] * d).fun) for x in starts)


WORKS = {
    "levy6": Box(levy, [[-5.0, 5.0]] * 6, 0.0),
    "rosenbrock6": Box(log_rosenbrock, [[-2.0, 2.0]] * 6, 0.0),
    "hills6": Box(hills, [[0.0, 1.0]] * 6, deepest(6)),
    "hills3": Box(hills, [[0.0, 1.0]] * 3, deepest(3)),
}
ARMS: dict[str, Strategy] = {
    "collects": Trial(Auto(pays=0.1)),
    "later": Trial(Auto(pays=0.01)),
    "seeks": Trial(Auto(pays=NEVER)),
    "unknown": Trial(Unknown()),
    "auto": ml.Bayes(),
}


def play(arm: str, name: str, snr: float, run: int) -> dict[str, list[float]]:
    """One campaign: the true regret of each of its candidates in spreads, and that of what `best()` names at last."""
    box = WORKS[name]
    work = BoxWork(name, box, snr, 1, AT)
    noise = readings(work, run, AT[-1])
    space = ml.Space([ml.Real(f"x{i}", *ends) for i, ends in enumerate(box.bounds)])
    campaign = ml.Campaign(
        space, [ml.Objective("y", goal="minimize")], strategy=ARMS[arm], seed=seed_of(run), initial=1
    )
    said: dict[str, list[float]] = {"regret": [], "seconds": [], "sought": []}

    def outcome(point: Iterable[float]) -> dict[str, float]:
        true = work.true(list(point))
        said["regret"].append((true - box.best) / box.spread)
        return {"y": true + float(noise[len(said["regret"]) - 1])}

    with threadpool_limits(1):
        for point in work.chance(run, work.initial):
            values = {f"x{i}": value for i, value in enumerate(point)}  # type: ignore[arg-type]
            campaign.tell(ml.Measured.of(values, outcome(point)))  # type: ignore[arg-type]
        while len(said["regret"]) < AT[-1]:
            begun = time.process_time()
            (item,) = campaign.suggest(1)
            said["seconds"].append(time.process_time() - begun)
            said["sought"].append(float("took ucb" not in item.reason))
            campaign.tell(ml.Measured(item.id, outcome(float(value) for value in item.values.values())))
        named = [float(value) for value in campaign.best()[0].values.values()]
    said["named"] = [(work.true(named) - box.best) / box.spread]
    return said


def show(kept: dict[str, dict[str, list[float]]], arms: list[str], works: list[str]) -> None:
    """Means of each arm on each work, and differences from the first arm in the common runs."""
    titles = [f"regret at {at}" for at in AT]
    print(f"| work | SNR | arm | runs | {' | '.join(titles)} | named | sought | s a suggestion |")
    print("|---|---|---|---|---|---|---|---|---|")
    merits: dict[str, dict[str, np.ndarray]] = {arm: {} for arm in arms}
    for name in works:
        for snr in SNRS:
            for arm in arms:
                runs = {key: one for key, one in kept.items() if key.split()[:3] == [arm, name, str(snr)]}
                if not runs:
                    continue
                ends = np.array([[*low(one), one["named"][0]] for one in runs.values()])
                sought, seconds = (np.mean([one[what] for one in runs.values()]) for what in ("sought", "seconds"))
                figures = " | ".join(f"{value:.3f}" for value in ends.mean(axis=0))
                print(f"| {name} | {snr:g} | {arm} | {len(runs)} | {figures} | {sought:.2f} | {seconds:.2f} |")
                for key, end in zip(runs, ends, strict=True):
                    merits[arm][key.split(" ", 1)[1]] = np.log10(np.maximum(end, FLOOR))
    compare(merits, arms, [*titles, "regret of the named"])


def low(one: dict[str, list[float]]) -> list[float]:
    """Least regret so far, at each number of experiments that is looked at."""
    least = np.minimum.accumulate(one["regret"])
    return [float(least[at - 1]) for at in AT]


def compare(merits: dict[str, dict[str, np.ndarray]], arms: list[str], titles: list[str]) -> None:
    """Paired differences of each arm from the first, of log10 of regret, over all and by SNR."""
    for arm in arms[1:]:
        for snr in (None, *SNRS):
            keys = [key for key in merits[arm] if key in merits[arms[0]] and snr in (None, float(key.split()[1]))]
            if len(keys) < 3:
                continue
            gap = paired_difference(*(np.array([merits[one][key] for key in keys]) for one in (arm, arms[0])), seed=0)
            said = "; ".join(
                f"{title} {gap.value[j]:+.3f} ({gap.low[j]:+.3f} .. {gap.high[j]:+.3f})"
                for j, title in enumerate(titles)
            )
            print(f"log10, {arm} less {arms[0]}, {'all' if snr is None else f'SNR {snr:g}'}, {len(keys)} pairs: {said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="start", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=4, help="how many from there on")
    parser.add_argument("--arms", nargs="+", default=["collects", "seeks"], choices=list(ARMS), metavar="NAME")
    parser.add_argument("--only", nargs="+", default=list(WORKS), choices=list(WORKS), metavar="NAME")
    parser.add_argument("--snr", nargs="+", type=float, default=list(SNRS), choices=SNRS, metavar="RATIO")
    parser.add_argument("--keep", type=Path, default=Path("spaces.json"))
    options = parser.parse_args()
    kept = json.loads(options.keep.read_text()) if options.keep.exists() else {}
    for run in range(options.start, options.start + options.seeds):
        for name in options.only:
            for snr in options.snr:
                for arm in options.arms:
                    key = f"{arm} {name} {snr} {run}"
                    if key not in kept:
                        kept[key] = play(arm, name, snr, run)
                        options.keep.write_text(json.dumps(kept))
    show(kept, options.arms, options.only)


if __name__ == "__main__":
    main()
