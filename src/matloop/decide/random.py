"""Random: every free candidate is as likely as any other. The baseline of all comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np

from matloop.decide import Choice, Chosen, Purpose, Task
from matloop.decide.search_pool import GridRows, PoolRows, Rows, free_rows
from matloop.decide.sequence import MISSES, SMALL
from matloop.decide.words import sentence
from matloop.domain.candidate import Candidate
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.errors import SearchError, fail


@dataclass(frozen=True, slots=True)
class Random:
    """Uniform draws without replacement from all that is not closed. It has no design and no model."""

    name: ClassVar[str] = "random"

    def suggest(self, task: Task) -> Chosen:
        """Draw up to n candidates.

        Raises:
            SearchError: when nearly all of a large space is closed.
        """
        reason = sentence(["drawn at random"], task.set_aside)
        return Chosen(tuple(Choice(candidate, reason) for candidate in _draw(task)))


def _draw(task: Task) -> list[Candidate]:
    if isinstance(task.candidates, Pool):
        return _draw_rows(PoolRows(task.candidates), task)
    listed = GridRows.of(task.candidates, SMALL)
    return _draw_points(task.candidates, task) if listed is None else _draw_rows(listed, task)


def _draw_rows(rows: Rows, task: Task) -> list[Candidate]:
    """Draws from a list, up to all that is free and can be paid."""
    purse = task.purse()
    candidates = (one for row in _in_turn(rows, task) if (one := rows.candidate(row)).id not in task.closed)
    return list(islice((one for one in candidates if purse is None or purse.pay(one)), task.n))


def _in_turn(rows: Rows, task: Task) -> Iterator[int]:
    """Free rows in random order: as many as are needed if all can be paid, then the others."""
    free, rng = np.flatnonzero(free_rows(rows, task.closed)), task.rng(Purpose.RANDOM)
    drawn = rng.choice(free, min(task.n + len(task.closed), len(free)), replace=False)
    yield from drawn.tolist()
    yield from rng.permutation(np.setdiff1d(free, drawn)).tolist()


def _draw_points(space: Space, task: Task) -> list[Candidate]:
    """Draws from a large space until n new ones are found, or many draws only cost too much."""
    rng, drawn, purse, dear = task.rng(Purpose.RANDOM), dict[str, Candidate](), task.purse(), False
    for _ in range(MISSES):
        for k in space.sample(rng, task.n):
            candidate = space.candidate(k)
            if candidate.id in task.closed or candidate.id in drawn or len(drawn) == task.n:
                continue
            if purse is None or purse.pay(candidate):
                drawn[candidate.id] = candidate
            else:
                dear = True
        if len(drawn) == task.n:
            return list(drawn.values())
    if dear:
        return list(drawn.values())
    found = f"{task.n * MISSES} draws found {len(drawn)} of {task.n} new candidates"
    fail(SearchError, "strategy 'random'", found, "Widen the space, or allow repeats.")
