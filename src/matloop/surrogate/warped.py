"""A mixture of processes over readings that were mapped first (`warp`), its predictions mapped back.

The map of each objective is the one under which its readings, each left out, are most probable; their densities are
compared in the objective's unit, so the slope of the map counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, Faults, nearest
from matloop.surrogate import LeftOut, Observations
from matloop.surrogate.mixed import FittedMixture
from matloop.surrogate.mixture import Mixture
from matloop.surrogate.replicates import Inputs, Scaling
from matloop.surrogate.threads import one_thread
from matloop.surrogate.updated import Updated
from matloop.surrogate.warp import CHOICE, NAMES, ORDER, Warp, WarpName

WORTH = 2.0
"""Log density of all left-out readings that a map must gain over none. Smaller, chance chooses among ten readings."""

MOST = 1000
"""Distinct inputs up to which readings are mapped. With more, the means hardly depend on what is normal, and each map
that is tried costs a fit of seconds."""

FEWEST = 8
"""Distinct inputs from which a map is chosen; fewer say nothing of a distribution."""


@dataclass(frozen=True, slots=True)
class Warped:
    """Output warping: settings.

    warps: maps to choose from, objective by objective; `rank` is better not among several (`warp.CHOICE`).
    keep: whether an earlier fit's choice stands, without looking at the others.
    most: distinct inputs up to which readings are mapped; with more, the processes take them as they are, and
        `describe()` is theirs.
    surrogate: the processes over what was mapped.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str] = "warped"

    warps: tuple[WarpName, ...] = CHOICE
    keep: bool = False
    most: int = MOST
    surrogate: Mixture = field(default_factory=lambda: Mixture(samples=0))

    def __post_init__(self) -> None:
        faults = Faults()
        place = "surrogate 'warped'"
        object.__setattr__(self, "warps", tuple(self.warps))  # a file brings a list
        for warp in self.warps:
            if warp not in NAMES:
                faults.add(f"{place}, warps", f"unknown map {warp!r}", nearest(str(warp), NAMES))
        if not self.warps or len(set(self.warps)) < len(self.warps):
            faults.add(f"{place}, warps", f"{list(self.warps)}", "Name each map once, and one at least.")
        if not isinstance(self.keep, bool):
            faults.add(f"{place}, keep", f"{self.keep!r}", "Give true or false.")
        if isinstance(self.most, bool) or not isinstance(self.most, int) or self.most < 1:
            faults.add(f"{place}, most", f"{self.most!r}", "Give a whole number from 1.")
        if not isinstance(self.surrogate, Mixture):
            faults.add(f"{place}, surrogate", f"{self.surrogate!r}", "Give the settings of a 'mixture'.")
        faults.raise_if_any(ConfigError)

    @one_thread()
    def fit(
        self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None
    ) -> FittedWarped | FittedMixture:
        """Choose a map for each objective and fit to what it gives.

        Args:
            data: at least two distinct values an objective.
            rng: of the processes' fits.
            warm: `describe()` of an earlier fit, or None.

        Raises:
            ModelError: when a process cannot be fitted.
        """
        inputs = Inputs.of(data.X)
        if len(inputs.X) > self.most:
            return self.surrogate.fit(data, rng, warm)
        return FittedWarped(
            data, tuple(self._part(data, j, inputs, rng, _warm(warm, j)) for j in range(data.y.shape[1]))
        )

    def quick(self) -> Warped:
        """The map of the earlier fit, and its processes' quick fit."""
        return replace(self, keep=True, surrogate=self.surrogate.quick())

    def _part(
        self, data: Observations, j: int, inputs: Inputs, rng: np.random.Generator, warm: Mapping[str, Any]
    ) -> _Part:
        y = data.y[:, j]
        scaling = Scaling.of(y, inputs.owner, f"surrogate 'warped', objective {j + 1} of {data.y.shape[1]}")
        before = warm.get("warp")
        names: Sequence[WarpName] = self.warps
        if len(inputs.X) < FEWEST:
            names = [name for name in self.warps if name == "none"] or self.warps[:1]
        elif self.keep and before in self.warps:
            names = [name for name in self.warps if name == before]
        tried = [self._try(Warp.of(name, y, scaling), data, j, rng, warm) for name in names]
        scores = [one.score(inputs) if len(tried) > 1 else 0.0 for one in tried]
        worth = [score - (0.0 if one.warp.straight else WORTH) for score, one in zip(scores, tried, strict=True)]
        best = tried[int(np.argmax(worth))]
        models: dict[str, Mapping[str, Any]] = {one.warp.name: one.fitted.describe() for one in tried}
        return replace(best, scores=dict(zip(names, scores, strict=True)) if len(tried) > 1 else {}, models=models)

    def _try(self, warp: Warp, data: Observations, j: int, rng: np.random.Generator, warm: Mapping[str, Any]) -> _Part:
        """Fit under a map: one that was tried before and not chosen goes on from there, with one climb."""
        y, var = data.y[:, j], data.var[:, j]
        mapped = replace(data, y=warp.apply(y)[:, None], var=np.where(var > 0, var * warp.slope(y) ** 2, 0.0)[:, None])
        models = warm.get("models")
        found = models.get(warp.name) if isinstance(models, Mapping) else None
        known = found if isinstance(found, Mapping) else None
        surrogate = self.surrogate if known is None or warm.get("warp") == warp.name else self.surrogate.quick()
        return _Part(warp, surrogate.fit(mapped, rng, known), y, {}, {})


@dataclass(frozen=True, slots=True)
class _Part:
    """One objective: its map, the processes over what was mapped, and its readings (n,).

    scores: log density of left-out readings under each map that was tried. models: what its processes said.
    """

    warp: Warp
    fitted: FittedMixture
    y: Floats
    scores: Mapping[str, float]
    models: Mapping[str, Mapping[str, Any]]

    def score(self, inputs: Inputs) -> float:
        """Log density of the readings in their unit, each input left out, a mean over its readings' slopes."""
        left = self.fitted.held_out(np.arange(len(inputs.X)))
        variance = left.model_std[:, 0] ** 2 + left.error[:, 0] ** 2
        off = left.measured[:, 0] - left.mean[:, 0]
        count = np.bincount(inputs.owner)
        slopes = np.bincount(inputs.owner, np.log(self.warp.slope(self.y))) / count
        return float(np.sum(slopes - 0.5 * (off**2 / variance + np.log(2.0 * math.pi * variance))))

    def coefficients(self, said: Prediction) -> tuple[Floats, Floats]:
        """Hermite coefficients (q, ORDER + 1), and the std (q,) of one reading, mapped."""
        total = np.hypot(said.model_std[:, 0], said.noise_std[:, 0])
        return self.warp.coefficients(said.mean[:, 0], total), total

    def moments(self, said: Prediction) -> tuple[Floats, Floats, Floats]:
        """Mean, model_std and noise_std (q,) in the objective's unit."""
        a, total = self.coefficients(said)
        share = (said.model_std[:, 0] / total) ** 2
        squares = a[:, 1:] ** 2
        model = np.sum(squares * share[:, None] ** np.arange(1, ORDER + 1), axis=1)
        return a[:, 0], np.sqrt(model), np.sqrt(np.maximum(squares.sum(axis=1) - model, 0.0))

    def covariance(self, first: Prediction, second: Prediction, mapped: Floats) -> Floats:
        """(q, p) covariance of the truth in the objective's unit, from that of what was mapped (q, p)."""
        (a, total), (b, other) = self.coefficients(first), self.coefficients(second)
        rho = mapped / np.outer(total, other)
        covariance, power = np.zeros_like(rho), np.ones_like(rho)
        for k in range(1, ORDER + 1):
            power *= rho
            covariance += np.outer(a[:, k], b[:, k]) * power
        return covariance

    def describe(self) -> dict[str, Any]:
        """The map, and of each that was tried its log density and its processes, in JSON types."""
        models = {name: dict(one) for name, one in self.models.items()}
        return {"warp": self.warp.name, "log_densities": dict(self.scores), "models": models}


@dataclass(frozen=True, slots=True)
class FittedWarped:
    """Processes over mapped readings. Implements Joint, Conditioned, Means, HeldOut and Blurred."""

    data: Observations
    parts: tuple[_Part, ...]

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """The mean of many readings at X (q, d), its model_std, and the spread of one reading, in the unit."""
        said = [part.moments(part.fitted.predict(X)) for part in self.parts]
        mean, model, noise = (np.stack(figures, axis=1) for figures in zip(*said, strict=True))
        return Prediction(mean, model, noise)

    def means(self, X: Floats) -> Floats:
        """As `Means.means`; no cheaper than `predict`, since the mean of what is mapped back depends on the error."""
        return self.predict(X).mean

    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`, the share of the noise that it is of what was mapped."""
        noise, columns = self.predict(X).noise_std, []
        for j, part in enumerate(self.parts):
            blur, own = part.fitted.input_std(X)[:, 0], part.fitted.predict(X).noise_std[:, 0]
            columns.append(noise[:, j] * np.divide(blur, own, out=np.zeros_like(own), where=own > 0))
        return np.stack(columns, axis=1)

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`, with positive weights on powers of a correlation, so again a covariance."""
        covariance = self.across(X, X)
        return self.means(X), 0.5 * (covariance + covariance.transpose(0, 2, 1))

    @one_thread()
    def across(self, X: Floats, P: Floats) -> Floats:
        """Covariance (m, q, p) of the truth at X (q, d) with that at P (p, d)."""
        found = np.empty((len(self.parts), len(X), len(P)))
        for j, part in enumerate(self.parts):
            mapped = part.fitted.joint(X)[1][0] if X is P else part.fitted.across(X, P)[0]
            found[j] = part.covariance(part.fitted.predict(X), part.fitted.predict(P), mapped)
        return found

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Updated:
        """As `Conditioned.condition`, in the objective's unit: see `updated`."""
        return Updated.of(self, X, y, var)

    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """As `HeldOut.held_out`: mean reading and prediction mapped back."""
        figures = np.empty((4, len(rows), len(self.parts)))
        owner = Inputs.of(self.data.X).owner
        count = np.bincount(owner)
        for j, part in enumerate(self.parts):
            left = part.fitted.held_out(rows)
            single = left.error * np.sqrt(count[rows])[:, None]
            mean, model, noise = part.moments(Prediction(left.mean, left.model_std, single))
            measured = (np.bincount(owner, self.data.y[:, j]) / count)[rows]
            figures[:, :, j] = measured, noise / np.sqrt(count[rows]), mean, model
        return LeftOut(*figures)

    def describe(self) -> dict[str, Any]:
        """Each objective's map and processes, in JSON types."""
        return {"surrogate": Warped.name, "objectives": [part.describe() for part in self.parts]}


def _warm(warm: Mapping[str, Any] | None, j: int) -> Mapping[str, Any]:
    """What an earlier fit says of an objective."""
    objectives = warm.get("objectives") if warm else None
    said = objectives[j] if isinstance(objectives, Sequence) and j < len(objectives) else None
    return said if isinstance(said, Mapping) else {}
