"""Numbers for the eye: as many digits as their error deserves, no more."""

from __future__ import annotations

import math

from matloop.decide.words import figure
from matloop.domain.canonical import Value

_PLAIN = (1e-4, 1e6)  # sizes that are written without an exponent
_ERROR_DIGITS = 2  # significant digits of an error (Guide to the Expression of Uncertainty in Measurement, 7.2.6)
_MOST_DECIMALS = 12  # an error of a rounding is no error


def decimals(error: float) -> int | None:
    """Decimals that an error deserves; None for errors that a plain number cannot show."""
    if not (_PLAIN[0] <= error < _PLAIN[1]):
        return None
    exponent = int(f"{error:.{_ERROR_DIGITS - 1}e}".partition("e")[2])
    return min(max(_ERROR_DIGITS - 1 - exponent, 0), _MOST_DECIMALS)


def with_error(value: float, error: float, unit: str | None = None) -> str:
    """`1.312 ± 0.034 J`: the error to two digits, the value as far."""
    places = decimals(error)
    tail = f" {unit}" if unit not in (None, "1") else ""
    if places is None or abs(value) >= _PLAIN[1]:
        return f"{figure(value)} ± {figure(error)}{tail}"
    return f"{value:.{places}f} ± {error:.{places}f}{tail}"


def setting(value: Value) -> str:
    """A value of a candidate: text as it is, numbers to six digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if math.isfinite(value) else str(value)
