"""Units that cannot be right: quantities of one row that do not follow from each other.

zT = S^2 T / (rho kappa), the power factor is S^2 / rho, and sigma rho = 1. Where the columns of one of these laws are
there, the logarithm of what stands over what should stand is 0 for sound rows whatever the material is. A constant off
it is a unit of a column, a power of ten in some rows a slip of units there, and (T + 273.15) / T a temperature in degC.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.care.columns import Data
from matloop.care.finding import Finding
from matloop.care.roles import UNITS, Roles
from matloop.domain.prediction import Floats
from matloop.domain.units import convert, known_unit
from matloop.errors import InputError

LAWS: Mapping[str, Mapping[str, float]] = {
    "zT": {"zT": 1, "seebeck": -2, "temperature": -1, "resistivity": 1, "thermal_conductivity": 1},
    "zT by sigma": {"zT": 1, "seebeck": -2, "temperature": -1, "conductivity": -1, "thermal_conductivity": 1},
    "power factor": {"power_factor": 1, "seebeck": -2, "resistivity": 1},
    "power factor by sigma": {"power_factor": 1, "seebeck": -2, "conductivity": -1},
    "sigma rho = 1": {"conductivity": 1, "resistivity": 1},
}
"""Law -> quantity -> exponent; the product is 1."""
OTHER_UNITS: Mapping[str, tuple[str, ...]] = {
    "seebeck": ("uV/K", "mV/K"),
    "resistivity": ("mohm*cm", "ohm*cm", "uohm*m", "mohm*m", "uohm*cm"),
    "conductivity": ("S/cm",),
    "thermal_conductivity": ("W/(cm*K)", "mW/(cm*K)", "mW/(m*K)"),
    "power_factor": ("uW/(cm*K**2)", "mW/(m*K**2)", "uW/(m*K**2)"),
    "temperature": ("degC",),
    "zT": (),
}
"""In which units laboratories write a quantity beside those of SI."""
FOLLOWS = 0.05
"""Relative difference up to which a row follows a law. Lower, and every curve that was read off a figure is doubted;
higher, and a zT that was taken from another sample passes."""
_FIT = 0.1  # median |log| up to which the units of whole columns are right; the next unit is a factor of 10 off
_TIE = 1e-9  # of two medians |log|: choices of units that are the same factor
_SPREADS = 8.0  # of the rows' own scatter about the law, where they scatter by more than FOLLOWS
_NORMAL = 1.4826
_FEWEST = 8  # rows in which a law can be looked at; below, one slip is as good as the rule
_DECIMALS = 8  # places after the point that are looked at for how far a figure was rounded
_CELSIUS = 273.15
_NEAR_TEN = 0.02  # in logs: how near a ratio must come to a power of ten to be called so
_NEAR_CELSIUS = 0.005  # the same for degC; whole degrees, and zT with three figures, are exact to this
_BESIDE = (-8, -6, -4, 4, 6, 8)  # windows beside that of degC, in its widths: what falls there falls there by chance


@dataclass(frozen=True, slots=True)
class Fit:
    """A law in the units that make it hold best.

    units: quantity -> unit. rows: those that have all its quantities. residuals: their log of what stands over what
    should stand. others: other units that fit as well with as few changes.
    """

    law: str
    units: Mapping[str, str]
    rows: NDArray[np.intp]
    residuals: Floats
    others: tuple[Mapping[str, str], ...] = ()


def look(data: Data, roles: Roles) -> tuple[list[Finding], str]:
    """Findings, and why it was not looked at ("" where it was)."""
    laws = [law for law, powers in LAWS.items() if set(powers) <= set(roles.quantities)]
    if not laws:
        return [], "no columns of zT, S, rho or sigma, kappa and T (name them: --quantity seebeck=COLUMN)"
    findings: list[Finding] = []
    told: set[str] = set()
    done = 0
    for law in laws:
        fit = _fitted(data, roles, law)
        if fit is None:
            continue
        done += 1
        for finding in _units(data, roles, fit):
            if finding.found not in told:
                told.add(finding.found)
                findings.append(finding)
        findings += _rows(data, roles, fit)
    return findings, "" if done else f"fewer than {_FEWEST} rows have all the figures"


def _fitted(data: Data, roles: Roles, law: str) -> Fit | None:
    """The law in the units that the headers state, else in those that need the fewest changes to make it hold."""
    powers = LAWS[law]
    raw = {name: data.numbers(roles.quantities[name]) for name in powers}
    sound = np.ones(len(data), dtype=np.bool_)
    for numbers in raw.values():
        sound &= np.isfinite(numbers) & (numbers != 0)
    rows = np.flatnonzero(sound)
    if len(rows) < _FEWEST:
        return None
    raw = {name: numbers[rows] for name, numbers in raw.items()}
    options = {name: _options(name, roles) for name in powers}
    logs = {name: {unit: _log(raw[name], unit, name) for unit in units} for name, units in options.items()}

    def residuals(units: Mapping[str, str]) -> Floats:
        return np.asarray(np.sum([powers[name] * logs[name][unit] for name, unit in units.items()], axis=0))

    scored = []
    for units in itertools.product(*options.values()):
        chosen = dict(zip(powers, units, strict=True))
        off = float(np.median(np.abs(residuals(chosen))))
        against = sum(unit != roles.units.get(roles.quantities[name], unit) for name, unit in chosen.items())
        changed = sum(unit != options[name][0] for name, unit in chosen.items())
        scored.append(((not off < _FIT, against, changed, off), chosen))
    (misfit, *rank, off), best = min(scored, key=lambda one: one[0])
    if misfit:  # no choice of units makes it hold: the headers stand
        best = {name: units[0] for name, units in options.items()}
        return Fit(law, best, rows, residuals(best))
    alike = [one for score, one in scored if list(score[1:3]) == rank and abs(score[3] - off) < _TIE and one != best]
    return Fit(law, best, rows, residuals(best), tuple(alike))


def _options(name: str, roles: Roles) -> tuple[str, ...]:
    """Units to try, the one of the header first."""
    stated = roles.units.get(roles.quantities[name])
    first = stated if stated and _converts(stated, name) else UNITS[name]
    others = (UNITS[name], *OTHER_UNITS[name])
    return (first, *(unit for unit in others if unit != first and not _same(unit, first, name)))


def _converts(unit: str, name: str) -> bool:
    if not known_unit(unit):
        return False
    try:
        convert(np.ones(1), unit, UNITS[name], name)
    except InputError:
        return False
    return True


def _same(one: str, other: str, name: str) -> bool:
    a, b = (float(convert(np.ones(1), unit, UNITS[name], name)[0]) for unit in (one, other))
    return math.isclose(a, b, rel_tol=1e-12)


def _log(numbers: Floats, unit: str, name: str) -> Floats:
    """Log of the absolute number in SI; a temperature below absolute zero has none and fits nothing."""
    moved = convert(numbers, unit, UNITS[name], name)
    if name == "temperature":
        moved = np.where(moved > 0, moved, np.nan)
        return np.where(np.isnan(moved), 50.0, np.log(np.where(np.isnan(moved), 1.0, moved)))
    return np.asarray(np.log(np.abs(moved)), dtype=np.float64)


def _units(data: Data, roles: Roles, fit: Fit) -> Iterator[Finding]:
    """Units of whole columns: those that a header states and the figures contradict, and those that none states."""
    columns = tuple(roles.quantities[name] for name in fit.units)
    if not float(np.median(np.abs(fit.residuals))) < _FIT:
        off = float(np.median(fit.residuals))
        found = (
            f"half of the rows are off the law of {_lawful(fit.law)} by more than {_FIT:.0%}; the median is a "
            f"factor {math.exp(off):.3g}, and no usual choice of units mends it"
        )
        cure = "Look whether these columns are what they were taken for (--quantity seebeck=COLUMN), and in which unit."
        yield Finding("units", "error", found, cure, columns, figures={"median_factor": math.exp(off)})
        return
    for name, unit in fit.units.items():
        column = roles.quantities[name]
        stated = roles.units.get(column)
        if stated and _converts(stated, name) and not _same(stated, unit, name):
            found = f"{column!r} says {stated}, but {_lawful(fit.law)} holds if it is in {unit}{_or(roles, fit)}"
            cure = "Correct the header, or the numbers; one row whose figures you know tells which."
            yield Finding("units", "error", found, cure, (column,), figures={"stated": stated, "fits": unit})
        elif not stated and unit != UNITS[name]:
            holds = f"{_lawful(fit.law)} holds if it is in {unit}{_or(roles, fit)}"
            found = f"{column!r} states no unit; {holds}, and was taken so"
            cure = f"Write the unit into the header, as `{column} [{unit}]`."
            yield Finding("unit missing", "note", found, cure, (column,), figures={"fits": unit})


def _or(roles: Roles, fit: Fit) -> str:
    """Which other changes mend a law as well: S/cm for S/m is the factor of W/(cm K) for W/(m K)."""
    said = []
    for other in fit.others:
        changed = [f"{roles.quantities[name]!r} in {unit}" for name, unit in other.items() if unit != fit.units[name]]
        said.append(" and ".join(changed))
    return f" (or {', or '.join(said)})" if said else ""


def _lawful(law: str) -> str:
    return {"zT": "zT = S^2 T / (rho kappa)", "zT by sigma": "zT = S^2 T sigma / kappa"}.get(
        law, {"power factor": "PF = S^2 / rho", "power factor by sigma": "PF = S^2 sigma"}.get(law, law)
    )


def _rows(data: Data, roles: Roles, fit: Fit) -> Iterator[Finding]:
    """Rows that do not follow, by what they look like."""
    residuals = fit.residuals
    middle = float(np.median(residuals))
    if not abs(middle) < _FIT:
        return
    spread = _NORMAL * float(np.median(np.abs(residuals - middle)))
    off = np.abs(residuals - middle)
    bad = np.flatnonzero(off > max(FOLLOWS, _SPREADS * spread))
    bad = bad[off[bad] > _rounding(data, roles, fit, bad)]
    if not len(bad):
        return
    kinds = _kinds(data, roles, fit, bad, spread)
    for kind in sorted(set(kinds)):
        some = bad[kinds == kind]
        yield _row_finding(data, roles, fit, some[np.argsort(-off[some], kind="stable")], (kind, spread))


def _row_finding(data: Data, roles: Roles, fit: Fit, bad: NDArray[np.intp], of: tuple[str, float]) -> Finding:
    """What is said of rows of one kind, the worst first."""
    kind, spread = of
    columns = tuple(roles.quantities[name] for name in fit.units)
    lines, law = data.at(fit.rows[bad]), _lawful(fit.law)
    lead, one = f"{len(bad):,} of {len(fit.residuals):,} rows", len(bad) == 1
    figures: dict[str, float | int | str] = {"rows": len(bad), "of": len(fit.residuals), "typical_scatter": spread}
    if kind.startswith("10^"):
        verb, whose = ("is", "its") if one else ("are", "their")
        slip = f"a unit, or a decimal point, in one of {whose} figures"
        found = f"{lead} {verb} off {law} by a factor of {kind}: {slip}"
        cure = "Look which of the figures of these rows is in another unit than the column."
        return Finding("power of ten", "error", found, cure, columns, lines, {**figures, "factor": kind})
    if kind == "degC":
        found = f"{lead} {'follows' if one else 'follow'} {law} only if the temperature is in degC"
        cure = f"Add {_CELSIUS} to the temperature of these rows, or correct their header."
        return Finding("celsius", "error", found, cure, (roles.quantities["temperature"],), lines, figures)
    factor = math.exp(float(fit.residuals[bad[0]]))
    first = roles.quantities[next(iter(fit.units))]
    found = (
        f"{lead} {'does' if one else 'do'} not follow {law}: {first!r} is off by more than "
        f"{max(FOLLOWS, _SPREADS * spread):.0%} (typical scatter {spread:.2g}, worst factor {factor:.3g})"
    )
    cure = "Look up these figures in their source; the parts may belong to another specimen or temperature."
    return Finding("law", "warning", found, cure, columns, lines, {**figures, "worst_factor": factor})


def _kinds(data: Data, roles: Roles, fit: Fit, bad: NDArray[np.intp], spread: float) -> NDArray[np.object_]:
    """What each row looks like: `10^k`, `degC`, or `other`.

    A few hundred rows that are wrong somehow lie near the ratio of degC by chance; so it counts only where more of them
    lie there than anywhere beside it.
    """
    residuals = fit.residuals[bad]
    kinds = np.full(len(bad), "other", dtype=np.object_)
    power = residuals / math.log(10)
    whole = np.rint(power)
    ten = (whole != 0) & (np.abs(power - whole) * math.log(10) < max(_NEAR_TEN, 3 * spread))
    kinds[ten] = [f"10^{int(k)}" for k in whole[ten]]
    if "temperature" in fit.units and fit.units["temperature"] == "K":
        t = data.numbers(roles.quantities["temperature"])[fit.rows[bad]]
        with np.errstate(divide="ignore", invalid="ignore"):
            celsius = np.log((t + _CELSIUS) / t)
        near = max(_NEAR_CELSIUS, 3 * spread)
        away = residuals - celsius
        beside = max(int(np.count_nonzero(np.abs(away + step * near) < near)) for step in _BESIDE)
        here = np.abs(away) < near
        if np.count_nonzero(here) > 2 * beside:
            kinds[here] = "degC"
    return kinds


def _rounding(data: Data, roles: Roles, fit: Fit, bad: NDArray[np.intp]) -> Floats:
    """How far each row may be off because its figures were rounded, in logs."""
    allowed = np.zeros(len(bad))
    for name, power in LAWS[fit.law].items():
        numbers = data.numbers(roles.quantities[name])[fit.rows[bad]]
        allowed += abs(power) * np.abs(half_unit(numbers) / numbers)
    return allowed


def half_unit(numbers: Floats) -> Floats:
    """Half a unit of the last place of each number, as it is written: 0.05 for 1.2; 0 for whole and long ones."""
    half = np.zeros(len(numbers))
    left = np.rint(numbers) != numbers
    for places in range(1, _DECIMALS):
        fits = left & (np.abs(np.round(numbers, places) - numbers) <= 1e-12 * np.abs(numbers))
        half[fits] = 0.5 * 10.0**-places
        left &= ~fits
    return half
