"""Tables that leave the program: suggestions to be done, and the shortlist of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matloop.domain import canonical
from matloop.domain.canonical import Value
from matloop.domain.objective import optimised
from matloop.domain.prediction import NOT_JUDGED, PredictionAt
from matloop.domain.problem import Problem
from matloop.domain.ranked import INTERVAL, Ranked
from matloop.domain.suggestion import Suggestion

Cell = Value | None
_MARKS = ',"\r\n'
_FIGURES = ("mean", "model_std", "noise_std")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. Each row has one cell a column; None is an empty cell."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def csv(self) -> bytes:
        """CSV in UTF-8, numbers in their shortest exact form."""
        lines = [self.header, *([written(cell) for cell in row] for row in self.rows)]
        return "".join(",".join(map(_quoted, line)) + "\n" for line in lines).encode("utf-8")


def _quoted(text: str) -> str:
    """A cell in quotes where it needs them; Python's own writer forgets a lone carriage return."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in _MARKS) else text


def written(cell: Cell) -> str:
    """A cell as text, exact."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return canonical.number_text(cell) if isinstance(cell, float) else str(cell)


def suggestions_sheet(suggestions: Sequence[Suggestion], problem: Problem) -> Sheet:
    """What to do next, with an empty column to fill in for each context and objective; `tell` takes it as it is.

    With one objective the figures are `mean`, `model_std` and `noise_std`, with several NAME_mean, NAME_model_std and
    NAME_noise_std for each; empty before a model exists. `cost` is there where the campaign says what experiments cost.
    """
    names = problem.candidates.names
    goals = tuple(objective.name for objective in problem.objectives)
    objectives = problem.measured
    priced = ("cost",) if problem.cost else ()
    header = ("suggestion", "candidate", *names, *predicted_columns(problem), "reason", *priced, *objectives)
    rows = []
    for item in suggestions:
        values = tuple(item.values[name] for name in names)
        rows.append(
            (
                item.id,
                item.candidate,
                *values,
                *(cell for goal in goals for cell in _figures(item.prediction, goal)),
                item.reason,
                *(item.cost for _ in priced),
            )
        )
    return Sheet(header, tuple((*row, *(None for _ in objectives)) for row in rows))


def shortlist_sheet(ranked: Sequence[Ranked], problem: Problem) -> Sheet:
    """What was made, best first by posterior mean.

    While no model exists NAME holds the plain mean of the readings, and its two std are empty. With several goals
    `layer` (1: not dominated) and `contribution` (hypervolume that it alone adds to its layer) say why it stands where
    it does, and with limits `holds`, the probability that it holds them. Where something was read beyond a limit of
    detection, `cut` says of what and which. Last come the columns of `error_columns`.
    """
    names = problem.candidates.names
    objectives = tuple(objective.name for objective in problem.objectives)
    figures = tuple(column for name in objectives for column in (name, f"{name}_model_std", f"{name}_noise_std"))
    several = len(optimised(problem.objectives)) > 1
    limited = any(objective.goal == "limit" for objective in problem.objectives)
    more = (*(("layer", "contribution") if several else ()), *(("holds",) if limited else ()))
    more += ("cut",) if any(item.limits for item in ranked) else ()
    rows = []
    for item in ranked:
        cells: list[Cell] = []
        for name in objectives:
            mean, model_std, noise_std = _figures(item.prediction, name)
            cells += [item.reading_mean.get(name) if mean is None else mean, model_std, noise_std]
        values = tuple(item.values[name] for name in names)
        standing = [getattr(item, name) or None if name == "cut" else getattr(item, name) for name in more]
        errors = [cell for name in objectives for cell in _errors(item, name)]
        rows.append((item.rank, item.candidate, *values, *cells, item.readings, *standing, *errors))
    header = ("rank", "candidate", *names, *figures, "readings", *more, *error_columns(problem))
    return Sheet(header, tuple(rows))


def error_columns(problem: Problem) -> tuple[str, ...]:
    """What stands last in a shortlist, for each objective.

    NAME_calibration, whether its errors are true as stated, and NAME_low_90 and NAME_high_90, between which one new
    reading lies with 90 %; empty before a model exists.
    """
    level = round(100 * INTERVAL)
    ends = ("calibration", f"low_{level}", f"high_{level}")
    return tuple(f"{objective.name}_{end}" for objective in problem.objectives for end in ends)


def _errors(item: Ranked, name: str) -> tuple[Cell, Cell, Cell]:
    """The cells of `error_columns` of one objective."""
    if item.prediction is None:
        return None, None, None
    return item.prediction.calibration.get(name, NOT_JUDGED), *item.interval.get(name, (None, None))


def predicted_columns(problem: Problem) -> tuple[str, ...]:
    """What the columns of predictions are called among suggestions."""
    if len(problem.objectives) == 1:
        return _FIGURES
    return tuple(f"{objective.name}_{figure}" for objective in problem.objectives for figure in _FIGURES)


def _figures(prediction: PredictionAt | None, name: str) -> tuple[Cell, Cell, Cell]:
    """Mean, model_std and noise_std of one objective; None before a model exists."""
    if prediction is None:
        return None, None, None
    return prediction.mean[name], prediction.model_std[name], prediction.noise_std[name]
