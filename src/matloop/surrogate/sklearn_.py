"""Regressors of scikit-learn as surrogates, with their error split into model and noise (`split`).

Most regressors say no error of their own: members fitted to resampled inputs (bootstrap: Efron 1979, Annals of
Statistics 7, 1) then speak for it, and the inputs left out of a member's sample judge it. Those that do
(`predict(return_std=True)`) are fitted once, and judged by cross-validation.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from matloop.domain.number import as_whole
from matloop.domain.prediction import Floats
from matloop.errors import ConfigError, Fault, Faults, ModelError, cut_short, fail, nearest
from matloop.surrogate import Ability, Observations
from matloop.surrogate.ensemble import FittedEnsemble, FittedParts, Part, Said, warm_words
from matloop.surrogate.estimators import estimators, for_several, kept, made, regressors, seeded, weighs, written
from matloop.surrogate.named_trees import name_trees
from matloop.surrogate.split import HeldOut, Lesson
from matloop.surrogate.threads import one_thread
from matloop.surrogate.trial import text_of, too_wide, unfit

_FOLDS = 5
_PLACE = "surrogate 'sklearn'"
_FOR_SEVERAL = "is for several outputs at once"
_SINGLE = "Each objective is fitted by itself: take a regressor of a single output, as 'Ridge'."


@dataclass(frozen=True, slots=True)
class Sklearn:
    """A regressor of scikit-learn: settings.

    estimator: its class name, as in `sklearn.utils.all_estimators("regressor")`, or `"Pipeline"`; in Python also an
        object, which is then kept as its name and params.
    params: its parameters, in JSON types; all others keep their defaults. An estimator within it is a table of its
        own, as {estimators = [["ridge", {estimator = "Ridge", params = {alpha = 2.0}}]]}.
    members: how many are fitted to resampled inputs, where the estimator says no error of its own.

    Raises:
        ConfigError: for an unknown estimator or parameter, a value that scikit-learn refuses or no ledger can hold, and
            a regressor that could never be fitted.
    """

    name: ClassVar[str] = "sklearn"

    estimator: str | BaseEstimator = "ExtraTreesRegressor"
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    members: int = 20

    def __post_init__(self) -> None:
        faults = Faults()
        members = as_whole(self.members)
        if members is None or not 5 <= members <= 1000:
            faults.add(f"{_PLACE}, members", cut_short(self.members), "Give a whole number from 5 to 1000.")
        before = len(faults.found)
        name, params = _plainly(self.estimator, self.params, faults)
        sound = len(faults.found) == before and made(name, params, _PLACE, faults) is not None
        if sound and (refused := unfit(text_of(name, params))):
            faults.add(f"{_PLACE}, {refused[0]}", *refused[1:])
        faults.raise_if_any(ConfigError)
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "estimator", name)
        object.__setattr__(self, "params", params)

    def _new(self) -> Any:
        """The estimator, not fitted to anything."""
        return made(str(self.estimator), self.params, _PLACE, Faults())

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> FittedParts:
        """Fit one regressor, or one set of members, to each objective.

        Args:
            data: at least two distinct values an objective.
            rng: resamples inputs and seeds the estimators.
            warm: set aside.

        Raises:
            ModelError: when an objective has fewer than two distinct values, or scikit-learn cannot fit or predict.
        """
        regressor = self._new()
        said = {
            "surrogate": self.name,
            "estimator": self.estimator,
            "warm": warm_words(warm),
            "weights": "taken" if weighs(regressor) else "not taken by this estimator",
        }
        lessons = [Lesson.of(data, j) for j in range(data.y.shape[1])]
        if _says_its_error(type(regressor)):
            return FittedParts(said, data.X.shape[1], tuple(self._spoken(lesson, rng) for lesson in lessons))
        return FittedEnsemble(said, data.X.shape[1], tuple(self._resampled(lesson, rng) for lesson in lessons))

    def able(self) -> frozenset[Ability]:
        """A joint posterior where members are fitted; an estimator that says its own error knows no covariance."""
        return frozenset() if _says_its_error(estimators()[str(self.estimator)]) else frozenset({"joint"})

    def unfit(self, d: int) -> tuple[str, str] | None:
        """Why no regressor of these settings can be fitted to inputs of d columns, and the cure; None where it can."""
        return too_wide(text_of(str(self.estimator), self.params), d)

    def _resampled(self, lesson: Lesson, rng: np.random.Generator) -> Part:
        g = len(lesson.y)
        drawn = [np.sort(rng.integers(g, size=g)) for _ in range(self.members)]
        fitted = [self._one(lesson, rows, rng) for rows in drawn]
        unseen = np.ones((self.members, g), dtype=np.bool_)
        for row, rows in enumerate(drawn):
            unseen[row, rows] = False
        return Part.of(lesson, partial(_every, tuple(fitted)), unseen)

    def _spoken(self, lesson: Lesson, rng: np.random.Generator) -> Said:
        g = len(lesson.y)
        folds = np.array_split(rng.permutation(g), min(_FOLDS, g)) if g > 2 else []
        parts = [(rows, self._speaker(lesson, np.setdiff1d(np.arange(g), rows), rng)) for rows in folds]
        told = [(rows, *speak(lesson.X[rows])) for rows, speak in parts]
        found = HeldOut(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0))
        if told:
            rows, mean, model = (np.concatenate(arrays) for arrays in zip(*told, strict=True))
            found = HeldOut(rows, (lesson.y[rows] - mean) ** 2, model)
        return Said.of(lesson, self._speaker(lesson, np.arange(g), rng), found)

    def _speaker(self, lesson: Lesson, rows: np.ndarray, rng: np.random.Generator) -> Callable[[Floats], Any]:
        return partial(_mean_and_variance, self._one(lesson, rows, rng))

    def _one(self, lesson: Lesson, rows: np.ndarray, rng: np.random.Generator) -> Any:
        """One estimator fitted to some of the inputs."""
        regressor = self._new()
        regressor = kept(regressor, int(rng.integers(2**31)) if seeded(regressor) else 0)
        name_trees(regressor)
        more = {"sample_weight": lesson.weight[rows]} if weighs(regressor) else {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return regressor.fit(lesson.X[rows], lesson.y[rows], **more)
        except Exception as error:
            raise _failed(regressor, f"cannot be fitted to {len(rows)} inputs", error) from error


def _plainly(given: object, params: object, faults: Faults) -> tuple[str, dict[str, Any]]:
    """The class name and the params, in JSON types, of an estimator given by name or as an object."""
    place = f"{_PLACE}, estimator"
    if not isinstance(params, Mapping):
        faults.add(f"{_PLACE}, params", f"{params!r}", "Give a table, as {n_estimators = 50}.")
        params = {}
    if isinstance(given, type):
        faults.add(
            place, f"it is the class {given.__name__}", f"Give an object, {given.__name__}(), or its name as text."
        )
    elif isinstance(given, BaseEstimator):
        if params:
            faults.add(
                f"{_PLACE}, params", "they stand beside an object", "Give them to the object, or name its class."
            )
        told = written(given, place, faults)
        name = told["estimator"]
        if for_several(name):
            faults.add(place, f"{name} {_FOR_SEVERAL}", _SINGLE)
        return name, told.get("params", {})
    elif not isinstance(given, str) or given not in estimators():
        faults.add(place, f"scikit-learn has no regressor {given!r}", nearest(str(given), regressors()))
    elif for_several(given):
        faults.add(place, f"{given} {_FOR_SEVERAL}", _SINGLE)
    return str(given), written(params, f"{_PLACE}, params", faults)


def _says_its_error(class_: type[Any]) -> bool:
    return "return_std" in inspect.signature(class_.predict).parameters


def _every(fitted: tuple[Any, ...], X: Floats) -> Floats:
    """X (q, d) -> what each of B estimators says (B, q)."""
    return np.stack([_finite(np.asarray(_asked(one, X), dtype=np.float64).reshape(-1)) for one in fitted])


def _mean_and_variance(fitted: Any, X: Floats) -> tuple[Floats, Floats]:
    """X (q, d) -> mean and variance (q,) of the truth.

    The Bayesian linear models add the noise to the std they say; `alpha_` is then its precision, one number.
    """
    mean, std = _asked(fitted, X, return_std=True)
    precision = getattr(fitted, "alpha_", None)
    own = 1.0 / float(precision) if precision is not None and np.ndim(precision) == 0 else 0.0
    return _finite(np.asarray(mean, dtype=np.float64)), np.maximum(_finite(np.asarray(std)) ** 2 - own, 0.0)


def _asked(fitted: Any, X: Floats, **more: bool) -> Any:
    """What a fitted estimator predicts at X (q, d).

    Raises:
        ModelError: when it cannot, as neighbours that are fewer than it wants: some say so only here.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fitted.predict(X, **more)
    except Exception as error:
        raise _failed(fitted, f"cannot predict at {len(X)} inputs", error) from error


def _failed(estimator: Any, what: str, error: Exception) -> ModelError:
    """The fault of scikit-learn as ours."""
    found = f"{type(estimator).__name__} {what} ({type(error).__name__}: {error})"
    return ModelError(Fault(_PLACE, found, "Change its params, measure more, or take another estimator."))


def _finite(said: Floats) -> Floats:
    if not np.isfinite(said).all():
        fail(ModelError, _PLACE, "the estimator predicts a number that is not finite", "Take another estimator.")
    return said
