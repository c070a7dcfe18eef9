"""From a shortlist to a closed loop over the ESTM table: experiments until a top-1 % material is made.

Usage: python benchmarks/closed_loop_estm.py [--seeds N] [--shortlist K]

A model learns zT from `gaultois_ucsb_te` without every composition that is in `simd_estm`, with host families kept
whole. It predicts the 880 formulas of ESTM at 300, 500, 700 and 900 K; a formula's prediction is its best mean, as
its truth is its best zT (replicates averaged first). The K formulas of the best bound (mean less one std) become a
campaign as `matloop screen --campaign` writes it: surrogate `prior`, two candidates spread evenly, then one at a
time. It ends with the first formula that is among the 9 (1 %) best of all 880. Random choice among all 880 needs (880
+ 1) / (9 + 1) = 88.1 experiments on average; the aim is a third of that. Beside it: the same shortlist without what
was predicted (`gp`), in the order of the prediction (`greedy`, one run), and at random.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

import matloop as ml
from matloop.chem.choice import Sets
from matloop.screen.features import Composed
from matloop.screen.handover import Handed, hand_over
from matloop.screen.stream import Block
from matloop.screen.training import Columns, Fitting, Training, composition_keys, fit

AT = (300.0, 500.0, 700.0, 900.0)
SHARE = 0.01
MOST = 100  # experiments of a run; counted as such where nothing was found


def peaks(path: Path) -> dict[str, float]:
    """Formula -> best zT over its temperatures, replicates averaged."""
    read: dict[tuple[str, str], list[float]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            read[row["Formula"], row["temperature(K)"]].append(float(row["ZT"]))
    best: dict[str, float] = {}
    for (formula, _), values in read.items():
        best[formula] = max(best.get(formula, -math.inf), float(np.mean(values)))
    return best


def learn(data: Path, estm: list[str], folder: Path) -> tuple[Training, object]:
    """A model of the other table, without the compositions of this one."""
    known = set(composition_keys(estm))
    with (data / "gaultois_ucsb_te" / "gaultois_targets.csv").open(newline="", encoding="utf-8") as file:
        next(file)
        rows = [row for row in csv.DictReader(file) if row["zT"]]
    keys = composition_keys([row["formula"] for row in rows])
    kept = [row for row, key in zip(rows, keys, strict=True) if key not in known]
    table = folder / "known.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["formula", "T", "zT"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(kept)
    training = Training.read(table, Columns("formula", "zT", ("T",)), Composed(Sets(missing="mean"), ("T",)))
    return training, fit(training, Fitting())[0]


def shortlist(training: Training, model: object, estm: list[str], k: int) -> tuple[Block, np.ndarray]:
    """The k formulas of the best bound, each at its best temperature, and where they lie."""
    from matloop.chem import compositions  # noqa: PLC0415

    read = compositions(estm)
    said = [model.say(training.describe(read, np.full((len(estm), 1), T))) for T in AT]  # type: ignore[attr-defined]
    mean, std = (np.stack([getattr(one, name) for one in said]) for name in ("mean", "model_std"))
    best = mean.argmax(axis=0)
    at = np.arange(len(estm))
    mean, std = mean[best, at], std[best, at]
    rows = np.argsort(-(mean - std), kind="stable")[:k]
    domain = model.model.domain  # type: ignore[attr-defined]
    X = training.describe(read.take(rows), np.array(AT)[best[rows]][:, None])
    texts = np.array([[estm[row]] for row in rows], dtype=object)
    figures = np.column_stack((mean[rows], std[rows], np.zeros(k), np.zeros(k)))
    places = domain.place(X).astype(float) / domain.unit
    return Block(("formula",), texts, figures, np.ones(k, dtype=np.bool_)), places


def until_hit(pool: ml.Pool, strategy: object, truth: dict[str, float], wanted: float, seed: int) -> int:
    """Experiments until the first candidate at least as good as wanted."""
    goal = ml.Objective("zT", goal="maximize")
    campaign = ml.Campaign(pool, [goal], strategy=strategy, seed=seed, initial=2)
    for made in range(1, min(MOST, len(pool)) + 1):
        (one,) = campaign.suggest(1)
        if truth[one.candidate] >= wanted:
            return made
        campaign.tell([ml.Measured(one.id, {"zT": truth[one.candidate]})])
    return MOST


def main() -> int:
    """Run, and print one JSON document; each seed is printed as it ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--shortlist", type=int, default=100)
    options = parser.parse_args()
    data = Path(os.environ["MATLOOP_DATA"])
    truth = peaks(data / "simd_estm" / "estm.csv")
    estm = list(truth)
    best = math.ceil(SHARE * len(estm))
    wanted = sorted(truth.values())[-best]
    with tempfile.TemporaryDirectory() as folder:
        training, model = learn(data, estm, Path(folder))
        rows, places = shortlist(training, model, estm, options.shortlist)
        file = hand_over(Path(folder) / "lab", rows, places, Handed("zT", None, True, (), 0))
        opened = ml.Campaign.open(file)
        pool, strategy = opened.problem.candidates, opened.strategy
    listed = rows.column("formula").tolist()
    hits = sum(truth[one] >= wanted for one in listed)
    random_all = (len(estm) + 1) / (best + 1)
    told: dict[str, object] = {
        "formulas": len(estm), "learned_rows": len(training.lessons.y), "wanted": wanted, "hits": best,
        "shortlist": options.shortlist, "hits_in_shortlist": hits, "random_all": random_all, "aim": random_all / 3,
        "random_in_shortlist": (len(listed) + 1) / (hits + 1) if hits else None,
        "greedy": next((i + 1 for i, one in enumerate(
            sorted(listed, key=lambda one: -rows.mean[listed.index(one)])) if truth[one] >= wanted), None),
    }  # fmt: skip
    print(json.dumps(told), flush=True)
    frame = {name: places[:, i] for i, name in enumerate(("u1", "u2", "u3", "u4", "u5"))}
    import pandas as pd  # noqa: PLC0415

    bare = ml.Pool.from_frame(pd.DataFrame({**frame, "id": listed}), features=list(frame), id="id")
    found: dict[str, list[int]] = {"prior": [], "gp": []}
    for seed in range(options.seeds):
        found["prior"].append(until_hit(pool, strategy, truth, wanted, seed))
        found["gp"].append(until_hit(bare, ml.Bayes(), truth, wanted, seed))
        print(json.dumps({"seed": seed, **{name: one[-1] for name, one in found.items()}}), flush=True)
    rng = np.random.default_rng(0)
    for name, runs in found.items():
        means = np.array(runs)[rng.integers(0, len(runs), (4000, len(runs)))].mean(axis=1)
        low, high = np.quantile(means, (0.025, 0.975))
        told[name] = {
            "mean": float(np.mean(runs)),
            "low": float(low),
            "high": float(high),
            "median": float(np.median(runs)),
        }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
