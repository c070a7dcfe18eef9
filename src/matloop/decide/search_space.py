"""Find the best candidate of a large space: multi-start local search on its grid, bounded by counted evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from matloop.decide import Task
from matloop.decide.acquisition import Counted, Scorer
from matloop.decide.model import CHUNK
from matloop.decide.prices import Prices
from matloop.decide.search_pool import Found, checked
from matloop.domain.candidate import Candidate
from matloop.domain.canonical import Value
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.errors import SearchError, fail

Points = NDArray[np.int64]

_LOOK = 0.25
"""Share of the evaluations spent on random candidates and the neighbours of the best measured ones, from which the
climbs begin. Smaller, a narrow peak is missed; larger, the climbs end half way."""
_CLIMBS = 8
"""Climbs side by side; the next ones begin when all of these rest. Fewer, one bad peak takes all; more, each gets too
few steps."""
_NEAR = 24
"""Neighbours of one climber in one round, drawn from all. Fewer, a ridge stalls it; more, it makes fewer rounds."""
_STALLS = 3
"""Rounds without gain before a climber rests. Neighbours are drawn anew each round, so one dry round proves little."""
_KEPT = 16
"""Best candidates that are looked at again when another one has joined the pending."""
_MADE, _PENDING = 1e-3, 1e-2
"""Shares of a real parameter's range within which, in all parameters, a candidate is a copy of one that was made, or of
one that is pending and so has told nothing yet; only where no step was declared. Smaller, a batch beside an optimum is
one candidate many times; larger, an optimum cannot be closed in on."""
_COPY = np.finfo(np.float64).min / 4
"""The score of a copy: behind all others, before what cannot be paid."""


@dataclass(slots=True)
class SpaceSearch:
    """The search over a large space, within one ask.

    closed: ids that may not be found; grows with each find.
    near: points whose neighbourhood is promising, such as the best measured ones.
    evaluations: how many scores one find may cost.
    prices: what is left to spend and how costs weigh, None where nobody says.
    copies: what a find must not merely repeat.
    """

    space: Space
    closed: set[str]
    near: Points
    evaluations: int
    rng: np.random.Generator
    prices: Prices | None = None
    copies: Copies | None = None
    kept: Points | None = field(default=None, init=False)

    def best(self, scorer: Scorer) -> Found | None:
        """The best free candidate that the effort finds; None when none of those looked at can be paid.

        Raises:
            SearchError: when all that was looked at is closed.
        """
        effort = min(self.evaluations, scorer.limit) if isinstance(scorer, Counted) else self.evaluations
        seen = _Seen(self.space, scorer, effort, self.prices, self.copies)
        seen.look(self._starts(max(1, int(_LOOK * effort))))
        starts, heights = seen.ordered()
        for first in range(0, len(starts), _CLIMBS):
            self._climb(seen, starts[first : first + _CLIMBS], heights[first : first + _CLIMBS])
        points, heights = seen.ordered()
        self.kept = points[:_KEPT]
        if self.prices is not None and not np.isfinite(heights).any():
            return None
        for k in points:
            candidate = self.space.candidate(k)
            if candidate.id not in self.closed:
                self.closed.add(candidate.id)
                if self.prices is not None:
                    self.prices.pay(candidate)
                self.copies = self.copies and self.copies.join(k)
                return Found(candidate, self.space.encode_grid(k[None, :]))
        found = f"{len(points)} candidates were looked at, and all are closed"
        fail(SearchError, "strategy.evaluations", found, "Raise it, widen the space, or allow repeats.")

    def _starts(self, n: int) -> Points:
        """About n points: what was best before, neighbours of promising points, and random ones."""
        parts = [] if self.kept is None else [self.kept]
        share = n // (2 * max(1, len(self.near)))
        parts += [self.space.neighbours(k, self.rng, share) for k in self.near if share]
        left = n - sum(len(part) for part in parts)
        return np.vstack([*parts, self.space.sample(self.rng, max(1, left))])

    def _climb(self, seen: _Seen, starts: Points, heights: Floats) -> None:
        """Move points uphill, all together, until none gains or the effort is spent."""
        at, height = starts.copy(), heights.copy()
        stalls = np.zeros(len(at), dtype=np.intp)
        while seen.left > 0 and (stalls < _STALLS).any():
            moving = np.flatnonzero(stalls < _STALLS)
            each = max(1, min(_NEAR, seen.left // len(moving)))
            around = [self.space.neighbours(at[i], self.rng, each) for i in moving]
            scores = seen.look(np.vstack(around))
            if len(scores) < sum(len(points) for points in around):
                break
            for i, points, mine in zip(moving, around, _split(scores, around), strict=True):
                top = int(np.argmax(mine)) if len(mine) else -1
                if top >= 0 and mine[top] > height[i]:
                    at[i], height[i], stalls[i] = points[top], mine[top], 0
                else:  # a neighbourhood looked at whole has nothing more to show
                    stalls[i] = _STALLS if len(points) < each else stalls[i] + 1


def _split(scores: Floats, around: list[Points]) -> list[Floats]:
    return np.split(scores, np.cumsum([len(points) for points in around])[:-1])


@dataclass(frozen=True, slots=True)
class Copies:
    """Which points are copies of what was made or is pending: nobody can tell them apart, and a step was not declared.

    made, pending: points (m, p), (n, p).
    """

    space: Space
    made: Points
    pending: Points

    @classmethod
    def of(cls, task: Task, space: Space, closed: frozenset[str], chosen: Sequence[Candidate]) -> Copies:
        """Of what may not be chosen: readings of any kind, what is open, and what this ask has chosen already."""
        made = [one.values for one in (*task.readings, *task.tried) if one.candidate in closed]
        pending = [one.values for one in (*task.open, *chosen) if one.id in closed]
        return cls(space, points_near(space, made), points_near(space, pending))

    def join(self, k: Points) -> Copies:
        """Once the point k (p,) is pending too."""
        return replace(self, pending=np.vstack([self.pending, k]))

    def among(self, points: Points) -> NDArray[np.bool_]:
        """(q,) which of points (q, p) are copies; those of equal id are closed anyway."""
        found = np.zeros(len(points), dtype=np.bool_)
        for others, share in ((self.made, _MADE), (self.pending, _PENDING)):
            reach = self.space.reach(share)
            if len(others) and reach.any():
                scale = np.where(reach > 0, 1.0 / np.maximum(reach, 1), 2.0)  # without a reach any step is too far
                gaps, _ = cKDTree(others * scale).query(points * scale, p=np.inf, distance_upper_bound=1.0 + 1e-9)
                found |= np.isfinite(gaps)
        return found


def points_near(space: Space, values: Sequence[Mapping[str, Value]]) -> Points:
    """Grid points (n, p) nearest to values; those beyond the bounds are left out."""
    found = [k for one in values if (k := space.nearest(one)) is not None]
    return np.array(found, dtype=np.int64).reshape(-1, len(space.parameters))


@dataclass(slots=True)
class _Seen:
    """All points that were scored for one find.

    effort: scores that may still be computed at the start; never exceeded.
    """

    space: Space
    scorer: Scorer
    effort: int
    prices: Prices | None = None
    copies: Copies | None = None
    points: list[Points] = field(default_factory=list)
    scores: list[Floats] = field(default_factory=list)
    spent: int = 0

    @property
    def left(self) -> int:
        """Scores that may still be computed."""
        return self.effort - self.spent

    def look(self, points: Points) -> Floats:
        """Score points (q, p), the first ones only when the effort does not reach for all."""
        points = points[: self.left]
        parts = [self._score(points[start : start + CHUNK]) for start in range(0, len(points), CHUNK)]
        scores = np.concatenate(parts) if parts else np.zeros(0)
        self.points.append(points)
        self.scores.append(scores)
        self.spent += len(points)
        return scores

    def _score(self, points: Points) -> Floats:
        """Scores (q,), per cost where costs weigh; copies last; -inf where the cost cannot be paid."""
        scores = checked(self.scorer.score(self.space.encode_grid(points)))
        scores = scores if self.copies is None else np.where(self.copies.among(points), _COPY, scores)
        if self.prices is None:
            return scores
        cost = self.prices.costs.of_grid(self.space, points, self.prices.last)
        return np.where(self.prices.affordable(cost), self.prices.apply(self.scorer, scores, cost), -np.inf)

    def ordered(self) -> tuple[Points, Floats]:
        """Distinct points (u, p), best first, and their scores (u,)."""
        points, first = np.unique(np.vstack(self.points), axis=0, return_index=True)
        scores = np.concatenate(self.scores)[first]
        order = np.argsort(-scores, kind="stable")
        return points[order], scores[order]
