"""Which acquisition should `auto` take? Synthetic pools alone, so that the published tables stay unseen.

Pools of 800 uniform candidates of six standard test functions, noise-free and with reading noise of 20 % of the spread
of the truth; 2 random initial candidates, batch 1, 60 experiments; paired seeds. Printed: Top% and simple regret (in
units of the spread of the truth), mean over functions and seeds, with the difference to `ei` and its 95 % interval.

Usage: python benchmarks/acquisitions.py [--seeds 10] [--from 0] [--rules NAME ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.intervals import paired_difference
from matloop.decide import Chosen, Strategy, Task
from matloop.decide.acquisition.auto import Auto
from matloop.decide.batch import Rule
from matloop.decide.bayes import EVALUATIONS
from matloop.surrogate.gp import GP

CANDIDATES, EXPERIMENTS, INITIAL = 800, 60, 2
AT = (20, 40, 60)
NOISE = (0.0, 0.2)


def branin(X: np.ndarray) -> np.ndarray:
    """Branin on the unit square, (n, 2)."""
    a, b = 15 * X[:, 0] - 5, 15 * X[:, 1]
    return -((b - 5.1 * a**2 / (4 * np.pi**2) + 5 * a / np.pi - 6) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10)


def ackley(X: np.ndarray) -> np.ndarray:
    """Ackley on [-5, 5]^d, its optimum moved off the centre."""
    Z = 10 * (X - 0.37)
    deep = 20 * np.exp(-0.2 * np.sqrt((Z**2).mean(1)))
    return deep + np.exp(np.cos(2 * np.pi * Z).mean(1))


def rosenbrock(X: np.ndarray) -> np.ndarray:
    """Rosenbrock on [-2, 2]^d, in logarithms as its users plot it."""
    Z = 4 * X - 2
    return -np.log1p((100 * (Z[:, 1:] - Z[:, :-1] ** 2) ** 2 + (1 - Z[:, :-1]) ** 2).sum(1))


def levy(X: np.ndarray) -> np.ndarray:
    """Levy on [-5, 5]^d."""
    W = 1 + (10 * X - 6) / 4
    middle = ((W[:, :-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * W[:, :-1] + 1) ** 2)).sum(1)
    return -(np.sin(np.pi * W[:, 0]) ** 2 + middle + (W[:, -1] - 1) ** 2 * (1 + np.sin(2 * np.pi * W[:, -1]) ** 2))


_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann(X: np.ndarray) -> np.ndarray:
    """Hartmann on the unit cube, (n, 6)."""
    return np.exp(-(_A * (X[:, None, :] - _P) ** 2).sum(2)) @ _ALPHA


def mixture(X: np.ndarray) -> np.ndarray:
    """Two phases of a four-component blend with a threshold between them, (n, 4) on the simplex."""
    good = np.exp(-((X - [0.5, 0.3, 0.1, 0.1]) ** 2).sum(1) / 0.05)
    return good + 0.6 / (1 + np.exp(-(X[:, 0] - X[:, 2]) * 12))


@dataclass(frozen=True)
class Problem:
    """A function, its number of features, and whether candidates are blends."""

    f: Callable[[np.ndarray], np.ndarray]
    d: int
    blend: bool = False


PROBLEMS = {
    "branin": Problem(branin, 2),
    "ackley": Problem(ackley, 4),
    "rosenbrock": Problem(rosenbrock, 4),
    "levy": Problem(levy, 5),
    "hartmann": Problem(hartmann, 6),
    "mixture": Problem(mixture, 4, blend=True),
}


@dataclass(frozen=True)
class Collecting:
    """`auto` that collects by another weight of the variance."""

    beta: float
    name: str = "collecting"

    def suggest(self, task: Task) -> Chosen:
        return Rule(GP(), Auto(beta=self.beta), EVALUATIONS).suggest(task)


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
    "auto, beta 4": Collecting(4.0),
    "auto, beta 1": Collecting(1.0),
}


def play(job: tuple[str, str, float, int]) -> np.ndarray:
    """One campaign: Top% and regret in spreads of the truth, at each of AT: (2, len(AT))."""
    rule, name, noise, seed = job
    problem = PROBLEMS[name]
    rng = np.random.default_rng([seed, list(PROBLEMS).index(name), int(100 * noise)])
    X = rng.dirichlet(np.ones(problem.d), CANDIDATES) if problem.blend else rng.random((CANDIDATES, problem.d))
    truth = problem.f(X)
    readings = truth + noise * truth.std() * rng.standard_normal(CANDIDATES)
    pool = ml.Pool.from_frame(
        pd.DataFrame(X, columns=[f"x{j}" for j in range(problem.d)]), [f"x{j}" for j in range(problem.d)]
    )
    campaign = ml.Campaign(pool, [ml.Objective("y")], strategy=RULES[rule], seed=seed, initial=1)
    order = [int(i) for i in rng.choice(CANDIDATES, INITIAL, replace=False)]
    with threadpool_limits(1):
        campaign.tell([ml.Measured.of(candidate=pool.id(i), outcome={"y": float(readings[i])}) for i in order])
        while len(order) < EXPERIMENTS:
            (item,) = campaign.suggest(1)
            i = pool.index(item.candidate)
            assert i is not None
            order.append(i)
            campaign.tell(ml.Measured(item.id, {"y": float(readings[i])}))
    top = set(np.argsort(-truth)[: CANDIDATES // 20].tolist())
    share = [len(top & set(order[:at])) / len(top) for at in AT]
    regret = [(truth.max() - truth[order[:at]].max()) / truth.std() for at in AT]
    return np.array([share, regret])


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
