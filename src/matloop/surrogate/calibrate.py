"""Are the stated errors true? Cross-validation with fresh fits says so, and says by how much to correct them.

Hyper-parameters that are fitted to the readings explain them too well, and leave-one-out errors at those
hyper-parameters inherit it: few readings give intervals that are too narrow, and nothing seen in the fit tells. So the
inputs are dealt into folds, the surrogate is fitted anew to all folds but one, and predicts the one left out
(Stone 1974, "Cross-validatory choice and assessment of statistical predictions").

With e the error of a left-out input's mean reading, m the model's std there and v the variance of that mean, one
factor a on m makes the errors most probable under N(0, a^2 m^2 + v), with a LogNormal prior around 1: forty errors
cannot swing it, a hundred can. The factor never falls below 1: a campaign gathers its readings where they
are good, errors left out there are small, and say nothing of the regions that nobody has looked at. Noise is left
alone, because replicates and residuals speak of it already.
Readings that the surrogate set apart (`Doubting`) are no errors of the model and are not among those judged.
Scores |e| / sqrt(a^2 m^2 + v) then give intervals that need no normal distribution (split conformal: Papadopoulos et
al. 2002; Lei et al. 2018, "Distribution-free predictive inference for regression", algorithm 2).

Errors are called true, as stated or as corrected, only where nothing speaks against it: as many lie within the 90 %
interval as chance allows, the factor is none at its limit, and the conformal interval says about what the std says. One
reading that does not belong breaks all of them: it makes the noise and the factor large and all other scores small. So
where a few errors have most of the squared error their readings are named.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm

from matloop.domain.prediction import Floats, multiple
from matloop.errors import ModelError
from matloop.surrogate import Doubting, Fitted, HeldOut, Observations, Surrogate
from matloop.surrogate.apart import apart
from matloop.surrogate.folds import FOLDS, Folded, deal
from matloop.surrogate.replicates import Inputs

Label = Literal["calibrated", "recalibrated", "not calibrated"]

FEWEST = 10
"""Distinct inputs from which errors can be judged: two a fold."""
MOST = 400
"""Distinct inputs up to which fresh fits are made. Above, hyper-parameters are known so well that leaving an input out
changes them no more, and leave-one-out at those of the fit is as good."""
DOUBT = 0.3
"""Standard deviation of the prior of log a. Larger, ten lucky errors halve the uncertainty; smaller, forty errors
cannot correct a model that is too sure by half."""
ALIKE = 0.05
"""log a up to which the stated errors count as calibrated as they are."""
_LEVEL = 0.9
_REFUSED = 0.005  # share of true models that the coverage check takes for false, each side
_REACH = 2.0  # log a at most: beyond e^2 = 7.4 it is chance or a broken model
APART = 2.0
"""Ratio, either way, of the conformal 90 % half-width to that of the corrected std from which one denies the other.
True normal errors reach it in 1.5 % of cases at 10 to 15 inputs, in 0.1 % at 20 and hardly ever beyond. Smaller, and
chance refuses true errors; larger, and what is called true stands beside an interval that says something else."""
RESPONSIBLE = 20
"""Left-out inputs for each one that may be named as responsible, but one of fewer. Where it takes more of them to make
up half of the squared error, it is the model that errs."""
Called = Callable[[int, int], str]
"""A reading, by its row and objective, in words."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the stated errors of one objective can be trusted.

    label: calibrated (true as stated), recalibrated (corrected by `factor`), or not calibrated (`why` says why).
    factor: what the model's own std is multiplied by.
    zms: mean square of the left-out errors in units of their stated std, before correction; 1 if true.
    covered: share of them within the stated 90 % interval, before correction.
    scores: (k,) left-out errors in units of their corrected std, absolute, ascending.
    blamed: the few readings that have most of the squared error where the errors are refused for it, in words.
    """

    label: Label
    factor: float
    why: str
    zms: float | None = None
    covered: float | None = None
    scores: tuple[float, ...] = ()
    blamed: str = ""

    @classmethod
    def unknown(cls, why: str) -> Calibration:
        """Nothing could be judged."""
        return cls("not calibrated", 1.0, why)

    @classmethod
    def of(cls, left: Errors) -> Calibration:
        """Judge errors of left-out inputs."""
        stated = np.abs(left.error) / left.std(1.0)
        factor = _factor(left)
        scores = np.sort(np.abs(left.error) / left.std(factor))
        inside = int(np.count_nonzero(scores <= norm.ppf(0.5 + _LEVEL / 2)))
        low, high = (binom.ppf(tail, len(scores), _LEVEL) for tail in (_REFUSED, 1.0 - _REFUSED))
        figures = (float(np.mean(stated**2)), float(np.mean(stated <= norm.ppf(0.5 + _LEVEL / 2))))
        said = f"{inside} of {len(scores)} left-out inputs within the 90 % interval"
        label: Label = "calibrated" if math.log(factor) <= ALIKE else "recalibrated"
        against = _against(factor, multiple(scores, _LEVEL))
        if not low <= inside <= high:
            why = "even after correction" if inside < low else "more than stated: the errors are smaller than they say"
            said = f"{said}, {why}"
        if against or not low <= inside <= high:
            label, said = "not calibrated", "; ".join([said, *against])
        return cls(label, factor, f"{said}; {left.how}", *figures, tuple(scores.tolist()))

    def multiple(self, level: float) -> float:
        """Half-width of a central interval, in corrected total std: conformal where enough was left out, else normal.

        Args:
            level: probability in (0, 1) with which a new reading shall lie inside.
        """
        return multiple(self.scores, level)

    @property
    def words(self) -> str:
        """`calibrated`, `recalibrated x1.8`, `not calibrated`, or `not calibrated, mostly for d17/1/1: y = 9`."""
        if self.blamed:
            return f"{self.label}, mostly for {self.blamed}"
        return f"{self.label} x{self.factor:.2g}" if self.label == "recalibrated" else self.label

    def to_json(self) -> dict[str, Any]:
        """As it stands in the ledger."""
        return {
            "label": self.label, "factor": self.factor, "why": self.why, "zms": self.zms, "covered": self.covered,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Errors:
    """Left-out inputs, k of them. error: (k,) mean reading less prediction. model: (k,) stated std of the truth.

    noise: (k,) variance of the mean reading. how: how they were left out.
    """

    error: Floats
    model: Floats
    noise: Floats
    how: str

    def std(self, factor: float) -> Floats:
        """(k,) stated std of the errors, the model's part multiplied by a factor."""
        return np.sqrt(np.maximum((factor * self.model) ** 2 + self.noise, np.finfo(np.float64).tiny))


def calibrations(
    surrogate: Surrogate, fitted: Fitted, data: Observations, rng: np.random.Generator, called: Called | None = None
) -> tuple[Calibration, ...]:
    """Judge a fitted surrogate, one verdict an objective.

    Args:
        surrogate: what was fitted.
        fitted: to all readings; warm-starts the fresh fits.
        data: all readings.
        rng: deals the folds.
        called: names readings that are responsible for errors that are not true; None: nobody is named. Rows are those
            of the readings that are no bounds.
    """
    kept = fitted.doubted()[data.read] == 0 if isinstance(fitted, Doubting) else None
    if not data.read.all():
        surrogate, fitted, data = apart(surrogate, fitted, data)
    count, m = len(Inputs.of(data.X).X), data.y.shape[1]
    if count < FEWEST:
        inputs = "1 distinct input" if count == 1 else f"{count} distinct inputs"
        return _unknown(f"{inputs}, {FEWEST} are needed to judge errors", m)
    if count > MOST:
        if not isinstance(fitted, HeldOut):
            return _unknown(f"more than {MOST} inputs, and this surrogate cannot leave one out", m)
        return _left_one_out(fitted, data, called)
    try:
        folded = Folded.of(surrogate, fitted.describe(), data, deal(count, rng), rng)
    except ModelError as error:
        return _unknown(f"a fit to part of the readings failed: {error.faults[0].found}", m)
    return _cross_validated(folded, None if kept is None or kept.all() else kept, called)


def _unknown(why: str, m: int) -> tuple[Calibration, ...]:
    return tuple(Calibration.unknown(why) for _ in range(m))


def _left_one_out(fitted: HeldOut, data: Observations, called: Called | None) -> tuple[Calibration, ...]:
    inputs = Inputs.of(data.X)
    places = np.unique(np.linspace(0, len(inputs.X) - 1, MOST).round().astype(np.intp))
    left = fitted.held_out(places)
    columns = zip((left.measured - left.mean).T, left.model_std.T, left.error.T, strict=True)
    return tuple(
        _judged(
            Errors(error, model, noise**2, "leave-one-out"), places, called and _caller(called, data, inputs, None, j)
        )
        for j, (error, model, noise) in enumerate(columns)
    )


def _cross_validated(folded: Folded, kept: NDArray[np.bool_] | None, called: Called | None) -> tuple[Calibration, ...]:
    """Judge what was said of inputs left out; kept (n, m): the readings that belong, None for all."""
    mean, noise = folded.readings(kept)
    seen = np.isfinite(mean)
    how = f"{FOLDS}-fold cross-validation with fresh fits"
    columns = zip((mean - folded.mean).T, folded.model.T, noise.T, seen.T, strict=True)
    return tuple(
        _judged(
            Errors(e[rows], std[rows], var[rows], how),
            np.flatnonzero(rows),
            called and _caller(called, folded.data, folded.inputs, kept, j),
        )
        for j, (e, std, var, rows) in enumerate(columns)
    )


def _against(factor: float, conformal: float) -> list[str]:
    """What speaks against a factor, and against a std whose 90 % interval is `conformal` std wide on each side."""
    said, ratio = [], conformal / float(norm.ppf(0.5 + _LEVEL / 2))
    if math.log(factor) >= _REACH - ALIKE:
        said.append(f"a factor of {math.exp(_REACH):.2g} or more is asked for, which is no correction")
    if not 1.0 / APART <= ratio <= APART:
        said.append(f"the interval that holds 90 % of the errors is {ratio:.2g} times that of the std")
    return said


def _judged(left: Errors, places: NDArray[np.intp], called: Callable[[int, float], str] | None) -> Calibration:
    """The verdict, with the readings that are responsible where it refuses and a few are.

    Args:
        left: k errors.
        places: (k,) of the inputs among all distinct ones.
        called: place and error of an input -> its reading in words.
    """
    one = Calibration.of(left)
    if one.label != "not calibrated" or called is None:
        return one
    names = ", ".join(called(int(places[k]), float(left.error[k])) for k in _responsible(left))
    return replace(one, why=f"{one.why}; most of the squared error is that of {names}", blamed=names) if names else one


def _responsible(left: Errors) -> list[int]:
    """The few errors that have more than half of the squared error in stated std, largest first; empty where many."""
    squares = (left.error / left.std(1.0)) ** 2
    order = np.argsort(-squares, kind="stable")
    half = np.cumsum(squares[order]) > 0.5 * squares.sum()
    first = order[: int(np.argmax(half)) + 1]
    beyond = squares[first] > norm.ppf(0.5 + _LEVEL / 2) ** 2
    return first.tolist() if beyond.all() and len(first) <= max(1, len(squares) // RESPONSIBLE) else []


def _caller(
    called: Called, data: Observations, inputs: Inputs, kept: NDArray[np.bool_] | None, j: int
) -> Callable[[int, float], str]:
    """Of an input, by its place and error, the reading that lies farthest from what was predicted, in words."""

    def name(place: int, error: float) -> str:
        counts = inputs.owner == place if kept is None else (inputs.owner == place) & kept[:, j]
        rows = np.flatnonzero(counts)
        y = data.y[rows, j]
        return called(int(rows[np.argmax(np.abs(y - (y.mean() - error)))]), j)

    return name


def _factor(left: Errors) -> float:
    """The most probable factor on the model's std."""

    def cost(u: float) -> float:
        z, std = left.error / left.std(math.exp(u)), left.std(math.exp(u))
        return float(0.5 * np.sum(z**2) + np.sum(np.log(std)) + 0.5 * (u / DOUBT) ** 2)

    return math.exp(max(0.0, float(minimize_scalar(cost, bounds=(-_REACH, _REACH), method="bounded").x)))
