"""Regressors of scikit-learn as surrogates, with their error split into model and noise (`split`).

Most regressors say no error of their own: members fitted to resampled inputs (bootstrap: Efron 1979, Annals of
Statistics 7, 1) then speak for it, and the inputs left out of a member's sample judge it. Those that do
(`predict(return_std=True)`) are fitted once, and judged by cross-validation.

An estimator is found by its class name in scikit-learn's own registry, and nowhere else: no import path is ever taken
from a file.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import all_estimators
from sklearn.utils.validation import has_fit_parameter

from matloop.domain import canonical
from matloop.domain.prediction import Floats
from matloop.errors import ConfigError, Fault, Faults, ModelError, fail, nearest
from matloop.surrogate import Ability, Observations
from matloop.surrogate.ensemble import FittedEnsemble, FittedParts, Part, Said, warm_words
from matloop.surrogate.split import HeldOut, Lesson
from matloop.surrogate.threads import one_thread

_OURS = {
    "random_state": "Leave it out: the campaign's seed decides.",
    "n_jobs": "Leave it out: one thread is used.",
    "warm_start": "Leave it out: every fit begins anew.",
    "verbose": "Leave it out: standard output belongs to the answer.",
}
"""Parameters that are not the user's to set."""

_FOLDS = 5
_PLACE = "surrogate 'sklearn'"
_TRIAL = 12  # readings of the trial fit that has scikit-learn judge the parameters' values


@dataclass(frozen=True, slots=True)
class Sklearn:
    """A regressor of scikit-learn: settings.

    estimator: its class name, as in `sklearn.utils.all_estimators("regressor")`.
    params: its parameters, in JSON types; all others keep their defaults.
    members: how many are fitted to resampled inputs, where the estimator says no error of its own.

    Raises:
        ConfigError: for an unknown estimator or parameter, or a value that scikit-learn refuses.
    """

    name: ClassVar[str] = "sklearn"

    estimator: str = "ExtraTreesRegressor"
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    members: int = 20

    def __post_init__(self) -> None:
        faults = Faults()
        if not isinstance(self.members, int) or isinstance(self.members, bool) or not 5 <= self.members <= 1000:
            faults.add(f"{_PLACE}, members", f"{self.members!r}", "Give a whole number from 5 to 1000.")
        class_ = _registry().get(self.estimator) if isinstance(self.estimator, str) else None
        if class_ is None:
            cure = nearest(str(self.estimator), _registry())
            faults.add(f"{_PLACE}, estimator", f"scikit-learn has no regressor {self.estimator!r}", cure)
        try:
            params = canonical.plain(self.params) if isinstance(self.params, Mapping) else None
        except ValueError as error:
            params = None
            faults.add(f"{_PLACE}, params", str(error), "Give numbers, text, true, false and lists of them.")
        else:
            if params is None:
                faults.add(f"{_PLACE}, params", f"{self.params!r}", "Give a table, as {n_estimators = 50}.")
        if class_ is not None and params is not None:
            _look_at(faults, class_, params)
        faults.raise_if_any(ConfigError)
        object.__setattr__(self, "params", params)

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
        class_ = _registry()[self.estimator]
        said = {
            "surrogate": self.name,
            "estimator": self.estimator,
            "warm": warm_words(warm),
            "weights": "taken" if has_fit_parameter(class_, "sample_weight") else "not taken by this estimator",
        }
        lessons = [Lesson.of(data, j) for j in range(data.y.shape[1])]
        if _says_its_error(class_):
            return FittedParts(said, data.X.shape[1], tuple(self._spoken(lesson, rng) for lesson in lessons))
        return FittedEnsemble(said, data.X.shape[1], tuple(self._resampled(lesson, rng) for lesson in lessons))

    def able(self) -> frozenset[Ability]:
        """A joint posterior where members are fitted; an estimator that says its own error knows no covariance."""
        return frozenset() if _says_its_error(_registry()[self.estimator]) else frozenset({"joint"})

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
        made = _registry()[self.estimator](**self.params)
        known = made.get_params()
        given: dict[str, Any] = {"random_state": int(rng.integers(2**31))} if "random_state" in known else {}
        made.set_params(**given, **({"n_jobs": 1} if "n_jobs" in known else {}))
        more = {"sample_weight": lesson.weight[rows]} if has_fit_parameter(made, "sample_weight") else {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return made.fit(lesson.X[rows], lesson.y[rows], **more)
        except Exception as error:
            raise _failed(made, f"cannot be fitted to {len(rows)} inputs", error) from error


@cache
def _registry() -> Mapping[str, type[Any]]:
    """scikit-learn's regressors that can be made of parameters in JSON types, by class name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dict(all_estimators("regressor"))
    return {name: class_ for name, class_ in found.items() if not _needs_another(class_)}


def _needs_another(class_: type[Any]) -> bool:
    """Must it be given another estimator? Then text and numbers cannot make it."""
    parameters = inspect.signature(class_).parameters.values()
    return any(one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD for one in parameters)


def _says_its_error(class_: type[Any]) -> bool:
    return "return_std" in inspect.signature(class_.predict).parameters


def _look_at(faults: Faults, class_: type[Any], params: Mapping[str, Any]) -> None:
    """Note unknown parameters, those that are not the user's, and what scikit-learn itself refuses."""
    known = list(inspect.signature(class_).parameters)
    before = len(faults.found)
    for key in params:
        place = f"{_PLACE}, params, {key}"
        if key not in known:
            cure = nearest(key, known)
            faults.add(place, f"{class_.__name__} has no such parameter", cure)
        elif key in _OURS:
            faults.add(place, "it is not a setting of a surrogate", _OURS[key])
    if len(faults.found) > before:
        return
    X = np.linspace(0.0, 1.0, _TRIAL)[:, None]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            class_(**params).fit(X, X[:, 0])
    except Exception as error:
        # A dozen readings may be too few for sound parameters; only a value of the wrong kind is refused here.
        if type(error).__name__ in ("InvalidParameterError", "TypeError"):
            faults.add(f"{_PLACE}, params", str(error), f"See the documentation of {class_.__name__}.")


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
