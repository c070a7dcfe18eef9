"""Does the stop rule stop too early, and what does it save? Protocol of docs/decisions/0020-stop-rule-and-advice.md.

Usage: python benchmarks/stopping.py [--campaigns 20] [--only NAME ...] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from calibration import TABLES, Table, read

import matloop as ml
from matloop.ask import task_of
from matloop.bench.intervals import bootstrap
from matloop.decide.stopping import outlook
from matloop.domain.prediction import Floats

NAMES = ("crossed-barrel", "p3ht-cnt", "agnp", "oer-3496", "oer-3851")
BUDGET, BATCH = 100, 5
SHARES, PROBABILITIES = (0.1, 0.2), (0.8, 0.9, 0.95, 0.99)


def watch(pool: ml.Pool, means: Floats, table: Table, seed: int) -> Floats:
    """One campaign, (k, 1 + 3s): at each ask readings, and for each share probability, allowed regret, true regret."""
    objective = ml.Objective(table.objective, goal=table.goal)
    value = objective.sign * means
    campaign = ml.Campaign(pool, [objective], seed=seed, batch=BATCH, initial=10)
    rows = []
    while (told := len(campaign.state.readings)) < BUDGET:
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
            if row[1] >= PROBABILITIES[-1]:  # the strictest rule has stopped, and all others before it
                break
        asked = campaign.suggest(BATCH)
        campaign.tell(
            [ml.Measured(one.id, {table.objective: float(means[pool.index(one.candidate)])}) for one in asked]
        )
    return np.array(rows)


def judged(watched: list[Floats], share: int, probability: float) -> str:
    """How often a rule stops, how often too early, and what it saves of the budget."""
    stops, wrong, saved, late = 0, 0, [], []
    for rows in watched:
        p, allowed, regret = rows[:, 1 + 3 * share : 4 + 3 * share].T
        good = regret <= allowed
        reached = rows[np.argmax(good), 0] if good.any() else BUDGET
        if not (p >= probability).any():
            saved.append(0.0)
            continue
        at = int(np.argmax(p >= probability))
        stops += 1
        wrong += not good[at]
        saved.append(BUDGET - rows[at, 0])
        late += [rows[at, 0] - reached] if good[at] else []
    mean = bootstrap(np.array(saved), seed=0)
    after = f"{np.median(late):.0f}" if late else "-"
    return (
        f"{stops:>3} of {len(watched)} stop, {wrong:>2} too early; saved {float(mean.value):5.1f}"
        f" ({float(mean.low):.1f} .. {float(mean.high):.1f}) of {BUDGET}; median delay {after}"
    )


def main() -> None:
    """Watch every campaign, then apply every rule to what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--only", nargs="*", default=list(NAMES), choices=list(NAMES))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    for name in options.only:
        pool, y = read(TABLES[name], options.data_dir)
        means = np.bincount(pool.row_of, y) / np.bincount(pool.row_of)
        watched = [watch(pool, means, TABLES[name], seed) for seed in range(options.campaigns)]
        print(f"\n{name} ({len(pool)} candidates)")
        for k, share in enumerate(SHARES):
            for probability in PROBABILITIES:
                print(f"  share {share}, probability {probability}: {judged(watched, k, probability)}", flush=True)


if __name__ == "__main__":
    main()
