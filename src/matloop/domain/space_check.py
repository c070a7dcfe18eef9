"""Whether parameters and constraints make a space: every reason why not, with its cure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matloop.domain.constraint import Sum
from matloop.domain.grid import decimal
from matloop.domain.parameter import Binary, Categorical, Integer, Parameter, Real
from matloop.domain.simplex import Simplex
from matloop.errors import Faults, NotYetSupported, fail, nearest

_NEAR_TOTAL = 1e-10  # a stated total this near to a grid total is that total; sums hold to ten times this

Block = tuple[tuple[int, ...], Simplex]
"""A sum: the places of its parameters, and the simplex of their grid indices."""


def check_parameters(faults: Faults, parameters: Sequence[object]) -> None:
    """Note what is no parameter, and names that stand there twice."""
    if not parameters:
        faults.add("space", "no parameters", "Give one or more.")
    names: set[str] = set()
    for one in parameters:
        if not isinstance(one, Real | Integer | Categorical | Binary):
            faults.add("space", f"{one!r} is no parameter", "Give Real, Integer, Categorical or Binary.")
        elif one.name in names:
            faults.add(f"parameter {one.name!r}", "the name is taken", "Give every parameter its own name.")
        else:
            names.add(one.name)


def refuse_overlap(constraints: Sequence[Sum]) -> None:
    """Sums that share a parameter have no exact count here."""
    seen: dict[str, Sum] = {}
    for held in constraints:
        for name in held.names:
            if name in seen:
                found = f"{name!r} is in another sum too, which is not yet supported"
                fail(NotYetSupported, str(held), found, "Let every parameter be in one sum at most.")
            seen[name] = held


def bounded_sum(faults: Faults, held: object, parameters: Sequence[Parameter]) -> Block | None:
    """A sum in grid units, or None with the reasons noted why no point meets it."""
    if not isinstance(held, Sum):
        faults.add("space", f"{held!r} is no constraint", "Give Sum.")
        return None
    before = len(faults.found)
    place = str(held)
    known = {one.name: i for i, one in enumerate(parameters)}
    if held.tolerance:
        faults.add(place, f"tolerance is {held.tolerance:g}", "Sums of a space are exact: leave tolerance at 0.")
    for name in held.names:
        if name not in known:
            faults.add(place, f"unknown parameter {name!r}", nearest(name, known))
        elif not isinstance(parameters[known[name]], Real | Integer):
            faults.add(place, f"{name!r} is no number", "Sum over real and integer parameters.")
    if len(faults.found) > before:
        return None
    places = tuple(known[name] for name in held.names)
    members = [one for one in (parameters[i] for i in places) if isinstance(one, Real | Integer)]
    steps = {one.name: one.grid.spacing for one in members}
    if len(set(steps.values())) > 1:
        given = ", ".join(f"{name} {float(step):g}" for name, step in steps.items())
        faults.add(place, f"the steps differ ({given})", "Give these parameters one and the same step.")
        return None
    total = _total(faults, held, members)
    return None if total is None else (places, Simplex(tuple(one.size - 1 for one in members), total))


def _total(faults: Faults, held: Sum, members: Sequence[Real | Integer]) -> int | None:
    """The total in grid units above the lower bounds, or None with the reason noted why it cannot be reached."""
    place = str(held)
    step = members[0].grid.spacing
    low = sum((one.grid.first for one in members), Fraction(0))
    high = low + step * sum(one.size - 1 for one in members)
    reach = f"reachable is {float(low):g} to {float(high):g} in steps of {float(step):g}"
    units = round((decimal(held.equals) - low) / step)
    if not low - step / 2 < decimal(held.equals) < high + step / 2:
        widen = "raise the upper bounds" if decimal(held.equals) > high else "lower the lower bounds"
        faults.add(place, f"no point reaches the total; {reach}", f"Change the total, or {widen}.")
        return None
    if abs(decimal(held.equals) - low - units * step) > decimal(_NEAR_TOTAL):
        near = float(low + units * step)
        faults.add(place, f"the total lies between grid points; {reach}", f"Use {near:.12g}, or a finer step.")
        return None
    return units
