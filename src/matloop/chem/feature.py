"""What a feature is, what a set of them is, and what happens where an element has no figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matloop.chem.compositions import Compositions
from matloop.chem.elements import SYMBOLS
from matloop.errors import DataError, Fault

Missing = Literal["refuse", "mean", "mark"]
"""What to do with a formula of an element that has no figure for a property: "refuse" it, naming element and property;
take the "mean" of all elements that have one; or "mark" every feature that needs it with NaN."""

_POLICIES = ("refuse", "mean", "mark")
_ROWS = 3
"""So many formulas a fault about an element repeats."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One number that describes a composition.

    name: of the column; that of matminer where matminer has the same.
    unit: as pint writes it; "1" for a number without a unit.
    meaning: what it is.
    formula: how it is computed, with f for atomic fractions and x for the property of an element.
    source: where the figures come from, with version and licence.
    """

    name: str
    unit: str
    meaning: str
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Features that are computed together.

    name: what users ask for.
    meaning: one line.
    features: (d,) in the order of the columns.
    compute: compositions and a policy for missing figures -> (n, d).
    """

    name: str
    meaning: str
    features: tuple[Feature, ...]
    compute: Callable[[Compositions, Missing], np.ndarray]


def resolved(values: np.ndarray, names: Sequence[str], compositions: Compositions, missing: Missing) -> np.ndarray:
    """The properties of elements after the policy for what is missing.

    Args:
        values: (118, p) properties by atomic number less 1, NaN where there is none.
        names: (p,) what to call them.
        compositions: those that will be described; only their elements matter.
        missing: the policy.

    Returns:
        (118, p), with NaN left where no composition needs it or where the policy is "mark".

    Raises:
        DataError: the policy is "refuse" and an element has no figure: one fault an element, naming its properties and
            the first formulas; or there is no such policy.
    """
    if missing not in _POLICIES:
        raise DataError.at("missing", f"{missing!r} is no policy", 'Use "refuse", "mean" or "mark".')
    gaps = np.isnan(values)
    if missing == "mark" or not gaps.any():
        return values
    if missing == "mean":
        return np.where(gaps, np.nanmean(values, axis=0), values)
    present = np.zeros(len(SYMBOLS), dtype=bool)
    present[compositions.places] = True
    faults = [
        _gap(SYMBOLS[place], [name for name, gap in zip(names, gaps[place], strict=True) if gap], compositions)
        for place in np.flatnonzero(present & gaps.any(axis=1)).tolist()
    ]
    if faults:
        raise DataError(*faults)
    return values


def _gap(symbol: str, names: list[str], compositions: Compositions) -> Fault:
    """The fault of an element without some figures."""
    held = np.flatnonzero(compositions.contains([symbol]))
    shown = ", ".join(f"{compositions.formulas[row]!r} (row {compositions.rows[row]})" for row in held[:_ROWS])
    more = f" and {len(held) - _ROWS} more" if len(held) > _ROWS else ""
    cure = (
        'Leave these formulas out, or choose missing="mean" (the mean of all elements that have a figure, as matminer '
        'takes it) or missing="mark" (NaN).'
    )
    return Fault(f"element {symbol} of {shown}{more}", f"no figure for {', '.join(names)}", cure)
