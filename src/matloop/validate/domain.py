"""How far a candidate is from all that a model has learned.

Features are put on one scale, each group of columns with the same total weight, cut where they go further than anything
common does, and projected on their main directions; the distance is that to the nearest learned row, in columns that
vary among these: an element that none of them holds is seen through the statistics of its properties alone, and one
that they hold in traces says little more. The unit is the median distance of a learned row to the nearest row
of *another* group: at 1 a candidate is as new as one group is to the others, at 0 it was learned (Sheridan et al. 2004,
J. Chem. Inf. Comput. Sci. 44, 1912: distance to the training data predicts the error).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.validate.splits import Ints

_DIRECTIONS = 24
"""Main directions that are kept: they hold nearly all variance of element statistics, and bound the cost of a million
candidates."""
ROUNDING = 1e-9
"""Of the largest size of a feature: what varies by less is constant but for rounding, and would make the least
difference of another candidate look like a world."""
_CUT = 3.0
"""Std of a column beyond which it says no more, for learned rows as for candidates. Much larger, one that hardly varies
among learned rows, as the fraction of a dopant, puts a compound that is made of it hundreds of units away, and decides
what is near; much smaller, nothing is far."""
_BLOCK = 4096  # candidates whose distances are held at once
_KNOWN = 1.0
FAR = 2.0
"""Distance beyond which a candidate is outside what was learned: nothing is promised of it."""

Word = Literal["inside", "edge", "outside"]


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """What was learned, as far as distances go.

    centre, scale, weight: (d,) of the features; the weight is that of a scaled column. directions: (d, p). rows: (g, p)
    distinct learned rows. unit: of the distance.
    """

    centre: Floats
    scale: Floats
    weight: Floats
    directions: Floats
    rows: NDArray[np.float32]
    unit: float

    @classmethod
    def of(cls, X: Floats, groups: Ints, blocks: Ints | None = None) -> Domain:
        """Look at learned rows.

        Args:
            X: (n, d) features.
            groups: (n,) the group of each row.
            blocks: (d,) which block each column belongs to; blocks weigh the same in all. None for one block.
        """
        distinct, first = np.unique(X, axis=0, return_index=True)
        owner = groups[first]
        centre, std = distinct.mean(axis=0), distinct.std(axis=0)
        varies = std > ROUNDING * np.abs(distinct).max(axis=0)
        block = np.zeros(X.shape[1], dtype=np.intp) if blocks is None else blocks
        crowd = np.bincount(block[varies], minlength=int(block.max(initial=0)) + 1)
        scale = np.where(varies, 1.0 / np.where(varies, std, 1.0), 0.0)
        weight = 1.0 / np.sqrt(np.maximum(crowd[block], 1))
        scaled = _cut((distinct - centre) * scale) * weight
        _, _, vectors = np.linalg.svd(scaled.T @ scaled)
        directions = vectors[: min(_DIRECTIONS, len(vectors))].T
        rows = np.asarray(scaled @ directions, dtype=np.float32)
        unit = float(np.median(_others(rows, owner))) if len(np.unique(owner)) > 1 else 0.0
        return cls(centre, scale, weight, directions, rows, unit if unit > 0 else 1.0)

    def place(self, X: Floats) -> NDArray[np.float32]:
        """(q, p) where candidates at X (q, d) lie along the main directions, the widest first."""
        return np.asarray((_cut((X - self.centre) * self.scale) * self.weight) @ self.directions, dtype=np.float32)

    def distance(self, X: Floats) -> Floats:
        """(q,) how far candidates at X (q, d) are, in units of the distance between groups."""
        far = np.empty(len(X))
        for start in range(0, len(X), _BLOCK):
            block = slice(start, start + _BLOCK)
            far[block] = np.sqrt(squares(self.place(X[block]), self.rows).min(axis=1, initial=np.inf))
        return far / self.unit


def word(distance: float) -> Word:
    """`inside` up to 1: as new as groups are to each other; `edge` up to `FAR`; beyond, `outside`."""
    return "inside" if distance <= _KNOWN else "edge" if distance <= FAR else "outside"


def explained() -> str:
    """What the words mean, in a sentence."""
    return (
        "Domain is how new a candidate is, by the distance of its features from the nearest that was learned, in units "
        f"of the distance between the groups: inside (up to {_KNOWN:g}) is no newer than these are to each other, "
        f"edge (up to {FAR:g}) is newer, so that few left-out rows bear out its errors, and of what is outside "
        f"(above {FAR:g}) nothing is promised."
    )


def _cut(scaled: Floats) -> Floats:
    """Columns in std (n, d), none beyond what one may say."""
    return np.clip(scaled, -_CUT, _CUT)


def squares(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(q, g) squared distances by one product of matrices."""
    return np.asarray(np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2.0 * (a @ b.T), 0.0))


def _others(rows: NDArray[np.float32], owner: Ints) -> Floats:
    """(g,) distance of each row to the nearest of another group."""
    near = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        apart = squares(rows[block], rows)
        apart[owner[block][:, None] == owner[None, :]] = np.inf
        near[block] = np.sqrt(apart.min(axis=1))
    return near
