"""How many candidates repeat the composition of another, however they are written: each composition is chosen once.

Compositions are compared by the hashes of their atomic fractions, eight bytes a candidate; texts are read again only to
name an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matloop.chem import Compositions
from matloop.screen.measured import hashes_of

_LOOKED_AT = 1000
"""Repeated compositions among which one is sought that is written in two ways."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """count: candidates whose composition an earlier one has. example: two of them, in two ways of writing if so."""

    count: int = 0
    example: tuple[str, str] | None = None


NONE = Repeated()


@dataclass(slots=True)
class Repeats:
    """Gathers the compositions of a source, chunk by chunk."""

    hashes: list[NDArray[np.uint64]] = field(default_factory=list)

    def add(self, read: Compositions) -> None:
        """Look at more compositions."""
        self.hashes.append(hashes_of(read))

    def found(self, again: Callable[[], Iterable[Compositions]]) -> Repeated:
        """What repeats; `again` gives the same compositions, in the same order, for the example."""
        every = np.concatenate(self.hashes) if self.hashes else np.empty(0, dtype=np.uint64)
        distinct, counts = np.unique(every, return_counts=True)
        if len(distinct) == len(every):
            return NONE
        return Repeated(len(every) - len(distinct), _example(distinct[counts > 1][:_LOOKED_AT], again()))


def _example(wanted: NDArray[np.uint64], pieces: Iterable[Compositions]) -> tuple[str, str] | None:
    """Two texts of one composition; those of two that are written alike only where no others are found."""
    first: dict[int, str] = {}
    alike = None
    for read in pieces:
        own = hashes_of(read)
        for row in np.flatnonzero(np.isin(own, wanted)).tolist():
            text, before = read.formulas[row], first.setdefault(int(own[row]), read.formulas[row])
            if text != before:
                return before, text
            alike = alike or (before, text)
    return alike
