"""Which features the fitted mean depends on: variance-based sensitivity over the candidates.

Two independent samples A and B of candidates; A_B^j is A with feature j taken from B. With V the variance of the mean,
Jansen's estimators (Jansen 1999; Saltelli et al. 2010, table 2) are
    alone (first order)  S_j = 1 - E[(f(B) - f(A_B^j))^2] / (2 V)
    in all (total)       T_j = E[(f(A) - f(A_B^j))^2] / (2 V)
Exact for features that vary independently; in a mixture or a pool of correlated features A_B^j leaves the set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matloop.decide.model import Model
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.domain.problem import Problem
from matloop.report.sampled import drawn, means

_SAMPLES = 1024  # in each of A and B; the standard error of an index is then some 0.03
_FEWEST = 64
_WORK = 15_000_000  # covariances computed at most: a second or so. Beyond it fewer samples are taken


@dataclass(frozen=True, slots=True)
class Importance:
    """Share of the variance of the fitted mean.

    names: the features, most important first. alone, total: (p,) first-order and total index, in [0, 1].
    error: (p,) standard error of the total index. samples: candidates in each of the two samples.
    """

    names: tuple[str, ...]
    alone: Floats
    total: Floats
    error: Floats
    samples: int


def importance_of(problem: Problem, model: Model, goal: Objective, rng: np.random.Generator) -> Importance | None:
    """Work it out; None when the fitted mean is constant."""
    owners, parts = model.encoder.owners, model.encoder.parts
    work = (len(parts) + 2) * len(model.data.X)
    n = int(np.clip(_WORK // work, _FEWEST, _SAMPLES))
    X, _ = drawn(problem, rng, 2 * n)
    for part, start in zip(parts, model.encoder.starts, strict=True):
        if part.name in model.encoder.assumed:  # what is measured and not chosen takes any value of its range
            X[:, start] = rng.random(len(X))
    # few candidates stand for themselves, drawn with repeats
    pick = rng.permutation(2 * n) if len(X) == 2 * n else rng.integers(len(X), size=2 * n)
    A, B = X[pick[:n]], X[pick[n:]]
    f_a, f_b = means(model, goal, A), means(model, goal, B)
    variance = float(np.var(np.concatenate((f_a, f_b))))
    if variance <= np.finfo(float).eps * float(np.var(model.data.y)):
        return None
    rows = []
    for j in range(len(parts)):
        mixed = np.where(owners == j, B, A)
        f_m = means(model, goal, mixed)
        squares = (f_a - f_m) ** 2 / (2.0 * variance)
        alone = 1.0 - float(np.mean((f_b - f_m) ** 2)) / (2.0 * variance)
        rows.append((alone, float(squares.mean()), float(squares.std() / np.sqrt(n))))
    figures = np.array(rows)
    order = np.argsort(-figures[:, 1], kind="stable")
    alone, total, error = figures[order].T
    named = tuple(parts[j].name for j in order)
    total = np.clip(total, 0.0, 1.0)
    alone = np.clip(alone, 0.0, total)  # a part of it in truth, which samples and dependent features may contradict
    return Importance(named, alone, total, error, n)
