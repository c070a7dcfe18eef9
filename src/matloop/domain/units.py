"""Units: what pint knows, and five words of the laboratory that it does not."""

from __future__ import annotations

import functools
import importlib
import re
from typing import Any

import numpy as np

from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail

OWN_UNITS = ("%", "wt%", "at%", "1", "arb")
"""Units that need no registry. `wt%`, `at%` and `arb` convert into nothing but themselves."""

_CLOSED = ("wt%", "at%", "arb")
_LONGEST_UNIT = 80  # characters; a longer text is no unit, and pint would take its time over it
# Any power but a short number would let a table's header have pint compute 9**9**9**9.
_POWER = r"(?:\*\*|\^)"
_SHORT = r"\s*(?:[+-]?\d{1,2}(?:\.\d{1,3})?|\(\s*[+-]?\d{1,2}(?:\s*/\s*\d{1,2})?\s*\))(?![\d.])(?!\s*(?:\*\*|\^))"
_WILD_POWER = re.compile(f"{_POWER}(?!{_SHORT})")
_HEADER = re.compile(r"^(?P<name>.*\S)(?P<blank>\s*)\[(?P<unit>[^\[\]]+)\]$", re.DOTALL)
_CURE = "Write a unit that pint knows (K, degC, GPa, J, S/cm, mmol/L), or one of % wt% at% 1 arb."


@functools.cache
def _registry() -> Any:
    """Pint's registry, made when the first unit is looked at: importing pint takes a second."""
    return importlib.import_module("pint").UnitRegistry()


def _parsed(unit: str) -> Any:
    """Pint's unit of that name, else None."""
    if not unit.strip() or len(unit) > _LONGEST_UNIT or _WILD_POWER.search(unit):
        return None
    if unit == "1":
        return _registry().dimensionless
    try:
        return _registry().parse_units(unit)
    except Exception:  # pint raises whatever its tokenizer met, from KeyError to TokenError
        return None


@functools.lru_cache(maxsize=1024)
def known_unit(unit: str) -> bool:
    """Whether `check_unit` would accept it."""
    return unit in OWN_UNITS or (_parsed(unit) is not None and not _parsed(unit).dimensionless) or _is_ratio(unit)


def _is_ratio(unit: str) -> bool:
    """Dimensionless, but with a name (percent, ppm, rad); a bare number or nothing has none."""
    return any(letter.isalpha() for letter in unit) and _parsed(unit) is not None


def check_unit(unit: str, place: str) -> None:
    """Refuse a unit that neither pint nor matloop knows.

    Raises:
        InputError: naming `place` and the cure.
    """
    if not isinstance(unit, str) or not known_unit(unit):
        fail(InputError, place, f"unknown unit {unit!r}", _CURE)


def convert(values: Floats, from_unit: str, to_unit: str, place: str, *, difference: bool = False) -> Floats:
    """Values given in `from_unit`, expressed in `to_unit`.

    Args:
        values: any shape, in `from_unit`; NaN stays NaN.
        from_unit: what the table says.
        to_unit: what the objective or parameter says.
        place: where, for the message.
        difference: the values are widths (a std), so the zero of a temperature scale plays no part.

    Raises:
        InputError: for an unknown unit, or two that do not convert.
    """
    check_unit(from_unit, place)
    check_unit(to_unit, place)
    if from_unit == to_unit:
        return values
    cure = f"Give the values in {to_unit!r}, or correct the unit (degC is a temperature, C a coulomb)."
    if from_unit in _CLOSED or to_unit in _CLOSED:
        fail(InputError, place, f"{from_unit!r} does not convert to {to_unit!r}", cure)
    source, target = _parsed(from_unit), _parsed(to_unit)
    make = _registry().Quantity
    try:
        if difference:
            source, target = ((make(1.0, unit) - make(0.0, unit)).units for unit in (source, target))
        moved = make(np.asarray(values, dtype=np.float64), source).to(target).magnitude
    except Exception as problem:  # pint's DimensionalityError and its kin are imported with pint alone
        fail(InputError, place, f"{from_unit!r} does not convert to {to_unit!r} ({problem})", cure)
    return np.asarray(moved, dtype=np.float64)


def split_header(header: str) -> tuple[str, str | None]:
    """Split `temperature [K]` into ("temperature", "K"); without a unit the second is None.

    Without a blank before the bracket only a known unit is split off, so that `x[0]` and `x[1]` stay two names.
    """
    header = header.strip()
    match = _HEADER.match(header)
    if match is None:
        return header, None
    unit = match["unit"].strip()
    counted = unit.isdigit() and unit != "1"
    if not unit or counted or not (match["blank"] or known_unit(unit)):
        return header, None
    return match["name"], unit


def unit_beside(name: str, unit: str | None) -> str | None:
    """The unit to print beside a name; None for pure numbers, and where the name ends in it: `hardness (GPa)`."""
    if unit in (None, "1") or name.rstrip().endswith((f"({unit})", f"[{unit}]")):
        return None
    return unit
