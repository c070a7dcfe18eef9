"""A parameter of choices, and what describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matloop.domain import canonical
from matloop.domain.canonical import Value
from matloop.domain.descriptors import Descriptors, DescriptorTable
from matloop.domain.number import as_number
from matloop.domain.parameter_check import check_name
from matloop.errors import Faults, InputError, SpaceError, fail

_NAMED = 20  # choices that a message lists


@dataclass(frozen=True)
class Categorical:
    """One of several choices, all of them text.

    choices: their names; None for those of the descriptors, in their order.
    descriptors: a frame of numbers that describe the choices, one row a choice: the choice in the column named like the
        parameter, else in the first one. A model then knows which choices are alike. None: all are equally different.
    """

    name: str
    choices: Sequence[str] = None  # type: ignore[assignment]  # always a tuple once it is made
    descriptors: Any = None

    def __post_init__(self) -> None:
        faults = Faults()
        place = check_name(faults, self.name, "categorical")
        table = None if self.descriptors is None else self._table(faults, place)
        if table is not None and self.choices is None:
            object.__setattr__(self, "choices", table.listed())
        if isinstance(self.choices, str) or not isinstance(self.choices, list | tuple):
            faults.add(place, f"choices is {self.choices!r}", "Give a list of two or more texts.")
            faults.raise_if_any(SpaceError)
        object.__setattr__(self, "choices", tuple(self.choices))
        odd = [
            choice for choice in self.choices if not isinstance(choice, str) or not choice or choice != choice.strip()
        ]
        for choice in odd:
            cure = f"Give choices as text without blanks around it, like {str(choice).strip() or 'DMF'!r}."
            faults.add(place, f"choice {choice!r}", cure)
        if not odd:
            twice = sorted(choice for choice, times in Counter(self.choices).items() if times > 1)
            for choice in twice:
                faults.add(place, f"choice {choice!r} stands there twice", "Name every choice once.")
            if len(self.choices) < 2:
                faults.add(place, f"{len(self.choices)} choices", "Give two or more, or leave the parameter out.")
        if table is not None and not faults.found:
            self._describe(faults, place, table)
        faults.raise_if_any(SpaceError)

    def _table(self, faults: Faults, place: str) -> DescriptorTable | None:
        """The table of descriptors; None, with the reasons noted, where its choices cannot be read."""
        given = self.descriptors
        if isinstance(given, Descriptors):
            given = {**given.to_json(), "choices": self.choices}
        try:
            table = DescriptorTable.of(given, self.name)
            table.listed()
        except InputError as error:
            faults.absorb(error, place)
            faults.raise_if_any(SpaceError)
            return None
        return table

    def _describe(self, faults: Faults, place: str, table: DescriptorTable) -> None:
        try:
            object.__setattr__(self, "descriptors", table.describe(self.choices))
        except InputError as error:
            faults.absorb(error, place)

    @property
    def size(self) -> int:
        """Number of choices."""
        return len(self.choices)

    @property
    def width(self) -> int:
        """Number of encoded columns: one a choice, or one a descriptor in which the choices differ."""
        return len(self.choices) if self.descriptors is None else sum(self.descriptors.told)

    def value(self, k: int) -> str:
        """The k-th choice."""
        return self.choices[k]

    def index(self, value: Value) -> int | None:
        """Place of a choice among the choices, None for an unknown one."""
        return self._places.get(value) if isinstance(value, str) else None

    @cached_property
    def _places(self) -> dict[str, int]:
        """Choice -> its place."""
        return {choice: k for k, choice in enumerate(self.choices)}

    def parse(self, value: object) -> str:
        """The choice that a cell or an argument states; 1 and 1.0 state the choice "1".

        Raises:
            InputError: when it is neither text nor a number.
        """
        number = None if isinstance(value, str) else as_number(value)
        found = canonical.number_text(number) if number is not None else value
        if not isinstance(found, str) or not found.strip():
            some = ", ".join(map(repr, self.choices[:_NAMED]))
            cure = f"Give one of {some}{f' ... ({self.size} in all)' if self.size > _NAMED else ''}."
            fail(InputError, f"parameter {self.name!r}", f"{value!r} is no choice", cure)
        return found.strip()

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        told = {"kind": "categorical", "name": self.name, "choices": list(self.choices)}
        if self.descriptors is None:
            return {**told, "descriptors": None}
        return {**told, "descriptors": self.descriptors.to_json()}
