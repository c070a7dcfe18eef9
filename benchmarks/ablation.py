"""What each ingredient of the default model earns (record 0031).

Usage: python benchmarks/ablation.py held [--runs 1]        held-out readings of synthetic truths
       python benchmarks/ablation.py tables [--runs 12]     the same on published tables, reported once
       python benchmarks/ablation.py regret [--seeds 2]     campaigns on synthetic pools, batch 5
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from batches import NOISE, campaign_figures, reactions
from calibration import TABLES, read
from functions import PROBLEMS
from gp_priors import problems
from scipy.special import ndtr
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.intervals import bootstrap, paired_difference
from matloop.domain.prediction import Floats
from matloop.surrogate import Observations, Surrogate
from matloop.surrogate.calibrate import calibrations
from matloop.surrogate.gp import GP
from matloop.surrogate.mixture import Mixture
from matloop.surrogate.warped import Warped

SMOOTH = ("matern52", "matern32", "rbf")
VARIANTS: dict[str, Surrogate] = {
    "gp": GP(),
    "draws": Mixture(samples=8),
    "kernels": Mixture(kernels=SMOOTH, samples=0),
    "two kernels": Mixture(kernels=("matern32", "rbf"), samples=0),
    "kernels, draws": Mixture(kernels=SMOOTH, samples=4),
    "warp": Warped(),
    "warp, draws": Warped(surrogate=Mixture(samples=8)),
    "warp, kernels": Warped(surrogate=Mixture(kernels=SMOOTH, samples=0)),
}
SIZES, JUDGED, ROWS, READING_NOISE = (10, 20, 40, 100), 300, 1500, 0.2
MOST = 3.0  # differences of one split are cut to this: a few hopeless splits would decide alone
FIGURES = ("nll", "crps", "rmse", "covered", "nll stated", "covered stated")
Split = tuple[Observations, Floats, Floats]


def truths(run: int) -> Iterator[tuple[str, Floats, Floats, np.ndarray]]:
    """Synthetic truths: name, inputs (n, d), readings (n,), groups (d,)."""
    rng = np.random.default_rng([3100, run])
    for name, (X, y) in problems(None).items():
        yield name, X, y, np.arange(X.shape[1])
        if "noisy" not in name:
            yield f"{name}, skewed", X, np.exp(1.5 * (y - y.mean()) / y.std()), np.arange(X.shape[1])
    for name, problem in PROBLEMS.items():
        X = problem.candidates(rng, ROWS)
        y = problem.f(X)
        yield f"{name}, noise", X, y + READING_NOISE * y.std() * rng.normal(size=ROWS), np.arange(problem.d)
    frame, y = reactions(rng)
    pool = ml.Pool.from_frame(frame, list(frame.columns))
    noise = READING_NOISE * y.std() * rng.normal(size=len(y))
    yield "reactions, noise", pool.encode_rows(np.arange(len(pool))), y + noise, pool.encoder.groups


def splits(runs: int) -> Iterator[tuple[int, Split]]:
    """Learned readings, and inputs and readings held out."""
    for run in range(runs):
        for k, (_, X, y, groups) in enumerate(truths(run)):
            for n in SIZES:
                order = np.random.default_rng([3101, run, k, n]).permutation(len(y))
                yield n, _split(X, y, groups, order[:n], order[n : n + JUDGED])


def tables(runs: int, folder: Path) -> Iterator[tuple[str, Split]]:
    """The same from published tables; direct arylation beside those of `calibration.py`."""
    for name, table in TABLES.items():
        pool, y = read(table, folder)
        X = pool.encode_rows(np.arange(len(pool)))[pool.row_of]
        for run, n in product(range(runs), (20, 40)):
            rng = np.random.default_rng([3102, run, n])
            taken = rng.choice(len(y), n, replace=False)
            others = np.flatnonzero(~np.isin(pool.row_of, pool.row_of[taken]))
            yield name, _split(X, y, pool.encoder.groups, taken, rng.permutation(others)[:JUDGED])
    frame = pd.read_csv(folder / "edbo_reactions" / "direct_arylation.csv")
    pool = ml.Pool.from_frame(frame.drop(columns=["entry", "yield"]), list(frame.columns[1:-1]))
    X, y = pool.encode_rows(np.arange(len(pool))), frame["yield"].to_numpy(float)
    for run, n in product(range(runs), (20, 40)):
        order = np.random.default_rng([3102, run, n]).permutation(len(y))
        yield "direct-arylation", _split(X, y, pool.encoder.groups, order[:n], order[n : n + JUDGED])


def _split(X: Floats, y: Floats, groups: np.ndarray, taken: np.ndarray, others: np.ndarray) -> Split:
    spread = y.std()
    data = Observations(X[taken], y[taken, None] / spread, np.zeros((len(taken), 1)), groups)
    return data, X[others], y[others] / spread


def judge(surrogate: Surrogate, split: Split, seed: int) -> tuple[Floats, float]:
    """FIGURES of a fit, in standard deviations of the objective, and its seconds."""
    data, X, y = split
    rng = np.random.default_rng([3103, seed])
    begun = time.process_time()
    fitted = surrogate.fit(data, rng)
    (calibration,) = calibrations(surrogate, fitted, data, rng)
    said = fitted.predict(X)
    spent = time.process_time() - begun
    error, noise = y - said.mean[:, 0], said.noise_std[:, 0]
    stated, std = np.hypot(said.model_std[:, 0], noise), np.hypot(calibration.factor * said.model_std[:, 0], noise)
    z = error / std
    crps = std * (z * (2 * ndtr(z) - 1) + 2 * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi))
    half = 1.6448536
    rows = (_nll(error, std), crps, np.abs(z) <= half, _nll(error, stated), np.abs(error) <= half * stated)
    nll, crps_mean, covered, nll_stated, covered_stated = (float(np.mean(row)) for row in rows)
    return np.array([nll, crps_mean, np.sqrt(np.mean(error**2)), covered, nll_stated, covered_stated]), spent


def _nll(error: Floats, std: Floats) -> Floats:
    return 0.5 * (error / std) ** 2 + np.log(std) + 0.5 * np.log(2 * np.pi)


def held(found: list[tuple[object, Split]], chosen: list[str]) -> None:
    """Judge variants on the same splits, and print by kind of split and over all."""
    kinds = np.array([str(kind) for kind, _ in found])
    judged: dict[str, Floats] = {}
    print(f"{len(found)} splits\n{'':<34}" + "".join(f"{name:>15}" for name in FIGURES) + "   nll, crps: difference")
    for name in chosen:
        results = [judge(VARIANTS[name], split, seed) for seed, (_, split) in enumerate(found)]
        judged[name] = np.array([figures for figures, _ in results])
        seconds = np.mean([spent for _, spent in results])
        for kind in (*dict.fromkeys(kinds.tolist()), "all"):
            own = kinds == kind if kind != "all" else np.ones(len(kinds), dtype=bool)
            gap = bootstrap(np.clip(judged[name] - judged[chosen[0]], -MOST, MOST)[own, :2], seed=0)
            said = "   ".join(f"{gap.value[i]:+.3f} ({gap.low[i]:+.3f} .. {gap.high[i]:+.3f})" for i in (0, 1))
            figures = "".join(f"{value:>15.3f}" for value in judged[name][own].mean(0))
            print(f"{name:<16}{kind:<18}{figures}   {said}" + (f"   {seconds:.3f} s" if kind == "all" else ""))
        print(end="", flush=True)


def regret(seeds: int, chosen: list[str]) -> None:
    """Campaigns of the default strategy, batch 5, on the pools of `batches.py`."""
    cases = list(product([*PROBLEMS, "reactions"], NOISE, range(100, 100 + seeds)))
    figures, first = ("mean regret", "regret@25", "regret@60", "Top%@60"), None
    print(f"{len(cases)} campaigns a variant\n{'':<18}" + "".join(f"{name:<34}" for name in figures))
    for name in chosen:
        strategy = ml.Bayes(surrogate=VARIANTS[name])
        begun = time.process_time()
        played = np.array([campaign_figures(strategy, *case) for case in cases])
        spent = (time.process_time() - begun) / (11 * len(cases))
        first = played if first is None else first
        gap = paired_difference(played, first, seed=0)
        cells = zip(played.mean(0), gap.value, gap.low, gap.high, strict=True)
        said = "".join(f"{m:.3f} {v:+.3f} ({lo:+.3f} .. {hi:+.3f})   " for m, v, lo, hi in cells)
        print(f"{name:<18}{said}{spent:.3f} s an ask", flush=True)


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["held", "tables", "regret"])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    with threadpool_limits(1):
        if options.part == "regret":
            regret(options.seeds, options.variants)
        else:
            found = splits(options.runs) if options.part == "held" else tables(options.runs, options.data_dir)
            held(list(found), options.variants)


if __name__ == "__main__":
    main()
