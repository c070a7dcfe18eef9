"""Gaussian processes, one for each objective.

The fit maximises the posterior of the hyper-parameters (`evidence`, `priors`, `noise`) from several starts (`learn`,
`climb`); what it says at new inputs is in `posterior`. Source: Rasmussen and Williams 2006, chapters 2, 4 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, DataError, Faults, fail
from matloop.surrogate import LeftOut, Observations, Upper, priors
from matloop.surrogate.bounded import Bounded
from matloop.surrogate.censored import readings_of, sited
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Hyper, Layout
from matloop.surrogate.kernels import KERNELS, KernelName
from matloop.surrogate.learn import Learner, Place, Warm
from matloop.surrogate.part import Part
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Atoms, Inputs, Scaling
from matloop.surrogate.screen import Screen
from matloop.surrogate.settings import cure
from matloop.surrogate.sparse import Sparse, heard
from matloop.surrogate.study import Study, Task, propagated, studied
from matloop.surrogate.threads import one_thread
from matloop.surrogate.tobit import standard_of


@dataclass(frozen=True, slots=True)
class GP:
    """Gaussian process surrogate: settings.

    kernel: shape of the covariance; matern52 assumes a truth that is twice differentiable, no more.
    ard: one length scale a feature; else one for all.
    noise: `learned`, constant or varying over the inputs as the readings say (`surrogate.noise`); `constant`, learned
        but the same everywhere; `none` when readings repeat exactly (a nugget keeps the algebra sound).
    scale: variance of the truth, `learned`, or `fixed` at that of the readings.
    mean_std: prior standard deviation of the constant mean, in standard deviations of the readings.
    length_loc, length_width: LogNormal prior of length scales; log(features)/2 is added to the first.
    pooling: prior correlation of the length scales' logarithms, from 0 (independent) to below 1 (nearly equal).
    noise_loc, noise_width: normal prior of the logarithm of the noise variance of readings without a std.
    scale_loc, scale_width: LogNormal prior of the scale, when learned.
    excess_upper: the std beyond a given one exceeds this with a probability of 5 %.
    draws: starts drawn from the priors, beside the earlier fit and the priors' mode.
    climbs: how many starts, the best ones, are climbed. steps: iterations of one climb at most.
    study: inputs that the hyper-parameters are learned from at most, drawn at random; every reading counts afterwards.
    exact: distinct inputs up to which the covariance is whole; with more of them it is approximate, and `describe` says
        how far that is from the whole (`surrogate.sparse`).
    inducing: inputs that then carry what the readings say.
    robust: readings that do not belong get a variance of their own (`surrogate.robust`); noise_std is then that of a
        reading that does.

    Raises:
        ConfigError: when a setting is out of its range.
    """

    name: ClassVar[str] = "gp"

    kernel: KernelName = "matern52"
    ard: bool = True
    noise: Literal["learned", "constant", "none"] = "learned"
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
    study: int = 500
    exact: int = 2000
    inducing: int = 1000
    robust: bool = False

    def __post_init__(self) -> None:
        faults = Faults()
        for item in fields(self):
            value = getattr(self, item.name)
            advice = cure(item.name, value)
            if advice:
                faults.add(f"surrogate 'gp', {item.name}", f"{value!r}", advice)
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
        study = self._study(data, rng)
        fits = []
        for j, var in enumerate(data.var.T):
            readings, bound = readings_of(data, j, study.everything.owner, _place(data, j))
            layout = self.layout(study.where.features, var[study.kept])
            sides = None if data.censored is None else data.censored[:, j]
            standard = standard_of(data.y[:, j], sides, study.everything.owner, _place(data, j))
            fits.append(study.learn(readings, Task(layout, _place(data, j), rng, standard), Warm(warm, j), bound))
        notes = [{**one.note, "studied": len(study.where.X)} for one in fits]
        added = [(one.doubt, one.readings.added) for one in fits]
        scalings = [one.readings.scaling for one in fits]
        data = replace(data, y=np.stack([one.readings.y for one in fits], axis=1), censored=None)
        return self.at(data, [one.hyper for one in fits], scalings, added=added, notes=notes)

    def _study(self, data: Observations, rng: np.random.Generator) -> Study:
        """What the objectives share."""
        everything = Inputs.of(data.X)
        kept = studied(everything, self.study, rng)
        inputs = Inputs.of(data.X[kept])
        where = Place(inputs.X, self._index(data.groups), np.unique(data.groups).size)
        return Study(
            KERNELS[self.kernel],
            self.mean_std,
            Learner(self.draws, self.climbs, self.steps, self.noise == "learned"),
            self.robust,
            self._posterior,
            everything,
            data.x_var,
            kept,
            inputs.owner,
            where,
            Distances.of(where.X, where.index),
        )

    def bounded(self) -> Bounded:
        """With hyper-parameters drawn where there are bounds; `fit` and `at` take the most probable or given ones."""
        return Bounded(self)

    def quick(self) -> GP:
        """One climb from a warm start."""
        return replace(self, draws=0, climbs=1, steps=min(self.steps, 30))

    @one_thread()
    def at(
        self,
        data: Observations,
        hypers: Sequence[Hyper],
        scalings: Sequence[Scaling] | None = None,
        *,
        added: Sequence[tuple[Floats, Floats]] | None = None,
        notes: Sequence[Mapping[str, Any]] | None = None,
    ) -> FittedGP:
        """The model at given hyper-parameters.

        Args:
            data: readings.
            hypers: one an objective.
            scalings: one an objective, None for those of the readings.
            added: standardised variances (n,) added to the readings, by doubt and by errors of inputs; None for none.
            notes: what else `describe` shall say of each objective.

        Raises:
            ModelError: as `fit`.
        """
        inputs = Inputs.of(data.X)
        where = Place(inputs.X, self._index(data.groups), np.unique(data.groups).size)
        parts, y = [], data.y.copy()
        for j, hyper in enumerate(hypers):
            doubt, blur = np.zeros((2, len(y))) if added is None else added[j]
            readings, bound = readings_of(data, j, inputs.owner, _place(data, j), scalings[j] if scalings else None)
            readings, model = replace(readings, blur=blur), self._model(where, hyper, _place(data, j))
            if bound is not None:
                readings, _ = sited(readings, bound, doubt, data.X, model)
            y[:, j] = readings.y
            note = {"start": "given"} if notes is None else notes[j]
            parts.append(Part(readings.scaling, model(readings.atoms(doubt)), doubt, readings.added, note))
        return FittedGP(self, replace(data, y=y, censored=None), tuple(parts))

    def _model(self, where: Place, hyper: Hyper, place: str) -> Callable[[Atoms], Posterior | Sparse]:
        """Readings -> posterior at given hyper-parameters."""
        return lambda atoms: self._posterior(hyper, where.of(hyper), atoms, place)

    def _posterior(self, hyper: Hyper, space: tuple[Floats, Floats], atoms: Atoms, place: str) -> Posterior | Sparse:
        """Whole up to `exact` distinct inputs, approximate beyond."""
        if len(space[0]) <= self.exact:
            return Posterior.of(KERNELS[self.kernel], hyper, space, atoms, self.mean_std, place)
        return Sparse.of((KERNELS[self.kernel], self.inducing), hyper, space, atoms, (self.mean_std, place))

    def layout(self, groups: int, var: Floats) -> Layout:
        """What is learned, and under which priors.

        Args:
            groups: number of features.
            var: (n,) known variances, 0 where none was given.
        """
        learned: dict[str, priors.Prior] = {}
        if self.scale == "learned":
            learned["scale"] = priors.LogNormal(self.scale_loc, self.scale_width)
        if self.noise != "none" and (var == 0).any():
            learned["noise"] = priors.Bell(self.noise_loc, self.noise_width)
        if self.noise != "none" and (var > 0).any():
            learned["excess"] = priors.Shrunk(self.excess_upper, priors.EXCESS_TAIL)
        loc = self.length_loc + 0.5 * math.log(groups)  # distances grow with the root of the number of features
        count = groups if self.ard else 1
        return Layout(priors.Lengths(count, loc, self.length_width, self.pooling), learned)

    def _index(self, groups: NDArray[np.intp]) -> NDArray[np.intp]:
        """(d,) which length scale each column has, 0..L-1."""
        index = np.unique(groups, return_inverse=True)[1].reshape(-1)
        return index if self.ard else np.zeros_like(index)


@dataclass(frozen=True, slots=True)
class FittedGP:
    """A Gaussian process that has seen readings. Implements every capability."""

    settings: GP
    data: Observations
    parts: tuple[Part, ...]

    @one_thread()
    def predict(self, X: Floats) -> Prediction:
        """Predict at X (q, d), in blocks of bounded memory.

        noise_std is the spread of one new reading: the root of tau^2(x), plus the mean known variance of the readings
        seen, plus the square of `input_std`.

        Raises:
            DataError: when X has another number of columns than the fit.
        """
        self._check(X)
        mean, model = np.empty((2, len(X), len(self.parts)))
        noise = np.empty_like(mean)
        for j, part in enumerate(self.parts):
            mu, variance, log_shape = part.posterior.moments(X)
            mean[:, j] = part.scaling.centre + part.scaling.spread * mu
            model[:, j] = part.scaling.spread * np.sqrt(variance)
            noise[:, j] = part.noise_std(log_shape, self.settings.noise != "none")
        return Prediction(mean, model, noise if self.data.x_var is None else np.hypot(noise, self.input_std(X)))

    @one_thread()
    def input_std(self, X: Floats) -> Floats:
        """Spread (q, m) of a new reading at X (q, d) because inputs are set as exactly as those seen, no more."""
        self._check(X)
        return np.stack([part.scaling.spread * np.sqrt(self._blur(part, X)) for part in self.parts], axis=1)

    def _blur(self, part: Part, X: Floats) -> Floats:
        """The standardised variance (q,) of a new reading at X (q, d) from its inputs."""
        x_var = self.data.x_var
        return np.zeros(len(X)) if x_var is None else propagated(part.posterior, X, x_var.mean(axis=0))

    @one_thread()
    def means(self, X: Floats) -> Floats:
        """The mean of `predict` at X (q, d), (q, m)."""
        self._check(X)
        parts = [part.scaling.centre + part.scaling.spread * part.posterior.means(X) for part in self.parts]
        return np.stack(parts, axis=1)

    def screen(self, sign: float) -> Upper | None:
        """As `Screened.screen`; None where the covariance is approximate."""
        part, centre = self.parts[0], sign * self.parts[0].scaling.centre
        if isinstance(part.posterior, Sparse):
            return None
        return Screen.of(part.posterior, sign).scaled(centre, part.scaling.spread)

    def doubted(self) -> Floats:
        """As `Doubting.doubted`."""
        return np.stack([part.scaling.spread * np.sqrt(part.doubt) for part in self.parts], axis=1)

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
            var: (q, m) known variances, 0 where none was given. None: if every reading of an objective brought one,
                their mean, else 0, so that a new reading is as noisy as `noise_std` says.

        Raises:
            DataError: when shapes disagree with the fit, or a number is not finite.
            ModelError: when the covariance cannot be factored.
        """
        self._check(X)
        if var is None:
            seen = self.data.var
            var = np.broadcast_to(np.where((seen > 0).all(axis=0), seen.mean(axis=0), 0.0), y.shape)
        data = self.data.plus(X, y, var)
        if isinstance(self.parts[0].posterior, Sparse):
            return replace(
                self, data=data, parts=heard(self.parts, X, (y, var), [self._blur(p, X) for p in self.parts])
            )
        return self.settings.at(
            data,
            [part.posterior.hyper for part in self.parts],
            [part.scaling for part in self.parts],
            added=[
                (np.append(part.doubt, np.zeros(len(X))), np.append(part.blur, self._blur(part, X)))
                for part in self.parts
            ],
            notes=[part.note for part in self.parts],
        )

    @one_thread()
    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """Slopes d mean / dX and d model_std^2 / dX at X (q, d): each (q, d, m).

        At an input that was measured the kernel matern12 has a kink; its part of the slope there is taken as 0.

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
