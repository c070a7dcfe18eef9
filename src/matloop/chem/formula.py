"""A formula: which elements, how much of each, and the charge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from matloop.chem import elements
from matloop.errors import DataError, Fault, nearest

_PLACE = {"H": 0, "D": 1, "T": 2} | {symbol: number + 1 for symbol, number in elements.NUMBERS.items() if number > 1}

LARGEST = 10**9
"""Amounts and charges beyond it are slips of the keyboard; whole numbers up to it are exact floats."""


@dataclass(frozen=True, slots=True)
class Formula:
    """The composition of one formula unit. Formulas of equal content are equal, however they were written.

    elements: symbols by atomic number, each once; D and T follow H and stand for themselves.
    amounts: atoms of each in one formula unit, > 0 and at most 1e9.
    charge: in units of the elementary charge.

    Raises:
        DataError: an unknown symbol, an amount out of bounds, another order, or nothing at all.
    """

    elements: tuple[str, ...]
    amounts: tuple[float, ...]
    charge: float = 0.0

    def __post_init__(self) -> None:
        faults = [
            Fault(f"formula, element {symbol!r}", "no element bears that symbol", nearest(symbol, list(_PLACE)))
            for symbol in self.elements
            if symbol not in _PLACE
        ]
        if len(self.elements) != len(self.amounts) or not self.elements:
            found = f"{len(self.elements)} elements and {len(self.amounts)} amounts"
            faults.append(Fault("formula", found, "Give at least one element, and one amount for each."))
        faults += [
            Fault(f"formula, amount of {symbol}", f"{amount!r} is no amount", f"Give one above 0, at most {LARGEST:g}.")
            for symbol, amount in zip(self.elements, self.amounts, strict=False)
            if not 0 < amount <= LARGEST
        ]
        if not abs(self.charge) <= LARGEST:
            faults.append(Fault("formula, charge", f"{self.charge!r} is no charge", f"Give one up to {LARGEST:g}."))
        places = [_PLACE.get(symbol, 0) for symbol in self.elements]
        if not faults and any(left >= right for left, right in pairwise(places)):
            found = f"{' '.join(self.elements)} are not each once and by atomic number"
            faults.append(Fault("formula, elements", found, "Use Formula.of, which puts them in order."))
        if faults:
            raise DataError(*faults)

    @classmethod
    def of(cls, amounts: Mapping[str, float], charge: float = 0.0) -> Formula:
        """A formula from symbol -> amount; what has the amount 0 is left out.

        Raises:
            DataError: see the class.
        """
        kept = [(symbol, float(amount)) for symbol, amount in amounts.items() if amount != 0]
        kept.sort(key=lambda item: _PLACE.get(item[0], 0))
        return cls(tuple(symbol for symbol, _ in kept), tuple(amount for _, amount in kept), float(charge))

    def __contains__(self, symbol: object) -> bool:
        """Whether an element is in it; "H" is also found in what holds D or T."""
        return symbol in self.elements or (symbol == "H" and any(isotope in self.elements for isotope in "DT"))

    def __getitem__(self, symbol: str) -> float:
        """The amount of an element, 0 where it is not in it; "H" counts D and T.

        Raises:
            DataError: no element bears that symbol.
        """
        if symbol not in _PLACE:
            raise DataError.at(f"element {symbol!r}", "no element bears that symbol", nearest(symbol, list(_PLACE)))
        names = ("H", *elements.ISOTOPES) if symbol == "H" else (symbol,)
        return sum(amount for name, amount in zip(self.elements, self.amounts, strict=True) if name in names)

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The formula in IUPAC's order (Recommendations 2005, Table VI), the charge after ^; `parse` reads it back."""
        rank = elements.column("iupac_order")
        last = float(len(elements.SYMBOLS))

        def order(symbol: str) -> tuple[float, int]:
            of = float(rank[elements.NUMBERS[symbol] - 1])
            return (last if math.isnan(of) else of), _PLACE[symbol]

        return self._written(sorted(self.elements, key=order))

    @property
    def hill(self) -> str:
        """The formula in Hill's order: C, H, then alphabetical; without carbon alphabetical."""
        first = ("C", "H") if "C" in self.elements else ()
        rest = sorted(symbol for symbol in self.elements if symbol not in first)
        return self._written([symbol for symbol in first if symbol in self.elements] + rest)

    @property
    def atoms(self) -> float:
        """Atoms in one formula unit."""
        return math.fsum(self.amounts)

    @property
    def mass(self) -> float:
        """Mass of one formula unit in Da, from standard atomic weights; that of electrons is left out."""
        masses = (elements.mass(symbol) for symbol in self.elements)
        return math.fsum(mass * amount for mass, amount in zip(masses, self.amounts, strict=True))

    @property
    def fractions(self) -> dict[str, float]:
        """Symbol -> atomic fraction; they sum to 1."""
        atoms = self.atoms
        return {symbol: amount / atoms for symbol, amount in zip(self.elements, self.amounts, strict=True)}

    @property
    def weight_fractions(self) -> dict[str, float]:
        """Symbol -> fraction of the mass; they sum to 1."""
        mass = self.mass
        return {
            symbol: elements.mass(symbol) * amount / mass
            for symbol, amount in zip(self.elements, self.amounts, strict=True)
        }

    @property
    def reduced(self) -> Formula:
        """The same composition in the smallest whole numbers, taking each amount for the decimal that it is.

        Fe4O6 becomes Fe2O3 and In1.998Ge0.002O3 becomes In999GeO1500. An ion stays as it is, since Hg2^2+ is not Hg^+,
        and so does what would need a number beyond 10**9.
        """
        if self.charge:
            return self
        exact = [Fraction(Decimal(repr(amount))) for amount in self.amounts]
        common = math.lcm(*(amount.denominator for amount in exact))
        whole = [int(amount * common) for amount in exact]
        divisor = math.gcd(*whole)
        if max(whole) // divisor > LARGEST:
            return self
        return Formula(self.elements, tuple(float(amount // divisor) for amount in whole))

    def _written(self, symbols: list[str]) -> str:
        amounts = dict(zip(self.elements, self.amounts, strict=True))
        text = "".join(symbol + ("" if amounts[symbol] == 1 else number(amounts[symbol])) for symbol in symbols)
        if not self.charge:
            return text
        size, sign = abs(self.charge), "+" if self.charge > 0 else "-"
        return f"{text}^{'' if size == 1 else number(size)}{sign}"


def number(value: float) -> str:
    """The shortest decimal that reads back as the same float, without an exponent."""
    return format(Decimal(repr(float(value))).normalize(), "f")
