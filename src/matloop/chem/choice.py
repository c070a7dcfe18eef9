"""Which sets of features describe formulas, checked once for all who learn from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from matloop.chem.compositions import Compositions, compositions
from matloop.chem.elements import SYMBOLS
from matloop.chem.sets import sets
from matloop.errors import Faults, InputError, nearest

USUAL = ("magpie", "norms", "fractions")
"""Sets that are used where nobody says otherwise."""
Missing = Literal["refuse", "mean"]


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of features of formulas, each a block.

    which: as `matloop.chem.describe` calls them, each once. missing: what becomes of an element that has no figure:
    `refuse` the formula, or take the `mean` of all elements.

    Raises:
        InputError: for an unknown set or policy, or none.
    """

    which: tuple[str, ...] = USUAL
    missing: Missing = "refuse"

    def __post_init__(self) -> None:
        faults = Faults()
        for name in self.which:
            if name not in sets():
                faults.add("features", f"there is no set {name!r}", nearest(str(name), sets()))
        if not self.which or len(set(self.which)) < len(self.which):
            cure = f"Name one or more of {', '.join(sets())}, each once."
            faults.add("features", f"the sets are {list(self.which)}", cure)
        if self.missing not in ("refuse", "mean"):
            faults.add("missing", f"is {self.missing!r}", "Give 'refuse' or 'mean'.")
        faults.raise_if_any(InputError)

    def compute(self, read: Compositions) -> NDArray[np.float64]:
        """Features (n, d) of n compositions.

        Raises:
            DataError: for elements that a set refuses.
        """
        return np.hstack([sets()[name].compute(read, self.missing) for name in self.which])

    @property
    def names(self) -> tuple[str, ...]:
        """(d,) names of the features."""
        return tuple(feature.name for name in self.which for feature in sets()[name].features)

    @property
    def blocks(self) -> NDArray[np.intp]:
        """(d,) the number of the set that each feature is of."""
        return np.repeat(np.arange(len(self.which)), [len(sets()[name].features) for name in self.which])

    @property
    def unknown(self) -> frozenset[str]:
        """Elements that a set has no figure for, where such formulas are refused."""
        if self.missing == "mean":
            return frozenset()
        alone = compositions(SYMBOLS)
        marked = np.hstack([sets()[name].compute(alone, "mark") for name in self.which])
        return frozenset(SYMBOLS[row] for row in np.flatnonzero(np.isnan(marked).any(axis=1)).tolist())

    def settings(self) -> Mapping[str, Any]:
        """All that the features depend on, in JSON types."""
        return {"features": list(self.which), "missing": self.missing}
