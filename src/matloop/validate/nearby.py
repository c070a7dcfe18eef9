"""How large the errors were that left-out rows near a candidate made.

Neighbours weigh by a normal kernel of the distance in the domain's main directions, as wide as groups are apart, beside
half a voice for the mean of all: where nothing was learned near by, that mean is the answer.

A left-out row hears only rows of its own inner fold, and of other groups: the model that predicted these had not seen
its reading, so none of their errors holds any of it. A candidate hears all folds, each for its share, so that as
much evidence stands behind what it is told as behind what the widths were learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.validate.domain import squares
from matloop.validate.splits import Ints

_DOUBT = 0.5
"""Weight of the mean of all errors, where 1 is that of a row at no distance. Smaller, one lucky neighbour calls a
candidate safe; larger, neighbourhoods blur."""
_BLOCK = 4096  # candidates whose distances are held at once

Places = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Nearby:
    """What left-out rows say of their surroundings.

    places: (n, p) of left-out rows, see `Domain.place`. error: (n,) their |error|. reach: of the kernel, in the
    unit of places. folds: they were left out in.
    """

    places: Places
    error: Floats
    reach: float
    folds: int

    def around(self, places: Places) -> Floats:
        """(q,) mean |error| around candidates at places (q, p)."""
        told = np.empty(len(places))
        for start in range(0, len(places), _BLOCK):
            block = slice(start, start + _BLOCK)
            told[block] = self._mean(self._kernel(places[block], self.places), self.error, 1.0 / self.folds)
        return told

    def left_out(self, groups: Ints, fold: Ints) -> Floats:
        """(n,) the same for the left-out rows themselves, of groups (n,) in inner folds (n,)."""
        told = np.empty(len(self.error))
        for one in np.unique(fold):
            rows = np.flatnonzero(fold == one)
            for start in range(0, len(rows), _BLOCK):
                asked = rows[start : start + _BLOCK]
                weight = self._kernel(self.places[asked], self.places[rows])
                weight[groups[asked][:, None] == groups[rows][None, :]] = 0.0
                told[asked] = self._mean(weight, self.error[rows], 1.0)
        return told

    def _kernel(self, a: Places, b: Places) -> Places:
        weight = squares(a, b)
        weight *= np.float32(-0.5 / self.reach**2)
        return np.asarray(np.exp(weight, out=weight))

    def _mean(self, weight: Places, error: Floats, share: float) -> Floats:
        heard = share * weight.sum(axis=1, dtype=np.float64) + _DOUBT
        told = share * (weight @ error.astype(np.float32)).astype(np.float64) + _DOUBT * float(self.error.mean())
        return np.asarray(told / heard)
