"""What may still turn out better than the best found: the candidates that can be made, now or as they are already."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Purpose, Task
from matloop.decide.model import CHUNK, Model, keys_of
from matloop.decide.partial import spoken_of
from matloop.decide.search_pool import GridRows, PoolRows
from matloop.decide.search_space import points_near
from matloop.decide.sequence import SMALL
from matloop.domain.cost import affordable
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space

_SAMPLED = 8192
"""Candidates of a space too large to be listed at which it is looked; so much stands in the reason."""
_NEAR, _AROUND = 8, 128
"""Best measured candidates around which a large space is looked at more closely, and neighbours of each."""


def listed(task: Task) -> bool:
    """Are the candidates a list that is looked at whole?"""
    return isinstance(task.candidates, Pool) or GridRows.of(task.candidates, SMALL) is not None


def known(task: Task, measured: Floats) -> NDArray[np.void]:
    """Keys of what is no rival by its values: measured already (b, d), failed, or cut off and not made again.

    What was planned and came out otherwise is none either, where it is not made again: its result is another point.
    """
    lost = [one.values for one in task.tried if one.status == "failed" or one.candidate in task.closed]
    lost += [one.values for one in task.readings if one.executed and one.candidate in task.closed]
    return keys_of(np.vstack([measured, task.candidates.encoder.encode(lost)]) if lost else measured)


def barred(task: Task) -> frozenset[str]:
    """Ids of what cannot be suggested though it was not tried: taken back, rejected, too dear. What is open stays."""
    tried = {one.candidate for one in (*task.readings, *task.tried)}
    return task.closed - tried - {one.id for one in task.open}


def looked(task: Task, model: Model) -> Iterator[Floats]:
    """Encoded candidates (q, d), chunk by chunk: all of a list, else many of the space and those around the best.

    Those that cannot be suggested are left out: nothing that they might be can be found by going on.
    """
    candidates, out = task.candidates, barred(task)
    if isinstance(candidates, Pool):
        pool, free = PoolRows(candidates), np.ones(len(candidates), dtype=np.bool_)
        free[[row for id_ in out if (row := candidates.index(id_)) is not None]] = False
        rows = np.flatnonzero(free)
        for start in range(0, len(rows), CHUNK):
            yield pool.encode(slice(start, start + CHUNK) if not out else rows[start : start + CHUNK])
    elif isinstance(candidates, Space):
        points = candidates.enumerate(SMALL)
        points = _sampled(task, candidates, model) if points is None else points
        points = _payable(task, candidates, points)
        if out:
            points = points[[candidates.candidate(k).id not in out for k in points]]
        for start in range(0, len(points), CHUNK):
            yield candidates.encode_grid(points[start : start + CHUNK])


def _payable(task: Task, space: Space, points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the points (q, p) that what is left pays for, or that are being measured; in a pool they are closed."""
    if task.left is None or task.costs is None:
        return points
    keep = affordable(task.costs.of_grid(space, points, task.last), task.left)
    if task.open:
        awaited = keys_of(space.encoder.encode([one.values for one in task.open]))
        keep |= np.isin(keys_of(space.encode_grid(points)), awaited)
    return points[keep]


def _sampled(task: Task, space: Space, model: Model) -> NDArray[np.int64]:
    rng = task.rng(Purpose.STOP)
    points = points_near(space, [reading.values for reading in spoken_of(task) if not reading.outside])
    distinct = np.unique(points[space.feasible(points)], axis=0)
    parts = [space.sample(rng, _SAMPLED)]
    if len(distinct):
        means = task.objectives[0].sign * model.predict(space.encode_grid(distinct)).mean[:, 0]
        best = distinct[np.argsort(-means, kind="stable")[:_NEAR]]
        parts += [space.neighbours(k, rng, _AROUND) for k in best]
    return np.vstack(parts)
