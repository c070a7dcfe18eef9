"""What hyper-parameters are learned from, and in which order: noise, doubts, errors of the inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.surrogate.censored import ROUNDS, Bound, flattened, moved, sited
from matloop.surrogate.distances import Distances
from matloop.surrogate.evidence import Evidence, Hyper, Layout
from matloop.surrogate.kernels import Kernel
from matloop.surrogate.learn import Learner, Place, Warm
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Atoms, Inputs, Scaling
from matloop.surrogate.robust import Pursued, Readings, pursue, remembered
from matloop.surrogate.sparse import Sparse

INPUT_ROUNDS = 2
"""How often the errors of inputs are propagated anew. Slopes hardly change after the first time."""


class Sloped(Protocol):
    """A posterior of one objective, as far as errors of inputs ask it."""

    def mean_slopes(self, X: Floats) -> Floats:
        """Slopes (q, d) of the mean at X (q, d)."""
        ...


def propagated(posterior: Sloped, X: Floats, x_var: Floats) -> Floats:
    """Standardised variance (q,) of readings at X (q, d) whose inputs have variances x_var (q, d) or (d,).

    To first order, sum_k (d mean/dx_k)^2 var_k: McHutchon and Rasmussen 2011, "Gaussian process training with input
    noise" (NIPS 24), section 2.
    """
    variance: Floats = np.sum(posterior.mean_slopes(X) ** 2 * x_var, axis=1)
    return variance


def studied(inputs: Inputs, most: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(n,) which readings hyper-parameters are learned from: all, or those of `most` drawn inputs."""
    chosen = np.ones(len(inputs.X), dtype=np.bool_)
    if len(inputs.X) > most:
        chosen[:] = False
        chosen[rng.choice(len(inputs.X), most, replace=False)] = True
    return np.asarray(chosen[inputs.owner])


@dataclass(frozen=True, slots=True)
class Task:
    """One objective: what is learned under which priors, its name for errors, and the generator that draws starts.

    standard: which readings belong (n,) -> how all of them are standardised.
    """

    layout: Layout
    place: str
    rng: np.random.Generator
    standard: Callable[[NDArray[np.bool_]], Scaling]


@dataclass(frozen=True, slots=True)
class Learned:
    """One objective: its hyper-parameters, its readings as they count at these, and what to say of both.

    doubt: (n,) standardised variance of each reading's own.
    """

    hyper: Hyper
    doubt: Floats
    readings: Readings
    note: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Study:
    """The readings' inputs and the settings of a fit.

    kernel, mean_std, learner: of the process. robust: whether readings may be doubted.
    posterior: hyper-parameters, the place of every input, readings and a name for errors -> what follows; approximate
        where there are too many inputs for the whole.
    everything: the distinct inputs. x_var: (n, d) variances of the inputs, None where none is stated.
    kept: (n,) whether hyper-parameters are learned from a reading. owner: (k,) the input in `where` of each that is.
    distances: between the inputs in `where`.
    """

    kernel: Kernel
    mean_std: float
    learner: Learner
    robust: bool
    posterior: Callable[[Hyper, tuple[Floats, Floats], Atoms, str], Posterior | Sparse]
    everything: Inputs
    x_var: Floats | None
    kept: NDArray[np.bool_]
    owner: NDArray[np.intp]
    where: Place
    distances: Distances

    def learn(self, readings: Readings, task: Task, warm: Warm, bound: Bound | None = None) -> Learned:
        """The hyper-parameters of one objective, and its readings as they then count.

        Args:
            readings: of the objective.
            task: what is learned.
            warm: where an earlier fit stood.
            bound: which of the readings are censored, None for none.
        """
        readings = readings if bound is None else flattened(readings, bound)
        begun, doubt = remembered(readings, warm.doubted() if self.robust else {}, task.standard)
        found = self._settle(self.learner, begun, task, warm, doubt)
        readings, bound = found.readings, _followed(bound, found, readings)
        first, spent = found.note, int(found.note["evaluations"])
        settled, rounds = self.x_var is None and bound is None, 0
        while not settled and rounds < (INPUT_ROUNDS if bound is None else ROUNDS):
            before, blurring = readings, self.x_var is not None and rounds < INPUT_ROUNDS
            readings, rounds = self._renewed(found, readings, task, bound, blurring=blurring), rounds + 1
            settled = bound is not None and not blurring and not moved(before, readings, bound)
            if not settled:
                found = self._settle(replace(self.learner, draws=0), readings, task, Warm.at(found.hyper), found.doubt)
                readings, bound = found.readings, _followed(bound, found, readings)
                spent += int(found.note["evaluations"])
        note = {**found.note, "start": first["start"], "warm": first["warm"], "evaluations": spent}
        if bound is not None:
            readings = readings if settled else self._renewed(found, readings, task, bound, blurring=False)
            note["censored"] = {"readings": len(bound.rows), "rounds": rounds, "settled": settled}
        return Learned(found.hyper, found.doubt, readings, note)

    def _renewed(
        self, found: Pursued, readings: Readings, task: Task, bound: Bound | None, *, blurring: bool
    ) -> Readings:
        """The readings at the hyper-parameters found: errors of inputs propagated, bounds replaced."""

        def model(atoms: Atoms) -> Posterior | Sparse:
            return self._posterior(found.hyper, atoms, task)

        if blurring and self.x_var is not None:
            slopes = model(readings.atoms(found.doubt)).mean_slopes(self.everything.X)
            readings = replace(readings, blur=np.sum(slopes[readings.owner] ** 2 * self.x_var, axis=1))
        if bound is None:
            return readings
        return sited(readings, bound, found.doubt, self.everything.X[readings.owner], model)[0]

    def _settle(self, learner: Learner, readings: Readings, task: Task, warm: Warm, doubt: Floats) -> Pursued:
        """The same at given errors of inputs; doubt (n,) is where doubting starts."""

        def learn(readings: Readings, doubt: Floats) -> tuple[Hyper, Mapping[str, Any]]:
            atoms = readings.only(self.kept, self.owner).atoms(doubt[self.kept])
            evidence = Evidence(self.kernel, self.distances, atoms, self.mean_std, task.place)
            return learner.learn(evidence, task.layout, self.where, task.rng, warm)

        def model(hyper: Hyper, readings: Readings, doubt: Floats) -> Posterior | Sparse:
            return self._posterior(hyper, readings.atoms(doubt), task)

        if self.robust:
            return pursue(readings, doubt, task.standard, learn, model)
        hyper, note = learn(readings, doubt)
        return Pursued(hyper, readings, doubt, note)

    def _posterior(self, hyper: Hyper, atoms: Atoms, task: Task) -> Posterior | Sparse:
        """The posterior given every reading."""
        return self.posterior(hyper, replace(self.where, X=self.everything.X).of(hyper), atoms, task.place)


def _followed(bound: Bound | None, found: Pursued, before: Readings) -> Bound | None:
    """The limits as readings are standardised once it is known which belong."""
    return None if bound is None else bound.at(found.readings.scaling, before.scaling)
