"""Models fitted to readings. `fit` returns the fitted model, so an unfitted one has no `predict` to misuse.

Inputs X are encoded by the candidates' `Encoder`: features scaled to the unit cube, categories one-hot.
Outputs are in the objective's own unit; a surrogate standardises inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from matloop.domain.encoder import Encoder
from matloop.domain.prediction import Floats, Prediction
from matloop.errors import DataError, Faults


@dataclass(frozen=True, slots=True)
class Observations:
    """Readings as arrays, one row a reading. Replicates are rows of equal X.

    X: (n, d) encoded inputs, as executed.
    y: (n, m) readings, in the objectives' units.
    var: (n, m) known variance of each reading, unit squared, 0 where none was given.
    groups: (d,) which declared feature each column encodes; columns of one group share a length scale.
    x_var: (n, d) variance of what was really made about X, in encoded units squared; None where nothing is said. Each
        reading is taken to have an error of its own.
    censored: (n, m) 0 where y is what was read, -1 where the reading lies below y, +1 where it lies above; None for
        all 0. For surrogates with the capability `Bounds` alone.

    Raises:
        DataError: when the shapes disagree, a number is not finite, a variance is negative, or a side is none.
    """

    X: Floats
    y: Floats
    var: Floats
    groups: NDArray[np.intp]
    x_var: Floats | None = None
    censored: NDArray[np.int8] | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        shapes = f"X {self.X.shape}, y {self.y.shape}, var {self.var.shape}, groups {self.groups.shape}"
        deep = self.X.ndim == 2 and self.y.ndim == 2
        if not (deep and self.y.shape == self.var.shape and self.groups.shape == self.X.shape[1:]) or (
            self.X.shape[0] != self.y.shape[0]
        ):
            faults.add("observations", shapes, "Give X (n, d), y (n, m), var (n, m), groups (d,).")
        for name, array in (("X", self.X), ("y", self.y), ("var", self.var)):
            if not np.isfinite(array).all():
                faults.add(f"observations, {name}", "a number that is not finite", "Leave such readings out.")
        if (self.var < 0).any():
            faults.add("observations, var", "a negative variance", "Give 0 where the variance is unknown.")
        if self.x_var is not None and self.x_var.shape != self.X.shape:
            faults.add("observations", f"x_var {self.x_var.shape}, X {self.X.shape}", "Give both (n, d).")
        elif self.x_var is not None and not (np.isfinite(self.x_var).all() and (self.x_var >= 0).all()):
            faults.add("observations, x_var", "a variance that is no number from 0", "Give 0 for exact inputs.")
        if self.censored is not None and not (
            self.censored.shape == self.y.shape and np.isin(self.censored, (-1, 0, 1)).all()
        ):
            found = f"censored {self.censored.shape} for y {self.y.shape}, or another side than -1, 0, 1"
            faults.add("observations", found, "Give (n, m) of -1 (below y), 0 (equal to y), +1 (above y).")
        faults.raise_if_any(DataError)

    @property
    def read(self) -> NDArray[np.bool_]:
        """(n,) whether a row holds what was read, of no objective a bound alone."""
        return np.asarray(np.ones(len(self.y), np.bool_) if self.censored is None else ~self.censored.any(axis=1))

    def only(self, rows: NDArray[np.bool_]) -> Observations:
        """Some of the readings, rows (n,)."""
        x_var = None if self.x_var is None else self.x_var[rows]
        censored = None if self.censored is None else self.censored[rows]
        return Observations(self.X[rows], self.y[rows], self.var[rows], self.groups, x_var, censored)

    def along(self, other: Observations) -> Observations:
        """These and the readings of another, whose features are the same."""
        both = (self, other)
        X, y, var = (np.vstack((getattr(self, part), getattr(other, part))) for part in ("X", "y", "var"))
        x_var = [np.zeros(one.X.shape) if one.x_var is None else one.x_var for one in both]
        sides = [np.zeros(one.y.shape, dtype=np.int8) if one.censored is None else one.censored for one in both]
        exact = self.x_var is None and other.x_var is None
        return Observations(X, y, var, self.groups, None if exact else np.vstack(x_var), np.vstack(sides))

    def plus(self, X: Floats, y: Floats, var: Floats) -> Observations:
        """These and further readings: X (q, d), y (q, m), var (q, m); their inputs are as exact as those seen."""
        x_var, censored = self.x_var, self.censored
        if x_var is not None:
            x_var = np.vstack((x_var, np.broadcast_to(x_var.mean(axis=0), X.shape)))
        if censored is not None:
            censored = np.vstack((censored, np.zeros(y.shape, dtype=np.int8)))
        rows = (np.vstack((self.X, X)), np.vstack((self.y, y)), np.vstack((self.var, var)))
        return Observations(*rows, self.groups, x_var, censored)


@runtime_checkable
class Fitted(Protocol):
    """A model that has seen readings."""

    def predict(self, X: Floats) -> Prediction:
        """Predict at X (q, d): mean, model_std and noise_std, each (q, m)."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """What it says of itself, in JSON types: enough to warm-start the next fit."""
        ...


@runtime_checkable
class Surrogate(Protocol):
    """A way of fitting. A frozen dataclass: its fields are its settings and go into the ledger."""

    name: ClassVar[str]

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Fitted:
        """Fit to readings. The order of the rows of `data` does not matter.

        Args:
            data: at least two distinct values an objective.
            rng: the only source of randomness.
            warm: `describe()` of an earlier fit of this surrogate, or None. One that does not fit the data
            (another
                number of features) is set aside, and `describe()` says so.

        Raises:
            ModelError: when no model can be fitted.
        """
        ...


@runtime_checkable
class Joint(Protocol):
    """Capability: the posterior of the truth at several inputs together."""

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q, m) and covariance (m, q, q) of the truth (no reading noise) at X (q, d)."""
        ...


@runtime_checkable
class Conditioned(Protocol):
    """Capability: learn further readings without fitting anew."""

    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Fitted:
        """The model after readings y (q, m) at X (q, d), hyper-parameters kept.

        Args:
            X: (q, d) encoded inputs.
            y: (q, m) readings, or what is believed of them.
            var: (q, m) known variance of each reading, 0 where none was given; None for readings like those
            seen.
        """
        ...


@runtime_checkable
class Differentiable(Protocol):
    """Capability: slopes with respect to the input."""

    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """Slopes d mean / dX and d model_std^2 / dX at X (q, d): each (q, d, m)."""
        ...


@runtime_checkable
class Blurred(Protocol):
    """Capability: how much of noise_std comes from inputs that are not made exactly as planned."""

    def input_std(self, X: Floats) -> Floats:
        """That part (q, m) at X (q, d), in the objectives' units; 0 where no error of inputs was stated."""
        ...


@runtime_checkable
class Means(Protocol):
    """Capability: the mean alone, far cheaper than `predict` where many inputs are asked."""

    def means(self, X: Floats) -> Floats:
        """Posterior mean (q, m) at X (q, d), equal to that of `predict`."""
        ...


Upper = Callable[[Floats], tuple[Floats, Floats]]
"""X (q, d) -> upper bounds of a signed mean (q,) and of its model_std (q,)."""


@runtime_checkable
class Screened(Protocol):
    """Capability: bounds of the first objective at a fraction of the price of `predict`, for searches of long lists."""

    def screen(self, sign: float) -> Upper | None:
        """Bounds of sign times the mean, and of model_std; None where they would be no cheaper than `predict`.

        They hold for what `predict` computes, rounding included.
        """
        ...


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Measured inputs as a model of all the other inputs sees them; each figure (q, m), in the objectives' units.

    measured: mean of the input's readings, weighted by their precision. error: std of that mean.
    mean, model_std: prediction of the truth there, without any reading of that input.
    """

    measured: Floats
    error: Floats
    mean: Floats
    model_std: Floats


@runtime_checkable
class HeldOut(Protocol):
    """Capability: leave-one-out without fitting anew, hyper-parameters kept."""

    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """Leave out distinct inputs one by one, each with all its readings.

        Args:
            rows: (q,) which ones, as places among the distinct inputs in lexicographic order (`np.unique`).
        """
        ...


@runtime_checkable
class Doubting(Protocol):
    """Capability: readings that do not belong are found and set apart."""

    def doubted(self) -> Floats:
        """Std (n, m) that each of the readings fitted to was given beside its noise; 0 for those that belong.

        In the objectives' units, rows in the order of the readings.
        """
        ...


@runtime_checkable
class Reasoned(Protocol):
    """Capability: a model that was picked among several says why."""

    def why(self) -> str:
        """One line, as `gp by log score -0.83 against forest -1.10 (5-fold over 40 inputs)`."""
        ...


@runtime_checkable
class Quick(Protocol):
    """Capability of a surrogate: the same model with a search that is content with a warm start."""

    def quick(self) -> Surrogate:
        """Settings for fits to most of the readings, such as those of cross-validation."""
        ...


@runtime_checkable
class Bounds(Protocol):
    """Capability of a surrogate: readings of which only a bound is known count by the probability of that bound."""

    def bounded(self) -> Surrogate:
        """Settings whose `fit` takes `Observations.censored` into account."""
        ...


@runtime_checkable
class Hearing(Protocol):
    """Capability of a model fitted under bounds: to say whether it took them into account."""

    def hears(self) -> bool:
        """Did the bounds count?"""
        ...


def hears(fitted: Fitted) -> bool:
    """Did the bounds that a model was fitted under count? One that does not say is taken to have heard them."""
    return fitted.hears() if isinstance(fitted, Hearing) else True


@runtime_checkable
class Foretelling(Protocol):
    """Capability of a surrogate with `Bounds`: to say by its settings, before any fit, whether bounds will count."""

    def will_hear(self) -> bool | None:
        """Will bounds count? None where only a fit shows."""
        ...


def will_hear(surrogate: Surrogate) -> bool | None:
    """Will bounds count in a fit? None where only a fit shows; one with `Bounds` that does not say is taken to hear."""
    if not isinstance(surrogate, Bounds):
        return False
    return surrogate.will_hear() if isinstance(surrogate, Foretelling) else True


Ability = Literal["joint", "conditioned"]
"""What a fitted surrogate can do: `joint` is `Joint`, `conditioned` is `Conditioned`."""
ABILITIES: frozenset[Ability] = frozenset(get_args(Ability))


@runtime_checkable
class Declaring(Protocol):
    """Capability of a surrogate: to say by its settings, before any fit, what its fitted models can do."""

    def able(self) -> frozenset[Ability]:
        """What every fitted model of these settings can do."""
        ...


def able(surrogate: Surrogate) -> frozenset[Ability]:
    """What a surrogate says that its fitted models can do; one that does not say is taken to be able to do all."""
    return surrogate.able() if isinstance(surrogate, Declaring) else ABILITIES


@runtime_checkable
class Picky(Protocol):
    """Capability of a surrogate that cannot be fitted to any number of columns: to say so before any fit."""

    def unfit(self, d: int) -> tuple[str, str] | None:
        """Why no model can be fitted to inputs of d columns, and the cure; None where one can."""
        ...


def unfit(surrogates: Iterable[Surrogate], d: int) -> tuple[str, str] | None:
    """Why one of some surrogates cannot be fitted to d columns, and the cure; those that do not say are taken to be."""
    said = (one.unfit(d) for one in surrogates if isinstance(one, Picky))
    return next((why for why in said if why is not None), None)


@runtime_checkable
class Placing(Protocol):
    """Capability of a surrogate: its settings name features, which have to be found among the encoded columns."""

    def placed(self, encoder: Encoder) -> Surrogate:
        """The surrogate that knows its columns.

        Raises:
            DataError: when the candidates lack a feature that it names.
        """
        ...
