"""Several Gaussian processes instead of the most probable one: over kernels, and over hyper-parameters.

With few readings many hyper-parameters explain them. Each kernel weighs as Laplace's evidence says (MacKay 1992); its
hyper-parameters are drawn from their posterior (`integrate`). What is said is the mixture's mean and variance, by the
law of total variance: Var f = E[Var_k f] + Var[E_k f], so disagreement between members is model uncertainty. Between
inputs the covariance is E[C_k] + Cov of the means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, Faults, nearest
from matloop.surrogate import LeftOut, Observations, Upper
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Hyper, Layout, LogPosterior
from matloop.surrogate.gp import GP, FittedGP
from matloop.surrogate.integrate import Around, Drawn, draws
from matloop.surrogate.kernels import KERNELS, KernelName
from matloop.surrogate.noise import Field
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Inputs
from matloop.surrogate.sparse import Sparse
from matloop.surrogate.threads import one_thread
from matloop.surrogate.updated import Updated

SAMPLES = 8
"""Draws of the hyper-parameters. Twice as many cost twice the time of a prediction and change little."""

MOST = 60
"""Distinct inputs up to which hyper-parameters are drawn. With more they are known so well that the most probable ones
say the same, and every draw costs the cube of the number."""

WHOLE = 100_000
"""Distinct inputs up to which the processes are whole, whatever `GP.exact` says."""

NEGLIGIBLE = 0.01
"""Weight below which a kernel is left out."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of Gaussian processes: settings.

    kernels: those that are averaged over, by evidence.
    samples: draws of the hyper-parameters of each kernel; 0 for the most probable ones alone.
    most: distinct inputs up to which they are drawn.
    surrogate: all other settings of the processes; its kernel is not looked at.

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
        """
        fits = [self._kernel(kernel).fit(data, rng, _warm(warm, kernel)) for kernel in self.kernels]
        few = len(fits[0].parts[0].posterior.Z) <= self.most
        samples = self.samples if few else 0
        if not samples and len(fits) == 1:
            return FittedMixture(tuple(fits), np.ones((1, data.y.shape[1])), _said(fits, {}))
        peaks = [[_Peak.of(one, data, j) for j in range(data.y.shape[1])] for one in fits]
        evidence = np.array([[peak.around.log_evidence for peak in row] for row in peaks])
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
            found, times = _members(fitted, row, drawn)
            members += found
            weights += [share * count / samples for count in times]
        about = {"weights": dict(zip(self.kernels, shares.tolist(), strict=True)), "accepted": accepted}
        return FittedMixture(tuple(members), np.array(weights), _said(fits, about))

    def quick(self) -> Mixture:
        """One climb from a warm start, half the draws."""
        return replace(self, surrogate=self.surrogate.quick(), samples=(self.samples + 1) // 2)

    def _kernel(self, kernel: KernelName) -> GP:
        return replace(self.surrogate, kernel=kernel, exact=WHOLE)  # approximations have no evidence to weigh by


@dataclass(frozen=True, slots=True)
class _Peak:
    """One objective of a fitted process, and its posterior of hyper-parameters around the most probable ones.

    space: the distinct inputs (g, d), and the length scale of each column (d,) as a place among all length scales.
    """

    settings: GP
    posterior: Posterior
    layout: Layout
    space: tuple[Floats, NDArray[np.intp]]
    target: LogPosterior
    around: Around

    @classmethod
    def of(cls, fitted: FittedGP, data: Observations, j: int) -> _Peak:
        """Around the hyper-parameters of objective j; the shape of the noise stays what it is."""
        gp, part = fitted.settings, fitted.parts[j]
        if isinstance(part.posterior, Sparse):
            raise TypeError("the processes of a mixture are whole")
        X = Inputs.of(data.X).X
        index = np.unique(data.groups, return_inverse=True)[1].reshape(-1)
        index = index if gp.ard else np.zeros_like(index)
        layout = gp.layout(np.unique(data.groups).size, data.var[:, j])
        place = f"surrogate 'mixture', objective {j + 1}"
        evidence = Evidence(KERNELS[gp.kernel], Distances.of(X, index), part.posterior.atoms, gp.mean_std, place)
        target = LogPosterior(evidence, layout)
        around = Around.of(target, layout.resume(part.describe()))
        return cls(gp, part.posterior, layout, (X, index), target, around)

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
        evidence = self.target.evidence
        there = Posterior.of(
            evidence.kernel, hyper, (X, lengths), self.posterior.atoms, self.settings.mean_std, evidence.place
        )
        return replace(hyper, varies=Field(varies.parts, X, there.alpha))


def _members(fitted: FittedGP, peaks: Sequence[_Peak], drawn: Sequence[Drawn]) -> tuple[list[FittedGP], list[int]]:
    """The processes at the hyper-parameters drawn, and how often each came: a refused draw repeats the last."""
    times: dict[tuple[bytes, ...], int] = {}
    members = []
    parts = fitted.parts
    for thetas in zip(*(one.thetas for one in drawn), strict=True):
        key = tuple(theta.tobytes() for theta in thetas)
        times[key] = times.get(key, 0) + 1
        if times[key] == 1:
            hypers = [peak.hyper(theta) for peak, theta in zip(peaks, thetas, strict=True)]
            added, notes = [(part.doubt, part.blur) for part in parts], [part.note for part in parts]
            scalings = [part.scaling for part in parts]
            members.append(fitted.settings.at(fitted.data, hypers, scalings, added=added, notes=notes))
    return members, list(times.values())


def _warm(warm: Mapping[str, Any] | None, kernel: str) -> Mapping[str, Any] | None:
    """What an earlier fit says of a kernel; where it says nothing, what it says of the most probable one."""
    kernels = warm.get("kernels") if warm else None
    found = kernels.get(kernel) if isinstance(kernels, Mapping) else None
    return found if isinstance(found, Mapping) else warm


def _said(fits: Sequence[FittedGP], about: Mapping[str, Any]) -> dict[str, Any]:
    """What a mixture says of itself: the first kernel's hyper-parameters stand for it, each kernel's beside them."""
    said = [one.describe() for one in fits]
    kernels = {one["kernel"]: {"objectives": one["objectives"]} for one in said}
    return {**said[0], "surrogate": Mixture.name, "kernels": kernels, "mixture": dict(about)}


@dataclass(frozen=True, slots=True)
class FittedMixture:
    """Processes that have seen readings. Implements every capability.

    weights: (k, m) of each member for each objective; they sum to 1.
    """

    members: tuple[FittedGP, ...]
    weights: Floats
    said: Mapping[str, Any]

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """As `FittedGP.predict`, the moments those of the mixture."""
        said = [one.predict(X) for one in self.members]
        if len(said) == 1:
            return said[0]
        mean, model_std = self._moments([one.mean for one in said], [one.model_std for one in said])
        noise = np.sqrt(self._average([one.noise_std**2 for one in said]))
        return Prediction(mean, model_std, noise)

    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        return self._average([one.means(X) for one in self.members])

    def screen(self, sign: float) -> Upper | None:
        """As `Screened.screen`; None for several members."""
        return self.members[0].screen(sign) if len(self.members) == 1 else None

    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`."""
        return np.sqrt(self._average([one.input_std(X) ** 2 for one in self.members]))

    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """As `HeldOut.held_out`; the weights stay those of all readings."""
        left = [one.held_out(rows) for one in self.members]
        mean, model_std = self._moments([one.mean for one in left], [one.model_std for one in left])
        error = np.sqrt(self._average([one.error**2 for one in left]))
        return LeftOut(self._average([one.measured for one in left]), error, mean, model_std)

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`."""
        said = [one.joint(X) for one in self.members]
        mean = self._average([one for one, _ in said])
        covariance = np.zeros_like(said[0][1])
        for (own, within), weight in zip(said, self.weights, strict=True):
            off = (own - mean).T
            covariance += weight[:, None, None] * (within + off[:, :, None] * off[:, None, :])
        return mean, covariance

    @one_thread()
    def across(self, X: Floats, P: Floats) -> Floats:
        """Covariance (m, q, p) of the truth at X (q, d) with that at P (p, d)."""
        at, there = [one.means(X) for one in self.members], [one.means(P) for one in self.members]
        at_mean, there_mean = self._average(at), self._average(there)
        covariance = np.zeros((self.weights.shape[1], len(X), len(P)))
        for k, one in enumerate(self.members):
            off, off_there = at[k] - at_mean, there[k] - there_mean
            for j, part in enumerate(one.parts):
                within = part.scaling.spread**2 * part.posterior.across(X, P)
                covariance[j] += self.weights[k, j] * (within + np.outer(off[:, j], off_there[:, j]))
        return covariance

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Updated:
        """As `Conditioned.condition`, weights kept: see `updated`."""
        return Updated.of(self, X, y, var)

    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Differentiable.slopes`."""
        means, slopes = [one.means(X) for one in self.members], [one.slopes(X) for one in self.members]
        centre = self._average(means)
        by_mean = self._average([one for one, _ in slopes])
        pairs = zip(means, slopes, strict=True)
        by_variance = self._average([own + 2.0 * (mean - centre)[:, None, :] * slope for mean, (slope, own) in pairs])
        return by_mean, by_variance

    def describe(self) -> Mapping[str, Any]:
        """What each kernel's most probable hyper-parameters are, and what each weighs, in JSON types."""
        return self.said

    def _average(self, figures: Sequence[Floats]) -> Floats:
        """The mean over members of figures (..., m)."""
        total = np.zeros_like(figures[0])
        for one, weight in zip(figures, self.weights, strict=True):
            total += weight * one
        return total

    def _moments(self, means: Sequence[Floats], stds: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Mean and std (q, m) of the mixture."""
        mean = self._average(means)
        variance = self._average([std**2 + (one - mean) ** 2 for one, std in zip(means, stds, strict=True)])
        return mean, np.sqrt(variance)
