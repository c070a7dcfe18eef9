"""Proofs that linear conditions leave no grid point: by linear programming, then by branch and bound.

Everything is said in whole numbers: grid indices, and a mark for each parameter of an at-most constraint that may
differ from 0. A row of whole coefficients is rounded down, which no whole point notices (Chvatal 1973).

- A linear programme looks for the point that breaks the rows least (HiGHS by `scipy.optimize.linprog`). Where every
  point breaks one, its multipliers are a proof after Farkas 1902: the rows so weighted add up to one that nothing in
  the box meets. The sum is taken again in fractions, so that no rounding of the solver is believed.
- Where fractions of a grid step would do, a bounded branch and bound looks for whole numbers (`scipy.optimize.milp`).
  Every row is given half a unit of room, far more than the solver's tolerance, and no whole point uses it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from matloop.domain.bounds import AtMost, Scale
from matloop.domain.ground import IndexCap, IndexSum
from matloop.domain.simplex import Ints

_NODES = 2_000
"""Branches of one search. More, and opening a hopeless space takes seconds; fewer, and small ones stay unproven."""
_MOST_WEIGHT = 10_000
"""Sum of a row's whole coefficients up to which a solver that takes 1e-6 for 0 is off by less than the half unit."""
_MOST_COLUMNS = 200  # beyond it a search of _NODES nodes takes seconds
_ROOM = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """Whole coefficients (by column) whose sum over a point is at most `bound`; label names where it comes from."""

    coefficients: Mapping[int, int]
    bound: int
    label: str


@dataclass(frozen=True)
class Programme:
    """Rows over whole columns between low and high."""

    rows: tuple[Row, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        ends: tuple[Sequence[int], Sequence[int]],
        linear: Iterable[tuple[AtMost, Mapping[str, Scale]]],
        sums: Iterable[tuple[IndexSum, str]],
        caps: Iterable[tuple[IndexCap, str]],
    ) -> Programme:
        """The programme of a space.

        Args:
            names: of the parameters, one a column.
            ends: least and largest grid index of each.
            linear: conditions, with the scales of their parameters.
            sums: sums of grid indices, with their labels.
            caps: at-most constraints, with their labels.
        """
        low, high = list(ends[0]), list(ends[1])
        at = {name: i for i, name in enumerate(names)}
        rows = [_whole(one, scales, at) for one, scales in linear]
        for held, label in sums:
            rows.append(Row(dict.fromkeys(held.places, 1), held.total, label))
            rows.append(Row(dict.fromkeys(held.places, -1), -held.total, label))
        for cap, label in caps:
            marks = {}
            for i, zero in zip(cap.places, cap.zeros, strict=True):
                marks[len(low)] = 1
                if low[i] <= zero <= high[i]:
                    rows.append(Row({i: 1, len(low): zero - high[i]}, zero, label))
                    rows.append(Row({i: -1, len(low): low[i] - zero}, -zero, label))
                low.append(0 if low[i] <= zero <= high[i] else 1)
                high.append(1)
            rows.append(Row(marks, cap.k, label))
        return cls(tuple(rows), tuple(low), tuple(high))

    def conflict(self) -> tuple[str, ...]:
        """Labels of rows that together leave no point, each once; () where that is not proven."""
        if not self.rows:
            return ()
        A, b = self._matrix()
        norms = np.maximum(np.abs(A).sum(axis=1), 1.0)
        A, b = A / norms[:, None], b / norms
        slack = np.column_stack([A, -np.ones(len(A))])  # the last column: by how much rows may be broken
        cost = np.append(np.zeros(A.shape[1]), 1.0)
        found = linprog(cost, A_ub=slack, b_ub=b, bounds=[(0.0, 1.0)] * A.shape[1] + [(0.0, None)])
        if found.status == 0 and found.fun is not None and found.fun > 0:
            weights = np.maximum(-found.ineqlin.marginals, 0.0) / norms
            weights[weights < weights.max() * 1e-9] = 0.0
            if self._proves(weights):
                return self._labels(np.flatnonzero(weights))
        return self._labels(range(len(self.rows))) if self._searched() is False else ()

    def _matrix(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows over columns that run from 0 to 1, and their bounds."""
        A, b = np.zeros((len(self.rows), len(self.low))), np.zeros(len(self.rows))
        for r, row in enumerate(self.rows):
            for i, c in row.coefficients.items():
                A[r, i] = c * (self.high[i] - self.low[i])
            b[r] = row.bound - sum(c * self.low[i] for i, c in row.coefficients.items())
        return A, b

    def _proves(self, weights: np.ndarray) -> bool:
        """Whether the rows, so weighted, add up to one that nothing in the box meets; in fractions."""
        total: dict[int, Fraction] = {}
        bound = Fraction(0)
        for r in np.flatnonzero(weights):
            weight = Fraction(float(weights[r]))
            bound += weight * self.rows[r].bound
            for i, c in self.rows[r].coefficients.items():
                total[i] = total.get(i, Fraction(0)) + weight * c
        least = sum((c * (self.low[i] if c > 0 else self.high[i]) for i, c in total.items()), Fraction(0))
        return least > bound

    def _searched(self) -> bool | Ints:
        """False where there is no whole point, a whole point where one was found, True where the effort ran out."""
        weights = [sum(map(abs, row.coefficients.values())) for row in self.rows]
        if max(weights, default=0) > _MOST_WEIGHT or len(self.low) > _MOST_COLUMNS:
            return True
        A, b = np.zeros((len(self.rows), len(self.low))), np.zeros(len(self.rows))
        for r, row in enumerate(self.rows):
            A[r, list(row.coefficients)] = list(row.coefficients.values())
            b[r] = row.bound - sum(c * self.low[i] for i, c in row.coefficients.items()) + _ROOM
        span = np.array(self.high, dtype=np.float64) - np.array(self.low, dtype=np.float64)
        found = milp(
            np.zeros(len(span)),
            integrality=np.ones(len(span), dtype=np.int64),
            bounds=Bounds(np.zeros(len(span)), span),
            constraints=LinearConstraint(A, ub=b),
            options={"node_limit": _NODES},
        )
        if found.status == 2:
            return False
        if found.x is None:
            return True
        return np.rint(found.x).astype(np.int64) + np.array(self.low, dtype=np.int64)

    def point(self) -> Ints | None:
        """A whole point that meets every row, where the bounded search finds one."""
        found = self._searched()
        return None if isinstance(found, bool) else found

    def _labels(self, rows: Iterable[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.rows[r].label for r in rows))


def _whole(one: AtMost, scales: Mapping[str, Scale], at: Mapping[str, int]) -> Row:
    """A condition in grid indices: whole coefficients without a common divisor, the bound rounded down."""
    bound = -one.form.constant
    exact: dict[int, Fraction] = {}
    for name, c in one.form.coefficients.items():
        exact[at[name]] = c * scales[name].step
        bound -= c * scales[name].first
    times = math.lcm(*(c.denominator for c in exact.values()), 1)
    whole = {i: int(c * times) for i, c in exact.items()}
    common = math.gcd(*whole.values()) or 1
    limit = bound * times / common
    rounded = math.ceil(limit) - 1 if one.strict else math.floor(limit)
    return Row({i: c // common for i, c in whole.items()}, rounded, one.label)
