"""Leave-one-out: what the model says of each candidate without its own readings, and whether its intervals hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, norm

from matloop.decide.model import Model
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.surrogate import HeldOut
from matloop.surrogate.replicates import Inputs

MOST = 400
"""Candidates that are left out one by one; each costs the square of the number of candidates read."""
LEVELS = (0.5, 0.8, 0.9, 0.95)
_CONFIDENCE = 0.95  # of the interval around an observed coverage


@dataclass(frozen=True, slots=True)
class Predicted:
    """Candidates predicted without their own readings; arrays (q,) in the objective's unit.

    labels: the candidates. measured, error: mean of the readings and its std. mean, model_std: the prediction of the
    truth. of: how many candidates have readings; at most 400 of them are left out.
    """

    labels: tuple[str, ...]
    measured: Floats
    error: Floats
    mean: Floats
    model_std: Floats
    of: int

    @property
    def total_std(self) -> Floats:
        """(q,) spread of measured around predicted, if both errors are honest."""
        return np.sqrt(self.model_std**2 + self.error**2)

    @property
    def scores(self) -> Floats:
        """(q,) (measured - predicted) / total_std."""
        return (self.measured - self.mean) / self.total_std

    @property
    def rmse(self) -> float:
        """Root mean squared difference of measured and predicted."""
        return float(np.sqrt(np.mean((self.measured - self.mean) ** 2)))

    @property
    def r2(self) -> float | None:
        """1 - squared differences over the variance of what was measured; None when that is 0."""
        spread = float(np.var(self.measured))
        return 1.0 - self.rmse**2 / spread if spread > 0.0 else None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of `of` measured values lie in the intervals of a level; low and high: 95 % Clopper-Pearson."""

    level: float
    inside: int
    of: int

    @property
    def share(self) -> float:
        """Observed coverage."""
        return self.inside / self.of

    @property
    def low(self) -> float:
        """Lower end of the confidence interval (Clopper and Pearson 1934)."""
        return float(beta.ppf((1 - _CONFIDENCE) / 2, self.inside, self.of - self.inside + 1)) if self.inside else 0.0

    @property
    def high(self) -> float:
        """Upper end of the confidence interval."""
        if self.inside == self.of:
            return 1.0
        return float(beta.ppf((1 + _CONFIDENCE) / 2, self.inside + 1, self.of - self.inside))


def held_out(model: Model, goal: Objective) -> Predicted | None:
    """Leave candidates out one by one; None when the surrogate cannot."""
    if not isinstance(model.fitted, HeldOut):
        return None
    data, owner, j = model.data, Inputs.of(model.data.X).owner, model.objectives.index(goal.name)
    belong = data.read if model.parts or not model.own else data.read & (model.own[0][:, j] == 0)
    read = np.unique(owner[belong])  # a bound, or a reading set apart, is nothing to compare with
    rows = read[np.unique(np.linspace(0, len(read) - 1, min(len(read), MOST)).round().astype(np.intp))]
    left = model.fitted.held_out(rows)
    labels: dict[int, str] = {}
    for row, label in zip(owner.tolist(), model.labels, strict=True):
        labels[row] = min(labels.get(row, label), label)
    named = tuple(labels[row] for row in rows.tolist())
    return Predicted(named, left.measured[:, j], left.error[:, j], left.mean[:, j], left.model_std[:, j], len(read))


def coverage_of(predicted: Predicted) -> tuple[Coverage, ...]:
    """Coverage of the central normal intervals at each level."""
    scores = np.abs(predicted.scores)
    return tuple(
        Coverage(level, int(np.count_nonzero(scores <= norm.ppf(0.5 + level / 2))), len(scores)) for level in LEVELS
    )
