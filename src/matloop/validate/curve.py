"""Learning curves: how errors fall with the number of groups learned, and whether more data would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail
from matloop.validate.judge import Fit, Judged, Report, judge, silent
from matloop.validate.model import Lessons
from matloop.validate.splits import Ints, Split

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
"""Of the training groups, where nobody says otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """share: of the training groups. groups, rows: learned from on average over the folds. judged: of all folds."""

    share: float
    groups: float
    rows: float
    judged: Judged


def learning_curve(
    lessons: Lessons,
    split: Split,
    fit: Fit,
    *,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
    report: Report = silent,
) -> tuple[Point, ...]:
    """Learn from growing shares of the training groups of each fold, each share holding the smaller ones.

    Args:
        lessons: all rows.
        split: which are left out together; they stay the same at every share.
        fit: as in `judge`.
        shares: of the training groups, in (0, 1], rising.
        seed: of the order in which groups join, and of the fits.
        report: told of progress.

    Raises:
        InputError: for shares that do not rise within (0, 1], or one that leaves fewer than two groups.
    """
    if not shares or any(not 0 < one <= 1 for one in shares) or list(shares) != sorted(set(shares)):
        fail(InputError, "learning curve, shares", f"{list(shares)}", "Give rising numbers above 0, at most 1.")
    return tuple(
        _point(lessons, split, fit, share, (seed, report, number * len(split), len(shares) * len(split)))
        for number, share in enumerate(shares)
    )


def _point(lessons: Lessons, split: Split, fit: Fit, share: float, terms: tuple[int, Report, int, int]) -> Point:
    seed, report, before, limit = terms
    counts: list[tuple[int, int]] = []

    def taught(fold: int, seen: Ints) -> Ints:
        order = np.random.default_rng((seed, fold)).permutation(np.unique(lessons.groups[seen]))
        kept = order[: int(np.ceil(share * len(order)))]
        if len(kept) < 2:
            found = f"{100 * share:g} % of {len(order)} groups are {len(kept)}"
            fail(InputError, "learning curve, shares", found, "Begin with a larger share: two groups are needed.")
        rows = seen[np.isin(lessons.groups[seen], kept)]
        counts.append((len(kept), len(rows)))
        return rows

    def passed_on(done: int, _: int | None, text: str) -> None:
        report(before + done, limit, f"{100 * share:g} % of the groups, {text}")

    judged = judge(lessons, split, fit, seed=seed, report=passed_on, taught=taught)
    groups, rows = np.mean(counts, axis=0).tolist()
    return Point(share, groups, rows, judged)


def slope(points: Sequence[Point]) -> float:
    """Change of the log mean absolute error for each doubling of groups, by least squares; below 0 more data helps."""
    groups: Floats = np.log2([point.groups for point in points])
    errors = np.log([point.judged.figures()["mean_absolute_error"] for point in points])
    return float(np.polyfit(groups, errors, 1)[0])
