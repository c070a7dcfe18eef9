"""Does the stop rule stop too early, what does it save, and is its stated probability true?

Protocols: docs/decisions/0020-stop-rule-and-advice.md and 0051-stated-probabilities.md. Synthetic pools, whose truth is
known, and published tables, whose truth is the mean of their readings. Each ask is judged with errors that reach as far
as the campaign's claims show, which is the rule, and as far as the model states, which it was before.

Usage: python benchmarks/stopping.py [--only NAME ...] [--campaigns 20] [--first 0] [--shares 0.1 0.2] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pandas as pd
from calibration import TABLES, read
from functions import PROBLEMS

import matloop as ml
from matloop.ask import task_of
from matloop.bench.intervals import bootstrap
from matloop.claimed import tails_of
from matloop.decide.stopping import outlook
from matloop.domain.prediction import Floats

NAMES = ("synthetic", "crossed-barrel", "p3ht-cnt", "agnp", "oer-3496", "oer-3851")
BUDGET, BATCH, CANDIDATES, NOISE = 100, 5, 500, (0.0, 0.2)
SHARES, PROBABILITIES, PATIENCE = (0.1, 0.2), (0.9, 0.95, 0.99), (1, 2)
WAYS = ("claims", "stated")
LEVELS = (0.0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 1.01)
"""Limits of the groups of stated probabilities whose true shares are printed."""


def watch(
    pool: ml.Pool, readings: Floats, truth: Floats, objective: ml.Objective, asked: tuple[int, Sequence[float]]
) -> Floats:
    """One campaign, (k, 1 + 4s): at each ask readings, and for each share two probabilities, allowed and true regret.

    The probabilities are those of WAYS. asked: seed and shares.
    """
    value, (seed, shares) = objective.sign * truth, asked
    campaign = ml.Campaign(pool, [objective], seed=seed, batch=BATCH, initial=10)
    rows = []
    while (told := len(campaign.state.readings)) < min(BUDGET, len(pool)):
        model = campaign.model()
        if told >= 10 and model is not None:
            row = [float(told)]
            found = pool.index(campaign.best()[0].candidate)
            assert found is not None
            task, tails = task_of(campaign.problem, campaign.state, 1), tails_of(campaign.state, [objective])
            for share in shares:
                said = [outlook(task, model, ml.Stop(share=share), one) for one in (tails, ())]
                row += [one.probability for one in said if one is not None]
                row += [ml.Stop(share=share).allowed(model.spread), float(value.max() - value[found])]
            rows.append(row)
        asked = campaign.suggest(BATCH)
        campaign.tell(
            [ml.Measured(one.id, {objective.name: float(readings[pool.index(one.candidate)])}) for one in asked]
        )
    return np.array(rows)


def synthetic(seed: int, noise: float, name: str, shares: Sequence[float]) -> Floats:
    """A campaign on a pool of a test function."""
    problem = PROBLEMS[name]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(name), int(100 * noise)])
    X = problem.candidates(rng, CANDIDATES)
    truth = problem.f(X)
    readings = truth + noise * truth.std() * rng.standard_normal(CANDIDATES)
    names = [f"x{j}" for j in range(problem.d)]
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), names)
    return watch(pool, readings, truth, ml.Objective("y"), (seed, shares))


def parts(rows: Floats, share: int, way: int) -> Floats:
    """(3, k) stated probability, allowed and true regret of a campaign's asks."""
    return rows[:, [1 + 4 * share + way, 3 + 4 * share, 4 + 4 * share]].T


def judged(watched: list[Floats], share: int, way: int, probability: float, patience: int) -> str:
    """How often a rule stops, how often too early, by how much, and what it saves of the budget."""
    wrong, saved, late, short = 0, [], [], []
    for rows in watched:
        p, allowed, regret = parts(rows, share, way)
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


def reliability(watched: list[Floats], share: int, way: int) -> str:
    """Stated: true share of all asks, in groups, with the number of asks and of campaigns; and the scores of both."""
    whose = np.repeat(np.arange(len(watched)), [len(rows) for rows in watched])
    p, allowed, regret = np.concatenate([parts(rows, share, way) for rows in watched], axis=1)
    good = regret <= allowed
    groups = [
        f"{p[some].mean():.2f}: {good[some].mean():.2f} ({np.count_nonzero(some)} of {len(np.unique(whose[some]))})"
        for low, high in pairwise(LEVELS)
        if (some := (p >= low) & (p < high)).any()
    ]
    sure = np.clip(p, 1e-3, 1 - 1e-3)  # beyond, a single ask would decide
    loss = -np.mean(np.where(good, np.log(sure), np.log(1 - sure)))
    return f"log loss {loss:.3f}, Brier {np.mean((p - good) ** 2):.3f}; stated: true (asks of campaigns)  " + ", ".join(
        groups
    )


def report(name: str, watched: list[Floats], shares: Sequence[float]) -> None:
    """Print every rule and the reliability of both ways."""
    print(f"\n{name}: {len(watched)} campaigns of {BUDGET}")
    for (k, share), (way, how) in product(enumerate(shares), enumerate(WAYS)):
        for probability, patience in product(PROBABILITIES, PATIENCE):
            rule = f"{how}, share {share:g}, probability {probability}, patience {patience}"
            print(f"  {rule}: {judged(watched, k, way, probability, patience)}")
        print(f"  {how}, share {share:g}: {reliability(watched, k, way)}", flush=True)


def main() -> None:
    """Watch every campaign, then apply every rule to what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--shares", type=float, nargs="*", default=list(SHARES))
    parser.add_argument("--only", nargs="*", default=list(NAMES), choices=list(NAMES))
    parser.add_argument("--keep", type=Path, default=None, help="a JSON file for all that was watched")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    kept: dict[str, list[list[list[float]]]] = {}
    for name in options.only:
        watched = []
        for one in campaigns(name, options):
            watched.append(one)
            kept[name] = [rows.tolist() for rows in watched]
            if options.keep:
                options.keep.write_text(json.dumps(kept))
        report(name, watched, options.shares)


def campaigns(name: str, options: argparse.Namespace) -> Iterator[Floats]:
    """Watch one after the other."""
    if name == "synthetic":
        seeds = range(options.first, options.first + max(1, options.campaigns // 4))
        for case in product(seeds, NOISE, PROBLEMS):
            yield synthetic(*case, options.shares)
        return
    table = TABLES[name]
    pool, y = read(table, options.data_dir)
    means = np.bincount(pool.row_of, y) / np.bincount(pool.row_of)
    objective = ml.Objective(table.objective, goal=table.goal)
    for seed in range(options.first, options.first + options.campaigns):
        yield watch(pool, means, means, objective, (seed, options.shares))


if __name__ == "__main__":
    main()
