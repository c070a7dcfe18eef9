"""The candidates at large, for acquisitions that weigh what a reading says about others."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

import numpy as np

from matloop.decide import Task
from matloop.decide.acquisition import Crowd
from matloop.decide.model import CHUNK
from matloop.decide.search_pool import GridRows, PoolRows, Rows, free_rows
from matloop.decide.sequence import SMALL
from matloop.domain.candidate import Candidate
from matloop.domain.cost import Costs
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space

_SAMPLED = 8192
"""Candidates of a space too large to be listed among which the best are looked for. More cost time, with fewer the best
of them are worse."""


def crowd_of(task: Task, closed: Set[str]) -> Crowd:
    """The candidates of a task, of which those with ids in `closed` are not free."""
    if isinstance(task.candidates, Pool):
        return Listed(PoolRows(task.candidates), closed, task.costs)
    listed = GridRows.of(task.candidates, SMALL)
    return Sampled(task.candidates, closed, task.costs) if listed is None else Listed(listed, closed, task.costs)


@dataclass(frozen=True, slots=True)
class Listed:
    """The candidates of a list."""

    rows: Rows
    closed: Set[str]
    costs: Costs | None = None

    def some(self, k: int, rng: np.random.Generator) -> Floats:
        """K of them (k, d) at most, drawn without regard to whether they are free."""
        size = self.rows.size
        chosen = np.arange(size) if size <= k else np.sort(rng.choice(size, k, replace=False))
        return self.rows.encode(chosen)

    def best(self, k: int, score: Callable[[Floats], Floats], rng: np.random.Generator) -> Floats:
        """The k free ones (k, d) at most with the highest scores, the first of equals first."""
        return self.priced(k, score, rng)[0]

    def priced(
        self, k: int, score: Callable[[Floats], Floats], rng: np.random.Generator, last: Candidate | None = None
    ) -> tuple[Floats, Floats]:
        """The same, and what each costs (k,) after the candidate `last`."""
        free = np.flatnonzero(free_rows(self.rows, self.closed))
        chunks = (free[start : start + CHUNK] for start in range(0, len(free), CHUNK))
        parts = [score(self.rows.encode(chunk)) for chunk in chunks]
        order = free[np.argsort(-np.concatenate(parts), kind="stable")] if parts else free
        chosen: list[int] = []
        for row in order.tolist():  # rows without an id of their own are found closed only here
            if len(chosen) == k:
                break
            if self.rows.candidate(row).id not in self.closed:
                chosen.append(row)
        found = np.array(chosen, dtype=np.intp)
        return self.rows.encode(found), np.ones(len(found)) if self.costs is None else self.rows.cost(self.costs, last)[
            found
        ]


@dataclass(frozen=True, slots=True)
class Sampled:
    """The candidates of a space too large to be listed."""

    space: Space
    closed: Set[str]
    costs: Costs | None = None

    def some(self, k: int, rng: np.random.Generator) -> Floats:
        """K of them (k, d), drawn at random."""
        return self.space.encode_grid(self.space.sample(rng, k))

    def best(self, k: int, score: Callable[[Floats], Floats], rng: np.random.Generator) -> Floats:
        """The k free ones (k, d) at most with the highest scores, of many drawn at random."""
        return self.priced(k, score, rng)[0]

    def priced(
        self, k: int, score: Callable[[Floats], Floats], rng: np.random.Generator, last: Candidate | None = None
    ) -> tuple[Floats, Floats]:
        """The same, and what each costs (k,) after the candidate `last`."""
        points = np.unique(self.space.sample(rng, _SAMPLED), axis=0)
        order = np.argsort(-score(self.space.encode_grid(points)), kind="stable")
        chosen: list[int] = []
        for row in order.tolist():
            if len(chosen) == k:
                break
            if self.space.candidate(points[row]).id not in self.closed:
                chosen.append(row)
        found = points[chosen]
        cost = np.ones(len(found)) if self.costs is None else self.costs.of_grid(self.space, found, last)
        return self.space.encode_grid(found), cost
