"""Gaussian processes, one for each objective, with constant noise.

The fit maximises the posterior of the hyper-parameters (`evidence`, `priors`) from several starts (`climb`);
what it says at new inputs is in `posterior`. Source: Rasmussen and Williams 2006, chapters 2, 4 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, DataError, Faults, fail, nearest
from matloop.surrogate import LeftOut, Observations, priors
from matloop.surrogate.climb import climb
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Hyper, Layout, LogPosterior
from matloop.surrogate.kernels import KERNELS, KernelName
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Atoms, Inputs, Scaling
from matloop.surrogate.threads import one_thread

_WORDS = {"kernel": tuple(KERNELS), "noise": ("learned", "none"), "scale": ("learned", "fixed")}
_COUNTS = {"draws": (0, 1000), "climbs": (1, 1000), "steps": (1, 10_000), "study": (10, 100_000)}
_NUMBERS = {
    "mean_std": (0.0, 1e6),
    "pooling": (0.0, 0.999),
    "length_loc": (-50.0, 50.0),
    "noise_loc": (-50.0, 50.0),
    "scale_loc": (-50.0, 50.0),
    "length_width": (1e-3, 1e3),
    "noise_width": (1e-3, 1e3),
    "scale_width": (1e-3, 1e3),
    "excess_upper": (1e-6, 1e6),
}
"""Where settings make sense at all; beyond these ranges exponentials overflow."""


def _cure(name: str, value: Any) -> str | None:
    """What to do about a setting, None when it is sound."""
    if name in _WORDS:
        return None if value in _WORDS[name] else nearest(str(value), _WORDS[name])
    if name == "ard":
        return None if isinstance(value, bool) else "Give true or false."
    counted = name in _COUNTS
    low, high = _COUNTS[name] if counted else _NUMBERS[name]
    number = isinstance(value, int if counted else int | float) and not isinstance(value, bool)
    if number and low <= value <= high:
        return None
    return f"Give a {'whole ' if counted else ''}number from {low:g} to {high:g}."


@dataclass(frozen=True, slots=True)
class GP:
    """Gaussian process surrogate: settings.

    kernel: shape of the covariance; matern52 assumes a truth that is twice differentiable, no more.
    ard: one length scale a feature; else one for all.
    noise: `learned`, or `none` when readings repeat exactly (a nugget keeps the algebra sound).
    scale: variance of the truth, `learned`, or `fixed` at that of the readings.
    mean_std: prior standard deviation of the constant mean, in standard deviations of the readings.
    length_loc, length_width: LogNormal prior of length scales; log(features)/2 is added to the first.
    pooling: prior correlation of the length scales' logarithms, from 0 (independent) to below 1 (nearly equal).
    noise_loc, noise_width: LogNormal prior of the noise variance of readings without a std.
    scale_loc, scale_width: LogNormal prior of the scale, when learned.
    excess_upper: the std beyond a given one exceeds this with a probability of 5 %.
    draws: starts drawn from the priors, beside the earlier fit and the priors' mode.
    climbs: how many starts, the best ones, are climbed. steps: iterations of one climb at most.
    study: inputs that the hyper-parameters are learned from at most, drawn at random; every reading counts afterwards.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str] = "gp"

    kernel: KernelName = "matern52"
    ard: bool = True
    noise: Literal["learned", "none"] = "learned"
    scale: Literal["learned", "fixed"] = "learned"
    mean_std: float = 1.0
    length_loc: float = priors.LENGTH_LOC
    length_width: float = priors.LENGTH_WIDTH
    pooling: float = priors.POOLING
    noise_loc: float = priors.NOISE_LOC
    noise_width: float = priors.NOISE_WIDTH
    scale_loc: float = priors.SCALE_LOC
    scale_width: float = priors.SCALE_WIDTH
    excess_upper: float = priors.EXCESS_UPPER
    draws: int = 4
    climbs: int = 2
    steps: int = 60
    study: int = 1000

    def __post_init__(self) -> None:
        faults = Faults()
        for item in fields(self):
            value = getattr(self, item.name)
            cure = _cure(item.name, value)
            if cure:
                faults.add(f"surrogate 'gp', {item.name}", f"{value!r}", cure)
        faults.raise_if_any(ConfigError)

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> FittedGP:
        """Fit one process to each objective.

        Args:
            data: at least two distinct values an objective.
            rng: draws starts.
            warm: `describe()` of an earlier fit, or None.

        Raises:
            ModelError: when an objective has fewer than two distinct values, or no covariance can be factored.
        """
        everything = Inputs.of(data.X)
        kept = self._studied(everything, rng)
        inputs = Inputs.of(data.X[kept])
        distances = Distances.of(inputs.X, self._index(data.groups))
        groups = np.unique(data.groups).size
        hypers, notes, scalings = [], [], []
        for j, (y, var) in enumerate(zip(data.y.T, data.var.T, strict=True)):
            place = _place(data, j)
            scalings.append(Scaling.of(y, everything.owner, place))
            atoms = scalings[j].atoms(y[kept], var[kept], inputs.owner)
            evidence = Evidence(KERNELS[self.kernel], distances, atoms, self.mean_std, place)
            hyper, note = self._learn(evidence, self.layout(groups, var[kept]), rng, _Warm(warm, j))
            hypers.append(hyper)
            notes.append({**note, "studied": len(inputs.X)})
        return self.at(data, hypers, scalings, notes=notes)

    def quick(self) -> GP:
        """One climb from a warm start."""
        return replace(self, draws=0, climbs=1, steps=min(self.steps, 30))

    def _studied(self, inputs: Inputs, rng: np.random.Generator) -> NDArray[np.bool_]:
        """(n,) which readings the hyper-parameters are learned from: all, or those of `study` drawn inputs."""
        chosen = np.ones(len(inputs.X), dtype=np.bool_)
        if len(inputs.X) > self.study:
            chosen[:] = False
            chosen[rng.choice(len(inputs.X), self.study, replace=False)] = True
        return np.asarray(chosen[inputs.owner])

    @one_thread()
    def at(
        self,
        data: Observations,
        hypers: Sequence[Hyper],
        scalings: Sequence[Scaling] | None = None,
        *,
        notes: Sequence[Mapping[str, Any]] | None = None,
    ) -> FittedGP:
        """The model at given hyper-parameters.

        Args:
            data: readings.
            hypers: one an objective.
            scalings: one an objective, None for those of the readings.
            notes: what else `describe` shall say of each objective.

        Raises:
            ModelError: as `fit`.
        """
        inputs = Inputs.of(data.X)
        index = self._index(data.groups)
        if scalings is None:
            scalings = [Scaling.of(y, inputs.owner, _place(data, j)) for j, y in enumerate(data.y.T)]
        parts = []
        for j, (hyper, scaling) in enumerate(zip(hypers, scalings, strict=True)):
            atoms = scaling.atoms(data.y[:, j], data.var[:, j], inputs.owner)
            space = (inputs.X, np.array(hyper.lengths)[index])
            posterior = Posterior.of(KERNELS[self.kernel], hyper, space, atoms, self.mean_std, _place(data, j))
            note = {"start": "given"} if notes is None else notes[j]
            parts.append(_Part(scaling, atoms, posterior, note))
        return FittedGP(self, data, tuple(parts))

    def layout(self, groups: int, var: Floats) -> Layout:
        """What is learned, and under which priors.

        Args:
            groups: number of features.
            var: (n,) known variances, 0 where none was given.
        """
        learned: dict[str, priors.Prior] = {}
        if self.scale == "learned":
            learned["scale"] = priors.LogNormal(self.scale_loc, self.scale_width)
        if self.noise == "learned" and (var == 0).any():
            learned["noise"] = priors.LogNormal(self.noise_loc, self.noise_width)
        if self.noise == "learned" and (var > 0).any():
            learned["excess"] = priors.Shrunk(self.excess_upper, priors.EXCESS_TAIL)
        loc = self.length_loc + 0.5 * math.log(groups)  # distances grow with the root of the number of features
        count = groups if self.ard else 1
        return Layout(priors.Lengths(count, loc, self.length_width, self.pooling), learned)

    def _index(self, groups: NDArray[np.intp]) -> NDArray[np.intp]:
        """(d,) which length scale each column has, 0..L-1."""
        index = np.unique(groups, return_inverse=True)[1].reshape(-1)
        return index if self.ard else np.zeros_like(index)

    def _learn(
        self, evidence: Evidence, layout: Layout, rng: np.random.Generator, warm: _Warm
    ) -> tuple[Hyper, dict[str, Any]]:
        """The most probable hyper-parameters, and what to say of how they were found."""
        start, said = warm.start(layout)
        starts = {} if start is None else {"warm": start}
        starts["mode"] = layout.start()
        starts |= {f"draw {k + 1}": layout.draw(rng) for k in range(self.draws)}
        target = LogPosterior(evidence, layout)
        summit = climb(target, starts, layout.bounds, climbs=self.climbs, steps=self.steps)
        note = {
            "start": summit.start,
            "warm": said,
            "evaluations": summit.evaluations,
            "log_posterior": summit.value,
            "learned": list(layout.priors),
        }
        return layout.hyper(summit.theta), note


@dataclass(frozen=True, slots=True)
class _Warm:
    """An earlier fit's `describe()`, for one objective."""

    described: Mapping[str, Any] | None
    objective: int

    def start(self, layout: Layout) -> tuple[Floats | None, str]:
        """Its hyper-parameters as a start, and what became of it."""
        if not self.described:
            return None, "none"
        try:
            return layout.resume(self.described["objectives"][self.objective]), "taken"
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            return None, f"set aside ({type(error).__name__}: {error})"


@dataclass(frozen=True, slots=True)
class _Part:
    """One objective of a fitted model."""

    scaling: Scaling
    atoms: Atoms
    posterior: Posterior
    note: Mapping[str, Any]

    def noise_std(self, learned: bool) -> float:
        """Spread of one new reading: root of the mean variance of the readings seen, the nugget not counted."""
        hyper = self.posterior.hyper
        extra = (hyper.noise, hyper.excess) if learned else (0.0, 0.0)
        mean = float(np.average(self.atoms.variance(*extra), weights=self.atoms.count))
        return self.scaling.spread * math.sqrt(mean)

    def describe(self) -> dict[str, Any]:
        """In JSON types; a hyper-parameter that was not learned is None."""
        hyper, learned = self.posterior.hyper, self.note.get("learned", ())
        return {
            "lengths": list(hyper.lengths),
            **{name: getattr(hyper, name) if name in learned else None for name in ("scale", "noise", "excess")},
            "centre": self.scaling.centre,
            "spread": self.scaling.spread,
            "inputs": len(self.posterior.Z),
            "readings": int(self.atoms.count.sum()),
            "jitter": self.posterior.factor.jitter,
            **{key: item for key, item in self.note.items() if key != "learned"},
        }


@dataclass(frozen=True, slots=True)
class FittedGP:
    """A Gaussian process that has seen readings. Implements every capability."""

    settings: GP
    data: Observations
    parts: tuple[_Part, ...]

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """Predict at X (q, d), in blocks of bounded memory.

        noise_std is constant: sqrt(tau^2 + mean known variance of the readings seen), the spread of one new
        reading.

        Raises:
            DataError: when X has another number of columns than the fit.
        """
        self._check(X)
        mean, model = np.empty((2, len(X), len(self.parts)))
        noise = np.empty_like(mean)
        for j, part in enumerate(self.parts):
            mu, variance = part.posterior.moments(X)
            mean[:, j] = part.scaling.centre + part.scaling.spread * mu
            model[:, j] = part.scaling.spread * np.sqrt(variance)
            noise[:, j] = part.noise_std(self.settings.noise == "learned")
        return Prediction(mean, model, noise)

    @one_thread()
    def means(self, X: Floats) -> Floats:
        """The mean of `predict` at X (q, d), (q, m)."""
        self._check(X)
        parts = [part.scaling.centre + part.scaling.spread * part.posterior.means(X) for part in self.parts]
        return np.stack(parts, axis=1)

    @one_thread()
    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """Some distinct inputs, each as seen without its own readings (RW 5.12); hyper-parameters kept."""
        figures = np.empty((4, len(rows), len(self.parts)))
        for j, part in enumerate(self.parts):
            hyper, (centre, spread) = part.posterior.hyper, (part.scaling.centre, part.scaling.spread)
            merged = part.atoms.merge(part.atoms.variance(hyper.noise, hyper.excess))
            mean, variance = part.posterior.held_out(rows, merged)
            figures[0, :, j] = centre + spread * merged.mean[rows]
            figures[1, :, j] = spread * np.sqrt(merged.noise[rows])
            figures[2, :, j] = centre + spread * mean
            figures[3, :, j] = spread * np.sqrt(variance)
        return LeftOut(*figures)

    def describe(self) -> dict[str, Any]:
        """Hyper-parameters (of standardised readings), scalings and how they were found, in JSON types."""
        return {
            "surrogate": self.settings.name,
            "kernel": self.settings.kernel,
            "objectives": [part.describe() for part in self.parts],
        }

    @one_thread()
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q, m) and covariance (m, q, q) of the truth at X (q, d).

        Raises:
            DataError: when X has another number of columns than the fit.
        """
        self._check(X)
        mean = np.empty((len(X), len(self.parts)))
        covariance = np.empty((len(self.parts), len(X), len(X)))
        for j, part in enumerate(self.parts):
            mu, sigma = part.posterior.joint(X)
            mean[:, j] = part.scaling.centre + part.scaling.spread * mu
            covariance[j] = part.scaling.spread**2 * sigma
        return mean, covariance

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> FittedGP:
        """The model after readings y (q, m) at X (q, d), hyper-parameters and scalings kept.

        Args:
            X: (q, d) encoded inputs.
            y: (q, m) readings, or what is believed of them.
            var: (q, m) known variances, 0 where none was given. None: if every reading of an objective
            brought one,
                their mean, else 0, so that a new reading is as noisy as `noise_std` says.

        Raises:
            DataError: when shapes disagree with the fit, or a number is not finite.
            ModelError: when the covariance cannot be factored.
        """
        self._check(X)
        if var is None:
            seen = self.data.var
            var = np.broadcast_to(np.where((seen > 0).all(axis=0), seen.mean(axis=0), 0.0), y.shape)
        return self.settings.at(
            self.data.plus(X, y, var),
            [part.posterior.hyper for part in self.parts],
            [part.scaling for part in self.parts],
            notes=[part.note for part in self.parts],
        )

    @one_thread()
    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """Slopes d mean / dX and d model_std^2 / dX at X (q, d): each (q, d, m).

        At an input that was measured the kernel matern12 has a kink; its part of the slope there is taken as
        0.

        Raises:
            DataError: when X has another number of columns than the fit.
        """
        self._check(X)
        mean, variance = np.empty((2, *X.shape, len(self.parts)))
        for j, part in enumerate(self.parts):
            by_mean, by_variance = part.posterior.slopes(X)
            mean[..., j] = part.scaling.spread * by_mean
            variance[..., j] = part.scaling.spread**2 * by_variance
        return mean, variance

    def _check(self, X: Floats) -> None:
        if X.ndim != 2 or X.shape[1] != self.data.X.shape[1]:
            fail(DataError, "inputs of a prediction", f"shape {X.shape}", f"Give (q, {self.data.X.shape[1]}).")


def _place(data: Observations, j: int) -> str:
    return f"surrogate 'gp', objective {j + 1} of {data.y.shape[1]}"
