"""The acquisitions by name, made from a strategy's settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast, get_args

from matloop.decide.acquisition import Acquisition
from matloop.decide.acquisition.auto import Auto
from matloop.decide.acquisition.believe import Pending
from matloop.decide.acquisition.chance import Chance
from matloop.decide.acquisition.ei import EI
from matloop.decide.acquisition.hits import Hits
from matloop.decide.acquisition.learn import Learn
from matloop.decide.acquisition.level import Level
from matloop.decide.acquisition.mean import Mean
from matloop.decide.acquisition.nei import NEI
from matloop.decide.acquisition.per_cost import PerCost
from matloop.decide.acquisition.pi import PI
from matloop.decide.acquisition.thompson import Thompson
from matloop.decide.acquisition.ucb import UCB
from matloop.decide.acquisition.variance import Variance
from matloop.errors import Faults, InputError, NotYetSupported, fail, nearest

DRAWS = 64
"""Draws of nei where nobody says otherwise: the error of its mean over draws is then a few per cent of itself."""

_PLACE = "strategy.acquisition"
_LATER = ("target", "range", "pareto", "ehvi", "nehvi", "kg", "mes")
_MAKE: dict[str, Callable[[float | None, int, Pending], Acquisition]] = {
    "auto": lambda beta, draws, pending: Auto(draws, pending),
    "ei": lambda beta, draws, pending: NEI(draws) if pending == "fantasies" else EI(pending),
    "nei": lambda beta, draws, pending: NEI(draws),
    "ucb": lambda beta, draws, pending: UCB(beta, pending),
    "pi": lambda beta, draws, pending: PI(),
    "ts": lambda beta, draws, pending: Thompson(),
    "variance": lambda beta, draws, pending: Variance(),
    "mean": lambda beta, draws, pending: Mean(),
    "cost": lambda beta, draws, pending: PerCost(draws),
    "learn": lambda beta, draws, pending: Learn(),
    "random": lambda beta, draws, pending: Chance(),
}
_BY_THRESHOLD: dict[str, Callable[[float], Acquisition]] = {"hits": Hits, "level": Level}
NAMES = (*_MAKE, *_BY_THRESHOLD)
_DRAWING = ("auto", "nei", "cost")  # these make draws; ucb alone has a beta
_BELIEVING = {"auto": get_args(Pending), "ei": get_args(Pending), "ucb": ("believer", "pessimistic")}


def acquisition(
    name: str,
    beta: float | None = None,
    draws: int | None = None,
    *,
    threshold: float | None = None,
    pending: str | None = None,
) -> Acquisition:
    """The acquisition of that name.

    Raises:
        NotYetSupported: a name that a later version brings.
        InputError: an unknown name, or settings that it does not have or cannot take.
    """
    if name in _LATER:
        fail(NotYetSupported, _PLACE, f"{name!r} is not yet supported", "Use one of " + ", ".join(NAMES) + ".")
    if name not in NAMES:
        fail(InputError, _PLACE, f"unknown acquisition {name!r}", nearest(str(name), (*NAMES, *_LATER)))
    faults = Faults()
    if beta is not None:
        if name != "ucb":
            faults.add("strategy.beta", f"acquisition {name!r} has no beta", "Leave it out, or take 'ucb'.")
        elif not _number(beta) or beta < 0:
            faults.add("strategy.beta", f"is {beta!r}", "Give a number of 0 or more, or leave it out.")
    if draws is not None:
        if name not in _DRAWING:
            faults.add("strategy.draws", f"acquisition {name!r} makes no draws", "Leave it out, or take 'nei'.")
        elif isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
            faults.add("strategy.draws", f"is {draws!r}", "Give a whole number from 1, best a power of two.")
    _look_at_threshold(faults, name, threshold)
    if pending is not None and pending not in _BELIEVING.get(name, ()):
        offered = _BELIEVING.get(name)
        cure = nearest(str(pending), offered) if offered else f"Leave it out, or take one of {', '.join(_BELIEVING)}."
        faults.add("strategy.pending", f"acquisition {name!r} has no policy {pending!r}", cure)
    faults.raise_if_any(InputError)
    if name in _BY_THRESHOLD and threshold is not None:
        return _BY_THRESHOLD[name](float(threshold))
    return _MAKE[name](beta, DRAWS if draws is None else draws, cast(Pending, pending or "believer"))


def _look_at_threshold(faults: Faults, name: str, threshold: float | None) -> None:
    """Note what is wrong with a threshold, which some acquisitions must have and others cannot have."""
    place = "strategy.threshold"
    if name not in _BY_THRESHOLD:
        if threshold is not None:
            cure = "Leave it out, or take " + " or ".join(map(repr, _BY_THRESHOLD)) + "."
            faults.add(place, f"acquisition {name!r} has no threshold", cure)
    elif threshold is None:
        cure = "Add threshold = the value that matters, in the objective's unit."
        faults.add(place, f"acquisition {name!r} needs a threshold, and there is none", cure)
    elif not _number(threshold):
        faults.add(place, f"is {threshold!r}", "Give a finite number, in the objective's unit.")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
