"""Quantities that are made of measured parts, with their errors. `thermoelectric` holds zT and the power factor."""

from matloop.physics.derived import Derived
from matloop.physics.thermoelectric import PARTS, figure_of_merit, power_factor

__all__ = ["PARTS", "Derived", "figure_of_merit", "power_factor"]
