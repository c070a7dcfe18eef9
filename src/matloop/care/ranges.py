"""Figures that cannot be: beyond what nature allows, kelvin among degrees Celsius, percent among fractions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from matloop.care.columns import Column, Data
from matloop.care.finding import Finding
from matloop.care.roles import UNITS, Roles, plain
from matloop.decide.words import count
from matloop.domain.prediction import Floats
from matloop.domain.units import convert
from matloop.errors import InputError

RANGES: Mapping[str, tuple[float, float, str]] = {
    "temperature": (0.0, 4500.0, "no solid is left above 4500 K"),
    "seebeck": (-0.1, 0.1, "the largest that was measured is 0.045 V/K, in FeSb2 at 10 K (Bentien 2007)"),
    "resistivity": (0.0, np.inf, "a resistivity is above 0"),
    "conductivity": (0.0, 1e11, "the purest metals reach some 1e11 S/m, at 4 K"),
    "thermal_conductivity": (0.0, 5e4, "pure copper and diamond reach some 2e4 W/(m K), at 20 to 80 K"),
    "zT": (0.0, 3.5, "no bulk material has a confirmed zT above 3.1 (SnSe, Zhou 2021)"),
    "power_factor": (0.0, 3.0, "the largest is some 2 W/(m K^2), in FeSb2 at 10 K"),
}
"""Quantity -> least and largest number in SI that is taken without a doubt, and why."""
_POSITIVE = ("temperature", "resistivity", "conductivity", "thermal_conductivity")  # 0 is impossible as well
_CELSIUS = 273.15
_ROOM = 250.0  # K: below lie cryogenic measurements, which a ramp from room temperature would not reach at a leap
_LEAP = 75.0  # K between the coldest of the bulk and the warmest of what looks like degC; a ramp has smaller steps
_BULK = 0.6  # share of the rows that must lie above room temperature for the others to look like degC
_INDOORS = (15.0, 30.0)  # degC; a series in degC begins here, one in K seldom does, and then rises in small steps
_OUTDOORS = 60.0  # K; a cryogenic series that begins indoors has temperatures below
_BEGUN = 0.02  # share of the rows that must be indoors: a series of fifty steps begins there
_WHOLE = 0.8  # share of the rows that must agree on 1 or 100 as the sum of parts
_NEAR = 0.02  # relative: how near a row's sum must come to that of the others
_PARTS = re.compile(r"(?:^|_)(?:content|fraction|frac|percent|pct|load|loading|wt|at|mol|mole|vol)(?:_|$)")
_FRACTION = re.compile(r"(?:^|_)(?:fraction|frac)(?:_|$)")
_RARE = 0.2  # share of rows up to which they are the odd ones


def look(data: Data, roles: Roles) -> tuple[list[Finding], str]:
    """Findings; it can always be looked at."""
    return [*_impossible(data, roles), *_celsius(data, roles), *_sums(data, roles), *_percent(data)], ""


def _impossible(data: Data, roles: Roles) -> Iterator[Finding]:
    for role, name in roles.quantities.items():
        low, high, why = RANGES[role]
        numbers = _in_si(data.columns[name], roles.units.get(name) or UNITS[role], role)
        if numbers is None:
            continue
        with np.errstate(invalid="ignore"):
            below = numbers <= low if role in _POSITIVE else numbers < low
            above = numbers > high
        half = np.count_nonzero(above) > 0.5 * np.count_nonzero(~np.isnan(numbers))
        if below.any():
            rows = np.flatnonzero(below)
            said = "below absolute zero, or at it" if role == "temperature" else f"not above {low:g}{_of(role)}"
            found = f"{name!r} is {said} in {count(len(rows), 'row')}: {data.columns[name].said(int(rows[0]))}"
            cure = "Temperatures in degC need a header that says so." if role == "temperature" else "Correct the sign."
            yield Finding("impossible", "error", found, cure, (name,), data.at(rows))
        if half and role == "seebeck" and not roles.units.get(name):
            continue  # the unit is looked for by the laws, or named by `unit missing`
        if above.any():
            rows = np.flatnonzero(above)
            rows = rows[np.argsort(-numbers[rows], kind="stable")]
            found = f"{name!r} is above {high:g}{_of(role)} in {count(len(rows), 'row')} ({why})"
            cure = "Look at the unit of these figures, and at the decimal point."
            yield Finding("implausible", "error" if half else "warning", found, cure, (name,), data.at(rows))


def _of(role: str) -> str:
    """The unit to write behind a number; none for pure ones."""
    return "" if UNITS[role] == "1" else f" {UNITS[role]}"


def _in_si(column: Column, unit: str, role: str) -> Floats | None:
    """The numbers in SI; None where the unit does not convert, which the laws say."""
    try:
        return convert(column.figures, unit, UNITS[role], column.name)
    except InputError:
        return None


def _celsius(data: Data, roles: Roles) -> Iterator[Finding]:
    """A column that mixes kelvin and degrees Celsius, or holds the other one than its header says."""
    name = roles.temperature
    if name is None:
        return
    unit = roles.units.get(name) or "K"
    numbers = data.numbers(name)
    held = numbers[~np.isnan(numbers)]
    if unit == "degC" and len(held) and float(np.mean(_shifted(held))) > _WHOLE:
        found = f"{name!r} says degC, but its figures are kelvin: they end in .15, as 298.15 does"
        yield Finding("celsius", "error", found, "Correct the header to K.", (name,))
    if unit not in ("K", "kelvin") or not len(held):
        return
    warm = numbers >= _ROOM
    cold = numbers < _ROOM
    if not cold.any() or np.count_nonzero(warm) < _BULK * len(held):
        yield from _indoors(name, held, stated=name in roles.units)
        return
    leap = float(numbers[warm].min() - numbers[cold].max())
    steps = np.unique(numbers[warm])
    moved = np.where(cold, numbers, np.nan) + _CELSIUS
    place = np.clip(np.searchsorted(steps, moved), 1, len(steps) - 1) if len(steps) > 1 else np.zeros(len(moved), int)
    nearest = np.minimum(np.abs(steps[place] - moved), np.abs(steps[place - 1] - moved))
    meets = np.flatnonzero(cold & (nearest <= 1.0))
    if leap >= _LEAP and len(meets) >= _WHOLE * np.count_nonzero(cold):
        found = (
            f"{count(len(meets), 'temperature')} may be degC among kelvin: {numbers[meets[0]]:g} is far below all "
            f"others, and {numbers[meets[0]] + _CELSIUS:g} is a temperature of other rows"
        )
        cure = f"Add {_CELSIUS} to them if they are degC."
        yield Finding("celsius", "warning", found, cure, (name,), data.at(meets))


def _indoors(name: str, held: Floats, *, stated: bool) -> Iterator[Finding]:
    """Kelvin that begin at the temperature of a room in degC, and leave out what lies just above it."""
    low, high = _INDOORS
    indoors = (held >= low) & (held <= high)
    if held.min() < low or np.mean(indoors) < _BEGUN or ((held > high) & (held < _OUTDOORS)).any():
        return
    unit = "says K, but" if stated else "states no unit and was taken for kelvin, but"
    found = (
        f"{name!r} {unit} may be degC: its lowest, {held.min():g}, is the temperature of a room in degC, and nothing "
        f"follows below {_OUTDOORS:g}"
    )
    yield Finding("celsius", "warning", found, f"If it is degC, write `{name} [degC]` into the header.", (name,))


def _shifted(numbers: Floats) -> Floats:
    """Which numbers are a whole degree Celsius in kelvin."""
    return np.asarray((np.abs(numbers % 1.0 - 0.15) < 1e-9) & (numbers > _ROOM), dtype=np.float64)


def _parts(data: Data, roles: Roles) -> list[Column]:
    """Columns that may be the parts of a whole: called so, not negative."""
    found = []
    for column in data.numeric():
        called = column.unit in ("%", "wt%", "at%") or _PARTS.search(plain(column.name))
        numbers = column.figures
        if called and column.name not in {*roles.targets, *roles.aside} and not (numbers < 0).any():
            found.append(column)
    return found


def _sums(data: Data, roles: Roles) -> Iterator[Finding]:
    """Rows whose parts sum to 100 where those of the others sum to 1, or to something else altogether."""
    parts = _parts(data, roles)
    if len(parts) < 2:
        return
    total = np.sum([column.figures for column in parts], axis=0)
    held = ~np.isnan(total)
    for whole in (1.0, 100.0):
        fits = held & (np.abs(total - whole) <= _NEAR * whole)
        if np.count_nonzero(fits) < _WHOLE * np.count_nonzero(held) or not held.any():
            continue
        names = tuple(column.name for column in parts)
        other = 100.0 if whole == 1.0 else 1.0
        moved = np.flatnonzero(held & (np.abs(total - other) <= _NEAR * other))
        odd = np.flatnonzero(held & ~fits & (np.abs(total - other) > _NEAR * other))
        listed = " + ".join(names[:6]) + (" + ..." if len(names) > 6 else "")
        if len(moved):
            found = f"{listed} sum to {other:g} in {count(len(moved), 'row')} and to {whole:g} in all others"
            yield Finding(
                "percent", "error", found, "Give all rows in percent, or all as fractions.", names, data.at(moved)
            )
        if len(odd):
            found = f"{listed} sum to {whole:g}, but not in {count(len(odd), 'row')}: {total[odd[0]]:g}"
            yield Finding("sum", "warning", found, "Look at the parts of these rows.", names, data.at(odd))


def _percent(data: Data) -> Iterator[Finding]:
    """Columns of percent that hold fractions, and fractions with percent among them."""
    for column in data.numeric():
        numbers = column.figures
        held = numbers[~np.isnan(numbers)]
        if not len(held):
            continue
        if column.unit == "%" and held.min() >= 0 and 0 < held.max() <= 1 and len(np.unique(held)) > 5:
            found = f"{column.title!r} says percent, but its figures lie between {held.min():g} and {held.max():g}"
            yield Finding("percent", "warning", found, "Correct the header, or give percent.", (column.name,))
        if _FRACTION.search(plain(column.name)) and column.unit in (None, "1"):
            over = np.flatnonzero(numbers > 1.0 + _NEAR)
            if 0 < len(over) <= _RARE * len(held) and held.max() <= 100.0 * (1 + _NEAR):
                found = (
                    f"{column.name!r} is a fraction, but above 1 in {count(len(over), 'row')}: {numbers[over].max():g}"
                )
                yield Finding("percent", "error", found, "Divide percent by 100.", (column.name,), data.at(over))
