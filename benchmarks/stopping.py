"""Does the stop rule stop too early, and what does it save? Protocol of docs/decisions/0020-stop-rule-and-advice.md.

Synthetic pools, whose truth is known, and published tables, whose truth is the mean of their readings.

Usage: python benchmarks/stopping.py [--only NAME ...] [--campaigns 20] [--keep FILE] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import json
import os
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from calibration import TABLES, read
from functions import PROBLEMS

import matloop as ml
from matloop.ask import task_of
from matloop.bench.intervals import bootstrap
from matloop.decide.stopping import outlook
from matloop.domain.prediction import Floats

NAMES = ("synthetic", "crossed-barrel", "p3ht-cnt", "agnp", "oer-3496", "oer-3851")
BUDGET, BATCH, CANDIDATES, NOISE = 100, 5, 500, (0.0, 0.2)
SHARES, PROBABILITIES, PATIENCE = (0.1, 0.2), (0.8, 0.9, 0.95, 0.99), (1, 2, 3)


def watch(pool: ml.Pool, readings: Floats, truth: Floats, objective: ml.Objective, seed: int) -> Floats:
    """One campaign, (k, 1 + 3s): at each ask readings, and for each share probability, allowed regret, true regret."""
    value = objective.sign * truth
    campaign = ml.Campaign(pool, [objective], seed=seed, batch=BATCH, initial=10)
    rows = []
    while (told := len(campaign.state.readings)) < min(BUDGET, len(pool)):
        model = campaign.model()
        if told >= 10 and model is not None:
            row = [float(told)]
            found = pool.index(campaign.best()[0].candidate)
            assert found is not None
            for share in SHARES:
                said = outlook(task_of(campaign.problem, campaign.state, 1), model, ml.Stop(share=share))
                assert said is not None
                row += [said.probability, said.allowed, float(value.max() - value[found])]
            rows.append(row)
        asked = campaign.suggest(BATCH)
        campaign.tell(
            [ml.Measured(one.id, {objective.name: float(readings[pool.index(one.candidate)])}) for one in asked]
        )
    return np.array(rows)


def synthetic(seed: int, noise: float, name: str) -> Floats:
    """A campaign on a pool of a test function."""
    problem = PROBLEMS[name]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(name), int(100 * noise)])
    X = problem.candidates(rng, CANDIDATES)
    truth = problem.f(X)
    readings = truth + noise * truth.std() * rng.standard_normal(CANDIDATES)
    names = [f"x{j}" for j in range(problem.d)]
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), names)
    return watch(pool, readings, truth, ml.Objective("y"), seed)


def judged(watched: list[Floats], share: int, probability: float, patience: int) -> str:
    """How often a rule stops, how often too early, by how much, and what it saves of the budget."""
    wrong, saved, late, short = 0, [], [], []
    for rows in watched:
        p, allowed, regret = rows[:, 1 + 3 * share : 4 + 3 * share].T
        held = np.convolve(p >= probability, np.ones(patience), "full")[: len(p)] >= patience
        if not held.any():
            saved.append(0.0)
            continue
        at, good = int(np.argmax(held)), regret <= allowed
        wrong += not good[at]
        short.append(regret[at] / allowed[at])
        saved.append(BUDGET - rows[at, 0])
        late += [rows[at, 0] - rows[np.argmax(good), 0]] if good[at] else []
    mean = bootstrap(np.array(saved), seed=0)
    after, far = (f"{np.median(one):.3g}" if one else "-" for one in (late, short))
    return (
        f"{len(short):>3} of {len(watched)} stop, {wrong:>2} too early, median regret {far} of what is allowed;"
        f" saved {float(mean.value):5.1f} ({float(mean.low):.1f} .. {float(mean.high):.1f}); median delay {after}"
    )


def main() -> None:
    """Watch every campaign, then apply every rule to what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--only", nargs="*", default=list(NAMES), choices=list(NAMES))
    parser.add_argument("--keep", type=Path, default=None, help="a JSON file for all that was watched")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    kept = {}
    for name in options.only:
        if name == "synthetic":
            cases = list(product(range(max(1, options.campaigns // 4)), NOISE, PROBLEMS))
            watched = []
            for case in cases:
                watched.append(synthetic(*case))
                if options.keep:
                    options.keep.write_text(json.dumps({name: [rows.tolist() for rows in watched]}))
        else:
            table = TABLES[name]
            pool, y = read(table, options.data_dir)
            means = np.bincount(pool.row_of, y) / np.bincount(pool.row_of)
            objective = ml.Objective(table.objective, goal=table.goal)
            watched = [watch(pool, means, means, objective, seed) for seed in range(options.campaigns)]
        kept[name] = [rows.tolist() for rows in watched]
        if options.keep:
            options.keep.write_text(json.dumps(kept))
        print(f"\n{name}: {len(watched)} campaigns of {BUDGET}")
        for k, probability, patience in product(range(len(SHARES)), PROBABILITIES, PATIENCE):
            rule = f"share {SHARES[k]}, probability {probability}, patience {patience}"
            print(f"  {rule}: {judged(watched, k, probability, patience)}", flush=True)


if __name__ == "__main__":
    main()
