"""Should `auto` seek to the end in large pools? Protocol: record 0068. Paired campaigns from 200 random readings.

Runs that were kept are not repeated, so a command that was killed goes on where it was.

Usage: python -m benchmarks.large_pools [--from 0] [--seeds 4] [--arms NAME ...] [--only NAME ...] [--snr RATIO ...]
       [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import matloop as ml
from benchmarks.campaigns import Trial
from benchmarks.spaces import FLOOR, NEVER, SNRS, WORKS, compare
from matloop.decide import Strategy
from matloop.decide.acquisition.auto import Auto

CANDIDATES, KNOWN, BATCH = 20_000, 200, 5
AT = (10, 25, 50)
ARMS: dict[str, Strategy] = {"auto": ml.Bayes(), "collects": Trial(Auto()), "seeks": Trial(Auto(pays=NEVER))}


def play(arm: str, name: str, snr: float, seed: int) -> list[float]:
    """True regret in spreads of the best of what was chosen, after each of AT."""
    box, rng = WORKS[name], np.random.default_rng([68, seed])
    low, high = np.array(box.bounds).T
    X = low + (high - low) * rng.random((CANDIDATES, len(low)))
    truth, noise = box.function(X), rng.standard_normal(CANDIDATES) * box.spread / snr
    names = [f"x{j}" for j in range(len(low))]
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), names)
    campaign = ml.Campaign(pool, [ml.Objective("y", goal="minimize")], strategy=ARMS[arm], seed=seed, initial=1)
    chosen: list[int] = []
    with threadpool_limits(1):
        known = rng.choice(CANDIDATES, KNOWN, replace=False)
        campaign.tell([ml.Measured.of(candidate=pool.id(int(i)), outcome={"y": truth[i] + noise[i]}) for i in known])
        while len(chosen) < AT[-1]:
            for item in campaign.suggest(BATCH):
                i = pool.index(item.candidate)
                assert i is not None
                chosen.append(i)
                campaign.tell(ml.Measured(item.id, {"y": truth[i] + noise[i]}))
    return [float(truth[chosen[:at]].min() - truth.min()) / box.spread for at in AT]


def show(kept: dict[str, list[float]], arms: list[str]) -> None:
    """Means of each arm on each work, and differences from the first arm in common runs."""
    merits: dict[str, dict[str, np.ndarray]] = {arm: {} for arm in arms}
    for name, snr, arm in product(WORKS, SNRS, arms):
        runs = {key: one for key, one in kept.items() if key.split()[:3] == [arm, name, str(snr)]}
        if runs:
            means = "  ".join(f"{value:.3f}" for value in np.mean(list(runs.values()), axis=0))
            print(f"{name:<12}SNR {snr:<6}{arm:<10}{len(runs):>3} runs, regret of the best of {AT}: {means}")
        for key, one in runs.items():
            merits[arm][key.split(" ", 1)[1]] = np.log10(np.maximum(one, FLOOR))
    compare(merits, arms, [f"best of {at}" for at in AT])


def main() -> None:
    """Play what is missing, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=4, help="how many from there on")
    parser.add_argument("--arms", nargs="+", default=["collects", "seeks"], choices=list(ARMS), metavar="NAME")
    parser.add_argument("--only", nargs="+", default=list(WORKS), choices=list(WORKS), metavar="NAME")
    parser.add_argument("--snr", nargs="+", type=float, default=list(SNRS), choices=SNRS, metavar="RATIO")
    parser.add_argument("--keep", type=Path, default=Path("large_pools.json"))
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
