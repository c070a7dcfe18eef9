"""Sobol: an even covering of the candidates, whatever the readings say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Choice, Chosen, Purpose, Task
from matloop.decide.model import CHUNK
from matloop.decide.search_pool import PoolRows, free_rows
from matloop.decide.sequence import Kind, space_line, unit_blocks
from matloop.decide.words import sentence
from matloop.domain.candidate import Candidate
from matloop.domain.encoder import Encoder, OneHot
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail, nearest

_KINDS: dict[Kind, str] = {"sobol": "Sobol point", "lhs": "point of a Latin hypercube"}


@dataclass(frozen=True, slots=True)
class Sobol:
    """One even sequence over the features, taken in order; it has no model.

    In a space each point is mapped onto the feasible grid. In a pool each point stands for the nearest free row
    (by encoded features; equally near: the first), so the rows follow the pool's own density at its edges.

    sequence: `sobol` for a scrambled Sobol sequence, even at every length; `lhs` for Latin hypercubes of 64 points, one
        after another.
    """

    sequence: Kind = "sobol"
    name: ClassVar[str] = "sobol"

    def __post_init__(self) -> None:
        if self.sequence not in _KINDS:
            found = f"unknown sequence {self.sequence!r}"
            fail(InputError, "strategy.sequence", found, nearest(str(self.sequence), _KINDS))

    def suggest(self, task: Task) -> Chosen:
        """The next n members of the sequence that are free.

        Raises:
            SearchError: when nearly all of a large space is closed.
        """
        choices = []
        for place, candidate in self._take(task):
            reason = sentence([f"{_KINDS[self.sequence]} {place + 1}"], task.set_aside)
            choices.append(Choice(candidate, reason, place=place))
        return Chosen(tuple(choices))

    def _take(self, task: Task) -> list[tuple[int, Candidate]]:
        if isinstance(task.candidates, Pool):
            points = self._points(task, task.candidates.encoder)
            return list(enumerate(_nearest(task.candidates, points, task), task.design_next))
        line = space_line(task.candidates, self.sequence, lambda: task.rng(Purpose.DESIGN))
        return line.take(task.design_next, task.n, task.closed, task.purse())

    def _points(self, task: Task, encoder: Encoder) -> Floats:
        """Places design_next to design_next + n of the sequence, encoded (n, d)."""
        blocks = unit_blocks(self.sequence, len(encoder.chosen), task.rng(Purpose.DESIGN))
        rows = (row for block in blocks for row in block)
        unit = np.array(list(islice(rows, task.design_next, task.design_next + task.n)))
        return _encoded(unit, encoder)


def _encoded(unit: Floats, encoder: Encoder) -> Floats:
    """Unit points (n, features) as encoded inputs (n, d): numbers as they are, a choice by its share of [0, 1)."""
    columns: list[Floats | NDArray[np.int64]] = []
    for part, column in zip(encoder.chosen, unit.T, strict=True):
        if isinstance(part, OneHot):
            columns.append(np.floor(column * len(part.levels)).astype(np.int64))
        else:
            columns.append(part.low + column * part.span)
    return encoder.encode_columns(columns, len(unit))


def _nearest(pool: Pool, points: Floats, task: Task) -> list[Candidate]:
    """For each point in turn the nearest row that is neither closed nor taken and can be paid; fewer if none is."""
    free, purse = free_rows(PoolRows(pool), task.closed), task.purse()
    taken: list[Candidate] = []
    for point in points:
        left = np.flatnonzero(free)
        gaps = [
            np.sum((pool.encode_rows(left[start : start + CHUNK]) - point) ** 2, axis=1)
            for start in range(0, len(left), CHUNK)
        ]
        for row in left[np.argsort(np.concatenate(gaps), kind="stable")] if gaps else ():
            candidate = pool.candidate(int(row))
            if candidate.id in task.closed:
                free[row] = False
            elif purse is None or purse.pay(candidate):
                free[row] = False
                taken.append(candidate)
                break
    return taken
