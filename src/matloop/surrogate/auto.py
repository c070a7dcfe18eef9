"""auto: which of several surrogates predicts best what it has not seen? Picked by cross-validated log score.

Each surrogate is fitted to all readings, and anew to all folds but one of the same deal (`folds`). The score of an
input is the log density of its readings where it was left out (Good 1952, "Rational decisions"; strictly proper:
Gneiting and Raftery 2007, "Strictly proper scoring rules, prediction, and estimation", JASA 102, 359), with the total
std that decisions will see: the model's part corrected as in `calibrate`, and noise. Scores are of readings in units of
their own spread, so that a model which knows nothing but the readings' mean and spread has about -1.42.

Scores of the same inputs are compared in pairs. The one picked before (at first, the first of the list) stays unless
another is better by a margin in standard errors of the mean difference: with few readings luck decides between equals,
and a model that changes at each ask is no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, ClassVar, cast

import numpy as np

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, Faults, ModelError, PluginError, fail
from matloop.surrogate import (
    ABILITIES,
    Ability,
    Bounds,
    Conditioned,
    Fitted,
    Observations,
    Quick,
    Surrogate,
    able,
    unfit,
    will_hear,
)
from matloop.surrogate.apart import Heeding
from matloop.surrogate.folds import Folded
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.listed import Trial, corrected_scores, labelled, look, spreads_of
from matloop.surrogate.threads import one_thread

MARGIN = 1.0
"""Standard errors by which another must be better. Folds share readings, so the standard error is somewhat too small;
at 0, equals take turns, and far above 2 a wrong first choice stays for a whole campaign."""

_PLACE = "surrogate 'auto'"


@dataclass(frozen=True, slots=True)
class Auto:
    """Picks among surrogates the one that predicts best what it has not seen: settings.

    surrogates: which, at least two; the first one is taken where the others are no better.
    margin: standard errors of the paired log score by which another must be better than the one picked before.

    Raises:
        ConfigError: when a setting makes no sense.
    """

    name: ClassVar[str] = "auto"

    surrogates: tuple[Surrogate, ...] = field(default_factory=lambda: (GP(), Forest()))
    margin: float = MARGIN

    def __post_init__(self) -> None:
        faults = Faults()
        listed = look(faults, _PLACE, self.surrogates, Auto)
        sound = isinstance(self.margin, int | float) and not isinstance(self.margin, bool)
        if not (sound and 0.0 <= self.margin <= 100.0):
            faults.add(f"{_PLACE}, margin", f"{self.margin!r}", "Give a number from 0 to 100.")
        faults.raise_if_any(ConfigError)
        object.__setattr__(self, "surrogates", listed)

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Picked:
        """Fit each surrogate and pick one for all objectives; it is fitted as it would be alone.

        Args:
            data: at least two distinct values an objective.
            rng: of the fits and of the folds.
            warm: `describe()` of an earlier fit, which says what was picked before.

        Raises:
            ModelError: when none of the surrogates can be fitted.
            PluginError: when what one of them returns breaks its contract.
        """
        return _fit(self, self.labelled(), data, rng, warm)

    def bounded(self) -> Surrogate:
        """The same where readings are bounds: surrogates that can use them do, the others are fitted without them."""
        return _Bounded(self)

    def will_hear(self) -> bool | None:
        """Whether bounds will count: where some of the surrogates can use them and others cannot, the pick decides."""
        told = {will_hear(one) for one in self.surrogates}
        return told.pop() if len(told) == 1 else None

    def quick(self) -> Surrogate:
        """The surrogate picked before alone: which one it is, the description of that fit says."""
        return _Again(self)

    def able(self) -> frozenset[Ability]:
        """What each of the surrogates can do: any of them may be picked."""
        return ABILITIES.intersection(*map(able, self.surrogates))

    def unfit(self, d: int) -> tuple[str, str] | None:
        """Why one of the surrogates cannot be fitted to inputs of d columns, and the cure; None where all can."""
        return unfit(self.surrogates, d)

    def labelled(self) -> dict[str, Surrogate]:
        """The surrogates by name, and where several bear the same name, by what sets them apart."""
        return labelled(self.surrogates)


def _fit(
    auto: Auto,
    surrogates: Mapping[str, Surrogate],
    data: Observations,
    rng: np.random.Generator,
    warm: Mapping[str, Any] | None,
) -> Picked:
    """Fit each of the surrogates, by label, and pick one."""
    before = _Before.of(warm)
    fits: dict[str, Fitted] = {}
    out: dict[str, ModelError] = {}
    heard = data.only(data.read) if data.censored is not None else data
    for label, surrogate in surrogates.items():
        told = data if isinstance(surrogate, Bounds) else heard
        try:
            fits[label] = _sound(label, surrogate.fit(told, deepcopy(rng), before.models.get(label)), data)
        except ModelError as error:
            out[label] = error
    if not fits:
        raise next(iter(out.values()))
    contest = _contest({label: surrogates[label] for label in fits}, fits, data, int(rng.integers(2**62)))
    label, why = contest.decide(before.picked, auto.margin)
    troubles = {**{one: error.faults[0].found for one, error in out.items()}, **contest.out}
    why += "".join(f"; {one} left out: {found}" for one, found in troubles.items())
    said: dict[str, Any] = {
        "surrogate": auto.name,
        "picked": label,
        "why": why,
        "log_scores": {one: float(scores.mean()) for one, scores in contest.scores.items()},
        "warm": before.words,
        "models": {one: dict(fitted.describe()) for one, fitted in fits.items()},
    }
    if not data.read.all():
        said["hears"] = isinstance(surrogates[label], Bounds)
    return picked(fits[label], said)


def _contest(
    surrogates: Mapping[str, Surrogate], fits: Mapping[str, Fitted], data: Observations, seed: int
) -> _Contest:
    """The scores of what could be fitted, by fresh fits to folds of the same deal of what was read.

    A surrogate that takes bounds is told all of them with every fold, as it will be told by decisions.
    """
    read, bounds = data, None
    if not data.read.all():
        read, bounds = replace(data.only(data.read), censored=None), data.only(~data.read)
    trial = Trial.of(read, seed)
    if isinstance(trial, str):
        return _Contest(tuple(fits), {}, trial)
    if len(fits) == 1:
        return _Contest(tuple(fits), {}, "no other could be fitted")
    spreads = spreads_of(read, _PLACE)
    scores: dict[str, Floats] = {}
    out = {}
    for label, fitted in fits.items():
        surrogate = surrogates[label]
        if bounds is not None and isinstance(surrogate, Bounds):
            surrogate = Heeding(surrogate, bounds)
        try:
            rng = np.random.default_rng(seed + 1)
            folded = Folded.of(surrogate, fitted.describe(), trial.data, trial.fold, rng)
        except ModelError as error:
            out[label] = error.faults[0].found
            continue
        found = corrected_scores(folded, spreads)
        if np.isfinite(found).all():
            scores[label] = found
        else:
            out[label] = "it predicts a number that is not finite"
    return _Contest(tuple(fits), scores, trial.how, out)


def _sound(label: str, fitted: Any, data: Observations) -> Fitted:
    """What was fitted, if it is a model of the objectives; it is compared before anyone else looks at it."""
    place, contract = f"surrogate {label!r}", "See matloop.surrogate.Fitted for what it must do."
    if not isinstance(fitted, Fitted):
        fail(PluginError, place, f"`fit` returned {type(fitted).__name__}, which lacks predict or describe", contract)
    said = fitted.predict(data.X[:1])
    if not isinstance(said, Prediction):
        fail(PluginError, place, f"`predict` returned {type(said).__name__}", contract)
    if said.mean.shape != (1, data.y.shape[1]):
        found = f"its prediction has shape {said.mean.shape} for 1 input and {data.y.shape[1]} objectives"
        fail(PluginError, place, found, contract)
    return fitted


@dataclass(frozen=True, slots=True)
class _Before:
    """What an earlier fit picked, and what its models said of themselves."""

    picked: str | None
    models: Mapping[str, Any]
    words: str

    @classmethod
    def of(cls, warm: Mapping[str, Any] | None) -> _Before:
        """Read a description; one of another surrogate is set aside."""
        if not warm:
            return cls(None, {}, "none")
        label, models = warm.get("picked"), warm.get("models")
        if warm.get("surrogate") != Auto.name or not isinstance(label, str) or not isinstance(models, Mapping):
            return cls(None, {}, "set aside (of another surrogate)")
        return cls(label, models, "taken")


@dataclass(frozen=True, slots=True)
class _Contest:
    """Who takes part, and the scores (g,) of the same inputs by label; empty where they were not compared.

    how: how they were compared, or why not. out: who was left out, and why.
    """

    labels: tuple[str, ...]
    scores: Mapping[str, Floats]
    how: str
    out: Mapping[str, str] = field(default_factory=dict)

    def decide(self, former: str | None, margin: float) -> tuple[str, str]:
        """Who is picked, and why in words."""
        if not self.scores:
            label = former if former in self.labels else self.labels[0]
            return str(label), f"{label}: {self.how}" if not self.out else f"{label}: no fit to part of the readings"
        holder = former if former in self.scores else next(iter(self.scores))
        means = {label: float(scores.mean()) for label, scores in self.scores.items()}
        best = max(means, key=means.__getitem__)  # the first of equals
        ahead = self.scores[best] - self.scores[str(holder)]
        lead, least = float(ahead.mean()), margin * float(ahead.std(ddof=1)) / len(ahead) ** 0.5
        winner = best if lead > least else str(holder)
        others = ", ".join(f"{label} {mean:.2f}" for label, mean in means.items() if label != winner)
        said = f"{winner} by log score {means[winner]:.2f}" + (f" against {others}" if others else "")
        kept = f", whose lead of {lead:.2f} is within the margin of {least:.2f}" if winner != best else ""
        return winner, f"{said}{kept} ({self.how})"


@dataclass(frozen=True)
class Picked:
    """The model that was picked, and all that it can do; said: what `describe` says."""

    fitted: Fitted
    said: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Take over every verb of the model, so that it has its capabilities and no others."""
        for verb in dir(self.fitted):
            if not (verb.startswith("_") or hasattr(Picked, verb)) and callable(getattr(self.fitted, verb)):
                object.__setattr__(self, verb, getattr(self.fitted, verb))
        if isinstance(self.fitted, Conditioned):
            object.__setattr__(self, "condition", self._condition(self.fitted))
        if "hears" in self.said:  # there were bounds: `Hearing`
            object.__setattr__(self, "hears", lambda: bool(self.said["hears"]))

    def predict(self, X: Floats) -> Prediction:
        """As the model that was picked."""
        return self.fitted.predict(X)

    def describe(self) -> Mapping[str, Any]:
        """What was picked and why, and what every model says of itself, in JSON types."""
        return self.said

    def why(self) -> str:
        """`gp by log score -0.83 against forest -1.10 (5-fold over 40 inputs)`."""
        return str(self.said["why"])

    def _condition(self, fitted: Conditioned) -> Callable[..., Picked]:
        def condition(X: Floats, y: Floats, var: Floats | None = None) -> Picked:
            return picked(fitted.condition(X, y, var), self.said)

        return condition


def picked(fitted: Fitted, said: Mapping[str, Any]) -> Picked:
    """A model with what is said of the choice, under the model's own name for messages."""
    return _kind(type(fitted).__name__)(fitted, said)


@cache
def _kind(name: str) -> type[Picked]:
    return cast(type[Picked], type(name, (Picked,), {}))


def _bounded(surrogates: Mapping[str, Surrogate]) -> dict[str, Surrogate]:
    """The same, those that can use bounds with settings that do."""
    return {label: one.bounded() if isinstance(one, Bounds) else one for label, one in surrogates.items()}


@dataclass(frozen=True, slots=True)
class _Bounded:
    """Picks as `Auto` does, where readings are bounds."""

    auto: Auto
    name: ClassVar[str] = Auto.name

    @one_thread()
    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Picked:
        """As `Auto.fit`; a surrogate that cannot use bounds is fitted and scored without them."""
        return _fit(self.auto, _bounded(self.auto.labelled()), data, rng, warm)

    def quick(self) -> Surrogate:
        """As `Auto.quick`."""
        return _Again(self.auto, heeds=True)

    def bounded(self) -> Surrogate:
        """Itself."""
        return self


@dataclass(frozen=True, slots=True)
class _Again:
    """Fits what was picked before, as quickly as it can; heeds: bounds among the readings, where that one can."""

    auto: Auto
    heeds: bool = False
    name: ClassVar[str] = Auto.name

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Fitted:
        """Fit the surrogate that `warm` names; where it names none of them, pick one.

        Raises:
            ModelError: when it cannot be fitted.
        """
        before = _Before.of(warm)
        listed = self.auto.labelled()
        listed = _bounded(listed) if self.heeds else listed
        surrogate = listed.get(before.picked or "")
        if surrogate is None:
            return _fit(self.auto, listed, data, rng, warm)
        if data.censored is not None and not isinstance(surrogate, Bounds):
            data = data.only(data.read)
        quick = surrogate.quick() if isinstance(surrogate, Quick) else surrogate
        return quick.fit(data, rng, before.models.get(str(before.picked)))
