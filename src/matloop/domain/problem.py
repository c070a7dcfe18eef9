"""What a campaign is about: candidates, objectives and the terms on which they are tried."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matloop.domain import canonical
from matloop.domain.cost import ROUNDING, Cost, Costs
from matloop.domain.number import as_number, as_whole
from matloop.domain.objective import Objective, optimised
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.domain.stop import Stop
from matloop.errors import Faults, InputError, fail


@dataclass(frozen=True)
class Problem:
    """What a campaign is about.

    batch: suggestions an ask, where the ask does not say.
    initial: length of the initial design; None leaves it to the strategy.
    retry_failed: suggest again what failed. repeat: suggest again what was measured or is open.
    budget: dispatched suggestions, failed ones too; None: until stopped.
    stop: the rule by which `run` ends early; None: never.
    cost: what experiments cost, and what all together may; None: nobody says.
    days: how long after the first suggestion another one may be made; None: as long as you like.
    """

    candidates: Pool | Space
    objectives: tuple[Objective, ...]
    name: str = "campaign"
    seed: int = 0
    batch: int = 1
    initial: int | None = None
    retry_failed: bool = False
    repeat: bool = False
    budget: int | None = None
    stop: Stop | None = None
    cost: Cost | None = None
    days: float | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        if not isinstance(self.candidates, Pool | Space):
            faults.add("candidates", f"a {type(self.candidates).__name__}", "Give a Pool or a Space.")
        if not self.name.strip():
            faults.add("campaign name", "it is empty", "Give the campaign a name.")
        self._look_at_objectives(faults)
        self._look_at_numbers(faults)
        days = None if self.days is None or isinstance(self.days, str | bool) else as_number(self.days)
        if self.days is not None and (days is None or days <= 0):
            faults.add("[budget] days", f"it is {self.days!r}", "Give a number of days above 0.")
        for name, kind in {"stop": Stop, "cost": Cost}.items():
            found = getattr(self, name)
            if found is not None and not isinstance(found, kind):
                faults.add(name, f"a {type(found).__name__}", f"Give a {kind.__name__}.")
        faults.raise_if_any(InputError)
        self._look_at_costs()

    def _look_at_costs(self) -> None:
        """Has every candidate a cost, and does the budget pay for the cheapest one?

        Raises:
            DataError, SpaceError: for candidates without a cost above 0. InputError: for a budget that pays for none.
        """
        if self.cost is None or self.costs is None:
            return
        limit, least = self.cost.limit, self.costs.least
        if limit is not None and limit < least * (1.0 - ROUNDING):
            found = f"it is {limit:g}, and no candidate costs less than {least:g}"
            fail(InputError, "[budget] cost", found, "Raise it, or lower what an experiment costs in [cost].")

    def _look_at_objectives(self, faults: Faults) -> None:
        names = [objective.name for objective in self.objectives]
        if not names:
            faults.add("objectives", "there is none", "Say what is measured, and whether more or less is better.")
        for name in names:
            for other in {f"{name}_model", f"{name}_noise"} & set(names):
                cure = f"Rename one: {other}_std could belong to either."
                faults.add("objectives", f"{name!r} and {other!r} cannot be told apart in tables", cure)
        for name in sorted({name for name in names if names.count(name) > 1}):
            faults.add("objectives", f"{name!r} occurs twice", "Give each objective once.")
        for name in names:
            measured = [one.name for one in getattr(self.candidates, "context", ())]
            if name in (*getattr(self.candidates, "names", ()), *measured):
                cure = "A goal must not be known beforehand: take it out of the features."
                faults.add("objectives", f"{name!r} is a feature or parameter as well", cure)
        self._look_at_goals(faults)

    def _look_at_goals(self, faults: Faults) -> None:
        """Do the goals make sense together?"""
        best, goals = optimised(self.objectives), [one.goal for one in self.objectives]
        if goals and set(goals) == {"limit"}:
            cure = "Add an objective to be optimised, or goal 'learn'; to find what lies within take goal 'range'."
            faults.add("objectives", "a limit alone leaves nothing to be optimised", cure)
        if "learn" in goals and best:
            found = (
                f"{best[0].name!r} shall be optimised while {self.objectives[goals.index('learn')].name!r} is learned"
            )
            faults.add("objectives", found, "Keep one of the two: what serves the one wastes experiments of the other.")
        for one in best if len(best) == 1 else ():
            if one.reference is not None:
                cure = "Leave it out: it is for two or more goals."
                faults.add("objectives", f"{one.name!r} has a reference, but is the only one optimised", cure)
        if self.stop is not None and "learn" in goals:
            found = "a stop rule speaks of the best found, and what is to be learned has none"
            faults.add("stop", found, "Leave it out, and give a budget or end the campaign with `stop`.")

    def _look_at_numbers(self, faults: Faults) -> None:
        lows = {"seed": 0, "batch": 1, "initial": 1, "budget": 1}
        for name, low in lows.items():
            number = getattr(self, name)
            if number is None and name in ("initial", "budget"):
                continue
            whole = as_whole(number)
            if whole is None or whole < low:
                faults.add(name, f"it is {number!r}", f"Give a whole number from {low}.")
            else:
                object.__setattr__(self, name, whole)  # one of NumPy becomes Python's own

    @property
    def measured(self) -> tuple[str, ...]:
        """What a reading brings: the context parameters, then the objectives."""
        context = (one.name for one in self.candidates.context)
        return (*context, *(objective.name for objective in self.objectives))

    @cached_property
    def costs(self) -> Costs | None:
        """What the candidates cost; None where nobody says."""
        return None if self.cost is None else self.cost.bind(self.candidates)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything but the pool's rows, in JSON types, for the ledger."""
        kind = "pool" if isinstance(self.candidates, Pool) else "space"
        return {
            "name": self.name,
            "seed": self.seed,
            "batch": self.batch,
            "initial": self.initial,
            "retry_failed": self.retry_failed,
            "repeat": self.repeat,
            "budget": self.budget,
            "objectives": [objective.to_json() for objective in self.objectives],
            kind: canonical.plain(self.candidates.to_json()),
            **({"stop": self.stop.to_json()} if self.stop else {}),
            **({"cost": self.costs.to_json()} if self.costs else {}),
            **({"days": self.days} if self.days is not None else {}),
        }
