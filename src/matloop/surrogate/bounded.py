"""Hyper-parameters as bounds leave them: drawn from their posterior, not the most probable ones.

Readings cut off at a limit hardly say how far the truth goes beyond it. Along a ridge of larger scales and longer
length scales the evidence stays the same while what is said beyond the limit changes, and the most probable
hyper-parameters are one place on it, drawn towards the spread of what was seen: there intervals hold far too little.
So hyper-parameters are drawn (`integrate`) by the evidence under the bounds, each with sites of its own; with sites
held fixed, which are right at their own hyper-parameters alone, the ridge would not be seen. What is said: `mixed`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.surrogate import Fitted, Observations
from matloop.surrogate.censored import Bound, readings_of, sited
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Hyper
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.mixed import FittedMixture
from matloop.surrogate.peak import Peak, members_at
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Atoms, Inputs
from matloop.surrogate.robust import Readings
from matloop.surrogate.sparse import Sparse
from matloop.surrogate.study import propagated
from matloop.surrogate.threads import one_thread

if TYPE_CHECKING:
    from matloop.surrogate.gp import GP, FittedGP  # whose fits under bounds are made here

SAMPLES = 8
"""Draws of the hyper-parameters. Fewer leave more to chance, more cost time in every prediction."""

MOST = 100
"""Distinct inputs up to which they are drawn; beyond, the most probable ones stand, and `describe` says so. More take
seconds: an evaluation costs the square of the bounds for each bound, and a long pool is predicted once a draw."""

UNIT = 1.7
"""How far the logarithm of the squared unit may be off, one standard deviation. Readings are standardised by what they
and the bounds make most likely; where most are bounds, truths were seen whose spread was 3 times that. Smaller, the
intervals beyond the limit hold too little; larger, hardly anything changes."""


@dataclass(frozen=True, slots=True)
class Sited:
    """The evidence of readings and bounds, every bound's site found anew at each hyper-parameters.

    readings: of one objective, with limits as values, without sites. bound: which of them are bounds.
    doubt: (n,) standardised variance of each reading's own. X: (n, d) their inputs.
    space: the distinct inputs (g, d), and the length scale of each column (d,) as a place among all length scales.
    log_shape: (g,) of the noise. evidence: whose atoms are put in.
    """

    readings: Readings
    bound: Bound
    doubt: Floats
    X: Floats
    space: tuple[Floats, NDArray[np.intp]]
    log_shape: Floats
    evidence: Evidence

    def at(self, hyper: Hyper) -> tuple[float, dict[str, Floats]]:
        """Log evidence (RW 3.65) and its slopes over the logarithms of the hyper-parameters.

        With sites at their fixed point the slopes are those with the sites held (Seeger 2005).
        """
        readings, sites = sited(
            self.readings, self.bound, self.doubt, self.X, lambda atoms: self._posterior(hyper, atoms)
        )
        atoms = readings.atoms(self.doubt).shaped(self.log_shape)
        value, slopes = replace(self.evidence, atoms=atoms).at(hyper)
        return value + sites.log_factor, slopes

    def _posterior(self, hyper: Hyper, atoms: Atoms) -> Posterior:
        inputs, index = self.space
        space = (inputs, np.array(hyper.lengths)[index])
        evidence = self.evidence
        shaped = atoms.shaped(self.log_shape)
        return Posterior.of(evidence.kernel, hyper, space, shaped, evidence.mean_std, evidence.place)


@dataclass(frozen=True, slots=True)
class Bounded:
    """A Gaussian process whose hyper-parameters are drawn where readings are bounds. The same process elsewhere.

    surrogate: its settings. samples: draws. most: distinct inputs up to which they are drawn.
    """

    name: ClassVar[str] = "gp"

    surrogate: GP
    samples: int = SAMPLES
    most: int = MOST

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Fitted:
        """Fit, and where there are bounds draw hyper-parameters.

        Args:
            data: at least two distinct values an objective.
            rng: draws starts, momenta and refusals.
            warm: `describe()` of an earlier fit, or None.

        Raises:
            ModelError: as `GP.fit`.
        """
        fitted = self.surrogate.fit(data, rng, warm)
        if data.censored is None or not data.censored.any():
            return fitted
        if (count := len(Inputs.of(data.X).X)) > (most := min(self.most, self.surrogate.exact)):
            return _noted(fitted, f"no: {count} inputs, they are for {most} at most; the most probable stand")
        blurs = [_blur(fitted, data, j) for j in range(len(fitted.parts))]
        evidences = [self.evidence(fitted, data, j, blur) for j, blur in enumerate(blurs)]
        doubted = replace(fitted, settings=self._unsure_of_the_unit())
        peaks = [Peak.of(doubted, data, j, one) for j, one in enumerate(evidences)]
        drawn = [peak.draw(self.samples, rng) for peak in peaks]
        members, times = members_at(fitted, data, peaks, drawn, blurs)
        weights = np.array([[count / self.samples] * len(peaks) for count in times])
        about = {"draws": self.samples, "accepted": [one.accepted for one in drawn]}
        return FittedMixture(tuple(members), weights, {**fitted.describe(), "drawn": about})

    def quick(self) -> Bounded:
        """One climb from a warm start, half the draws."""
        return replace(self, surrogate=self.surrogate.quick(), samples=(self.samples + 1) // 2)

    def bounded(self) -> Bounded:
        """Itself."""
        return self

    def _unsure_of_the_unit(self) -> GP:
        """The settings with a prior of the scale that is drawn from, not maximised, and wider.

        As a distribution LogNormal(loc, width) has its logarithm around `scale_loc`, where `priors` has the centre at
        loc - width^2, as maxima need it.
        """
        width = math.hypot(self.surrogate.scale_width, UNIT)
        return replace(self.surrogate, scale_loc=self.surrogate.scale_loc + width**2, scale_width=width)

    def evidence(self, fitted: FittedGP, data: Observations, j: int, blur: Floats) -> Evidence | Sited:
        """Of objective j, at the scaling, doubts and shape of the noise of its fit; blur (n,) comes from the inputs."""
        inputs, part, gp = Inputs.of(data.X), fitted.parts[j], self.surrogate
        index = np.unique(data.groups, return_inverse=True)[1].reshape(-1)
        index = index if gp.ard else np.zeros_like(index)
        place = f"surrogate 'gp', objective {j + 1} of {data.y.shape[1]}, under bounds"
        atoms = part.posterior.atoms
        evidence = Evidence(KERNELS[gp.kernel], Distances.of(inputs.X, index), atoms, gp.mean_std, place)
        readings, bound = readings_of(data, j, inputs.owner, place, part.scaling)
        if bound is None:
            return evidence
        log_shape = np.log(atoms.shape[atoms.first])
        readings = replace(readings, blur=blur)
        return Sited(readings, bound, part.doubt, data.X, (inputs.X, index), log_shape, evidence)


def _noted(fitted: FittedGP, drawn: str) -> FittedGP:
    """The same, saying of each objective whether its hyper-parameters were drawn."""
    return replace(fitted, parts=tuple(replace(part, note={**part.note, "drawn": drawn}) for part in fitted.parts))


def _blur(fitted: FittedGP, data: Observations, j: int) -> Floats:
    """(n,) standardised variance of the readings of objective j that comes from their inputs."""
    posterior = fitted.parts[j].posterior
    if data.x_var is None or isinstance(posterior, Sparse):
        return np.zeros(len(data.X))
    return propagated(posterior, data.X, data.x_var)
