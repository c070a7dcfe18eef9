"""Demands on compositions, by name: elements that must not be in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.chem import Compositions
from matloop.chem.groups import elements_of
from matloop.errors import DataError, Faults


@dataclass(frozen=True, slots=True)
class Without:
    """No element of a group. name: `rare-earth`. elements: symbols."""

    name: str
    elements: tuple[str, ...]

    def __str__(self) -> str:
        return f"without {self.name}"

    def keeps(self, read: Compositions) -> NDArray[np.bool_]:
        """(n,) which compositions hold none of them."""
        return ~read.contains(self.elements)


def without(names: Sequence[str], place: str = "exclude") -> tuple[Without, ...]:
    """A filter for each element or group that shall not be there.

    Raises:
        DataError: naming every unknown one.
    """
    faults = Faults()
    found = tuple(Without(name, tuple(sorted(elements_of([name], place, faults=faults)))) for name in names)
    faults.raise_if_any(DataError)
    return found
