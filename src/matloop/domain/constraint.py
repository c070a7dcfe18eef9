"""What must hold between the parameters of a space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from matloop.domain.number import as_number
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
        for name in self.names:
            if not isinstance(name, str):
                faults.add(place, f"name {name!r} is no text", "Give the name of a parameter.")
        if len(set(self.names)) < len(self.names):
            faults.add(place, "a parameter is named twice", "Name every parameter once.")
        if len(self.names) < 2:
            faults.add(place, f"{len(self.names)} parameters", "Name two or more parameters.")
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


Constraint = Sum
"""What a space takes as a constraint."""


def from_json(data: Mapping[str, Any]) -> Constraint:
    """Read `to_json` back.

    Raises:
        NotYetSupported: for a kind that this version does not do.
    """
    if data.get("kind") != "sum":
        _later(f"constraint kind {data.get('kind')!r}", "Use a sum.")
    return Sum(tuple(data["names"]), data["equals"], data["tolerance"])


class Expression:
    """A condition in the grammar of campaign.toml; comes with the face."""

    def __init__(self, text: str) -> None:
        """Refuse it, since nothing would hold it.

        Raises:
            NotYetSupported: always.
        """
        _later(f"expression {text!r}", "Leave it out, or narrow the bounds; equalities of sums work as Sum.")


class AtMostNonzero:
    """At most k of the named parameters differ from 0; comes with the face."""

    def __init__(self, k: int, names: Sequence[str]) -> None:
        """Refuse it, since nothing would hold it.

        Raises:
            NotYetSupported: always.
        """
        _later(f"at most {k} nonzero of {list(names)}", "Leave it out, or make a pool of the candidates that keep it.")


def _later(what: str, cure: str) -> NoReturn:
    fail(NotYetSupported, "constraint", f"{what} is not yet supported", cure)
