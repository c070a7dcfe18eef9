"""Which acquisition should `auto` take with two goals? Test problems of the literature, by formula.

ZDT1 and ZDT2 with 4 parameters (Zitzler, Deb, Thiele 2000) and DTLZ2 with 6 parameters and 2 objectives (Deb, Thiele,
Laumanns, Zitzler 2005), minimised; grids of step 0.01, 10 points of the initial design, batches of 2. `noise` adds to
each reading that share of the standard deviation of its objective over the space. Printed: how much
hypervolume the true values of all that was measured lack of that of the true front, from the references that are usual
for these problems (11 each for ZDT, 1.1 each for DTLZ2), mean over seeds. The program is told no reference: its own
rule is part of what is tried.

Usage: python benchmarks/pareto.py [--seeds 3] [--only zdt1 ...] [--strategies ehvi parego ...] [--noise 0.2]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import moocore
import numpy as np

import matloop as ml
from matloop.decide import Strategy

AT = (30, 60)
INITIAL, BATCH, EVALUATIONS = 10, 2, 3000


def zdt1(x: np.ndarray) -> np.ndarray:
    """ZDT1 at x (n, d): (n, 2); its front is convex."""
    g = 1 + 9 * x[:, 1:].mean(1)
    return np.column_stack([x[:, 0], g * (1 - np.sqrt(x[:, 0] / g))])


def zdt2(x: np.ndarray) -> np.ndarray:
    """ZDT2 at x (n, d): (n, 2); its front is concave."""
    g = 1 + 9 * x[:, 1:].mean(1)
    return np.column_stack([x[:, 0], g * (1 - (x[:, 0] / g) ** 2)])


def dtlz2(x: np.ndarray) -> np.ndarray:
    """DTLZ2 with two objectives at x (n, d): (n, 2); its front is a quarter of a circle."""
    g = ((x[:, 1:] - 0.5) ** 2).sum(1)
    angle = x[:, 0] * np.pi / 2
    return np.column_stack([(1 + g) * np.cos(angle), (1 + g) * np.sin(angle)])


@dataclass(frozen=True)
class Task:
    """A problem of d parameters. reference: of both objectives. most: hypervolume of the true front."""

    truth: Callable[[np.ndarray], np.ndarray]
    d: int
    reference: float
    most: float


TASKS = {
    "zdt1": Task(zdt1, 4, 11.0, 121 - 1 / 3),
    "zdt2": Task(zdt2, 4, 11.0, 121 - 2 / 3),
    "dtlz2": Task(dtlz2, 6, 1.1, 1.21 - np.pi / 4),
}
STRATEGIES = ("ehvi", "nehvi", "parego", "random")


def made(name: str) -> Strategy:
    """The strategy of a name."""
    return ml.Random() if name == "random" else ml.Bayes(acquisition=name, evaluations=EVALUATIONS)


def lacking(task: Task, name: str, seed: int, noise: float) -> tuple[list[float], float]:
    """Hypervolume that one campaign lacks after AT experiments, and seconds a suggestion."""
    space = ml.Space([ml.Real(f"x{i}", 0, 1, step=0.01) for i in range(task.d)])
    goals = [ml.Objective("f1", goal="minimize"), ml.Objective("f2", goal="minimize")]
    rng = np.random.default_rng(seed)
    scale = noise * task.truth(rng.random((4096, task.d))).std(axis=0)
    campaign = ml.Campaign(space, goals, strategy=made(name), seed=seed, initial=INITIAL, batch=BATCH)
    true: list[np.ndarray] = []
    spent = 0.0
    while len(true) < AT[-1]:
        begun = time.perf_counter()
        asked = campaign.suggest(BATCH)
        spent += time.perf_counter() - begun
        for one in asked:
            value = task.truth(np.array([[one.values[f"x{i}"] for i in range(task.d)]]))[0]
            true.append(value)
            read = value + scale * rng.standard_normal(2)
            campaign.tell(ml.Measured(one.id, {"f1": float(read[0]), "f2": float(read[1])}))
    figures = [task.most - moocore.hypervolume(np.array(true[:at]), ref=[task.reference] * 2) for at in AT]
    return figures, spent / len(true)


def main() -> None:
    """Print a row a problem and strategy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--strategies", nargs="*", default=list(STRATEGIES), choices=list(STRATEGIES))
    parser.add_argument("--noise", type=float, default=0.0)
    given = parser.parse_args()
    for problem in given.only:
        for name in given.strategies:
            runs = [lacking(TASKS[problem], name, seed, given.noise) for seed in range(given.seeds)]
            figures = np.array([found for found, _ in runs])
            parts = [f"{at}: {figures[:, k].mean():.4f} ({np.ptp(figures[:, k]):.4f})" for k, at in enumerate(AT)]
            each = f"{np.mean([seconds for _, seconds in runs]):.2f} s a suggestion"
            print(f"{problem:6} noise {given.noise:.1f} {name:7} lacks at {'  '.join(parts)}  {each}", flush=True)


if __name__ == "__main__":
    main()
