"""`correct`, `withdraw`, `stop`: new events; nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, cast

import typer

from matloop.apps.cli.terminal import Debug, File, Json, Reason, emit, say
from matloop.ask import closed
from matloop.campaign import Campaign
from matloop.corrections import parse_key
from matloop.domain.number import as_number
from matloop.domain.outcome import Status
from matloop.domain.table import DECIMAL_COMMA
from matloop.errors import DataError, Faults

_SHOWN = 4  # readings that are named; more would bury what is said of them


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
    campaign = Campaign.open(file)
    given = _assignments(what, campaign.problem.objectives[0].name)
    campaign.correct(
        key, given.outcome, reason=reason, std=given.std, status=cast("Status | None", given.status), note=given.note
    )
    if as_json:
        emit({"corrected": key, "outcome": given.outcome, **given.document()})
    else:
        _say(key, given)
        if given.status == "aborted":
            say(_voided(campaign, key))


def _say(key: str, given: _Given) -> None:
    """What was corrected, in words."""
    document = given.document()
    said = [f"{name} = {number:g}" for name, number in given.outcome.items()]
    said += [f"{name}_std = {'none' if std is None else f'{std:g}'}" for name, std in given.std.items()]
    said += [f"{name} = {document[name]}" for name in ("status", "note") if name in document]
    say(f"Corrected {key}: {', '.join(said)}.")


def _voided(campaign: Campaign, key: str) -> str:
    """What has become of the candidate of a reading that was voided just now."""
    state = campaign.state
    voided = state.readings[parse_key(state, key)]
    candidate = voided.candidate
    left = [str(one.key) for one in state.readings.values() if one.candidate == candidate and one.status != "aborted"]
    awaited = [name for name in state.by_candidate.get(candidate, ()) if state.asked[name].open]
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        what = f"{candidate} keeps what {', '.join(left[:_SHOWN])}{more} {'says' if len(left) == 1 else 'say'}"
    elif awaited:
        what = f"{candidate} is still awaited ({', '.join(awaited)})"
    elif voided.outside and not voided.executed:
        what = f"{candidate} is none of the campaign's candidates"
    elif candidate in closed(campaign.problem, state):
        what = f"{candidate} is not suggested again"
    else:
        what = f"{candidate} may be suggested again"
    return f"It counts no more; {what}. If the reading is another candidate's, tell it anew under that one."


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


def _assignments(texts: list[str], objective: str) -> _Given:
    """NAME=VALUE texts, sorted out; cures show how with the name of an objective.

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
            faults.add(text, "it is no OBJ=VALUE with a finite number", _form(name, value, objective))
    faults.raise_if_any(DataError)
    return given


def _form(name: str, value: str, objective: str) -> str:
    """How to write what was meant."""
    if name and DECIMAL_COMMA.fullmatch(value):
        return f"Write {name}={value.replace(',', '.')} if it is a decimal, which takes a point."
    return (
        f"Write it as {objective}=31.2, {objective}_std=0.4 (nothing after the sign: no std), status=failed or "
        "note=TEXT."
    )


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
