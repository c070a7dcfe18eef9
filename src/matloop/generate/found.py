"""Enumeration that were found: arrays that write themselves as formulas and as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matloop.chem.supply import of_elements
from matloop.generate.ions import Ions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Found:
    """n compositions of k elements each.

    ions: all elements of the enumeration.
    elements: (n, k) places among them, ascending, so that cations come before anions.
    ratios: (n, k) atoms of each in the formula, in lowest terms.
    charges: (n, k) of each, None where they were not asked for.
    """

    ions: Ions
    elements: NDArray[np.intp]
    ratios: NDArray[np.uint8]
    charges: NDArray[np.int8] | None = None

    def __len__(self) -> int:
        return len(self.elements)

    @cached_property
    def formulas(self) -> NDArray[np.object_]:
        """(n,) texts, least electronegative element first, like NaFePO4."""
        words = _words(self.ions.symbols, int(self.ratios.max(initial=1)))
        text = words[self.elements[:, 0], self.ratios[:, 0]]
        for j in range(1, self.elements.shape[1]):
            text = text + words[self.elements[:, j], self.ratios[:, j]]
        return np.asarray(text, dtype=np.object_)

    @cached_property
    def species(self) -> NDArray[np.object_]:
        """(n,) texts of the ions, like Na+ Fe2+ P5+ O2-; empty where charges were not asked for."""
        if self.charges is None:
            return np.full(len(self), "", dtype=np.object_)
        words = [[f"{symbol}{_sign(charge)}" for charge in range(-9, 10)] for symbol in self.ions.symbols]
        table = np.array(words, dtype=np.object_)
        columns = [table[self.elements[:, j], self.charges[:, j] + 9] for j in range(self.elements.shape[1])]
        text = columns[0]
        for column in columns[1:]:
            text = text + " " + column
        return np.asarray(text, dtype=np.object_)

    def mean(self, figure: str) -> NDArray[np.float64]:
        """(n,) the mean by mass of a figure of the elements; NaN where it is unknown of one of them."""
        values = of_elements(figure)[self.ions.numbers]
        mass = self.ions.masses[self.elements] * self.ratios
        return np.asarray((mass * values[self.elements]).sum(axis=1) / mass.sum(axis=1))

    def frame(self, figures: Sequence[str] = ()) -> pd.DataFrame:
        """A table: formula, the number of elements, the ions where charges were asked for, and means of figures."""
        import pandas as pd  # noqa: PLC0415

        told: dict[str, object] = {"formula": self.formulas, "elements": self.elements.shape[1]}
        told |= {} if self.charges is None else {"ions": self.species}
        told |= {figure: self.mean(figure) for figure in figures}
        return pd.DataFrame(told)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> Found:
        charges = None if self.charges is None else self.charges[rows]
        return Found(self.ions, self.elements[rows], self.ratios[rows], charges)


def _sign(charge: int) -> str:
    """A charge as chemists write it: 2-, +."""
    size = "" if abs(charge) == 1 else str(abs(charge))
    return f"{size}{'+' if charge > 0 else '-'}" if charge else ""


@cache
def _words(symbols: tuple[str, ...], highest: int) -> NDArray[np.object_]:
    """(n, highest + 1) a symbol with its number of atoms, which is not written where it is 1."""
    table = np.empty((len(symbols), highest + 1), dtype=np.object_)
    for i, symbol in enumerate(symbols):
        for count in range(highest + 1):
            table[i, count] = symbol if count == 1 else f"{symbol}{count}"
    return table
