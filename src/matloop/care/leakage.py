"""What makes a test look better than the model is: the same material, or the same row, on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matloop.care.columns import Column, Data, Rows
from matloop.care.finding import Finding, lines_words
from matloop.care.formulas import Formulas
from matloop.care.roles import Roles, levels
from matloop.decide.words import count
from matloop.domain.columns import group
from matloop.domain.prediction import Floats

NEAR = 1e-5
"""Relative to the spread of a column: numbers that differ by less are one figure that was rounded twice."""
_CHANCE = 1e-3  # expected number of pairs that agree by chance, below which an agreement means something
_DEPENDENT = 0.9  # |rank correlation| from which a second column is no second witness
_SAMPLE = 5000  # rows from which dependence is judged
_SHOWN = 3
_MANY = 0.3  # share of rows beyond which near-equal rows are how the table was made


def look(data: Data, roles: Roles, formulas: Formulas | None) -> tuple[list[Finding], str]:
    """Findings, and why splits were not looked at ("" where they were)."""
    near = _near(data, roles)
    findings = list(_near_rows(data, near))
    if roles.fold is None:
        return findings, "near-equal rows alone: no column of a split (name it with --fold)"
    split = _codes(data.columns[roles.fold])
    if roles.formula is not None and formulas is not None:
        findings += _across(data, roles.fold, split, formulas.composition, f"compositions of {roles.formula!r}")
    elif roles.inputs:
        keys = [data.columns[name].keys for name in roles.inputs]
        findings += _across(data, roles.fold, split, group(keys)[1].astype(np.int64), "combinations of inputs")
    if roles.group is not None:
        findings += _across(data, roles.fold, split, _codes(data.columns[roles.group]), f"groups of {roles.group!r}")
    pairs = [(a, b) for a, b in near if split[a] != split[b] and split[a] >= 0 <= split[b]]
    if pairs:
        rows = sorted({row for pair in pairs for row in pair})
        found = f"{count(len(pairs), 'pair')} of nearly equal rows lie on both sides of the split {roles.fold!r}"
        cure = "Keep both rows of a pair on one side, or remove one."
        findings.append(Finding("leak", "error", found, cure, (roles.fold,), data.at(rows)))
    return findings, ""


def _codes(column: Column) -> NDArray[np.int64]:
    """(n,) number of what stands in each row, -1 where nothing does."""
    _, number = np.unique(column.keys, return_inverse=True)
    return np.where(column.missing, -1, number).astype(np.int64)


def _across(data: Data, fold: str, split: NDArray[np.int64], number: NDArray[np.int64], what: str) -> Iterator[Finding]:
    """What stands on more than one side of the split."""
    rows = np.flatnonzero((number >= 0) & (split >= 0))
    if not len(rows):
        return
    first, _ = group([number[rows].astype(np.uint64), split[rows].astype(np.uint64)])
    sides = np.bincount(number[rows][first], minlength=int(number.max()) + 1)
    both = np.flatnonzero(sides > 1)
    if not len(both):
        return
    torn = rows[np.isin(number[rows], both)]
    total = len(np.unique(number[rows]))
    example = rows[number[rows] == both[0]]
    sides_of = dict.fromkeys(data.columns[fold].said(int(row)) for row in example)
    said = ", ".join(list(sides_of)[:4])
    found = (
        f"{len(both):,} of {total:,} {what} {'is' if len(both) == 1 else 'are'} on several sides of the split "
        f"{fold!r}: {count(len(torn), 'row')}, as {lines_words(data.at(example), data.word)} (in {said})"
    )
    cure = "Split by group: a model that saw the same material at another temperature is not tested."
    figures = {"groups": len(both), "of": total, "rows": len(torn)}
    yield Finding("leak", "error", found, cure, (fold,), data.at(torn), figures)


def _near(data: Data, roles: Roles) -> list[tuple[int, int]]:
    """Pairs of rows that agree in all continuous columns to `NEAR`, and not in every digit.

    Each column votes by the chance that two of its rows agree so; the votes of independent columns must make an
    agreement by chance unlikely in the whole table, else nothing is said.
    """
    chosen = _witnesses(data, roles)
    if not chosen:
        return []
    found: set[tuple[int, int]] = set()
    for shift in (0.0, 0.5):  # two grids: what one parts at an edge the other holds together
        cells = [np.floor(numbers / (2 * step) + shift).astype(np.int64).view(np.uint64) for numbers, step in chosen]
        first, row_of = group(cells)
        order = np.argsort(row_of, kind="stable")
        pairs = np.flatnonzero(row_of[order[1:]] == row_of[order[:-1]])
        for a, b in zip(order[pairs].tolist(), order[pairs + 1].tolist(), strict=True):
            if any(numbers[a] != numbers[b] for numbers, _ in chosen):
                found.add((min(a, b), max(a, b)))
        del first
    return sorted(found)


def _witnesses(data: Data, roles: Roles) -> list[tuple[Floats, float]]:
    """Continuous columns, with what counts as equal in each; none where they cannot tell chance from a copy."""
    sample = np.linspace(0, len(data) - 1, min(len(data), _SAMPLE)).astype(np.intp)
    chosen: list[tuple[Floats, float]] = []
    ranks: list[Floats] = []
    pairs, chance = len(data) * (len(data) - 1) / 2, 1.0
    for column in data.numeric():
        numbers = column.figures
        if column.name in roles.aside or np.isnan(numbers).any() or levels(column) < len(data) / 4:
            continue
        low, high = np.quantile(numbers, [0.25, 0.75])
        step = NEAR * float(high - low)
        if step == 0 or float(np.abs(numbers).max()) / step > 2**52:
            continue
        chosen.append((numbers, step))
        ordered = np.sort(numbers[sample])
        rank = np.searchsorted(ordered, numbers[sample]).astype(np.float64)
        if all(abs(float(np.corrcoef(rank, other)[0, 1])) < _DEPENDENT for other in ranks):
            ranks.append(rank)
            _, counts = np.unique(np.floor(numbers / (2 * step)), return_counts=True)
            chance *= max(float(np.sum((counts / len(data)) ** 2)), 1 / len(data))
    return chosen if pairs * chance < _CHANCE else []


def _near_rows(data: Data, near: list[tuple[int, int]]) -> Iterator[Finding]:
    if not near or len(near) > _MANY * len(data):
        return
    rows: Rows = np.array(sorted({row for pair in near for row in pair}), dtype=np.intp)
    said = "; ".join(f"{data.lines[a]} and {data.lines[b]}" for a, b in near[:_SHOWN])
    found = f"{count(len(near), 'pair')} of rows agree in every continuous column up to rounding: {data.word} {said}"
    cure = "One of each pair is likely a copy; remove it, or keep both on one side of every split."
    yield Finding("near duplicate", "warning", found, cure, (), data.at(rows), {"pairs": len(near)})
