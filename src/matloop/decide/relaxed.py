"""The relaxed choice: max w.x - p (x'Cx - allowed) over 0 <= x <= 1, sum x = k, with a certified bound.

For whole x a diagonal D counts linearly, x'Cx = x'(C - D)x + d.x. D is as large as leaves C - D positive
semidefinite, so the problem stays convex and its bound gets tighter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matloop.domain.prediction import Floats

_STEPS = 3000  # projected gradients at most; the certificate says what more would win
_TIGHT = 1e-6  # of the objective: a certificate this small ends the search
_SINGULAR = 1e-10  # of the largest eigenvalue: below, nothing is taken from the diagonal
_LOOKED = 10  # steps between two looks at the certificate


@dataclass(frozen=True, slots=True)
class Relaxation:
    """x: (n,). price: p. variance: x'(C - D)x + d.x. bound: of w.x over all whole choices within the allowed one."""

    x: Floats
    price: float
    variance: float
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """C = rest + diag(own), rest positive semidefinite. steepest: its largest eigenvalue."""

    rest: Floats
    own: Floats
    steepest: float

    @classmethod
    def of(cls, covariance: Floats) -> Split:
        """Take as much of the diagonal as leaves the rest positive semidefinite.

        What no other candidate explains, 1/(C^-1)_ii, is taken in proportion: with a few common causes and errors of
        one's own it is just these.
        """
        values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
        own = np.zeros(len(values))
        if values[0] > _SINGULAR * values[-1]:
            inverse = (vectors / values) @ vectors.T
            own = 1.0 / np.diag(inverse)
            root = np.sqrt(own)
            own *= (1.0 - _SINGULAR) / float(np.linalg.eigvalsh(inverse * np.outer(root, root))[-1])
        rest = covariance - np.diag(own)
        return cls(rest, own, max(0.0, float(np.linalg.eigvalsh(rest)[-1])))


def relax(
    worth: Floats, split: Split, k: int, *, price: float, allowed: float = 0.0, start: Floats | None = None
) -> Relaxation:
    """Solve it by accelerated projected gradients with restarts.

    Args:
        worth: (n,) w.
        split: of C.
        k: how many are chosen.
        price: p >= 0, worth per variance.
        allowed: variance x'Cx at most.
        start: (n,) an x to begin with.
    """
    linear = worth - price * split.own
    pace = 1.0 / max(2.0 * price * split.steepest, 1e-12)
    x = np.full(len(worth), k / len(worth)) if start is None else start
    ahead, inertia = x, 1.0
    missing = np.inf
    value = _value(linear, split.rest, price, x)
    for step in range(_STEPS):
        new = project(ahead + pace * (linear - 2.0 * price * (split.rest @ ahead)), k)
        new_value = _value(linear, split.rest, price, new)
        if new_value < value:  # the inertia went too far: begin again from here
            ahead, inertia = x, 1.0
            new = project(ahead + pace * (linear - 2.0 * price * (split.rest @ ahead)), k)
            new_value = _value(linear, split.rest, price, new)
        following = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * inertia**2))
        ahead = new + (inertia - 1.0) / following * (new - x)
        x, value, inertia = new, new_value, following
        if step % _LOOKED == _LOOKED - 1:
            missing = certificate(linear, split.rest, price, x, k)
            if missing <= _TIGHT * max(abs(value), 1e-12):
                break
    missing = min(missing, certificate(linear, split.rest, price, x, k))
    variance = float(x @ split.rest @ x + split.own @ x)
    return Relaxation(x, price, variance, value + missing + price * allowed)


def _value(linear: Floats, rest: Floats, price: float, x: Floats) -> float:
    return float(linear @ x - price * (x @ rest @ x))


def certificate(linear: Floats, rest: Floats, price: float, x: Floats, k: int) -> float:
    """How much more at most can be had (Frank and Wolfe 1956): the slope's best vertex less its value here."""
    slope = linear - 2.0 * price * (rest @ x)
    vertex = np.partition(slope, len(slope) - k)[len(slope) - k :].sum()
    return max(0.0, float(vertex - slope @ x))


def project(point: Floats, k: int) -> Floats:
    """The nearest x (n,) with 0 <= x <= 1 and sum x = k: clip(point - t), t exact.

    The sum falls from n to 0 in straight pieces between the breakpoints point - 1 and point (Wang and Lu 2015).
    """
    breaks = np.concatenate((point - 1.0, point))
    order = np.argsort(breaks, kind="stable")
    breaks = breaks[order]
    # one more falls past each point - 1, one fewer past each point
    slope = np.cumsum(np.where(order < len(point), -1.0, 1.0))
    sums = len(point) + np.concatenate(([0.0], np.cumsum(slope[:-1] * np.diff(breaks))))
    last = int(np.searchsorted(-sums, -float(k), side="left"))  # the first breakpoint with a sum of at most k
    last = min(max(last, 1), len(breaks) - 1)
    falls = slope[last - 1]
    t = breaks[last - 1] + ((k - sums[last - 1]) / falls if falls < 0 else 0.0)
    return np.asarray(np.clip(point - t, 0.0, 1.0))
