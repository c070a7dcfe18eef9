"""A measured quantity and its goal. The model learns the quantity; goals act where candidates are weighed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from matloop.domain.number import as_number
from matloop.domain.units import check_unit
from matloop.errors import Faults, InputError, fail, nearest

Goal = Literal["maximize", "minimize", "target", "range", "limit", "learn"]
Direction = Literal["maximize", "minimize"]
GOALS: tuple[str, ...] = get_args(Goal)

RESERVED = (
    "suggestion", "candidate", "experiment", "reading", "status", "note", "reason", "cost",
    "mean", "model_std", "noise_std", "rank", "readings",
)  # fmt: skip
"""Column names that matloop writes itself; objectives may not bear them."""

MARKS = ("value", "low", "high", "reference")
"""What goals speak of, in the objective's unit."""
_TAKES: Mapping[str, tuple[str, ...]] = {
    "maximize": ("reference",),
    "minimize": ("reference",),
    "target": ("value", "reference"),
    "range": ("low", "high", "reference"),
    "limit": ("low", "high"),
    "learn": (),
}
"""Goal -> the marks that it may have."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A measured quantity and its goal.

    goal: maximize | minimize | target (a value as near as possible to `value`) | range (inside `low` to `high`, where
        every value is as good) | limit (not below `low`, not above `high`: must hold, is not optimised) | learn (know
        it everywhere). `maximize` where none is given; a campaign file must say one.
    unit: what pint knows, or % wt% at% 1 arb; None when nobody said.
    std: standard deviation of one reading, same unit; a reading may bring its own. 0 counts as None: it is learned.
    value, low, high: what the goal speaks of, same unit.
    reference: with several goals, the worst that still counts, same unit: a value; for target and range a distance
        from them. None: worked out from what was measured.
    """

    name: str
    goal: Goal = "maximize"
    unit: str | None = None
    std: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reference: float | None = None

    def __post_init__(self) -> None:
        place = f"objective {self.name!r}"
        if not isinstance(self.name, str) or not self.name.strip():
            fail(InputError, "objective", f"name is {self.name!r}", "Give it a name.")
        if self.name in RESERVED or self.name.endswith(("_std", "_mean")):
            fail(InputError, place, "that name belongs to a column of matloop's own", "Choose another name.")
        if self.goal not in GOALS:
            fail(InputError, place, f"unknown goal {self.goal!r}", nearest(str(self.goal), GOALS))
        faults = Faults()
        for found, cure in self._wrong():
            faults.add(place, found, cure)
        faults.raise_if_any(InputError)
        if self.unit is not None:
            check_unit(self.unit, place)
        std = None if isinstance(self.std, str) else as_number(self.std)
        if self.std is not None and (std is None or std < 0):
            fail(InputError, place, f"std is {self.std!r}", "Give a std of 0 or more, or leave it out.")

    def _wrong(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the marks of the goal, and the cure."""
        given = {name: getattr(self, name) for name in MARKS if getattr(self, name) is not None}
        for name, mark in given.items():
            if name not in _TAKES[self.goal]:
                yield f"{name!r} says nothing to goal {self.goal!r}", _cure(name, self.goal)
            elif isinstance(mark, str) or as_number(mark) is None:
                yield f"{name} is {mark!r}", f"Give a number in the unit of {self.name!r}."
        if self.goal == "target" and self.value is None:
            yield "goal 'target' has no value", "Add value = the number it should have."
        missing = [name for name in ("low", "high") if name not in given]
        if self.goal == "range" and missing:
            yield f"goal 'range' has no {' and no '.join(missing)}", "Add low = and high = the ends of the range."
        if self.goal == "limit" and len(missing) == 2:
            yield "goal 'limit' has neither low nor high", "Add low = what it may not fall below, or high = exceed."
        low, high = (as_number(given.get(name)) for name in ("low", "high"))
        if low is not None and high is not None and low >= high and self.goal in ("range", "limit"):
            yield f"low {self.low:g} is not below high {self.high:g}", "Exchange them, or take goal 'target'."
        reference = as_number(given.get("reference"))
        if self.goal in ("target", "range") and reference is not None and reference <= 0:
            yield f"reference is {self.reference!r}", "Give the largest distance that still counts, above 0."

    @property
    def sign(self) -> float:
        """-1 where less is better, else +1."""
        return -1.0 if self.goal == "minimize" else 1.0

    @property
    def optimised(self) -> bool:
        """Is there a better and a worse of it? A limit must only hold, and what is to be learned has no best."""
        return self.goal not in ("limit", "learn")

    @property
    def linear(self) -> bool:
        """Is simply more better, or less?"""
        return self.goal in ("maximize", "minimize")

    def words(self) -> str:
        """The goal in words: `toughness at its maximum`, `band gap within 1.1 to 1.4 eV`."""
        unit = "" if self.unit in (None, "1") else f" {self.unit}"
        match self.goal:
            case "target":
                return f"{self.name} at {self.value:g}{unit}"
            case "range":
                return f"{self.name} within {self.low:g} to {self.high:g}{unit}"
            case "limit":
                parts = (("at least", self.low), ("at most", self.high))
                return f"{self.name} " + ", ".join(f"{side} {mark:g}{unit}" for side, mark in parts if mark is not None)
            case "learn":
                return f"{self.name} known everywhere"
        return f"{self.name} at its {self.goal[:5]}um"

    def to_json(self) -> dict[str, Any]:
        """Its settings, for the ledger; marks that are not set are left out."""
        marks = {name: getattr(self, name) for name in MARKS if getattr(self, name) is not None}
        return {"name": self.name, "goal": self.goal, "unit": self.unit, "std": self.std, **marks}


def _cure(name: str, goal: str) -> str:
    """What to do about a mark that a goal does not take."""
    takes = [one for one, marks in _TAKES.items() if name in marks]
    return f"Leave it out, or take goal {' or '.join(map(repr, takes))} instead of {goal!r}."


def objectives_of(given: object) -> tuple[Objective, ...]:
    """A campaign's objectives.

    Raises:
        InputError: for what is no list of them.
    """
    if isinstance(given, str | Objective) or not isinstance(given, Iterable):
        fail(
            InputError, "objectives", f"{_kind(given)} is no list", "Give a list, as [Objective('y', goal='maximize')]."
        )
    made, faults = tuple(given), Faults()
    for one in made:
        if not isinstance(one, Objective):
            name = one if isinstance(one, str) else "y"
            cure = f"Give Objective({name!r}, goal='maximize') or another goal."
            faults.add("objectives", f"{_kind(one)} is no objective", cure)
    faults.raise_if_any(InputError)
    return made


def _kind(given: object) -> str:
    name = type(given).__name__
    return repr(given) if isinstance(given, str) else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def optimised(objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
    """Those that have a better and a worse, in order."""
    return tuple(one for one in objectives if one.optimised)


def plain(objectives: tuple[Objective, ...]) -> bool:
    """Is it one quantity, of which more is better, or less?"""
    return len(objectives) == 1 and objectives[0].linear
