"""Several Gaussian processes instead of the most probable one: over kernels, and over hyper-parameters.

With few readings many hyper-parameters explain them. Each kernel weighs as Laplace's evidence says (MacKay 1992); its
hyper-parameters are drawn from their posterior (`integrate`). What is said is in `mixed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from matloop.domain.prediction import Floats
from matloop.errors import ConfigError, DataError, Faults, fail, nearest
from matloop.surrogate import Observations
from matloop.surrogate.gp import GP, FittedGP
from matloop.surrogate.kernels import KERNELS, KernelName
from matloop.surrogate.mixed import FittedMixture
from matloop.surrogate.peak import Peak, members_at
from matloop.surrogate.replicates import Inputs
from matloop.surrogate.threads import one_thread

SAMPLES = 8
"""Draws of the hyper-parameters. Twice as many cost twice the time of a prediction and change little."""

MOST = 60
"""Distinct inputs up to which hyper-parameters are drawn. With more they are known so well that the most probable ones
say the same, and every draw costs the cube of the number."""

NEGLIGIBLE = 0.01
"""Weight below which a kernel is left out."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of Gaussian processes: settings.

    kernels: those that are averaged over, by evidence.
    samples: draws of the hyper-parameters of each kernel; 0 for the most probable ones alone.
    most: distinct inputs up to which they are drawn.
    surrogate: all other settings of the processes; its kernel is not looked at. Its `exact` is raised to `most`, as
        what is drawn from has to be whole. With more distinct inputs than that a single kernel is approximate, as a
        `gp` is, and several are refused, since an approximation has no evidence to weigh them by.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str] = "mixture"

    kernels: tuple[KernelName, ...] = ("matern52",)
    samples: int = SAMPLES
    most: int = MOST
    surrogate: GP = field(default_factory=GP)

    def __post_init__(self) -> None:
        faults = Faults()
        place = "surrogate 'mixture'"
        object.__setattr__(self, "kernels", tuple(self.kernels))  # a file brings a list
        for kernel in self.kernels:
            if kernel not in KERNELS:
                faults.add(f"{place}, kernels", f"unknown kernel {kernel!r}", nearest(str(kernel), tuple(KERNELS)))
        if not self.kernels or len(set(self.kernels)) < len(self.kernels):
            faults.add(f"{place}, kernels", f"{list(self.kernels)}", "Name each kernel once, and one at least.")
        for name, high in (("samples", 1000), ("most", 10_000)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
                faults.add(f"{place}, {name}", f"{value!r}", f"Give a whole number from 0 to {high}.")
        if not isinstance(self.surrogate, GP):
            faults.add(f"{place}, surrogate", f"{self.surrogate!r}", "Give the settings of a 'gp'.")
        faults.raise_if_any(ConfigError)

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> FittedMixture:
        """Fit each kernel, weigh it, and draw its hyper-parameters.

        Args:
            data: at least two distinct values an objective.
            rng: draws starts, momenta and refusals.
            warm: `describe()` of an earlier fit, of a mixture or of a `gp`, or None.

        Raises:
            ModelError: when a process cannot be fitted.
            DataError: when several kernels are to be weighed over more distinct inputs than can be whole.
        """
        self._demand_whole(len(Inputs.of(data.X).X))
        fits = [self._kernel(kernel).fit(data, rng, _warm(warm, kernel)) for kernel in self.kernels]
        few = len(fits[0].parts[0].posterior.Z) <= self.most
        samples = self.samples if few else 0
        if not samples and len(fits) == 1:
            return FittedMixture(tuple(fits), np.ones((1, data.y.shape[1])), _said(fits, {}))
        peaks = [[Peak.of(one, data, j) for j in range(data.y.shape[1])] for one in fits]
        evidence = np.array([[peak.around.log_evidence for peak in row] for row in peaks]) - _units(fits)
        shares = np.exp(evidence - evidence.max(axis=0))
        shares /= shares.sum(axis=0)
        shares[shares < NEGLIGIBLE] = 0.0
        shares /= shares.sum(axis=0)
        members: list[FittedGP] = []
        weights: list[Floats] = []
        accepted: dict[str, list[float]] = {}
        for fitted, row, share in zip(fits, peaks, shares, strict=True):
            if not share.any():
                continue
            if not samples:
                members, weights = [*members, fitted], [*weights, share]
                continue
            drawn = [peak.draw(samples, rng) for peak in row]
            accepted[fitted.settings.kernel] = [one.accepted for one in drawn]
            found, times = members_at(fitted, fitted.data, row, drawn, [part.blur for part in fitted.parts])
            members += found
            weights += [share * count / samples for count in times]
        about = {"weights": dict(zip(self.kernels, shares.tolist(), strict=True)), "accepted": accepted}
        return FittedMixture(tuple(members), np.array(weights), _said(fits, about))

    def quick(self) -> Mixture:
        """One climb from a warm start, half the draws."""
        return replace(self, surrogate=self.surrogate.quick(), samples=(self.samples + 1) // 2)

    def _kernel(self, kernel: KernelName) -> GP:
        return replace(self.surrogate, kernel=kernel, exact=self._exact)

    @property
    def _exact(self) -> int:
        """Distinct inputs up to which the processes are whole."""
        return max(self.surrogate.exact, self.most)

    def _demand_whole(self, inputs: int) -> None:
        if len(self.kernels) > 1 and inputs > self._exact:
            found = f"{len(self.kernels)} kernels are weighed by evidence, which {inputs:,} distinct inputs do not have"
            cure = f"Name one kernel, or raise `exact` of its gp above {self._exact:,} where memory allows it."
            fail(DataError, "surrogate 'mixture', kernels", found, cure)


def _warm(warm: Mapping[str, Any] | None, kernel: str) -> Mapping[str, Any] | None:
    """What an earlier fit says of a kernel; where it says nothing, what it says of the most probable one."""
    kernels = warm.get("kernels") if warm else None
    found = kernels.get(kernel) if isinstance(kernels, Mapping) else None
    return found if isinstance(found, Mapping) else warm


def _units(fits: Sequence[FittedGP]) -> Floats:
    """(k, m) log density that each kernel's evidence gains by its unit, which the readings it sets apart decide."""
    spreads = np.array([[part.scaling.spread for part in one.parts] for one in fits])
    return np.asarray(len(fits[0].data.y) * np.log(spreads / spreads[0]))


def _said(fits: Sequence[FittedGP], about: Mapping[str, Any]) -> dict[str, Any]:
    """What a mixture says of itself: the first kernel's hyper-parameters stand for it, each kernel's beside them."""
    said = [one.describe() for one in fits]
    kernels = {one["kernel"]: {"objectives": one["objectives"]} for one in said}
    return {**said[0], "surrogate": Mixture.name, "kernels": kernels, "mixture": dict(about)}
