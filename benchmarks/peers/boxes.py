"""Functions over boxes, as `botorch.test_functions` states them: with their best values, limits and binaries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from scipy.stats import qmc

from benchmarks.functions import (
    Function,
    ackley,
    ackley_around,
    ball_slacks,
    branin,
    gramacy,
    gramacy_slacks,
    hartmann6,
    labs,
    pressure_vessel,
    pressure_vessel_slacks,
)
from matloop.domain.objective import Goal

SPREAD_POINTS = 16
"""Two to this power Sobol points give the spread of a function over its box."""
SPREAD_SEED = 0


@dataclass(frozen=True)
class Box:
    """A function, its box, and what must hold.

    function: (n,) at (n, d). best: its best value, of those that hold the limits.
    slacks: (n, m) at (n, d), not below 0 where the limits hold; None without limits.
    worst: the worst value that holds the limits. binary: how many parameters, the first ones, are 0 or 1.
    """

    function: Function
    bounds: list[list[float]]
    best: float
    goal: Goal = "minimize"
    slacks: Function | None = None
    worst: float = math.nan
    binary: int = 0

    @cached_property
    def sample(self) -> np.ndarray:
        """(n, d) points that fill the box evenly."""
        low, high = np.array(self.bounds).T
        unit = qmc.Sobol(len(low), seed=SPREAD_SEED).random_base2(SPREAD_POINTS)
        unit[:, : self.binary] = np.round(unit[:, : self.binary])
        return low + unit * (high - low)

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the function."""
        return float(np.std(self.function(self.sample)))

    @cached_property
    def slack_spreads(self) -> np.ndarray:
        """(m,) standard deviation of each slack."""
        return np.zeros(0) if self.slacks is None else np.std(self.slacks(self.sample), axis=0)


ACKLEY_OPTIMUM = np.array([1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0.8158535541215322, 0.002738500170148095, 0.8574042765875693])
"""Drawn once, uniformly: a corner at which all binaries are 0 would reward a program that begins there."""

BOXES = {
    "branin": Box(branin, [[-5.0, 10.0], [0.0, 15.0]], 0.39788735772973816),
    "hartmann6": Box(hartmann6, [[0.0, 1.0]] * 6, -3.322368011415515),
    "ackley6": Box(ackley, [[-32.768, 32.768]] * 6, 0.0),
    "gramacy": Box(gramacy, [[0.0, 1.0]] * 2, 0.5997880520, slacks=gramacy_slacks, worst=3**0.5),
    "constrained-hartmann6": Box(
        hartmann6, [[0.0, 1.0]] * 6, -3.322368011415515, slacks=ball_slacks, worst=-0.000134601938
    ),
    "pressure-vessel": Box(
        pressure_vessel,
        [[0.0, 10.0], [0.0, 10.0], [10.0, 50.0], [150.0, 200.0]],
        5633.950241,
        slacks=pressure_vessel_slacks,
        worst=269214.5,
    ),
    "ackley13-mixed": Box(partial(ackley_around, optimum=ACKLEY_OPTIMUM), [[0.0, 1.0]] * 13, 0.0, binary=10),
    "labs20": Box(labs, [[0.0, 1.0]] * 20, 20**2 / 52, "maximize", binary=20),
}
