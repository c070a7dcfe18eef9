"""What is measured with every reading and not chosen: the humidity of the room, the age of a batch of powder.

A context parameter is no part of a candidate: not of its identity, not of what is searched. Every reading brings its
value, the model learns from it as from any feature, and a prediction is made at a value that is assumed and said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matloop.domain.encoder import Scaled
from matloop.domain.number import as_number
from matloop.domain.parameter_check import check_name, look_at_unit, parse_number
from matloop.errors import DataError, Faults, SpaceError, fail


@dataclass(frozen=True)
class Context:
    """A number that is measured with every reading, not chosen.

    low, high: the range it usually takes, in `unit`; the model scales by it. A value beyond it is accepted.
    unit: what pint knows, or % wt% at% 1 arb.

    Raises:
        SpaceError: for bounds and units that are none.
    """

    name: str
    low: float
    high: float
    unit: str | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        place = check_name(faults, self.name, "context")
        look_at_unit(faults, self.unit, place)
        for key, given in (("low", self.low), ("high", self.high)):
            number = as_number(given)
            if isinstance(given, str) or number is None:
                faults.add(place, f"{key} is {given!r}", f"Give {key} as a finite number.")
            else:
                object.__setattr__(self, key, number)
        if not faults.found and not 0 < self.high - self.low < float("inf"):
            faults.add(place, f"low is {self.low}, high is {self.high}", "Give low < high: the range it usually takes.")
        faults.raise_if_any(SpaceError)

    @property
    def middle(self) -> float:
        """Half way between low and high: what is assumed before any reading."""
        return self.low + (self.high - self.low) / 2

    @property
    def part(self) -> Scaled:
        """How it is encoded."""
        return Scaled(self.name, self.low, self.high)

    def parse(self, value: object) -> float:
        """The number that a cell or an argument states.

        Raises:
            InputError: when it states none.
        """
        return parse_number(self.name, value)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Context:
        """Read `to_json` back."""
        return cls(data["name"], data["low"], data["high"], data["unit"])

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {"kind": "context", "name": self.name, "low": self.low, "high": self.high, "unit": self.unit}


def check_contexts(contexts: Sequence[object], taken: Sequence[str]) -> tuple[Context, ...]:
    """Contexts whose names are their own, beside the names that are taken.

    Raises:
        SpaceError: for what is no context, and names that stand there twice.
    """
    faults, names = Faults(), set(taken)
    found = []
    for one in contexts:
        if not isinstance(one, Context):
            faults.add("context", f"{one!r} is no context parameter", "Give Context(name, low, high).")
        elif one.name in names:
            faults.add(f"parameter {one.name!r}", "the name is taken", "Give every parameter its own name.")
        else:
            names.add(one.name)
            found.append(one)
    faults.raise_if_any(SpaceError)
    return tuple(found)


def assumed_of(contexts: Sequence[Context], given: Mapping[str, float]) -> dict[str, float]:
    """The value of each context that predictions are made at: the one given, else its middle."""
    return {one.name: given.get(one.name, one.middle) for one in contexts}


def measured_of(
    contexts: Sequence[Context], given: Mapping[str, object], subject: str, *, all_: bool
) -> dict[str, float]:
    """The context of a reading, typed.

    Args:
        contexts: what is to be measured.
        given: by name; other names are passed over.
        subject: whom the reading is about, for messages.
        all_: whether every context must be there.

    Raises:
        DataError: for values that are missing or no numbers, all at once.
    """
    faults = Faults()
    found: dict[str, float] = {}
    for one in contexts:
        number = as_number(given.get(one.name))
        if number is not None:
            found[one.name] = number
        elif given.get(one.name) is not None:
            faults.add(subject, f"{one.name!r} is {given[one.name]!r}, which is no number", "Give a finite number.")
        elif all_:
            unit = f" in {one.unit}" if one.unit else ""
            cure = f"Say what it was{unit}: executed={{{one.name!r}: NUMBER}}."
            faults.add(subject, f"no value of {one.name!r}, which is measured with every reading", cure)
    faults.raise_if_any(DataError)
    return found


def refuse_unknown_context(contexts: Sequence[Context], given: Mapping[str, float]) -> None:
    """Only declared contexts can be assumed.

    Raises:
        DataError: for another name.
    """
    names = [one.name for one in contexts]
    for name in given:
        if name not in names:
            fail(DataError, "context", f"unknown context parameter {name!r}", f"Known: {', '.join(names)}.")
