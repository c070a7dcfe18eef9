"""Readings that a model set apart, by the keys that `correct` takes, and the spread of those that belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class SetApart:
    """A reading that the model set apart: it counts for next to nothing.

    key: as `correct` takes it. reading: the number. added_std: the std of its own that it was given beside its noise.
    """

    key: str
    candidate: str
    objective: str
    reading: float
    added_std: float

    def to_json(self) -> dict[str, Any]:
        """As it stands in the ledger."""
        return asdict(self)


def named(readings: Sequence[Reading], names: Sequence[str], y: Floats, std: Floats) -> tuple[SetApart, ...]:
    """What was set apart, objective by objective, in the order of the readings.

    Args:
        readings: n of them.
        names: of the m objectives.
        y: (n, m) numbers.
        std: (n, m) what each was given of its own, 0 for those that belong.
    """
    return tuple(
        SetApart(str(readings[i].key), readings[i].candidate, names[j], float(y[i, j]), float(std[i, j]))
        for j, i in np.argwhere(std.T > 0).tolist()
    )


def spread_of(y: Floats, belong: NDArray[np.bool_]) -> float:
    """Standard deviation of the readings y (n,) that belong; of all, where those are equal.

    Sums are of numbers in [0, 1], so that squares of tiny readings do not vanish and of huge ones do not overflow.
    """
    kept = y[belong] if belong.any() and np.ptp(y[belong]) > 0 else y
    offset = kept - kept.min()
    largest = float(offset.max())
    return largest * float(np.std(offset / largest)) if largest > 0 else 0.0
