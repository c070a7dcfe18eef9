"""Find the best candidate of a list (a pool, or a small space listed whole), in chunks."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matloop.decide.acquisition import Bounded, Counted, Scorer, Sifting
from matloop.decide.model import CHUNK
from matloop.decide.prices import Prices
from matloop.domain.candidate import Candidate
from matloop.domain.cost import Costs
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.errors import ModelError, fail

_AGAIN = 1024
"""Candidates whose old scores are renewed first when another one has joined the pending; each further round takes
twice as many. Smaller, the rounds cost more than the scores."""


_BOUNDED = 128
"""The same where candidates are ranked by bounds of what the model says, which leave few in doubt."""

_LONG = CHUNK
"""Free candidates from which a search begins with bounds of what the surrogate says. In shorter lists the bounds spare
little time."""

_SLACK = 1e-10
"""Share of a bound by which it is raised: what a formula rounds. Far smaller, a bound can fall behind its score; far
larger, candidates are looked at for nothing."""

_TIED = 1e-9
"""Share of the best score within which candidates of equal features are one and the same: rounding depends on the
company in which a score is computed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate and its encoded input X (1, d)."""

    candidate: Candidate
    X: Floats


class Search(Protocol):
    """Finds one candidate after another within one ask; none is closed, none comes twice."""

    def best(self, scorer: Scorer) -> Found | None:
        """The best candidate that is still free; None when none is left."""
        ...


class Rows(Protocol):
    """A list of candidates."""

    @property
    def size(self) -> int:
        """How many."""
        ...

    def encode(self, rows: slice | NDArray[np.intp]) -> Floats:
        """Encoded inputs (k, d) of some of them."""
        ...

    def candidate(self, row: int) -> Candidate:
        """One of them."""
        ...

    def cost(self, costs: Costs, last: Candidate | None) -> Floats:
        """What each costs (N,) as the next one after the last, NaN where that is unknown."""
        ...

    def closed(self, ids: Set[str]) -> list[int]:
        """Which ones have these ids, as far as that is known without making the ids of all."""
        ...


@dataclass(frozen=True, slots=True)
class PoolRows:
    """The rows of a pool."""

    pool: Pool

    @property
    def size(self) -> int:
        """How many."""
        return len(self.pool)

    def encode(self, rows: slice | NDArray[np.intp]) -> Floats:
        """Encoded inputs (k, d)."""
        return self.pool.encode_rows(rows)

    def candidate(self, row: int) -> Candidate:
        """The candidate of a row."""
        return self.pool.candidate(row)

    def cost(self, costs: Costs, last: Candidate | None) -> Floats:
        """What each costs (N,) as the next one after the last."""
        return costs.after(last)

    def closed(self, ids: Set[str]) -> list[int]:
        """The rows of these ids where the pool has an id column; ids made of values are looked at one by one."""
        if self.pool.id_name is None:
            return []
        return [row for row in map(self.pool.index, ids) if row is not None]


@dataclass(frozen=True, slots=True)
class GridRows:
    """A small space, listed whole: points (N, p)."""

    space: Space
    points: NDArray[np.int64]

    @classmethod
    def of(cls, space: Space, limit: int) -> GridRows | None:
        """List the space, or None when it has more than `limit` candidates."""
        points = space.enumerate(limit)
        return None if points is None else cls(space, points)

    @property
    def size(self) -> int:
        """How many."""
        return len(self.points)

    def encode(self, rows: slice | NDArray[np.intp]) -> Floats:
        """Encoded inputs (k, d)."""
        return self.space.encode_grid(self.points[rows])

    def candidate(self, row: int) -> Candidate:
        """The candidate of a row."""
        return self.space.candidate(self.points[row])

    def cost(self, costs: Costs, last: Candidate | None) -> Floats:
        """What each costs (N,) as the next one, NaN where an expression gives no number above 0."""
        return costs.of_grid(self.space, self.points, last)

    def closed(self, ids: Set[str]) -> list[int]:
        """None: ids made of values are looked at one by one."""
        return []


def free_rows(rows: Rows, closed: Set[str]) -> NDArray[np.bool_]:
    """(N,) False where a candidate is known to be closed; whoever takes one looks at its id once more."""
    free = np.ones(rows.size, dtype=np.bool_)
    free[rows.closed(closed)] = False
    return free


@dataclass(slots=True)
class RowSearch:
    """The search over a list, within one ask.

    free: (N,) rows that may still be found.
    scores: (N,) as last computed; those of a scorer that only falls are upper bounds ever after.
    sifted: did they begin as bounds of what the surrogate says?
    prices: what is left to spend and how costs weigh, None where nobody says. cost: (N,) then.
    """

    rows: Rows
    closed: Set[str]
    rng: np.random.Generator
    prices: Prices | None = None
    cost: Floats | None = field(default=None, init=False)
    free: NDArray[np.bool_] = field(init=False)
    scores: Floats | None = field(default=None, init=False)
    sifted: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.free = free_rows(self.rows, self.closed)

    def best(self, scorer: Scorer) -> Found | None:
        """The best free candidate that can be paid, the first one of equals; None when none is left."""
        if self.prices is not None:
            if self.cost is None or self.prices.moving:  # old scores per cost bound nothing once costs have changed
                self.cost, self.scores = self.rows.cost(self.prices.costs, self.prices.last), None
            self.free &= self.prices.affordable(self.cost)
        if isinstance(scorer, Counted) and self.free.sum() > scorer.limit:
            return self._best_of_some(scorer, scorer.limit)
        scores, lazy = self.scores, scorer.falls
        if scores is None or not lazy:
            self.scores = scores = np.full(self.rows.size, -np.inf)
            lazy = self._begin(scorer, scores)
        while self.free.any():
            left = np.flatnonzero(self.free)
            row = self._lazily(left, scorer, scores) if lazy else left[np.argmax(scores[left])]
            found = self._take(int(row))
            if found is not None:
                return found
        return None

    def _begin(self, scorer: Scorer, scores: Floats) -> bool:
        """Scores (N,) of all free candidates, or bounds of them; whether they are bounds."""
        free = np.flatnonzero(self.free)
        sieve = scorer.sieve() if isinstance(scorer, Sifting) and len(free) > _LONG else None
        self.sifted = sieve is not None
        if sieve is not None:
            self._renew(free, scorer, lambda X: _raised(sieve(X)), scores)
        else:
            self._renew(free, scorer, scorer.bound if isinstance(scorer, Bounded) else scorer.score, scores)
        return self.sifted or isinstance(scorer, Bounded)

    def _take(self, row: int) -> Found | None:
        """The candidate of a row, None when its id is closed; either way the row is no longer free."""
        self.free[row] = False
        candidate = self.rows.candidate(row)
        if candidate.id in self.closed:
            return None
        if self.prices is not None:
            self.prices.pay(candidate)
        return Found(candidate, self.rows.encode(np.array([row])))

    def _best_of_some(self, scorer: Scorer, limit: int) -> Found | None:
        """The best of as many free rows as a counted scorer can look at."""
        while self.free.any():
            some = self._some(np.flatnonzero(self.free), scorer, limit)
            for row in some[np.argsort(-checked(scorer.score(self.rows.encode(some))), kind="stable")]:
                found = self._take(int(row))
                if found is not None:
                    return found
        return None

    def _renew(self, rows: NDArray[np.intp], scorer: Scorer, score: Callable[[Floats], Floats], scores: Floats) -> None:
        """Compute scores of these rows, or bounds of them, per cost where costs weigh."""
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            found = checked(score(self.rows.encode(some)))
            if self.prices is not None and self.cost is not None:
                found = self.prices.apply(scorer, found, self.cost[some])
            scores[some] = found

    def _lazily(self, left: NDArray[np.intp], scorer: Scorer, scores: Floats) -> int:
        """The best row, looking again only at those whose old score exceeds the best new one (Minoux 1978)."""
        stale = left
        best, score, block = -1, -np.inf, _BOUNDED if self.sifted else _AGAIN
        while len(stale):
            some, stale = _foremost(stale, scores, block) if len(left) > _AGAIN else (stale, stale[:0])
            self._renew(some, scorer, scorer.score, scores)
            top = int(some[np.argmax(scores[some])])
            if best < 0 or (scores[top], -top) > (score, -best):
                best, score = top, scores[top]
            stale = stale[scores[stale] >= score]
            block *= 2
        return self._twin(best, scores) if self.sifted else best

    def _twin(self, best: int, scores: Floats) -> int:
        """The first free row of the same features as the best one."""
        near = np.flatnonzero(self.free & (scores >= scores[best] - _TIED * abs(scores[best])))
        near = near[near <= best]
        same = (self.rows.encode(near) == self.rows.encode(near[-1:])).all(axis=1)
        return int(near[np.argmax(same)])

    def _some(self, left: NDArray[np.intp], scorer: Scorer, limit: int) -> NDArray[np.intp]:
        """Half of what a counted scorer can look at by its glance, half at random."""
        if len(left) <= limit or not isinstance(scorer, Counted):
            return left
        chunks = (left[start : start + CHUNK] for start in range(0, len(left), CHUNK))
        glances = np.concatenate([scorer.glance(self.rows.encode(chunk)) for chunk in chunks])
        order = left[np.argsort(-glances, kind="stable")]
        top, rest = order[: limit // 2], order[limit // 2 :]
        return np.concatenate([top, self.rng.choice(rest, limit - len(top), replace=False)])


def _foremost(rows: NDArray[np.intp], scores: Floats, k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The k rows of the highest scores in falling order, the first of equals first; and the others in their order."""
    if len(rows) > k:
        own = scores[rows]
        least = np.partition(own, len(own) - k)[len(own) - k]
        above, equal = own > least, np.flatnonzero(own == least)
        above[equal[: k - np.count_nonzero(above)]] = True
        rows, rest = rows[above], rows[~above]
    else:
        rest = rows[:0]
    return rows[np.argsort(-scores[rows], kind="stable")], rest


def _raised(bounds: Floats) -> Floats:
    """Bounds (q,) with room for what a formula rounds."""
    return np.where(np.isfinite(bounds), bounds + _SLACK * np.abs(bounds), bounds)


def checked(scores: Floats) -> Floats:
    """Scores (q,) that can be ordered.

    Raises:
        ModelError: when one is not a number.
    """
    if np.isnan(scores).any():
        fail(ModelError, "acquisition", "a score is not a number", "Look for extreme readings or features.")
    return scores
