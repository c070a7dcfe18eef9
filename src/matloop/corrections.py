"""What `correct` decides: which fields of a reading are replaced, and whether it still holds together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from matloop.domain.events import Draft
from matloop.domain.outcome import NUMBERLESS, STATUSES, look_at_numbers
from matloop.domain.problem import Problem
from matloop.domain.reading import Key, Reading
from matloop.errors import DataError, Faults, fail, nearest
from matloop.rules import demand_reason
from matloop.state import State


@dataclass(frozen=True, slots=True)
class Correction:
    """What is replaced of a reading; what is left out stays as it is.

    outcome: objective -> the right number, in the objective's unit.
    std: objective -> the right standard deviation of the number, None to take it away.
    status: one of `STATUSES`; `aborted` voids the reading: it says nothing of its candidate, which returns to the pool.
    note: the right note, "" to take it away.
    """

    outcome: Mapping[str, float] = field(default_factory=dict)
    std: Mapping[str, float | None] = field(default_factory=dict)
    status: str | None = None
    note: str | None = None

    @property
    def empty(self) -> bool:
        """Whether it would change nothing."""
        return not (self.outcome or self.std) and self.status is None and self.note is None

    def to_json(self) -> dict[str, Any]:
        """Its part of a `corrected` event's data; only `outcome` is always there."""
        data: dict[str, Any] = {"outcome": {name: float(number) for name, number in self.outcome.items()}}
        if self.std:
            data["std"] = {name: None if std is None else float(std) for name, std in self.std.items()}
        if self.status is not None:
            data["status"] = self.status
        if self.note is not None:
            data["note"] = self.note
        return data


def corrected(problem: Problem, state: State, key: Key, correction: Correction, reason: str) -> Draft:
    """Replace what a reading says.

    Raises:
        DataError: when there is no such reading, or it would not hold together; all at once.
        InputError: when no reason is given.
    """
    reading = state.readings.get(key)
    if reading is None:
        head = str(key).rpartition("/")[0]
        alike = [str(known) for known in state.readings if str(known).rpartition("/")[0] == head]
        cure = f"{nearest(str(key), alike) if alike else ''} `status FILE --readings` lists them.".lstrip()
        fail(DataError, str(key), "no such reading is held", cure if state.readings else "Nothing was told yet.")
    demand_reason(reason, str(key))
    faults = Faults()
    _look_at_fields(faults, problem, str(key), correction)
    faults.raise_if_any(DataError)
    data = correction.to_json()
    after = reading.corrected(data)
    _look_at_whole(faults, str(key), correction, reading, after)
    unsaid = [one.name for one in problem.candidates.context if one.name not in after.context]
    if after.status not in NUMBERLESS and unsaid:
        cure = "Void it with status=aborted, and tell it as a new experiment with its context."
        faults.add(str(key), f"it has no {', '.join(map(repr, unsaid))}, which a number needs beside it", cure)
    faults.raise_if_any(DataError)
    token = state.asked[key.suggestion].token if key.suggestion else None
    return Draft("corrected", {**key.to_json(reading.candidate), **data, "reason": reason}, token)


def _look_at_fields(faults: Faults, problem: Problem, place: str, given: Correction) -> None:
    """Each field by itself."""
    if given.empty:
        faults.add(place, "nothing is named that is to be corrected", "Give a number, a std, a status or a note.")
    known = [objective.name for objective in problem.objectives]
    for name in dict.fromkeys((*given.outcome, *given.std)):
        if name not in known:
            faults.add(place, f"{name!r} is no objective", nearest(name, known))
    look_at_numbers(faults, place, given.outcome)
    look_at_numbers(faults, place, {name: std for name, std in given.std.items() if std is not None}, std=True)
    if given.status is not None and given.status not in STATUSES:
        faults.add(place, f"unknown status {given.status!r}", nearest(str(given.status), STATUSES))


def _look_at_whole(faults: Faults, place: str, given: Correction, before: Reading, after: Reading) -> None:
    """The reading as it would be: a number where the status promises one, and none where it does not."""
    stds = [name for name, std in given.std.items() if std is not None]
    if after.status in NUMBERLESS and (given.outcome or stds):
        if given.status is None:
            cure = "If it was measured after all, give its number and status=ok (below or above: a detection limit)."
            faults.add(place, f"it is {before.status} and holds no number", cure)
        else:
            faults.add(place, f"status {after.status!r}, and yet a number", "Leave out the number, or the status.")
    elif after.status not in NUMBERLESS and not after.outcome:
        faults.add(place, f"status {after.status!r}, but no number", "Give its number as well, as OBJECTIVE=VALUE.")
    elif after.status != "ok" and stds:
        faults.add(place, f"status {after.status!r}: a limit has no std", "Leave the std out.")
    else:
        for name in stds:
            if name not in after.outcome:
                faults.add(place, f"a std for {name!r} without its number", "Give the number as well.")


def parse_key(state: State, text: str) -> Key:
    """`s0003/READING` or `CANDIDATE/EXPERIMENT/READING`, split from the right.

    Raises:
        DataError: when it has neither form.
    """
    head, _, reading = text.rpartition("/")
    if head in state.asked and reading.isdigit():
        return Key.asked(head, int(reading))
    candidate, _, experiment = head.rpartition("/")
    if candidate and experiment.isdigit() and reading.isdigit():
        return Key.unasked(candidate, int(experiment), int(reading))
    cure = "Write SUGGESTION/READING, as s0003/1, or CANDIDATE/EXPERIMENT/READING, as d17/1/1."
    cure += " `status FILE --readings` lists them."
    fail(DataError, text or "key", "it names no reading", cure)
