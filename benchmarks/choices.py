"""Which ingredient finds the best reaction late? One change at a time on direct arylation (record 0052).

A lean replay, ten times as fast as a campaign: a Gaussian process whose hyper-parameters are the most probable of 256
draws from their prior (or a mixture of 16 drawn by evidence), and a batch by believing means. `oracle` is told
hyper-parameters that were fitted to 250 random reactions of the table, readings of all of it standardised.

Usage: python benchmarks/choices.py [--runs 48] [--arms ei est ...] [--budget 50]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import norm, rankdata
from threadpoolctl import threadpool_limits

from matloop.bench.intervals import bootstrap
from matloop.decide.acquisition.further import best_of_all
from matloop.domain.prediction import Floats
from matloop.surrogate.kernels import KERNELS

DRAWS, MIXED, BATCH, JITTER, STUDIED = 256, 16, 5, 1e-6, 250
AT = (5, 10, 15, 20, 25, 30, 40, 50)
FEATURES = ["Base_SMILES", "Ligand_SMILES", "Solvent_SMILES", "Concentration", "Temp_C"]
MATERN = KERNELS["matern52"].value


@dataclass(frozen=True)
class Table:
    """Reactions: X (n, 5), codes of the choices and levels in [0, 1]; y (n,) yields."""

    X: Floats
    y: Floats

    @classmethod
    def read(cls, folder: Path) -> Table:
        frame = pd.read_csv(folder / "edbo_reactions" / "direct_arylation.csv")
        codes = [pd.factorize(frame[name])[0].astype(float) for name in FEATURES[:3]]
        levels = [(frame[name] - frame[name].min()) / np.ptp(frame[name]) for name in FEATURES[3:]]
        return cls(np.column_stack([*codes, *levels]), frame["yield"].to_numpy(float))

    def apart(self, rows: np.ndarray) -> Floats:
        """(5, n, k) distances of all reactions from some: 1 between different choices."""
        gaps = np.abs(self.X[:, None, :] - self.X[None, rows, :])
        gaps[..., :3] = gaps[..., :3] > 0
        return np.moveaxis(gaps, 2, 0)


@dataclass(frozen=True)
class Prior:
    """Medians and widths of LogNormal priors; length scales are correlated by `pool`.

    product: choices by exp(-1/l) each, instead of one Matern over all. mixed: 16 draws instead of the likeliest.
    warp: map of the yields. given: hyper-parameters that are told: 5 lengths, scale, noise.
    """

    length: float = 1.0
    length_width: float = 1.0
    pool: float = 0.5
    scale: float = 1.0
    noise: float = 0.02
    noise_width: float = 1.5
    product: bool = False
    mixed: bool = False
    warp: str = "none"
    given: tuple[float, ...] | None = None

    def draw(self, rng: np.random.Generator) -> Floats:
        """(draws, 7) lengths, scale and noise."""
        if self.given is not None:
            return np.array([self.given])
        own, common = rng.standard_normal((DRAWS, 5)), rng.standard_normal((DRAWS, 1))
        z = np.sqrt(self.pool) * common + np.sqrt(1 - self.pool) * own
        noise = self.noise * np.exp(self.noise_width * rng.standard_normal(DRAWS))
        scale = self.scale * np.exp(0.5 * rng.standard_normal(DRAWS))
        return np.column_stack([self.length * np.exp(self.length_width * z), scale, noise])

    def kernel(self, gaps: Floats, lengths: Floats) -> Floats:
        """(draws, n, k) correlation at distances (5, n, k)."""
        if not self.product:
            return MATERN(np.tensordot(lengths**-2.0, gaps**2, axes=(1, 0)))
        parts = [np.multiply.outer(1 / lengths[:, j], gaps[j]) for j in range(5)]
        return np.prod([np.exp(-part) if j < 3 else MATERN(part**2) for j, part in enumerate(parts)], axis=0)

    def warped(self, y: Floats, table: Table) -> Floats:
        """Standardised readings."""
        if self.warp == "rank":
            y = norm.ppf((rankdata(y) - 0.5) / len(y))
        elif self.warp == "sqrt":
            y = np.sqrt(y)
        against = table.y if self.given is not None else y
        return np.asarray((y - against.mean()) / (against.std() or 1.0))


class Replay:
    """What the model says of all reactions, (draws, n), after some were read."""

    def __init__(self, table: Table, prior: Prior, rows: list[int], rng: np.random.Generator) -> None:
        self.table, self.prior = table, prior
        theta, y = prior.draw(rng), prior.warped(table.y[rows], table)
        gaps = table.apart(np.array(rows))
        k = prior.kernel(gaps[:, rows], theta[:, :5]) * theta[:, 5, None, None] + 1.0
        k = k + (theta[:, 6, None, None] + JITTER) * np.eye(len(rows))
        lower = np.linalg.cholesky(k)
        alpha = np.linalg.solve(k, np.broadcast_to(y, (len(k), len(y)))[..., None])[..., 0]
        evidence = -0.5 * (alpha * y).sum(1) - np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(1)
        weights = np.exp(evidence - evidence.max())
        at = (np.arange(MIXED) + rng.random()) / MIXED
        drawn = np.searchsorted(np.cumsum(weights / weights.sum()), at).clip(0, len(k) - 1)
        pick = drawn if prior.mixed else np.array([int(np.argmax(weights))])
        self.theta = theta[pick]
        across = prior.kernel(gaps, self.theta[:, :5]) * self.theta[:, 5, None, None] + 1.0
        self.mean = np.einsum("pnr,pr->pn", across, alpha[pick])
        self.seen = np.linalg.solve(lower[pick], across.transpose(0, 2, 1))
        self.var = self.theta[:, 5, None] + 1.0 - (self.seen**2).sum(1)

    def believe(self, row: int) -> None:
        """Take a reaction for read at its mean."""
        gaps = self.table.apart(np.array([row]))
        k = self.prior.kernel(gaps, self.theta[:, :5])[..., 0] * self.theta[:, 5, None] + 1.0
        cov = k - np.einsum("prn,pr->pn", self.seen, self.seen[:, :, row])
        new = cov / np.sqrt(np.maximum(self.var[:, row] + self.theta[:, 6] + JITTER, JITTER))[:, None]
        self.seen = np.concatenate([self.seen, new[:, None, :]], axis=1)
        self.var = np.maximum(self.var - new**2, JITTER**2)

    def moments(self) -> tuple[Floats, Floats]:
        """Mean and std (n,) over draws."""
        return self.mean.mean(0), np.sqrt(np.maximum(self.var, 1e-10).mean(0) + self.mean.var(0))


Score = Callable[[Replay, list[int]], Floats]


def ei(model: Replay, rows: list[int]) -> Floats:
    """Expected improvement over the best mean, averaged over draws."""
    std = np.sqrt(np.maximum(model.var, 1e-10))
    z = (model.mean - model.mean[:, rows].max(1)[:, None]) / std
    return np.asarray((std * (z * norm.cdf(z) + norm.pdf(z))).mean(0))


def ucb(beta: float) -> Score:
    """Mean plus the root of beta times the std."""

    def score(model: Replay, rows: list[int]) -> Floats:
        mean, std = model.moments()
        return np.asarray(mean + np.sqrt(beta) * std)

    return score


def est(model: Replay, rows: list[int]) -> Floats:
    """Most probably as good as the best of all."""
    mean, std = model.moments()
    free = np.setdiff1d(np.arange(len(mean)), rows)
    return np.asarray(-(max(best_of_all(mean[free], std[free]), mean[rows].max()) - mean) / std)


def then(first: Score | None, pays: float = 0.1) -> Score:
    """`auto`: by ei where it pays, or by `first` while the best of all does; by a bound of beta 2 elsewhere."""

    def score(model: Replay, rows: list[int]) -> Floats:
        mean, std = model.moments()
        best = mean[rows].max()
        low = mean + np.sqrt(2.0) * std - best
        if first is None:
            gain = ei(model, rows)
            return np.where(gain >= pays, 1e6 + gain, low)
        free = np.setdiff1d(np.arange(len(mean)), rows)
        return first(model, rows) if best_of_all(mean[free], std[free]) - best >= pays else low

    return score


WIDE = Prior(length=3.0, scale=8.0, noise=0.005, noise_width=1.0)
ARMS: dict[str, tuple[Prior, Score]] = {
    "ei": (Prior(), ei),
    "ei, 16 draws": (Prior(mixed=True), ei),
    "ei, product kernel": (Prior(product=True, length=1.5), ei),
    "ei, long lengths": (Prior(length=2.0), ei),
    "ei, large scale": (WIDE, ei),
    "ei, more noise": (Prior(noise=0.1, noise_width=1.0), ei),
    "ei, ranks": (Prior(warp="rank"), ei),
    "ei, roots": (Prior(warp="sqrt"), ei),
    "ei, oracle": (Prior(given=()), ei),
    "auto, near": (Prior(), then(None)),
    "auto": (Prior(), then(est)),
    "est": (Prior(), est),
    "ucb, 2": (Prior(), ucb(2.0)),
    "ucb, 4": (Prior(), ucb(4.0)),
    "ucb, 9": (Prior(), ucb(9.0)),
}


def oracle(table: Table) -> tuple[float, ...]:
    """Lengths, scale and noise that explain many reactions best."""
    rows = np.random.default_rng(5).choice(len(table.y), STUDIED, replace=False)
    y, gaps = (table.y[rows] - table.y.mean()) / table.y.std(), table.apart(rows)[:, rows]

    def cost(u: Floats) -> float:
        t = np.exp(u)
        k = Prior().kernel(gaps, t[None, :5])[0] * t[5] + 1.0 + (t[6] + JITTER) * np.eye(STUDIED)
        lower = np.linalg.cholesky(k)
        return float(0.5 * y @ np.linalg.solve(k, y) + np.log(np.diag(lower)).sum())

    start = np.array([0.5] * 5 + [0.0, -3.0])
    found = minimize(cost, start, method="L-BFGS-B", bounds=[(-3, 5)] * 5 + [(-3, 6), (-9, 0)], options={"maxiter": 25})
    return tuple(np.exp(found.x).tolist())


def play(table: Table, arm: tuple[Prior, Score], run: int, budget: int) -> Floats:
    """Best yield found after each experiment; the first five are those of the backtests."""
    prior, score = arm
    first = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(run,))).permutation(len(table.y))[:BATCH]
    rows, rng = first.tolist(), np.random.default_rng([run, 7])
    while len(rows) < budget:
        model = Replay(table, prior, rows, rng)
        for _ in range(BATCH):
            scores = np.array(score(model, rows))
            scores[rows] = -np.inf
            rows.append(int(np.argmax(scores)))
            model.believe(rows[-1])
    return np.asarray(np.maximum.accumulate(table.y[rows]))


def main() -> None:
    """Print a row an arm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=48)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--arms", nargs="*", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    given = parser.parse_args()
    table, at = Table.read(given.data_dir), np.array([k - 1 for k in AT if k <= given.budget])
    print(f"{given.runs} runs an arm; mean best yield after {[int(k) + 1 for k in at]}")
    with threadpool_limits(1):
        for name in given.arms:
            prior, score = ARMS[name]
            prior = replace(prior, given=oracle(table)) if prior.given == () else prior
            best = np.array([play(table, (prior, score), run, given.budget) for run in range(given.runs)])[:, at]
            found = bootstrap(best, seed=0)
            cells = zip(found.value, found.low, found.high, strict=True)
            print(f"{name:<20}" + "  ".join(f"{v:.1f} ({lo:.1f} .. {hi:.1f})" for v, lo, hi in cells), flush=True)


if __name__ == "__main__":
    main()
