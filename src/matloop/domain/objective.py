"""A measured quantity and its goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from matloop.domain.number import as_number
from matloop.domain.units import check_unit
from matloop.errors import InputError, NotYetSupported, fail, nearest

Goal = Literal["maximize", "minimize"]
_LATER = ("target", "range", "limit", "learn")

RESERVED = (
    "suggestion", "candidate", "experiment", "reading", "status", "note", "reason", "cost",
    "mean", "model_std", "noise_std", "rank", "readings",
)  # fmt: skip
"""Column names that matloop writes itself; objectives may not bear them."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A measured quantity and its goal.

    unit: what pint knows, or % wt% at% 1 arb; None when nobody said.
    std: standard deviation of one reading, same unit; a reading may bring its own.
    """

    name: str
    goal: Goal = "maximize"
    unit: str | None = None
    std: float | None = None

    def __post_init__(self) -> None:
        place = f"objective {self.name!r}"
        if not isinstance(self.name, str) or not self.name.strip():
            fail(InputError, "objective", f"name is {self.name!r}", "Give it a name.")
        if self.name in RESERVED or self.name.endswith(("_std", "_mean")):
            fail(InputError, place, "that name belongs to a column of matloop's own", "Choose another name.")
        if self.goal in _LATER:
            fail(NotYetSupported, place, f"goal {self.goal!r} is not yet supported", "Use 'maximize' or 'minimize'.")
        if self.goal not in ("maximize", "minimize"):
            cure = nearest(str(self.goal), ("maximize", "minimize", *_LATER))
            fail(InputError, place, f"unknown goal {self.goal!r}", cure)
        if self.unit is not None:
            check_unit(self.unit, place)
        std = None if isinstance(self.std, str) else as_number(self.std)
        if self.std is not None and (std is None or std < 0):
            fail(InputError, place, f"std is {self.std!r}", "Give a std of 0 or more, or leave it out.")

    @property
    def sign(self) -> float:
        """+1 where more is better, -1 where less is."""
        return 1.0 if self.goal == "maximize" else -1.0

    def to_json(self) -> dict[str, Any]:
        """Its settings, for the ledger."""
        return {"name": self.name, "goal": self.goal, "unit": self.unit, "std": self.std}
