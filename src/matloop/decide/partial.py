"""Readings that lack an objective: each objective is learned from all readings of its own.

A strength measured without its density still says where strength is high. So where some readings lack an objective each
objective is fitted by itself, to every reading that has it. What was read in one objective is measured, and may be best
or on the front: what is predicted stands for the others. Only a first candidate has to be read in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matloop.decide import Task
from matloop.domain.prediction import Floats
from matloop.domain.reading import Reading
from matloop.surrogate import Observations


def spoken_of(task: Task) -> tuple[Reading, ...]:
    """Readings with a number for an objective at least."""
    names = {one.name for one in task.objectives}
    return tuple(r for r in task.readings if r.status == "ok" and names & set(r.outcome))


def some_lack(task: Task) -> bool:
    """Does a reading, or a bound, lack an objective?"""
    names = {one.name for one in task.objectives}
    cut = [r for r in task.tried if r.status in ("below", "above") and names & set(r.outcome)]
    return any(name not in r.outcome for r in (*spoken_of(task), *cut) for name in names)


def alone(task: Task, j: int) -> Task:
    """The task as if objective j were the only one."""
    return replace(task, objectives=(task.objectives[j],))


@dataclass(frozen=True, slots=True)
class Complete:
    """Inputs that were read in every objective. data: a row of mean readings each; labels: a candidate of each."""

    data: Observations
    labels: tuple[str, ...]

    @classmethod
    def of(cls, task: Task) -> Complete:
        """Find them; none, where no input was read in every objective."""
        readings, encoder = spoken_of(task), task.candidates.encoder
        X = encoder.encode([reading.learned_values for reading in readings])
        distinct, owner = np.unique(X + 0.0, axis=0, return_inverse=True)
        m = len(task.objectives)
        y, read = np.zeros((2, len(distinct), m))
        labels: dict[int, str] = {}
        for row, reading in zip(owner.reshape(-1).tolist(), readings, strict=True):
            labels[row] = min(labels.get(row, reading.candidate), reading.candidate)
            for j, one in enumerate(task.objectives):
                if one.name in reading.outcome:
                    y[row, j] += reading.outcome[one.name]
                    read[row, j] += 1.0
        rows = np.flatnonzero((read > 0).all(axis=1))
        mean: Floats = y[rows] / read[rows]
        data = Observations(distinct[rows], mean, np.zeros((len(rows), m)), encoder.groups)
        return cls(data, tuple(labels[row] for row in rows.tolist()))
