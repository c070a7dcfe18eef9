"""What must hold between the parameters of a space, or the features of a pool."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matloop.domain.number import as_number
from matloop.domain.syntax import Tree, parse
from matloop.errors import Faults, NotYetSupported, SpaceError, fail


@dataclass(frozen=True)
class Sum:
    """The values of the named parameters add up to `equals`.

    names: two or more parameters; on a space they share one step.
    equals: the total, in their unit.
    tolerance: how far the total may be off, same unit; 0 on a space, where sums are exact.
    """

    names: Sequence[str]
    equals: float
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        faults = Faults()
        if isinstance(self.names, str) or not isinstance(self.names, list | tuple):
            faults.add("sum constraint", f"names is {self.names!r}", "Give a list of parameter names.")
            faults.raise_if_any(SpaceError)
        object.__setattr__(self, "names", tuple(self.names))
        place = str(self)
        _look_at_names(faults, place, self.names)
        for key, given in (("equals", self.equals), ("tolerance", self.tolerance)):
            number = as_number(given)
            if isinstance(given, str) or number is None or (key == "tolerance" and number < 0):
                cure = "a finite number" if key == "equals" else "0 or more"
                faults.add(place, f"{key} is {given!r}", f"Give {key} as {cure}.")
            else:
                object.__setattr__(self, key, number)
        faults.raise_if_any(SpaceError)

    def __str__(self) -> str:
        total = f"{self.equals:g}" if isinstance(self.equals, int | float) else repr(self.equals)
        return f"constraint {' + '.join(map(str, self.names))} = {total}"

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {"kind": "sum", "names": list(self.names), "equals": self.equals, "tolerance": self.tolerance}


@dataclass(frozen=True)
class Expression:
    """A condition in the grammar of campaign.toml, as `2*a + b <= 3`; `matloop.domain.syntax` draws the grammar.

    Names that are no words stand in backquotes. Numbers may be equal in linear expressions only. A candidate for which
    something is divided by zero does not hold.
    """

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            fail(SpaceError, "expression", f"it is {self.text!r}", "Give a text, as '2*a + b <= 3'.")
        object.__setattr__(self, "text", " ".join(self.text.split()) if "\n" in self.text else self.text.strip())
        _ = self.tree

    @cached_property
    def tree(self) -> Tree:
        """What it says."""
        return parse(self.text)

    def __str__(self) -> str:
        return f"constraint {self.text}"

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {"kind": "expression", "text": self.text}


@dataclass(frozen=True)
class AtMostNonzero:
    """At most k of the named parameters differ from 0.

    names: two or more numbers or binaries; one whose values leave out 0 always differs from it.
    """

    k: int
    names: Sequence[str]

    def __post_init__(self) -> None:
        faults = Faults()
        number = as_number(self.k)
        if isinstance(self.k, str) or number is None or number < 0 or not number.is_integer():
            faults.add("at-most constraint", f"at_most is {self.k!r}", "Give a whole number from 0.")
        if isinstance(self.names, str) or not isinstance(self.names, list | tuple):
            faults.add("at-most constraint", f"nonzero is {self.names!r}", "Give a list of parameter names.")
        faults.raise_if_any(SpaceError)
        object.__setattr__(self, "k", int(self.k))
        object.__setattr__(self, "names", tuple(self.names))
        _look_at_names(faults, str(self), self.names)
        if len(self.names) > 1 and self.k > len(self.names):
            found = f"at_most is {self.k}, and {len(self.names)} parameters are named, so it excludes nothing"
            faults.add(str(self), found, f"Give a number below {len(self.names)}, name more, or leave it out.")
        faults.raise_if_any(SpaceError)

    @property
    def idle(self) -> bool:
        """Does it exclude nothing, since as many may differ from 0 as it names?"""
        return self.k >= len(self.names)

    def __str__(self) -> str:
        return f"constraint at most {self.k} nonzero of {', '.join(map(str, self.names))}"

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {"kind": "at_most", "k": self.k, "names": list(self.names)}


@dataclass(frozen=True)
class Without:
    """No element of a list is in the formulas of a pool's feature.

    name: the feature. elements: symbols. label: what the list is called, as "rare-earth".
    """

    name: str
    elements: Sequence[str]
    label: str

    def __post_init__(self) -> None:
        if isinstance(self.elements, str) or not self.elements:
            fail(SpaceError, str(self), f"elements is {self.elements!r}", "Give a list of symbols, as ['Pb'].")
        object.__setattr__(self, "elements", tuple(self.elements))

    def __str__(self) -> str:
        return f"constraint {self.name} without {self.label}"

    def holds(self, formula: str) -> bool:
        """Whether a formula, which must be one, has none of the elements."""
        return self._banned.isdisjoint(_SYMBOL.findall(formula))

    @cached_property
    def _banned(self) -> frozenset[str]:
        return frozenset(self.elements)

    def to_json(self) -> dict[str, Any]:
        """Kind and settings, for the ledger."""
        return {"kind": "without", "name": self.name, "elements": list(self.elements), "label": self.label}


_SYMBOL = re.compile(r"[A-Z][a-z]?")
"""An element in a formula: nothing else in it begins with a capital letter."""

Constraint = Sum | Expression | AtMostNonzero | Without
"""What a space or a pool takes as a constraint."""


def from_json(data: Mapping[str, Any]) -> Constraint:
    """Read `to_json` back.

    Raises:
        NotYetSupported: for a kind that this version does not do.
    """
    match data.get("kind"):
        case "sum":
            return Sum(tuple(data["names"]), data["equals"], data["tolerance"])
        case "expression":
            return Expression(data["text"])
        case "at_most":
            return AtMostNonzero(data["k"], tuple(data["names"]))
        case "without":
            return Without(data["name"], tuple(data["elements"]), data["label"])
    found = f"constraint kind {data.get('kind')!r} is not yet supported"
    fail(NotYetSupported, "constraint", found, "Use a sum, an expression or at_most.")


def _look_at_names(faults: Faults, place: str, names: Sequence[object]) -> None:
    """Note names that are none, that stand there twice, and fewer than two of them."""
    for name in names:
        if not isinstance(name, str):
            faults.add(place, f"name {name!r} is no text", "Give the name of a parameter.")
    if len(set(names)) < len(names):
        faults.add(place, "a parameter is named twice", "Name every parameter once.")
    if len(names) < 2:
        faults.add(place, f"{len(names)} parameters", "Name two or more parameters.")
