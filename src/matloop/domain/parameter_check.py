"""What every kind of parameter asks of its name, its unit and its numbers."""

from __future__ import annotations

from matloop.domain.number import as_number
from matloop.domain.units import check_unit
from matloop.errors import Faults, InputError, fail


def check_name(faults: Faults, name: object, kind: str) -> str:
    """Note a missing name; returns the place that further faults name."""
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        faults.add(f"{kind} parameter", f"name is {name!r}", "Give it a name, without blanks around it.")
    return f"parameter {name!r}"


def look_at_unit(faults: Faults, unit: str | None, place: str) -> None:
    """Note a unit that is none."""
    if unit is not None:
        try:
            check_unit(unit, place)
        except InputError as error:
            faults.absorb(error)


def parse_number(name: str, value: object) -> float:
    """The number that a cell or an argument states.

    Raises:
        InputError: when it states none.
    """
    found = as_number(value)
    if found is None:
        fail(InputError, f"parameter {name!r}", f"{value!r} is no number", "Give a finite number, like 12 or 0.5.")
    return found
