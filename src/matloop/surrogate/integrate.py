"""Hyper-parameters as they may be, not as they most probably are: draws from their posterior.

Hamiltonian Monte Carlo (Neal 2011, "MCMC using Hamiltonian dynamics", algorithm of section 3.2) in coordinates in which
the posterior around its maximum is a standard normal one, so that a few long steps decorrelate; a step too bold is
refused by Metropolis' rule. The same curvature gives Laplace's evidence (MacKay 1992; Rasmussen and Williams 2006,
3.32). The density is the one that is maximised, taken over the logarithms of the hyper-parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matloop.domain.prediction import Floats
from matloop.errors import ModelError

Target = Callable[[Floats], tuple[float, Floats]]

STEPS, LEAPS = (0.45, 0.15, 0.05), 4
"""Length of a leap in standard deviations, and leaps a draw: together 1.8, a bit more than a quarter of the circle that
a normal density's trajectories run through, after which a draw has forgotten the last. Longer leaps are refused more
often; more leaps cost more and come back. The further lengths are for chains that are stuck."""

STUCK = 0.3
"""Share of accepted draws below which a chain is begun again. Larger, honest chains are repeated; smaller, a few places
stand for all."""

BURN = 1
"""Draws that are thrown away: the chain sets out from the maximum, which is no typical place."""

DIFFERENCE = 1e-3  # of the logarithms, for second differences of the slope; rounding is of 1e-8
_FLATTEST, _STEEPEST = 0.1, 1e6
"""Curvatures are cut to these. Flatter, as where a length scale is so long that it says nothing, a leap would leave the
prior's reach; the priors' own curvature is about a third."""


@dataclass(frozen=True, slots=True)
class Around:
    """The posterior around a maximum.

    theta: (p,) where. value, slope: of the log posterior there. root: (p, p) symmetric root of the inverse curvature.
    log_evidence: Laplace's. evaluations: how many it took.
    """

    theta: Floats
    value: float
    slope: Floats
    root: Floats
    log_evidence: float
    evaluations: int

    @classmethod
    def of(cls, target: Target, theta: Floats) -> Around:
        """Measure the curvature by differences of the slope."""
        value, slope = target(theta)
        size = len(theta)
        rows = [(slope - target(theta + DIFFERENCE * one)[1]) / DIFFERENCE for one in np.eye(size)]
        curvature = 0.5 * (np.array(rows) + np.array(rows).T)
        steep, axes = np.linalg.eigh(curvature)
        steep = np.clip(steep, _FLATTEST, _STEEPEST)
        root = (axes / np.sqrt(steep)) @ axes.T
        evidence = value + 0.5 * size * math.log(2.0 * math.pi) - 0.5 * float(np.log(steep).sum())
        return cls(theta, value, slope, root, evidence, size + 1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws of the hyper-parameters. thetas: of each draw. accepted: share of the proposals that were taken."""

    thetas: tuple[Floats, ...]
    accepted: float
    evaluations: int


def draws(
    target: Target, around: Around, bounds: list[tuple[float, float]], count: int, rng: np.random.Generator
) -> Drawn:
    """Some draws from exp(target), each depending on the one before.

    Where the curvature at the maximum misleads, steps are refused; a chain that hardly moves is begun again with
    shorter ones.

    Args:
        target: log density and slope at a vector.
        around: its maximum.
        bounds: (low, high) of each entry; a trajectory that leaves them is refused.
        count: how many.
        rng: of momenta and refusals.
    """
    spent = 0
    for step in STEPS:
        drawn = _Chain(target, around, bounds, step).run(count, rng)
        spent += drawn.evaluations
        if drawn.accepted >= STUCK:
            break
    return Drawn(drawn.thetas, drawn.accepted, spent)


@dataclass(frozen=True, slots=True)
class _Chain:
    """One chain; step: length of a leap in standard deviations."""

    target: Target
    around: Around
    bounds: list[tuple[float, float]]
    step: float

    def run(self, count: int, rng: np.random.Generator) -> Drawn:
        """Neal 2011, figure 2; its draws after the first ones."""
        here = (self.around.theta, self.around.value, self.around.slope)
        kept, taken, spent = [], 0, 0
        for _ in range(BURN + count):
            momentum, odds = rng.normal(size=len(here[0])), math.log(1.0 - rng.random())
            there, end, evaluations = self._leap(here, momentum)
            spent += evaluations
            if there is not None and there[1] - 0.5 * end - (here[1] - 0.5 * float(momentum @ momentum)) >= odds:
                here, taken = there, taken + 1
            kept.append(here[0])
        return Drawn(tuple(kept[BURN:]), taken / (BURN + count), spent)

    def _leap(
        self, here: tuple[Floats, float, Floats], momentum: Floats
    ) -> tuple[tuple[Floats, float, Floats] | None, float, int]:
        """Where a trajectory ends, None outside, its squared momentum there, and evaluations."""
        (at, level, pull), root = here, self.step * self.around.root
        low, high = np.array(self.bounds).T
        for leap in range(LEAPS):
            momentum = momentum + 0.5 * root @ pull
            at = at + root @ momentum
            if not ((at >= low) & (at <= high)).all():
                return None, 0.0, leap
            try:
                level, pull = self.target(at)
            except ModelError:  # no covariance there: outside, as far as the density goes
                return None, 0.0, leap
            momentum = momentum + 0.5 * root @ pull
        return (at, level, pull), float(momentum @ momentum), LEAPS
