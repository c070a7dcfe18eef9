"""What comes back from a laboratory, as users write it: Measured, Failed, Aborted, Censored.

A candidate is what may be made: a row of the pool, a point of the space. An experiment makes one specimen of it; a
reading is one number (an objective) of that specimen. An outcome says whom it is about by `suggestion` (what `suggest`
gave out), else by `candidate` (its id), else by `values` (what was set). `experiment` counts the specimens of a
candidate that nobody suggested, `reading` the readings of one specimen, both from 1. `executed` says what was really
set where that differs from the plan: the model learns from it. `note` is for people.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from matloop.domain.canonical import Value
from matloop.domain.number import as_number
from matloop.errors import DataError, Faults, InputError, fail

Side = Literal["below", "above"]
Status = Literal["ok", "failed", "aborted", "below", "above"]
STATUSES: tuple[Status, ...] = ("ok", "failed", "aborted", "below", "above")
NUMBERLESS: tuple[Status, ...] = ("failed", "aborted")
"""Statuses of readings that hold no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What every outcome can say of its subject: the suggestion, else the candidate's id, else its values.

    cost: what it cost, in the laboratory's own unit. day: when it was ready, in days on the laboratory's clock since
    the campaign began. Both are bookkeeping and no part of what was found: outcomes that differ in them are equal.
    """

    suggestion: str | None = None
    candidate: str | None = None
    values: Mapping[str, Value] | None = None
    experiment: int | None = None
    reading: int = 1
    executed: Mapping[str, Value] = field(default_factory=dict)
    note: str = ""
    cost: float | None = field(default=None, compare=False)
    day: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        faults = Faults()
        place = self.subject
        if self.suggestion is None and self.candidate is None and self.values is None:
            faults.add("outcome", "names no suggestion, candidate or values", "Name one of them.")
        for name, number in (("reading", self.reading), ("experiment", self.experiment)):
            whole = isinstance(number, numbers.Integral) and not isinstance(number, bool)
            if number is not None and not (whole and number >= 1):
                faults.add(place, f"{name} is {number!r}", f"Give {name} as a whole number from 1.")
        for name, spent in (("cost", self.cost), ("day", self.day)):
            read = None if isinstance(spent, str) else as_number(spent)
            if spent is not None and (read is None or read < 0):
                faults.add(place, f"{name} is {spent!r}", f"Give {name} as a finite number from 0, or leave it out.")
        self._look(faults)
        faults.raise_if_any(DataError)

    def _look(self, faults: Faults) -> None:
        """Add what is wrong with the outcome itself."""

    @property
    def subject(self) -> str:
        """Who it is about, for messages."""
        return self.suggestion or self.candidate or f"values {dict(self.values or {})}"


def look_at_numbers(faults: Faults, place: str, figures: object, *, std: bool = False, of: str = "objective") -> None:
    """Figures go by name and must be finite numbers; a std must not be negative either."""
    if not isinstance(figures, Mapping):
        faults.add(place, f"{figures!r} does not say of which {of}", f"Give {of} -> number.")
        return
    for name, number in figures.items():
        if isinstance(number, str) or as_number(number) is None:
            faults.add(place, f"{name} is {number!r}", "Give a finite number, or leave it out.")
        elif std and number < 0:
            faults.add(place, f"std of {name} is {number!r}", "Give a std of 0 or more.")


@dataclass(frozen=True, slots=True)
class Measured(_Said):
    """A reading of one specimen: one number an objective, with its error where that is known.

    suggestion: id of what was suggested, as s0001; where nobody suggested it use `Measured.of`.
    candidate, values: the candidate's id, or what it is made of, where there is no suggestion.
    experiment: which specimen of the candidate, from 1; for what nobody suggested.
    reading: which reading of the specimen, from 1. A new reading is the same specimen measured again; a new experiment,
        or a new suggestion, is a new specimen.
    outcome: objective -> number, in the objective's unit.
    std: objective -> one standard deviation of that number (of a mean: its standard error), same unit.
    executed: parameter -> what was really set, where it differs from the plan; the model learns from it.
    executed_std: parameter -> one standard deviation of what was really set about that, in the parameter's unit.
    note: for people.

    Example:
        ```python
        campaign.tell([
            ml.Measured("s0001", {"toughness": 31.2}, std={"toughness": 1.4}),
            ml.Measured("s0001", {"toughness": 29.8}, reading=2),  # the same specimen again
            ml.Measured("s0002", {"toughness": 12.0}, executed={"temperature": 612}),  # 600 were asked for
            ml.Measured.of(candidate="d17", outcome={"toughness": 12.0}),  # nobody suggested it
        ])
        ```
    """

    suggestion: str | None = None
    outcome: Mapping[str, float] = field(default_factory=dict)
    std: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    executed_std: Mapping[str, float] = field(default_factory=dict, kw_only=True)

    @classmethod
    def of(  # noqa: PLR0913 (each is a field of the class, named by the contract)
        cls,
        values: Mapping[str, Value] | None = None,
        outcome: Mapping[str, float] | None = None,
        *,
        candidate: str | None = None,
        std: Mapping[str, float] | None = None,
        experiment: int | None = None,
        reading: int = 1,
        executed: Mapping[str, Value] | None = None,
        executed_std: Mapping[str, float] | None = None,
        note: str = "",
    ) -> Measured:
        """A reading that nobody suggested, by values or by the candidate's id.

        Example: `Measured.of({"n": 6, "theta": 0}, {"toughness": 1.1})`, or `Measured.of(candidate="d17",
        outcome={"toughness": 12.0}, std={"toughness": 0.3}, experiment=2)` for the second specimen of d17.
        """
        return cls(
            None,
            outcome or {},
            std=std or {},
            candidate=candidate,
            values=values,
            experiment=experiment,
            reading=reading,
            executed=executed or {},
            executed_std=executed_std or {},
            note=note,
        )

    def _look(self, faults: Faults) -> None:
        if not self.outcome:
            faults.add(self.subject, "measured, but no number is given", "Give objective -> number.")
        look_at_numbers(faults, self.subject, self.outcome)
        look_at_numbers(faults, self.subject, self.std, std=True)
        look_at_numbers(faults, self.subject, self.executed_std, std=True, of="parameter")
        if isinstance(self.outcome, Mapping) and isinstance(self.std, Mapping):
            for name in self.std:
                if name not in self.outcome:
                    faults.add(self.subject, f"a std for {name!r} without its number", "Give both or neither.")


@dataclass(frozen=True, slots=True)
class Failed(_Said):
    """The experiment was done and the candidate would not form: `Failed("s0002", reason="cracked on cooling")`.

    Kept as data, and not suggested again unless the campaign says `retry_failed`. Where nobody suggested it:
    `Failed(candidate="d17", reason="cracked on cooling")`. Other fields are those of `Measured`.
    """

    suggestion: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Aborted(_Said):
    """The experiment says nothing about the candidate: `Aborted("s0003", reason="power cut")`.

    The candidate returns to the pool and may be suggested again. Other fields are those of `Measured`.
    """

    suggestion: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Censored(_Said):
    """The truth lies `below` or `above` a limit: `Censored("s0004", {"toughness": 3.0}, side="below")`.

    outcome: objective -> the limit (of detection, of the instrument's range), in the objective's unit.
    side: on which side of the limit the truth lies. The model takes it for a bound; one that cannot sets it aside, and
        each reason says how many. Other fields are those of `Measured`.
    """

    suggestion: str | None = None
    outcome: Mapping[str, float] = field(default_factory=dict)
    side: Side = field(default="below", kw_only=True)

    def _look(self, faults: Faults) -> None:
        if not self.outcome:
            faults.add(self.subject, "censored, but no limit is given", "Give objective -> limit.")
        if self.side not in ("below", "above"):
            faults.add(self.subject, f"side is {self.side!r}", "Give 'below' or 'above'.")
        look_at_numbers(faults, self.subject, self.outcome)


Outcome = Measured | Failed | Aborted | Censored


_ONE_EACH = 'Give one outcome a row, as [ml.Measured(row.suggestion, {"y": row.y}) for row in frame.itertuples()]'


def outcomes_of(given: object) -> list[Outcome]:
    """One outcome, or several, as a list.

    Raises:
        InputError: for anything else, such as a table.
    """
    if isinstance(given, Outcome):
        return [given]
    kind = type(given).__name__
    if hasattr(given, "itertuples"):
        cure = (
            f"{_ONE_EACH}; where nobody suggested it, Measured.of. Or write it to a CSV: `matloop tell FILE TABLE.csv`."
        )
        fail(InputError, "tell", f"a {kind} is no outcome", cure)
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        fail(
            InputError, "tell", f"a {kind} is no outcome", "Give Measured, Failed, Aborted or Censored, one or a list."
        )
    outcomes = list(given)
    for place, item in enumerate(outcomes):
        if not isinstance(item, Outcome):
            cure = "Give Measured, Failed, Aborted or Censored."
            fail(InputError, "tell", f"item {place} is a {type(item).__name__}, no outcome", cure)
    return outcomes
