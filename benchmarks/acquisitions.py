"""Which acquisition should `auto` take? Synthetic pools alone, so that the published tables stay unseen.

Pools of 800 uniform candidates of six standard test functions, noise-free and with reading noise of 20 % of the spread
of the truth; 2 random initial candidates, batch 1, 60 experiments; paired seeds. Printed: Top% and simple regret (in
units of the spread of the truth), mean over functions and seeds, with the difference to `ei` and its 95 % interval.

Usage: python benchmarks/acquisitions.py [--seeds 10] [--from 0] [--rules NAME ...]
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np
import pandas as pd
from campaigns import Chance, Trial, follow, found
from functions import PROBLEMS

import matloop as ml
from matloop.bench.intervals import paired_difference
from matloop.decide import Strategy
from matloop.decide.acquisition.auto import Auto

CANDIDATES, EXPERIMENTS, INITIAL = 800, 60, 2
AT = (20, 40, 60)
NOISE = (0.0, 0.2)


RULES: dict[str, Strategy] = {
    "ei": ml.Bayes(acquisition="ei"),
    "nei": ml.Bayes(acquisition="nei"),
    "ucb, beta 1": ml.Bayes(acquisition="ucb", beta=1.0),
    "ucb, beta 4": ml.Bayes(acquisition="ucb", beta=4.0),
    "ucb, beta 9": ml.Bayes(acquisition="ucb", beta=9.0),
    "ucb, schedule": ml.Bayes(acquisition="ucb"),
    "ts": ml.Bayes(acquisition="ts"),
    "greedy": ml.Greedy(),
    "auto": ml.Bayes(),
    "auto, stated": ml.Bayes(calibrate=False),
    "auto, beta 4": Trial(Auto(beta=4.0)),
    "auto, beta 1": Trial(Auto(beta=1.0)),
    "auto, chance": Trial(Chance()),
}


def play(job: tuple[str, str, float, int]) -> np.ndarray:
    """One campaign: Top% and regret in spreads of the truth, at each of AT: (2, len(AT))."""
    rule, name, noise, seed = job
    problem = PROBLEMS[name]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(name), int(100 * noise)])
    X = problem.candidates(rng, CANDIDATES)
    truth = problem.f(X)
    readings = truth + noise * truth.std() * rng.standard_normal(CANDIDATES)
    pool = ml.Pool.from_frame(
        pd.DataFrame(X, columns=[f"x{j}" for j in range(problem.d)]), [f"x{j}" for j in range(problem.d)]
    )
    first = [int(i) for i in rng.choice(CANDIDATES, INITIAL, replace=False)]
    order = follow(pool, readings, first, RULES[rule], seed, EXPERIMENTS)
    return found(truth, order, CANDIDATES // 20, AT)


def main() -> None:
    """Play every rule on every problem and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--rules", nargs="*", default=list(RULES))
    options = parser.parse_args()
    cases = list(product(PROBLEMS, NOISE, range(options.first, options.first + options.seeds)))
    jobs = [(rule, *case) for rule in options.rules for case in cases]
    with ProcessPoolExecutor() as pool:
        played = np.array(list(pool.map(play, jobs, chunksize=4)))
    by_rule = played.reshape(len(options.rules), len(cases), 2, len(AT))
    for k, metric in enumerate(("Top%", "regret")):
        print(
            f"\n{metric:<14}"
            + "".join(f"{at:>9}" for at in (*(f"@{at}" for at in AT), "mean"))
            + f"   differences to {options.rules[0]}"
        )
        for r, rule in enumerate(options.rules):
            mine, other = (np.column_stack([one[:, k], one[:, k].mean(1)]) for one in (by_rule[r], by_rule[0]))
            gap = paired_difference(mine, other, seed=0)
            means = "".join(f"{mean:>9.3f}" for mean in mine.mean(0))
            gaps = (f"{v:+.3f} ({a:+.3f} .. {b:+.3f})" for v, a, b in zip(gap.value, gap.low, gap.high, strict=True))
            print(f"{rule:<14}{means}   " + "  ".join(gaps))
    print("\nTop% at the end, by problem (noise-free | noisy)")
    for r, rule in enumerate(options.rules):
        ends = by_rule[r, :, 0, -1].reshape(len(PROBLEMS), len(NOISE), -1).mean(2)
        print(f"{rule:<14}" + "  ".join(f"{n} {a:.2f}|{b:.2f}" for n, (a, b) in zip(PROBLEMS, ends, strict=True)))


if __name__ == "__main__":
    main()
