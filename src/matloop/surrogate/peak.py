"""A fitted process as the top of what its hyper-parameters may be, and the processes at draws from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.surrogate import Observations
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Explained, Hyper, Layout, LogPosterior
from matloop.surrogate.integrate import Around, Drawn, draws
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.noise import Field
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Inputs
from matloop.surrogate.sparse import Sparse

if TYPE_CHECKING:
    from matloop.surrogate.gp import GP, FittedGP  # which draws from here where readings are bounds


@dataclass(frozen=True, slots=True)
class Peak:
    """One objective of a fitted process, and its posterior of hyper-parameters around the most probable ones.

    space: the distinct inputs (g, d), and the length scale of each column (d,) as a place among all length scales.
    """

    settings: GP
    posterior: Posterior
    layout: Layout
    space: tuple[Floats, NDArray[np.intp]]
    target: LogPosterior
    around: Around
    place: str

    @classmethod
    def of(cls, fitted: FittedGP, data: Observations, j: int, evidence: Explained | None = None) -> Peak:
        """Around the hyper-parameters of objective j; the shape of the noise stays what it is.

        Args:
            fitted: whole, not approximate.
            data: what it was fitted to.
            j: which objective.
            evidence: of hyper-parameters; None for that of the readings as they are.
        """
        gp, part = fitted.settings, fitted.parts[j]
        if isinstance(part.posterior, Sparse):
            raise TypeError("the processes of a mixture are whole")
        X = Inputs.of(data.X).X
        index = np.unique(data.groups, return_inverse=True)[1].reshape(-1)
        index = index if gp.ard else np.zeros_like(index)
        layout = gp.layout(np.unique(data.groups).size, data.var[:, j])
        place = f"surrogate 'mixture', objective {j + 1}"
        if evidence is None:
            atoms = part.posterior.atoms
            evidence = Evidence(KERNELS[gp.kernel], Distances.of(X, index), atoms, gp.mean_std, place)
        target = LogPosterior(evidence, layout)
        around = Around.of(target, layout.resume(part.describe()))
        return cls(gp, part.posterior, layout, (X, index), target, around, place)

    def draw(self, count: int, rng: np.random.Generator) -> Drawn:
        """Some hyper-parameters."""
        return draws(self.target, self.around, self.layout.bounds, count, rng)

    def hyper(self, theta: Floats) -> Hyper:
        """Hyper-parameters with the shape of the noise, the mean that it follows being theirs."""
        hyper, varies = self.layout.hyper(theta), self.posterior.hyper.varies
        if varies is None or not varies.follows_mean:
            return replace(hyper, varies=varies)
        X, index = self.space
        lengths = np.array(hyper.lengths)[index]
        kernel, mean_std = self.posterior.kernel, self.settings.mean_std
        there = Posterior.of(kernel, hyper, (X, lengths), self.posterior.atoms, mean_std, self.place)
        return replace(hyper, varies=Field(varies.parts, X, there.alpha))


def members_at(
    fitted: FittedGP, data: Observations, peaks: Sequence[Peak], drawn: Sequence[Drawn], blurs: Sequence[Floats]
) -> tuple[list[FittedGP], list[int]]:
    """The processes at the hyper-parameters drawn, and how often each came: a refused draw repeats the last.

    Args:
        fitted: at the most probable ones.
        data: what each learns.
        peaks: one an objective.
        drawn: from each of them.
        blurs: (n,) of each objective, standardised variance added to the readings beside their doubts.
    """
    times: dict[tuple[bytes, ...], int] = {}
    members = []
    parts = fitted.parts
    for thetas in zip(*(one.thetas for one in drawn), strict=True):
        key = tuple(theta.tobytes() for theta in thetas)
        times[key] = times.get(key, 0) + 1
        if times[key] == 1:
            hypers = [peak.hyper(theta) for peak, theta in zip(peaks, thetas, strict=True)]
            added = [(part.doubt, blur) for part, blur in zip(parts, blurs, strict=True)]
            scalings, notes = [part.scaling for part in parts], [part.note for part in parts]
            members.append(fitted.settings.at(data, hypers, scalings, added=added, notes=notes))
    return members, list(times.values())
