"""Temperatures of a screen: those that nothing can have, and those of the training table that nobody has named."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from matloop.care.roles import plain, temperature_unit
from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.domain.units import convert
from matloop.errors import Faults, InputError
from matloop.screen.source import columns_of, place_of, rows_of
from matloop.screen.training import Columns

_ITSELF = ("t", "temp", "temperature")
"""Headers of the temperature of a measurement, before a unit; others may be of a synthesis, or a melting point."""


def refuse_impossible(path: Path, columns: Columns, conditions: Floats, place: str = "at") -> None:
    """Refuse to predict at or below absolute zero.

    Args:
        path: the training table, whose header says the unit; without one it is kelvin.
        columns: which of its columns are what.
        conditions: (k, c) values of its process columns.
        place: what they were said by.

    Raises:
        InputError: naming each temperature.
    """
    names, faults = columns_of(path, columns.header_row), Faults()
    for j, name in enumerate(columns.process):
        unit = temperature_unit(names[place_of(names, name, path)])
        if unit is None:
            continue
        asked = np.unique(conditions[:, j])
        for value in asked[convert(asked, unit, "K", name) <= 0].tolist():
            cure = f"Give it in {unit}" + (", or say in the header that the table is in degC." if unit == "K" else ".")
            faults.add(f"{place}, {name!r}", f"{value:g} {unit} is not above absolute zero", cure)
    faults.raise_if_any(InputError)


def pooled(path: Path, columns: Columns) -> str:
    """Which temperatures of the training table are learned from as if they were one, in words; "" for none."""
    names = columns_of(path, columns.header_row)
    named = {place_of(names, one, path) for one in (columns.formula, columns.target, *columns.process)}
    places = [i for i, name in enumerate(names) if i not in named and name != columns.group and temperature_unit(name)]
    formula, target = (place_of(names, one, path) for one in (columns.formula, columns.target))
    seen: dict[int, dict[str, set[float]]] = {i: defaultdict(set) for i in places}
    for _, cells in rows_of(path, columns.header_row) if places else ():
        for i in places:
            number = as_number(cells[i])
            if number is not None and cells[target]:
                seen[i][cells[formula]].add(number)
    for i in places:
        values = set().union(*seen[i].values())
        several = sum(len(own) > 1 for own in seen[i].values())
        if several or (len(values) > 1 and plain(names[i]).split("_")[0] in _ITSELF):
            span = f"{len(values)} values of {names[i]!r} ({min(values):g} to {max(values):g})"
            said = f"{several} of {len(seen[i])} formulas have several"
            cure = f'name it as a condition, as --at "{names[i]}={max(values):g}"'
            return f"readings at {span} are learned from as if it played no part ({said}): {cure}"
    return ""
