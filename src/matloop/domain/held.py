"""The feasible points of a space: exact where sums and zeros decide, by counted search where expressions do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.domain.expression import Columns, Condition
from matloop.domain.ground import Ground
from matloop.domain.moves import Moves, distinct
from matloop.domain.parameter import Categorical, Integer, Parameter, Real
from matloop.domain.prediction import Floats
from matloop.domain.simplex import Ints
from matloop.errors import SearchError, fail

LISTED = 200_000
"""Points without regard to expressions up to which all are looked at; that takes about a second and proves emptiness.
Larger, opening a campaign becomes slow; smaller, more spaces have no exact count."""
_SHIFTS = 64  # draws that a row of the unit cube has; the share of feasible points that it copes with is about 1 / 16
_ROUNDS = 64  # draws by which a sample is filled before points are mended instead
_MENDS = 3_000  # points looked at to mend one row that no draw brought home
_EFFORT = 200_000  # points looked at in search of the first feasible one
_GLANCE = 1_000  # draws after which a space counts as hard to meet: proofs are then tried, which take milliseconds
_NEAR = 48  # neighbours in one round of mending
_HOMES = 8  # points that are mended for one sample; the rest of it is found near them
_STEPS = 30  # from the first feasible point, where a row could not be mended
_WIDE = 4  # neighbours tried for each one wanted, where expressions may forbid them
_DETOURS = 8  # neighbours whose own neighbours are tried, where hardly a neighbour is feasible


@dataclass(frozen=True)
class Held:
    """What the constraints of a space leave of it.

    conditions: expressions that are neither always true nor part of the ground.
    known: a feasible point where a search in whole numbers found one; None where chance finds them.
    """

    parameters: Sequence[Parameter]
    ground: Ground
    conditions: Sequence[Condition]
    known: tuple[int, ...] | None = None

    @cached_property
    def _low(self) -> Ints:
        return np.array(self.ground.low, dtype=np.int64)

    @cached_property
    def _moves(self) -> Moves:
        choices = [isinstance(one, Categorical) for one in self.parameters]
        tops = [high - low for low, high in zip(self.ground.low, self.ground.high, strict=True)]
        return Moves.of(tops, choices, self.ground.groups)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(name for held in self.conditions for name in held.names)

    def columns(self, K: Ints) -> Columns:
        """The values of points K (n, p), of those parameters that expressions name."""
        found = {}
        for i, one in enumerate(self.parameters):
            if one.name in self._names:
                found[one.name] = column_of(one, K[:, i])
        return found

    def has(self, K: Ints) -> NDArray[np.bool_]:
        """(n,) which of the points K (n, p) are feasible."""
        good = self.ground.has(K)
        if self.conditions and good.any():
            rows = np.flatnonzero(good)
            columns = self.columns(K[rows])
            for held in self.conditions:
                good[rows] &= held.holds(columns, len(rows))
        return good

    @cached_property
    def listing(self) -> Ints | None:
        """All feasible points, where expressions leave few enough to look at each; None where they do not."""
        if not self.conditions or self.ground.count > LISTED:
            return None
        points = self.ground.enumerate()
        return points[self.has(points)]

    @cached_property
    def met_by_chance(self) -> bool:
        """Whether a few draws, the same each time, meet a feasible point."""
        drawn = self.ground.from_unit(np.random.default_rng(0).random((_GLANCE, len(self.parameters))))
        return bool(self.has(drawn).any())

    def enumerate(self, limit: int) -> Ints | None:
        """All feasible points in lexicographic order, None when there are, or may be, more than `limit`."""
        if not self.conditions:
            return None if self.ground.count > limit else self.ground.enumerate()
        points = self.listing
        if points is None and self.ground.count <= limit:
            points = self.ground.enumerate()
            points = points[self.has(points)]
        return None if points is None or len(points) > limit else points

    def from_unit(self, U: Floats) -> Ints:
        """Map U (n, p) to (n, p) feasible points; row i depends on U[i] alone.

        A row whose point breaks an expression is shifted around the unit cube, then mended by a local search.

        Raises:
            SearchError: when no feasible point is found in the stated effort.
        """
        points = self.ground.from_unit(U)
        if not self.conditions:
            return points
        bad = np.flatnonzero(~self.has(points))
        for shift in np.random.default_rng(0).random((_SHIFTS, U.shape[1])):
            if not len(bad):
                return points
            points[bad] = self.ground.from_unit((U[bad] + shift) % 1.0)
            bad = bad[~self.has(points[bad])]
        for row in bad:
            points[row] = self._brought_home(U[row])
        return points

    def sample(self, rng: np.random.Generator, n: int) -> Ints:
        """Draw (n, p) feasible points with replacement: uniformly, unless they are too rare to be met by chance.

        Raises:
            SearchError: when no feasible point is found in the stated effort.
        """
        p = len(self.parameters)
        if not self.conditions:
            return self.from_unit(rng.random((n, p)))
        if self.listing is not None:
            return np.asarray(self.listing[rng.integers(len(self.listing), size=n)])
        parts, missing = [np.zeros((0, p), dtype=np.int64)], n
        for _ in range(_ROUNDS):
            drawn = self.ground.from_unit(rng.random((max(n, _NEAR), p)))
            parts.append(drawn[self.has(drawn)][:missing])
            missing -= len(parts[-1])
            if not missing:
                return np.vstack(parts)
        return np.vstack([*parts, self._walked(rng, missing)])

    def _walked(self, rng: np.random.Generator, n: int) -> Ints:
        """(n, p) feasible points: a few that were brought home, and neighbours upon neighbours of those."""
        found = list(self.from_unit(rng.random((min(n, _HOMES), len(self.parameters)))))
        while len(found) < n:
            at = found[int(rng.integers(len(found)))]
            around = self.neighbours(at, rng, _HOMES)
            found += list(around) if len(around) else [at]
        return np.array(found[:n])

    def neighbours(self, k: Ints, rng: np.random.Generator, n: int) -> Ints:
        """Up to n different feasible points (m, p) near the feasible point k (p,), never k itself."""
        if not self.conditions and not self.ground.caps:
            return self._stepped(k, rng, n)
        near = self._near(k, rng, _WIDE * n)
        found = near[self.has(near)]
        if len(found) < n // _WIDE + 1:
            found = np.vstack([found, self._farther(k, near, rng, n)])
        found = distinct(found[(found != k).any(axis=1)])
        return found if len(found) <= n else found[np.sort(rng.choice(len(found), size=n, replace=False))]

    def _farther(self, k: Ints, near: Ints, rng: np.random.Generator, n: int) -> Ints:
        """Feasible points (m, p) where hardly a neighbour is: the nearest listed ones, else those some steps away."""
        if self.listing is not None:
            spans = np.maximum(np.array(self.ground.high) - self._low, 1)
            gaps = (np.abs(self.listing - k) / spans).sum(axis=1)
            return np.asarray(self.listing[np.argsort(gaps, kind="stable")[: n + 1]])
        starts = near[rng.permutation(len(near))[:_DETOURS]]
        far = [self._near(start, rng, n) for start in starts]
        found = [points[self.has(points) & (points != k).any(axis=1)] for points in far]
        if not any(map(len, found)):
            found += [self._downhill(points, rng, _DETOURS * _NEAR, avoid=k)[0] for points in far]
        return np.vstack([np.zeros((0, len(k)), dtype=np.int64), *found])

    def _stepped(self, k: Ints, rng: np.random.Generator, n: int) -> Ints:
        """Up to n points (m, p) one step from k: sums keep their totals, ranges hold, nothing else is asked."""
        points = self._low + self._moves.take(k - self._low, rng, n)
        shifts = self.ground.shifts(k, rng, n)
        if not len(shifts):
            return points
        both = distinct(np.vstack([points, shifts]))
        return both if len(both) <= n else both[np.sort(rng.choice(len(both), size=n, replace=False))]

    def _near(self, k: Ints, rng: np.random.Generator, n: int) -> Ints:
        """Points of the ground about one step from k, whatever the expressions say of them."""
        points = self._stepped(k, rng, n)
        if not self.ground.caps:
            return points
        swaps = self.ground.swaps(k)
        if len(swaps) > n:
            swaps = swaps[np.sort(rng.choice(len(swaps), size=n, replace=False))]
        return np.vstack([points[self.ground.has(points)], swaps])

    def _brought_home(self, u: Floats) -> Ints:
        """A feasible point for one row of the unit cube."""
        if self.listing is not None:
            return np.asarray(self.listing[int(u[0] * len(self.listing))])
        seed = np.ascontiguousarray(u, dtype=np.float64).view(np.uint32).tolist()
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        found = self._mended(rng, _MENDS)
        if found is not None:
            return found
        at = self._first
        for _ in range(_STEPS):
            around = self.neighbours(at, rng, 1)
            at = around[0] if len(around) else at
        return at

    @cached_property
    def _first(self) -> Ints:
        """A feasible point, the same each time."""
        if self.known is not None:
            return np.array(self.known, dtype=np.int64)
        found = self._mended(np.random.default_rng(0), _EFFORT)
        if found is None:
            names = "; ".join(held.text for held in self.conditions)
            said = f"no point that meets all constraints was found among {_EFFORT:,} that were looked at ({names})"
            fail(SearchError, "space", said, "There may be none: loosen a constraint, or take coarser steps.")
        return found

    @cached_property
    def _scales(self) -> list[float]:
        """The usual excess of each condition, by which excesses are made comparable."""
        points = self.ground.from_unit(np.random.default_rng(0).random((256, len(self.parameters))))
        columns = self.columns(points)
        means = [float(np.minimum(held.excess(columns, len(points)), 1e150).mean()) for held in self.conditions]
        return [mean if mean > 0 else 1.0 for mean in means]

    def _excess(self, K: Ints) -> Floats:
        columns, total = self.columns(K), np.zeros(len(K))
        for condition, scale in zip(self.conditions, self._scales, strict=True):
            total += condition.excess(columns, len(K)) / scale
        return total

    def _mended(self, rng: np.random.Generator, effort: int) -> Ints | None:
        """A feasible point found downhill from random ones, looking at no more than `effort` points."""
        while effort > 0:
            points = self.ground.from_unit(rng.random((_NEAR, len(self.parameters))))
            found, spent = self._downhill(points, rng, effort)
            if len(found):
                return np.asarray(found[0])
            effort -= spent
        return None

    def _downhill(
        self, points: Ints, rng: np.random.Generator, effort: int, avoid: Ints | None = None
    ) -> tuple[Ints, int]:
        """The feasible ones (m, p) of points, or of the neighbours of the least excessive, and so on; and the effort.

        The point `avoid` (p,) is passed over.
        """
        height, spent = np.inf, 0
        while spent < effort and len(points):
            spent += len(points)
            if avoid is not None:
                points = points[(points != avoid).any(axis=1)]
            if (good := self.has(points)).any():
                return points[good], spent
            excess = self._excess(points) if len(points) else np.array([np.inf])
            best = int(np.argmin(excess))
            if not excess[best] < height:
                break
            height, points = float(excess[best]), self._near(points[best], rng, _NEAR)
        return points[:0], max(spent, 1)


def column_of(one: Parameter, k: Ints) -> NDArray[np.float64] | NDArray[np.str_]:
    """Values of grid indices k (n,): numbers, 0 and 1 for a binary, texts for choices."""
    if isinstance(one, Categorical):
        return np.array(one.choices)[k]
    return np.asarray(one.grid.values(k) if isinstance(one, Real | Integer) else k, dtype=np.float64)
