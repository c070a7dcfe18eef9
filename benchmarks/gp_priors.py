"""What the Gaussian process's priors are worth on few readings.

`python benchmarks/gp_priors.py [--runs R] [--data DIR]`. Each variant learns from n readings drawn at random and is
judged on 400 others: root mean square error and negative log likelihood, both in standard deviations of the objective,
means over problems and runs. The problems are functions with a known truth and, with --data, two tables of the Olympus
collection; none of them is used by a published comparison that the project repeats.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from functions import BRANIN

from matloop.surrogate import Observations
from matloop.surrogate.gp import GP

Table = tuple[np.ndarray, np.ndarray]

VARIANTS = {
    "default": GP(),
    "pooling 0.5": GP(pooling=0.5),
    "pooling 0": GP(pooling=0.0),
    "one length": GP(ard=False),
    "scale fixed": GP(scale="fixed"),
    "noise published": GP(noise_loc=-5.0, noise_width=1.0),
    "published": GP(scale="fixed", pooling=0.0, noise_loc=-5.0, noise_width=1.0),
    "rbf": GP(kernel="rbf"),
}
SIZES = (5, 8, 20, 60)
ROWS, JUDGED, NOISE = 2000, 400, 0.4


def rough(U: np.ndarray) -> np.ndarray:
    return np.sin(12 * U[:, 0]) + 3 * np.abs(U[:, 1] - 0.5) + (U[:, 2] > 0.6)


def linear(U: np.ndarray) -> np.ndarray:
    return 3 * U[:, 0] + 2 * U[:, 1] - U[:, 2] + 0.3 * U[:, 3]


def bowl(U: np.ndarray) -> np.ndarray:
    return -((U - 0.4) ** 2 @ np.arange(1.0, 7.0)) + 0.3 * np.sin(6 * U[:, 0])


FUNCTIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], int]] = {
    "branin": (BRANIN, 2),
    "rough": (rough, 4),
    "linear": (linear, 5),
    "bowl": (bowl, 6),
}


def problems(folder: Path | None) -> dict[str, Table]:
    rng, found = np.random.default_rng(5), {}
    for name, (function, d) in FUNCTIONS.items():
        U = rng.random((ROWS, d))
        y = function(U)
        found[name] = (U, y)
        found[f"{name}, noisy"] = (U, y + NOISE * y.std() * rng.normal(size=ROWS))
    for name in ("colors_bob", "photo_pce10") if folder else ():
        table = pd.read_csv(folder / "olympus" / name / "data.csv").to_numpy(dtype=float)
        X = table[:, :-1]
        found[name] = ((X - X.min(axis=0)) / np.ptp(X, axis=0), table[:, -1])
    return found


def judge(settings: GP, table: Table, n: int, run: int) -> tuple[float, float]:
    X, y = table
    rng = np.random.default_rng([run, n])
    order = rng.permutation(len(y))
    learn, other = order[:n], order[n : n + JUDGED]
    data = Observations(X[learn], y[learn, None], np.zeros((n, 1)), np.arange(X.shape[1]))
    prediction = settings.fit(data, rng).predict(X[other])
    error, std = y[other] - prediction.mean[:, 0], prediction.total_std[:, 0]
    likelihood = 0.5 * (error / std) ** 2 + np.log(std / y.std())
    return float(np.sqrt(np.mean(error**2)) / y.std()), float(np.mean(likelihood))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    tables = problems(options.data)
    for n in SIZES:
        print(f"n = {n:<13d}   RMSE  mean NLL  median NLL")
        for name, settings in VARIANTS.items():
            judged = np.array([judge(settings, t, n, run) for t in tables.values() for run in range(options.runs)])
            rmse, likelihood = judged.T
            print(f"{name:17s}{rmse.mean():9.3f}{likelihood.mean():10.3f}{np.median(likelihood):12.3f}", flush=True)


if __name__ == "__main__":
    main()
