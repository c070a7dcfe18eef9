"""Demands on compositions, as options and settings name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matloop.chem.filters import Bound, Rule, Without
from matloop.errors import DataError, Faults, MatloopError


def rules(exclude: Sequence[str], most: Mapping[str, float], least: Mapping[str, float]) -> tuple[Rule, ...]:
    """A rule for each element or group that shall not be there, and for each figure that is bounded.

    Args:
        exclude: elements and groups, as `Pb` and `rare-earth`.
        most: figure -> at most, as `price` -> 50 (USD/kg). Compositions of unknown figure fail.
        least: figure -> at least.

    Raises:
        DataError: naming every unknown one.
    """
    faults, found = Faults(), list[Rule]()
    wanted = [(Without, {"name": name}) for name in dict.fromkeys(exclude)]
    bounded = {name: {} for name in (*most, *least)}
    for name in bounded:
        ends = {end: given[name] for end, given in (("most", most), ("least", least)) if name in given}
        wanted.append((Bound, {"figure": name, **ends}))
    for kind, settings in wanted:
        try:
            found.append(kind(**settings))
        except MatloopError as error:
            faults.absorb(error)
    faults.raise_if_any(DataError)
    return tuple(found)
