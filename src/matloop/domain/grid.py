"""The grid of a numeric parameter: an arithmetic progression in exact decimal numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats

_EXACT = 2**53  # integers up to here are floats, so a float division of two of them is rounded once, as Python's is
_EXACT_SCALE = 10**22  # the largest power of ten that is a float
_REMEMBERED = 2**16  # decimals; exact decisions meet the same grid values again and again
_SNAP_RANGE = 1e-9  # of the range: a typed value this near to a grid value is that grid value (CONTRACT, Identity)
_SNAP_STEP = 0.25  # of a step: above 0.5 a value between two grid values would belong to both


@lru_cache(maxsize=_REMEMBERED)
def decimal(number: float) -> Fraction:
    """The decimal number that a float prints as: 0.1 is one tenth, not its binary neighbour."""
    return Fraction(Decimal(repr(float(number))))


@dataclass(frozen=True, slots=True)
class Grid:
    """`(low + k step) / scale` for k = 0 .. size - 1, all of them integers.

    low, step, scale: scale is a power of ten, step > 0.
    size: number of grid values.
    """

    low: int
    step: int
    scale: int
    size: int

    @classmethod
    def between(cls, low: float, high: float, step: Fraction) -> Grid:
        """From low in steps up to the largest value <= high. Step is a finite decimal."""
        first, last = decimal(low), decimal(high)
        scale = 1
        while (first * scale).denominator != 1 or (step * scale).denominator != 1:
            scale *= 10
        return cls(int(first * scale), int(step * scale), scale, int((last - first) / step) + 1)

    @property
    def spacing(self) -> Fraction:
        """The step, exactly."""
        return Fraction(self.step, self.scale)

    @property
    def first(self) -> Fraction:
        """The lowest value, exactly."""
        return Fraction(self.low, self.scale)

    def value(self, k: int) -> float:
        """The float nearest to the k-th decimal value."""
        return (self.low + int(k) * self.step) / self.scale

    def values(self, k: NDArray[np.int64]) -> Floats:
        """`value` of many: any shape of indices to the same shape of floats, equal to the last bit."""
        reach = max(abs(self.low), abs(self.low + (self.size - 1) * self.step))
        if reach < _EXACT and self.scale <= _EXACT_SCALE:
            return np.asarray((self.low + k * self.step) / float(self.scale), dtype=np.float64)
        flat = (self.value(int(one)) for one in k.ravel())
        return np.fromiter(flat, dtype=np.float64, count=k.size).reshape(k.shape)

    def index(self, value: float) -> int | None:
        """Index of a value, None when it is beyond the grid or between its values."""
        k = self.nearest(value)
        if k is None:
            return None
        length = float((self.size - 1) * self.spacing)
        near = min(_SNAP_RANGE * length, _SNAP_STEP * float(self.spacing)) if self.size > 1 else 0.0
        return k if abs(value - self.value(k)) <= near else None

    def nearest(self, value: float) -> int | None:
        """Index of the grid value nearest to a value, None when it is beyond the grid."""
        k = round((decimal(value) - self.first) / self.spacing)
        return k if 0 <= k < self.size else None
