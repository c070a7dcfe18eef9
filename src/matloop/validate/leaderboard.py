"""Surrogates side by side on one table: the same folds, the same inner folds, paired differences."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.bench.intervals import Interval, grouped_bootstrap
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail
from matloop.surrogate import Surrogate
from matloop.validate.judge import Judged, Report, judge, silent, stacking
from matloop.validate.model import Lessons
from matloop.validate.splits import FOLDS, Split

COLUMNS = (
    "surrogate", "mae", "mae_low", "mae_high", "behind", "behind_low", "behind_high", "r2", "within_90",
    "within_90_low", "within_90_high", "width_90", "nll", "crps", "error_correlation", "kept_half", "seconds",
)  # fmt: skip
"""What a row of the table holds, see `Place`."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """How one surrogate did; figures in the target's unit.

    name: of the surrogate. judged: its predictions. behind: mean absolute error less that of the best, paired, with its
    95 % interval over whole groups; 0 for the best itself. seconds: for all fits, inner ones included.
    """

    name: str
    judged: Judged
    behind: Interval
    seconds: float

    def cells(self) -> tuple[Any, ...]:
        """A row of the table, one cell for each of `COLUMNS`."""
        figures, ends = self.judged.figures(), self.judged.intervals()
        mae, within = ends["mean_absolute_error"], ends["within_90"]
        kept = figures["error_of_most_certain"] / figures["mean_absolute_error"]
        return (
            self.name,
            *(float(one) for one in (mae.value, mae.low, mae.high)),
            *(float(one[0]) for one in (self.behind.value, self.behind.low, self.behind.high)),
            figures["r2"],
            *(float(one) for one in (within.value, within.low, within.high)),
            *(figures[name] for name in ("width_90", "nll", "crps", "error_correlation")),
            kept,
            self.seconds,
        )

    def to_json(self) -> dict[str, Any]:
        """In JSON types."""
        behind = [float(one[0]) for one in (self.behind.value, self.behind.low, self.behind.high)]
        return {"surrogate": self.name, "behind": behind, "seconds": self.seconds, **self.judged.to_json()}


def leaderboard(
    lessons: Lessons,
    split: Split,
    entries: Mapping[str, Sequence[Surrogate]],
    *,
    folds: int = FOLDS,
    seed: int = 0,
    report: Report = silent,
) -> tuple[Place, ...]:
    """Judge each entry by the same folds; the lowest mean absolute error first.

    Args:
        lessons: all rows.
        split: which are left out together.
        entries: name -> surrogates, stacked if several.
        folds: inner folds.
        seed: of all that is drawn.
        report: told of progress.

    Raises:
        InputError: when there are no entries.
        ModelError: when a surrogate cannot be fitted.
    """
    if not entries:
        fail(InputError, "leaderboard", "no surrogate is given", "Name one or more.")
    found: dict[str, tuple[Judged, float]] = {}
    for number, (name, surrogates) in enumerate(entries.items()):
        begun = time.perf_counter()
        told = _shared(report, name, number * len(split), len(entries) * len(split))
        judged = judge(lessons, split, stacking(surrogates, folds=folds), seed=seed, report=told)
        found[name] = (judged, time.perf_counter() - begun)
    error = {name: np.abs(judged.y - judged.mean) for name, (judged, _) in found.items()}
    best = min(error, key=lambda name: float(error[name].mean()))
    places = [
        Place(name, judged, _paired(error[name] - error[best], judged, seed), seconds)
        for name, (judged, seconds) in found.items()
    ]
    return tuple(sorted(places, key=lambda place: float(error[place.name].mean())))


def _shared(report: Report, name: str, before: int, limit: int) -> Report:
    """One entry's progress as a part of all."""
    return lambda done, _, text: report(before + done, limit, f"{name}: {text}")


def _paired(difference: Floats, judged: Judged, seed: int) -> Interval:
    sums = np.column_stack((np.ones(len(difference)), difference))
    return grouped_bootstrap(sums, judged.groups, lambda total: total[..., 1:] / total[..., :1], seed=seed)
