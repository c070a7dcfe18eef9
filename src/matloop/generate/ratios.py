"""Whole-number ratios of k elements: which are in lowest terms, and which make given charges neutral, as bit masks."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.errors import InputError, fail

Masks = NDArray[np.uint64]

MOST_RATIOS = 2**21
"""Ratios of one set of elements that a mask may hold: 256 KiB a mask. Beyond it only counting and sampling are done."""

_KEPT_BYTES = 2**27  # of masks that are remembered; they are made anew when more are needed
_CELLS = 2**23  # charges looked at in one go
_BASE = 32  # of the number that stands for a row of charges; more than twice the largest charge


class Ratios:
    """All ratios n_1 : ... : n_k with 1 <= n_i <= highest, in lexicographic order, in lowest terms.

    Ratio number c has the digits of c in base `highest`, each plus 1. A mask has one bit a ratio, the first ratio in
    the highest bit of the first byte, padded to whole 64-bit words.
    """

    def __init__(self, k: int, highest: int, atoms: int | None = None) -> None:
        """Ratios of k elements with at most so many atoms (None: any number) in a formula.

        Raises:
            InputError: when a mask of them would be too large.
        """
        self.k, self.highest = k, highest
        self.count = highest**k
        if self.count > MOST_RATIOS:
            found = f"{k} elements up to {highest} of each make {self.count:,} ratios a set of elements"
            cure = f"Lower `highest` until there are at most {MOST_RATIOS:,}, or take a sample."
            fail(InputError, "ratios", found, cure)
        self.words = -(-self.count // 64)
        self._atoms = k * highest if atoms is None else atoms
        self._known: dict[int, int] = {}
        self._masks = np.zeros((0, self.words), dtype=np.uint64)

    @cached_property
    def digits(self) -> NDArray[np.uint8]:
        """(count, k) the ratios."""
        axes = np.indices((self.highest,) * self.k, dtype=np.uint8).reshape(self.k, -1)
        return np.ascontiguousarray(axes.T + 1)

    @cached_property
    def _columns(self) -> NDArray[np.float32]:
        """(k, count) the ratios as floats, which are exact this small and multiply fast."""
        return np.ascontiguousarray(self.digits.T.astype(np.float32))

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """(count,) which are in lowest terms and have few enough atoms."""
        few = self.digits.sum(axis=1, dtype=np.int64) <= self._atoms
        return np.asarray(in_lowest_terms(self.digits) & few)

    def neutral(self, charges: NDArray[np.int8]) -> tuple[Masks, NDArray[np.intp]]:
        """The allowed ratios that make rows of charges neutral.

        Args:
            charges: (r, k) of the elements.

        Returns:
            Masks (m, words), and for each row which of them is its own (r,).
        """
        powers = _BASE ** np.arange(self.k, dtype=np.int64)
        codes, first, inverse = np.unique(
            (charges.astype(np.int64) + _BASE // 2) @ powers, return_index=True, return_inverse=True
        )
        fresh = [i for i, code in enumerate(codes.tolist()) if code not in self._known]
        if (len(self._known) + len(fresh)) * self.words * 8 > _KEPT_BYTES:
            self._known, self._masks = {}, self._masks[:0]
            fresh = list(range(len(codes)))
        made = self._made(charges[first[fresh]])
        for place, i in enumerate(fresh, len(self._known)):
            self._known[int(codes[i])] = place
        self._masks = np.concatenate([self._masks, made])
        slots = np.array([self._known[code] for code in codes.tolist()], dtype=np.intp)
        return self._masks, slots[inverse]

    def _made(self, charges: NDArray[np.int8]) -> Masks:
        """(u, words) masks of rows of charges (u, k)."""
        step = max(1, _CELLS // self.count)
        parts = [
            self.packed((row.astype(np.float32) @ self._columns == 0) & self.allowed)
            for row in np.split(charges, range(step, len(charges), step))
        ]
        return np.concatenate(parts)

    def packed(self, bits: NDArray[np.bool_]) -> Masks:
        """(u, words) masks of bits (u, count)."""
        out = np.zeros((len(bits), self.words * 8), dtype=np.uint8)
        if len(bits):
            out[:, : -(-self.count // 8)] = np.packbits(bits, axis=1)
        return out.view(np.uint64)

    def keeping(self, weights: NDArray[np.float64]) -> Masks:
        """(b, words) the ratios whose sum with weights (b, k) is not positive."""
        return self.packed(weights @ self._columns <= 0)

    def listed(self, masks: Masks) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The bits that are set in masks (b, words): row and ratio number of each, row by row."""
        rows = np.flatnonzero(masks.any(axis=1))
        bits = np.unpackbits(np.ascontiguousarray(masks[rows]).view(np.uint8), axis=1, count=self.count)
        flat = np.flatnonzero(bits)
        return rows[flat // self.count], flat % self.count


def in_lowest_terms(ratios: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) which ratios (n, k) have no common divisor."""
    return np.asarray(np.gcd.reduce(ratios, axis=1) == 1)


def popcount(masks: Masks) -> NDArray[np.int64]:
    """(b,) how many bits are set in each mask (b, words)."""
    return np.asarray(np.bitwise_count(masks).sum(axis=1, dtype=np.int64))
