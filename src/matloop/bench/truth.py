"""What the candidates of a pool are known to give: one reading each, or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matloop.domain.pool import Pool
from matloop.errors import DataError, Faults, fail

Floats = NDArray[np.float64]

_LISTED = 5  # faulty candidates named at once; the rest is counted


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Readings of n candidates.

    readings: (total,) one after the other, in row order. starts: (n + 1,) where each candidate's begin and end.
    """

    readings: Floats
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, given: ArrayLike | Sequence[ArrayLike], pool: Pool) -> Truth:
        """Read what a user gives.

        Args:
            given: (n,) one number a candidate in row order, or n sequences of readings, or one number for each row
                of the table that the pool was made from (rows of one candidate are its readings).
            pool: the n candidates.

        Raises:
            DataError: for another length, or candidates without a finite reading.
        """
        counts, readings = _read(given)
        sources = pool.row_of
        if len(counts) == len(sources) != len(pool) and (counts == 1).all():
            counts = np.bincount(sources, minlength=len(pool))
            readings = readings[np.argsort(sources, kind="stable")]
        elif len(counts) != len(pool):
            found = f"{len(counts)} values or lists for {len(pool)} candidates ({len(sources)} rows of their table)"
            fail(DataError, "truth", found, "Give one for each candidate, or one number for each row.")
        _demand_readings(pool, counts, readings)
        return cls(readings, np.concatenate(([0], np.cumsum(counts))))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def means(self) -> Floats:
        """(n,) mean reading of each candidate: the truth that results are judged on."""
        return np.asarray(np.add.reduceat(self.readings, self.starts[:-1]) / np.diff(self.starts))

    def of_candidate(self, row: int) -> Floats:
        """All readings of one candidate."""
        return self.readings[self.starts[row] : self.starts[row + 1]]


def _read(given: Any) -> tuple[NDArray[np.int64], Floats]:
    """How many readings each entry holds, and all of them one after the other."""
    place, cure = "truth", "Give numbers, or lists of numbers."
    try:
        flat = all(np.ndim(item) == 0 for item in given)
        parts = (
            [np.asarray(given, dtype=np.float64)] if flat else [np.asarray(item, dtype=np.float64) for item in given]
        )
    except (TypeError, ValueError) as error:
        raise DataError.at(place, f"it holds what is no number ({error})", cure) from error
    if flat:
        return np.ones(len(parts[0]), dtype=np.int64), parts[0]
    parts = [np.atleast_1d(part) for part in parts]
    if any(part.ndim != 1 for part in parts):
        fail(DataError, place, "it is nested too deeply", cure)
    return np.array([len(part) for part in parts], dtype=np.int64), np.concatenate(parts)


def _demand_readings(pool: Pool, counts: NDArray[np.int64], readings: Floats) -> None:
    faults = Faults()
    rows = np.repeat(np.arange(len(pool)), counts)
    lacking = {"no reading": np.flatnonzero(counts == 0), "a reading that is not finite": rows[~np.isfinite(readings)]}
    for what, found in lacking.items():
        if len(found):
            names = ", ".join(repr(pool.id(int(row))) for row in dict.fromkeys(found[:_LISTED].tolist()))
            more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
            cure = "A backtest needs the outcome of every candidate: complete them, or leave them out of the pool."
            faults.add("truth", f"{what} for {names}{more}", cure)
    faults.raise_if_any(DataError)
