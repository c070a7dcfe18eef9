"""What a caller may give for a formula: text, a Formula, a mapping, or an object of pymatgen (never imported here)."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from matloop.chem.formula import Formula
from matloop.chem.grammar import Slip, fault, read
from matloop.errors import DataError

Given = Any
"""Text, Formula, mapping of symbols to amounts, pymatgen Composition, or what has a `composition` (Structure)."""

MISSING_CURE = (
    "Leave the row out or give a formula. The text 'NaN' is sodium and nitrogen: where a table reader made it missing, "
    'read with keep_default_na=False, na_values="".'
)


def parse(given: Given) -> Formula:
    """The formula of a text, or of what else may stand for one.

    Args:
        given: text in the grammar of formulas, a Formula, a mapping of symbols to amounts, a pymatgen Composition, or
            what has a `composition`, such as a pymatgen Structure.

    Raises:
        DataError: it is missing or no formula; the fault names the text, the character (from 1) and the cure.
    """
    try:
        return formula_of(given)
    except Slip as slip:
        raise DataError(fault(text_of(given), slip)) from None


def formula_of(given: Given) -> Formula:
    """The formula of what was given.

    Raises:
        Slip: it is missing, of another type, or no formula.
    """
    if isinstance(given, str):
        return read(given)
    if isinstance(given, Formula):
        return given
    if is_missing(given):
        raise Slip(None, f"{given!r} is a missing value", MISSING_CURE)
    inner = given if isinstance(given, Mapping) else getattr(given, "composition", None)  # an Ion is and has one
    if not isinstance(inner, Mapping):
        cure = "Give text, a Formula, a mapping of symbols to amounts, or a pymatgen Composition or Structure."
        raise Slip(None, f"{type(given).__name__} is no formula", cure)
    amounts: dict[str, float] = {}
    for key, amount in inner.items():
        symbol = _symbol(key)
        amounts[symbol] = amounts.get(symbol, 0.0) + float(amount)
    try:
        return Formula.of(amounts, float(getattr(inner, "charge", None) or 0.0))
    except DataError as error:
        raise Slip(None, error.faults[0].found, error.faults[0].cure) from None


def is_missing(given: Given) -> bool:
    """Whether it is None, a float NaN, pandas.NA or NaT: the marks of a cell without a value."""
    if given is None or type(given).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(given, Real) and bool(given != given)  # noqa: PLR0124  NaN alone differs from itself


def text_of(given: Given) -> str:
    """How an error or a table shows what was given."""
    if isinstance(given, str):
        return given
    return str(given) if isinstance(given, Formula) else str(getattr(given, "formula", given))


def _symbol(key: Any) -> str:
    """The symbol of a key: text, or an element or species of pymatgen, whose named isotopes bear the symbol H."""
    if isinstance(key, str):
        return key
    element = getattr(key, "element", key)
    if getattr(element, "is_named_isotope", False) or str(getattr(element, "name", "")) in ("D", "T"):
        return str(element.name)
    return str(getattr(element, "symbol", key))
