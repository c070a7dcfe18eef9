"""Columns of a table of readings that nobody knows: what to do about each, and never a rename that would be a slip.

`hardness (MPa)` is not `hardness (GPa)` misspelled: renamed, its numbers would be a thousand times too large.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matloop.domain.table import Header, Table
from matloop.domain.units import convert, known_unit
from matloop.errors import Faults, InputError

_NOTES = ("comment", "comments", "remark", "remarks", "notes")
_BRACKET = re.compile(r"^(?P<name>.*\S)\s*[(\[](?P<unit>[^()\[\]]+)[)\]](?P<rest>[_ ]std)?$", re.DOTALL)
_STD = re.compile(r"[_ ]std$")
_ALIKE = 0.8  # of two names without units; lower, `time` and `type` are alike, higher, a missing letter goes unseen
_NEAR = 0.6  # of whole names, for a suggestion that a person reads before following it


@dataclass(frozen=True, slots=True)
class _Parts:
    """A name taken apart: `hardness (GPa)_std` is hardness, GPa, and a std."""

    name: str
    unit: str | None
    is_std: bool

    @classmethod
    def of(cls, text: str) -> _Parts:
        match = _BRACKET.match(text)
        name = match["name"] if match else text
        is_std = bool(match and match["rest"]) or bool(_STD.search(name))
        return cls(_STD.sub("", name).casefold(), match["unit"].strip() if match else None, is_std)


def look_at_unknown(
    faults: Faults,
    table: Table,
    headers: Sequence[Header],
    known: Sequence[str],
    units: Mapping[str, str | None],
) -> set[str]:
    """Note columns that nobody knows.

    Args:
        faults: where to.
        table: that they stand in.
        headers: of these columns.
        known: names of columns.
        units: those of them that hold numbers -> their unit, None without one.

    Returns:
        The known columns that they seem to be.
    """
    meant: set[str] = set()
    listed = False
    for header in headers:
        if not header.text:
            _look_at_nameless(faults, table, header)
            continue
        found = f"unknown column {header.text!r}"
        near = _meant(header, known, units)
        if near is not None:
            meant.add(near)
            cure = _cure(header, near, units)
        else:
            names = "" if listed else f" Known: {', '.join(repr(name) for name in known)}."
            listed = True
            cure = f"Rename it to a column that is known, or delete the column.{names}"
        faults.add(table.source, found, cure)
    return meant


def _look_at_nameless(faults: Faults, table: Table, header: Header) -> None:
    position = table.headers.index(header)
    if any(cell != "" for cell in table.cells[position]):
        cure = "Give it a name, or delete it (a spreadsheet's row numbers are not needed)."
        faults.add(table.source, f"column {position + 1} has no name", cure)


def _meant(header: Header, known: Sequence[str], units: Mapping[str, str | None]) -> str | None:
    """The known column that a header seems to be: a quantity by its name without a unit, else by all letters."""
    if header.name.casefold() in _NOTES:
        return "note"
    own = _Parts.of(header.text)
    bare = {_Parts.of(name).name: name for name in units if _Parts.of(name).is_std == own.is_std}
    close = difflib.get_close_matches(own.name, bare, n=1, cutoff=_ALIKE)
    if close:
        return bare[close[0]]
    alike = difflib.get_close_matches(header.name, known, n=1, cutoff=_NEAR)
    return alike[0] if alike else None


def _cure(header: Header, near: str, units: Mapping[str, str | None]) -> str:
    rename = f"Did you mean {near!r}? Rename it, or delete the column."
    if near not in units:
        return rename
    given, unit = _Parts.of(header.text).unit, units[near]
    wanted = _Parts.of(near).unit or unit
    if given is None and wanted is not None:
        return f"Did you mean {near!r}? Rename it if its numbers are in {wanted}, or delete the column."
    if given is None or given == wanted:
        return rename
    if unit is not None and _converts(given, unit):
        return (
            f"Its numbers are in {given}, those of {near!r} in {unit}. Name it '{near} [{given}]', and they are "
            "converted once; or delete the column."
        )
    if wanted is None:
        return (
            f"Is {given!r} the unit of {near!r}? Then say so where {near!r} is declared, and rename the column to "
            f"{near!r}; else convert its numbers first, or delete it."
        )
    apart = f"Its numbers are in {given}, those of {near!r} in {wanted}"
    return f"{apart}: convert them first, then name the column {near!r}; or delete it."


def _converts(given: str, unit: str) -> bool:
    if not known_unit(given):
        return False
    try:
        convert(np.zeros(0), given, unit, "column")
    except InputError:
        return False
    return True
