"""Readings that a model set apart or could have, by the keys that `correct` takes; the spread of those that belong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from matloop.domain.far import far_by
from matloop.domain.prediction import Floats
from matloop.domain.reading import Reading
from matloop.surrogate import Fitted, HeldOut, Observations
from matloop.surrogate.replicates import Inputs

_BEYOND = float(norm.ppf(0.95))
"""Std from what all other candidates say of it beyond which a far reading counts as unexplained: 5 % a side. Larger,
and a gross error that sets the noise hides in it; smaller, and the peak that a campaign climbs is suspected."""
_FEW = 10
"""Readings for each one that may be suspected, but two of fewer. Where more lie far off, that is how the quantity is
distributed: most candidates near nothing, and a peak."""


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


@dataclass(frozen=True, slots=True)
class Suspect:
    """A reading that lies far from all others, and that a search for what does not belong left in.

    key: as `correct` takes it. reading: the number. spreads: how far it lies from the median, in robust spreads.
    """

    key: str
    candidate: str
    objective: str
    reading: float
    spreads: float

    def to_json(self) -> dict[str, Any]:
        """As it stands in the ledger."""
        return asdict(self)


def sought(described: Mapping[str, Any]) -> bool:
    """Did a described model look for readings that do not belong?"""
    picked = described.get("models", {}).get(described.get("picked"), described)
    return any(isinstance(one, Mapping) and "doubted" in one for one in picked.get("objectives", ()))


def suspected(
    readings: Sequence[Reading], names: Sequence[str], data: Observations, own: Floats, fitted: Fitted
) -> tuple[Suspect, ...]:
    """Readings that `tell` would warn of, that belong by the model, and that it does not explain.

    Explained is what the model, from all other candidates, expects within its 90 % interval, what a second reading of
    the same candidate says as well, and what many others are like.

    Args:
        readings: n of them.
        names: of the m objectives.
        data: what the model was fitted to, the n readings first.
        own: (n or more, m) the std of its own that each was given, 0 for what belongs.
        fitted: says what it expects, where it can leave out; else nothing is said.
    """
    n, found = len(readings), []
    if not isinstance(fitted, HeldOut):
        return ()
    owner = Inputs.of(data.X).owner
    for j, name in enumerate(names):
        kept = np.flatnonzero(own[:n, j] == 0)
        distances, _, _ = far_by(np.zeros(0), data.y[kept, j])
        rows, spreads = kept[distances > 0], distances[distances > 0]
        if not 0 < len(rows) <= max(2, n // _FEW):
            continue
        places, times = np.unique(owner[rows], return_counts=True)
        left = fitted.held_out(places)
        off = np.abs(left.measured - left.mean)[:, j] > _BEYOND * np.hypot(left.model_std, left.error)[:, j]
        alone = np.isin(owner[rows], places[off & (times == 1)])
        said = zip(rows[alone].tolist(), spreads[alone].tolist(), strict=True)
        found += [
            Suspect(str(readings[i].key), readings[i].candidate, name, float(data.y[i, j]), far) for i, far in said
        ]
    return tuple(found)


def spread_of(y: Floats, belong: NDArray[np.bool_]) -> float:
    """Standard deviation of the readings y (n,) that belong; of all, where those are equal.

    Sums are of numbers in [0, 1], so that squares of tiny readings do not vanish and of huge ones do not overflow.
    """
    kept = y[belong] if belong.any() and np.ptp(y[belong]) > 0 else y
    offset = kept - kept.min()
    largest = float(offset.max())
    return largest * float(np.std(offset / largest)) if largest > 0 else 0.0
