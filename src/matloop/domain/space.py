"""A space: parameters with bounds and steps, and the constraints on them. Its points are tuples of grid indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain import canonical, constraint, parameter
from matloop.domain.candidate import Candidate
from matloop.domain.canonical import Value
from matloop.domain.constraint import Constraint
from matloop.domain.context import Context, assumed_of, check_contexts, refuse_unknown_context
from matloop.domain.encoder import Described, Encoder, OneHot, Scaled
from matloop.domain.expression import Kinds
from matloop.domain.held import Held
from matloop.domain.keeping import keeps
from matloop.domain.named_values import Parsers, parse_values, shortly
from matloop.domain.number import as_number
from matloop.domain.parameter import Categorical, Integer, Parameter, Real
from matloop.domain.prediction import Floats
from matloop.domain.simplex import Ints
from matloop.domain.space_check import check_parameters, hold, kinds_of
from matloop.errors import Faults, SpaceError

SUM_ERROR = 1e-9  # of the total (or 1): what rounding may add to a sum; of the range: to a bound (CONTRACT, Identity)
_LISTED = 10**5  # spaces up to this size can be looked up by id; listing them takes under a second


@dataclass(frozen=True)
class Space:
    """Parameters and constraints, validated at construction.

    A point is a row of p grid indices (int64), in the order of the parameters.

    parameters: those of kind context are taken out of them; they are measured with every reading, see `Context`.
    fixed: parameters that keep one value; see `restricted`.
    context: what is measured and not chosen. assumed: its values that predictions are made at; see `assuming`.

    Raises:
        SpaceError: for no or unknown parameters, equal names, constraints that no point can meet; all at once.
        NotYetSupported: for sums that share parameters on a grid too fine to count.
    """

    parameters: Sequence[Parameter]
    constraints: Sequence[Constraint] = ()
    fixed: Mapping[str, Value] = field(default_factory=dict, hash=False)
    context: Sequence[Context] = ()
    assumed: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        given: tuple[object, ...] = tuple(self.parameters)
        measured = [one for one in given if isinstance(one, Context)]
        object.__setattr__(self, "parameters", tuple(one for one in given if not isinstance(one, Context)))
        object.__setattr__(self, "constraints", tuple(self.constraints))
        faults = Faults()
        check_parameters(faults, self.parameters)
        faults.raise_if_any(SpaceError)
        object.__setattr__(self, "context", check_contexts([*self.context, *measured], self.names))
        _ = self._held

    def __repr__(self) -> str:
        count = self.count()
        number = f"at most {self.most:,}" if count is None else f"{count:,}"
        held = f"; {len(self.constraints)} constraint(s)" if self.constraints else ""
        return f"Space({number} candidates; parameters {shortly(self.names)}{held})"

    @cached_property
    def _held(self) -> Held:
        return hold(self.parameters, self.constraints, self.fixed)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in declared order."""
        return tuple(one.name for one in self.parameters)

    @cached_property
    def encoder(self) -> Encoder:
        """Scales by the bounds, writes choices one-hot or by their descriptors."""
        parts = (*(_part(one) for one in self.parameters), *(one.part for one in self.context))
        return Encoder(parts, assumed_of(self.context, self.assumed))

    def assuming(self, context: Mapping[str, float]) -> Space:
        """The same space with predictions made at these values of its context.

        Raises:
            DataError: for names that are no context.
        """
        refuse_unknown_context(self.context, context)
        return replace(self, assumed={**self.assumed, **context}) if context else self

    def to_json(self) -> dict[str, Any]:
        """Parameters and constraints, for the ledger."""
        told: dict[str, Any] = {
            "parameters": [*(one.to_json() for one in self.parameters), *(one.to_json() for one in self.context)],
            "constraints": [one.to_json() for one in self.constraints],
        }
        return {**told, "fixed": dict(self.fixed)} if self.fixed else told

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """Read `to_json` back."""
        made = [parameter.from_json(one) for one in data["parameters"]]
        return cls(
            [one for one in made if not isinstance(one, Context)],
            [constraint.from_json(one) for one in data["constraints"]],
            data.get("fixed", {}),
            [one for one in made if isinstance(one, Context)],
        )

    @cached_property
    def hash(self) -> str:
        """Digest of everything in it."""
        return canonical.digest(self.to_json())

    def count(self) -> int | None:
        """Exact number of feasible points; None where expressions leave more to look at than is reasonable."""
        if not self._held.conditions:
            return self._held.ground.count
        return None if self._held.listing is None else len(self._held.listing)

    @property
    def most(self) -> int:
        """The number of feasible points where it is known, else a number that it cannot exceed."""
        count = self.count()
        return self._held.ground.count if count is None else count

    def from_unit(self, U: Floats) -> Ints:
        """Map U (n, p) in [0, 1) to (n, p) feasible points; row i depends on U[i] alone.

        Uniform rows give uniform points (nearly so under expressions), so a low-discrepancy sequence gives evenly
        spread ones.

        Raises:
            SearchError: when expressions leave so little that nothing was found in the stated effort.
        """
        return self._held.from_unit(np.asarray(U, dtype=np.float64))

    def sample(self, rng: np.random.Generator, n: int) -> Ints:
        """Draw (n, p) feasible points, uniformly (unless expressions leave few of many), with replacement.

        Raises:
            SearchError: when expressions leave so little that nothing was found in the stated effort.
        """
        return self._held.sample(rng, n)

    def feasible(self, K: Ints) -> NDArray[np.bool_]:
        """(n,) which of the points K (n, p) are on the grid and meet every constraint."""
        return self._held.has(np.asarray(K))

    def neighbours(self, k: Ints, rng: np.random.Generator, n: int) -> Ints:
        """Up to n different feasible points (m, p) near the feasible point k (p,), never k itself.

        Steps of one parameter in sizes 1, 4, 16 ..., switches of a choice, exchanges inside a sum, exchanges of what
        is nonzero; two of them at once where expressions leave hardly any.
        """
        return self._held.neighbours(np.asarray(k, dtype=np.int64), rng, n)

    def enumerate(self, limit: int) -> Ints | None:
        """All feasible points (N, p) in lexicographic order, or None when there are, or may be, more than `limit`."""
        return self._held.enumerate(limit)

    def restricted(self, fixed: Mapping[str, object]) -> Space:
        """The same space with some parameters held at one value each; ids and encoding stay what they are.

        Raises:
            DataError: for unknown names and unreadable values.
            SpaceError: for values off the grid, and when no feasible point has them.
        """
        return replace(self, fixed={**self.fixed, **self._parsed(fixed)}) if fixed else self

    def encode_grid(self, K: Ints) -> Floats:
        """Encode points K (n, p) to (n, d), equal to `encoder.encode` of their values."""
        K = np.asarray(K, dtype=np.int64)
        columns = [
            one.grid.values(K[:, i]) if isinstance(one, Real | Integer) else K[:, i]
            for i, one in enumerate(self.parameters)
        ]
        return self.encoder.encode_columns(columns, len(K))

    def values(self, k: Sequence[int] | Ints) -> dict[str, Value]:
        """The values of the point k (p,), in declared order."""
        return {one.name: one.value(int(i)) for one, i in zip(self.parameters, k, strict=True)}

    def candidate(self, k: Sequence[int] | Ints) -> Candidate:
        """The point k (p,) as a candidate."""
        values = self.values(k)
        return Candidate(canonical.candidate_id(list(values.values())), values)

    def parse(self, values: Mapping[str, object]) -> dict[str, Value]:
        """Typed values of some or all parameters, in declared order, the measured ones last.

        Raises:
            DataError: all unknown names and unreadable values at once.
        """
        parsers = {**self._parsers, **{one.name: one.parse for one in self.context}}
        return parse_values(values, parsers, "parameter", complete=False)

    def _parsed(self, values: Mapping[str, object]) -> dict[str, Value]:
        return parse_values(values, self._parsers, "parameter", complete=False)

    @cached_property
    def _parsers(self) -> Parsers:
        return {one.name: one.parse for one in self.parameters}

    def index(self, values: Mapping[str, Value]) -> Ints | None:
        """The feasible point (p,) of parsed values, None when they are outside."""
        found = [one.index(values[one.name]) for one in self.parameters]
        k = [i for i in found if i is not None]
        if len(k) < len(found):
            return None
        point = np.array(k, dtype=np.int64)
        return point if bool(self.feasible(point[None, :])[0]) else None

    def within(self, values: Mapping[str, Value]) -> bool:
        """Whether parsed values keep bounds, choices and sums; unlike `index`, values between two grid points do."""
        for one in self.parameters:
            value = values[one.name]
            if not isinstance(one, Real | Integer):
                inside = one.index(value) is not None
            else:
                number, slack = as_number(value), SUM_ERROR * (one.high - one.low)
                inside = number is not None and one.low - slack <= number <= one.high + slack
            if not inside:
                return False
        return all(keeps(held, values, self._kinds, SUM_ERROR) for held in self.constraints)

    @cached_property
    def _kinds(self) -> Kinds:
        return kinds_of(self.parameters)

    def resolve(self, values: Mapping[str, object]) -> Candidate:
        """The candidate that the values name: snapped to the grid, or marked outside.

        A real without a declared step has no steps that a person could miss: what lies between those of its grid, and
        keeps all else, is inside.

        Raises:
            DataError: for missing or unknown names and unreadable values, all at once.
        """
        parsed = parse_values(values, self._parsers, "parameter", complete=True)
        k = self.index(parsed)
        if k is not None:
            return self.candidate(k)
        stepped = any(one.index(parsed[one.name]) is None for one in self.parameters if not _stepless(one))
        outside = stepped or not self.within(parsed)
        return Candidate(canonical.candidate_id(list(parsed.values())), parsed, outside=outside)

    def reach(self, share: float) -> Ints:
        """(p,) grid steps within a share of the range of each real without a declared step; 0 of all others."""
        return np.array([int(share * one.size) if _stepless(one) else 0 for one in self.parameters], dtype=np.int64)

    def nearest(self, values: Mapping[str, Value]) -> Ints | None:
        """The point (p,) nearest to parsed values, constraints aside; None where one of them is beyond its bounds."""
        found = [
            one.grid.nearest(float(values[one.name]))
            if isinstance(one, Real | Integer)
            else one.index(values[one.name])
            for one in self.parameters
        ]
        k = [i for i in found if i is not None]
        return np.array(k, dtype=np.int64) if len(k) == len(found) else None

    def planned(self, values: Mapping[str, object]) -> dict[str, Value]:
        """The values as they would be planned: typed, snapped to the grid where they are on it."""
        return dict(self.resolve(values).values)

    @cached_property
    def _by_id(self) -> dict[str, Candidate]:
        points = self.enumerate(_LISTED)
        listed = [] if points is None else [self.candidate(k) for k in points]
        return {one.id: one for one in listed}

    def by_id(self, id: str) -> Candidate | None:
        """The candidate of that id; None for an unknown id, and in a space of more than 1e5 points."""
        return self._by_id.get(id)


def _stepless(one: Parameter) -> bool:
    """Is it a real whose steps nobody declared?"""
    return isinstance(one, Real) and one.step is None


def _part(one: Parameter) -> Scaled | OneHot:
    if isinstance(one, Categorical):
        told, levels = one.descriptors, tuple(one.choices)
        return OneHot(one.name, levels) if told is None else Described(one.name, levels, told.points, told.apart)
    if isinstance(one, Real | Integer):
        return Scaled(one.name, float(one.low), float(one.high))
    return Scaled(one.name, 0.0, 1.0)
