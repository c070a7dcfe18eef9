"""A virtual thermoelectric laboratory: n-type Mg2Si(1-x)Sn(x) by composition, doping and temperature.

fermi, band: charge transport. alloy: the lattice. material: what ties them together, fitted to measured specimens.
landscape: the space, the truth and the best. synthesis: what can be made. instrument: how exactly zT is read.
specimen: what chance makes of a suggestion. floor: furnace, rigs and the simulated clock. price: what it costs.
settings: all that can be set. laboratory: the lab that the loop sees.
"""

from matloop.lab.virtual.laboratory import VirtualLab
from matloop.lab.virtual.landscape import default_objective, default_space, true_best, truth
from matloop.lab.virtual.synthesis import feasible

__all__ = ["VirtualLab", "default_objective", "default_space", "feasible", "true_best", "truth"]
