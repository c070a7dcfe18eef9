"""Leave folds out, one after the other, and score what the model says of them: its errors and their stated width.

For each fold a model is fitted to all other rows alone, its inner folds and calibration included (nested
cross-validation: Varma and Simon 2006, BMC Bioinformatics 7, 91).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.bench import uncertainty
from matloop.bench.intervals import Interval, grouped_bootstrap
from matloop.domain.prediction import Floats
from matloop.surrogate import Surrogate
from matloop.validate.domain import FAR
from matloop.validate.model import GroupedModel, Lessons, fit_grouped
from matloop.validate.splits import FOLDS, Ints, Split

LEVELS = uncertainty.LEVELS
_RIGHT = LEVELS.index(0.9)

Report = Callable[[int, int | None, str], None]
"""Told of progress: done, limit, a short text."""


_COLUMNS = ("fold", "groups", "y", "mean", "std", "half", "distance", "stated")


def silent(done: int, limit: int | None, text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Rows predicted by models that have not seen their group (or, by a random split, their row).

    how: they were left out, in words. random: whether rows of one group were in training and test. fold, groups: (n,)
    of each row. y, mean, std, distance: (n,). half: (n, levels) half-widths of the intervals of `LEVELS`. stated: (n,)
    std before it was widened.
    """

    how: str
    random: bool
    fold: Ints
    groups: Ints
    y: Floats
    mean: Floats
    std: Floats
    half: Floats
    distance: Floats
    stated: Floats

    def rows(self, which: Ints) -> Judged:
        """Some of the rows."""
        columns = {name: getattr(self, name)[which] for name in _COLUMNS}
        return Judged(how=self.how, random=self.random, **columns)

    def figures(self) -> Mapping[str, float]:
        """Every figure of `matloop.bench.uncertainty` by name, and how many rows the stated intervals hold.

        `outside`: share of the rows that lie outside what was learned; `within_90_outside`: how many of these the
        intervals hold, NaN where there are none.
        """
        bins = min(uncertainty.BINS, len(self.y))
        figures = dict(uncertainty.scores(self.y, self.mean, self.std, bins=bins))
        for column, level in enumerate(LEVELS):
            low, high = self.mean - self.half[:, column], self.mean + self.half[:, column]
            figures[f"within_{level * 100:g}"] = uncertainty.within(self.y, low, high)
        figures["width_90"] = float(2 * self.half[:, _RIGHT].mean())
        figures["median_distance"] = float(np.median(self.distance))
        far, half = self.distance > FAR, self.half[:, _RIGHT]
        figures["outside"] = float(far.mean())
        held = np.abs(self.y - self.mean)[far] <= half[far]
        figures["within_90_outside"] = float(held.mean()) if far.any() else math.nan
        return figures

    def intervals(self, seed: int = 0) -> Mapping[str, Interval]:
        """95 % bootstrap intervals over whole groups: mean absolute error, R2 and what the 90 % intervals hold."""
        error = self.y - self.mean
        inside = np.abs(error) <= self.half[:, _RIGHT]
        sums = np.column_stack((np.ones(len(error)), np.abs(error), error**2, self.y, self.y**2, inside))
        found = grouped_bootstrap(sums, self.groups, _ratios, seed=seed)
        names = ("mean_absolute_error", "r2", "within_90")
        return {name: Interval(found.value[j], found.low[j], found.high[j]) for j, name in enumerate(names)}

    def by_fold(self) -> list[tuple[int, Judged]]:
        """Each fold apart."""
        return [(int(fold), self.rows(np.flatnonzero(self.fold == fold))) for fold in np.unique(self.fold)]

    def to_json(self) -> dict[str, Any]:
        """Figures in JSON types; None where a figure has no value."""
        figures = {name: value if np.isfinite(value) else None for name, value in self.figures().items()}
        ends = {name: [float(one.low), float(one.high)] for name, one in self.intervals().items()}
        return {"split": self.how, "random": self.random, "figures": figures, "intervals": ends}


def _ratios(sums: Floats) -> Floats:
    count, absolute, squares, y, y2, inside = np.moveaxis(sums, -1, 0)
    spread = y2 - y**2 / count
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack((absolute / count, 1.0 - squares / spread, inside / count), axis=-1)


Fit = Callable[[Lessons, np.random.Generator], GroupedModel]
"""Learns from the training part alone."""


def stacking(surrogates: Sequence[Surrogate], *, folds: int = FOLDS) -> Fit:
    """Surrogates stacked and widened by inner folds (`fit_grouped`)."""
    return lambda lessons, rng: fit_grouped(lessons, surrogates, rng, folds=min(folds, len(np.unique(lessons.groups))))


def judge(
    lessons: Lessons,
    split: Split,
    fit: Fit,
    *,
    seed: int = 0,
    report: Report = silent,
    taught: Callable[[int, Ints], Ints] | None = None,
) -> Judged:
    """Fit anew for each fold and predict it.

    Args:
        lessons: all rows. Their groups are what inner folds keep whole; they may be coarser than those of the split.
        split: which rows are left out together.
        fit: learns from the others; see `stacking`.
        seed: of everything that is drawn; the same for each fit, so that two of them meet the same inner folds.
        report: told of progress.
        taught: which of a fold's training rows are learned from; None for all.
    """
    n = len(lessons.y)
    mean, std, far, stated = np.empty((4, n))
    half = np.empty((n, len(LEVELS)))
    for done, (fold, seen, out) in enumerate(split.parts()):
        report(done, len(split), f"fold {done + 1} of {len(split)}")
        rows = seen if taught is None else taught(fold, seen)
        model = fit(lessons.only(rows), np.random.default_rng(seed))
        told = model.predict(lessons.X[out])
        mean[out], std[out], far[out], stated[out] = told.mean, told.std, told.distance, told.stated
        half[out] = told.std[:, None] * np.array([model.widening.multiple(level) for level in LEVELS])
    report(len(split), len(split), "done")
    return Judged(split.how, split.random, split.fold, split.groups, lessons.y, mean, std, half, far, stated)
