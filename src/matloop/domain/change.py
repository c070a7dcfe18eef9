"""What it costs to change over from one experiment to the next: heating a furnace, cleaning a line, another target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.domain.candidate import Candidate
from matloop.domain.canonical import Value
from matloop.domain.number import as_number
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.errors import Faults, SpaceError, nearest


def look_at_prices(faults: Faults, change: object) -> None:
    """Note what is wrong with the prices of changes, by name."""
    if not isinstance(change, Mapping):
        faults.add("[cost] change", f"it is {change!r}", "Give names with numbers, as { temperature = 0.05 }.")
        return
    for name, price in change.items():
        number = None if isinstance(price, str) else as_number(price)
        if number is None or number < 0:
            faults.add(f"[cost] change, {name!r}", f"it is {price!r}", "Give a number of 0 or more.")


@dataclass(frozen=True, slots=True)
class ChangeOver:
    """The cost of going from one candidate to another, bound to candidates.

    prices: by parameter or feature: per unit of the difference of a number, or for any change of a choice.
    candidates: they have every one of these names.
    """

    prices: Mapping[str, float]
    candidates: Pool | Space

    @classmethod
    def of(cls, prices: Mapping[str, float], candidates: Pool | Space) -> ChangeOver:
        """Bind prices to candidates.

        Raises:
            SpaceError: for names that the candidates do not have.
        """
        faults = Faults()
        for name in prices:
            if name not in candidates.names:
                faults.add("[cost] change", f"{name!r} is no parameter or feature", nearest(name, candidates.names))
        faults.raise_if_any(SpaceError)
        return cls(prices, candidates)

    def between(self, last: Candidate | None, values: Mapping[str, Value]) -> float:
        """What going from the last candidate to these values costs; 0 where there is none before."""
        if last is None:
            return 0.0
        return sum(price * _step(last.values.get(name), values.get(name)) for name, price in self.prices.items())

    def rows(self, last: Candidate | None) -> Floats:
        """(n,) what going from the last candidate to each row of a pool costs."""
        pool = self.candidates
        if not isinstance(pool, Pool):
            raise TypeError("a space has no rows")
        total = np.zeros(len(pool))
        if last is not None and self.prices:
            table = pool.table
            for name, price in self.prices.items():
                total += price * _steps(last.values.get(name), table[name])
        return total

    def points(self, last: Candidate | None, space: Space, K: NDArray[np.int64]) -> Floats:
        """(n,) what going from the last candidate to each point K (n, p) of a space costs."""
        total = np.zeros(len(K))
        if last is None:
            return total
        for i, one in enumerate(space.parameters):
            if price := self.prices.get(one.name):
                values = {int(k): one.value(int(k)) for k in np.unique(K[:, i])}
                steps = {k: _step(last.values.get(one.name), value) for k, value in values.items()}
                distinct, place = np.unique(K[:, i], return_inverse=True)
                total += price * np.array([steps[int(k)] for k in distinct])[place.reshape(-1)]
        return total


def _step(before: Value | None, after: Value | None) -> float:
    """How far apart two values are: numbers by their difference, choices by 1, what is unknown by nothing."""
    if before is None or after is None:
        return 0.0
    if _is_number(before) and _is_number(after):
        return abs(float(after) - float(before))
    return float(before != after)


def _steps(before: Value | None, column: NDArray[np.generic]) -> Floats:
    """`_step` from one value to each of a column (n,)."""
    if before is None:
        return np.zeros(len(column))
    if _is_number(before) and np.issubdtype(column.dtype, np.number):
        return np.abs(column.astype(np.float64) - float(before))
    return np.array([_step(before, after) for after in column.tolist()])


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
