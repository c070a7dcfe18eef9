"""Features of candidates: process columns, then sets of composition features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from matloop.chem import Compositions
from matloop.chem.compositions import compositions
from matloop.chem.elements import SYMBOLS
from matloop.chem.sets import sets
from matloop.domain.prediction import Floats
from matloop.errors import Faults, InputError, nearest
from matloop.validate.recipe import SETS

Missing = Literal["refuse", "mean"]


@dataclass(frozen=True, slots=True)
class Composed:
    """Features of candidates.

    which: sets of `matloop.chem`, as ("magpie",). process: names of the process columns, which come first. missing:
    what to do with an element that has no figure: refuse the formula, or take the mean of all elements.

    Raises:
        InputError: for an unknown set or policy.
    """

    which: tuple[str, ...] = SETS
    process: tuple[str, ...] = ()
    missing: Missing = "refuse"

    def __post_init__(self) -> None:
        faults = Faults()
        for name in self.which:
            if name not in sets():
                faults.add("features", f"no set is called {name!r}", nearest(str(name), sets()))
        if not self.which or len(set(self.which)) < len(self.which):
            faults.add("features", f"{list(self.which)}", "Name one set or more, each once.")
        if self.missing not in ("refuse", "mean"):
            faults.add("missing", f"is {self.missing!r}", "Give 'refuse' or 'mean'.")
        faults.raise_if_any(InputError)

    def __call__(self, given: Compositions, conditions: Floats) -> Floats:
        """Features (n, d) of n compositions under their conditions (n, c)."""
        return np.hstack([conditions, *(sets()[name].compute(given, self.missing) for name in self.which)])

    @property
    def unknown(self) -> frozenset[str]:
        """Elements that a set has no figure for."""
        if self.missing == "mean":
            return frozenset()
        alone = compositions(SYMBOLS)
        marked = np.hstack([sets()[name].compute(alone, "mark") for name in self.which])
        return frozenset(SYMBOLS[row] for row in np.flatnonzero(np.isnan(marked).any(axis=1)).tolist())

    @property
    def names(self) -> tuple[str, ...]:
        """(d,) names of the features."""
        return (*self.process, *(feature.name for name in self.which for feature in sets()[name].features))

    @property
    def blocks(self) -> NDArray[np.intp]:
        """(d,): each process column is a block, and each set of features."""
        sizes = [1] * len(self.process) + [len(sets()[name].features) for name in self.which]
        return np.repeat(np.arange(len(sizes), dtype=np.intp), sizes)

    def settings(self) -> Mapping[str, Any]:
        """All that the features depend on."""
        return {"features": list(self.which), "process": list(self.process), "missing": self.missing}
