"""The initial design: what is tried before a model can say anything. One sequence, taken in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from matloop.decide import Purpose, Task
from matloop.decide.sequence import Line, space_line
from matloop.domain.candidate import Candidate
from matloop.domain.pool import Pool

LEAST = 4
"""Shortest default design. With fewer readings a model's length scales are those of its priors."""
MOST = 10
"""Longest default design. A model chooses better than a design does as soon as it can be fitted at all."""

_ROWS = 20_000
"""Candidates of a pool among which the farthest is looked for, drawn at random from a larger pool. Larger, the first
asks of a large pool become slow; smaller, its corners are missed."""
_FARTHEST = 256
"""Places filled farthest-first; random ones follow. Larger, a long design costs rows x places distances at each ask."""

_TIE = 1e-9
"""Squared distances nearer than this share of the largest are ties. Smaller, the order of summation decides; far
larger, nearer candidates count as farthest."""


def initial_length(task: Task) -> int:
    """Length of the initial design: as asked, else d + 1 for d features or parameters, at least 4, at most 10."""
    if task.initial is not None:
        return task.initial
    return min(max(LEAST, len(task.candidates.names) + 1), MOST)


def design_line(task: Task) -> Line:
    """The task's design sequence: farthest-first in a pool, scrambled Sobol points in a space."""

    def rng() -> np.random.Generator:
        return task.rng(Purpose.DESIGN)

    if isinstance(task.candidates, Pool):
        return Line(partial(_pool_walk, task.candidates, rng), len(task.candidates))
    return space_line(task.candidates, "sobol", rng)


def _pool_walk(pool: Pool, rng: Callable[[], np.random.Generator]) -> Iterator[Callable[[], Candidate]]:
    return (partial(pool.candidate, row) for row in farthest_first(pool, rng()))


def farthest_first(pool: Pool, rng: np.random.Generator) -> Iterator[int]:
    """Every row of a pool once: the first at random, each next one farthest from all before, the last ones at random.

    Of several that are as far, one at random. Choices and levels make many such ties, and the first of them in the
    order of the file would always be of the same few choices.

    Source: Gonzalez 1985, "Clustering to minimize the maximum intercluster distance" (its greedy order).
    """
    rows = np.arange(len(pool), dtype=np.intp)
    if len(pool) > _ROWS:
        rows = np.sort(rng.choice(len(pool), _ROWS, replace=False))
    start = int(rng.integers(len(rows)))
    rest = rng.permutation(len(pool))
    X = pool.encode_rows(rows)
    turn = np.empty(len(pool), dtype=np.intp)
    turn[rest] = np.arange(len(pool))
    turn = turn[rows]
    gaps = np.full(len(rows), np.inf)
    met: set[int] = set()
    at = start
    while len(met) < _FARTHEST and gaps[at] > 0:
        met.add(int(rows[at]))
        yield int(rows[at])
        gaps = np.minimum(gaps, np.sum((X - X[at]) ** 2, axis=1))
        tied = np.flatnonzero(gaps >= (1.0 - _TIE) * gaps.max())
        at = int(tied[np.argmin(turn[tied])])
    yield from (int(row) for row in rest if int(row) not in met)


def design_words(task: Task, nth: int, why: str | None) -> str:
    """The reason of the nth (from 0) design candidate of an ask; `why` no model can be fitted, None when one can."""
    length, held = initial_length(task), task.design_done + nth
    way = "farthest-first" if isinstance(task.candidates, Pool) else "Sobol sequence"
    if held < length:
        return f"initial design {held + 1} of {length}: {way}"
    return f"initial design goes on: {why}; {way}"
