"""Supply of the elements: concentration of production and reserves, abundance, price; supply.toml names the sources.

An element without a figure is unknown: NaN here, said in every report, never zero.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from matloop.chem.elements import SYMBOLS
from matloop.errors import DataError, fail, nearest

Floats = NDArray[np.float64]

PRICE_FACTOR = 5.1
"""By how much a price of the table may be wrong for another year or grade: two thirds of them are within this factor.

Taken from the 66 elements that both this table (2010 to 2024) and the prices of September 2013 (Wolfram Alpha, as in
pymatgen's cost table) have; half of them are within a factor of 2.1. A price says an order of magnitude, no more.
"""

_ENDS = ("low", "high")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the elements, and how a compound's follows from it.

    name: as in filters and tables. meaning, unit: of the figure. year: of the figures. source: where they are from.
    combined: how the figures of a compound's elements become the compound's.
    """

    name: str
    meaning: str
    unit: str
    year: str
    source: str
    combined: str

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" [{self.unit}]"
        return f"{self.name}{unit}, {self.combined}; year {self.year}; {self.source}"


@cache
def figures() -> Mapping[str, Figure]:
    """Every figure by name: hhi_production, hhi_reserve, abundance, price."""
    told = tomllib.loads(_file("supply.toml"))
    return MappingProxyType({name: Figure(name, **made) for name, made in told.items()})


def figure(name: str) -> Figure:
    """The figure of a name.

    Raises:
        DataError: no figure bears it.
    """
    if name not in figures():
        fail(DataError, f"figure {name!r}", "no figure of the elements bears that name", nearest(name, figures()))
    return figures()[name]


@cache
def of_elements(name: str) -> Floats:
    """A figure of all elements; of a price that is a range, the middle.

    Returns:
        (118,) by atomic number, read-only; NaN where it is unknown.

    Raises:
        DataError: no figure bears the name.
    """
    figure(name)
    found = np.mean(price_range(), axis=0) if name == "price" else _column(name)
    found.setflags(write=False)
    return found


@cache
def price_range() -> tuple[Floats, Floats]:
    """The least and largest price of each element in the table's source, USD/kg; NaN where it is unknown.

    Returns:
        Two (118,) arrays, by atomic number; equal where the source states one price. See PRICE_FACTOR as well.
    """
    low, high = (_column(f"price_{end}") for end in _ENDS)
    return low, high


@cache
def price_years() -> Mapping[str, int]:
    """Symbol -> the year of its price, for all elements that have one."""
    table = _table()
    pairs = zip(table["symbol"], table["price_year"], strict=True)
    return MappingProxyType({symbol: int(year) for symbol, year in pairs if year})


@cache
def price_markets() -> Mapping[str, str]:
    """Symbol -> who states its price, for all elements that have one."""
    table = _table()
    pairs = zip(table["symbol"], table["price_source"], strict=True)
    return MappingProxyType({symbol: market for symbol, market in pairs if market})


def unknown(name: str) -> tuple[str, ...]:
    """The elements without that figure."""
    return tuple(symbol for symbol, gap in zip(SYMBOLS, np.isnan(of_elements(name)), strict=True) if gap)


def _column(name: str) -> Floats:
    values = np.array([float(cell) if cell else np.nan for cell in _table()[name]])
    values.setflags(write=False)
    return values


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    """Column -> its cells as text, by atomic number."""
    head, *rows = csv.reader(_file("supply.csv").splitlines())
    return MappingProxyType(dict(zip(head, zip(*rows, strict=True), strict=True)))


def _file(name: str) -> str:
    return (resources.files("matloop.chem") / name).read_text(encoding="utf-8")
