"""`run`, `suggest`, `pending`, `tell`: the campaign's daily work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from matloop import rules
from matloop.apps.cli.hints import untold_table
from matloop.apps.cli.terminal import (
    Debug,
    File,
    Json,
    emit,
    look_at_target,
    note,
    note_warnings,
    progress_bar,
    say,
    show_sheet,
)
from matloop.campaign import Campaign
from matloop.config.readings import read_outcomes
from matloop.decide.words import count
from matloop.domain.crossed import spoken
from matloop.domain.suggestion import Suggestion
from matloop.errors import InputError, MatloopError, fail
from matloop.rank import hears_bounds
from matloop.report.sheet import suggestions_sheet
from matloop.status import censored_words
from matloop.store.atomic import write_whole

Out = Annotated[
    Path | None, typer.Option("--out", metavar="CSV", help="Write them to this file, to be filled in.", readable=False)
]

_ENDS = {
    "budget": "The budget is spent.",
    "cycles": "The cycles asked for are done.",
    "rule": "The stop rule holds.",
    "stopped": "The campaign was stopped.",
    "exhausted": "No candidate is left to suggest.",
    "person": "The next step is a person's.",
}
"""Why a run ended, in words."""
_TABLE = """
A row is about a suggestion, about a candidate by its id (`candidate`, or the pool's id column), or about the values
it gives for all parameters. What was measured before the campaign needs no suggestion.

\b
Columns, besides one for each objective:
  suggestion    s0003, as `suggest` wrote it
  candidate     its id; without a suggestion it is what was made
  reading       1, 2, ... of the same specimen; left out, 1
  experiment    1, 2, ... specimen of a candidate that was not suggested;
                left out, its 1st, 2nd, ... row of the table
  status        ok (or empty), failed (would not form), aborted (says
                nothing: power cut), below or above (the number is a
                limit of detection)
  note          any text
  NAME_std      one standard deviation of the number in column NAME
  a parameter   its value as executed, where that differs from the plan
A header may carry a unit, as hardness [MPa]: it is converted once.
Rows without number and status are skipped.

\b
Example:
  suggestion,candidate,experiment,hardness,hardness_std,status,note
  s0003,,,14.1,0.3,,
  s0004,,,,,failed,cracked in the furnace
  ,S017,1,12.6,,,measured last year
"""
"""What `tell --help` says of a table; \\b keeps the lines below it as they are."""
_KEYS = 10  # keys named on a terminal; --json names all


def run(
    file: File,
    cycles: Annotated[int | None, typer.Option("--cycles", min=1, help="End after so many asks.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Go round the closed loop until the budget is spent or [stop] says so; kill it anywhere, run it again, it goes on.

    With a person in the laboratory it writes the suggestions to FILE-suggestions.csv and ends.
    """
    campaign = Campaign.open(file)
    form = file.with_name(f"{file.stem}-suggestions.csv")
    if getattr(campaign.lab, "by_hand", False):
        _guard(form, campaign)
    with progress_bar(campaign.problem.name, quiet=as_json) as report:
        end = campaign.run(cycles=cycles, progress=report)
    pending = campaign.pending()
    if end.reason == "person":
        _write(form, pending, campaign)
    status = campaign.status()
    if as_json:
        emit(
            {
                "reason": end.reason,
                "cycles": end.cycles,
                "out": str(form) if end.reason == "person" else None,
                "pending": _documents(pending, campaign),
                "status": status,
            }
        )
        return
    say(_ENDS.get(end.reason, end.reason))
    if end.reason == "person":
        _show(pending, campaign)
        say(f"Make these, fill in {form}, then: matloop tell {file} {form}")
        return
    say("{measured} measured, {failed} failed, {readings} readings.".format(**status["counts"]))
    if end.reason == "rule":
        say("Advice: {action}: {reason}.".format(**status["advice"]))
    say(f"Next: matloop report {file}")


def suggest(  # noqa: PLR0913 (each is an option of the command line)
    file: File,
    n: Annotated[int | None, typer.Option("-n", min=1, help="How many; default: the campaign's batch.")] = None,
    *,
    out: Out = None,
    fixed: Annotated[
        list[str] | None, typer.Option("--fixed", metavar="NAME=VALUE", help="A value that all shall have; repeatable.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="ID", help="A candidate not to suggest; repeatable.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Choose the next experiments and mark them as pending; asking again adds new ones."""
    campaign = Campaign.open(file)
    if out is not None:
        _guard(out, campaign)
    by_hand = getattr(campaign.lab, "by_hand", False)
    if by_hand and not campaign.state.readings and (hint := untold_table(file, campaign.problem, out)):
        note(hint)
    chosen = campaign.suggest(n, fixed=_fixed(fixed or []), exclude=exclude)
    _hand_out(chosen, campaign, out, as_json=as_json, name="suggestions")
    if out is not None and not as_json:
        say(f"Fill in what came back, then: matloop tell {file} {out}")


def _fixed(given: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE, split at the first sign of equality.

    Raises:
        InputError: for what is none, and for a name that is fixed twice.
    """
    values: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            fail(InputError, f"--fixed {text}", "it is no NAME=VALUE", "Write it as --fixed temperature=600.")
        if name.strip() in values:
            fail(InputError, f"--fixed {text}", f"{name.strip()!r} is fixed twice", "Fix it once.")
        values[name.strip()] = value.strip()
    return values


def pending(file: File, out: Out = None, as_json: Json = False, debug: Debug = False) -> None:
    """Print again what is open."""
    campaign = Campaign.open(file)
    if out is not None:
        _guard(out, campaign)
    awaited = campaign.pending()
    if not awaited and not as_json:
        note("Nothing is open.")
    _hand_out(awaited, campaign, out, as_json=as_json, name="pending")


def tell(
    file: File,
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="Readings, one a row.", readable=False)],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take in a table of readings: all of it, or nothing if a row is wrong."""
    campaign = Campaign.open(file)
    problem, state = campaign.problem, campaign.state
    readings = read_outcomes(table, problem, judge=partial(rules.hear, problem, state))
    told = campaign.tell(readings.outcomes)
    warnings = readings.placed(told.warnings)
    note_warnings(warnings)
    if as_json:
        document = {"accepted": told.accepted, "repeated": told.repeated, "skipped": readings.skipped}
        listed = [{"place": fault.place, "found": fault.found, "cure": fault.cure} for fault in warnings]
        emit({**document, "censored": told.censored, "keys": list(told.keys), "warnings": listed})
        return
    said = [f"{told.accepted} accepted{_named(told.keys, campaign)}"]
    said += [f"{told.repeated} held already"] if told.repeated else []
    said += [f"{count(readings.skipped, 'empty row')} skipped"] if readings.skipped else []
    say(", ".join(said) + ".")
    if told.specimens:
        first, number = next(iter(told.specimens.items()))
        others = f", and so on for {len(told.specimens) - 1} more" if len(told.specimens) > 1 else ""
        say(
            f"{number} rows of {first} count as {number} specimens (experiments){others}; readings of one specimen "
            "have the same `experiment` and are numbered in `reading`."
        )
    if told.censored:
        say(f"{censored_words(told.censored, hears_bounds(campaign.strategy))}.")
    if told.accepted:
        say(f"If one is wrong: `matloop correct {file} KEY ...` mends or voids it (`matloop correct --help`).")


tell.__doc__ = f"{tell.__doc__}\n{_TABLE}"


def _named(keys: Sequence[str], campaign: Campaign) -> str:
    """The keys of what was accepted, as `correct` takes them; of many the first. Digests say what they stand for."""
    if not keys:
        return ""
    held = {str(reading.key): reading for reading in campaign.state.readings.values()}
    candidates = campaign.problem.candidates
    named = [spoken(candidates, key, held[key].learned_values) if key in held else key for key in keys[:_KEYS]]
    more = f" and {len(keys) - _KEYS} more" if len(keys) > _KEYS else ""
    return f": {', '.join(named)}{more}"


def _hand_out(
    suggestions: Sequence[Suggestion], campaign: Campaign, out: Path | None, *, as_json: bool, name: str
) -> None:
    """Print suggestions, and write them to a file if one is named."""
    if out is not None:
        _write(out, suggestions, campaign)
    if as_json:
        emit({name: _documents(suggestions, campaign), "out": str(out) if out else None})
        return
    if suggestions:
        _show(suggestions, campaign)
    if out is not None:
        say(f"Wrote {count(len(suggestions), 'suggestion')} to {out}.")


def _show(suggestions: Sequence[Suggestion], campaign: Campaign) -> None:
    """Print suggestions for the eye: a table, and below it whole reasons; columns to fill in are left to files."""
    problem = campaign.problem
    sheet = suggestions_sheet(suggestions, problem)
    empty = [name for place, name in enumerate(sheet.header) if all(row[place] is None for row in sheet.rows)]
    show_sheet(sheet, exact=problem.candidates.names, leave_out=["reason", *empty])
    why: dict[str, list[str]] = {}
    for item in suggestions:
        why.setdefault(item.reason, []).append(item.id)
    for reason, ids in why.items():
        say(f"{', '.join(ids)}: {reason}")


def _documents(suggestions: Sequence[Suggestion], campaign: Campaign) -> list[dict[str, Any]]:
    names = campaign.problem.candidates.names
    return [
        {
            "suggestion": item.id,
            "candidate": item.candidate,
            "values": {name: item.values[name] for name in names},
            "prediction": item.prediction.to_json() if item.prediction else None,
            "reason": item.reason,
            "cost": item.cost,
        }
        for item in suggestions
    ]


def _write(path: Path, suggestions: Sequence[Suggestion], campaign: Campaign) -> None:
    try:
        write_whole(path, suggestions_sheet(suggestions, campaign.problem).csv())
    except MatloopError as error:
        note("The suggestions are in the ledger: `matloop pending FILE --out CSV` writes them again.")
        raise error


def _guard(path: Path, campaign: Campaign) -> None:
    """Refuse a path that cannot be written, and a form that holds readings which were not told yet.

    Raises:
        InputError: before anything was suggested.
    """
    look_at_target(path)
    if not path.exists():
        return
    try:
        outcomes = read_outcomes(path, campaign.problem).outcomes
        untold = rules.hear(campaign.problem, campaign.state, outcomes).drafts
    except MatloopError:
        cure = "Tell it, rename it or delete it; it would be overwritten."
        fail(InputError, str(path), "it exists, and is no form whose readings were told", cure)
    if untold:
        cure = f"First `matloop tell FILE {path}`, or rename it; it would be overwritten."
        fail(InputError, str(path), f"it holds {len(untold)} readings that were not told", cure)
