"""`demo`: the main job on the built-in virtual laboratory, from an empty folder to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from matloop.apps.cli.found import PAGE, look_at_page, say_claims, write_page
from matloop.apps.cli.look import say_summary, write_shortlist
from matloop.apps.cli.terminal import Debug, Json, emit, progress_bar, say
from matloop.campaign import Campaign
from matloop.config.starter import CAMPAIGN_FILE, starter_files
from matloop.domain.space import Space
from matloop.errors import InputError, fail
from matloop.report.findings import findings_of
from matloop.report.summary import Summary, summary_of
from matloop.report.verdict import Verdict
from matloop.store.atomic import make_folder, write_whole

_SETTINGS = {"batch": 4, "experiments": 60}
"""Enough to come within a few percent of the best there is, in seconds."""


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the campaign is kept.")] = Path(
        "matloop-demo"
    ),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of every random choice.")] = 0,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run a whole campaign on the built-in virtual laboratory.

    It leaves campaign.toml, the ledger, shortlist.csv and report.html in DIR.

    Run it again after an interruption and it goes on; run it again at its end and it tells again what was found.
    """
    file = _prepared(out, seed)
    look_at_page(file.with_name(PAGE))
    campaign = Campaign.open(file)
    before = campaign.state.seq
    with progress_bar("demo", quiet=as_json) as report:
        campaign.run(progress=report)
    summary = summary_of(campaign)
    _, sheet = write_shortlist(file, summary)
    findings = findings_of(campaign, summary)
    write_page(file, findings)
    verdict = _verdict(summary)
    went_on = before > 0
    if as_json:
        emit(_document(file, summary, verdict, resumed=went_on))
        return
    if went_on:
        finished = campaign.state.seq == before
        say(f"{out} holds this demo already: " + ("it was finished." if finished else "it went on where it was."))
    say_summary(summary, sheet)
    say_claims(findings)
    _say_verdict(summary, verdict)
    say(f"Look around in {out}: {CAMPAIGN_FILE} (what was asked), campaign.db (all that happened), shortlist.csv,")
    say(f"{PAGE} (open it in a browser).")


def _prepared(out: Path, seed: int) -> Path:
    """The demo's campaign file, written unless it is there.

    Raises:
        InputError: when the folder holds another campaign or other files.
    """
    content = starter_files("virtual", out, None, seed=seed, **_SETTINGS)[CAMPAIGN_FILE]
    file = out / CAMPAIGN_FILE
    if out.exists() and not out.is_dir():
        fail(InputError, str(out), "it is no folder", "Name another one with --out DIR.")
    held = sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) if out.is_dir() else []
    if held and CAMPAIGN_FILE not in held:
        fail(InputError, str(out), f"it holds other files ({held[0]} ...)", "Name another folder with --out DIR.")
    if held and file.read_bytes() != content:
        found = "it holds another campaign, or this demo with another --seed"
        fail(InputError, str(out), found, "Name another folder with --out DIR.")
    if not held:
        make_folder(out)
        write_whole(file, content)
    return file


def _verdict(summary: Summary) -> Verdict | None:
    """The best candidate against the truth; None when nothing could be measured."""
    space = summary.problem.candidates
    if not summary.ranked or not isinstance(space, Space):
        return None
    return Verdict.of(space, summary.ranked[0].values)


def _document(file: Path, summary: Summary, verdict: Verdict | None, *, resumed: bool) -> dict[str, Any]:
    return {
        "campaign": str(file),
        "shortlist": str(file.with_name("shortlist.csv")),
        "report": str(file.with_name(PAGE)),
        "resumed": resumed,
        "experiments": summary.status["budget"]["experiments"]["used"],
        "verdict": verdict.to_json() if verdict else None,
        "status": dict(summary.status),
    }


def _say_verdict(summary: Summary, verdict: Verdict | None) -> None:
    if verdict is None:
        say("Every synthesis failed: there is nothing to judge.")
        return
    used = summary.status["budget"]["experiments"]["used"]
    best = ", ".join(f"{name} {value:g}" for name, value in verdict.best_values.items())
    say("")
    say(f"Judged by the truth, which only a virtual laboratory can tell ({verdict.points:,} candidates):")
    say(f"  found       zT {verdict.found:.3f}, {verdict.found / verdict.best:.1%} of the best there is")
    say(f"  true best   zT {verdict.best:.3f} at {best}")
    say(f"  experiments {used}; random choice needs {verdict.random_needs:,.0f} on average for one as good")
