"""Demands on compositions, as options and settings name them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from matloop.chem.filters import Bound, Rule, Without
from matloop.chem.groups import names_in
from matloop.errors import DataError, Faults, MatloopError


def rules(exclude: Sequence[str], most: Mapping[str, float], least: Mapping[str, float]) -> tuple[Rule, ...]:
    """A rule for each element or group that shall not be there, and for each figure that is bounded.

    Args:
        exclude: elements and groups, as `Pb` and `rare-earth`; one text may hold several, as `Pb,Tl`.
        most: figure -> at most, as `price` -> 50 (USD/kg). Compositions of unknown figure fail.
        least: figure -> at least.

    Raises:
        DataError: naming every unknown one.
    """
    faults, found = Faults(), list[Rule]()
    for text in exclude:
        if not names_in([text]):
            faults.add(
                "exclude", f"{text!r} names nothing", "Name elements or groups, as 'Pb,rare-earth', or leave it out."
            )
    wanted: list[tuple[str, Callable[[], Rule]]]
    wanted = [("exclude", partial(Without, name)) for name in names_in(exclude)]
    for name in dict.fromkeys((*most, *least)):
        bound = partial(Bound, name, most.get(name, math.inf), least.get(name, -math.inf))
        wanted.append(("most" if name in most else "least", bound))
    for key, make in wanted:
        try:
            found.append(make())
        except MatloopError as error:
            for fault in error.faults:
                faults.add(key if key == "exclude" else f"{key}, {fault.place}", fault.found, fault.cure)
    faults.raise_if_any(DataError)
    return tuple(found)
