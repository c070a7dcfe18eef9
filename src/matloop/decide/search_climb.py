"""Find the best candidate of a large space where the scorer has gradients: climbs, snapped to the grid and polished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Purpose, Task
from matloop.decide.prices import Prices
from matloop.decide.search_pool import Found, GridRows, PoolRows, RowSearch
from matloop.decide.search_space import Copies
from matloop.decide.sequence import SMALL
from matloop.domain.candidate import Candidate
from matloop.domain.encoder import Scaled
from matloop.domain.moves import Ints
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.errors import SearchError, fail

_RAW, _CLIMBS = 512, 10
"""Draws that are looked at, and climbs that begin at them, as in BoTorch's examples. Fewer miss a narrow peak."""
_NEAR, _POLISH = 64, 4
"""Grid neighbours of the best point, and how often they are looked at. Fewer, and what the climbs cannot follow,
choices and constraints, stays as it was drawn."""


class Climber(Protocol):
    """A scorer with gradients."""

    def score(self, X: Floats) -> Floats:
        """Scores (q,) of encoded candidates (q, d); more is better."""
        ...

    def climb(self, X: Floats, moves: NDArray[np.bool_]) -> Floats:
        """Ends (q, d) of climbs from X (q, d) within the unit cube; columns that do not move (d,) stay."""
        ...


@dataclass(slots=True)
class Climbs:
    """The search over a large space, within one ask; what it finds is closed from then on.

    copies: what a find must not merely repeat; copies come behind all others.
    prices: what is left to spend, None where nobody says; what it cannot pay is not found.
    """

    space: Space
    closed: set[str]
    rng: np.random.Generator
    copies: Copies
    prices: Prices | None = None

    def best(self, scorer: Climber) -> Found | None:
        """The best free candidate met; None when none of those met can be paid.

        Climbs begin at the best draw and at others drawn by exp(standardised score) (Balandat et al. 2020, F.1).

        Raises:
            SearchError: when all that was looked at is closed.
        """
        points = np.unique(self.space.sample(self.rng, _RAW), axis=0)
        X = self.space.encode_grid(points)
        scores = scorer.score(X)
        weights = np.exp((scores - scores.max()) / (scores.std() or 1.0))
        others = min(_CLIMBS, len(points)) - 1
        drawn = self.rng.choice(len(points), others, replace=False, p=weights / weights.sum())
        starts = np.append(drawn, scores.argmax())
        found = snapped(self.space, points[starts], scorer.climb(X[starts], self._moves(X)))
        for _ in range(_POLISH):
            points, scores = np.vstack([points, found]), np.append(scores, scorer.score(self.space.encode_grid(found)))
            dear = self._dear(points)
            order = np.lexsort([-scores, self.copies.among(points), dear])
            found = self.space.neighbours(points[order[0]], self.rng, _NEAR)
        if dear.all():
            return None
        for k in points[order[~dear[order]]]:
            candidate = self.space.candidate(k)
            if candidate.id not in self.closed:
                self.closed.add(candidate.id)
                if self.prices is not None:
                    self.prices.pay(candidate)
                self.copies = self.copies.join(k)
                return Found(candidate, self.space.encode_grid(k[None, :]))
        found_closed = f"{len(points)} candidates were looked at, and all are closed"
        fail(SearchError, "search by climbs", found_closed, "Widen the space, or allow repeats.")

    def _dear(self, points: Ints) -> NDArray[np.bool_]:
        """(n,) which points (n, p) cannot be paid."""
        if self.prices is None:
            return np.zeros(len(points), dtype=np.bool_)
        return ~self.prices.affordable(self.prices.costs.of_grid(self.space, points, self.prices.last))

    def _moves(self, X: Floats) -> NDArray[np.bool_]:
        """(d,) columns of numbers that are not the same in all draws X (n, d), as fixed ones are."""
        encoder = self.space.encoder
        numbers = np.concatenate([np.full(part.width, isinstance(part, Scaled)) for part in encoder.parts])
        return np.asarray(numbers & (np.ptp(X, axis=0) > 0))


def search_over(task: Task, chosen: Sequence[Candidate]) -> RowSearch | Climbs:
    """Lists are searched whole, larger spaces by climbs.

    Args:
        task: whose candidates are looked at.
        chosen: those of the same ask so far, which are closed too.
    """
    candidates, rng = task.candidates, task.rng(Purpose.SEARCH)
    closed, prices = task.closed | {one.id for one in chosen}, Prices.of(task, chosen)
    if isinstance(candidates, Pool):
        return RowSearch(PoolRows(candidates), closed, rng, prices)
    listed = GridRows.of(candidates, SMALL)
    if listed is not None:
        return RowSearch(listed, closed, rng, prices)
    return Climbs(candidates, set(closed), rng, Copies.of(task, candidates, closed, chosen), prices)


def snapped(space: Space, starts: Ints, X: Floats) -> Ints:
    """The feasible ones (m, p) of the grid points nearest to X (n, d); choices stay as at the starts (n, p)."""
    zero, one = (space.encode_grid(np.full_like(starts[:1], k))[0] for k in (0, 1))
    points = starts.copy()
    for i, (part, at) in enumerate(zip(space.encoder.chosen, space.encoder.starts, strict=False)):
        if isinstance(part, Scaled):
            points[:, i] = np.rint((X[:, at] - zero[at]) / (one[at] - zero[at]))
    return points[space.feasible(points)]
