"""The one text form of values and events, and the hashes taken over it.

12.0 is written 12, -0 is written 0, and every other float in Python's shortest round-trip form, so that a candidate
has one identity however it was typed. (RFC 8785 differs from this in how it writes exponents.)
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Value = float | int | str | bool
"""What a parameter or feature can hold."""

EXACT_INTEGERS = 2**53
"""From here on a float names several integers, so the integer form would claim too much."""

_PLAIN = frozenset((str, int, bool, type(None)))  # JSON holds them as they are
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def plain(value: Any) -> Any:
    """A value in JSON's own types; floats stay floats, so that a ledger gives back what was put in.

    Raises:
        ValueError: for NaN, infinity, or a type that JSON cannot hold.
    """
    kind = type(value)
    if kind in _PLAIN:  # by exact type first: a ledger holds hardly anything else, and this is half the time of a tell
        return value
    if kind is float and math.isfinite(value):
        return value
    if kind is dict:
        return {str(key): plain(item) for key, item in value.items()}
    return _plain_of_others(value)


def _plain_of_others(value: Any) -> Any:
    """`plain` of what is no plain type itself: subclasses, sequences, NumPy's numbers and arrays."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        value = sorted(value, key=text)  # in one order, whatever the order of the process
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays, without importing numpy here
        return plain(value.tolist())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no place in a ledger")
        return value
    raise ValueError(f"a {type(value).__name__} has no canonical text")


def _one_form(value: Any) -> Any:
    """One form a number: 12 for 12.0, 0 for -0."""
    if isinstance(value, dict):
        return {key: _one_form(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_one_form(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_INTEGERS:
        return int(value)
    return value


def _form(value: Any) -> Any:
    """`_one_form` of `plain`, in one walk where the types are plain."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) < EXACT_INTEGERS else value
    if kind is dict:
        return {str(key): _form(item) for key, item in value.items()}
    if kind is list:
        return [_form(item) for item in value]
    return _one_form(plain(value))


def number_text(value: float) -> str:
    """Canonical text of one finite float; the same as `text`, and ten times as fast."""
    return str(int(value)) if value.is_integer() and abs(value) < EXACT_INTEGERS else repr(value)


def text(value: Any) -> str:
    """Canonical JSON: sorted keys, no blanks, one form a number, UTF-8, no NaN."""
    return _encode(_form(value))


def digest(value: Any) -> str:
    """SHA-256 over the canonical text, in hex."""
    return sha256(text(value))


def sha256(message: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(message.encode("utf-8")).hexdigest()


def candidate_id(values: Sequence[Value]) -> str:
    """`c` + 16 hex digits over the JSON list of values in declared order."""
    return "c" + sha256(text(list(values)))[:16]
