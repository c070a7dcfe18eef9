"""Named groups of elements: for what is to be left out, or allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from matloop.chem.elements import NUMBERS, SYMBOLS
from matloop.errors import DataError, Faults, nearest

_FREE = "-free"
_SYMBOLS = frozenset(SYMBOLS)


@dataclass(frozen=True, slots=True)
class Group:
    """Elements under one name.

    name: as campaign files write it. elements: symbols. meaning: what they have in common. source: who says so.
    """

    name: str
    elements: tuple[str, ...]
    meaning: str
    source: str


def _span(first: str, last: str) -> tuple[str, ...]:
    """The symbols from one atomic number to another."""
    return SYMBOLS[NUMBERS[first] - 1 : NUMBERS[last]]


_RED_BOOK = "IUPAC Nomenclature of Inorganic Chemistry (Red Book), 2005, IR-3.5"
_PLATINUM = ("Ru", "Rh", "Pd", "Os", "Ir", "Pt")

GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        group.name: group
        for group in (
            Group("rare-earth", ("Sc", "Y", *_span("La", "Lu")), "Sc, Y and La to Lu", _RED_BOOK),
            Group("lanthanide", _span("La", "Lu"), "La to Lu", _RED_BOOK),
            Group("actinide", _span("Ac", "Lr"), "Ac to Lr", _RED_BOOK),
            Group(
                "radioactive",
                ("Tc", "Pm", *_span("Po", "Og")),
                "without a stable isotope: Tc, Pm, Po and all above it; Bi, which outlives the universe, is not in it",
                "IUPAC Commission on Isotopic Abundances and Atomic Weights, standard atomic weights 2021",
            ),
            Group(
                "toxic",
                ("Be", "As", "Se", "Cd", "Hg", "Tl", "Pb", "U"),
                "their compounds are classified as a group: acute toxicity of category 1 to 3, or carcinogenic or "
                "toxic to reproduction of category 1; Cr(VI) and Ni, which depend on the compound, are not in it",
                "Regulation (EC) No 1272/2008 (CLP), Annex VI, Table 3",
            ),
            Group(
                "rohs",
                ("Cd", "Hg", "Pb"),
                "restricted in electrical equipment as elements; Cr(VI), which depends on the state, is not in it",
                "Directive 2011/65/EU (RoHS), Annex II",
            ),
            Group("platinum-group", _PLATINUM, "Ru, Rh, Pd, Os, Ir, Pt", "Johnson Matthey, PGM Market Report 2020"),
            Group("precious", (*_PLATINUM, "Ag", "Au"), "platinum group, Ag, Au", "London bullion market and LPPM"),
            Group("noble-gas", ("He", "Ne", "Ar", "Kr", "Xe", "Rn"), "group 18 without Og", _RED_BOOK),
            Group("halogen", ("F", "Cl", "Br", "I", "At"), "group 17 without Ts", _RED_BOOK),
            Group("chalcogen", ("O", "S", "Se", "Te", "Po"), "group 16 without Lv", _RED_BOOK),
            Group("pnictogen", ("N", "P", "As", "Sb", "Bi"), "group 15 without Mc", _RED_BOOK),
            Group("alkali", ("Li", "Na", "K", "Rb", "Cs", "Fr"), "group 1 without H", _RED_BOOK),
            Group("alkaline-earth", ("Be", "Mg", "Ca", "Sr", "Ba", "Ra"), "group 2", _RED_BOOK),
            Group(
                "transition-metal",
                (*_span("Sc", "Cu"), *_span("Y", "Ag"), *_span("Hf", "Au")),
                "groups 3 to 11 of the d block, to Au",
                "IUPAC Gold Book, transition element",
            ),
            Group(
                "metalloid",
                ("B", "Si", "Ge", "As", "Sb", "Te"),
                "B, Si, Ge, As, Sb, Te",
                "Vernon, J. Chem. Educ. 90, 1703 (2013)",
            ),
        )
    }
)
"""Every named group."""


def elements_of(names: Iterable[str], place: str = "elements", *, faults: Faults | None = None) -> frozenset[str]:
    """The elements that symbols and group names stand for.

    Args:
        names: symbols, as "Pb", and groups, as "rare-earth".
        place: what messages call the list.
        faults: where unknown names are noted instead of raised; they are then left out.

    Raises:
        DataError: all unknown names at once.
    """
    noted = Faults() if faults is None else faults
    found: set[str] = set()
    for name in names:
        if name in GROUPS:
            found.update(GROUPS[name].elements)
        elif name in _SYMBOLS:
            found.add(name)
        else:
            noted.add(place, f"{name!r} is neither an element nor a group of elements", _cure(name))
    if faults is None:
        noted.raise_if_any(DataError)
    return frozenset(found)


def names_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Symbols and groups, each once; one text may hold several, with commas or spaces between them."""
    return tuple(dict.fromkeys(name for text in texts for name in re.split(r"[,\s]+", text) if name))


def members(name: str) -> tuple[str, ...]:
    """The elements of one name, a symbol or a group, in the order of the group.

    Raises:
        DataError: for an unknown name.
    """
    return GROUPS[name].elements if name in GROUPS else tuple(elements_of([name]))


def _cure(name: str) -> str:
    """The nearest known name, whatever its case; symbols come first, since they are short."""
    plain = str(name).strip()
    if plain.lower().endswith(_FREE):
        bare = plain[: -len(_FREE)]
        return f"Name what is to be left out, without {_FREE!r}: {bare!r}."
    for known in (*SYMBOLS, *GROUPS):
        if known.lower() == plain.lower().replace("_", "-").replace(" ", "-"):
            return f"Did you mean {known!r}?"
    cure = nearest(plain.lower(), GROUPS)
    return cure if cure.startswith("Did") else f"Give symbols, as 'Pb', or groups: {_listed(GROUPS)}."


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(map(repr, names))
