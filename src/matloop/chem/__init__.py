"""Chemistry: formulas, elements, and what describes a composition.

`parse` reads one formula and `compositions` many; `magpie` and `describe` turn them into numbers, and `features` tells
what each number is. Objects of pymatgen are understood; pymatgen itself is never imported.
"""

from matloop.chem.compositions import Compositions, compositions
from matloop.chem.describe import Description, describe, describe_chunks, features
from matloop.chem.elements import Element, element
from matloop.chem.feature import Feature
from matloop.chem.formula import Formula
from matloop.chem.magpie import MAGPIE, magpie
from matloop.chem.molecules import molecules
from matloop.chem.parse import parse

__all__ = [
    "MAGPIE",
    "Compositions",
    "Description",
    "Element",
    "Feature",
    "Formula",
    "compositions",
    "describe",
    "describe_chunks",
    "element",
    "features",
    "magpie",
    "molecules",
    "parse",
]
