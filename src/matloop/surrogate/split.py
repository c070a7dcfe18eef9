"""The two kinds of error of an ensemble: what is model, what is noise.

The law of total variance says Var(y) = Var_b(E[y | member b]) + E_b[Var(y | member b)]. Members are fitted to resampled
inputs, so they stand for draws from the posterior of the truth (Bayesian bootstrap: Rubin 1981, Annals of Statistics
9, 130; for trees Taddy et al. 2015, "Bayesian and empirical Bayesian forests", ICML): the spread between members is
model. What the rest is, readings say:

* Replicates of one input differ by noise alone; their pooled variance is the noise, as far as there are any.
* Where there are none, what is left between near inputs, and the error of predictions at inputs held out (out of bag:
  Breiman 1996, "Out-of-bag estimation"), say it together (`nugget`).
* A known std is never lowered; replicates that contradict it add an excess.

Once the noise is settled, the held-out errors judge the model part, which is scaled by one factor to fit them.

Two terms join the members' spread, because members agree where no reading is. Far from readings the truth may depart
from what they say: readings at their own root mean square distance R differ by the spread s of the truth, so at
distance h from the nearest reading the departure has the variance s^2 h^2 / (h^2 + R^2), s^2 at most. And the mean of
all readings bears its own error, noise^2 / n.

All figures are of standardised readings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.distance import cdist, pdist

from matloop.domain.prediction import Floats
from matloop.surrogate import Observations
from matloop.surrogate.nugget import Errors, nugget
from matloop.surrogate.replicates import Atoms, Inputs, Scaling

_TRUSTED = 3.0
"""Degrees of freedom among replicates at which they weigh as much as all else that tells it. Larger, replicates are not
believed; smaller, one lucky pair settles the noise."""

_DOUBT = 10.0
"""Held-out inputs at which they weigh as much as the factor's prior value 1. Smaller, six readings swing the model's
error tenfold; larger, forty readings cannot correct it."""

_FACTORS = (0.05, 20.0)
"""Least and largest factor: beyond, it is chance or a broken model."""

_ROUGH = 0.1
"""Variance of the truth, as a share of the readings', among inputs that a member takes for alike. Smaller, one exact
reading silences its neighbours; larger, known errors hardly weigh."""

_LEAST = 1e-10  # model variance at least, so that nothing is ever wholly sure; relative to the readings' variance
_GRID = 2.0**30
_WEIGHT_GRID = 2.0**10
"""Readings and weights lie on dyadic grids, so that sums of them are exact in any order: members that decide between
equal splits then decide alike whatever the unit and order of the readings."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What members learn from: the readings of each distinct input merged, in canonical order.

    X: (g, d). y: (g,) standardised. weight: (g,), mean about 1.
    """

    X: Floats
    y: Floats
    weight: Floats
    scaling: Scaling
    atoms: Atoms

    @classmethod
    def of(cls, data: Observations, objective: int) -> Lesson:
        """Merge the readings of one objective.

        Raises:
            ModelError: when it has fewer than two distinct values.
        """
        inputs = Inputs.of(data.X)
        y, var = data.y[:, objective], data.var[:, objective]
        scaling = Scaling.of(y, inputs.owner, f"surrogate, objective {objective + 1} of {data.y.shape[1]}")
        atoms = scaling.atoms(y, var, inputs.owner)
        noise, excess = replicated(atoms)
        merged = atoms.merge(np.maximum(atoms.variance(noise or 0.0, excess or 0.0), _LEAST))
        weight = 1.0 / (merged.noise + _ROUGH)
        weight = np.maximum(np.rint(weight / weight.mean() * _WEIGHT_GRID), 1.0) / _WEIGHT_GRID
        return cls(inputs.X, np.rint(merged.mean * _GRID) / _GRID, weight, scaling, atoms)


def replicated(atoms: Atoms) -> tuple[float | None, float | None]:
    """Pooled variance of replicates without a known variance, and the excess over known ones; None without any."""
    free = atoms.count - 1.0
    unknown, given = ~atoms.given & (free > 0), atoms.given & (free > 0)
    noise = float(atoms.scatter[unknown].sum() / free[unknown].sum()) if unknown.any() else None
    excess = None
    if given.any():
        beyond = atoms.scatter[given] - free[given] * atoms.known[given]
        excess = max(0.0, float(beyond.sum() / free[given].sum()))
    return noise, excess


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions of inputs that were held out: which inputs (k,), squared errors (k,), variance that is model (k,)."""

    rows: np.ndarray
    squares: Floats
    model: Floats


@dataclass(frozen=True, slots=True)
class Split:
    """noise: variance of a reading without a std. excess: beyond a given one. factor: of the model part."""

    noise: float
    excess: float
    factor: float

    @classmethod
    def of(cls, lesson: Lesson, held: HeldOut, influence: Floats | None = None) -> Split:
        """Noise from replicates, near inputs and held-out errors, then the factor from what is left.

        Args:
            lesson: what the members learned from.
            held: what they say of inputs held out.
            influence: (d,) what each column does to the truth, as a share; None where nobody knows.
        """
        atoms = lesson.atoms
        noise, excess = replicated(atoms)
        left = _between(lesson, held, influence)
        if noise is None or left is None:
            settled = next((one for one in (noise, left) if one is not None), 0.0)
        else:
            unknown = ~atoms.given
            freedom = float((atoms.count - 1.0)[unknown].sum())
            settled = (freedom**2 * noise + _TRUSTED**2 * left) / (freedom**2 + _TRUSTED**2)
        bare = cls(settled, excess or 0.0, 1.0)
        return replace(bare, factor=_factor(held, bare.own(atoms)[held.rows]))

    def own(self, atoms: Atoms) -> Floats:
        """(g,) variance of the mean of the readings of each input."""
        per_reading = np.maximum(atoms.variance(self.noise, self.excess), _LEAST)
        return np.asarray(1.0 / np.add.reduceat(atoms.count / per_reading, atoms.first))

    def reading_variance(self, atoms: Atoms) -> float:
        """Variance of one new reading: mean over the readings seen."""
        return float(np.average(atoms.variance(self.noise, self.excess), weights=atoms.count))


def _between(lesson: Lesson, held: HeldOut, influence: Floats | None) -> float | None:
    """What near inputs and held-out errors say of the noise, of inputs whose readings brought no std; None for few."""
    atoms = lesson.atoms
    bare = np.ones(len(lesson.y), dtype=np.bool_)
    bare[atoms.owner[atoms.given]] = False
    count = np.add.reduceat(atoms.count, atoms.first)
    loose = bare[held.rows]
    errors = Errors(held.squares[loose], held.model[loose], count[held.rows][loose])
    return nugget(lesson.X[bare], lesson.y[bare], count[bare], errors, influence)


def _factor(held: HeldOut, own: Floats) -> float:
    expected = float(held.model.mean()) if len(held.model) else 0.0
    if expected <= 0.0:
        return 1.0
    found = float(np.mean(held.squares - own)) / expected
    shrunk = (len(held.model) * max(0.0, found) + _DOUBT) / (len(held.model) + _DOUBT)
    return min(max(shrunk, _FACTORS[0]), _FACTORS[1])


@dataclass(frozen=True, slots=True)
class Remote:
    """How far the truth may depart from readings at X (g, d) whose root mean square distance is `reach`."""

    X: Floats
    reach: float

    @classmethod
    def of(cls, X: Floats) -> Remote:
        """Measure the readings' distances; one alone reaches across the unit cube's edge."""
        far = math.sqrt(float(np.mean(pdist(X, "sqeuclidean")))) if len(X) > 1 else 1.0
        return cls(X, far)

    def share(self, X: Floats) -> Floats:
        """(q,) h^2 / (h^2 + R^2) at X (q, d)."""
        near = cdist(X, self.X, "sqeuclidean").min(axis=1, initial=np.inf)
        return np.asarray(near / (near + self.reach**2))

    def left_out(self) -> Floats:
        """(g,) the same at each reading, as if it were not there."""
        gaps = cdist(self.X, self.X, "sqeuclidean")
        np.fill_diagonal(gaps, np.inf)
        near = gaps.min(axis=1)
        return np.asarray(np.where(np.isinf(near), 1.0, near / (np.where(np.isinf(near), 0.0, near) + self.reach**2)))

    def joint(self, X: Floats) -> Floats:
        """(q, q) covariance with that diagonal, falling with distance over the same reach."""
        root = np.sqrt(self.share(X))
        return np.asarray(root[:, None] * root * np.exp(-0.5 * cdist(X, X, "sqeuclidean") / self.reach**2))


def least(split: Split, atoms: Atoms) -> float:
    """Variance of the mean of all readings, the least that model variance can be."""
    return max(split.reading_variance(atoms) / float(atoms.count.sum()), _LEAST)
