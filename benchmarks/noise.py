"""Noise that varies over the space: how well it is learned, and what that is worth. Protocol: record 0017.

`python benchmarks/noise.py [synthetic|tables|outliers] [--campaigns LOW HIGH] [--data DIR]`. `GP()` beside
`GP(noise="constant")`, and beside `GP(robust=True)` where one reading in twenty is an outlier and where none is, on the
same readings; medians and means with 95 % bootstrap intervals.
"""

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import qmc

from matloop.surrogate import Observations
from matloop.surrogate.gp import GP

VARIANTS = {"varying": GP(), "constant": GP(noise="constant")}
ROBUST = {"robust": GP(robust=True), "usual": GP()}
OUTLIERS = 0.05
SETTINGS = ((150, 2), (40, 1))
KINDS = ("constant", "smooth", "proportional", "regime")
JUDGED, FEATURES, RESAMPLES = 1024, 300, 4000
TABLES = {
    "crossed barrels": ("pvlab_crossed_barrel/crossed_barrel_dataset.csv", 4),
    "AgNP": ("pvlab_agnp/agnp_dataset.csv", 5),
    "P3HT-CNT": ("pvlab_p3ht_cnt/p3ht_dataset.csv", 5),
}
SPLITS, LEARNED, EACH = 30, 100, 2

Function = Callable[[np.ndarray], np.ndarray]


def smooth(rng: np.random.Generator, d: int, low: float, high: float) -> Function:
    """A draw of a squared exponential process, by random Fourier features."""
    lengths = np.exp(rng.uniform(np.log(low), np.log(high), d)) * np.sqrt(d)
    W, phase = rng.normal(size=(FEATURES, d)) / lengths, rng.uniform(0, 2 * np.pi, FEATURES)
    weights = rng.normal(size=FEATURES) * np.sqrt(2 / FEATURES)
    return lambda X: np.cos(X @ W.T + phase) @ weights


def shape(rng: np.random.Generator, kind: str, d: int, f: Function, Q: np.ndarray) -> Function:
    """The noise std up to a factor."""
    if kind == "constant":
        return lambda X: np.ones(len(X))
    if kind == "smooth":
        g = smooth(rng, d, 0.5, 1.5)
        return lambda X: np.exp(0.5 * g(X))
    if kind == "proportional":
        low, high = f(Q).min(), f(Q).max()
        return lambda X: 0.15 + np.clip((f(X) - low) / (high - low), 0.0, None)
    w = rng.normal(size=d)
    w /= np.linalg.norm(w)
    middle = np.median(Q @ w)
    return lambda X: np.exp(np.log(3) / (1 + np.exp(-(X @ w - middle) / 0.1)))


@dataclass(frozen=True)
class Campaign:
    """A truth, its noise, and readings of it. f: (q,) and tau: (q,) at the judged inputs Q."""

    kind: str
    Q: np.ndarray
    f: np.ndarray
    tau: np.ndarray
    fresh: np.ndarray
    data: Observations

    @classmethod
    def draw(cls, c: int, designs: int, each: int, outliers: float = 0.0) -> "Campaign":
        rng = np.random.default_rng([2017, c])
        kind, d = KINDS[c % 4], 1 + (c // 4) % 4
        Q = qmc.Sobol(d, seed=rng).random(JUDGED)
        raw = smooth(rng, d, 0.3, 1.0)
        centre, spread = raw(Q).mean(), raw(Q).std()

        def f(X: np.ndarray) -> np.ndarray:
            return (raw(X) - centre) / spread

        s, r = shape(rng, kind, d, f, Q), np.exp(rng.uniform(np.log(0.1), np.log(0.5)))
        level = r / np.sqrt(np.mean(s(Q) ** 2))
        X = np.repeat(rng.random((designs, d)), each, axis=0)
        y = f(X) + level * s(X) * rng.normal(size=len(X))
        fresh = f(Q) + level * s(Q) * rng.normal(size=len(Q))
        spoiled, side, far = rng.random(len(X)) < outliers, rng.choice([-1, 1], len(X)), 5 + 5 * rng.random(len(X))
        y += spoiled * side * far * level * s(X)
        data = Observations(X, y[:, None], np.zeros((len(X), 1)), np.arange(d))
        return cls(kind, Q, f(Q), level * s(Q), fresh, data)


def nll(y: np.ndarray, mean: np.ndarray, std: np.ndarray) -> float:
    return float(np.mean(0.5 * ((y - mean) / std) ** 2 + np.log(std) + 0.5 * np.log(2 * np.pi)))


def judge(variants: dict[str, GP], task: tuple[int, int, int, float]) -> tuple[str, list[list[float]]]:
    """Figures of every variant on one campaign: noise error, error of f, NLL, coverage, seconds."""
    campaign, figures = Campaign.draw(*task), []
    for settings in variants.values():
        start = time.perf_counter()
        said = settings.fit(campaign.data, np.random.default_rng(0)).predict(campaign.Q)
        seconds = time.perf_counter() - start
        mean, noise, total = said.mean[:, 0], said.noise_std[:, 0], said.total_std[:, 0]
        error = float(np.mean(np.abs(noise / campaign.tau - 1)))
        rmse = float(np.sqrt(np.mean((mean - campaign.f) ** 2)))
        inside = float(np.mean(np.abs(campaign.fresh - mean) <= 1.6449 * total))
        figures.append([error, rmse, nll(campaign.fresh, mean, total), inside, seconds])
    return campaign.kind, figures


def interval(values: np.ndarray, statistic: Callable[..., np.ndarray]) -> str:
    draws = np.random.default_rng(1).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(statistic(values[draws], axis=1), [0.025, 0.975])
    return f"{float(statistic(values, axis=0)):.3f} ({low:.3f} .. {high:.3f})"


def synthetic(low: int, high: int, variants: dict[str, GP], outliers: float = 0.0) -> None:
    for designs, each in SETTINGS:
        tasks = [(c, designs, each, outliers) for c in range(low, high)]
        with ProcessPoolExecutor(int(os.environ.get("WORKERS", "1"))) as pool:
            judged = list(pool.map(partial(judge, variants), tasks, chunksize=4))
        kinds, figures = np.array([kind for kind, _ in judged]), np.array([found for _, found in judged])
        what = f"{designs} designs x {each} readings, {len(tasks)} campaigns, {outliers:.0%} outliers"
        print(f"\n{what}: medians; mean of NLL and of coverage")
        print(f"{'noise':14s}{'model':10s}{'noise error':>24s}{'error of f':>24s}{'NLL':>26s}{'in 90 %':>9s}{'s':>8s}")
        for kind in (*KINDS, "all"):
            chosen = figures if kind == "all" else figures[kinds == kind]
            for j, name in enumerate(variants):
                error, rmse, likelihood, inside, seconds = chosen[:, j].T
                line = f"{kind:14s}{name:10s}{interval(error, np.median):>24s}{interval(rmse, np.median):>24s}"
                line += f"{interval(likelihood, np.mean):>26s}{inside.mean():9.3f}{np.median(seconds):8.3f}"
                print(line, flush=True)
        gain = figures[:, 0] - figures[:, 1]
        print(f"{' minus '.join(variants)}: NLL {interval(gain[:, 2], np.mean)}, f {interval(gain[:, 1], np.mean)}")


def split(task: tuple[Path, int, int]) -> list[float]:
    """NLL of held-out readings of one split, for every variant."""
    path, d, k = task
    table = pd.read_csv(path).to_numpy(dtype=float)
    X, y = table[:, :d], table[:, d]
    X = (X - X.min(axis=0)) / np.ptp(X, axis=0)
    _, owner = np.unique(X, axis=0, return_inverse=True)
    rng = np.random.default_rng([2018, k])
    shuffled = rng.permutation(len(y))
    chosen = rng.permutation(owner.max() + 1)[:LEARNED]
    learn = np.concatenate([shuffled[owner[shuffled] == design][:EACH] for design in chosen])
    held = ~np.isin(owner, chosen)
    data = Observations(X[learn], y[learn, None], np.zeros((len(learn), 1)), np.arange(d))
    found = []
    for settings in VARIANTS.values():
        said = settings.fit(data, np.random.default_rng(0)).predict(X[held])
        found.append(nll(y[held], said.mean[:, 0], said.total_std[:, 0]))
    return found


def tables(folder: Path) -> None:
    print(f"\nMean NLL of held-out readings, {SPLITS} splits, {LEARNED} designs x up to {EACH} readings learned")
    print(f"{'table':18s}{'varying':>28s}{'constant':>28s}{'varying - constant':>28s}{'better in':>10s}")
    for name, (file, d) in TABLES.items():
        with ProcessPoolExecutor(int(os.environ.get("WORKERS", "1"))) as pool:
            found = np.array(list(pool.map(split, [(folder / file, d, k) for k in range(SPLITS)])))
        varying, constant = found.T
        cells = [interval(values, np.mean) for values in (varying, constant, varying - constant)]
        print(
            f"{name:18s}" + "".join(f"{cell:>28s}" for cell in cells) + f"{(varying < constant).sum():10d}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("synthetic", "tables", "outliers"), default="synthetic", nargs="?")
    parser.add_argument("--campaigns", type=int, nargs=2, default=(0, 200))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MATLOOP_DATA", "data")))
    options = parser.parse_args()
    if options.what == "synthetic":
        synthetic(*options.campaigns, VARIANTS)
    elif options.what == "outliers":
        for outliers in (OUTLIERS, 0.0):
            synthetic(*options.campaigns, ROBUST, outliers)
    else:
        tables(options.data)


if __name__ == "__main__":
    main()
