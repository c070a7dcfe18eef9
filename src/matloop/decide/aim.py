"""What a strategy seeks, where that is not the best: so that campaigns end, and advise, by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from matloop.decide import Strategy, served
from matloop.domain.problem import Problem
from matloop.domain.stop import Stop
from matloop.errors import InputError, fail


@dataclass(frozen=True, slots=True)
class Aim:
    """What is sought.

    kind: the `best`, all `hits` that the budget allows, or a `map` of what is not known yet.
    acquisition: the name of what seeks it. threshold: of hits, in the objective's unit; None for the others.
    """

    kind: Literal["best", "hits", "map"] = "best"
    acquisition: str = ""
    threshold: float | None = None


@runtime_checkable
class Aiming(Protocol):
    """Capability of a strategy that may seek something else than the best: to say what."""

    @property
    def aim(self) -> Aim:
        """What it seeks."""
        ...


def aim_of(strategy: Strategy) -> Aim:
    """What a strategy seeks; one that does not say is taken to seek the best."""
    return strategy.aim if isinstance(strategy, Aiming) else Aim()


def endless(strategy: Strategy, stop: Stop | None) -> tuple[str, str] | None:
    """Why a stop rule makes no sense with what a strategy seeks, and the cure; None where it does."""
    aim = aim_of(strategy)
    if stop is None or aim.kind == "best":
        return None
    if aim.kind == "map":
        found = f"a stop rule speaks of the best found, and acquisition {aim.acquisition!r} seeks none"
        return found, "Leave it out, and give a budget or end the campaign with `stop`."
    said = [name for name in ("regret", "share") if getattr(stop, name) is not None]
    if not said:
        return None
    found = f"{' and '.join(map(repr, said))} are about the best found, and acquisition 'hits' seeks hits"
    return found.replace(" are ", " is ", len(said) == 1), "Keep 'probability' (that no hit is left) and 'least'."


def demand_fit(strategy: Strategy, problem: Problem) -> None:
    """Demand that a strategy serves the goals of a problem, and that its stop rule makes sense with what is sought.

    Raises:
        InputError: when it does not.
    """
    served(strategy, problem.objectives, priced=problem.cost is not None, candidates=problem.candidates)
    refused = endless(strategy, problem.stop)
    if refused is not None:
        fail(InputError, "stop", *refused)
