"""What does `auto` give up in regret by collecting? A large pool, many readings, and ten more experiments.

`python benchmarks/collecting.py [--seeds 12] [--work hartmann6-100k ...] [--rules auto nei ...]`. The work is that on
which the table of peers times programs (`benchmarks/peers/work.py`, pool-100k): 200 readings of random candidates with
noise, then two asks of five. Beside it other functions of six features, pools of 20,000, and asks that go on. Paired
seeds: every rule has the same readings to begin with. Printed, for each rule, as means over seeds with bootstrap 95 %
intervals: regret of the best of the chosen alone and of all measured, in spreads of the truth, and how many of the
chosen are of the best hundredth of the pool.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from functions import ACKLEY, HARTMANN, LEVY, ROSENBROCK
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.decide import Chosen, Strategy, Task
from matloop.decide.acquisition.auto import Auto
from matloop.decide.batch import Rule
from matloop.decide.bayes import EVALUATIONS
from matloop.surrogate.gp import GP

FEATURES, BATCH = 6, 5


@dataclass(frozen=True)
class Seeking:
    """`auto` that collects from another expected improvement on; 0 never collects."""

    pays: float
    name: ClassVar[str] = "seeking"

    def suggest(self, task: Task) -> Chosen:
        return Rule(GP(), Auto(pays=max(self.pays, 1e-300)), EVALUATIONS).suggest(task)


@dataclass(frozen=True)
class Work:
    """A pool, its truth (more is better), how many readings come first, asks of five, and the signal to noise."""

    f: Callable[[np.ndarray], np.ndarray]
    size: int
    known: int
    asks: int
    snr: float


def hills(X: np.ndarray) -> np.ndarray:
    """Twelve hills of random place, width and height."""
    rng = np.random.default_rng(12)
    places, widths, heights = rng.random((12, X.shape[1])), rng.uniform(0.15, 0.5, 12), rng.uniform(0.3, 1.0, 12)
    squares = ((X[:, None, :] - places) ** 2).sum(axis=2)
    return (heights * np.exp(-squares / (2 * widths**2))).sum(axis=1)


FUNCTIONS = {"hartmann6": HARTMANN, "ackley6": ACKLEY, "levy6": LEVY, "rosenbrock6": ROSENBROCK, "hills6": hills}
WORKS = {
    "hartmann6-100k": Work(HARTMANN, 100_000, 200, 2, 10.0),
    **{f"{name}-20k": Work(f, 20_000, 200, 2, 10.0) for name, f in FUNCTIONS.items()},
    **{f"{name}-20k-snr2": Work(f, 20_000, 200, 2, 2.0) for name, f in FUNCTIONS.items()},
    **{f"{name}-20k-long": Work(f, 20_000, 50, 12, 10.0) for name, f in FUNCTIONS.items()},
}
RULES: dict[str, Strategy] = {
    "auto": ml.Bayes(),
    "auto, pays 0.03": Seeking(0.03),
    "auto, pays 0.01": Seeking(0.01),
    "auto, never collects": Seeking(0.0),
    "ei": ml.Bayes(acquisition="ei"),
    "nei": ml.Bayes(acquisition="nei"),
    "ucb, beta 4": ml.Bayes(acquisition="ucb", beta=4.0),
}


def play(rule: Strategy, work: Work, pool: ml.Pool, truth: np.ndarray, seed: int) -> tuple[float, float, float, float]:
    """Regret of the chosen and of all, chosen of the best hundredth, and the share that was sought, not collected."""
    rng = np.random.default_rng([seed, work.known])
    spread, order = float(truth.std()), [int(row) for row in rng.permutation(len(truth))[: work.known]]
    noise = spread / work.snr * rng.standard_normal(work.known + BATCH * work.asks)
    campaign = ml.Campaign(pool, [ml.Objective("y")], strategy=rule, seed=seed, initial=2)
    campaign.tell(
        [ml.Measured.of(candidate=pool.id(i), outcome={"y": float(truth[i] + noise[k])}) for k, i in enumerate(order)]
    )
    sought = 0
    for _ in range(work.asks):
        batch = campaign.suggest(BATCH)
        rows = [pool.index(one.candidate) for one in batch]
        sought += sum("took ucb" not in one.reason for one in batch)
        outcomes = [float(truth[row] + noise[len(order) + k]) for k, row in enumerate(rows) if row is not None]
        campaign.tell([ml.Measured(one.id, {"y": y}) for one, y in zip(batch, outcomes, strict=True)])
        order += [row for row in rows if row is not None]
    chosen = truth[order[work.known :]]
    best, mark = truth.max(), np.quantile(truth, 0.99)
    return (
        float(best - chosen.max()) / spread,
        float(best - truth[order].max()) / spread,
        float(np.count_nonzero(chosen >= mark)),
        sought / (BATCH * work.asks),
    )


def interval(figures: np.ndarray) -> str:
    """Mean of figures (seeds,) and its bootstrap 95 % interval."""
    drawn = np.random.default_rng(0).choice(figures, (2000, len(figures))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{figures.mean():.3f} ({low:.3f} .. {high:.3f})"


def compare(name: str, rules: list[str], seeds: int) -> None:
    """Play and print one work."""
    work = WORKS[name]
    X = np.random.default_rng(0).random((work.size, FEATURES))
    names = [f"x{k}" for k in range(FEATURES)]
    pool = ml.Pool.from_frame(pd.DataFrame(X, columns=names), features=names)
    truth = work.f(X)
    print(f"\n{name}: {work.known} readings, {BATCH * work.asks} chosen, {seeds} seeds")
    print(f"{'rule':<22} {'regret of chosen':>24} {'regret of all':>24} {'less auto':>24}  top 1 %  sought   s")
    first = None
    for rule in rules:
        start = time.process_time()
        played = np.array([play(RULES[rule], work, pool, truth, seed) for seed in range(seeds)])
        seconds = (time.process_time() - start) / seeds / work.asks
        first = played if first is None else first
        cells = " ".join(f"{interval(figures):>24}" for figures in (played[:, 0], played[:, 1], (played - first)[:, 0]))
        print(f"{rule:<22} {cells} {played[:, 2].mean():8.1f} {played[:, 3].mean():7.2f} {seconds:5.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--work", nargs="*", default=list(WORKS), choices=list(WORKS))
    parser.add_argument("--rules", nargs="*", default=list(RULES), choices=list(RULES))
    options = parser.parse_args()
    with threadpool_limits(1):
        for name in options.work:
            compare(name, options.rules, options.seeds)


if __name__ == "__main__":
    main()
