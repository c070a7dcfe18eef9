"""How the best grew with the number of experiments, and what random choice would have done.

Random choice without replacement among N candidates, after i draws: the expected best is sum_k v_k P(best is v_k), with
v_1 the best of all and P = C(N - k, i - 1) / C(N, i). Nothing is simulated where the truth is known.

Where it is not, both are judged by the same truths, drawn from the joint posterior: under each draw the campaign has
the best of what it made by then, random choice the expected best of as many. To set the posterior mean of the best made
beside the best of drawn values would favour random choice: the largest of many draws lies above the largest of their
means. Under one draw whatever makes it optimistic does so for both, and the difference of the two is, averaged over
truths that the model deems possible, the true difference. Among the candidates that a posterior knows least, an honest
model may still rate random choice too well or too badly; it is as good as the model.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.domain.reading import Key
from matloop.report.drawn import Drawn
from matloop.report.known import Known
from matloop.state import State

_MOST_COUNTS = 60  # places at which the baseline is worked out; more cannot be told apart on a screen
_READINGS = 1500  # readings drawn as dots; more only make the file larger
_BAND = (0.05, 0.95)  # where 90 % of the draws lie


@dataclass(frozen=True, slots=True)
class Lead:
    """The best made less the expected best of as many random candidates, towards the goal, under the same truths.

    after: so many experiments. made, random: the two, in the objective's unit. low, high: where 90 % of the
    differences lie, in the goal's direction; both None where the truth is known. share: of the draws in which the
    campaign is ahead; None likewise.
    """

    after: int
    made: float
    random: float
    low: float | None = None
    high: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How the best grew.

    experiments: (k,) number of experiments. best: (k,) best so far after as many, NaN before the first.
    best_low, best_high: (k,) where it lies in 90 % of the draws; empty unless judged by draws.
    judged: by what the best is judged: "truth", "draws" of the posterior, or the "model" where it has no joint one.
    at, readings: (r,) number of the experiment and number of single readings; at most 1,500 of `told`.
    random_at, random: (c,) the baseline; empty where none can be given. random_low, random_high: (c,) where it lies
        in 90 % of the draws; empty for an exact baseline.
    looked, made: of `made` candidates with a reading, so many are judged.
    lead: at the last number of experiments for which there is a baseline; None without one.
    """

    experiments: NDArray[np.intp]
    best: Floats
    best_low: Floats
    best_high: Floats
    judged: str
    at: NDArray[np.intp]
    readings: Floats
    told: int
    random_at: NDArray[np.intp]
    random: Floats
    random_low: Floats
    random_high: Floats
    looked: int
    made: int
    lead: Lead | None


def expected_best(values: Floats, counts: Sequence[int]) -> Floats:
    """Expected best (largest) of i random draws without replacement, for each i of `counts`.

    Args:
        values: (N,) of every candidate, or of a random part of them.
        counts: how many are drawn; beyond N all are.
    """
    ordered = np.sort(values)[::-1]
    n = len(ordered)
    found = np.empty(len(counts))
    for place, i in enumerate(counts):
        k = np.arange(n)
        left = np.concatenate(([1.0], np.cumprod(np.maximum(n - k[:-1] - i, 0) / (n - k[:-1]))))
        found[place] = float(left * np.minimum(i / (n - k), 1.0) @ ordered)
    return found


def counts_up_to(last: int) -> NDArray[np.intp]:
    """Numbers of experiments at which a baseline is worked out: all of few, else evenly on a logarithmic scale."""
    if last <= _MOST_COUNTS:
        return np.arange(1, last + 1)
    return np.unique(np.round(np.geomspace(1, last, _MOST_COUNTS)).astype(np.intp))


def progress_of(
    state: State, goal: Objective, values: Mapping[str, float], known: Known | None, drawn: Drawn | None
) -> Progress:
    """Gather it, for one objective.

    Args:
        state: what happened.
        goal: the objective.
        values: candidate id -> what the final model (or the plain mean) says of it.
        known: the truth, where somebody knows it; it judges then, instead of the model.
        drawn: truths drawn from the model, for use where the truth is not known.
    """
    told = _told(state, goal, values)
    at, readings = _thinned(told.dots)
    judged, own, counts, random = _judged(told, goal, values, known, drawn)
    best, low, high = (goal.sign * _held(line, own.after, told.experiments) for line in _spread(own.lines))
    line, random_low, random_high = (goal.sign * part for part in _spread(random))
    simulated, none = judged == "draws", np.empty(0)
    return Progress(
        experiments=np.arange(1, told.experiments + 1),
        best=best,
        best_low=low if simulated else none,
        best_high=high if simulated else none,
        judged=judged,
        at=at,
        readings=readings,
        told=len(told.dots),
        random_at=counts,
        random=line,
        random_low=random_low if simulated else none,
        random_high=random_high if simulated else none,
        looked=len(own.after),
        made=len(told.first),
        lead=_lead(own, random, counts, goal),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told of an objective.

    experiments: how many were told. dots: experiment and number of each reading. first: candidate -> the experiment
    after which it was first read, in that order.
    """

    experiments: int
    dots: Sequence[tuple[int, float]]
    first: Mapping[str, int]


def first_read(state: State, goal: Objective, made: Container[str]) -> tuple[str, ...]:
    """Candidates with a usable reading, or of those `made` one beyond a limit, in the order of their first."""
    return tuple(_told(state, goal, made).first)


def _told(state: State, goal: Objective, made: Container[str]) -> _Told:
    number: dict[Key, int] = {}
    dots: list[tuple[int, float]] = []
    first: dict[str, int] = {}
    for key, reading in state.readings.items():
        specimen = Key(key.suggestion, key.candidate, key.experiment, 0)
        number.setdefault(specimen, len(number) + 1)
        if goal.name not in reading.outcome:
            continue
        if reading.status == "ok":
            dots.append((number[specimen], reading.outcome[goal.name]))
        if reading.status == "ok" or reading.candidate in made:
            first.setdefault(reading.candidate, len(number))
    return _Told(len(number), dots, first)


def _thinned(dots: Sequence[tuple[int, float]]) -> tuple[NDArray[np.intp], Floats]:
    rows = np.unique(np.linspace(0, len(dots) - 1, min(len(dots), _READINGS)).round().astype(np.intp))
    chosen = [dots[row] for row in rows]
    return np.array([at for at, _ in chosen], dtype=np.intp), np.array([value for _, value in chosen], dtype=float)


@dataclass(frozen=True, slots=True)
class _Grown:
    """How the best grew with the candidates made.

    lines: (S, m) signed value of the best of the first m candidates judged, under S truths. after: (m,) the number of
    experiments after which each was first read.
    """

    lines: Floats
    after: NDArray[np.intp]

    def at(self, experiments: int) -> Floats | None:
        """(S,) after so many; None before the first."""
        place = int(np.searchsorted(self.after, experiments, side="right")) - 1
        return self.lines[:, place] if place >= 0 else None


def _judged(
    told: _Told, goal: Objective, values: Mapping[str, float], known: Known | None, drawn: Drawn | None
) -> tuple[str, _Grown, NDArray[np.intp], Floats]:
    """By what both are judged, what was made, and the baseline (S, c) after c numbers of experiments, signed."""
    counts = counts_up_to(told.experiments) if told.experiments else np.empty(0, dtype=np.intp)
    if known is None and drawn is not None:
        judged, own = "draws", _grown(told, drawn.made)
        counts = counts[counts <= drawn.most]
        random = np.array([expected_best(draw, counts.tolist()) for draw in drawn.among]).reshape(-1, len(counts))
    else:
        judged, judge = ("model", values) if known is None else ("truth", known.of)
        own = _grown(told, {id_: np.array([goal.sign * value]) for id_, value in judge.items()})
        counts = counts if known is not None else counts[:0]
        random = np.empty((1, 0)) if known is None else expected_best(goal.sign * known.every, counts.tolist())[None]
    return judged, own, counts, random


def _grown(told: _Told, values: Mapping[str, Floats]) -> _Grown:
    judged = [candidate for candidate in told.first if candidate in values]
    after = np.array([told.first[candidate] for candidate in judged], dtype=np.intp)
    columns = [values[candidate] for candidate in judged]
    lines = np.maximum.accumulate(np.stack(columns, axis=1), axis=1) if columns else np.empty((1, 0))
    return _Grown(lines, after)


def _spread(lines: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, 5 % and 95 % point (k,) of lines (S, k)."""
    low, high = np.quantile(lines, _BAND, axis=0)
    return lines.mean(axis=0), low, high


def _held(line: Floats, after: NDArray[np.intp], experiments: int) -> Floats:
    """(k,) the figure (m,) that holds after each number of experiments; NaN before the first."""
    places = np.searchsorted(after, np.arange(1, experiments + 1), side="right") - 1
    return np.concatenate((line, [np.nan]))[places]  # place -1 is the NaN


def _lead(own: _Grown, random: Floats, counts: NDArray[np.intp], goal: Objective) -> Lead | None:
    made = own.at(int(counts[-1])) if len(counts) else None
    if made is None:
        return None
    other = random[:, -1]
    figures = (int(counts[-1]), goal.sign * float(made.mean()), goal.sign * float(other.mean()))
    if len(made) == 1:
        return Lead(*figures)
    low, high = (float(point) for point in np.quantile(made - other, _BAND))
    return Lead(*figures, low, high, float(np.mean(made > other)))
