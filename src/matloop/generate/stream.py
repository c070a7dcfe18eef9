"""The enumeration itself: sets of elements -> assignments of charges -> masks of neutral ratios -> compositions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matloop.generate.assign import Sets, charged, element_sets
from matloop.generate.found import Found
from matloop.generate.limits import could_keep
from matloop.generate.ratios import Masks, Ratios, popcount

if TYPE_CHECKING:
    from matloop.generate.enumeration import Enumeration

_BITS = 2**23  # of the masks of one block of sets; bounds the memory
_ROWS = 2**22  # 64-bit words of masks that are joined in one go


@dataclass(frozen=True, eq=False)
class Block:
    """Some sets of elements and what is neutral in them.

    sets: (b, k). owner: (r,) the set of each assignment of charges. charges: (r, k).
    table: (m, words) masks. slots: (r,) the mask of each assignment.
    kept: (b, words) the ratios that keep all limits; None where all do.
    """

    sets: Sets
    owner: NDArray[np.intp]
    charges: NDArray[np.int8]
    table: Masks
    slots: NDArray[np.intp]
    kept: Masks | None

    @property
    def compositions(self) -> Masks:
        """(b, words) the ratios that some assignment makes neutral."""
        words = self.table.shape[1]
        out = np.zeros((len(self.sets), words), dtype=np.uint64)
        for rows in self._pieces(max(1, _ROWS // words)):
            owner = self.owner[rows]
            first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
            out[owner[first]] |= np.bitwise_or.reduceat(self.table[self.slots[rows]], first, axis=0)
        return out if self.kept is None else out & self.kept

    def assignments(self, rows: slice) -> Masks:
        """(r, words) the ratios that each of some assignments makes neutral."""
        masks = self.table[self.slots[rows]]
        return masks if self.kept is None else masks & self.kept[self.owner[rows]]

    def counted(self) -> tuple[int, int]:
        """How many compositions there are, and how many with their charges."""
        pieces = self._pieces(max(1, _ROWS // self.table.shape[1]))
        if self.kept is None:
            assigned = int(popcount(self.table)[self.slots].sum()) if len(self.table) else 0
        else:
            assigned = sum(int(popcount(self.assignments(rows)).sum()) for rows in pieces)
        return int(popcount(self.compositions).sum()), assigned

    def _pieces(self, size: int) -> Iterator[slice]:
        """The assignments, some at a time."""
        for start in range(0, len(self.owner), size):
            yield slice(start, start + size)


def blocks(space: Enumeration, k: int, ratios: Ratios) -> Iterator[Block]:
    """The sets of k elements, some at a time, those that no ratio can keep within the limits left out."""
    ions, weights = space.ions, space.weights
    for sets in element_sets(len(ions.symbols), k, space.required, max(1, _BITS // ratios.count)):
        left = sets[could_keep(weights, sets, space.highest)] if len(weights) else sets
        owner, charges = charged(ions, left, space.order)
        if not len(owner):
            continue
        table, slots = ratios.neutral(charges)
        kept = None
        if len(weights):
            kept = np.bitwise_and.reduce([ratios.keeping(own[left]) for own in weights])
        yield Block(left, owner, charges, table, slots, kept)


def ratios_of(space: Enumeration, k: int) -> Ratios:
    """All ratios of k elements of a space."""
    return Ratios(k, space.highest, space.atoms)


def stream(space: Enumeration, size: int, *, charges: bool) -> Iterator[Found]:
    """All compositions of a space in chunks of at most `size`; see `Enumeration.chunks`."""
    for k in space.sizes:
        ratios = ratios_of(space, k)
        for block in blocks(space, k, ratios):
            for found in _listed(space, block, ratios, charges=charges):
                for start in range(0, len(found), size):
                    yield found[start : start + size]


def _listed(space: Enumeration, block: Block, ratios: Ratios, *, charges: bool) -> Iterator[Found]:
    """The compositions of a block, with or without their charges."""
    step = max(1, _BITS // ratios.count)
    if not charges:
        rows, numbers = ratios.listed(block.compositions)
        yield Found(space.ions, block.sets[rows], ratios.digits[numbers])
        return
    for start in range(0, len(block.owner), step):
        part = slice(start, start + step)
        rows, numbers = ratios.listed(block.assignments(part))
        sets = block.sets[block.owner[part]][rows]
        yield Found(space.ions, sets, ratios.digits[numbers], block.charges[part][rows])
