"""A uniform sample of a space that is too large to list.

A set of elements and ratios are drawn uniformly and kept if some assignment of charges makes them neutral and all
limits hold. Every composition is therefore as likely as any other, however many assignments it has, and the share that
is kept estimates how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matloop.errors import InputError, SearchError, fail
from matloop.generate.assign import charged
from matloop.generate.count import assignments
from matloop.generate.found import Found
from matloop.generate.limits import could_keep
from matloop.generate.ratios import MOST_RATIOS, in_lowest_terms

if TYPE_CHECKING:
    import pandas as pd

    from matloop.generate.enumeration import Enumeration

_FIRST, _DRAWN = 2**10, 2**15  # proposals at a time, at first and at most
MOST_PROPOSALS = 2**25
"""Proposals that are looked at before the search is given up; at one in a hundred thousand kept, some 300 are found."""

LISTED = 200_000
"""Assignments of a space that is listed and drawn from rather than searched by proposals."""
_NORMAL = 1.959964  # quantile of the normal distribution for 95 %


@dataclass(frozen=True, eq=False)
class Sample:
    """Different compositions in random order.

    parts: by number of elements. order: (n,) the place of each composition among the parts one after the other.
    compositions: how many the space has, exactly where it was listed, else estimated. low, high: its 95 % interval.
    """

    parts: tuple[Found, ...]
    order: NDArray[np.intp]
    compositions: float
    low: float
    high: float

    def __len__(self) -> int:
        return len(self.order)

    @property
    def formulas(self) -> NDArray[np.object_]:
        """(n,) texts."""
        whole = [part.formulas for part in self.parts] or [np.zeros(0, dtype=np.object_)]
        return np.concatenate(whole)[self.order]

    def frame(self, figures: Sequence[str] = ()) -> pd.DataFrame:
        """A table as `Found.frame` makes it."""
        import pandas as pd  # noqa: PLC0415

        return pd.concat([part.frame(figures) for part in self.parts], ignore_index=True).iloc[self.order]


def sample(
    space: Enumeration, n: int, rng: np.random.Generator, *, proposals: int = MOST_PROPOSALS, listed: int = LISTED
) -> Sample:
    """Draw n different compositions, each as likely as any other; all of them where there are no more than n.

    Args:
        space: where from.
        n: how many.
        rng: of every random choice.
        proposals: how many may be looked at.
        listed: a space of at most so many assignments, or four times n, is listed and drawn from; 0: never.

    Raises:
        InputError: for a number that is none.
        SearchError: when too few are found among the proposals.
    """
    if n < 1:
        fail(InputError, "sample", f"asked for {n} compositions", "Ask for 1 or more.")
    few = sum(assignments(space).values()) <= (max(listed, 4 * n) if listed else 0)
    if few and space.highest ** max(space.sizes) <= MOST_RATIOS:
        return _of_all(space, n, rng)
    return _of_proposals(space, n, rng, proposals)


def _of_proposals(space: Enumeration, n: int, rng: np.random.Generator, proposals: int) -> Sample:
    """A sample of a space that is too large to be listed; raises SearchError when too few are found."""
    totals = [space.sets(k) * space.highest**k for k in space.sizes]
    whole = sum(totals)
    weights = np.array([total / whole for total in totals])
    seen: set[str] = set()
    kept: list[Found] = []
    drawn = good = 0
    while len(seen) < n or drawn < _DRAWN:  # fewer would say little of how many there are
        if drawn >= proposals:
            cure = "Leave out elements that hardly ever fit, loosen a limit, or ask for fewer."
            fail(SearchError, "sample", f"{len(seen)} of {n} compositions were found among {drawn:,} proposals", cure)
        batch = min(_DRAWN, max(_FIRST, drawn))
        for k, m in zip(space.sizes, rng.multinomial(batch, weights).tolist(), strict=True):
            found = _drawn(space, k, m, rng)
            good += len(found)
            first = {text: row for row, text in reversed(list(enumerate(found.formulas.tolist()))) if text not in seen}
            seen.update(first)
            kept.append(found[np.array(sorted(first.values()), dtype=np.intp)])
        drawn += batch
    low, high = _interval(good, drawn)
    parts = _by_size(kept)
    order = rng.permutation(sum(map(len, parts)))[:n]
    return Sample(parts, order, whole * good / drawn, whole * low, whole * high)


def _of_all(space: Enumeration, n: int, rng: np.random.Generator) -> Sample:
    """A sample of a space that is small enough to be listed."""
    parts = _by_size(list(space.chunks()))
    total = sum(map(len, parts))
    return Sample(parts, rng.permutation(total)[:n], total, total, total)


def _drawn(space: Enumeration, k: int, m: int, rng: np.random.Generator) -> Found:
    """The compositions among m proposals of k elements."""
    ions = space.ions
    others = np.array([i for i in range(len(ions.symbols)) if i not in space.required], dtype=np.intp)
    free = k - len(space.required)
    sets = np.empty((m, k), dtype=np.intp)
    sets[:, : len(space.required)] = space.required
    if free:
        sets[:, len(space.required) :] = _different(free, m, rng, others)
    sets.sort(axis=1)
    ratios = rng.integers(1, space.highest + 1, (m, k), dtype=np.uint8)
    good = in_lowest_terms(ratios)
    if space.atoms is not None:
        good &= ratios.sum(axis=1, dtype=np.int64) <= space.atoms
    if len(space.weights):
        good &= could_keep(space.weights, sets, space.highest)
        for own in space.weights:
            good &= (own[sets] * ratios).sum(axis=1) <= 0
    sets, ratios = sets[good], ratios[good]
    owner, charges = charged(ions, sets, space.order)
    neutral = (charges * ratios[owner].astype(np.int64)).sum(axis=1) == 0
    rows = np.unique(owner[neutral])
    return Found(ions, sets[rows], ratios[rows])


def _different(k: int, m: int, rng: np.random.Generator, names: NDArray[np.intp]) -> NDArray[np.intp]:
    """(m, k) sets of k names, each as likely as any other: draws with a name twice are drawn again."""
    n = len(names)
    out = rng.integers(n, size=(m, k))
    while True:
        ordered = np.sort(out, axis=1)
        again = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(again):
            return names[out]
        out[again] = rng.integers(n, size=(len(again), k))


def _by_size(found: Sequence[Found]) -> tuple[Found, ...]:
    """Those of one number of elements joined."""
    sizes = sorted({one.elements.shape[1] for one in found if len(one)})
    parts = []
    for k in sizes:
        mine = [one for one in found if one.elements.shape[1] == k]
        elements, ratios = (np.concatenate([getattr(one, key) for one in mine]) for key in ("elements", "ratios"))
        parts.append(Found(mine[0].ions, elements, ratios))
    return tuple(parts)


def _interval(good: int, drawn: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    share, z2 = good / drawn, _NORMAL**2
    middle = (share + z2 / (2 * drawn)) / (1 + z2 / drawn)
    half = _NORMAL * math.sqrt(share * (1 - share) / drawn + z2 / (4 * drawn**2)) / (1 + z2 / drawn)
    return max(0.0, middle - half), middle + half
