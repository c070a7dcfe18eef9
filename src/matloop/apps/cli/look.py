"""`status`: where the campaign stands; and what `report` and `demo` print of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matloop.apps.cli.terminal import Debug, File, Json, emit, say, show_sheet
from matloop.campaign import Campaign
from matloop.decide.words import count, figure
from matloop.domain.objective import Objective
from matloop.errors import InputError, fail
from matloop.report.sheet import Sheet, shortlist_sheet
from matloop.report.summary import Summary
from matloop.store.atomic import write_whole

_OURS = b"rank,candidate,"
_SHORT = 10  # rows of the shortlist on a terminal; the file holds all
_STEPS = 5  # the last improvements; earlier ones are history
_FAILED = 5  # failures listed; the rest is counted


def status(file: File, as_json: Json = False, debug: Debug = False) -> None:
    """Say where the campaign stands and what to do next; nothing is written."""
    campaign = Campaign.open(file)
    document = campaign.status()
    if as_json:
        emit(document)
    else:
        _say_status(document, campaign.problem.objectives)


def write_shortlist(file: Path, summary: Summary) -> tuple[Path, Sheet]:
    """Write shortlist.csv beside a campaign file.

    Raises:
        InputError: when a file of that name is there that is none of ours, such as the candidates.
    """
    path, sheet = file.with_name("shortlist.csv"), shortlist_sheet(summary.ranked, summary.problem)
    if path.exists() and not path.read_bytes().startswith(_OURS):
        fail(InputError, str(path), "it is there, and is no shortlist", "Rename it: it would be overwritten.")
    write_whole(path, sheet.csv())
    return path, sheet


def say_summary(summary: Summary, sheet: Sheet) -> None:
    """Print a campaign on one screen."""
    objective = summary.problem.objectives[0]
    if not summary.ranked:
        say("Nothing was measured yet.")
    else:
        show_sheet(Sheet(sheet.header, sheet.rows[:_SHORT]), exact=summary.problem.candidates.names)
        modelled = "the posterior mean. More data shrinks model_std; noise_std is that of one reading"
        plain = "the plain mean of the readings: there is no model yet"
        say(f"{objective.name} is {modelled if summary.modelled else plain}.")
    if summary.steps:
        unit = None if objective.unit == "1" else objective.unit
        taken = [f"{figure(step.value, unit)} at reading {step.experiment}" for step in summary.steps[-_STEPS:]]
        say(f"Best single readings so far (noise included, so the ranking goes by the model): {', '.join(taken)}.")
    for failure in summary.failures[:_FAILED]:
        say(f"Failed: {failure.where} ({failure.candidate}) {failure.note}".rstrip())
    if len(summary.failures) > _FAILED:
        say(f"... and {len(summary.failures) - _FAILED} more failed.")
    _say_status(summary.status, summary.problem.objectives)


def _say_status(document: Mapping[str, Any], objectives: Sequence[Objective]) -> None:
    counts = document["counts"]
    say(
        ", ".join(f"{number} {name}" for name, number in counts.items() if number or name in ("pending", "measured"))
        + "."
    )
    for best in document["best"]:
        made = ", ".join(f"{name} {value}" for name, value in best["values"].items())
        figures = "; ".join(_best_figure(best, objective) for objective in objectives)
        say(f"Best: {best['candidate']}, {figures}, {count(best['readings'], 'reading')}; at {made}.")
    spent = document["budget"]["experiments"]
    say(
        f"Budget: {spent['used']} of {spent['limit']} experiments."
        if spent["limit"]
        else f"{spent['used']} experiments."
    )
    if money := document["budget"].get("cost"):
        limit = f" of {figure(money['limit'])}" if money["limit"] else ""
        say(f"Cost: {figure(money['used'])}{limit}.")
    say(f"Advice: {document['advice']['action']}: {document['advice']['reason']}.")


def _best_figure(best: Mapping[str, Any], objective: Objective) -> str:
    """`overpotential 0.378 V (model 0.003, one reading 0.003)`, or the plain mean while there is no model."""
    unit = None if objective.unit == "1" else objective.unit
    said = best["prediction"]
    if said is None:
        return f"{objective.name} {figure(best['reading_mean'][objective.name], unit)} (plain mean, no model yet)"
    mean, model, noise = (said[part][objective.name] for part in ("mean", "model_std", "noise_std"))
    return f"{objective.name} {figure(mean, unit)} (std: model {figure(model)}, one reading {figure(noise)})"
