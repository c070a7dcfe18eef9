"""Test functions of the literature, to be minimised, and truths and pools made of them, more being better.

Surjanovic and Bingham, "Virtual library of simulation experiments: test functions and datasets", states them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]


def branin(X: np.ndarray) -> np.ndarray:
    """(n,) Branin's function at X (n, 2) in [-5, 10] x [0, 15]; least 0.397887 at three points."""
    x, y = X.T
    valley = y - 5.1 * x**2 / (4 * np.pi**2) + 5 * x / np.pi - 6
    return valley**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


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


def hartmann6(X: np.ndarray) -> np.ndarray:
    """(n,) the Hartmann function at X (n, 6) in the unit cube; least -3.32237."""
    gaps = np.einsum("jd,njd->nj", _A, (X[:, None, :] - _P) ** 2)
    return -np.exp(-gaps) @ np.array([1.0, 1.2, 3.0, 3.2])


def ackley(X: np.ndarray) -> np.ndarray:
    """(n,) Ackley's function at X (n, d); least 0 at the origin."""
    far = np.sqrt((X**2).mean(axis=1))
    return -20 * np.exp(-0.2 * far) - np.exp(np.cos(2 * np.pi * X).mean(axis=1)) + 20 + np.e


def levy(X: np.ndarray) -> np.ndarray:
    """(n,) Levy's function at X (n, d); least 0 where all are 1."""
    W = 1 + (X - 1) / 4
    middle = ((W[:, :-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * W[:, :-1] + 1) ** 2)).sum(axis=1)
    last = (W[:, -1] - 1) ** 2 * (1 + np.sin(2 * np.pi * W[:, -1]) ** 2)
    return np.sin(np.pi * W[:, 0]) ** 2 + middle + last


def rosenbrock(X: np.ndarray) -> np.ndarray:
    """(n,) Rosenbrock's function at X (n, d); least 0 where all are 1."""
    return (100 * (X[:, 1:] - X[:, :-1] ** 2) ** 2 + (1 - X[:, :-1]) ** 2).sum(axis=1)


def log_rosenbrock(X: np.ndarray) -> np.ndarray:
    """In logarithms, as its users plot it."""
    return np.log1p(rosenbrock(X))


def mixture(X: np.ndarray) -> np.ndarray:
    """(n,) two phases of a four-component blend with a threshold between them, X (n, 4) on the simplex."""
    good = np.exp(-((X - [0.5, 0.3, 0.1, 0.1]) ** 2).sum(axis=1) / 0.05)
    return -good - 0.6 / (1 + np.exp(-(X[:, 0] - X[:, 2]) * 12))


def gramacy(X: np.ndarray) -> np.ndarray:
    """(n,) sum of X (n, 2) in the unit square; least 0.599788 where `gramacy_slacks` hold."""
    return X.sum(axis=1)


def gramacy_slacks(X: np.ndarray) -> np.ndarray:
    """(n, 2) at X (n, 2), not below 0 where the limits hold. Gramacy et al. 2016."""
    x, y = X.T
    wave = x + 2 * y + 0.5 * np.sin(2 * np.pi * (x**2 - 2 * y)) - 1.5
    return np.stack([wave, 1.5 - x**2 - y**2], axis=1)


def ball_slacks(X: np.ndarray) -> np.ndarray:
    """(n, 1) at X (n, d), not below 0 where the norm is at most 1. Letham et al. 2019."""
    return 1 - np.linalg.norm(X, axis=1, keepdims=True)


def disc_slacks(X: np.ndarray) -> np.ndarray:
    """(n, 1) at X (n, 2) of Branin's box, not below 0 within a disc. Gelbart, Snoek, Adams 2014, section 5.1."""
    return 50 - ((X - [2.5, 7.5]) ** 2).sum(axis=1, keepdims=True)


def product_slacks(X: np.ndarray) -> np.ndarray:
    """(n, 1) at X (n, 2) of Branin's box, not below 0 where the scaled product is 0.2. Forrester et al. 2008."""
    x, y = X.T
    return ((x + 5) / 15 * y / 15 - 0.2)[:, None]


def simionescu(X: np.ndarray) -> np.ndarray:
    """(n,) a saddle at X (n, 2) in [-1.25, 1.25]^2; least -0.072 where `simionescu_slacks` hold. Simionescu 2014."""
    return 0.1 * X[:, 0] * X[:, 1]


def simionescu_slacks(X: np.ndarray) -> np.ndarray:
    """(n, 1) at X (n, 2), not below 0 within a flower."""
    x, y = X.T
    return ((1 + 0.2 * np.cos(8 * np.arctan2(x, y))) ** 2 - x**2 - y**2)[:, None]


def sum_slacks(X: np.ndarray) -> np.ndarray:
    """(n, 1) at X (n, d), not below 0 where the sum is at most 1.8."""
    return 1.8 - X.sum(axis=1, keepdims=True)


def pressure_vessel(X: np.ndarray) -> np.ndarray:
    """(n,) cost of a vessel at X (n, 4) in [0, 10]^2 x [10, 50] x [150, 200]. Coello Coello and Mezura Montes 2002.

    Thickness of shell and head come in sixteenths of an inch and are rounded here, but not in `pressure_vessel_slacks`.
    """
    shell, head = np.round(X[:, :2].T / 0.0625) * 0.0625
    radius, length = X[:, 2:].T
    plates = 0.6224 * shell * radius * length + 1.7781 * head * radius**2
    return plates + 3.1661 * shell**2 * length + 19.84 * shell**2 * radius


def pressure_vessel_slacks(X: np.ndarray) -> np.ndarray:
    """(n, 4) at X (n, 4), not below 0 where the limits hold."""
    shell, head, radius, length = X.T
    volume = np.pi * radius**2 * length + 4 / 3 * np.pi * radius**3
    return np.stack([shell - 0.0193 * radius, head - 0.00954 * radius, volume - 1_296_000, 240 - length], axis=1)


def ackley_around(X: np.ndarray, optimum: np.ndarray) -> np.ndarray:
    """(n,) Ackley's function of the distances |X - optimum|, X (n, d)."""
    return ackley(np.abs(X - optimum))


def labs(X: np.ndarray) -> np.ndarray:
    """(n,) merit factor of binary sequences X (n, d) of 0 and 1, more being better. Packebusch and Mertens 2016."""
    spins, d = 2 * X - 1, X.shape[1]
    energy = sum((spins[:, : d - k] * spins[:, k:]).sum(axis=1) ** 2 for k in range(1, d))
    return d**2 / (2 * energy)


@dataclass(frozen=True)
class Truth:
    """A function of a box as a truth of the unit cube, more being better.

    low, high: bounds of the box, of each parameter or of all.
    """

    function: Function
    low: float | tuple[float, ...] = 0.0
    high: float | tuple[float, ...] = 1.0

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """(n,) at X (n, d) in the unit cube."""
        low = np.asarray(self.low)
        return -self.function(low + (np.asarray(self.high) - low) * X)


BRANIN = Truth(branin, (-5.0, 0.0), (10.0, 15.0))
HARTMANN = Truth(hartmann6)
ACKLEY = Truth(ackley, -3.7, 6.3)  # its optimum off the centre
ROSENBROCK = Truth(log_rosenbrock, -2.0, 2.0)
LEVY = Truth(levy, -5.0, 5.0)


@dataclass(frozen=True)
class Problem:
    """A truth, its number of features, and whether candidates are blends."""

    f: Truth
    d: int
    blend: bool = False

    def candidates(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """(n, d) uniform in the unit cube, or on the simplex."""
        return rng.dirichlet(np.ones(self.d), n) if self.blend else rng.random((n, self.d))


PROBLEMS = {
    "branin": Problem(BRANIN, 2),
    "ackley": Problem(ACKLEY, 4),
    "rosenbrock": Problem(ROSENBROCK, 4),
    "levy": Problem(LEVY, 5),
    "hartmann": Problem(HARTMANN, 6),
    "mixture": Problem(Truth(mixture), 4, blend=True),
}
