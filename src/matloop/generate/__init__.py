"""Candidates that nobody has listed yet: charge-neutral compositions, and solid solutions on sublattices."""

from matloop.generate.enumeration import Enumeration
from matloop.generate.limits import Limit
from matloop.generate.solution import VACANCY, SolidSolution, Sublattice

__all__ = ["VACANCY", "Enumeration", "Limit", "SolidSolution", "Sublattice"]
