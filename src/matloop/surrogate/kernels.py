"""Stationary kernels as functions of the scaled squared distance s = sum_j (x_j - x'_j)^2 / l_j^2.

A kernel is k = scale * g(s) with g(0) = 1. Everything else that a Gaussian process needs follows from g and
g' = dg/ds: dk/d(log l_j) = -2 scale g' D_j / l_j^2, with D_j the squared distance within group j, and
dk/dx_j = 2 scale g' (x_j - x'_j) / l_j^2. Equations: Rasmussen and Williams 2006 (RW), chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matloop.domain.prediction import Floats

KernelName = Literal["matern12", "matern32", "matern52", "rbf"]


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel.

    value: s -> g(s), elementwise, any shape.
    both: s -> (g(s), g'(s)).
    """

    name: KernelName
    value: Callable[[Floats], Floats]
    both: Callable[[Floats], tuple[Floats, Floats]]


def _matern12(s: Floats) -> Floats:
    return np.exp(-np.sqrt(s))  # RW below 4.17, the exponential kernel


def _matern12_both(s: Floats) -> tuple[Floats, Floats]:
    r = np.sqrt(s)
    g = np.exp(-r)
    slope = np.divide(-0.5 * g, r, out=np.zeros_like(r), where=r > 0)  # at r = 0 stands a kink: no slope is its mean
    return g, slope


def _matern32(s: Floats) -> Floats:
    a = np.sqrt(3.0 * s)
    return (1.0 + a) * np.exp(-a)  # RW 4.17, nu = 3/2


def _matern32_both(s: Floats) -> tuple[Floats, Floats]:
    a = np.sqrt(3.0 * s)
    e = np.exp(-a)
    return (1.0 + a) * e, -1.5 * e


def _matern52(s: Floats) -> Floats:
    a = 5.0 * s
    g = a / 3.0  # in place from here on: every array that is made anew costs as much as a step of the formula
    np.sqrt(a, out=a)
    g += a
    g += 1.0
    np.negative(a, out=a)
    g *= np.exp(a, out=a)
    return g  # RW 4.17, nu = 5/2


def _matern52_both(s: Floats) -> tuple[Floats, Floats]:
    a = np.sqrt(5.0 * s)
    e = np.exp(-a)
    a += 1.0
    slope = a * e
    slope *= -5.0 / 6.0
    a += (5.0 / 3.0) * s
    a *= e
    return a, slope


def _rbf(s: Floats) -> Floats:
    return np.exp(-0.5 * s)  # RW 4.9


def _rbf_both(s: Floats) -> tuple[Floats, Floats]:
    g = np.exp(-0.5 * s)
    return g, -0.5 * g


KERNELS: dict[str, Kernel] = {
    "matern12": Kernel("matern12", _matern12, _matern12_both),
    "matern32": Kernel("matern32", _matern32, _matern32_both),
    "matern52": Kernel("matern52", _matern52, _matern52_both),
    "rbf": Kernel("rbf", _rbf, _rbf_both),
}
