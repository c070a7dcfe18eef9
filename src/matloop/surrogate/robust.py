"""Readings that do not belong: some readings get a variance of their own, the fewest that explain what is seen.

Source: Ament et al. 2024, "Robust Gaussian processes via relevance pursuit" (NeurIPS 37): y_r = f(x) + e_r + o_r with
o_r ~ N(0, rho_r), rho_r = 0 for nearly all. The evidence of one rho, all else given, has its maximum in closed form:
with the residual t of the reading from the prediction of all others (its own noise counted, variance s^2) it is
rho = t^2 - s^2, and the evidence gains (z^2 - 1 - log z^2)/2, z = t/s > 1. Readings are taken in while their gain
outweighs the odds against an outlier, greedily, and let go again when, all else learned anew, it no longer does.

Priors speak of standardised readings, so the unit is that of the readings that belong: whenever others are doubted,
what belongs is standardised anew and all is learned as if the doubted readings were not there. A unit that an outlier
had set would make everything else look alike, and the model far too unsure of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from matloop.domain.prediction import Floats
from matloop.surrogate.evidence import Hyper
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Atoms, Merged, Scaling
from matloop.surrogate.sparse import Sparse

OUTLIERS = 0.05
"""Prior probability that a reading is one. Larger, and the tail of honest readings is cut off; smaller, and outliers of
four standard deviations stay in."""

GAIN = math.log((1.0 - OUTLIERS) / OUTLIERS) + 1.0
"""Gain of log evidence from which a reading is doubted: the odds against it, and 1 for the rho that was fitted. It is
reached at 3.3 standard deviations."""

SLACK = 1.0
"""A doubted reading is let go at GAIN - SLACK; without slack, readings at the edge come and go."""

AT_ONCE = 0.5
"""Of the readings worth doubting, those with more than this share of the largest gain are taken in together. Smaller,
honest readings near a large outlier are taken with it; larger, many outliers take many rounds."""

MOST = 0.25
"""Share of the readings that may be doubted. With more, the others no longer say what is usual."""

ROUNDS = 20
_AT_A_TIME = 2048  # inputs: three arrays of as many rows as there are inducing inputs, 50 MB for 1,000 of them


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one objective: y, var, owner (n,) as in `Scaling.atoms`.

    blur: (n,) standardised variance that comes from their inputs.
    site: (n,) standardised variance by which a censored reading is replaced (`surrogate.censored`), 0 for others; y is
        then the mean of that replacement. None for no censored reading.
    """

    scaling: Scaling
    y: Floats
    var: Floats
    owner: NDArray[np.intp]
    blur: Floats
    site: Floats | None = None

    @property
    def added(self) -> Floats:
        """(n,) standardised variance of what is no noise of a reading."""
        return self.blur if self.site is None else self.blur + self.site

    def at(self, scaling: Scaling) -> Readings:
        """The same readings standardised otherwise."""
        ratio = in_units_of(scaling, self.scaling)
        site = None if self.site is None else self.site * ratio
        return replace(self, scaling=scaling, blur=self.blur * ratio, site=site)

    def only(self, rows: NDArray[np.bool_], owner: NDArray[np.intp]) -> Readings:
        """Some of them, rows (n,), of inputs that are counted anew: owner (k,)."""
        site = None if self.site is None else self.site[rows]
        return Readings(self.scaling, self.y[rows], self.var[rows], owner, self.blur[rows], site)

    def atoms(self, doubt: Floats) -> Atoms:
        """They collapsed, `doubt` (n,) being a standardised variance of each one's own."""
        return self.scaling.atoms(self.y, self.var, self.owner, doubt + self.added)

    def noise(self, posterior: Posterior | Sparse) -> Floats:
        """(n,) standardised variance of each reading, known and learned, without what is added."""
        hyper, atoms = posterior.hyper, posterior.atoms
        shape = atoms.shape[atoms.first][self.owner]
        known: Floats = self.var / self.scaling.spread**2
        return known + shape * np.where(self.var > 0, hyper.excess, hyper.noise)

    def gains(self, posterior: Posterior | Sparse, doubt: Floats) -> tuple[Floats, Floats]:
        """Gain (n,) of log evidence by an own variance of each reading, and that variance (n,), standardised.

        The residual and its variance follow from RW 5.12 over readings, see `Atoms.variance_slopes`; neither depends on
        what was added to the reading itself. Bounds cannot be doubted: they gain nothing.
        """
        hyper, atoms = posterior.hyper, posterior.atoms
        merged = atoms.merge(atoms.variance(hyper.noise, hyper.excess))
        pull, inverse = _weights(posterior, merged)
        own = self.noise(posterior) + doubt + self.added
        u = merged.noise[self.owner] / own
        precision = (1.0 - u) / own + u * u * inverse[self.owner]
        alpha = (self.scaling.apply(self.y) - merged.mean[self.owner]) / own + u * pull[self.owner]
        residual, variance = alpha / precision, 1.0 / precision - doubt
        z2 = np.maximum(residual**2 / variance, 1.0)
        gain = 0.5 * (z2 - 1.0 - np.log(z2))
        return gain if self.site is None else np.where(self.site > 0, 0.0, gain), variance * (z2 - 1.0)


def in_units_of(scaling: Scaling, before: Scaling) -> float:
    """What a standardised variance is multiplied by when readings are standardised by another scaling than before."""
    return (before.spread / scaling.spread) ** 2


def _weights(posterior: Posterior | Sparse, merged: Merged) -> tuple[Floats, Floats]:
    """C^-1 y (g,) and the diagonal (g,) of C^-1, C being the covariance of the merged readings of the inputs.

    Where the posterior is approximate they follow from what it says of each input without its own readings (RW 5.12),
    some inputs at once, as each takes as many numbers as there are inducing inputs.
    """
    if isinstance(posterior, Posterior):
        inverse, _ = lapack.dpotri(posterior.factor.lower, lower=1)
        return posterior.alpha, np.diagonal(inverse)
    count = len(merged.mean)
    parts = [
        posterior.held_out(np.arange(start, min(start + _AT_A_TIME, count)), merged)
        for start in range(0, count, _AT_A_TIME)
    ]
    mean, variance = (np.concatenate(part) for part in zip(*parts, strict=True))
    precision = 1.0 / (variance + merged.noise)
    return (merged.mean - mean) * precision, precision


def doubted(gain: Floats, before: NDArray[np.bool_], owner: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(n,) which readings to doubt next: those that still deserve it, and the most doubtful others, one an input."""
    chosen = before & (gain > GAIN - SLACK)
    largest = float(gain[~before].max(initial=0.0))
    fresh = np.flatnonzero(~before & (gain > max(GAIN, AT_ONCE * largest)))
    fresh = fresh[np.argsort(-gain[fresh], kind="stable")]
    _, firsts = np.unique(owner[fresh], return_index=True)
    room = int(MOST * len(gain)) - int(chosen.sum())
    chosen[fresh[np.sort(firsts)][: max(room, 0)]] = True
    return chosen


def remembered(
    readings: Readings, before: Mapping[float, tuple[float, int]], standard: Callable[[NDArray[np.bool_]], Scaling]
) -> tuple[Readings, Floats]:
    """Where doubting starts: with what an earlier fit set apart, which is let go where it no longer deserves it.

    Args:
        readings: of one objective.
        before: reading -> std of its own, in the objective's unit, and how many of that value were set apart. Where
            more of that value are there now, it does not say which.
        standard: as in `pursue`.

    Returns:
        The readings, standardised by the others, and (n,) the standardised variance of each one's own.
    """
    y = readings.y.tolist()
    there = Counter(y)
    clear = {value: std for value, (std, times) in before.items() if there[value] <= times}
    own = np.array([clear.get(value, 0.0) for value in y])
    own = own if readings.site is None else np.where(readings.site > 0, 0.0, own)
    if not own.any():
        return readings, own
    readings = readings.at(standard(own == 0))
    return readings, (own / readings.scaling.spread) ** 2


@dataclass(frozen=True, slots=True)
class Pursued:
    """The hyper-parameters, and what to say of them.

    readings: standardised by those that belong. doubt: (n,) standardised variance of each reading's own.
    """

    hyper: Hyper
    readings: Readings
    doubt: Floats
    note: Mapping[str, Any]


def pursue(
    readings: Readings,
    doubt: Floats,
    standard: Callable[[NDArray[np.bool_]], Scaling],
    learn: Callable[[Readings, Floats], tuple[Hyper, Mapping[str, Any]]],
    model: Callable[[Hyper, Readings, Floats], Posterior | Sparse],
) -> Pursued:
    """Learn, doubt, learn again, until the same readings are doubted.

    Args:
        readings: of one objective.
        doubt: (n,) standardised variance of each reading's own to begin with, 0 for those that belong.
        standard: which readings belong (n,) -> how all of them are standardised.
        learn: readings and variances (n,) added to them -> hyper-parameters and a note.
        model: hyper-parameters, readings and added variances -> posterior.
    """
    hyper, note = learn(readings, doubt)
    first, spent, settled = note, int(note["evaluations"]), False
    for _ in range(ROUNDS):
        gain, added = readings.gains(model(hyper, readings, doubt), doubt)
        chosen = doubted(gain, doubt > 0, readings.owner)
        settled = bool((chosen == (doubt > 0)).all())
        if settled:
            break
        scaling = standard(~chosen)
        doubt = np.where(chosen, added, 0.0) * in_units_of(scaling, readings.scaling)
        readings = readings.at(scaling)
        hyper, note = learn(readings, doubt)
        spent += int(note["evaluations"])
    order = np.flatnonzero(doubt > 0)
    order = order[np.lexsort((doubt[order], readings.y[order]))]
    spread = readings.scaling.spread
    said = [{"reading": float(readings.y[r]), "added_std": spread * math.sqrt(doubt[r])} for r in order]
    how = {"start": first["start"], "warm": first["warm"], "evaluations": spent}
    return Pursued(hyper, readings, doubt, {**note, **how, "doubted": said, "doubts_settled": settled})
