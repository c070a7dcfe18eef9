"""Parameters: what can be set, and the grid of values that each may take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from matloop.domain import canonical
from matloop.domain.canonical import Value
from matloop.domain.categorical import Categorical
from matloop.domain.context import Context
from matloop.domain.grid import Grid, decimal
from matloop.domain.number import as_number
from matloop.domain.parameter_check import check_name, look_at_unit, parse_number
from matloop.errors import DataError, Faults, InputError, SpaceError, fail, nearest

__all__ = ["KINDS", "Binary", "Categorical", "Integer", "Parameter", "Real", "from_json"]

DEFAULT_STEPS = 10**6  # a real parameter without a step has this many (CONTRACT, Identity); ids depend on it
MOST_POINTS = 2**53  # grid indices are counted in float64 where a search scales them
_ULPS_A_STEP = 4  # below this two neighbouring grid values may print as one float, and one id would name two points
_TRUE = ("true", "1", "yes")
_FALSE = ("false", "0", "no")


@runtime_checkable
class Parameter(Protocol):
    """Something that can be set, with a finite grid of values counted 0 .. size - 1."""

    @property
    def name(self) -> str:
        """Its name, unique in its space."""
        ...

    @property
    def size(self) -> int:
        """Number of grid values."""
        ...

    @property
    def width(self) -> int:
        """Number of encoded columns."""
        ...

    def value(self, k: int) -> Value:
        """The k-th grid value."""
        ...

    def index(self, value: Value) -> int | None:
        """Grid index of a value, None when it is off the grid, out of bounds or unknown."""
        ...

    def parse(self, value: object) -> Value:
        """The typed value that a cell or an argument states, on the grid or not.

        Raises:
            InputError: when it states none.
        """
        ...

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        ...


@dataclass(frozen=True)
class Real:
    """A number between low and high, set in steps.

    low, high: bounds, in `unit`.
    step: distance of neighbouring grid values, same unit; None for (high - low) / 1e6. Where it does not divide
        high - low the grid ends at the largest value <= high.
    unit: what pint knows, or % wt% at% 1 arb.
    """

    name: str
    low: float
    high: float
    step: float | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        place = check_name(faults, self.name, "real")
        look_at_unit(faults, self.unit, place)
        numbers = {"low": self.low, "high": self.high, "step": self.step}
        for key, given in numbers.items():
            number = as_number(given)
            if isinstance(given, str) or (number is None and not (key == "step" and given is None)):
                faults.add(place, f"{key} is {given!r}", f"Give {key} as a finite number.")
            else:
                object.__setattr__(self, key, number)
        if not faults.found:
            self._check_range(faults, place)
        faults.raise_if_any(SpaceError)

    def _check_range(self, faults: Faults, place: str) -> None:
        if self.low >= self.high:
            cure = "Give low < high." if self.low > self.high else "Give low < high, or leave the parameter out."
            faults.add(place, f"low is {self.low}, high is {self.high}", cure)
            return
        if not math.isfinite(self.high - self.low):
            faults.add(place, "high - low is beyond what a float holds", "Choose a smaller unit.")
            return
        if self.step is not None and not 0 < decimal(self.step) <= decimal(self.high) - decimal(self.low):
            faults.add(place, f"step is {self.step}", f"Give 0 < step <= {self.high - self.low:.6g} (high - low).")
            return
        finest = _ULPS_A_STEP * math.ulp(max(abs(self.low), abs(self.high)))
        if self._spacing < max(decimal(finest), (decimal(self.high) - decimal(self.low)) / MOST_POINTS):
            cure = f"Give a step of {finest:.1g} or more, or count from a nearer zero."
            faults.add(place, f"a step of {float(self._spacing):.3g} is too fine for these bounds", cure)

    @property
    def _spacing(self) -> Fraction:
        if self.step is not None:
            return decimal(self.step)
        return (decimal(self.high) - decimal(self.low)) / DEFAULT_STEPS

    @cached_property
    def grid(self) -> Grid:
        """Its values in exact decimal numbers."""
        return Grid.between(self.low, self.high, self._spacing)

    @property
    def size(self) -> int:
        """Number of grid values."""
        return self.grid.size

    @property
    def width(self) -> int:
        """Number of encoded columns."""
        return 1

    def value(self, k: int) -> float:
        """The k-th grid value, in `unit`."""
        return self.grid.value(k)

    def index(self, value: Value) -> int | None:
        """Grid index of a value; within 1e-9 of the range it is on the grid."""
        number = as_number(value)
        return None if number is None else self.grid.index(number)

    def parse(self, value: object) -> float:
        """The number that a cell or an argument states.

        Raises:
            InputError: when it states none.
        """
        return parse_number(self.name, value)

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {
            "kind": "real",
            "name": self.name,
            "low": self.low,
            "high": self.high,
            "step": self.step,
            "unit": self.unit,
        }


@dataclass(frozen=True)
class Integer:
    """A whole number from low to high, both included, in `unit`."""

    name: str
    low: int
    high: int
    unit: str | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        place = check_name(faults, self.name, "integer")
        look_at_unit(faults, self.unit, place)
        for key, given in (("low", self.low), ("high", self.high)):
            number = as_number(given)
            if isinstance(given, str) or number is None or not number.is_integer() or abs(number) >= MOST_POINTS / 2:
                faults.add(place, f"{key} is {given!r}", f"Give {key} as a whole number (below 2^52).")
            else:
                object.__setattr__(self, key, int(number))
        if not faults.found and self.low > self.high:
            faults.add(place, f"low is {self.low}, high is {self.high}", "Give low <= high.")
        faults.raise_if_any(SpaceError)

    @property
    def grid(self) -> Grid:
        """Its values in exact numbers."""
        return Grid(self.low, 1, 1, self.size)

    @property
    def size(self) -> int:
        """Number of grid values."""
        return self.high - self.low + 1

    @property
    def width(self) -> int:
        """Number of encoded columns."""
        return 1

    def value(self, k: int) -> int:
        """The k-th whole number, in `unit`."""
        return self.low + int(k)

    def index(self, value: Value) -> int | None:
        """Grid index of a value; 12 and 12.0 are one, 12.5 is off the grid."""
        number = as_number(value)
        return None if number is None else self.grid.index(number)

    def parse(self, value: object) -> int | float:
        """The number that a cell or an argument states: whole where it is (what was executed may lie between).

        Raises:
            InputError: when it states none.
        """
        number = parse_number(self.name, value)
        return int(number) if number.is_integer() else number

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {"kind": "integer", "name": self.name, "low": self.low, "high": self.high, "unit": self.unit}


@dataclass(frozen=True)
class Binary:
    """Off or on."""

    name: str

    def __post_init__(self) -> None:
        faults = Faults()
        check_name(faults, self.name, "binary")
        faults.raise_if_any(SpaceError)

    @property
    def size(self) -> int:
        """Number of grid values."""
        return 2

    @property
    def width(self) -> int:
        """Number of encoded columns."""
        return 1

    def value(self, k: int) -> bool:
        """False, then True."""
        return bool((False, True)[k])

    def index(self, value: Value) -> int | None:
        """0 for False, 1 for True (and for the numbers)."""
        return int(value) if isinstance(value, bool | int | float) and value in (0, 1) else None

    def parse(self, value: object) -> bool:
        """True or False, as a cell or an argument states it.

        Raises:
            InputError: when it states neither.
        """
        number = as_number(value)
        word = canonical.number_text(number) if number is not None else str(value).strip().lower()
        if word not in (*_TRUE, *_FALSE):
            fail(InputError, f"parameter {self.name!r}", f"{value!r} is neither", "Give true or false (or 1 or 0).")
        return word in _TRUE

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {"kind": "binary", "name": self.name}


KINDS: dict[str, Any] = {
    "real": Real,
    "integer": Integer,
    "categorical": Categorical,
    "binary": Binary,
    "context": Context,
}


def from_json(data: Mapping[str, Any]) -> Parameter | Context:
    """Read `to_json` back.

    Raises:
        DataError: for an unknown kind.
        SpaceError: when the settings cannot be met.
    """
    settings = dict(data)
    kind = settings.pop("kind", None)
    if settings.get("descriptors") is not None:
        settings["descriptors"] = {**settings["descriptors"], "choices": settings["choices"]}
    if kind not in KINDS:
        fail(DataError, "parameter", f"unknown kind {kind!r}", nearest(str(kind), KINDS))
    made: Parameter | Context = KINDS[kind](**settings)
    return made
