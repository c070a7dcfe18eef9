"""The obvious baseline: scikit-learn's Gaussian process, EI by hand, a batch by believing predictions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm
from serve import encoded, from_unit, serve, sign, to_unit
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

RESTARTS = 2  # of the fit, besides the kernel as it stands
STARTS, CLIMBS = 2048, 5  # random points of a box, and how many of the best are climbed from


class Sklearn:
    def __init__(self, work: dict[str, Any]) -> None:
        self.sign, self.rng = sign(work), np.random.default_rng(work["seed"])
        self.bounds = work.get("bounds")
        self.pool = None if self.bounds else encoded(work["columns"])
        self.d = len(self.bounds) if self.bounds else self.pool.shape[1]
        self.rows: list[int] = []
        self.X, self.y = np.zeros((0, self.d)), np.zeros(0)

    def tell(self, picks: list[Any], values: list[float]) -> None:
        self.rows += [] if self.bounds else picks
        new = to_unit(picks, self.bounds) if self.bounds else self.pool[picks]
        self.X, self.y = np.vstack([self.X, new]), np.append(self.y, self.sign * np.array(values))

    def ask(self, n: int) -> list[Any]:
        signal = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(np.full(self.d, 0.5), (1e-2, 1e2), nu=2.5)
        kernel = signal + WhiteKernel(1e-2, (1e-6, 1e1))
        seed = int(self.rng.integers(2**31))
        model = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=RESTARTS, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(self.X, self.y)
        X, y, chosen = self.X, self.y, []
        for _ in range(n):
            believed = GaussianProcessRegressor(model.kernel_, optimizer=None, normalize_y=True).fit(X, y)
            pick, x = self._best(believed, chosen)
            X, y = np.vstack([X, x]), np.append(y, believed.predict(x[None, :]))
            chosen.append(pick)
        return from_unit(np.array(chosen), self.bounds) if self.bounds else chosen

    def _best(self, model: Any, chosen: list[Any]) -> tuple[Any, np.ndarray]:
        best = float(model.predict(self.X).max())
        if self.pool is not None:
            score = np.concatenate([improvement(model, part, best) for part in np.array_split(self.pool, 20)])
            score[self.rows + chosen] = -np.inf
            row = int(np.argmax(score))
            return row, self.pool[row]
        starts = self.rng.random((STARTS, self.d))
        starts = starts[np.argsort(-improvement(model, starts, best))][:CLIMBS]
        ends = [minimize(lambda x: -improvement(model, x[None, :], best)[0], start, bounds=[(0, 1)] * self.d).x
                for start in starts]  # fmt: skip
        found = np.vstack([starts, ends])
        x = found[np.argmax(improvement(model, found, best))]
        return x, x


def improvement(model: Any, X: np.ndarray, best: float) -> np.ndarray:
    """Expected improvement (n,) over the best posterior mean among what was measured."""
    mean, std = model.predict(X, return_std=True)
    std = np.sqrt(np.maximum(std**2 - model.kernel_.k2.noise_level * model._y_train_std**2, 1e-18))  # noqa: SLF001
    z = (mean - best) / std
    return std * (z * norm.cdf(z) + norm.pdf(z))


serve(Sklearn, ["scikit-learn", "scipy", "numpy"])
