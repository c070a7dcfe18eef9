"""The laboratory of a Python function: a simulation, or an experiment behind a call.

The function is called at the first `collect`, so that a loop which tells after each collect loses at most the call
that was running when the process died. It is then called again: a function leaves nothing behind to come back to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from numbers import Real
from typing import Any, ClassVar, NoReturn

from matloop.domain import canonical
from matloop.domain.canonical import Value
from matloop.domain.outcome import Aborted, Censored, Failed, Measured, Outcome
from matloop.domain.suggestion import Suggestion
from matloop.errors import Fault, LabError, MatloopError, PluginError, fail, nearest
from matloop.lab import LabSetup, check_keys, check_token

Function = Callable[[dict[str, Value]], Any]
"""Takes the values, by parameter or feature; see `FunctionLab` for what it may return."""

_GROUP = "matloop.functions"
_CURE = (
    "Return a number, (number, std), {objective: number} or an outcome such as ml.Failed(values=values, reason=...)."
)


@dataclass(frozen=True, eq=False)
class FunctionLab:
    """Calls `function(values)` once a token; `values` is a dict by parameter or feature.

    It may return a number (when there is one objective), {objective: number}, a pair (that, its std in the same
    form), or an outcome: `Measured.of(values, {...})`, `Failed(values=values, reason="...")`, `Aborted`, `Censored`.
    What it raises ends the run, names the candidate, and nothing is told.
    """

    name: ClassVar[str] = "function"
    function: Function
    objectives: tuple[str, ...] = field(default=(), kw_only=True)
    _started: dict[str, Suggestion] = field(default_factory=dict, init=False, repr=False)
    _answers: dict[str, Outcome] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not callable(self.function):
            found = f"a {type(self.function).__name__} cannot be called"
            fail(PluginError, "function lab", found, "Give a function that takes a dict of values.")

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], setup: LabSetup) -> FunctionLab:
        """`name`: an entry point of `matloop.functions`.

        Raises:
            ConfigError: for unknown keys, or without `name`.
            PluginError: when no entry point offers it, or it cannot be imported or called.
        """
        check_keys(settings, ("name",), ("name",))
        name = settings["name"]
        points = {point.name: point for point in entry_points(group=_GROUP)}
        if name not in points:
            cure = nearest(str(name), points) if points else f"No installed package offers any in {_GROUP!r}."
            fail(PluginError, "[lab] name", f"nothing offers the function {name!r}", cure)
        try:
            function = points[name].load()
        except Exception as error:
            found = f"{points[name].value!r} cannot be imported ({type(error).__name__}: {error})"
            raise PluginError.at("[lab] name", found, "Repair or uninstall the package that offers it.") from error
        return cls(function).bind(setup)

    def bind(self, setup: LabSetup) -> FunctionLab:
        """The same function for a campaign, nothing called yet."""
        return FunctionLab(self.function, objectives=tuple(objective.name for objective in setup.objectives))

    def start(self, token: str, suggestion: Suggestion) -> None:
        """Note it down.

        Raises:
            LabError: when the lab is not bound to a campaign, or the token belongs to another suggestion.
        """
        check_token(token, suggestion)
        if not self.objectives:
            fail(LabError, "function lab", "it knows no objectives", "Call bind(setup), or use Campaign.run(lab).")
        self._started.setdefault(token, suggestion)

    def collect(self, token: str, suggestion: Suggestion) -> Sequence[Outcome]:
        """What the function returned; the first time it is called.

        Raises:
            LabError: for a token that this process did not start, when the function raises, or when it returns
                what is no outcome.
        """
        check_token(token, suggestion)
        if token not in self._started:
            fail(LabError, f"token {token!r}", "it was not started here", "Call start(token, suggestion) first.")
        if token not in self._answers:
            self._answers[token] = self._call(self._started[token])
        return (self._answers[token],)

    def _call(self, suggestion: Suggestion) -> Outcome:
        place = f"function lab, {suggestion.id}, candidate {suggestion.candidate!r}"
        try:
            answer = self.function(dict(suggestion.values))
        except Exception as error:
            found = f"the function raised {type(error).__name__}: {error} at {dict(suggestion.values)}"
            cure = "Nothing was told. Repair it and run again; for what would not form return ml.Failed."
            raise LabError.at(place, found, cure) from error
        return outcome_of(answer, suggestion, self.objectives, place)


def outcome_of(answer: Any, suggestion: Suggestion, objectives: tuple[str, ...], place: str) -> Outcome:
    """What a function returned, as an outcome of the suggestion.

    Raises:
        LabError: when it is none.
    """
    if isinstance(answer, Measured | Failed | Aborted | Censored):
        return _own(answer, suggestion, objectives, place)
    numbers, std = answer, None
    if isinstance(answer, tuple):
        if len(answer) != 2:
            fail(LabError, place, f"the function returned {len(answer)} things", _CURE)
        numbers, std = answer
    found = _numbers(numbers, objectives, place)
    known = {} if std is None else _numbers(std, objectives, place)
    try:
        return Measured(suggestion.id, found, std=known)
    except MatloopError as error:
        raise LabError(*(Fault(place, fault.found, fault.cure) for fault in error.faults)) from error


def _numbers(given: Any, objectives: tuple[str, ...], place: str) -> dict[str, float]:
    """One number an objective, from a mapping or from a bare number."""
    if isinstance(given, Mapping):
        _known(given, objectives, place)
        if not given:
            fail(LabError, place, "the function returned an empty mapping", _CURE)
        return {str(name): _number(number, f"{place}, {name}") for name, number in given.items()}
    number = _number(given, place)
    if len(objectives) != 1:
        found = f"the function returned one number, but there are {len(objectives)} objectives"
        fail(LabError, place, found, f"Return a number for each: {', '.join(map(repr, objectives))}.")
    return {objectives[0]: number}


def _number(given: Any, place: str) -> float:
    """A finite float of a number, NumPy's scalars included; True is no measurement."""
    scalar = given.item() if getattr(given, "shape", None) == () else given
    if isinstance(scalar, bool) or not isinstance(scalar, Real):
        _refuse(place, f"the function returned {given!r}")
    if not math.isfinite(scalar):
        _refuse(place, f"the function returned {float(scalar)}")
    return float(scalar)


def _refuse(place: str, found: str) -> NoReturn:
    fail(LabError, place, found, _CURE)


def _known(given: Mapping[Any, Any], objectives: tuple[str, ...], place: str) -> None:
    for name in given:
        if name not in objectives:
            fail(
                LabError,
                place,
                f"the function returned {name!r}, which is no objective",
                nearest(str(name), objectives),
            )


def _own(answer: Outcome, suggestion: Suggestion, objectives: tuple[str, ...], place: str) -> Outcome:
    """An outcome that the function built, with the suggestion's name on it."""
    if answer.suggestion not in (None, suggestion.id) or answer.candidate not in (None, suggestion.candidate):
        fail(LabError, place, f"the function returned an outcome of {answer.subject}", "Return what was asked for.")
    if answer.values is not None and canonical.text(answer.values) != canonical.text(suggestion.values):
        found = f"the function returned an outcome of other values, {dict(answer.values)}"
        fail(LabError, place, found, "Return Measured.of(values, {...}, executed={...}) for what was really set.")
    if isinstance(answer, Measured | Censored):
        _known(answer.outcome, objectives, place)
    return replace(answer, suggestion=suggestion.id, candidate=None, values=None, experiment=None)
