"""Cells: missing values, words among numbers, a second header, numbers that stand for none, constants."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matloop.care.columns import NO_VALUE, Column, Data
from matloop.care.finding import Finding, Severity
from matloop.care.roles import Roles, levels
from matloop.decide.words import count
from matloop.domain.table import DECIMAL_COMMA

_SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0)
"""Numbers that people write where there is none."""
_TWICE = 2  # rows that bear a sentinel: once it may be a measurement
_APART = 3.0  # times the range of all other numbers by which a sentinel lies off them
_SHOWN = 6  # columns that one finding names
_HALF = 0.5  # share of the columns of numbers whose first cell is a word where line 2 is a second header


def look(data: Data, roles: Roles) -> tuple[list[Finding], str]:
    """Findings; it can always be looked at."""
    second = _second_header(data)
    findings = [*_missing(data, roles)]
    if second is not None:
        findings.append(second)
    for column in data.numeric():
        findings += _words(data, column, roles, skip_first=second is not None)
        findings += _sentinels(data, column, roles)
    findings += _constant(data)
    return findings, ""


def _second_header(data: Data) -> Finding | None:
    numeric = list(data.numeric())
    named = [column for column in numeric if 0 in column.bad and column.bad[0].lower() not in NO_VALUE]
    if len(named) < 2 or len(named) < _HALF * len(numeric):
        return None
    found = f"the first row below the header holds names ({', '.join(repr(c.bad[0]) for c in named[:4])}), not figures"
    cure = "The names stand in two lines: choose the other with --header-row 2, or remove one of them."
    return Finding("second header", "error", found, cure, tuple(c.name for c in named), data.at([0]))


def _missing(data: Data, roles: Roles) -> Iterator[Finding]:
    """Empty cells: a finding for each column that plays a part, one for all others together."""
    matter = {roles.formula, *roles.targets, *roles.inputs, *roles.quantities.values()}
    others: dict[str, int] = {}
    for column in data.columns.values():
        rows = np.flatnonzero(column.missing)
        if not len(rows):
            continue
        if column.name not in matter and len(rows) < len(data):
            others[column.name] = len(rows)
            continue
        share = len(rows) / len(data)
        found = f"{column.name!r} is empty in {len(rows):,} of {len(data):,} rows ({share:.1%})"
        cure = "Fill the cells in, or leave the rows out; no model guesses them."
        if len(rows) == len(data):
            found, cure = f"{column.name!r} is empty", "Remove the column."
        elif column.name in roles.targets:
            cure = "Rows without it teach nothing of it; leave them out, or tell them as failed if they are."
        figures = {"rows": len(rows), "share": share}
        yield Finding("missing", "warning", found, cure, (column.name,), data.at(rows), figures)
    if others:
        listed = ", ".join(f"{name!r} ({count:,})" for name, count in list(others.items())[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        plural = "columns that play no part here are" if len(others) > 1 else "column that plays no part here is"
        found = f"{len(others)} {plural} empty in some rows: {listed}{more}"
        yield Finding(
            "missing", "note", found, "Nothing, unless they shall be features.", tuple(others), figures=others
        )


def _words(data: Data, column: Column, roles: Roles, *, skip_first: bool) -> Iterator[Finding]:
    """Cells of a column of numbers that are none; an error where the column plays a part."""
    matter = {*roles.targets, *roles.inputs, *roles.quantities.values(), *roles.stds.values()}
    grave: Severity = "error" if column.name in matter else "warning"
    bad = {row: text for row, text in column.bad.items() if not (skip_first and row == 0)}
    gone = [row for row, text in bad.items() if text.lower() in NO_VALUE]
    commas = [row for row, text in bad.items() if DECIMAL_COMMA.fullmatch(text)]
    others = sorted(set(bad) - set(gone) - set(commas))
    if gone:
        found = f"{column.name!r} writes missing values as {bad[gone[0]]!r} in {count(len(gone), 'row')}"
        cure = "Leave the cells empty."
        yield Finding("missing as word", "warning", found, cure, (column.name,), data.at(gone))
    if commas:
        found = f"{column.name!r} has a decimal comma in {count(len(commas), 'row')}: {bad[commas[0]]!r}"
        cure = f"Write {bad[commas[0]].replace(',', '.')}: decimals take a point."
        yield Finding("decimal comma", grave, found, cure, (column.name,), data.at(commas))
    if others:
        said = ", ".join(dict.fromkeys(repr(bad[row]) for row in others[:4]))
        found = f"{column.name!r} is no number in {count(len(others), 'row')}: {said}"
        yield Finding("no number", grave, found, "Give numbers, or empty cells.", (column.name,), data.at(others))


def _sentinels(data: Data, column: Column, roles: Roles) -> Iterator[Finding]:
    numbers = column.figures
    if column.name in roles.aside:
        return
    for mark in _SENTINELS:
        hit = numbers == mark
        times = int(np.count_nonzero(hit))
        if not times:
            continue
        rest = numbers[~hit & ~np.isnan(numbers)]
        if times < _TWICE or len(rest) <= times:
            continue
        low, high = float(rest.min()), float(rest.max())
        off = max(low - mark, mark - high)
        negative = mark == -1.0 and low >= 0 and bool((rest != np.rint(rest)).any())
        if off > _APART * max(high - low, abs(high), abs(low)) or negative:
            found = f"{column.name!r} is {mark:g} in {times:,} rows, and between {low:g} and {high:g} in all others"
            cure = "If it stands for a missing value, leave the cells empty."
            yield Finding("sentinel", "error", found, cure, (column.name,), data.at(np.flatnonzero(hit)))


def _constant(data: Data) -> Iterator[Finding]:
    """Columns of one value throughout."""
    if len(data) < 2:
        return
    for column in data.columns.values():
        if levels(column) == 1 and not column.missing.any():
            found = f"{column.name!r} is {column.said(0)!r} in every row"
            yield Finding("constant", "note", found, "It tells no two rows apart; it is no feature.", (column.name,))
