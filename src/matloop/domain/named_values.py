"""Values given by name -> typed values in declared order, for pools and spaces alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matloop.domain.canonical import Value
from matloop.errors import DataError, Faults, InputError, nearest

Parsers = Mapping[str, Callable[[object], Value]]
"""Declared name -> reader of one value, which raises InputError."""


_NAMED = 6  # names that a short description lists; the rest is counted


def shortly(names: Sequence[str]) -> str:
    """Names in one short line: `n, theta, r, t`, of many the first and how many more."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def parse_values(values: Mapping[str, object], parsers: Parsers, word: str, *, complete: bool) -> dict[str, Value]:
    """Typed values in declared order.

    Args:
        values: by name.
        parsers: the declared names, in order.
        word: what a name is called in messages: `feature` or `parameter`.
        complete: whether every declared name must have a value.

    Raises:
        DataError: all unknown and missing names and unreadable values at once.
    """
    faults = Faults()
    for name in values:
        if name not in parsers:
            faults.add("values", f"unknown {word} {name!r}", nearest(str(name), parsers))
    parsed: dict[str, Value] = {}
    for name, parse in parsers.items():
        if name in values:
            try:
                parsed[name] = parse(values[name])
            except InputError as error:
                faults.absorb(error)
    for name in (name for name in parsers if complete and name not in values):
        faults.add("values", f"{word} {name!r} is missing", f"Give every {word} a value.")
    faults.raise_if_any(DataError)
    return parsed
