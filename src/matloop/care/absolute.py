"""Temperatures that nothing can have, in columns that are learned from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matloop.care.roles import temperature_unit
from matloop.domain.prediction import Floats
from matloop.domain.units import convert, split_header
from matloop.errors import Fault


def impossible(header: str, values: Floats, places: Sequence[str]) -> list[Fault]:
    """A fault for each temperature at or below absolute zero; none where the column is of something else.

    Args:
        header: of the column; without a unit it is kelvin.
        values: (n,) its numbers.
        places: (n,) where each stands.
    """
    unit = temperature_unit(header)
    if unit is None:
        return []
    name = split_header(header)[0]
    cure = "Correct it, or leave the row out."
    if unit == "K":
        cure = f"Is it in degrees Celsius? Then head the column {f'{name} [degC]'!r}; else correct it."
    found = f"{{:g}} {unit} is not above absolute zero"
    wrong = np.flatnonzero(convert(np.asarray(values, dtype=np.float64), unit, "K", name) <= 0)
    return [Fault(places[row], found.format(values[row]), cure) for row in wrong.tolist()]
