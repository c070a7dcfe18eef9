"""`report`: what was found, as a shortlist, a page, and a summary on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matloop.apps.cli.look import say_summary, write_shortlist
from matloop.apps.cli.terminal import Debug, File, Json, emit, look_at_target, say
from matloop.campaign import Campaign
from matloop.decide.words import count
from matloop.errors import InputError, fail
from matloop.report.build import page_of
from matloop.report.findings import Findings, findings_of
from matloop.report.html import MARK
from matloop.report.sections import known_as
from matloop.report.summary import summary_of
from matloop.store.atomic import write_whole

PAGE = "report.html"


def report(
    file: File,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="HTML", help="Where the page goes; default report.html beside FILE.", readable=False
        ),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write shortlist.csv and report.html beside the campaign file and print a summary.

    The page is one file that opens without a network.
    """
    page = file.with_name(PAGE) if out is None else out
    look_at_page(page)
    campaign = Campaign.open(file)
    summary = summary_of(campaign)
    path, sheet = write_shortlist(file, summary)
    findings = findings_of(campaign, summary)
    write_whole(page, page_of(findings))
    if as_json:
        rows = [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
        emit(
            {
                "out": str(path),
                "html": str(page),
                "modelled": summary.modelled,
                "claims": [claim.to_json() for claim in findings.claims],
                "shortlist": rows,
                "status": summary.status,
            }
        )
        return
    say_summary(summary, sheet)
    say_claims(findings)
    say(f"Wrote {path}: {count(len(sheet.rows), 'candidate')}. Wrote {page}: open it in a browser.")


def look_at_page(page: Path) -> None:
    """Look, before any work is done, whether the page can be written.

    Raises:
        InputError: when it cannot, or a file is there that is no report.
    """
    look_at_target(page)
    if page.exists():
        with page.open("rb") as held:
            if held.read(len(MARK)) != MARK.encode("utf-8"):
                fail(InputError, str(page), "it is there, and is no report", "Rename it: it would be overwritten.")


def write_page(file: Path, findings: Findings) -> Path:
    """Write report.html beside a campaign file.

    Raises:
        InputError: when a file of that name is there that is no report.
    """
    page = file.with_name(PAGE)
    look_at_page(page)
    write_whole(page, page_of(findings))
    return page


def say_claims(findings: Findings) -> None:
    """Print what is claimed, and what is missing."""
    for claim in findings.claims:
        say(f"Claim: {known_as(findings, claim.candidate)} is the best candidate made: {claim.verdict}.")
        for text in claim.missing:
            say(f"  Missing: {text}.")
