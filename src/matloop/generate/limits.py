"""Limits on what a composition costs or risks, judged before its ratios are expanded.

The mean by mass of a figure h over n_i atoms of mass m_i stays below L where sum n_i m_i (h_i - L) <= 0: a limit on the
ratios that is linear, so that its least value over all ratios of a set of elements is known without listing them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matloop.chem.supply import figure, of_elements
from matloop.errors import DataError, Faults
from matloop.generate.ions import Ions

Floats = NDArray[np.float64]

ROUNDING = 1e-9  # of the limit times the mass: what rounding adds to a sum that meets its limit exactly


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much of a figure.

    figure: price (USD/kg), hhi_production, hhi_reserve.
    most: the largest value allowed.
    of: "mean" by mass over the composition, or every "element" of it.

    An element whose figure is unknown is left out: nobody can say that it keeps the limit.
    """

    figure: str
    most: float
    of: Literal["mean", "element"] = "mean"

    def __post_init__(self) -> None:
        faults = Faults()
        if figure(self.figure).combined != "mean by mass":
            cure = "Limit price, hhi_production or hhi_reserve."
            faults.add(f"limit on {self.figure!r}", f"it is no mean, but {figure(self.figure).combined}", cure)
        if not (isinstance(self.most, int | float) and math.isfinite(self.most) and self.most > 0):
            faults.add(f"limit on {self.figure!r}", f"at most {self.most!r}", "Give a positive number.")
        if self.of not in ("mean", "element"):
            faults.add(f"limit on {self.figure!r}", f"of {self.of!r}", 'Say of "mean" or of "element".')
        faults.raise_if_any(DataError)

    def __str__(self) -> str:
        told = figure(self.figure)
        unit = "" if told.unit == "1" else f" {told.unit}"
        what = f"mean {self.figure}" if self.of == "mean" else f"{self.figure} of every element"
        return f"{what} at most {self.most:g}{unit}"

    def fallen(self, symbols: Sequence[str], places: NDArray[np.intp]) -> dict[str, str]:
        """Symbol -> why the limit takes it out before anything is combined.

        Args:
            symbols: (n,) elements.
            places: (n,) Z - 1 of each.
        """
        values = of_elements(self.figure)[places]
        gone = {}
        for symbol, value in zip(symbols, values.tolist(), strict=True):
            if math.isnan(value):
                gone[symbol] = f"its {self.figure} is unknown"
            elif self.of == "element" and value > self.most:
                gone[symbol] = f"its {self.figure} is {value:g}, above {self.most:g}"
        return gone

    def weights(self, ions: Ions) -> Floats:
        """(n,) what one atom of each element adds to the sum that must not be positive."""
        return np.asarray(ions.masses * (of_elements(self.figure)[ions.numbers] - self.most * (1 + ROUNDING)))


def weights_of(limits: Sequence[Limit], ions: Ions) -> Floats:
    """(l, n) the weights of the limits on means."""
    rows = [limit.weights(ions) for limit in limits if limit.of == "mean"]
    return np.array(rows).reshape(len(rows), len(ions.symbols))


def could_keep(weights: Floats, sets: NDArray[np.intp], highest: int) -> NDArray[np.bool_]:
    """(b,) which sets of elements (b, k) have ratios from 1 to `highest` that keep all limits, each taken alone."""
    kept = np.ones(len(sets), dtype=np.bool_)
    for own in weights:
        least = np.where(own > 0, own, own * highest)[sets].sum(axis=1)
        kept &= least <= 0
    return kept
