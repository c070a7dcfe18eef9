"""`status`: where the campaign stands; and what `report` and `demo` print of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from matloop.apps.cli.terminal import Debug, File, Json, emit, say, show_sheet
from matloop.campaign import Campaign
from matloop.decide.words import (
    apart_words,
    calibration_words,
    count,
    figure,
    hits_words,
    passed_words,
    reference_words,
    suspect_words,
)
from matloop.domain.objective import Objective, optimised
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.units import unit_beside
from matloop.errors import InputError, fail
from matloop.report.sheet import Sheet, error_columns, shortlist_sheet, written
from matloop.report.spending import spent_words
from matloop.report.summary import Summary
from matloop.status import readings_of
from matloop.store.atomic import write_whole

_OURS = b"rank,candidate,"
_SHORT = 10  # rows of the shortlist on a terminal; the file holds all
_STEPS = 5  # the last improvements; earlier ones are history
_VALUES = 6  # values of a candidate in the list of readings; more would not fit on a terminal
_FAILED = 5  # failures listed; the rest is counted


def status(
    file: File,
    readings: Annotated[
        bool, typer.Option("--readings", help="List every reading with the key that `correct` takes.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say where the campaign stands and what to do next; nothing is written."""
    campaign = Campaign.open(file)
    document = campaign.status()
    listed = readings_of(campaign.state, campaign.events) if readings else []
    if as_json:
        emit({**document, "readings": listed} if readings else document)
        return
    if listed:
        sheet = _readings_sheet(listed, campaign.problem)
        show_sheet(sheet, exact=sheet.header)
        for one in listed:
            _say_corrections(one)
        say("To mend or void one: `matloop correct FILE KEY NAME=VALUE --reason WHY`, with status=aborted to void it.")
    _say_status(document, campaign.problem.objectives)


def _say_corrections(reading: Mapping[str, Any]) -> None:
    """Print what a reading held before each of its corrections; the table above shows what it holds now."""
    for one in reading.get("corrections", ()):
        was = one["was"]
        stds = was["std"]
        figures = [
            f"{name} = {number}" + (f" (std {stds[name]})" if name in stds else "")
            for name, number in was["outcome"].items()
        ]
        status = [was["status"]] if was["status"] != "ok" else []
        noted = [f"note {was['note']!r}"] if was["note"] else []
        held = ", ".join([*status, *figures, *noted])
        say(f"{one['mark'].capitalize()} {reading['key']}: it held {held}; reason: {one['reason']}.")


def _readings_sheet(listed: Sequence[Mapping[str, Any]], problem: Problem) -> Sheet:
    """Readings for the eye, as they were told; where a candidate has no id of a person's, with what it was made of."""
    candidates = problem.candidates
    own = isinstance(candidates, Pool) and candidates.id_name is not None
    names = () if own else candidates.names[:_VALUES]
    figures = [name for objective in problem.objectives for name in (objective.name, f"{objective.name}_std")]
    rows = []
    for one in listed:
        made = {**one["values"], **one["executed"], **one.get("context", {})}
        told = {**one["outcome"], **{f"{name}_std": std for name, std in one["std"].items()}}
        outside = "outside" if one["outside"] else ""
        row = [one["key"], one["candidate"], *(made[name] for name in names), *(told.get(name) for name in figures)]
        rows.append((*row, one["status"], outside, one["note"]))
    return Sheet(("key", "candidate", *names, *figures, "status", "outside", "note"), tuple(rows))


def write_shortlist(file: Path, summary: Summary) -> tuple[Path, Sheet]:
    """Write shortlist.csv beside a campaign file.

    Raises:
        InputError: when a file of that name is there that is none of ours, such as the candidates.
    """
    path, sheet = file.with_name("shortlist.csv"), shortlist_sheet(summary.by_rank, summary.problem)
    if path.exists() and not path.read_bytes().startswith(_OURS):
        fail(InputError, str(path), "it is there, and is no shortlist", "Rename it: it would be overwritten.")
    write_whole(path, sheet.csv())
    return path, sheet


def say_summary(summary: Summary, sheet: Sheet) -> None:
    """Print a campaign on one screen."""
    objective = summary.problem.objectives[0]
    names = " and ".join(one.name for one in summary.problem.objectives)
    if not summary.ranked:
        say("Nothing was measured yet.")
    else:
        shown, problem = Sheet(sheet.header, sheet.rows[:_SHORT]), summary.problem
        show_sheet(shown, exact=problem.candidates.names, leave_out=error_columns(problem))
        plural = "s" if len(summary.problem.objectives) > 1 else ""
        verb = "are" if plural else "is"
        modelled = f"the posterior mean{plural}. More data shrinks model_std; noise_std is that of one reading"
        plain = f"the plain mean{plural} of the readings: there is no model yet"
        say(f"{names} {verb} {modelled if summary.modelled else plain}.")
    if summary.steps:
        unit = None if objective.unit == "1" else objective.unit
        apart = {one["key"]: ", set apart" for one in summary.status.get("set_apart", ())}
        last = summary.steps[-_STEPS:]
        taken = [f"{figure(step.value, unit)} ({step.key}{apart.get(step.key, '')})" for step in last]
        say(f"Records among single readings (noise included, so the ranking goes by the model): {', '.join(taken)}.")
    for failure in summary.failures[:_FAILED]:
        say(f"Failed: {failure.where} ({failure.candidate}) {failure.note}".rstrip())
    if len(summary.failures) > _FAILED:
        say(f"... and {len(summary.failures) - _FAILED} more failed.")
    _say_status(summary.status, summary.problem.objectives)


def _under(best: Mapping[str, Any]) -> str:
    """At which context a candidate is predicted, in words; none without context parameters."""
    said = ", ".join(f"{name} {figure(value)}" for name, value in best.get("context", {}).items())
    return f"; predicted at {said}" if said and best["prediction"] else ""


def _say_status(document: Mapping[str, Any], objectives: Sequence[Objective]) -> None:
    counts = document["counts"]
    say(
        ", ".join(f"{number} {name}" for name, number in counts.items() if number or name in ("pending", "measured"))
        + "."
    )
    if not document["best"] and counts["measured"] and optimised(tuple(objectives)):
        say("Best: none yet, as the advice says.")
    for best in document["best"]:
        made = ", ".join(f"{name} {written(value)}" for name, value in best["values"].items())
        figures = "; ".join(_best_figure(best, objective) for objective in objectives)
        often = count(best["readings"], "reading") + _beyond(best)
        say(f"Best: {best['candidate']}, {figures}, {often}; at {made}{_under(best)}.")
    if passed := document.get("passed"):
        (best,), (goal,) = document["best"], optimised(tuple(objectives))
        by = _best_figure(passed, goal)
        say(f"{passed_words(passed['candidate'], by, passed['holds'], best['candidate'], best['holds'])}.")
    if hits := document.get("hits"):
        (goal,) = optimised(tuple(objectives))
        say(f"Hits: {hits_words(hits, goal.name, goal.unit)}.")
    if front := document.get("front"):
        volume = reference_words(front["hypervolume"], front["reference"], optimised(tuple(objectives)))
        best = f"{count(len(document['best']), 'candidate')} that no other beats in every goal"
        say(f"Front: {best}; {volume}.")
    spent = document["budget"]["experiments"]
    limit = f"Budget: {spent['used']} of {spent['limit']}" if spent["limit"] else str(spent["used"])
    aside = f" suggested ({document['unsuggested']} that were only told do not count)"
    say(f"{limit} experiments{aside if document['unsuggested'] else ''}.")
    if said := spent_words(document["budget"]):
        say(f"Spent: {said}.")
    _say_errors(document)
    say(f"Advice: {document['advice']['action']}: {document['advice']['reason']}.")


def _say_errors(document: Mapping[str, Any]) -> None:
    """Whether the stated errors are true, and which readings the model set apart."""
    judged = document.get("calibration", {})
    for name, one in judged.items():
        of = f" of {name}" if len(judged) > 1 else ""
        say(f"Errors{of}: {calibration_words(one)}.")
    if apart := apart_words(document):
        say(f"{apart}. What is set apart counts for next to nothing; `correct` mends or voids it.")
    if suspects := suspect_words(document):
        say(f"{suspects}; `correct` mends a slip.")


def _beyond(best: Mapping[str, Any]) -> str:
    """Beyond which limits of detection a candidate was read: `, read signal above 6`; empty where beyond none."""
    limits = best.get("limits", {}).items()
    said = [f"{name} {side} {written(limit)}" for name, sides in limits for side, limit in sides.items()]
    return f", read {', '.join(said)}" if said else ""


def _best_figure(best: Mapping[str, Any], objective: Objective) -> str:
    """`overpotential 0.378 V (model 0.003, one reading 0.003)`, or the plain mean while there is no model."""
    unit = unit_beside(objective.name, objective.unit)
    said = best["prediction"]
    if said is None:
        return f"{objective.name} {figure(best['reading_mean'][objective.name], unit)} (plain mean, no model yet)"
    mean, model, noise = (said[part][objective.name] for part in ("mean", "model_std", "noise_std"))
    return f"{objective.name} {figure(mean, unit)} (std: model {figure(model)}, one reading {figure(noise)})"
