"""What is done with one chunk: read, describe, predict under each condition, filter, and write down."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from matloop.chem import Compositions, compositions
from matloop.domain.prediction import Floats
from matloop.errors import Fault
from matloop.screen import Chunk, Describe, Done, Filter, Model, Said
from matloop.screen.measured import Measured

FIGURES = ("", "_model_std", "_noise_std")
"""What follows the name of the quantity, as in shortlist.csv."""
DIGITS = 7
"""Significant digits of what is written; a prediction has three that mean something, and fewer would make ties."""
KEPT, FAILED, DISTANCE, MEASURED = "kept", "failed", "distance", "measured"


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Predict chunks; picklable.

    quantity: what is predicted, as the result names it. conditions: names of the process columns, and the rows (k, c)
    of their values at which each candidate is predicted; one row of none where there are no such columns. known: what
    is measured already, counted in a column of its own; None where that is not known.
    """

    quantity: str
    model: Model
    describe: Describe
    names: tuple[str, ...]
    conditions: np.ndarray
    filters: tuple[Filter, ...]
    known: Measured | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are added to the candidate's own."""
        return columns_of_result(self.names, self.quantity, known=self.known is not None)

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
        kept = passes.all(axis=0)
        readings = np.zeros(n, dtype=np.intp) if self.known is None else self.known.count(read)
        made = readings > 0
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self._rows(chunk, read, said, (passes, readings)))
        counts = (int(kept.sum()), int(made.sum()), int((made & kept).sum()))
        return Done(text.getvalue(), n * k, n, faults, passed, *counts)

    def _rows(
        self, chunk: Chunk, read: Compositions, said: Said, judged: tuple[np.ndarray, np.ndarray]
    ) -> Iterator[list[str]]:
        k = len(self.conditions)
        passes, readings = judged
        known = [[] if self.known is None else [str(count)] for count in readings.tolist()]
        under = [[_written(value) for value in row] for row in self.conditions.tolist()]
        figures = [
            [_written(value) for value in column.tolist()]
            for column in (said.mean, said.model_std, said.noise_std, said.distance)
        ]
        told = list(zip(*figures, strict=True))
        names = [str(one) for one in self.filters]
        for i, (row, good) in enumerate(zip(read.rows.tolist(), passes.T.tolist(), strict=True)):
            failed = "; ".join(name for name, passed in zip(names, good, strict=True) if not passed)
            own, end = [chunk.formulas[row], *chunk.carried[row]], [*known[i], "no" if failed else "yes", failed]
            for j in range(k):
                yield [*own, *under[j], *told[i * k + j], *end]


def columns_of_result(names: Sequence[str], quantity: str, *, known: bool) -> tuple[str, ...]:
    """The columns that a result has beside the candidate's own; known: whether one counts what is measured already."""
    figures = (f"{quantity}{end}" for end in FIGURES)
    return (*names, *figures, DISTANCE, *((MEASURED,) if known else ()), KEPT, FAILED)


def _written(value: float) -> str:
    return f"{value:.{DIGITS}g}"


class Unfitted:
    """Stands for a model until there is one."""

    def say(self, X: Floats) -> Said:
        """Not yet."""
        raise AssertionError("asked before it was fitted")

    def covariance(self, X: Floats) -> Floats:
        """Not yet."""
        raise AssertionError("asked before it was fitted")

    def describe(self) -> Mapping[str, Any]:
        """Not yet."""
        raise AssertionError("asked before it was fitted")


def read_chunk(chunk: Chunk, unknown: frozenset[str]) -> tuple[Compositions, tuple[Fault, ...]]:
    """The compositions of a chunk, and what is wrong with the others, each with its place in the source.

    Args:
        chunk: as written.
        unknown: elements that cannot be described.
    """
    read = compositions(chunk.formulas, faults="collect")
    told = list(chunk.ragged)
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
