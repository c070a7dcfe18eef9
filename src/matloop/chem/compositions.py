"""Many formulas at once: sparse arrays of which elements and how much, read at array speed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from matloop.chem.elements import NUMBERS, SYMBOLS
from matloop.chem.formula import Formula
from matloop.chem.grammar import Slip, fault
from matloop.chem.parse import Given, formula_of, text_of
from matloop.chem.plain import ELEMENTS, read_plain
from matloop.errors import DataError, Fault, nearest

FaultPolicy = Literal["raise", "collect"]

_NAMED = 20
"""So many faults an error names one by one; a column of wrong cells would fill the screen."""

_CHUNK = 65536
"""Formulas read at a time: it bounds the memory of reading to some 20 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Compositions:
    """The compositions of n formulas as sparse rows.

    formulas: (n,) texts as given.
    rows: (n,) the row of each among all that was given, from 0; with faults collected, rows are left out.
    starts: (n + 1,) row i has the entries starts[i] to starts[i + 1], at least one.
    places: (entries,) atomic number less 1, ascending in a row; D and T count as H.
    values: (entries,) atoms in one formula unit, > 0.
    charges: (n,) in units of the elementary charge.
    faults: what was left out and why; empty unless collected.
    """

    formulas: tuple[str, ...]
    rows: np.ndarray
    starts: np.ndarray
    places: np.ndarray
    values: np.ndarray
    charges: np.ndarray
    faults: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        return len(self.formulas)

    @property
    def owners(self) -> np.ndarray:
        """(entries,) the composition that an entry belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def atoms(self) -> np.ndarray:
        """(n,) atoms in one formula unit."""
        return np.add.reduceat(self.values, self.starts[:-1]) if len(self) else np.zeros(0)

    @property
    def shares(self) -> np.ndarray:
        """(entries,) atomic fractions: values over the atoms of their formula unit."""
        shares: np.ndarray = self.values / np.repeat(self.atoms, np.diff(self.starts))
        return shares

    @property
    def amounts(self) -> np.ndarray:
        """(n, 118) atoms in one formula unit, by atomic number less 1; a new array of 944 bytes a formula."""
        return self._dense(self.values)

    @property
    def fractions(self) -> np.ndarray:
        """(n, 118) atomic fractions, each row sums to 1; a new array of 944 bytes a formula."""
        return self._dense(self.shares)

    def contains(self, symbols: Iterable[str]) -> np.ndarray:
        """(n,) whether any of these elements is in each composition.

        Raises:
            DataError: a symbol that no element bears.
        """
        wanted = np.zeros(ELEMENTS, dtype=bool)
        for symbol in symbols:
            if symbol not in NUMBERS:
                raise DataError.at(f"element {symbol!r}", "no element bears that symbol", nearest(symbol, NUMBERS))
            wanted[NUMBERS[symbol] - 1] = True
        found = wanted[self.places]
        return np.logical_or.reduceat(found, self.starts[:-1]) if len(self) else np.zeros(0, dtype=bool)

    def formula(self, row: int) -> Formula:
        """The formula of one composition; D and T have become H."""
        entries = slice(self.starts[row], self.starts[row + 1])
        symbols = tuple(SYMBOLS[place] for place in self.places[entries])
        return Formula(symbols, tuple(self.values[entries].tolist()), float(self.charges[row]))

    def take(self, rows: np.ndarray | slice | Sequence[int]) -> Compositions:
        """Some of the compositions, in the order asked for; the faults stay behind."""
        kept = np.arange(len(self))[rows]
        sizes = np.diff(self.starts)[kept]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        entries = np.arange(starts[-1]) + np.repeat(self.starts[kept] - starts[:-1], sizes)
        return Compositions(
            tuple(self.formulas[row] for row in kept),
            self.rows[kept],
            starts,
            self.places[entries],
            self.values[entries],
            self.charges[kept],
        )

    def chunks(self, size: int) -> Iterator[Compositions]:
        """The same compositions in pieces of at most that many, to bound the memory of what is made of them."""
        for first in range(0, len(self), size):
            yield self.take(slice(first, first + size))

    def _dense(self, values: np.ndarray) -> np.ndarray:
        dense = np.zeros((len(self), ELEMENTS))
        dense[self.owners, self.places] = values
        return dense


def compositions(
    formulas: Iterable[Given] | Compositions, *, faults: FaultPolicy = "raise", first: int = 0
) -> Compositions:
    """Read many formulas.

    Args:
        formulas: n texts, Formulas, mappings, pymatgen Compositions or Structures, mixed as you like.
        faults: "raise" refuses them all if one is wrong; "collect" leaves the wrong ones out and names them in
            `Compositions.faults`, while `rows` says which are there.
        first: the number of the first row, where the formulas are a piece of something longer.

    Raises:
        DataError: with faults="raise", a formula is missing or wrong; up to 20 are named with row, text,
            character and cure. A single text in the place of many. A policy that is not known.
    """
    if isinstance(formulas, Compositions):
        return formulas
    alone = isinstance(formulas, str | Formula | Mapping) or hasattr(formulas, "composition")
    if alone or not isinstance(formulas, Iterable):
        found = f"{type(formulas).__name__} {text_of(formulas)!r} where many formulas belong"
        raise DataError.at("formulas", found, "Put it into a list.")
    if getattr(formulas, "ndim", 1) != 1:
        found = f"a {type(formulas).__name__} of {getattr(formulas, 'ndim', 0)} dimensions"
        raise DataError.at("formulas", found, "Give the one column that holds the formulas.")
    if faults not in ("raise", "collect"):
        raise DataError.at("faults", f"{faults!r} is no policy", 'Use "raise" or "collect".')
    source, pieces = iter(formulas), []
    while piece := list(islice(source, _CHUNK)):
        pieces.append(_read(piece, first))
        first += len(piece)
    told = [fault for piece in pieces for fault in piece.faults]
    if told and faults == "raise":
        raise DataError(*_shortened(told))
    return _joined(pieces)


def _read(given: list[Given], first: int) -> Compositions:
    """Read a piece whose first row has that number: plain texts all at once, the others one by one."""
    texts = [one if isinstance(one, str) else "" for one in given]
    plain = read_plain(texts)
    odd: dict[int, Formula | Fault] = {}
    known: dict[str, Formula] = {}
    for row in np.flatnonzero(~plain.clean).tolist():
        one = given[row]
        try:
            found = known.get(texts[row]) or formula_of(one)
            odd[row] = found
            if texts[row]:
                known[texts[row]] = found
        except Slip as slip:
            odd[row] = fault(text_of(one), slip, f"row {first + row}, ")
    return _merged(given, first, plain.owners, plain.places, plain.values, odd)


def _merged(
    given: list[Given],
    first: int,
    owners: np.ndarray,
    places: np.ndarray,
    values: np.ndarray,
    odd: dict[int, Formula | Fault],
) -> Compositions:
    """Put together what was read at once and what was read one by one."""
    charges = np.zeros(len(given))
    more: list[tuple[int, int, float]] = []
    for row, found in odd.items():
        if isinstance(found, Formula):
            charges[row] = found.charge
            amounts: dict[int, float] = {}
            for symbol, amount in zip(found.elements, found.amounts, strict=True):
                place = NUMBERS[symbol] - 1
                amounts[place] = amounts.get(place, 0.0) + amount
            more += [(row, place, amount) for place, amount in amounts.items()]
    if more:
        added = np.array(more)
        owners = np.concatenate((owners, added[:, 0].astype(owners.dtype)))
        places = np.concatenate((places, added[:, 1].astype(places.dtype)))
        values = np.concatenate((values, added[:, 2]))
        order = np.argsort(owners * ELEMENTS + places, kind="stable")
        owners, places, values = owners[order], places[order], values[order]
    sizes = np.bincount(owners, minlength=len(given))
    kept = np.flatnonzero(sizes)
    return Compositions(
        tuple(map(text_of, given)) if len(kept) == len(given) else tuple(text_of(given[row]) for row in kept),
        kept + first,
        np.concatenate(([0], np.cumsum(sizes[kept]))),
        places,
        values,
        charges[kept],
        tuple(found for found in odd.values() if isinstance(found, Fault)),
    )


def _joined(pieces: list[Compositions]) -> Compositions:
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        none = np.zeros(0, dtype=np.intp)
        return Compositions((), none, np.zeros(1, dtype=np.intp), none, np.zeros(0), np.zeros(0))
    sizes = np.concatenate([np.diff(piece.starts) for piece in pieces])
    return Compositions(
        tuple(text for piece in pieces for text in piece.formulas),
        np.concatenate([piece.rows for piece in pieces]),
        np.concatenate(([0], np.cumsum(sizes))),
        np.concatenate([piece.places for piece in pieces]),
        np.concatenate([piece.values for piece in pieces]),
        np.concatenate([piece.charges for piece in pieces]),
        tuple(fault for piece in pieces for fault in piece.faults),
    )


def _shortened(faults: list[Fault]) -> list[Fault]:
    if len(faults) <= _NAMED:
        return faults
    cure = 'Put these right first, or read with faults="collect" to see them all.'
    return [*faults[:_NAMED], Fault("formulas", f"{len(faults) - _NAMED} more are wrong", cure)]
