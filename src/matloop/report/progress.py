"""How the best grew with the number of experiments, and what random choice would have done.

Random choice without replacement among N candidates, after i draws: the expected best is sum_k v_k P(best is v_k), with
v_1 the best of all and P = C(N - k, i - 1) / C(N, i). Nothing is simulated where the truth is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.decide.model import Model
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.domain.reading import Key
from matloop.report.known import Known
from matloop.state import State
from matloop.surrogate import Joint

_MOST_COUNTS = 60  # places at which the baseline is worked out; more cannot be told apart on a screen
_DRAWS = 200  # draws of the posterior; their mean is then known to a tenth of their spread
_READINGS = 1500  # readings drawn as dots; more only make the file larger
_KNOWN = 1e-10  # parts of the largest eigenvalue below which one is rounding


@dataclass(frozen=True, slots=True)
class Progress:
    """How the best grew.

    experiments: (k,) number of experiments. best: (k,) best so far after as many, NaN before the first.
    judged: "truth" or "model": by what the best is judged.
    at, readings: (r,) number of the experiment and number of single readings; at most 1,500 of `told`.
    random_at, random: (c,) the baseline; empty where none can be given. random_low, random_high: (c,) where 90 % of the
        posterior draws lie; empty for an exact baseline.
    """

    experiments: NDArray[np.intp]
    best: Floats
    judged: str
    at: NDArray[np.intp]
    readings: Floats
    told: int
    random_at: NDArray[np.intp]
    random: Floats
    random_low: Floats
    random_high: Floats


def expected_best(values: Floats, counts: Sequence[int], *, replace: bool = False) -> Floats:
    """Expected best (largest) of i random draws, for each i of `counts`.

    Args:
        values: (N,) of every candidate.
        counts: how many are drawn; beyond N all are.
        replace: draw with replacement, as from a sample that stands for a far larger set.
    """
    ordered = np.sort(values)[::-1]
    n = len(ordered)
    found = np.empty(len(counts))
    for place, i in enumerate(counts):
        if not replace and i >= n:
            found[place] = ordered[0]
            continue
        k = np.arange(n)
        if replace:
            chance = ((n - k) / n) ** i - ((n - k - 1) / n) ** i
        else:
            left = np.concatenate(([1.0], np.cumprod(np.maximum(n - k[:-1] - i, 0) / (n - k[:-1]))))
            chance = left * np.minimum(i / (n - k), 1.0)
        found[place] = float(chance @ ordered)
    return found


def counts_up_to(last: int) -> NDArray[np.intp]:
    """Numbers of experiments at which a baseline is worked out: all of few, else evenly on a logarithmic scale."""
    if last <= _MOST_COUNTS:
        return np.arange(1, last + 1)
    return np.unique(np.round(np.geomspace(1, last, _MOST_COUNTS)).astype(np.intp))


def progress_of(
    state: State, goal: Objective, values: Mapping[str, float], known: Known | None, baseline: Baseline | None
) -> Progress:
    """Gather it.

    Args:
        state: what happened.
        goal: the objective.
        values: candidate id -> what the final model (or the plain mean) says of it.
        known: the truth, where somebody knows it; it judges then, instead of the model.
        baseline: random choice by the model, for use where the truth is not known.
    """
    judge = values if known is None else known.of
    number: dict[Key, int] = {}
    best: list[float] = []
    dots: list[tuple[int, float]] = []
    for key, reading in state.readings.items():
        specimen = Key(key.suggestion, key.candidate, key.experiment, 0)
        if specimen not in number:
            number[specimen] = len(number) + 1
            best.append(best[-1] if best else -np.inf)
        if reading.status == "ok" and goal.name in reading.outcome:
            dots.append((number[specimen], reading.outcome[goal.name]))
            best[-1] = max(best[-1], goal.sign * judge.get(reading.candidate, -goal.sign * np.inf))
    figures = np.where(np.isfinite(best), goal.sign * np.array(best, dtype=float), np.nan)
    at, told = _thinned(dots)
    counts = counts_up_to(len(best)) if best else np.empty(0, dtype=np.intp)
    line = _baseline(goal, counts, known, baseline)
    judged = "model" if known is None else "truth"
    return Progress(np.arange(1, len(best) + 1), figures, judged, at, told, len(dots), *line)


def _thinned(dots: Sequence[tuple[int, float]]) -> tuple[NDArray[np.intp], Floats]:
    rows = np.unique(np.linspace(0, len(dots) - 1, min(len(dots), _READINGS)).round().astype(np.intp))
    chosen = [dots[row] for row in rows]
    return np.array([at for at, _ in chosen], dtype=np.intp), np.array([value for _, value in chosen], dtype=float)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Draws (S, M) of the signed truth at M candidates, of which there are `total`."""

    draws: Floats
    total: int

    @classmethod
    def of(cls, model: Model, goal: Objective, X: Floats, total: int, rng: np.random.Generator) -> Baseline | None:
        """Draw from the joint posterior at X (M, d); None for a model that has none."""
        if not isinstance(model.fitted, Joint):
            return None
        j = model.objectives.index(goal.name)
        mean, covariances = model.fitted.joint(X)
        values, vectors = np.linalg.eigh(covariances[j])
        values = np.where(values > _KNOWN * values[-1], values, 0.0)
        normals = rng.standard_normal((_DRAWS, len(X)))
        return cls(goal.sign * mean[:, j] + (normals * np.sqrt(values)) @ vectors.T, total)


def _baseline(
    goal: Objective, counts: NDArray[np.intp], known: Known | None, baseline: Baseline | None
) -> tuple[NDArray[np.intp], Floats, Floats, Floats]:
    none = np.empty(0)
    if known is not None:
        line = goal.sign * expected_best(goal.sign * known.every, counts.tolist())
        return counts, line, none, none
    if baseline is None:
        return np.empty(0, dtype=np.intp), none, none, none
    whole = baseline.draws.shape[1] == baseline.total
    lines = np.array([expected_best(draw, counts.tolist(), replace=not whole) for draw in baseline.draws])
    low, high = np.quantile(lines, (0.05, 0.95), axis=0)
    return counts, goal.sign * lines.mean(axis=0), goal.sign * low, goal.sign * high
