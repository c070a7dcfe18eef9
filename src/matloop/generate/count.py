"""How many compositions there are, known before one of them is made.

With their charges they are counted in closed form: how many sets of elements can carry a multiset of charges (see
`matloop.generate.polynomial`), times the ratios in lowest terms that make these charges neutral. The latter come from
the distributions of the total charge of the cations and of the anions, and Moebius inversion over common divisors.
A composition that several assignments of charges make neutral is counted once by joining masks of ratios, set by set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matloop.generate.polynomial import ONE, Polynomial, of_element, over, plus, times
from matloop.generate.ratios import MOST_RATIOS
from matloop.generate.stream import blocks, ratios_of

if TYPE_CHECKING:
    from matloop.generate.enumeration import Enumeration

Floats = NDArray[np.float64]

MOST_WORK = 2**34
"""Bits of masks, over all sets of elements, that `count` looks at; 90 elements in fours up to 8 of each have 2^33.3."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; None where that is not known without more work than was allowed.

    compositions: different formulas. assignments: formulas with the charges of their elements.
    by_elements: number of elements -> (compositions, assignments).
    """

    compositions: int | None
    assignments: int | None
    by_elements: dict[int, tuple[int | None, int | None]]


def count(space: Enumeration, *, work: int = MOST_WORK) -> Count:
    """Count a space without making its compositions.

    Args:
        space: what to count.
        work: how many bits of masks may be looked at to find out which formulas several assignments share; where a
            number of elements would need more, its compositions stay None.
    """
    mean_limits = len(space.weights) > 0
    closed = {} if mean_limits else assignments(space)
    told: dict[int, tuple[int | None, int | None]] = {}
    for k in space.sizes:
        size = space.highest**k
        if size > MOST_RATIOS or space.sets(k) * size > work:
            told[k] = (None, closed.get(k))
            continue
        pairs = [block.counted() for block in blocks(space, k, ratios_of(space, k))]
        one, other = (sum(pair[i] for pair in pairs) for i in (0, 1))
        told[k] = (one, other)
    return Count(_total([pair[0] for pair in told.values()]), _total([pair[1] for pair in told.values()]), told)


def assignments(space: Enumeration) -> dict[int, int]:
    """Number of elements -> how many compositions with their charges there are; limits on means are not looked at.

    The anions of least electronegativity a are singled out, so that every term is met once: below a stand cations
    alone, above a plus the tolerance anions alone, between them either.
    """
    degree = max(space.sizes, default=0)
    carried: dict[tuple[int, int], dict[tuple[tuple[int, ...], tuple[int, ...]], int]] = defaultdict(dict)
    for term, sets in _carried(space, degree).items():
        cations, anions = term
        if cations and anions and len(cations) + len(anions) in space.sizes:
            carried[len(cations), len(anions)][term] = sets
    totals = dict.fromkeys(space.sizes, 0)
    for (i, j), terms in carried.items():
        cation_rows = sorted({cations for cations, _ in terms})
        anion_rows = sorted({anions for _, anions in terms})
        ways = _neutral_ratios(cation_rows, anion_rows, space.highest, space.atoms)
        row = {one: place for place, one in enumerate(cation_rows)}
        column = {one: place for place, one in enumerate(anion_rows)}
        totals[i + j] += sum(sets * int(ways[row[c], column[a]]) for (c, a), sets in terms.items())
    return totals


def _carried(space: Enumeration, degree: int) -> Polynomial:
    """Charges -> how many sets of elements can carry them in the right order."""
    ions, required = space.ions, set(space.required)
    n = len(ions.symbols)

    def product(places: Sequence[int], *, cation: bool, anion: bool) -> Polynomial:
        return over((of_element(ions, i, cation=cation, anion=anion, required=i in required) for i in places), degree)

    if space.order is None:
        return product(range(n), cation=True, anion=True)
    chi, tolerance = ions.electronegativity, space.order
    total: Polynomial = {}
    below, done = dict(ONE), 0
    for least in np.unique(chi):
        here = [i for i in range(n) if chi[i] == least and min(ions.states[i]) < 0]
        start = int(np.searchsorted(chi, least))
        below = times(below, product(range(done, start), cation=True, anion=False), degree)
        done = start
        if not here:
            continue
        stop = start + int(np.count_nonzero(chi[start:] - least <= tolerance))  # ascending, so these come first
        either = tolerance > 0
        mixed = range(start, stop)
        middle = plus(
            product(mixed, cation=either, anion=True),
            over(
                (of_element(ions, i, cation=either, anion=chi[i] > least, required=i in required) for i in mixed),
                degree,
            ),
            -1,
        )
        above = product(range(stop, n), cation=False, anion=True)
        total = plus(total, times(below, times(middle, above, degree), degree))
    return total


def _neutral_ratios(
    cations: Sequence[tuple[int, ...]], anions: Sequence[tuple[int, ...]], highest: int, atoms: int | None
) -> Floats:
    """(c, a) how many ratios in lowest terms make rows of charges neutral; whole numbers below 2^53."""
    total = np.zeros((len(cations), len(anions)))
    for divisor in range(1, highest + 1):
        sign = _moebius(divisor)
        if sign:
            most = highest // divisor
            cap = None if atoms is None else atoms // divisor
            total += sign * _meeting(cations, anions, most, cap)
    return total


def _meeting(
    cations: Sequence[tuple[int, ...]], anions: Sequence[tuple[int, ...]], most: int, cap: int | None
) -> Floats:
    """(c, a) in how many ways 1 to `most` of each ion cancel, with at most `cap` ions in all."""
    i, j = len(cations[0]), len(anions[0])
    top = most * min(max(map(sum, cations)), -min(map(sum, anions)))
    left = np.array([_spread(row, most, top, i * most) for row in cations])
    right = np.array([_spread(tuple(-one for one in row), most, top, j * most) for row in anions])
    if cap is None:
        return np.asarray(left.sum(axis=2) @ right.sum(axis=2).T)
    within = np.cumsum(right, axis=2)  # anions with at most so many ions
    room = cap - np.arange(i * most + 1)
    fits = np.where(room >= 0, np.minimum(room, j * most), 0)
    partner = within[:, :, fits] * (room >= 0)
    return np.asarray(np.tensordot(left, partner, axes=([1, 2], [1, 2])))


@lru_cache(maxsize=65536)
def _spread(charges: tuple[int, ...], most: int, top: int, ions: int) -> Floats:
    """(top + 1, ions + 1) in how many ways 1 to `most` of each have a total charge and a number of ions."""
    ways = np.zeros((top + 1, ions + 1))
    ways[0, 0] = 1
    for charge in charges:
        after = np.zeros_like(ways)
        for n in range(1, most + 1):
            if n * charge <= top:
                after[n * charge :, n:] += ways[: top + 1 - n * charge, : ions + 1 - n]
        ways = after
    return ways


def _moebius(n: int) -> int:
    """The Moebius function."""
    sign, prime = 1, 2
    while n > 1:
        if n % prime == 0:
            n //= prime
            if n % prime == 0:
                return 0
            sign = -sign
        prime += 1
    return sign


def _total(parts: Sequence[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
