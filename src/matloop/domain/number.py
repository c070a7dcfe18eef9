"""One strict way to read a number, for parameters, pools and tables alike."""

from __future__ import annotations

import math
import numbers
import operator

import numpy as np


def as_number(value: object) -> float | None:
    """The finite float that a cell or argument states, else None.

    Python's own `float` is wider than a laboratory's table: it takes `1_000`, `nan`, `inf` and the digits of other
    scripts. Those, booleans and blanks are no numbers here. -0 is 0.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        return None
    if not isinstance(value, str | numbers.Real):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found + 0.0 if math.isfinite(found) else None


def as_whole(value: object) -> int | None:
    """The whole number that an argument is, of Python or of NumPy, else None; a boolean is none."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # it says itself what is none
    except TypeError:
        return None
