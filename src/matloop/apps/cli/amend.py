"""`correct`, `withdraw`, `stop`: new events; nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, cast

import typer

from matloop.apps.cli.terminal import Debug, File, Json, Reason, emit, say
from matloop.campaign import Campaign
from matloop.domain.number import as_number
from matloop.domain.outcome import Status
from matloop.errors import DataError, Faults

_FORM = "Write it as toughness=31.2, toughness_std=0.4 (nothing after the sign: no std), status=failed or note=TEXT."


def correct(
    file: File,
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            help="The reading: s0003/READING or CANDIDATE/EXPERIMENT/READING; `status FILE --readings` lists them.",
        ),
    ],
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=VALUE", help="OBJ=VALUE, OBJ_std=VALUE, status=ok|failed|aborted|below|above or note=TEXT."
        ),
    ],
    reason: Reason,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Correct or void what a reading says, suggested or not; the ledger keeps what stood there.

    To void (undo) a reading, such as one that was booked on the wrong candidate or told twice: status=aborted. It then
    says nothing about that candidate, which returns to the pool; tell the reading again for the right one.
    `matloop status FILE --readings` lists the keys, and what each reading held before.

    Examples: `correct campaign.toml s0003/1 toughness=31.2 --reason misread`,
    `correct campaign.toml d17/2/1 status=aborted --reason "told twice"`.
    """
    given = _assignments(what)
    Campaign.open(file).correct(
        key, given.outcome, reason=reason, std=given.std, status=cast("Status | None", given.status), note=given.note
    )
    if as_json:
        emit({"corrected": key, "outcome": given.outcome, **given.document()})
    else:
        _say(key, given)


def _say(key: str, given: _Given) -> None:
    """What was corrected, in words."""
    document = given.document()
    said = [f"{name} = {number:g}" for name, number in given.outcome.items()]
    said += [f"{name}_std = {'none' if std is None else f'{std:g}'}" for name, std in given.std.items()]
    said += [f"{name} = {document[name]}" for name in ("status", "note") if name in document]
    say(f"Corrected {key}: {', '.join(said)}.")
    if document.get("status") == "aborted":
        say("It counts no more: its candidate may be suggested again. Tell the reading anew under the right candidate.")


@dataclass(slots=True)
class _Given:
    """What was assigned; see `matloop.corrections.Correction`."""

    outcome: dict[str, float] = field(default_factory=dict)
    std: dict[str, float | None] = field(default_factory=dict)
    status: str | None = None
    note: str | None = None

    def document(self) -> dict[str, Any]:
        """What was assigned beside numbers."""
        told = {"std": self.std or None, "status": self.status, "note": self.note}
        return {name: item for name, item in told.items() if item is not None}


def _assignments(texts: list[str]) -> _Given:
    """NAME=VALUE texts, sorted out.

    Raises:
        DataError: for each that is none, or that is given twice.
    """
    faults, given, seen = Faults(), _Given(), set[str]()
    for text in texts:
        word = text.partition("=")[0].strip()
        name, sign, value = text.partition("=") if word in ("status", "note") else text.rpartition("=")
        name, value, number = name.strip(), value.strip(), as_number(value)
        if name in seen:
            faults.add(text, f"{name!r} is given twice", "Give it once.")
        seen.add(name)
        if name == "status" and sign:
            given.status = value.lower()
        elif name == "note" and sign:
            given.note = value
        elif name.endswith("_std") and sign and (number is not None or not value):
            given.std[name.removesuffix("_std")] = number
        elif name and sign and number is not None:
            given.outcome[name] = number
        else:
            faults.add(text, "it is no OBJ=VALUE with a finite number", _FORM)
    faults.raise_if_any(DataError)
    return given


def withdraw(
    file: File,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Open suggestions, as s0004.")],
    reason: Reason,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take open suggestions back; their candidates are not suggested again.

    A reading that was told is not withdrawn but voided: `matloop correct FILE KEY status=aborted --reason WHY`.
    """
    Campaign.open(file).withdraw(ids, reason=reason)
    if as_json:
        emit({"withdrawn": ids})
    else:
        say(f"Withdrew {', '.join(ids)}.")


def stop(file: File, reason: Reason, as_json: Json = False, debug: Debug = False) -> None:
    """End the campaign: readings may still be told, nothing is suggested any more."""
    Campaign.open(file).stop(reason=reason)
    if as_json:
        emit({"stopped": reason})
    else:
        say("Stopped. Readings may still be told.")
