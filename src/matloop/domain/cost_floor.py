"""What an expression of costs is at least in a space, and the refusal of one that is not above 0 for every candidate.

A budget of cost that some experiments do not draw on, or fill up again, bounds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.expression import Figure
from matloop.domain.grid import decimal
from matloop.domain.interval import Range, reach
from matloop.domain.parameter import Integer, Real
from matloop.domain.prediction import Floats
from matloop.domain.simplex import Ints
from matloop.domain.space import Space
from matloop.errors import SearchError, SpaceError, fail

CURE = "Write one that is above 0 for every candidate, or take those out by a [[constraint]]."
_LISTED = 10**5  # points of a space up to which all are looked at; that takes well under a second
_DRAWN = 4096  # points that are looked at of a larger one, besides the corners of what the expression speaks of
_CORNERS = 10  # names of which every combination of the two ends is looked at; of more, as many drawn ones
_BASES = 4  # points that the corners are put into: constraints may leave none of one
_AROUND = 64  # neighbours looked at in a step downhill
_DOWN = 64  # steps downhill from the cheapest point


@dataclass(frozen=True)
class Floor:
    """An expression of costs over a space."""

    cost: Figure
    space: Space

    def demand(self) -> float:
        """What no point costs less than: 0 where the space is too large for that to be known.

        Where interval arithmetic or a list of all points proves it, every point costs more than 0. Of a larger space
        the corners, points drawn evenly and what is found downhill from the cheapest of them are looked at.

        Raises:
            SpaceError: for points that cost 0 or less, or no finite number.
        """
        least = reach(self.cost.tree, self._box())
        if least is not None and least[0] > 0:
            return float(least[0])
        points = self.space.enumerate(_LISTED)
        all_, points = points is not None, self._some() if points is None else points
        found = worked_out(self.cost, self.space, points)
        lacking = np.flatnonzero(~(np.isfinite(found) & (found > 0)))
        if len(lacking):
            self._refuse(points, found, lacking, all_)
        return float(found.min()) if all_ and len(found) else 0.0

    def _refuse(self, points: Ints, found: Floats, lacking: Ints, all_: bool) -> None:
        """Raise with the first of the faulty points."""
        first = int(lacking[0])
        values = {name: value for name, value in self.space.values(points[first]).items() if name in self.cost.names}
        where = f"for {written(values)}" if values else "for every candidate"
        many = f", and not above 0 for {len(lacking):,} of {len(points):,} candidates" if all_ and values else ""
        fail(SpaceError, place_of(self.cost), f"it is {said_of(float(found[first]))} {where}{many}", CURE)

    def _box(self) -> Mapping[str, Range]:
        """Name -> its least and largest value, whatever the constraints leave of it."""
        named = [one for one in self.space.parameters if one.name in self.cost.names]
        ends = {one.name: (one.low, one.high) if isinstance(one, Real | Integer) else (0, 1) for one in named}
        return {name: (decimal(float(low)), decimal(float(high))) for name, (low, high) in ends.items()}

    def _some(self) -> Ints:
        """Points (n, p) of a space too large to be listed; none where expressions leave too little to find any."""
        rng = np.random.default_rng(0)
        try:
            drawn = self.space.sample(rng, _DRAWN)
        except SearchError:
            return np.zeros((0, len(self.space.parameters)), dtype=np.int64)
        points = np.vstack([self._corners(drawn[:_BASES], rng), drawn])
        return np.vstack([points, self._downhill(points, rng)])

    def _corners(self, bases: Ints, rng: np.random.Generator) -> Ints:
        """The feasible ones of the bases with each number that the expression speaks of at an end of its range."""
        places = [i for i, one in enumerate(self.space.parameters) if one.name in self.cost.names]
        if len(places) <= _CORNERS:
            sides = np.indices((2,) * len(places)).reshape(len(places), -1).T
        else:
            sides = rng.integers(2, size=(2**_CORNERS, len(places)))
        last = np.array([self.space.parameters[i].size - 1 for i in places], dtype=np.int64)
        points = np.repeat(bases, len(sides), axis=0)
        points[:, places] = np.tile(sides * last, (len(bases), 1))
        return points[self.space.feasible(points)]

    def _downhill(self, points: Ints, rng: np.random.Generator) -> Ints:
        """Neighbours (m, p) of the cheapest point, of the cheapest of those, and so on."""
        seen, height = [points[:0]], np.inf
        for _ in range(_DOWN):
            found = worked_out(self.cost, self.space, points)
            best = int(np.argmin(np.where(np.isnan(found), -np.inf, found)))
            if not found[best] < height:
                break
            height = float(found[best])
            points = self.space.neighbours(points[best], rng, _AROUND)
            seen.append(points)
            if not len(points):
                break
        return np.vstack(seen)


def worked_out(cost: Figure, space: Space, K: Ints) -> Floats:
    """(n,) what the expression gives at points K (n, p); not finite where it divides by 0."""
    columns = {
        one.name: one.grid.values(K[:, i]) if isinstance(one, Real | Integer) else K[:, i].astype(np.float64)
        for i, one in enumerate(space.parameters)
        if one.name in cost.names
    }
    return np.broadcast_to(cost.of(columns), (len(K),))


def place_of(cost: Figure) -> str:
    """Where a fault of an expression stands."""
    return f"[cost] expression {cost.text!r}"


def said_of(found: float) -> str:
    """What an expression gives, in words."""
    return f"{found:g}" if np.isfinite(found) else "no finite number"


def written(values: Mapping[str, Value]) -> str:
    """Values by name in one line."""
    return ", ".join(
        f"{name} = {one:g}" if isinstance(one, float) else f"{name} = {one}" for name, one in values.items()
    )
