"""What experiments cost: one number for all, a column of the pool, or an expression in features or parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain.candidate import Candidate
from matloop.domain.change import ChangeOver, look_at_prices
from matloop.domain.cost_floor import CURE, Floor, place_of, said_of, worked_out, written
from matloop.domain.expression import Figure, figure
from matloop.domain.number import as_number
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.domain.syntax import parse
from matloop.errors import DataError, Fault, Faults, InputError, SpaceError, fail, nearest

_LISTED = 5  # faulty candidates named; the rest is counted
_WAYS = ("constant", "column", "expression")
ROUNDING = 1e-9
"""Of what is left: sums of costs in another order must not close the last candidate."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one experiment costs, in whatever unit: money, hours, grams; exactly one of the first three is given.

    constant: the same for all. column: of the pool's table, a feature or not. expression: of features or parameters,
        as "0.5 * hours + 3".
    limit: what all experiments together may cost; None for no limit.
    change: what it costs besides to change over from the suggestion before, by parameter or feature: per unit of the
        difference of a number, or for any change of a choice, as {"temperature": 0.05, "solvent": 10}.

    Raises:
        InputError: with every setting that is wrong.
    """

    constant: float | None = None
    column: str | None = None
    expression: str | None = None
    limit: float | None = None
    change: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = Faults()
        given = [name for name in _WAYS if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"{' and '.join(given)} are given" if given else "nothing says what an experiment costs"
            faults.add("[cost]", found, "Give one of constant, column and expression.")
        for name in ("constant", "limit"):
            value = getattr(self, name)
            number = None if isinstance(value, str) else as_number(value)
            if value is not None and (number is None or number <= 0):
                faults.add(f"[cost] {name}", f"it is {value!r}", "Give a number above 0.")
        for name in ("column", "expression"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value.strip()):
                faults.add(f"[cost] {name}", f"it is {value!r}", "Give a text.")
        look_at_prices(faults, self.change)
        faults.raise_if_any(InputError)

    def bind(self, candidates: Pool | Space) -> Costs:
        """The costs of these candidates.

        Raises:
            DataError: for a column that is missing, or candidates that cost nothing or less.
            SpaceError: for an expression that does not fit.
        """
        if self.column is not None and not isinstance(candidates, Pool):
            fail(InputError, "[cost] column", "a space has no columns", "Give an expression of its parameters.")
        faults = Faults()
        change, bound = ChangeOver({}, candidates), None
        try:
            change = ChangeOver.of(self.change, candidates)
        except SpaceError as error:
            faults.absorb(error)
        if self.expression is not None:
            wrong = Faults()
            try:
                bound = figure(self.expression, parse(self.expression), _kinds(candidates), wrong)
            except SpaceError as error:
                wrong.absorb(error)
            for fault in wrong.found:
                faults.add(f"[cost] {fault.place}", fault.found, fault.cure)
        faults.raise_if_any(SpaceError)
        return Costs(self, candidates, bound, change)

    def to_json(self) -> dict[str, Any]:
        """Its settings, for the ledger."""
        change = {"change": dict(self.change)} if self.change else {}
        return {**{name: getattr(self, name) for name in (*_WAYS, "limit")}, **change}


@dataclass(frozen=True)
class Costs:
    """The costs of candidates.

    settings: where they come from. bound: the expression, None where it is none.
    change: what a candidate costs besides, by the one before it.
    """

    settings: Cost
    candidates: Pool | Space
    bound: Figure | None = field(repr=False)
    change: ChangeOver = field(repr=False)

    @cached_property
    def rows(self) -> Floats:
        """(n,) the cost of each candidate of a pool, change-over left aside.

        Raises:
            DataError: for candidates without a cost above 0.
        """
        pool = self.candidates
        if not isinstance(pool, Pool):
            raise TypeError("a space has no rows")
        if self.settings.column is not None:
            return _column(pool, self.settings.column)
        if self.bound is None:
            return np.full(len(pool), float(self.settings.constant or 0.0))
        table = pool.table
        columns = {name: np.asarray(table[name], dtype=np.float64) for name in self.bound.names}
        found = np.broadcast_to(self.bound.of(columns), (len(pool),)).copy()
        return _demand_positive(found, pool, f"[cost] expression {self.settings.expression!r}")

    def after(self, last: Candidate | None) -> Floats:
        """(n,) the cost of each candidate of a pool, were it the next one after the last."""
        return self.rows + self.change.rows(last) if self.change.prices and last is not None else self.rows

    def of_grid(self, space: Space, K: NDArray[np.int64], last: Candidate | None = None) -> Floats:
        """(n,) the costs of points K (n, p) of a space after the last one; NaN where there is no number above 0."""
        return self._alone(space, K) + self.change.points(last, space, K)

    def _alone(self, space: Space, K: NDArray[np.int64]) -> Floats:
        """(n,) the costs of points K (n, p), change-over left aside."""
        if self.bound is None:
            return np.full(len(K), float(self.settings.constant or 0.0))
        return _positive(worked_out(self.bound, space, K))

    def of(self, candidate: Candidate, last: Candidate | None = None) -> float | None:
        """What a candidate costs after the last one; None where the pool lacks it, or there is no number above 0."""
        alone = self._one(candidate)
        return None if alone is None else alone + self.change.between(last, candidate.values)

    def _one(self, candidate: Candidate) -> float | None:
        """The cost of one candidate, change-over left aside."""
        if isinstance(self.candidates, Pool):
            row = self.candidates.index(candidate.id)
            return None if row is None else float(self.rows[row])
        if self.bound is None:
            return self.settings.constant
        figures = {name: np.array([float(candidate.values[name])]) for name in self.bound.names}
        found = _positive(self.bound.of(figures))
        return None if np.isnan(found).any() else float(np.ravel(found)[0])

    @cached_property
    def least(self) -> float:
        """What no candidate costs less than; what the cheapest one costs where all can be looked at, as in a pool.

        Raises:
            DataError: for candidates of a pool without a cost above 0.
            SpaceError: for an expression that is not above 0 for every candidate of a space, as far as that is found.
        """
        if isinstance(self.candidates, Pool):
            return float(self.rows.min())
        if self.bound is None:
            return float(self.settings.constant or 0.0)
        return Floor(self.bound, self.candidates).demand()

    def demand(self, candidate: Candidate) -> None:
        """Raise where nothing above 0 says what a candidate of a space costs.

        Raises:
            SpaceError: naming it, the expression and what that gives.
        """
        if self.bound is not None and self._one(candidate) is None:
            values = {name: float(candidate.values[name]) for name in self.bound.names}
            found = float(np.ravel(self.bound.of({name: np.array([one]) for name, one in values.items()}))[0])
            said = f"candidate {candidate.id!r} ({written(values)}) costs {said_of(found)}"
            fail(SpaceError, place_of(self.bound), said, CURE)

    def to_json(self) -> dict[str, Any]:
        """Settings, and a digest of the costs that stand in a file, so that a changed file is seen."""
        told = self.settings.to_json()
        if self.settings.column is not None:
            told["digest"] = hashlib.sha256(np.ascontiguousarray(self.rows, dtype="<f8").tobytes()).hexdigest()
        return told


@dataclass(slots=True)
class Purse:
    """What is left to be spent within one ask, and who was paid of it, one candidate after another.

    left: at the start, None without a limit.
    last: the candidate before the next one. spent: on all that were paid. paid: on the last of them, None where
        nobody knows.
    """

    costs: Costs
    left: float | None
    last: Candidate | None
    spent: float = 0.0
    paid: float | None = None

    def pay(self, candidate: Candidate) -> bool:
        """Pay for the next candidate; False, and nothing is changed, where what is left cannot.

        One whose cost nobody knows cannot be paid where there is a limit.
        """
        cost = self.costs.of(candidate, self.last)
        spent = self.spent + (cost or 0.0)
        if self.left is not None and (cost is None or spent > self.left * (1.0 + ROUNDING)):
            return False
        self.spent, self.paid, self.last = spent, cost, candidate
        return True


def affordable(cost: Floats, left: float) -> NDArray[np.bool_]:
    """(q,) which costs `left` can pay; one that nobody knows (NaN) it cannot."""
    return np.asarray(cost <= left * (1.0 + ROUNDING))


def _kinds(candidates: Pool | Space) -> dict[str, tuple[str, ...] | None]:
    """Every name, with its choices where it is no number."""
    if isinstance(candidates, Pool):
        return candidates.kinds
    found = ((one.name, getattr(one, "choices", None)) for one in candidates.parameters)
    return {name: None if choices is None else tuple(map(str, choices)) for name, choices in found}


def _column(pool: Pool, name: str) -> Floats:
    table = pool.table
    if name not in table:
        cure = f"{nearest(name, table)} A pool made of a frame keeps other columns by riders=[...]."
        fail(DataError, pool.source, f"no column {name!r}", cure)
    numbers = [as_number(cell) for cell in table[name].tolist()]
    found = np.array([np.nan if number is None else number for number in numbers])
    return _demand_positive(found, pool, f"[cost] column {name!r}")


def _positive(found: Floats) -> Floats:
    """The costs, NaN for those that are no number above 0."""
    return np.where(np.isfinite(found) & (found > 0), found, np.nan)


def _demand_positive(found: Floats, pool: Pool, place: str) -> Floats:
    """The costs, when all are above 0.

    Raises:
        DataError: naming the first candidates without one.
    """
    lacking = np.flatnonzero(np.isnan(_positive(found)))
    if len(lacking):
        named = ", ".join(repr(pool.id(int(row))) for row in lacking[:_LISTED])
        more = f" and {len(lacking) - _LISTED} more" if len(lacking) > _LISTED else ""
        raise DataError(Fault(place, f"no number above 0 for {named}{more}", "Give every candidate what it costs."))
    return found
