"""The acquisitions by name, made from a strategy's settings."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, Literal, cast, get_args

from matloop.decide.acquisition import Acquisition
from matloop.decide.acquisition.auto import Auto
from matloop.decide.acquisition.believe import Pending
from matloop.decide.acquisition.chance import Chance
from matloop.decide.acquisition.draws import joint_cure
from matloop.decide.acquisition.ehvi import EHVI, NEHVI
from matloop.decide.acquisition.ei import EI, Target
from matloop.decide.acquisition.hits import Hits
from matloop.decide.acquisition.learn import Learn
from matloop.decide.acquisition.level import Level
from matloop.decide.acquisition.mean import Mean
from matloop.decide.acquisition.nei import NEI
from matloop.decide.acquisition.parego import ParEGO
from matloop.decide.acquisition.per_cost import PerCost
from matloop.decide.acquisition.pi import PI
from matloop.decide.acquisition.thompson import Thompson
from matloop.decide.acquisition.ucb import UCB
from matloop.decide.acquisition.variance import Variance
from matloop.decide.acquisition.within import Within
from matloop.domain.number import as_number, as_whole
from matloop.domain.objective import Objective, optimised
from matloop.errors import Faults, InputError, NotYetSupported, fail, nearest
from matloop.surrogate import Ability

DRAWS = 64
"""Draws of nei where nobody says otherwise: the error of its mean over draws is then a few per cent of itself."""
MOST_DRAWS = 2**14
"""Draws at most: the error of a mean is then below a hundredth of its spread, and more only take memory and time."""

_PLACE = "strategy.acquisition"
_LATER = ("kg", "mes")
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
    "target": lambda beta, draws, pending: Target(),
    "range": lambda beta, draws, pending: Within(),
    "ehvi": lambda beta, draws, pending: EHVI(),
    "nehvi": lambda beta, draws, pending: NEHVI(draws),
    "parego": lambda beta, draws, pending: ParEGO(draws),
    "learn": lambda beta, draws, pending: Learn(),
    "random": lambda beta, draws, pending: Chance(),
}
_BY_THRESHOLD: dict[str, Callable[[float], Acquisition]] = {"hits": Hits, "level": Level}
NAMES = (*_MAKE, *_BY_THRESHOLD)
_DRAWING = ("auto", "nei", "cost", "nehvi", "parego")  # these make draws; ucb alone has a beta
_BELIEVING = {"auto": get_args(Pending), "ei": get_args(Pending), "ucb": ("believer", "pessimistic")}
_SERVED = ("maximize", "minimize", "target", "range", "learn", "several goals")
_SERVES: dict[str, tuple[str, ...]] = {
    "auto": _SERVED,
    "variance": _SERVED,
    "random": _SERVED,
    **dict.fromkeys(("ei", "nei", "pi", "cost"), ("maximize", "minimize", "target")),
    **dict.fromkeys(("ts", "mean"), ("maximize", "minimize", "target", "range")),
    **dict.fromkeys(("ucb", "hits", "level"), ("maximize", "minimize")),
    "learn": ("maximize", "minimize", "target", "range", "learn"),
    "target": ("target",),
    "range": ("range",),
    **dict.fromkeys(("ehvi", "nehvi", "parego"), ("several goals",)),
}
"""Acquisition -> what it serves; limits go with all of them."""
AIMS: dict[str, Literal["hits", "map"]] = {"hits": "hits", "level": "map", "learn": "map", "variance": "map"}
"""Acquisition -> what it seeks, of those that do not seek the best (`decide.aim.Aim`)."""


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
        fail(InputError, _PLACE, f"unknown acquisition {name!r}", nearest(str(name), NAMES))
    faults = Faults()
    if beta is not None:
        if name != "ucb":
            faults.add("strategy.beta", f"acquisition {name!r} has no beta", "Leave it out, or take 'ucb'.")
        elif not _number(beta) or float(beta) < 0:
            faults.add("strategy.beta", f"is {beta!r}", "Give a number of 0 or more, or leave it out.")
    if draws is not None:
        if name not in _DRAWING:
            faults.add("strategy.draws", f"acquisition {name!r} makes no draws", "Leave it out, or take 'nei'.")
        elif not 1 <= (as_whole(draws) or 0) <= MOST_DRAWS:
            cure = f"Give a whole number from 1 to {MOST_DRAWS}, best a power of two."
            faults.add("strategy.draws", f"is {draws!r}", cure)
    _look_at_threshold(faults, name, threshold)
    if pending is not None and pending not in _BELIEVING.get(name, ()):
        offered = _BELIEVING.get(name)
        cure = nearest(str(pending), offered) if offered else f"Leave it out, or take one of {', '.join(_BELIEVING)}."
        faults.add("strategy.pending", f"acquisition {name!r} has no policy {pending!r}", cure)
    faults.raise_if_any(InputError)
    if name in _BY_THRESHOLD and threshold is not None:
        return _BY_THRESHOLD[name](float(threshold))
    return _MAKE[name](beta, DRAWS if draws is None else int(draws), cast(Pending, pending or "believer"))


def serving(wanted: str) -> tuple[str, ...]:
    """The acquisitions that serve a goal, or `several goals`."""
    return tuple(name for name in NAMES if wanted in _SERVES[name])


def refusal(name: str, objectives: Sequence[Objective]) -> tuple[str, str] | None:
    """Why an acquisition cannot serve the goals, and the cure; None where it can."""
    best = optimised(tuple(objectives))
    wanted = "several goals" if len(best) > 1 else (best[0].goal if best else "learn")
    if wanted in _SERVES[name]:
        return None
    able = ", ".join(map(repr, serving(wanted)))
    goals = f"goal {wanted!r}" if len(best) < 2 else f"{len(best)} goals at once"
    return f"acquisition {name!r} cannot serve {goals}", f"Use one of {able}."


_JOINT = ("nei", "ts", "nehvi", "hits", "learn")


def unable(name: str, pending: str | None, able: Container[Ability]) -> tuple[str, str] | None:
    """Why an acquisition cannot do with what a surrogate is able to, and the cure; None where it can."""
    needing = "nei" if name == "ei" and pending == "fantasies" else name
    if needing not in _JOINT or "joint" in able:
        return None
    which = f"acquisition {name!r}" + (" with pending = 'fantasies'" if needing != name else "")
    cure = "Use surrogate 'gp' or 'forest', or leave 'pending' out." if needing != name else joint_cure(name)
    return f"{which} needs a joint posterior, which the surrogate lacks", cure


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
    return not isinstance(value, str) and as_number(value) is not None
