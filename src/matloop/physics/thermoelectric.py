"""Thermoelectrics: zT = S^2 T / (rho kappa) and the power factor S^2 / rho, with their errors from the parts.

In logarithms: var(ln zT) = 4 var(ln S) + var(ln rho) + var(ln kappa) + var(ln T), where var(ln x) is the square of the
relative error of x (Goldsmid 2010, Introduction to Thermoelectricity, for zT; JCGM 100:2008, 5.1.6, for the law of
propagation of products of powers).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matloop.errors import InputError, fail
from matloop.physics.derived import Derived, Given, Part, product

PARTS: Mapping[str, Part] = {
    "seebeck": Part("V/K", 2.0, signed=True),
    "resistivity": Part("ohm*m", -1.0),
    "conductivity": Part("S/m", 1.0),
    "thermal_conductivity": Part("W/(m*K)", -1.0),
    "temperature": Part("K", 1.0),
}
"""The parts of zT: the unit in which a plain number is taken, and the exponent."""

ZT_UNIT, POWER_FACTOR_UNIT = "1", "W/(m*K**2)"


def figure_of_merit(  # noqa: PLR0913 (each is a part or a word about all of them; keywords only)
    seebeck: Any,
    *,
    resistivity: Any = None,
    conductivity: Any = None,
    thermal_conductivity: Any,
    temperature: Any,
    std: Mapping[str, Any] | None = None,
    unit: Mapping[str, str] | None = None,
    correlation: Mapping[tuple[str, str], Any] | None = None,
) -> Derived:
    """Figure of merit zT = S^2 T / (rho kappa), and its error from the errors of the parts.

    Each part is a number, an array, or a pint Quantity; NaN stands for a missing number and makes the result NaN.

    Args:
        seebeck: V/K, of either sign.
        resistivity: ohm m; give it or the conductivity.
        conductivity: S/m.
        thermal_conductivity: W/(m K).
        temperature: K; a Quantity in degC, or unit={"temperature": "degC"}, is converted.
        std: part -> one standard deviation, in the unit of the part; parts that are left out count as exact.
        unit: part -> unit of its plain numbers, and of their std, where that is another one than above.
        correlation: (part, part) -> correlation of their relative errors, as of two numbers that share a thickness.

    Returns:
        zT, without unit. Without any std its errors are NaN: unknown, not 0.

    Raises:
        InputError: for another dimension, a resistivity, conductivity or temperature that is not above 0, a negative
            std, shapes that do not go together, and correlations that cannot hold.
    """
    values = {"seebeck": seebeck, **_transport(resistivity, conductivity)}
    values |= {"thermal_conductivity": thermal_conductivity, "temperature": temperature}
    parts = {name: PARTS[name] for name in values}
    return product(parts, Given(values, std or {}, unit or {}, correlation or {}), ZT_UNIT)


def power_factor(
    seebeck: Any,
    *,
    resistivity: Any = None,
    conductivity: Any = None,
    std: Mapping[str, Any] | None = None,
    unit: Mapping[str, str] | None = None,
    correlation: Mapping[tuple[str, str], Any] | None = None,
) -> Derived:
    """S^2 / rho in W/(m K^2), and its error from the errors of the parts; the arguments are those of `figure_of_merit`.

    Raises:
        InputError: as `figure_of_merit` does.
    """
    values = {"seebeck": seebeck, **_transport(resistivity, conductivity)}
    parts = {name: PARTS[name] for name in values}
    return product(parts, Given(values, std or {}, unit or {}, correlation or {}), POWER_FACTOR_UNIT)


def _transport(resistivity: Any, conductivity: Any) -> dict[str, Any]:
    """The one of the two that was given."""
    given = {
        name: value
        for name, value in (("resistivity", resistivity), ("conductivity", conductivity))
        if value is not None
    }
    if len(given) != 1:
        found = "both resistivity and conductivity were given" if given else "no resistivity, and no conductivity"
        fail(InputError, "figure of merit", found, "Give one of the two: rho in ohm m, or sigma in S/m.")
    return given
