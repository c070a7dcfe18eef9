"""What is done with one chunk: read, describe, predict under each condition, filter, and write down."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from matloop.chem import Compositions, compositions
from matloop.errors import Fault
from matloop.screen import Chunk, Describe, Done, Filter, Model, Said

FIGURES = ("", "_model_std", "_noise_std")
"""What follows the name of the quantity, as in shortlist.csv."""
DIGITS = 7
"""Significant digits of what is written; a prediction has three that mean something, and fewer would make ties."""
KEPT, FAILED, DISTANCE = "kept", "failed", "distance"


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Predict chunks; picklable.

    quantity: what is predicted, as the result names it. conditions: names of the process columns, and the rows (k, c)
    of their values at which each candidate is predicted; one row of none where there are no such columns.
    """

    quantity: str
    model: Model
    describe: Describe
    names: tuple[str, ...]
    conditions: np.ndarray
    filters: tuple[Filter, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are added to the candidate's own."""
        figures = tuple(f"{self.quantity}{end}" for end in FIGURES)
        return (*self.names, *figures, DISTANCE, KEPT, FAILED)

    def __call__(self, chunk: Chunk) -> Done:
        """Predict one chunk on one thread."""
        with threadpool_limits(limits=1):
            return self._done(chunk)

    def _done(self, chunk: Chunk) -> Done:
        read, faults = read_chunk(chunk, self.describe.unknown)
        if not len(read):
            return Done("", 0, 0, faults, {str(one): 0 for one in self.filters}, 0)
        k, n = len(self.conditions), len(read)
        repeated = read if k == 1 else read.take(np.repeat(np.arange(n), k))
        said = self.model.say(self.describe(repeated, np.tile(self.conditions, (n, 1))))
        passes = np.array([one.keeps(read) for one in self.filters]).reshape(len(self.filters), n)
        passed = {str(one): int(row.sum()) for one, row in zip(self.filters, passes, strict=True)}
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self._rows(chunk, read, said, passes))
        return Done(text.getvalue(), n * k, n, faults, passed, int(passes.all(axis=0).sum()))

    def _rows(self, chunk: Chunk, read: Compositions, said: Said, passes: np.ndarray) -> Iterator[list[str]]:
        k = len(self.conditions)
        under = [[_written(value) for value in row] for row in self.conditions.tolist()]
        figures = [
            [_written(value) for value in column.tolist()]
            for column in (said.mean, said.model_std, said.noise_std, said.distance)
        ]
        told = list(zip(*figures, strict=True))
        names = [str(one) for one in self.filters]
        for i, (row, good) in enumerate(zip(read.rows.tolist(), passes.T.tolist(), strict=True)):
            failed = "; ".join(name for name, passed in zip(names, good, strict=True) if not passed)
            own, end = [chunk.formulas[row], *chunk.carried[row]], ["no" if failed else "yes", failed]
            for j in range(k):
                yield [*own, *under[j], *told[i * k + j], *end]


def _written(value: float) -> str:
    return f"{value:.{DIGITS}g}"


def read_chunk(chunk: Chunk, unknown: frozenset[str]) -> tuple[Compositions, tuple[Fault, ...]]:
    """The compositions of a chunk, and what is wrong with the others, each with its place in the source.

    Args:
        chunk: as written.
        unknown: elements that cannot be described.
    """
    read = compositions(chunk.formulas, faults="collect")
    told: list[Fault] = []
    if read.faults:
        missing = np.setdiff1d(np.arange(len(chunk)), read.rows)
        for row, fault in zip(missing.tolist(), read.faults, strict=True):
            what = fault.place.removeprefix(f"row {row}, ")
            told.append(replace(fault, place=f"{chunk.places[row]}, {what}"))
    lacking = read.contains(unknown) if unknown else np.zeros(len(read), dtype=np.bool_)
    for place in np.flatnonzero(lacking).tolist():
        symbols = sorted(unknown.intersection(read.formula(place).elements))
        where = f"{chunk.places[read.rows[place]]}, formula {read.formulas[place]!r}"
        cure = 'Leave it out, or use missing = "mean" (the mean of all elements that have a figure).'
        told.append(Fault(where, f"the features have no figure for {', '.join(symbols)}", cure))
    return (read.take(np.flatnonzero(~lacking)) if lacking.any() else read), tuple(told)
