"""A product of powers of measured parts, and its error by propagation of logarithms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import ndtri

from matloop.domain.prediction import Floats
from matloop.domain.units import convert
from matloop.errors import Fault, Faults, InputError, fail, nearest

_NAMED_ROWS = 5  # rows that one message names; the rest is counted
_ROUNDING = 1e-12  # of a variance: below it a negative one is rounding, not correlations that contradict each other


@dataclass(frozen=True, slots=True)
class Part:
    """One measured part of a product.

    unit: in which the formula takes it. power: its exponent in the product. signed: whether it may be negative or 0.
    """

    unit: str
    power: float
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """A quantity made of measured parts.

    value: of any shape, in `unit`.
    log_std: its relative error, the standard deviation of ln(value); NaN where an error of a part is missing, or where
        the value is 0, since zero has no logarithm.
    shares: part -> what it adds to `log_std` squared; they sum to it where the parts are independent.
    unit: of the value.
    """

    value: Floats
    log_std: Floats
    shares: Mapping[str, Floats]
    unit: str

    @property
    def std(self) -> Floats:
        """One standard deviation, in `unit`: the value times its relative error (first order)."""
        return np.asarray(np.abs(self.value) * self.log_std, dtype=np.float64)

    def interval(self, level: float = 0.9) -> tuple[Floats, Floats]:
        """Between which bounds the truth lies at a level, by the normal law of the logarithm.

        Raises:
            InputError: for a level that is not between 0 and 1.
        """
        if not 0 < level < 1:
            fail(InputError, "level", f"it is {level!r}", "Give a number between 0 and 1, like 0.9.")
        factor = np.exp(float(ndtri((1 + level) / 2)) * self.log_std)
        low, high = self.value / factor, self.value * factor
        return np.minimum(low, high), np.maximum(low, high)

    def columns(self, name: str) -> dict[str, Floats]:
        """The two columns of a table that `tell` takes: NAME and NAME_std."""
        return {name: self.value, f"{name}_std": self.std}


@dataclass(frozen=True, slots=True)
class Given:
    """What a caller hands over of the parts.

    values: part -> numbers or a pint Quantity. stds: the same for their standard deviations.
    units: part -> unit of plain numbers, where it is not that of the formula.
    correlations: (part, part) -> correlation of their relative errors.
    """

    values: Mapping[str, Any]
    stds: Mapping[str, Any]
    units: Mapping[str, str]
    correlations: Mapping[tuple[str, str], Any]


def product(parts: Mapping[str, Part], given: Given, unit: str) -> Derived:
    """The product of the parts, each to its power, and its error.

    With f = prod x_i^p_i: var(ln f) = sum_ij p_i p_j r_ij u_i u_j, where u_i = std_i / |x_i| and r_ij are the
    correlations (1 on the diagonal, else 0 unless given).

    Raises:
        InputError: with every part whose unit, shape or value is wrong.
    """
    _refuse_strangers(parts, given)
    faults = Faults()
    values = {name: _taken(faults, name, given.values[name], parts[name], given.units) for name in parts}
    stds = {
        name: _taken(faults, f"std of {name}", given.stds[name], parts[name], given.units, width=True)
        for name in parts
        if name in given.stds
    }
    shape = _shape(faults, {**values, **{f"std of {name}": std for name, std in stds.items()}})
    for name, part in parts.items():
        if name in values and not part.signed:
            _refuse(faults, name, values[name], values[name] <= 0, f"not above 0 {part.unit}")
    for name, std in stds.items():
        _refuse(faults, f"std of {name}", std, std < 0, "negative")
    faults.raise_if_any(InputError)
    value = np.ones(shape)
    for name, part in parts.items():
        value = value * values[name] ** part.power
    if not stds:
        return Derived(value, np.full(shape, np.nan), {}, unit)
    return _with_error(parts, values, stds, given.correlations, Derived(value, np.zeros(shape), {}, unit))


def _with_error(
    parts: Mapping[str, Part],
    values: Mapping[str, Floats],
    stds: Mapping[str, Floats],
    correlations: Mapping[tuple[str, str], Any],
    bare: Derived,
) -> Derived:
    """The same quantity with its relative error."""
    shape = bare.value.shape
    slopes = {}
    for name, std in stds.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(values[name] == 0, np.where(std == 0, 0.0, np.nan), std / np.abs(values[name]))
        slopes[name] = np.broadcast_to(parts[name].power * relative, shape)
    shares = {name: slope**2 for name, slope in slopes.items()}
    variance = np.sum(list(shares.values()), axis=0)
    largest = variance.copy()
    for one, other in combinations(slopes, 2):
        r = _correlation(correlations, one, other)
        variance = variance + 2 * r * slopes[one] * slopes[other]
    impossible = variance < -_ROUNDING * largest
    if impossible.any():
        cure = "Give correlations that can hold together (a matrix without negative eigenvalues)."
        fail(InputError, "correlations", f"the variance comes out negative {_rows(impossible)}", cure)
    return Derived(bare.value, np.sqrt(np.maximum(variance, 0.0)), shares, bare.unit)


def _correlation(correlations: Mapping[tuple[str, str], Any], one: str, other: str) -> Floats:
    given = correlations.get((one, other), correlations.get((other, one), 0.0))
    r = np.asarray(given, dtype=np.float64)
    if not (np.abs(r) <= 1).all():
        fail(InputError, f"correlation of {one} and {other}", f"it is {given!r}", "Give a number from -1 to 1.")
    return r


def _refuse_strangers(parts: Mapping[str, Part], given: Given) -> None:
    """Refuse words that are no part of the formula, and correlations without two errors."""
    faults = Faults()
    for kind, names in (("std", given.stds), ("unit", given.units)):
        for name in names:
            if name not in parts:
                faults.add(f"{kind}[{name!r}]", "it is no part of this quantity", nearest(str(name), parts))
    for pair in given.correlations:
        named = isinstance(pair, tuple) and len(pair) == 2
        if not named or not set(pair) <= set(given.stds) or len(set(pair)) != 2:
            cure = "Name two different parts that both have a std, as ('seebeck', 'resistivity')."
            faults.add(f"correlation[{pair!r}]", "it is not between two parts with a std", cure)
    faults.raise_if_any(InputError)


def _taken(
    faults: Faults, name: str, given: Any, part: Part, units: Mapping[str, str], *, width: bool = False
) -> Floats:
    """Numbers in the formula's unit; on a fault, noted, NaN stands in."""
    own = name.removeprefix("std of ")
    unit = str(given.units) if hasattr(given, "units") and hasattr(given, "magnitude") else units.get(own, part.unit)
    bare = given.magnitude if hasattr(given, "magnitude") else given
    try:
        numbers = np.asarray(bare, dtype=np.float64)
    except (TypeError, ValueError):
        faults.add(name, f"{bare!r} is no number", "Give a number, an array of numbers, or a pint Quantity.")
        return np.asarray(np.nan)
    if np.isinf(numbers).any():
        faults.add(name, f"it is infinite {_rows(np.isinf(numbers))}", "Give finite numbers; NaN where it is missing.")
    try:
        return convert(numbers, unit, part.unit, name, difference=width)
    except InputError as error:
        cure = (
            f"Give it in {part.unit}, or in what converts to it; name the unit by a Quantity or unit={{{own!r}: ...}}."
        )
        trap = "; W/mK is read as watt per millikelvin, write W/(m K)" if "mK" in unit or "millikelvin" in unit else ""
        faults.found.append(Fault(name, f"{error.faults[0].found}{trap}", cure))
        return np.asarray(np.nan)


def _shape(faults: Faults, numbers: Mapping[str, Floats]) -> tuple[int, ...]:
    """The common shape of all."""
    try:
        return np.broadcast_shapes(*(one.shape for one in numbers.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {one.shape}" for name, one in numbers.items() if one.shape)
        faults.add("shapes", f"they do not go together: {shapes}", "Give arrays of one length, or single numbers.")
        return ()


def _refuse(faults: Faults, name: str, numbers: Floats, wrong: Any, why: str) -> None:
    if np.any(wrong):
        first = np.asarray(numbers)[np.asarray(wrong)].reshape(-1)[0]
        cure = "Correct the number, or its unit; NaN stands for a missing one."
        faults.add(name, f"{first:g} is {why} {_rows(wrong)}".rstrip(), cure)


def _rows(wrong: Any) -> str:
    """At which places of an array, counted from 0; nothing for a single number."""
    array = np.asarray(wrong)
    if not array.ndim:
        return ""
    places = np.flatnonzero(array.reshape(-1))
    more = f" and {len(places) - _NAMED_ROWS} more" if len(places) > _NAMED_ROWS else ""
    return f"(row{'s' if len(places) > 1 else ''} {', '.join(map(str, places[:_NAMED_ROWS]))}{more}, counted from 0)"
