"""`correct`, `withdraw`, `stop`: new events; nothing is overwritten."""

from __future__ import annotations

from typing import Annotated

import typer

from matloop.apps.cli.terminal import Debug, File, Json, Reason, emit, say
from matloop.campaign import Campaign
from matloop.domain.number import as_number
from matloop.errors import DataError, Faults


def correct(
    file: File,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The reading: s0003/READING or CANDIDATE/EXPERIMENT/READING.")
    ],
    numbers: Annotated[list[str], typer.Argument(metavar="OBJ=VALUE", help="The right number of an objective.")],
    reason: Reason,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Replace numbers of a reading; the ledger keeps what stood there."""
    outcome = _assignments(numbers)
    Campaign.open(file).correct(key, outcome, reason=reason)
    if as_json:
        emit({"corrected": key, "outcome": outcome})
    else:
        say(f"Corrected {key}: " + ", ".join(f"{name} = {number:g}" for name, number in outcome.items()) + ".")


def _assignments(texts: list[str]) -> dict[str, float]:
    """`OBJ=VALUE` texts as numbers.

    Raises:
        DataError: for each that is none.
    """
    faults = Faults()
    outcome: dict[str, float] = {}
    for text in texts:
        name, sign, value = text.rpartition("=")
        number = as_number(value)
        if not (sign and name) or number is None:
            faults.add(text, "it is no OBJ=VALUE with a finite number", "Write it as toughness=31.2.")
        elif name in outcome:
            faults.add(text, f"{name!r} is given twice", "Give each objective once.")
        else:
            outcome[name] = number
    faults.raise_if_any(DataError)
    return outcome


def withdraw(
    file: File,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Open suggestions, as s0004.")],
    reason: Reason,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take open suggestions back; their candidates are not suggested again."""
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
