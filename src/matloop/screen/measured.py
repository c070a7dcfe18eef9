"""Which compositions the training table holds: a shortlist of what to make need not name what is made.

A composition is the same whatever the size of its formula unit and however it is written. Whole chunks are compared by
hashes of their atomic fractions, and the few whose hash is known by the fractions themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.chem import Compositions, compositions
from matloop.domain.prediction import Floats

_PARTS = 1e6  # in an atom, as which atomic fractions are rounded: six digits, as those of a key
_PRIMES = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)  # of splitmix64 (Steele et al. 2014, OOPSLA)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Compositions and how many readings there are of each; picklable. hashes: (m,) of them, ascending."""

    hashes: NDArray[np.uint64]
    readings: Mapping[Any, int]

    @classmethod
    def of(cls, formulas: Sequence[str]) -> Measured:
        """The compositions of readings, a formula a reading."""
        read = compositions(formulas)
        return cls(np.unique(hashes_of(read)), Counter(composition_key(read, row) for row in range(len(read))))

    def count(self, read: Compositions) -> NDArray[np.intp]:
        """(n,) readings of each composition."""
        found = np.zeros(len(read), dtype=np.intp)
        for row in np.flatnonzero(np.isin(hashes_of(read), self.hashes)).tolist():
            found[row] = self.readings.get(composition_key(read, row), 0)
        return found


def best_readings(formulas: Sequence[str], readings: Floats, sign: int) -> Mapping[Any, float]:
    """Key of a composition -> the best of its readings, whatever the conditions; sign: 1 where more is better."""
    best: dict[Any, float] = {}
    for key, reading in zip(composition_keys(formulas), readings.tolist(), strict=True):
        if key not in best or sign * (reading - best[key]) > 0:
            best[key] = reading
    return best


def composition_key(read: Compositions, row: int) -> tuple[tuple[int, float], ...]:
    """A composition, whatever the size of its formula unit."""
    entries = slice(read.starts[row], read.starts[row + 1])
    total = read.values[entries].sum()
    return tuple(zip(read.places[entries].tolist(), np.round(read.values[entries] / total, 6).tolist(), strict=True))


def composition_keys(formulas: Sequence[str]) -> list[Any]:
    """One key a composition: formulas of equal atomic fractions have equal ones."""
    read = compositions(formulas)
    return [composition_key(read, row) for row in range(len(read))]


def hashes_of(read: Compositions) -> NDArray[np.uint64]:
    """(n,) equal for equal keys; unequal ones are equal by chance once in 2^64."""
    if not len(read):
        return np.empty(0, dtype=np.uint64)
    parts = np.rint(read.shares * _PARTS).astype(np.uint64)
    mixed = (parts * np.uint64(_PRIMES[0])) ^ ((read.places.astype(np.uint64) + np.uint64(1)) * np.uint64(_PRIMES[1]))
    for shift, prime in ((30, _PRIMES[1]), (27, _PRIMES[2])):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(prime)
    summed: NDArray[np.uint64] = np.add.reduceat(mixed ^ (mixed >> np.uint64(31)), read.starts[:-1])
    return summed
