"""Seconds to fit and to predict, beside scikit-learn's Gaussian process in the same run.

`python benchmarks/gp_fit.py [--largest N]`. Both fit a Matern 5/2 kernel with one length scale a feature, a scale and a
noise variance, from two climbs; both predict mean and standard deviation at 10,000 inputs. Ratios travel between
machines, seconds do not.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from threadpoolctl import threadpool_limits

from matloop.surrogate import Observations
from matloop.surrogate.gp import GP

SIZES = (25, 50, 100, 150, 300, 1000)
FEATURES, INPUTS = 6, 10_000
BRIEF = 200  # up to here three runs are timed and the fastest counts


def clock(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def reference(X: np.ndarray, y: np.ndarray) -> GaussianProcessRegressor:
    kernel = ConstantKernel() * Matern(np.ones(FEATURES), nu=2.5) + WhiteKernel(0.01)
    return GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=1, random_state=0).fit(X, y)


def row(n: int) -> str:
    rng = np.random.default_rng(0)
    X, Q = rng.random((n, FEATURES)), rng.random((INPUTS, FEATURES))
    y = np.sin(4 * X[:, 0]) + X[:, 1] ** 2 + 0.1 * rng.normal(size=n)
    data = Observations(X, y[:, None], np.zeros((n, 1)), np.arange(FEATURES))
    runs = 3 if n <= BRIEF else 1
    cold, model = clock(lambda: GP().fit(data, np.random.default_rng(1)), runs)
    warm, _ = clock(lambda: GP().fit(data, np.random.default_rng(1), model.describe()), runs)
    predict, _ = clock(lambda: model.predict(Q), runs)
    their_fit, theirs = clock(lambda: reference(X, y), 1)
    their_predict, _ = clock(lambda: theirs.predict(Q, return_std=True), 1)
    times = f"{cold:10.4f}{warm:10.4f}{their_fit:10.3f}{their_fit / cold:8.1f}x"
    return f"{n:6d}{times}{predict:12.4f}{their_predict:10.3f}{their_predict / predict:8.1f}x"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    largest = parser.parse_args().largest
    GP().fit(Observations(np.eye(2), np.eye(2), np.zeros((2, 2)), np.arange(2)), np.random.default_rng(0))
    print("     N  fit cold  fit warm   sklearn   ratio     predict   sklearn   ratio")
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # scikit-learn says where its optimiser meets a bound
        for n in (size for size in SIZES if size <= largest):
            print(row(n), flush=True)


if __name__ == "__main__":
    main()
