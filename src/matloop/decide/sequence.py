"""Sequences of candidates that are taken in order, however they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from matloop.domain.candidate import Candidate
from matloop.domain.cost import Purse
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.errors import SearchError, fail

Kind = Literal["sobol", "lhs"]

SMALL = 20_000
"""Spaces of at most this many candidates are listed whole and searched exhaustively. Larger, an ask takes seconds and
hundreds of MB; smaller, searches miss what a listing would find."""
_BLOCK = 64
"""First block of a sequence, a power of two, for which Sobol points are balanced; it is also the size of each Latin
hypercube of an endless `lhs`. A change gives other designs for the same seed."""
MISSES = 20_000
"""Members in a row that may all be taken already, or cost too much, before an endless sequence gives up. A space of
more than SMALL candidates holds fewer closed ones than this unless nearly all of it was measured; larger, an ask for
which hardly anything can be paid takes many seconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sequence of candidates that never changes: place 0, 1, 2, ...

    walk: begins anew at place 0 and goes the same way each time.
    length: distinct members, after which it begins anew; None when it is endless.
    """

    walk: Callable[[], Iterator[Callable[[], Candidate]]]
    length: int | None

    def take(
        self, start: int, n: int, closed: Container[str], purse: Purse | None = None
    ) -> list[tuple[int, Candidate]]:
        """Up to n different members from place `start` on, with their places, none of them closed.

        Each is paid from the purse, and what it cannot pay is passed over. Fewer than n are left only when the whole
        sequence was looked at, or MISSES members in a row of an endless one, some of which cost too much.

        Raises:
            SearchError: when an endless sequence brings nothing new for a very long time, whatever it costs.
        """
        taken: dict[str, tuple[int, Candidate]] = {}
        if self.length == 0 or n <= 0:
            return []
        first = start if self.length is None else start % self.length
        laps = chain.from_iterable(walk() for walk in repeat(self.walk))
        last = None if self.length is None else first + self.length
        misses, dear = 0, 0
        for place, make in enumerate(islice(laps, first, last), start):
            candidate = make()
            held = candidate.id in closed or candidate.id in taken
            if held or (purse is not None and not purse.pay(candidate)):
                misses, dear = misses + 1, dear + (not held)
                if self.length is not None or misses < MISSES:
                    continue
                if dear:
                    break
                found = f"{misses} members in a row were taken already"
                fail(SearchError, "design sequence", found, "Widen the space, or allow repeats.")
            taken[candidate.id], misses, dear = (place, candidate), 0, 0
            if len(taken) == n:
                break
        return list(taken.values())


def unit_blocks(kind: Kind, d: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (b, d) of points in [0, 1)^d that fill the cube evenly, without end.

    `sobol`: a scrambled Sobol sequence (Owen 1998), every prefix of which is even.
    `lhs`: one Latin hypercube (McKay et al. 1979) after another, each of _BLOCK points.
    """
    if kind == "lhs":
        cube = qmc.LatinHypercube(d, seed=rng)
        while True:
            yield cube.random(_BLOCK)
    engine = qmc.Sobol(d, seed=rng)
    yield engine.random(_BLOCK)
    exponent = _BLOCK.bit_length() - 1
    while True:
        yield engine.random_base2(exponent)
        exponent += 1


def space_line(space: Space, kind: Kind, rng: Callable[[], np.random.Generator]) -> Line:
    """The sequence of a space: unit points mapped onto its feasible grid.

    In a small space each candidate has one place: after as many points as there are candidates, those that
    were not met follow in random order. `rng` gives the same fresh generator each time.
    """
    listed = space.enumerate(SMALL)

    def points() -> Iterator[NDArray[np.int64]]:
        for block in unit_blocks(kind, len(space.parameters), rng()):
            yield from space.from_unit(block)

    def every() -> Iterator[NDArray[np.int64]]:
        return points() if listed is None else _each_once(listed, points(), rng())

    def walk() -> Iterator[Callable[[], Candidate]]:
        return (_maker(space, k) for k in every())

    return Line(walk, None if listed is None else len(listed))


def _maker(space: Space, k: NDArray[np.int64]) -> Callable[[], Candidate]:
    return lambda: space.candidate(k)


def _each_once(
    listed: NDArray[np.int64], points: Iterator[NDArray[np.int64]], rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Distinct members among the first len(listed) points, then the others in random order."""
    met = set()
    for k in islice(points, len(listed)):
        if k.tobytes() not in met:
            met.add(k.tobytes())
            yield k
    for i in rng.permutation(len(listed)):
        if listed[i].tobytes() not in met:
            yield listed[i]
