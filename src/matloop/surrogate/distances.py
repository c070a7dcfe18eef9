"""Squared distances between the inputs of a fit, by group, in the condensed form of scipy's `pdist`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from matloop.domain.prediction import Floats

KEPT_BYTES = 256 * 2**20
"""Distances of all groups are kept when they need no more than this, else computed anew for each evaluation:
a bit slower, but 2000 inputs with 100 groups would need 1.6 GB."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Squared distances between g inputs.

    n: how many inputs. blocks: per group the inputs' columns (g, k). kept: (L, g(g-1)/2) or None when too
    large.
    lower: (g(g-1)/2,) where each pair stands in the lower triangle of a (g, g) matrix in Fortran order.
    """

    n: int
    blocks: tuple[Floats, ...]
    kept: Floats | None
    lower: NDArray[np.intp]

    @classmethod
    def of(cls, X: Floats, index: NDArray[np.intp]) -> Distances:
        """Distances within the groups of columns, `index` (d,) naming the group of each column as 0..L-1."""
        n = len(X)
        blocks = tuple(np.ascontiguousarray(X[:, index == group]) for group in range(int(index.max()) + 1))
        pairs = n * (n - 1) // 2
        kept = None
        if len(blocks) * pairs * X.itemsize <= KEPT_BYTES:
            kept = np.empty((len(blocks), pairs))
            for row, block in zip(kept, blocks, strict=True):
                row[:] = pdist(block, "sqeuclidean")
        # pdist runs along the rows of the upper triangle, which are the columns of the lower one
        i, j = np.triu_indices(n, 1)
        return cls(n, blocks, kept, i * n + j)

    def _by_group(self) -> Iterator[Floats]:
        for block in self.blocks:
            yield pdist(block, "sqeuclidean")

    def scaled(self, lengths: Floats) -> Floats:
        """(pairs,) sum over groups of D_j / l_j^2."""
        inverse = lengths**-2.0
        if self.kept is not None:
            total: Floats = inverse @ self.kept
            return total
        total = np.zeros(self.lower.size)
        for weight, squared in zip(inverse, self._by_group(), strict=True):
            total += weight * squared
        return total

    def weighted(self, weights: Floats) -> Floats:
        """(L,) sum over pairs of D_j times weights (pairs,)."""
        if self.kept is not None:
            sums: Floats = self.kept @ weights
            return sums
        return np.array([squared @ weights for squared in self._by_group()])
