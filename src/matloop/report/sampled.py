"""Candidates drawn at random from a pool or a space, as inputs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from matloop.decide.model import Model
from matloop.domain.constraint import Sum
from matloop.domain.encoder import Scaled
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.problem import Problem
from matloop.surrogate import Means

_STREAM = 0x7265706F7274  # keeps the report's random numbers apart from those of the campaign
_EVEN = 1e-3  # of the total: how much blends measured in a laboratory may differ and still count as summing to it
_LOOKED_AT = 2000  # candidates of a pool among which sums are looked for
_MOST_FEATURES = 12  # numeric features among which triples are looked for; the number of triples grows with the cube


def generator(problem: Problem) -> np.random.Generator:
    """The report's own random numbers: the same ledger gives the same report."""
    return np.random.default_rng([problem.seed, _STREAM])


def drawn(problem: Problem, rng: np.random.Generator, n: int) -> tuple[Floats, int]:
    """Inputs (k, d) of up to n candidates drawn without repeats, and how many candidates there are at most."""
    candidates = problem.candidates
    if isinstance(candidates, Pool):
        rows = np.sort(rng.choice(len(candidates), min(n, len(candidates)), replace=False))
        return candidates.encode_rows(rows), len(candidates)
    points = candidates.enumerate(n)
    if points is not None:
        return candidates.encode_grid(points), len(points)
    return candidates.encode_grid(candidates.sample(rng, n)), candidates.most


def means(model: Model, goal: Objective, X: Floats) -> Floats:
    """The model's mean (q,) of an objective at X (q, d)."""
    j = model.objectives.index(goal.name)
    found = model.fitted.means(X) if isinstance(model.fitted, Means) else model.predict(X).mean
    column: Floats = found[:, j]
    return column


def mixture_of(problem: Problem) -> tuple[tuple[str, ...], float] | None:
    """Numeric features that add up to a constant, and that constant; three where there are three, else None or all.

    A space says so by its constraint. In a pool it shows: the sum of the features differs by less than 0.1 %.
    """
    candidates = problem.candidates
    if not isinstance(candidates, Pool):
        sums = [(tuple(one.names), float(one.equals)) for one in _sums(candidates.constraints)]
        return min(sums, key=lambda one: abs(len(one[0]) - 3), default=None)
    own = [part for part in candidates.encoder.parts if part.name in candidates.names]  # context is in no candidate
    numeric = [part.name for part in own if isinstance(part, Scaled) and part.high > part.low]
    if len(numeric) < 3:
        return None
    step = max(1, len(candidates) // _LOOKED_AT)
    rows = [candidates.values(i) for i in range(0, len(candidates), step)]
    columns = {name: np.array([float(row[name]) for row in rows]) for name in numeric}
    triples = list(combinations(numeric[:_MOST_FEATURES], 3))
    for names in [*triples, tuple(numeric)]:
        total = np.sum([columns[name] for name in names], axis=0)
        if np.ptp(total) <= _EVEN * abs(float(total.mean())):
            return tuple(names), float(total.mean())
    return None


def _sums(constraints: Sequence[object]) -> list[Sum]:
    return [one for one in constraints if isinstance(one, Sum) and one.equals > 0]
