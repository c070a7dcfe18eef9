"""The elements of an enumeration with the charges that they may carry, in order of electronegativity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.chem.elements import NUMBERS, SYMBOLS, OxidationSet, element, mass, oxidation_states
from matloop.errors import DataError, Faults, nearest

States = OxidationSet | Mapping[str, Sequence[int]]
"""A named table of oxidation states, or symbol -> states."""

HIGHEST_STATE = 9  # that any element is known in (Ir in IrO4+); a larger one is a slip


@dataclass(frozen=True)
class Ions:
    """Elements by electronegativity, those of equal one by atomic number; without one they come last.

    symbols: (n,) of them. states: (n,) the charges of each, ascending, none of them 0.
    left_out: symbol -> why it is no part of the enumeration.
    """

    symbols: tuple[str, ...]
    states: tuple[tuple[int, ...], ...]
    left_out: Mapping[str, str]

    @cached_property
    def electronegativity(self) -> NDArray[np.float64]:
        """(n,) Pauling's; NaN where there is none."""
        found = (element(symbol).electronegativity for symbol in self.symbols)
        return np.array([np.nan if value is None else value for value in found])

    @cached_property
    def masses(self) -> NDArray[np.float64]:
        """(n,) in Da."""
        return np.array([mass(symbol) for symbol in self.symbols])

    @cached_property
    def numbers(self) -> NDArray[np.intp]:
        """(n,) places in arrays by atomic number: Z - 1."""
        return np.array([NUMBERS[symbol] - 1 for symbol in self.symbols], dtype=np.intp)

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """(n,) how many states each has."""
        return np.array([len(own) for own in self.states], dtype=np.intp)

    @cached_property
    def flat(self) -> NDArray[np.int8]:
        """All states one after the other; those of element i begin at starts[i]."""
        return np.array([state for own in self.states for state in own], dtype=np.int8)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """(n,) where the states of each element begin in `flat`."""
        return np.cumsum(np.concatenate([[0], self.counts]))[:-1].astype(np.intp)

    def places(self, symbols: Sequence[str]) -> tuple[int, ...]:
        """Where these symbols stand, ascending; those left out are passed over."""
        return tuple(sorted(self.symbols.index(one) for one in symbols if one in self.symbols))


def ions_of(wanted: Sequence[str], states: States, left_out: Mapping[str, str], *, ordered: bool) -> Ions:
    """The ions of these elements, less those that are left out and those that cannot take part.

    Args:
        wanted: symbols.
        states: their charges.
        left_out: symbol -> why it is to be left out.
        ordered: whether an element without electronegativity is left out, since nothing can be said of its order.

    Raises:
        DataError: for charges that are none, all at once.
    """
    known = told(states)
    gone = {symbol: left_out[symbol] for symbol in wanted if symbol in left_out}
    kept = []
    for symbol in sorted(set(wanted) - gone.keys(), key=lambda one: NUMBERS[one]):
        own = tuple(state for state in known.get(symbol, ()) if state)
        if not own:
            gone[symbol] = "no oxidation state is given"
        elif ordered and element(symbol).electronegativity is None:
            gone[symbol] = "no electronegativity is known"
        else:
            kept.append((symbol, own))
    kept.sort(key=lambda one: _place(one[0]))
    return Ions(tuple(symbol for symbol, _ in kept), tuple(own for _, own in kept), gone)


def _place(symbol: str) -> tuple[float, int]:
    chi = element(symbol).electronegativity
    return (np.inf if chi is None else chi, NUMBERS[symbol])


def told(states: States) -> Mapping[str, tuple[int, ...]]:
    """Symbol -> its states, ascending, each once.

    Raises:
        DataError: for symbols that are none and charges that are no whole numbers from -9 to 9, all at once.
    """
    if isinstance(states, str):
        return dict(zip(SYMBOLS, oxidation_states(states), strict=True))
    faults, known = Faults(), {}
    for symbol, own in states.items():
        if symbol not in SYMBOLS:
            faults.add(f"states[{symbol!r}]", "no element bears that symbol", nearest(str(symbol), SYMBOLS))
            continue
        odd = [one for one in own if isinstance(one, bool) or one != int(one) or not 0 < abs(one) <= HIGHEST_STATE]
        if odd:
            cure = f"Give whole charges from -{HIGHEST_STATE} to {HIGHEST_STATE}, without 0."
            faults.add(f"states[{symbol!r}]", f"{', '.join(map(str, odd))} is no charge of an ion", cure)
        known[symbol] = tuple(sorted({int(one) for one in own if one not in odd}))
    faults.raise_if_any(DataError)
    return known
