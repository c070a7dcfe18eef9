"""Which charges the elements of a set may carry together: all cations less electronegative than all anions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, islice

import numpy as np
from numpy.typing import NDArray

from matloop.generate.ions import Ions

Sets = NDArray[np.intp]


def element_sets(n: int, k: int, required: tuple[int, ...], block: int) -> Iterator[Sets]:
    """Every set of k of n elements that contains the required ones, as rows of ascending places, `block` at a time."""
    others = [place for place in range(n) if place not in required]
    if k < len(required):
        return
    free = combinations(others, k - len(required))
    while rows := list(islice(free, block)):
        flat = np.fromiter(chain.from_iterable(rows), dtype=np.intp, count=len(rows) * (k - len(required)))
        sets = np.empty((len(rows), k), dtype=np.intp)
        sets[:, : len(required)] = required
        sets[:, len(required) :] = flat.reshape(len(rows), -1)
        sets.sort(axis=1)
        yield sets


def charged(ions: Ions, sets: Sets, tolerance: float | None) -> tuple[NDArray[np.intp], NDArray[np.int8]]:
    """Every assignment of charges to sets of elements that has cations and anions in the right order.

    Args:
        ions: the elements.
        sets: (b, k) places of elements, ascending.
        tolerance: how much more electronegative a cation may be than an anion; 0: it must be less so; None: any order.

    Returns:
        owner: (r,) the set of each assignment, ascending. charges: (r, k).
    """
    owner = np.arange(len(sets))
    charges = np.zeros((len(sets), 0), dtype=np.int8)
    cation, anion = np.full(len(sets), -np.inf), np.full(len(sets), np.inf)  # the most and the least electronegative
    scale = np.zeros(len(ions.symbols)) if tolerance is None else ions.electronegativity
    for j in range(sets.shape[1]):
        places = sets[owner, j]
        repeat = ions.counts[places]
        row = np.repeat(np.arange(len(owner)), repeat)
        within = np.arange(len(row)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        state = ions.flat[ions.starts[places][row] + within]
        chi, positive = scale[places][row], state > 0
        cation_now = np.where(positive, np.maximum(cation[row], chi), cation[row])
        anion_now = np.where(positive, anion[row], np.minimum(anion[row], chi))
        good = in_order(cation_now, anion_now, tolerance)
        row, cation, anion = row[good], cation_now[good], anion_now[good]
        owner = owner[row]
        charges = np.column_stack([charges[row], state[good]])
    whole = np.isfinite(cation) & np.isfinite(anion)
    return owner[whole], charges[whole]


def in_order(cation: NDArray[np.float64], anion: NDArray[np.float64], tolerance: float | None) -> NDArray[np.bool_]:
    """(r,) whether the most electronegative cation may go with the least electronegative anion."""
    if tolerance is None:
        return np.ones(len(cation), dtype=np.bool_)
    return np.asarray(cation < anion if tolerance == 0 else cation - anion <= tolerance)
