"""Charge-neutral compositions in whole-number ratios: counted exactly, streamed in chunks, or sampled uniformly."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matloop.chem.elements import SYMBOLS
from matloop.chem.groups import elements_of
from matloop.errors import DataError, Faults
from matloop.generate.count import MOST_WORK, Count, count
from matloop.generate.found import Found
from matloop.generate.ions import Ions, States, ions_of
from matloop.generate.limits import Floats, Limit, weights_of
from matloop.generate.sample import Sample, sample
from matloop.generate.stream import stream

MOST_ELEMENTS = 8  # of one composition; the exact count of more would take longer than anyone waits
_NAMED = 3  # orders that an error names
MOST_OF_ONE = 100  # atoms of one element in a formula


@dataclass(frozen=True)
class Enumeration:
    """A space of compositions: elements in whole-number ratios and lowest terms whose charges sum to zero.

    elements: symbols and groups to combine; empty for all that have an oxidation state.
    orders: how many different elements a composition may have.
    highest: the largest number of one element's atoms in a formula.
    states: the charges that elements may carry: "common", "icsd24", "known", or symbol -> charges.
    ordered: whether every cation must be less electronegative (Pauling) than every anion.
    tolerance: how much more electronegative a cation may be all the same.
    exclude: symbols and groups that are left out.
    require: symbols that every composition has.
    limits: on price and supply.
    atoms: the most atoms of a formula; None for no limit.
    """

    elements: Sequence[str] = ()
    orders: Sequence[int] = (2, 3)
    highest: int = 8
    states: States = "common"
    ordered: bool = True
    tolerance: float = 0.0
    exclude: Sequence[str] = ()
    require: Sequence[str] = ()
    limits: Sequence[Limit] = ()
    atoms: int | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        for key in ("elements", "exclude", "require"):
            if isinstance(getattr(self, key), str):
                faults.add(key, f"it is the text {getattr(self, key)!r}", "Give a list, as ['Pb'].")
        faults.raise_if_any(DataError)
        for key in ("elements", "exclude"):
            elements_of(getattr(self, key), key, faults=faults)
        self._look_at_required(faults)
        bad = [one for one in self.orders if not _whole(one, 2, MOST_ELEMENTS)]
        if bad or not self.orders:
            cure = f"Give whole numbers from 2 to {MOST_ELEMENTS}."
            named = ", ".join(map(str, bad[:_NAMED])) + (f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else "")
            verb = "are no numbers" if len(bad) > 1 else "is no number"
            faults.add("orders", f"{named or 'none'} {verb} of elements", cure)
        if not _whole(self.highest, 1, MOST_OF_ONE):
            faults.add("highest", f"it is {self.highest!r}", f"Give a whole number from 1 to {MOST_OF_ONE}.")
        if self.atoms is not None and not _whole(self.atoms, 2, MOST_OF_ONE * MOST_ELEMENTS):
            faults.add("atoms", f"it is {self.atoms!r}", "Give a whole number from 2, or none for no limit.")
        if not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            faults.add("tolerance", f"it is {self.tolerance!r}", "Give a number from 0.")
        elif self.tolerance and not self.ordered:
            faults.add("tolerance", "nothing is ordered by electronegativity", "Leave tolerance or ordered=False out.")
        faults.raise_if_any(DataError)
        self._look_at_ions()

    def _look_at_required(self, faults: Faults) -> None:
        banned = elements_of(self.exclude, faults=Faults())
        allowed = elements_of(self.elements, faults=Faults())
        for one in self.require:
            if one not in SYMBOLS:
                faults.add("require", f"{one!r} is no element", "Give symbols, as 'O'.")
            elif one in banned:
                faults.add("require", f"{one!r} is excluded as well", "Take it out of one of the two.")
            elif allowed and one not in allowed:
                faults.add("require", f"{one!r} is not among the elements", "Add it to elements.")
        if self.orders and len(set(self.require)) > max(self.orders, default=0):
            found = f"{len(set(self.require))} elements are required of {max(self.orders)}"
            faults.add("require", found, "Require fewer, or raise orders.")

    def _look_at_ions(self) -> None:
        faults = Faults()
        for one in dict.fromkeys(self.require):
            if one in self.ions.left_out:
                faults.add("require", f"{one!r} cannot take part: {self.ions.left_out[one]}", "Leave it out.")
        if not faults.found and not self.sizes:
            found = f"{len(self.ions.symbols)} are left to combine in {', '.join(map(str, self.orders))}"
            faults.add("elements", found, "Allow more elements, loosen a limit, or lower orders.")
        faults.raise_if_any(DataError)

    @cached_property
    def ions(self) -> Ions:
        """The elements that take part, with their charges, and why others do not."""
        wanted = elements_of(self.elements) or frozenset(SYMBOLS)
        gone: dict[str, str] = {}
        for limit in self.limits:
            symbols = [one for one in SYMBOLS if one in wanted and one not in gone]
            places = np.array([SYMBOLS.index(one) for one in symbols], dtype=np.intp)
            gone |= limit.fallen(symbols, places)
        gone |= dict.fromkeys(elements_of(self.exclude) & wanted, "it is excluded")
        return ions_of(sorted(wanted, key=SYMBOLS.index), self.states, gone, ordered=self.ordered)

    @cached_property
    def weights(self) -> Floats:
        """(l, n) what one atom of each element adds to each limit on a mean; see `matloop.generate.limits`."""
        return weights_of(self.limits, self.ions)

    @property
    def order(self) -> float | None:
        """The tolerance of the order by electronegativity; None where any order will do."""
        return self.tolerance if self.ordered else None

    @cached_property
    def required(self) -> tuple[int, ...]:
        """Places of the required elements among the ions."""
        return self.ions.places(self.require)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of elements that a composition can have here, ascending."""
        n = len(self.ions.symbols)
        return tuple(sorted({k for k in self.orders if max(2, len(self.required)) <= k <= n}))

    def sets(self, k: int) -> int:
        """How many sets of k elements there are, whether or not their charges can be balanced."""
        return math.comb(len(self.ions.symbols) - len(self.required), k - len(self.required))

    def chunks(self, size: int = 100_000, *, charges: bool = False) -> Iterator[Found]:
        """All compositions, at most `size` at a time, in constant memory.

        Args:
            size: compositions of a chunk.
            charges: whether a composition comes once for every assignment of charges that makes it neutral, with it.

        Raises:
            InputError: for sets of elements with too many ratios to list.
        """
        return stream(self, size, charges=charges)

    def count(self, *, work: int = MOST_WORK) -> Count:
        """How many there are, without making one; see `matloop.generate.count`.

        Args:
            work: how much may be done to find out which formulas several assignments of charges share; where it would
                take more, their number stays None.
        """
        return count(self, work=work)

    def sample(self, n: int, rng: np.random.Generator) -> Sample:
        """Draw n different compositions, each as likely as any other; all of them where there are no more than n.

        Raises:
            InputError: for a number that is none.
            SearchError: when too few are found in the effort that is made.
        """
        return sample(self, n, rng)


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
