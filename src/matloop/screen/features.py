"""Features of candidates: process columns, then sets of composition features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.chem import Compositions
from matloop.chem.choice import Sets
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Composed:
    """Features of candidates. sets: of their compositions. process: names of the process columns, which come first."""

    sets: Sets = field(default_factory=Sets)
    process: tuple[str, ...] = ()

    def __call__(self, given: Compositions, conditions: Floats) -> Floats:
        """Features (n, d) of n compositions under their conditions (n, c)."""
        return np.hstack([conditions, self.sets.compute(given)])

    @property
    def unknown(self) -> frozenset[str]:
        """Elements that a set has no figure for."""
        return self.sets.unknown

    @property
    def blocks(self) -> NDArray[np.intp]:
        """(d,): each process column is a block, and each set of features."""
        own = np.arange(len(self.process), dtype=np.intp)
        return np.concatenate([own, len(own) + self.sets.blocks])

    def settings(self) -> Mapping[str, Any]:
        """All that the features depend on."""
        return {**self.sets.settings(), "process": list(self.process)}
