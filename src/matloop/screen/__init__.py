"""Predict a large table of compositions in constant memory, keep what was done, choose, and hand the choice over.

The line: `source` gives chunks -> `task` predicts one -> `local` or `cluster` spread them -> `kept` holds each result
under a key of all that it depends on -> `stream` puts them in order -> `choose` reads them once -> `page`, `handover`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matloop.chem import Compositions
from matloop.domain.prediction import Floats
from matloop.errors import Fault


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some candidates of a source, in its order.

    start: number of the first among all candidates, from 0. places: where each stands, as `file.csv, line 7`.
    formulas: as written. carried: the cells of the columns that ride along, a tuple a candidate. ragged: what is wrong
    with rows among them that have more or fewer cells than the header; they are no candidates, and count in `start`.
    """

    start: int
    places: tuple[str, ...]
    formulas: tuple[str, ...]
    carried: tuple[tuple[str, ...], ...]
    ragged: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        return len(self.formulas)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a model says of one quantity at q inputs, in its unit; each (q,).

    mean: predicted. model_std: uncertainty of the truth. noise_std: spread of one reading. distance: to what was
    learned, in units of the distance between the groups that were learned.
    """

    mean: Floats
    model_std: Floats
    noise_std: Floats
    distance: Floats


class Model(Protocol):
    """A fitted model. It travels to worker processes, so it must be picklable."""

    def say(self, X: Floats) -> Said:
        """Predict at features X (q, d)."""
        ...

    def covariance(self, X: Floats) -> Floats:
        """Covariance (q, q) of the truths at X (q, d)."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """What it says of itself, in JSON types."""
        ...


class Describe(Protocol):
    """How candidates become features; picklable."""

    @property
    def unknown(self) -> frozenset[str]:
        """Elements that it cannot describe."""
        ...

    @property
    def blocks(self) -> NDArray[np.intp]:
        """(d,) which block each feature belongs to: those of one property are one block."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """All that the features depend on, in JSON types."""
        ...

    def __call__(self, given: Compositions, conditions: Floats) -> Floats:
        """Features of n compositions under their conditions (n, c): (n, d)."""
        ...


class Filter(Protocol):
    """A demand on compositions; picklable. Its text, as of `str`, is its name in the result."""

    def keeps(self, read: Compositions) -> NDArray[np.bool_]:
        """(n,) which compositions meet it."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """A finished chunk.

    text: its rows as CSV, without a header. rows: how many. candidates: that were predicted. faults: of those that
    were not, each with its place. passed: candidates that each filter let pass, by its name. kept: that passed all.
    known, known_kept: of the candidates, and of those that passed all, that are measured already.
    """

    text: str
    rows: int
    candidates: int
    faults: tuple[Fault, ...]
    passed: Mapping[str, int]
    kept: int
    known: int = 0
    known_kept: int = 0


Keep = Callable[[Chunk, Done], None]


class Workers(Protocol):
    """Whoever does chunks. What is under way at once is bounded, so a source may be endless."""

    def perform(self, task: Callable[[Chunk], Done], chunks: Iterable[Chunk], keep: Keep) -> None:
        """Do every chunk, handing each result to `keep` in this process as soon as it is there, in any order."""
        ...


__all__ = ["Chunk", "Describe", "Done", "Filter", "Keep", "Model", "Said", "Workers"]
