"""What the virtual laboratory looks for: the space, the objective, the truth, and the best that there is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.objective import Objective
from matloop.domain.parameter import Integer, Parameter, Real
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.errors import ConfigError, Faults, SpaceError, fail, nearest
from matloop.lab.virtual.material import MG2_SI_SN
from matloop.lab.virtual.synthesis import feasible

LIMITS: Mapping[str, tuple[float, float]] = {
    "x": (0.0, 1.0),
    "log10_n": (17.0, 21.3),
    "temperature": (250.0, 1000.0),
}
"""What the laboratory can set: fraction of tin, log10 of donors a cm³, K.

Beyond them the material model loses its ground: hot, the gap closes; dilute, ionised impurities would scatter.
"""

UNITS: Mapping[str, tuple[str | None, ...]] = {"x": (None, "1"), "log10_n": (None, "1"), "temperature": (None, "K")}
MEASURED = "zT"

_MOST_POINTS = 2_000_000  # grid points that `true_best` looks at; some 5 s
_CHUNK = 100_000  # points at a time; the bands need some 300 bytes a point


def default_space() -> Space:
    """Composition, doping and temperature of Mg2Si(1-x)Sn(x): 289,567 points."""
    return Space(
        [
            Real("x", 0.0, 1.0, step=0.01),
            Real("log10_n", 18.5, 20.8, step=0.05),
            Real("temperature", 300.0, 900.0, step=10.0, unit="K"),
        ]
    )


def default_objective() -> Objective:
    """The figure of merit, to be maximised."""
    return Objective(MEASURED, "maximize", unit="1")


def truth(x: Floats | float, log10_n: Floats | float, temperature: Floats | float) -> Floats:
    """The true zT, arguments broadcast: fraction of tin, log10 of donors a cm³, K."""
    return MG2_SI_SN.properties(x, log10_n, temperature).zt


def true_best(space: Space) -> tuple[dict[str, Value], float]:
    """The values of highest true zT on the grid of a space, and that zT, among the candidates that can be made.

    Every point that satisfies the constraints is looked at; see `synthesis.feasible` for what can be made.

    Raises:
        SpaceError: when there are too many points to look at all, or none can be made.
        ConfigError: when the laboratory cannot set them.
    """
    check_candidates(space)
    grid = space.enumerate(_MOST_POINTS)
    if grid is None:
        found = f"{space.most:,} grid points"
        fail(SpaceError, "virtual laboratory", found, f"Take coarser steps: at most {_MOST_POINTS:,} are looked at.")
    columns = []
    for name in LIMITS:
        place = space.names.index(name)
        values = np.array([space.parameters[place].value(k) for k in range(space.parameters[place].size)], dtype=float)
        columns.append(values[grid[:, place]])
    starts = range(0, len(grid), _CHUNK)
    zt = np.concatenate([truth(*(column[start : start + _CHUNK] for column in columns)) for start in starts])
    zt[~feasible(*columns)] = -np.inf
    if not np.isfinite(zt).any():
        cure = "Widen it: hotter against decomposition, colder against evaporation, fewer donors against precipitates."
        fail(SpaceError, "virtual laboratory", f"none of {len(grid):,} candidates can be made", cure)
    best = int(np.argmax(zt))
    return space.values(grid[best]), float(zt[best])


def check_candidates(candidates: Space | Pool) -> None:
    """Refuse candidates that do not say exactly x, log10_n and temperature, within `LIMITS`.

    Raises:
        ConfigError: all faults at once.
    """
    faults = Faults()
    for name in candidates.names:
        if name not in LIMITS:
            faults.add("virtual laboratory", f"it cannot set {name!r}", nearest(name, LIMITS))
    for name in LIMITS:
        if name not in candidates.names:
            faults.add("virtual laboratory", f"{name!r} is missing", f"It sets {', '.join(LIMITS)}: give all three.")
    for parameter in candidates.parameters if isinstance(candidates, Space) else ():
        if parameter.name in LIMITS:
            _check_parameter(faults, parameter)
    faults.raise_if_any(ConfigError)


def _check_parameter(faults: Faults, parameter: Parameter) -> None:
    place, (low, high), units = f"parameter {parameter.name!r}", LIMITS[parameter.name], UNITS[parameter.name]
    if not isinstance(parameter, Real | Integer):
        faults.add(place, "it is no number", "Make it real.")
        return
    if parameter.unit not in units:
        cure = f"Give it in {units[1]!r}." if units[1] != "1" else "Leave the unit out."
        faults.add(place, f"the virtual laboratory does not read {parameter.unit!r}", cure)
    if not low <= parameter.low <= parameter.high <= high:
        faults.add(place, f"it spans {parameter.low:g} to {parameter.high:g}", f"Keep within {low:g} to {high:g}.")
