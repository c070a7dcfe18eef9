"""Bayesian linear regression on the encoded features: a surrogate in one file.

Source: Bishop 2006, "Pattern recognition and machine learning", equations 3.49 to 3.59.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matloop.domain.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Ridge:
    """Weights have the prior N(0, width^2) in standard deviations of the readings."""

    width: float = 3.0
    name: ClassVar[str] = "ridge"

    def fit(self, data, rng, warm=None):
        centre, spread = data.y.mean(axis=0), data.y.std(axis=0)
        order = np.lexsort((*data.y.T, *data.X.T))  # the order of the readings must not matter
        phi, t = _basis(data.X[order]), ((data.y - centre) / spread)[order]
        noise = np.full(data.y.shape[1], 0.1)
        for _ in range(10):  # the noise that the rest around the mean shows
            inverse = [np.linalg.inv(np.eye(phi.shape[1]) / self.width**2 + phi.T @ phi / s) for s in noise]
            weights = np.stack([a @ phi.T @ t[:, j] / noise[j] for j, a in enumerate(inverse)], axis=1)
            noise = np.maximum(((t - phi @ weights) ** 2).mean(axis=0), 1e-4)
        return Fitted(centre, spread, weights, np.stack(inverse), noise)


@dataclass(frozen=True, slots=True)
class Fitted:
    centre: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    inverse: np.ndarray
    noise: np.ndarray

    def predict(self, X):
        phi = _basis(X)
        mean = self.centre + self.spread * (phi @ self.weights)
        variance = np.einsum("qa,mab,qb->qm", phi, self.inverse, phi)
        noise = np.broadcast_to(self.spread * np.sqrt(self.noise), mean.shape)
        return Prediction(mean, self.spread * np.sqrt(variance), noise)

    def describe(self):
        return {"surrogate": "ridge", "weights": self.weights.tolist(), "noise": self.noise.tolist()}


def _basis(X):
    """1, x, x^2 and x^3: (q, 1 + 3 d)."""
    return np.hstack([np.ones((len(X), 1)), X, X**2, X**3])
