"""The element table: elements.csv beside this file, whose columns and sources elements.toml names.

Arrays over elements have the order of the periodic table: place Z - 1 is the element with atomic number Z. D and T are
isotopes of hydrogen: they have masses of their own and otherwise count as hydrogen.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

import numpy as np

from matloop.errors import DataError, nearest

SYMBOLS: tuple[str, ...] = tuple(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu "
    "Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr "
    "Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og".split()
)
"""The symbols of all elements, by atomic number; SYMBOLS[0] is H."""

ISOTOPES: Mapping[str, float] = MappingProxyType({"D": 2.014101777844, "T": 3.01604928132})
"""Isotopes of hydrogen with their own symbol -> mass in Da (AME 2020, from the isotope table of mendeleev 1.3.0)."""

NUMBERS: Mapping[str, int] = MappingProxyType(
    {symbol: place + 1 for place, symbol in enumerate(SYMBOLS)} | dict.fromkeys(ISOTOPES, 1)
)
"""Symbol -> atomic number; D and T are 1."""

OxidationSet = Literal["common", "icsd24", "known"]

_TEXT = ("symbol", "name", "block")
_LISTS = ("oxidation_common", "oxidation_icsd24", "oxidation_known")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the element table.

    name: as in elements.csv.
    meaning: what it is.
    unit: as pint writes it; "1" for a number without a unit, empty for text.
    source: what the figures were taken from, with version and licence.
    origin: where that source has them from.
    note: where single figures have another origin; may be empty.
    """

    name: str
    meaning: str
    unit: str
    source: str
    origin: str
    note: str


@dataclass(frozen=True, slots=True)
class Element:
    """An element; None is a figure that the table does not have.

    number: atomic number.
    group, period, block: place in the periodic table; the f block has no group.
    mass: standard atomic weight in Da.
    electronegativity: Pauling's.
    oxidation: common oxidation states, ascending.
    radioactive: no isotope is stable.
    """

    number: int
    symbol: str
    name: str
    group: int | None
    period: int
    block: str
    mass: float
    electronegativity: float | None
    oxidation: tuple[int, ...]
    radioactive: bool


@cache
def columns() -> Mapping[str, Column]:
    """The columns of the table by name, each with its unit and source."""
    told = tomllib.loads(_file("elements.toml"))
    sources = {name: f"{source['name']}; {source['licence']}" for name, source in told["source"].items()}
    return MappingProxyType(
        {
            name: Column(
                name, made["meaning"], made["unit"], sources[made["source"]], made["origin"], made.get("note", "")
            )
            for name, made in told["column"].items()
        }
    )


@cache
def column(name: str) -> np.ndarray:
    """A numeric column of the table.

    Returns:
        (118,) float, by atomic number, read-only; NaN where the source has no figure.

    Raises:
        DataError: no numeric column bears that name.
    """
    table = _table()
    if name not in table or name in _TEXT or name in _LISTS:
        known = [known for known in table if known not in _TEXT and known not in _LISTS]
        raise DataError.at(f"element table, column {name!r}", "no numeric column of that name", nearest(name, known))
    values = np.array([float(cell) if cell else np.nan for cell in table[name]])
    values.setflags(write=False)
    return values


@cache
def oxidation_states(which: OxidationSet = "common") -> tuple[tuple[int, ...], ...]:
    """The oxidation states of every element, by atomic number, each ascending; empty where none is known.

    Args:
        which: "common" (Greenwood and Earnshaw), "icsd24" (reported more than five times in the ICSD, as SMACT has
            them) or "known" (rare ones and zero included).

    Raises:
        DataError: another set.
    """
    name = f"oxidation_{which}"
    if name not in _LISTS:
        known = [known.removeprefix("oxidation_") for known in _LISTS]
        raise DataError.at(f"element table, oxidation states {which!r}", "no such set", nearest(which, known))
    return tuple(tuple(int(state) for state in cell.split()) for cell in _table()[name])


@cache
def element(symbol: str) -> Element:
    """The element of a symbol; D and T are hydrogen with their own mass.

    Raises:
        DataError: no element bears that symbol.
    """
    if symbol not in NUMBERS:
        raise DataError.at(f"element {symbol!r}", "no element bears that symbol", nearest(symbol, list(NUMBERS)))
    place, table = NUMBERS[symbol] - 1, _table()
    group, negativity = table["group"][place], table["electronegativity"][place]
    return Element(
        number=place + 1,
        symbol=symbol,
        name=table["name"][place],
        group=int(group) if group else None,
        period=int(table["period"][place]),
        block=table["block"][place],
        mass=mass(symbol),
        electronegativity=float(negativity) if negativity else None,
        oxidation=oxidation_states("common")[place],
        radioactive=table["radioactive"][place] == "1",
    )


def mass(symbol: str) -> float:
    """The standard atomic weight of an element, or the mass of D or T, in Da."""
    return ISOTOPES[symbol] if symbol in ISOTOPES else float(column("mass")[NUMBERS[symbol] - 1])


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    """Column -> its cells as text, by atomic number."""
    head, *rows = csv.reader(_file("elements.csv").splitlines())
    return MappingProxyType(dict(zip(head, zip(*rows, strict=True), strict=True)))


def _file(name: str) -> str:
    return (resources.files("matloop.chem") / name).read_text(encoding="utf-8")
