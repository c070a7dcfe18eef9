"""Chemistry: formulas, elements, and what describes a composition."""

from matloop.chem.compositions import Compositions, compositions
from matloop.chem.formula import Formula
from matloop.chem.parse import parse

__all__ = ["Compositions", "Formula", "compositions", "parse"]
