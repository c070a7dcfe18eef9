"""The truth, where a laboratory knows it: what results are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.objective import Objective
from matloop.domain.parameter import Categorical
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.problem import Problem
from matloop.domain.space import Space
from matloop.lab import Knows, Lab
from matloop.lab.virtual import VirtualLab, feasible, truth

MOST = 500_000
"""Candidates whose truth is looked up; more would take seconds."""
_CHUNK = 100_000  # points at a time; the bands of the virtual material need some 300 bytes a point


@dataclass(frozen=True, slots=True)
class Known:
    """What is true.

    every: (N,) true outcome of every candidate that can be made. of: candidate id -> its true outcome, for those made.
    """

    every: Floats
    of: Mapping[str, float]


def known_truth(problem: Problem, lab: Lab | None, made: Mapping[str, Mapping[str, Value]]) -> Known | None:
    """The truth, None where nobody knows it or there are too many candidates to look at.

    Args:
        problem: what is sought.
        lab: who may know it.
        made: candidate id -> values, those that were made.
    """
    goal = problem.objectives[0]
    if isinstance(lab, VirtualLab):
        every = _virtual(problem.candidates, failures=lab.failures)
        return None if every is None else Known(every, _true_of(made, problem.candidates.names))
    if isinstance(lab, Knows):
        return _listed(lab, goal)
    return None


def _listed(lab: Knows, goal: Objective) -> Known | None:
    known = lab.known(goal.name)
    return Known(np.array(list(known.values())), known) if known else None


def _true_of(made: Mapping[str, Mapping[str, Value]], names: Sequence[str]) -> dict[str, float]:
    return {id_: float(truth(**{name: float(values[name]) for name in names})) for id_, values in made.items()}


def _virtual(candidates: Pool | Space, *, failures: bool) -> Floats | None:
    """The truth of every candidate of a virtual campaign that can be made; None too where none can."""
    columns = _pool_columns(candidates) if isinstance(candidates, Pool) else _space_columns(candidates)
    if columns is None:
        return None
    n = len(next(iter(columns.values())))
    parts = [slice(start, start + _CHUNK) for start in range(0, n, _CHUNK)]
    zt = np.concatenate([truth(**{name: column[part] for name, column in columns.items()}) for part in parts])
    made = zt[feasible(**columns)] if failures else zt
    return made if len(made) else None


def _pool_columns(pool: Pool) -> dict[str, Floats] | None:
    if len(pool) > MOST:
        return None
    rows = [pool.values(i) for i in range(len(pool))]
    return {name: np.array([float(row[name]) for row in rows]) for name in pool.names}


def _space_columns(space: Space) -> dict[str, Floats] | None:
    points = space.enumerate(MOST)
    if points is None:
        return None
    grids = {
        one.name: np.array([float(one.value(k)) for k in range(one.size)])
        for one in space.parameters
        if not isinstance(one, Categorical)
    }
    return {name: grids[name][points[:, place]] for place, name in enumerate(space.names)}
