"""Rows that repeat each other: the same row twice, replicates, and replicates that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from matloop.care.columns import Data, Rows
from matloop.care.finding import Finding, lines_words
from matloop.care.formulas import Formulas
from matloop.care.roles import Roles
from matloop.decide.words import count
from matloop.domain.columns import group
from matloop.domain.prediction import Floats

ALARM = 0.01
"""Chance of one false contradiction in a table whose errors are true and normal."""
FAR = 5.0
"""Least number of standard deviations for a contradiction, whatever the number of replicates: real errors have longer
tails than the normal law."""
_FEWEST = 8  # groups of replicates from which the table's own spread is known
_COARSE = 3.0  # spreads of the whole column, where the spread of replicates is not known
_NORMAL = 1.4826
_SHOWN = 3  # groups that one finding names


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows of equal inputs.

    number: (n,) the group of each row, -1 where one of its inputs is missing. size: (m,) rows of each group.
    names: the inputs.
    """

    number: NDArray[np.int64]
    size: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, data: Data, names: Sequence[str], roles: Roles, formulas: Formulas | None) -> Groups:
        """Group by columns; formulas by their composition and not by how they are written."""
        sound = np.ones(len(data), dtype=np.bool_)
        keys = []
        for name in names:
            column = data.columns[name]
            if name == roles.formula and formulas is not None:
                sound &= formulas.composition >= 0
                keys.append(formulas.composition.astype(np.uint64))
                continue
            sound &= ~column.missing
            if column.numbers is not None:
                sound &= ~np.isnan(column.numbers)
            keys.append(column.keys)
        number = np.full(len(data), -1, dtype=np.int64)
        rows = np.flatnonzero(sound)
        if len(rows) and keys:
            number[rows] = group([key[rows] for key in keys])[1]
        return cls(number, np.bincount(number[number >= 0], minlength=1), tuple(names))

    def several(self) -> Rows:
        """Rows whose group has another row."""
        return np.flatnonzero((self.number >= 0) & (self.size[np.maximum(self.number, 0)] > 1))


def look(data: Data, roles: Roles, formulas: Formulas | None) -> tuple[list[Finding], str]:
    """Findings, and why replicates were not looked at ("" where they were)."""
    findings = list(_twice(data, roles))
    if not roles.inputs:
        return findings, "only whole rows: nothing says which columns make two rows the same experiment (--input)"
    groups = Groups.of(data, roles.inputs, roles, formulas)
    for target in _measured(data, roles):
        findings += _replicates(data, roles, groups, target)
    return findings, ""


def _measured(data: Data, roles: Roles) -> list[str]:
    return [name for name in roles.targets if data.columns[name].numbers is not None]


def _twice(data: Data, roles: Roles) -> Iterator[Finding]:
    """Rows that say the same in every column but the ids."""
    keys = [column.keys for name, column in data.columns.items() if name not in roles.ids]
    if not keys:
        return
    first, row_of = group(keys)
    later = np.setdiff1d(np.arange(len(data)), first)
    if len(later):
        pairs = ", ".join(f"{data.lines[row]} as {data.lines[first[row_of[row]]]}" for row in later[:_SHOWN])
        ids = f" (but {', '.join(map(repr, roles.ids))})" if roles.ids else ""
        found = f"{count(len(later), 'row')} the same as an earlier one in every column{ids}: {data.word} {pairs}"
        cure = "Remove rows that were pasted twice; true replicates carry a number of their own."
        yield Finding("duplicate", "warning", found, cure, (), data.at(later), {"rows": len(later)})


def _replicates(data: Data, roles: Roles, groups: Groups, target: str) -> Iterator[Finding]:
    values = data.numbers(target)
    rows = groups.several()
    rows = rows[~np.isnan(values[rows])]
    number = groups.number[rows]
    size = np.bincount(number, minlength=len(groups.size))
    rows, number = rows[size[number] > 1], number[size[number] > 1]
    several = len(np.unique(number))
    if not several:
        return
    deviations, spread_of = _deviations(values[rows], number)
    differing = int(np.count_nonzero(spread_of > 0))
    spread = float(np.median(spread_of))
    inputs = " and ".join(map(repr, groups.names)) if len(groups.names) < 4 else f"{len(groups.names)} inputs"
    same = _as_written(data, roles, groups, rows)
    found = (
        f"{count(several, 'group')} of rows ({len(rows):,} rows) with the same {inputs}"
        f"{f' ({same:,} if formulas are compared as text)' if same != several else ''}; {differing:,} of them "
        f"with different {target!r}, by a median standard deviation of {spread:.3g}"
    )
    cure = "Replicates are data: keep them, and keep them together in every split."
    figures = {"groups": several, "groups_as_written": same, "rows": len(rows), "median_std": spread}
    yield Finding("replicates", "note", found, cure, (*groups.names, target), data.at(rows), figures)
    std = roles.stds.get(target)
    known = None if std is None else data.numbers(std)[rows]
    yield from _contradictions(data, groups, target, (rows, number, deviations), known)


def _as_written(data: Data, roles: Roles, groups: Groups, rows: Rows) -> int:
    """How many groups there are if a formula is taken as its text."""
    first, row_of = group([data.columns[name].keys[rows] for name in groups.names])
    return int(np.count_nonzero(np.bincount(row_of, minlength=len(first)) > 1))


def _deviations(values: Floats, number: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """(k,) distance of each from the mean of its group, widened to that of one reading; (m,) std of each group."""
    _, place = np.unique(number, return_inverse=True)
    size = np.bincount(place)
    centred = values - (np.bincount(place, values) / size)[place]
    spread = np.sqrt(np.bincount(place, centred**2) / (size - 1))
    return np.asarray(centred * np.sqrt(size / (size - 1))[place]), np.asarray(spread)


def _contradictions(
    data: Data, groups: Groups, target: str, of: tuple[Rows, NDArray[np.int64], Floats], known: Floats | None
) -> Iterator[Finding]:
    """Replicates that differ by more than their errors, or by more than replicates of this table do."""
    rows, number, deviations = of
    values = data.numbers(target)
    if known is not None and np.count_nonzero(known > 0) >= 2:
        scores, told = _by_errors(values[rows], known, number), "their stated errors"
        limit = _limit(len(rows))
    elif len(np.unique(number)) >= _FEWEST:
        scores, told = _by_spread(values[rows], number, deviations), "replicates of this table do"
        limit = _limit(len(rows))
    else:
        held = values[~np.isnan(values)]
        spread = _NORMAL * float(np.median(np.abs(held - np.median(held)))) or float(np.std(held))
        scores = np.abs(deviations) / spread if spread else np.zeros(len(rows))
        told, limit = "rows of different inputs do (too few replicates to know their spread)", _COARSE
    worst = np.zeros(int(number.max()) + 1)
    np.maximum.at(worst, number, scores)
    far = worst[number] > limit
    if not far.any():
        return
    by_worst = np.lexsort((rows[far], number[far], -worst[number[far]]))
    listed, of_group = rows[far][by_worst], number[far][by_worst]
    order = of_group[np.sort(np.unique(of_group, return_index=True)[1])]
    said = "; ".join(_shown(data, groups, target, listed[of_group == one]) for one in order[:_SHOWN])
    found = f"{count(len(order), 'group')} of replicates with {target!r} apart by more than {told}: {said}"
    cure = "Look them up: another phase, carrier or unit, or one is wrong. A column that tells them apart is an input."
    figures = {"groups": len(order), "limit": limit, "worst": float(worst[order[0]])}
    yield Finding("contradiction", "warning", found, cure, (*groups.names, target), data.at(listed), figures)


def _limit(rows: int) -> float:
    """Standard deviations that one of so many normal deviations exceeds with the chance `ALARM`."""
    return max(FAR, -float(ndtri(ALARM / (2 * rows))))


def _by_errors(values: Floats, stds: Floats, number: NDArray[np.int64]) -> Floats:
    """Distance of each from the weighted mean of the others of its group, in standard deviations of that difference."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(stds > 0, 1 / stds**2, 0.0)
    _, place = np.unique(number, return_inverse=True)
    rest = np.bincount(place, weight)[place] - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        others = (np.bincount(place, weight * values)[place] - weight * values) / rest
        scores = np.abs(values - others) / np.sqrt(1 / weight + 1 / rest)
    return np.asarray(np.nan_to_num(scores, nan=0.0, posinf=0.0))


def _by_spread(values: Floats, number: NDArray[np.int64], deviations: Floats) -> Floats:
    """Deviations in robust spreads of all replicates; of positive values also in logs, the milder of the two counts.

    A quantity that scatters in proportion to its size would otherwise be doubted wherever it is large.
    """
    scores = _scaled(deviations)
    if (values > 0).all():
        scores = np.minimum(scores, _scaled(_deviations(np.log(values), number)[0]))
    return scores


def _scaled(deviations: Floats) -> Floats:
    off = np.abs(deviations)
    middle = float(np.median(off))
    if not middle:
        differing = off[off > 0]
        middle = float(np.median(differing)) if len(differing) >= _FEWEST else 0.0
    return off / (_NORMAL * middle) if middle else np.zeros(len(off))


def _shown(data: Data, groups: Groups, target: str, rows: Rows) -> str:
    of = ", ".join(data.columns[name].said(int(rows[0])) for name in groups.names[:3])
    told: Mapping[int, str] = {int(row): data.columns[target].said(int(row)) for row in rows}
    return f"{of}: {', '.join(list(told.values())[:4])} ({lines_words(data.at(rows), data.word)})"
