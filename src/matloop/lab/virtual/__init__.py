"""A virtual thermoelectric laboratory: n-type Mg2Si(1-x)Sn(x) by composition, doping and temperature.

fermi, band: charge transport. alloy: the lattice. material: what ties them together, fitted to measured specimens.
synthesis: what fails. landscape: the space, the truth and the best. laboratory: readings with error.
"""

from matloop.lab.virtual.laboratory import VirtualLab
from matloop.lab.virtual.landscape import default_objective, default_space, true_best, truth

__all__ = ["VirtualLab", "default_objective", "default_space", "true_best", "truth"]
