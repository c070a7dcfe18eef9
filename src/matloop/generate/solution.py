"""Solid solutions: named sublattices whose sites elements share on a grid, A(1-x)B(x), with balanced charges.

A filling gives each element of each sublattice k of `parts` shares of its sites. It is neutral when every element can
be given a charge so that all of them cancel. How many fillings are neutral is counted by going through the elements and
remembering no more than the shares that are left and the set of charges reached so far (as bits of a whole number).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matloop.chem.elements import NUMBERS, SYMBOLS, mass
from matloop.chem.groups import elements_of
from matloop.chem.supply import of_elements
from matloop.errors import DataError, Faults, InputError, fail, nearest
from matloop.generate.ions import States, told
from matloop.generate.limits import ROUNDING, Limit

if TYPE_CHECKING:
    import pandas as pd

VACANCY = "vacancy"
"""The name of an empty site among the elements of a sublattice: no atom, no charge."""

MOST_PARTS = 1000  # shares of a sublattice; finer grids are beyond what a synthesis can weigh in


@dataclass(frozen=True)
class Sublattice:
    """Sites of one kind.

    name: as tables call it.
    elements: symbols that may sit there, or symbol -> the charges that it may carry there; "vacancy" for an empty site.
    sites: how many there are in a formula unit.
    most: how many different elements may share them; None for any number.
    """

    name: str
    elements: Sequence[str] | Mapping[str, Sequence[int]]
    sites: int = 1
    most: int | None = 2


class Slot(NamedTuple):
    """One element on one sublattice.

    lattice: number of the sublattice. last: whether it is its last element. charges: those that it may carry there.
    """

    lattice: int
    symbol: str
    last: bool
    charges: tuple[int, ...]


@dataclass(frozen=True)
class SolidSolution:
    """A space of fillings of sublattices.

    sublattices: at least one.
    parts: into how many equal shares the sites of a sublattice are divided; x goes in steps of 1/parts.
    states: the charges of elements for which a sublattice names none.
    mixed: whether the atoms of one element on one sublattice may differ in charge, as Mn3+ and Mn4+.
    exclude: symbols and groups that are left out.
    limits: on price and supply.
    """

    sublattices: Sequence[Sublattice]
    parts: int = 10
    states: States = "common"
    mixed: bool = False
    exclude: Sequence[str] = ()
    limits: Sequence[Limit] = ()

    def __post_init__(self) -> None:
        faults = Faults()
        if not self.sublattices:
            faults.add("sublattices", "none is given", 'Give one or more, as Sublattice("A", ["Sr", "La"]).')
        if not 1 <= self.parts <= MOST_PARTS:
            faults.add("parts", f"it is {self.parts}", f"Give a whole number from 1 to {MOST_PARTS}.")
        names = [one.name for one in self.sublattices]
        for one in self.sublattices:
            self._look_at(one, faults)
            if names.count(one.name) > 1:
                faults.add(f"sublattice {one.name!r}", "two bear that name", "Give each its own name.")
        elements_of(self.exclude, "exclude", faults=faults)
        faults.raise_if_any(DataError)
        for i, one in enumerate(self.sublattices):
            if not any(slot.lattice == i for slot in self.slots):
                gone = ", ".join(f"{symbol}: {self.left_out[symbol]}" for symbol in one.elements)
                faults.add(f"sublattice {one.name!r}", f"no element is left for it ({gone})", "Allow more elements.")
        faults.raise_if_any(DataError)

    def _look_at(self, one: Sublattice, faults: Faults) -> None:
        place = f"sublattice {one.name!r}"
        if isinstance(one.elements, str):
            faults.add(place, f"elements is the text {one.elements!r}", "Give a list, as ['Sr', 'La'].")
            return
        for symbol in one.elements:
            if symbol != VACANCY and symbol not in SYMBOLS:
                faults.add(place, f"{symbol!r} is no element", nearest(symbol, (*SYMBOLS, VACANCY)))
        if len(set(one.elements)) < len(one.elements) or not one.elements:
            faults.add(place, "an element is named twice" if one.elements else "it has no elements", "Name each once.")
        if one.sites < 1:
            faults.add(place, f"it has {one.sites} sites", "Give a whole number from 1.")
        if one.most is not None and one.most < 1:
            faults.add(place, f"at most {one.most} elements share it", "Give a whole number from 1.")
        if isinstance(one.elements, Mapping):
            try:
                told({symbol: own for symbol, own in one.elements.items() if symbol in SYMBOLS})
            except DataError as error:
                faults.absorb(error, place)

    @cached_property
    def left_out(self) -> dict[str, str]:
        """Symbol -> why it takes no part."""
        wanted = [s for s in SYMBOLS if any(s in one.elements for one in self.sublattices)]
        places = np.array([NUMBERS[symbol] - 1 for symbol in wanted], dtype=np.intp)
        gone = dict.fromkeys(elements_of(self.exclude) & set(wanted), "it is excluded")
        for limit in self.limits:
            gone = {**limit.fallen(wanted, places), **gone}
        return gone

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The elements of all sublattices in the order in which they are gone through."""
        known = told(self.states)
        slots: list[Slot] = []
        for i, one in enumerate(self.sublattices):
            own = one.elements if isinstance(one.elements, Mapping) else {}
            usable = []
            for symbol in one.elements:
                charges = (0,) if symbol == VACANCY else tuple(own.get(symbol) or known.get(symbol, ()))
                if symbol in self.left_out:
                    continue
                if not charges:
                    self.left_out[symbol] = "no oxidation state is given"
                    continue
                usable.append(Slot(i, symbol, last=False, charges=charges))
            slots += [slot._replace(last=slot is usable[-1]) for slot in usable]
        return tuple(slots)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """What `frame` calls the share of each element on each sublattice: A.Sr, A.La, ..."""
        return tuple(f"{self.sublattices[slot.lattice].name}.{slot.symbol}" for slot in self.slots)

    @cached_property
    def zero(self) -> int:
        """The bit that stands for charge 0; no sum of charges goes below bit 0."""
        return sum(
            one.sites * self.parts * max((-min(0, *s.charges) for s in self.slots if s.lattice == i), default=0)
            for i, one in enumerate(self.sublattices)
        )

    def reach(self, slot: int) -> list[tuple[int, ...]]:
        """K -> the charges that k shares of a slot can carry, in shares of a charge."""
        one = self.slots[slot]
        sites = self.sublattices[one.lattice].sites
        if not self.mixed:
            return [tuple(sorted({k * charge * sites for charge in one.charges})) for k in range(self.parts + 1)]
        reached = [{0}]
        for _ in range(self.parts):
            reached.append({before + charge for before in reached[-1] for charge in one.charges})
        return [tuple(sorted(charge * sites for charge in own)) for own in reached]

    @cached_property
    def _ways(self) -> _Ways:
        return _Ways(self)

    def count(self) -> int:
        """How many neutral fillings there are; with a limit on a mean they are gone through, else counted at once."""
        if any(limit.of == "mean" for limit in self.limits):
            return sum(1 for _ in self._walk())
        return self._ways.total

    def chunks(self, size: int = 100_000) -> Iterator[Filled]:
        """All neutral fillings, at most `size` at a time, in constant memory."""
        walk = self._walk()
        while rows := list(islice(walk, size)):
            yield Filled(self, np.array(rows, dtype=np.int64))

    def sample(self, n: int, rng: np.random.Generator) -> Filled:
        """Draw n different fillings, each as likely as any other; all of them where there are no more than n.

        Raises:
            InputError: for a number that is none.
        """
        if n < 1:
            fail(InputError, "sample", f"asked for {n} fillings", "Ask for 1 or more.")
        if any(limit.of == "mean" for limit in self.limits) or self._ways.total <= 2 * n:
            rows = np.array(list(self._walk()), dtype=np.int64).reshape(-1, len(self.slots))
            return Filled(self, rows[rng.permutation(len(rows))[:n]])
        drawn: dict[tuple[int, ...], None] = {}
        while len(drawn) < n:
            drawn.setdefault(self._ways.drawn(rng))
        return Filled(self, np.array(list(drawn), dtype=np.int64))

    def _walk(self) -> Iterator[tuple[int, ...]]:
        """Every neutral filling that keeps the limits on means: shares by slot."""
        return self._ways.all(self._weights.tolist())

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """(l, slots) what one share adds to the sum of a limit that must not be positive."""
        rows = []
        for limit in self.limits:
            if limit.of == "mean":
                own = of_elements(limit.figure)
                rows.append([self._weight(slot, own, limit.most * (1 + ROUNDING)) for slot in self.slots])
        return np.array(rows)

    def _weight(self, slot: Slot, values: NDArray[np.float64], most: float) -> float:
        if slot.symbol == VACANCY:
            return 0.0
        atoms = self.sublattices[slot.lattice].sites * mass(slot.symbol)
        return atoms * (float(values[NUMBERS[slot.symbol] - 1]) - most)


_State = tuple[int, int, int, int]
"""Slot, shares left, elements on the sublattice, charges reached."""


class _Ways:
    """In how many ways fillings can be finished, from every state that a walk through the slots can be in.

    A state is the slot, the shares left on its sublattice, how many elements sit there, and the charges reached (bits).
    """

    def __init__(self, space: SolidSolution) -> None:
        self._space, self.slots, self._parts = space, space.slots, space.parts
        self._most = [one.most or len(one.elements) for one in space.sublattices]
        self._reach = [space.reach(slot) for slot in range(len(space.slots))]
        self._known: dict[_State, int] = {}
        self._start = (0, self._parts, 0, 1 << space.zero)

    @property
    def total(self) -> int:
        """How many neutral fillings there are."""
        return self._from(self._start)

    def _steps(self, state: _State) -> Iterator[tuple[int, _State]]:
        """The shares that the slot of a state may take, each with the state that follows."""
        slot, left, kinds, reached = state
        one = self.slots[slot]
        room = kinds < self._most[one.lattice]
        for k in (left,) if one.last else range(left + 1 if room else 1):
            if k and not room:
                continue
            after = 0
            for charge in self._reach[slot][k]:
                after |= reached << charge if charge >= 0 else reached >> -charge
            rest = (self._parts, 0) if one.last else (left - k, kinds + (k > 0))
            yield k, (slot + 1, *rest, after)

    def _from(self, state: _State) -> int:
        if state[0] == len(self.slots):
            return state[3] >> self._space.zero & 1
        if state not in self._known:
            self._known[state] = sum(self._from(after) for _, after in self._steps(state))
        return self._known[state]

    def all(self, weights: Sequence[Sequence[float]] = ()) -> Iterator[tuple[int, ...]]:
        """Every neutral filling, in lexicographic order; no step leads where none is left.

        Args:
            weights: (l, slots) what one share adds to sums that must not end above 0; a filling that has begun is left
                where even the lightest elements would end above.
        """
        lightest = [self._lightest(own) for own in weights]
        stack: list[tuple[tuple[int, ...], _State, tuple[float, ...]]] = []
        if self._from(self._start):
            stack.append(((), self._start, (0.0,) * len(weights)))
        while stack:
            shares, state, sums = stack.pop()
            slot = state[0]
            if slot == len(self.slots):
                yield shares
                continue
            for k, after in reversed(list(self._steps(state))):
                heavier = tuple(total + own[slot] * k for total, own in zip(sums, weights, strict=True))
                least = (total + rest[slot + 1](after[1]) for total, rest in zip(heavier, lightest, strict=True))
                if all(one <= 0 for one in least) and self._from(after):
                    stack.append(((*shares, k), after, heavier))

    def _lightest(self, own: Sequence[float]) -> list[Callable[[int], float]]:
        """Slot -> the least that a sum can still grow by from there on, given the shares left on its sublattice."""
        rest: list[Callable[[int], float]] = [lambda _: 0.0]
        later, best = 0.0, 0.0
        for place in reversed(range(len(self.slots))):
            if self.slots[place].last:
                later += 0.0 if place == len(self.slots) - 1 else best * self._parts
                best = own[place]
            best = min(best, own[place])
            rest.append(partial(_line, later, best))
        return rest[::-1]

    def drawn(self, rng: np.random.Generator) -> tuple[int, ...]:
        """One neutral filling, each as likely as any other."""
        state, shares = self._start, list[int]()
        while state[0] < len(self.slots):
            place = _below(self._from(state), rng)
            for taken, after in self._steps(state):
                ways = self._from(after)
                if place < ways:
                    shares.append(taken)
                    state = after
                    break
                place -= ways
        return tuple(shares)


def _line(start: float, slope: float, left: int) -> float:
    return start + slope * left


def _below(n: int, rng: np.random.Generator) -> int:
    """A whole number from 0 to n - 1, each as likely; n may be larger than any machine word."""
    size = -(-n.bit_length() // 8)
    while True:
        drawn = int.from_bytes(rng.bytes(size), "little") >> (8 * size - n.bit_length())
        if drawn < n:
            return drawn


@dataclass(frozen=True, eq=False)
class Filled:
    """Fillings of a solid solution.

    space: where they are from. shares: (n, slots) of `space.parts`, by column of `space.columns`.
    """

    space: SolidSolution
    shares: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.shares)

    @cached_property
    def formulas(self) -> NDArray[np.object_]:
        """(n,) texts in the order of the sublattices, like La0.7Sr0.3MnO3."""
        text = np.full(len(self), "", dtype=np.object_)
        for j, slot in enumerate(self.space.slots):
            sites = self.space.sublattices[slot.lattice].sites
            if slot.symbol != VACANCY:
                words = [_amount(slot.symbol, sites * k / self.space.parts) for k in range(self.space.parts + 1)]
                text = text + np.array(words, dtype=np.object_)[self.shares[:, j]]
        return text

    def frame(self) -> pd.DataFrame:
        """A table: formula, and the share of each element on each sublattice, as A.Sr, from 0 to 1."""
        import pandas as pd  # noqa: PLC0415

        shares = {name: self.shares[:, j] / self.space.parts for j, name in enumerate(self.space.columns)}
        return pd.DataFrame({"formula": self.formulas, **shares})


def _amount(symbol: str, atoms: float) -> str:
    """A symbol with its number of atoms, to ten digits; empty for none."""
    return "" if not atoms else symbol if atoms == 1 else f"{symbol}{atoms:.10g}"
