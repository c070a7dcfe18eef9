"""From readings to a model: Task -> Observations -> Fitted -> predictions by candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Purpose, Task
from matloop.decide.apart import SetApart, Suspect, named, sought, spread_of, suspected
from matloop.decide.partial import Complete, alone, some_lack, spoken_of
from matloop.decide.words import called
from matloop.domain.canonical import Value
from matloop.domain.encoder import Encoder, Scaled
from matloop.domain.prediction import Floats, Prediction
from matloop.domain.reading import Reading
from matloop.errors import Fault, Faults, ModelError, PluginError, fail
from matloop.surrogate import Bounds, Doubting, Fitted, Observations, Placing, Surrogate, hears
from matloop.surrogate.calibrate import Calibration, calibrations
from matloop.surrogate.classify import Forming, forming
from matloop.surrogate.rescaled import rescaled
from matloop.surrogate.together import together, warm_of

CHUNK = 8192
"""Rows predicted at once: with N readings a chunk needs a few arrays of CHUNK x N floats (13 MB each at N = 200).
Larger, memory grows; smaller, the time goes into calls."""
_HEARD = 256
"""Inputs at most at which a fitted surrogate is held to its contract, spread over all; the rest would cost a Gaussian
process the cube of their number. What is predicted later is looked at whole."""
_SMALLEST, _LARGEST = 1e-140, 1e140
"""Spread of readings whose square, times the nugget of a covariance, still is a number of full precision."""
_SIDES = {"below": -1, "above": 1}


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted surrogate that knows the candidates' encoding and the objectives' names.

    fitted: with its errors as corrected by cross-validation. data: what it was fitted to.
    labels: the candidate of each row of data. surrogate: its name, for messages.
    calibrations: one an objective, whether its stated errors are true; empty where nobody judged.
    parts: what each objective was fitted to, where some readings lack one; `data` are then the inputs that were read in
        every objective. part_labels: the candidate of each row of each of them.
    suspects: readings that lie far from all others, and that a surrogate which looked for such left in.
    bounds: how many readings count as no more than bounds, of any objective.
    apart: readings that the surrogate set apart. own: the std that each row of `data`, or of each of `parts`, was given
        for that, (n, m) or (n, 1), 0 for what belongs; empty where the surrogate sets nothing apart.
    """

    fitted: Fitted
    encoder: Encoder
    objectives: tuple[str, ...]
    data: Observations
    labels: tuple[str, ...]
    surrogate: str
    calibrations: tuple[Calibration, ...] = ()
    parts: tuple[Observations, ...] = ()
    apart: tuple[SetApart, ...] = ()
    own: tuple[Floats, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    part_labels: tuple[tuple[str, ...], ...] = ()
    bounds: int = 0
    _measured: list[Prediction] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def spreads(self) -> tuple[float, ...]:
        """Standard deviation of what was read of each objective, (m,).

        Limits of detection are no readings, and what was set apart says nothing of the spread.
        """
        fits = self.parts or (self.data,)
        own = self.own or tuple(np.zeros(one.y.shape) for one in fits)
        return tuple(
            spread_of(one.y[one.read, j], std[one.read, j] == 0)
            for one, std in zip(fits, own, strict=True)
            for j in range(one.y.shape[1])
        )

    def predict(self, X: Floats) -> Prediction:
        """Predict at encoded X (n, d), in chunks: each figure (n, m)."""
        parts = [self._heard(X[start : start + CHUNK]) for start in range(0, len(X), CHUNK)]
        return self._stack(parts)

    def predict_values(self, values: Sequence[Mapping[str, Value]]) -> Prediction:
        """Predict candidates by their values, members or not: each figure (n, m)."""
        return self.predict(self.encoder.encode(values))

    def predict_measured(self) -> Prediction:
        """Predict the inputs of `measured`, once: thousands of them cost a Gaussian process more than its fit."""
        if not self._measured:
            self._measured.append(self.predict(self.measured()[0]))
        return self._measured[0]

    def predict_made(self, values: Sequence[Mapping[str, Value]]) -> Prediction:
        """As `predict_values`; what was measured as it was planned is not predicted twice."""
        X = self.encoder.encode(values)
        wanted, measured = keys_of(X), keys_of(self.measured()[0])  # sorted by number, which their bytes are not
        order = np.argsort(measured)
        place = order[np.minimum(np.searchsorted(measured[order], wanted), len(order) - 1)]
        said, other = self.predict_measured().rows(place), np.flatnonzero(measured[place] != wanted)
        if len(other):
            afresh = self.predict(X[other])
            for all_, some in zip(said.figures, afresh.figures, strict=True):
                all_[other] = some
        return said

    def _heard(self, X: Floats) -> Prediction:
        return heard(self.surrogate, self.fitted, X, len(self.objectives))

    def _stack(self, parts: list[Prediction]) -> Prediction:
        """Predictions one below the other; none give (0, m)."""
        empty = np.zeros((0, len(self.objectives)))
        parts = parts or [Prediction(empty, empty, empty)]
        mean, model, noise = (
            np.vstack(one) for one in zip(*((p.mean, p.model_std, p.noise_std) for p in parts), strict=True)
        )
        judged = self.calibrations
        scores = tuple(np.array(one.scores) for one in judged)
        return Prediction(mean, model, noise, tuple(one.label for one in judged), scores)

    def describe(self) -> Mapping[str, Any]:
        """What the surrogate says of itself, and what cross-validation says of it, in JSON types."""
        said = dict(self.fitted.describe())
        if self.calibrations:
            said["calibration"] = [one.to_json() for one in self.calibrations]
        if self.apart:
            said["set_apart"] = [one.to_json() for one in self.apart]
        if self.suspects:
            said["suspects"] = [one.to_json() for one in self.suspects]
        return said

    @property
    def spread(self) -> float:
        """Standard deviation of what was read of the first objective."""
        return self.spreads[0]

    def measured(self) -> tuple[Floats, tuple[str, ...]]:
        """Distinct inputs (b, d) that have readings, and a candidate for each, whatever the order of the readings.

        A reading of one objective is enough: what is predicted stands for the others, here as where candidates are
        ranked. What is measured and not chosen has its assumed value: the best so far is what would be best under it.
        """
        X = np.vstack([one.X for one in self.parts]) if self.parts else self.data.X
        labels = [label for one in self.part_labels for label in one] if self.parts else self.labels
        distinct, owner = np.unique(self.encoder.as_assumed(X), axis=0, return_inverse=True)
        owners: dict[int, str] = {}
        for row, label in zip(owner.reshape(-1).tolist(), labels, strict=True):
            owners[row] = min(owners.get(row, label), label)
        return distinct, tuple(owners[row] for row in range(len(distinct)))


def keys_of(X: Floats) -> NDArray[np.void]:
    """(q,) the bytes of each row of X (q, d), equal where the rows are."""
    rows = np.ascontiguousarray(X + 0.0)  # + 0.0 makes one zero of two
    return rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).reshape(-1)


def learned(task: Task) -> tuple[Reading, ...]:
    """The readings that hold a number for every objective; those of candidates from outside are among them."""
    names = [objective.name for objective in task.objectives]
    return tuple(r for r in task.readings if r.status == "ok" and all(name in r.outcome for name in names))


def ignorance(task: Task) -> str | None:
    """Why no model can be fitted yet, in words; None when one can."""
    readings = spoken_of(task)
    if not readings:
        return "no reading yet"
    if some_lack(task) and not Complete.of(task).labels:
        return "no candidate has readings of every objective"
    for objective in task.objectives:
        values = {reading.outcome[objective.name] for reading in readings if objective.name in reading.outcome}
        if len(values) < 2:
            return f"the readings of {objective.name} hold fewer than two distinct values"
    return None


def bounds(task: Task) -> tuple[Reading, ...]:
    """The readings that say of every objective no more than a bound; in the order of their keys."""
    names = [objective.name for objective in task.objectives]
    return tuple(r for r in task.tried if r.status in _SIDES and all(name in r.outcome for name in names))


def observations(task: Task, *, bounded: bool = False) -> Observations:
    """The task's readings as arrays, one row a reading, executed values encoded.

    The known variance is that of the reading's std, else of the objective's, else 0. A bound has no std of its own: it
    has the mean variance of the others if all of them brought one.

    Args:
        task: with its readings.
        bounded: whether censored readings are among them.
    """
    read, cut, encoder = learned(task), bounds(task) if bounded else (), task.candidates.encoder
    readings = (*read, *cut)
    shape = (len(readings), len(task.objectives))
    y, std = np.zeros(shape), np.zeros(shape)
    for j, objective in enumerate(task.objectives):
        y[:, j] = [reading.outcome[objective.name] for reading in readings]
        std[:, j] = [reading.std.get(objective.name, objective.std or 0.0) for reading in readings]
    var = std**2
    if cut and read:
        own = var[: len(read)]
        var[len(read) :] = np.where((own > 0).all(axis=0), own.mean(axis=0), var[len(read) :])
    X = encoder.encode([reading.learned_values for reading in readings])
    sides = np.repeat(np.array([_SIDES.get(r.status, 0) for r in readings], dtype=np.int8)[:, None], shape[1], axis=1)
    x_var = _input_variances(readings, encoder)
    return Observations(X, y, var, encoder.groups, x_var, sides if cut else None)


def _input_variances(readings: Sequence[Reading], encoder: Encoder) -> Floats | None:
    """(n, d) stated variances of what was really set, encoded; None where no reading states one."""
    if not any(reading.executed_std for reading in readings):
        return None
    variances = np.zeros((len(readings), encoder.d))
    for part, start in zip(encoder.parts, encoder.starts, strict=True):
        if isinstance(part, Scaled):
            stds = np.array([reading.executed_std.get(part.name, 0.0) for reading in readings])
            variances[:, start] = (stds / part.span) ** 2
    return variances


def learn(task: Task, surrogate: Surrogate, *, calibrate: bool = True) -> Model:
    """Fit a surrogate to the task's readings, from where it stood at the last ask.

    Args:
        task: readings and candidates.
        surrogate: how to fit.
        calibrate: judge the stated errors by cross-validation and correct them.

    Raises:
        ModelError: when `ignorance(task)` says that there is too little to learn from, or the fit fails.
        PluginError: when what the surrogate returns breaks its contract.
    """
    why_not = ignorance(task)
    if why_not is not None:
        fail(ModelError, "model", why_not, "Measure more candidates first.")
    surrogate = surrogate.placed(task.candidates.encoder) if isinstance(surrogate, Placing) else surrogate
    bounded = isinstance(surrogate, Bounds)
    surrogate = surrogate.bounded() if isinstance(surrogate, Bounds) else surrogate
    names = tuple(objective.name for objective in task.objectives)
    rngs = task.rng(Purpose.FIT), task.rng(Purpose.CALIBRATE)
    if some_lack(task):
        m = len(task.objectives)
        warms = [warm_of(task.warm, j, m) for j in range(m)]
        tasks = [alone(task, j) for j in range(m)]
        fits = [_fit(one, surrogate, rngs, warm, calibrate) for one, warm in zip(tasks, warms, strict=True)]
        complete = Complete.of(task)
        judged = tuple(one for fit in fits for one in fit.judged)
        parts = tuple(fit.data for fit in fits)
        fitted, data, labels = together([fit.fitted for fit in fits]), complete.data, complete.labels
        apart, suspects = chain.from_iterable(f.apart for f in fits), chain.from_iterable(f.suspects for f in fits)
        doubts = tuple(apart), tuple(fit.own for fit in fits), tuple(suspects)
        heard = tuple(_heard(one, fit, bounded) for one, fit in zip(tasks, fits, strict=True))
        told, cut = tuple(_labels(one) for one in heard), _bounds(*heard)
        said = surrogate.name, judged, parts, *doubts, told, cut
        return Model(fitted, task.candidates.encoder, names, data, labels, *said)
    fit = _fit(task, surrogate, rngs, task.warm or None, calibrate)
    encoder, doubts = task.candidates.encoder, (fit.apart, (fit.own,), fit.suspects)
    rows = _heard(task, fit, bounded)
    said = surrogate.name, fit.judged, (), *doubts, (), _bounds(rows)
    return Model(fit.fitted, encoder, names, fit.data, _labels(rows), *said)


def _heard(task: Task, fit: _Fit, bounded: bool) -> tuple[Reading, ...]:
    """The readings that were fitted to, one a row; bounds come last, if they count."""
    return (*learned(task), *(bounds(task) if bounded else ()))[: len(fit.data.y)]


def _labels(readings: Sequence[Reading]) -> tuple[str, ...]:
    return tuple(reading.candidate for reading in readings)


def _bounds(*heard: Sequence[Reading]) -> int:
    """How many readings, each counted once, are bounds of any of the objectives that heard them."""
    return len({reading.key for readings in heard for reading in readings if reading.status in _SIDES})


@dataclass(frozen=True, slots=True)
class _Fit:
    """A fitted surrogate, errors corrected where they were judged, and what it was fitted to.

    own, apart, suspects: as in `Model`, own (n, m).
    """

    fitted: Fitted
    data: Observations
    judged: tuple[Calibration, ...]
    own: Floats
    apart: tuple[SetApart, ...]
    suspects: tuple[Suspect, ...] = ()


def _fit(
    task: Task,
    surrogate: Surrogate,
    rngs: tuple[np.random.Generator, np.random.Generator],
    warm: Mapping[str, Any] | None,
    calibrate: bool,
) -> _Fit:
    """Fit to the readings of all objectives of a task; the generators are of the fit and of the calibration."""
    data = observations(task, bounded=isinstance(surrogate, Bounds))
    _demand_squares(task, data)
    fitted = surrogate.fit(data, rngs[0], warm)
    if not isinstance(fitted, Fitted):
        found = f"`fit` returned {type(fitted).__name__}, which lacks predict or describe"
        fail(PluginError, f"surrogate {surrogate.name!r}", found, "See matloop.surrogate.Fitted for what it must do.")
    shown = data.X[:: 1 + len(data.X) // _HEARD]
    heard(surrogate.name, fitted, shown, len(task.objectives))  # acquisitions then ask it as it is
    if data.censored is not None and not hears(fitted):
        data = replace(data.only(data.read), censored=None)
    own = fitted.doubted() if isinstance(fitted, Doubting) else np.zeros(data.y.shape)
    read, names = learned(task), [one.name for one in task.objectives]
    apart = named(read, names, data.y, own)
    suspects = suspected(read, names, data, own, fitted) if sought(fitted.describe()) else ()
    if not calibrate:
        return _Fit(fitted, data, (), own, apart, suspects)
    judged = calibrations(surrogate, fitted, data, rngs[1], partial(_called, task))
    return _Fit(rescaled(fitted, np.array([one.factor for one in judged])), data, judged, own, apart, suspects)


def _called(task: Task, row: int, j: int) -> str:
    """The reading of a row, in words."""
    reading, name = learned(task)[row], task.objectives[j].name
    return called(str(reading.key), reading.candidate, name, reading.outcome[name])


def _demand_squares(task: Task, data: Observations) -> None:
    """Variances are in squared units: readings whose squares are no numbers cannot be learned from.

    Raises:
        ModelError: naming each such objective.
    """
    faults = Faults()
    for objective, y in zip(task.objectives, data.y.T, strict=True):
        with np.errstate(over="ignore"):
            extent = float(np.ptp(y))
        if not (_SMALLEST <= extent <= _LARGEST):
            found = f"readings from {y.min():g} to {y.max():g}, whose variance is no number of full precision"
            faults.add(f"model, objective {objective.name!r}", found, "Give the readings in another unit.")
    faults.raise_if_any(ModelError)


def formed(task: Task) -> Forming | None:
    """Where candidates form, learned from all that was tried; None while nothing failed.

    An aborted trial says nothing. A candidate that was made and then failed has been seen to do both.
    """
    trials = (*task.readings, *task.tried)
    good = np.array([reading.status != "failed" for reading in trials], dtype=np.bool_)
    if good.all():
        return None
    encoder = task.candidates.encoder
    return forming(encoder.encode([reading.learned_values for reading in trials]), good, encoder.groups)


def heard(name: str, fitted: Fitted, X: Floats, m: int) -> Prediction:
    """What a fitted surrogate says at X (q, d) of m objectives, held to its contract.

    Raises:
        PluginError: naming the surrogate and each line that it breaks.
    """
    place, contract = f"surrogate {name!r}", "matloop.surrogate.Fitted.predict"
    try:
        said = fitted.predict(X)
    except PluginError as error:
        raise PluginError(*(Fault(f"{place}, {one.place}", one.found, one.cure) for one in error.faults)) from error
    if not isinstance(said, Prediction):
        fail(PluginError, place, f"`predict` returned {type(said).__name__}", f"{contract}: a Prediction.")
    wanted = (len(X), m)
    if said.mean.shape != wanted:
        found = f"its prediction has shape {said.mean.shape} for {wanted[0]} inputs and {wanted[1]} objectives"
        fail(PluginError, place, found, f"{contract}: mean, model_std and noise_std, each (q, m).")
    faults = Faults()
    for part in ("mean", "model_std", "noise_std"):
        figures = getattr(said, part)
        if not np.isfinite(figures).all():
            faults.add(place, f"its {part} holds a number that is not finite", f"{contract}: finite numbers.")
        elif part != "mean" and (figures < 0).any():
            faults.add(place, f"its {part} holds a negative number", f"{contract}: standard deviations, 0 or more.")
    faults.raise_if_any(PluginError)
    return said
