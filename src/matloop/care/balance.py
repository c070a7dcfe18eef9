"""How the values are spread: rare classes, one value that takes over, columns that say the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from matloop.care.columns import Data
from matloop.care.finding import Finding
from matloop.care.roles import Roles, levels
from matloop.decide.words import count
from matloop.domain.prediction import Floats

RARE = 0.05
"""Share of rows below which a class is rare: five folds of a hundred rows would hold one of it each."""
ONE_VALUE = 0.2
"""Share of rows of one value from which a column of numbers is a mixture of that value and all others."""
ALIKE = 0.999
"""|Correlation|, linear or of ranks, from which two columns say the same."""
_CLASSES = 20  # different values up to which a target is a class
_CONTINUOUS = 20  # different numbers from which it is not
_SAMPLE = 20_000  # rows from which correlations are judged
_SHOWN = 4


def classes(data: Data, roles: Roles, threshold: float | None) -> tuple[list[Finding], str]:
    """Findings on the targets, and why they were not looked at ("" where they were)."""
    if not roles.targets:
        return [], "no target (name it with --target)"
    findings: list[Finding] = []
    for name in roles.targets:
        column = data.columns[name]
        if column.words is not None or levels(column) <= _CLASSES:
            findings += _rare(data, name)
            continue
        findings += _one_value(data, name)
        if threshold is not None:
            findings += _above(data, roles, name, threshold)
    return findings, ""


def _rare(data: Data, name: str) -> Iterator[Finding]:
    column = data.columns[name]
    held = np.flatnonzero(~column.missing)
    kinds, number = np.unique(column.keys[held], return_inverse=True)
    if not 1 < len(kinds) <= _CLASSES:
        return
    sizes = np.bincount(number)
    rare = np.flatnonzero(sizes < RARE * len(held))
    if not len(rare):
        return
    of = {column.said(int(held[number == kind][0])): int(sizes[kind]) for kind in np.argsort(sizes)}
    said = ", ".join(f"{kind} ({n:,}, {n / len(held):.1%})" for kind, n in list(of.items())[:_SHOWN])
    found = f"classes of {name!r} are rare: {said}; the largest holds {sizes.max() / len(held):.1%}"
    cure = "Judge by precision and recall of the rare class; keep its share the same in every fold."
    rows = held[np.isin(number, rare)]
    yield Finding("class balance", "warning", found, cure, (name,), data.at(rows), of)


def _one_value(data: Data, name: str) -> Iterator[Finding]:
    numbers = data.numbers(name)
    held = numbers[~np.isnan(numbers)]
    values, sizes = np.unique(held, return_counts=True)
    if len(values) <= _CONTINUOUS or sizes.max() < ONE_VALUE * len(held):
        return
    value, share = float(values[np.argmax(sizes)]), sizes.max() / len(held)
    found = f"{name!r} is {value:g} in {count(int(sizes.max()), 'row')} ({share:.1%}), and spread out in all others"
    cure = f"Predict first whether it is {value:g}, then how much; a plain regression does neither well."
    rows = np.flatnonzero(numbers == value)
    figures = {"value": value, "share": float(share)}
    yield Finding("one value", "warning", found, cure, (name,), data.at(rows), figures)


def _above(data: Data, roles: Roles, name: str, threshold: float) -> Iterator[Finding]:
    numbers = data.numbers(name)
    held = ~np.isnan(numbers)
    above = np.flatnonzero(held & (numbers >= threshold))
    share = len(above) / max(1, int(np.count_nonzero(held)))
    figures = {"rows": len(above), "share": share}
    if share < RARE or share > 1 - RARE:
        side = "at or above" if share < RARE else "below"
        few = len(above) if share < RARE else int(np.count_nonzero(held)) - len(above)
        found = f"{name!r} is {side} {threshold:g} in {count(few, 'row')} of {int(np.count_nonzero(held)):,}"
        cure = "Judge by precision and recall; accuracy says nothing where one answer is nearly always right."
        yield Finding("class balance", "warning", found, cure, (name,), data.at(above), figures)
    if roles.fold is None:
        return
    fold = data.columns[roles.fold]
    for key in np.unique(fold.keys[~fold.missing]):
        inside = held & (fold.keys == key)
        hits = int(np.count_nonzero(inside & (numbers >= threshold)))
        if hits == 0 or hits == np.count_nonzero(inside):
            side = fold.said(int(np.flatnonzero(inside)[0])) if inside.any() else "?"
            some = "no" if not hits else "only"
            found = f"the side {side} of {roles.fold!r} holds {some} rows with {name!r} >= {threshold:g}"
            yield Finding(
                "class balance", "warning", found, "Nothing can be scored there; split anew.", (name, roles.fold)
            )


def alike(data: Data, roles: Roles) -> tuple[list[Finding], str]:
    """Findings on columns that say the same; it can always be looked at."""
    sample = np.linspace(0, len(data) - 1, min(len(data), _SAMPLE)).astype(np.intp)
    names, scaled = [], []
    for column in data.numeric():
        numbers = column.figures
        if column.name in {*roles.ids, roles.fold} or levels(column) < 3:
            continue
        names.append(column.name)
        scaled.append(numbers[sample] / (float(np.nanmax(np.abs(numbers))) or 1.0))
    if len(names) < 2:
        return [], ""
    same = _same(scaled)
    findings = []
    targets = set(roles.targets)
    for members in _clusters(same):
        inside = [names[i] for i in members]
        listed = ", ".join(map(repr, inside))
        answers = [name for name in inside if name in targets]
        if answers:
            found = f"{listed} rise and fall together: who knows one knows {answers[0]!r}"
            cure = f"Leave the others out of the features of {answers[0]!r}: they are its answer."
            findings.append(Finding("answer among features", "warning", found, cure, tuple(inside)))
        else:
            found = f"{listed} say the same (|correlation| of numbers or ranks from {ALIKE:g})"
            cure = "One of them is enough as a feature; importances would be divided among them."
            findings.append(Finding("correlated", "note", found, cure, tuple(inside)))
    return findings, ""


def _same(columns: list[Floats]) -> NDArray[np.bool_]:
    """(d, d) which columns are |correlated| from `ALIKE`, linearly or by rank, over the rows that both have."""
    d = len(columns)
    same = np.zeros((d, d), dtype=np.bool_)
    whole = [i for i in range(d) if not np.isnan(columns[i]).any()]
    if len(whole) > 1:
        for table in (np.array([columns[i] for i in whole]), np.array([rankdata(columns[i]) for i in whole])):
            with np.errstate(divide="ignore", invalid="ignore"):
                r = np.nan_to_num(np.abs(np.corrcoef(table)))
            same[np.ix_(whole, whole)] |= r >= ALIKE
    for i in range(d):
        for j in range(i + 1, d):
            if i in whole and j in whole:
                continue
            both = ~np.isnan(columns[i]) & ~np.isnan(columns[j])
            if np.count_nonzero(both) < 10:
                continue
            a, b = columns[i][both], columns[j][both]
            if np.ptp(a) and np.ptp(b):
                r = max(abs(float(np.corrcoef(x, y)[0, 1])) for x, y in ((a, b), (rankdata(a), rankdata(b))))
                same[i, j] = same[j, i] = r >= ALIKE
    return same


def _clusters(same: NDArray[np.bool_]) -> Iterator[list[int]]:
    """Columns that hang together, two or more."""
    left = set(range(len(same)))
    while left:
        inside, edge = set(), {left.pop()}
        while edge:
            inside |= edge
            edge = {int(j) for i in edge for j in np.flatnonzero(same[i])} & left
            left -= edge
        if len(inside) > 1:
            yield sorted(inside)
