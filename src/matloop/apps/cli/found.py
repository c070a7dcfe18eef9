"""`report`: what was found, as a shortlist, a page, and a summary on the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

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
from matloop.report.sheet import Sheet
from matloop.report.summary import Summary, summary_of
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
    _say(_Report(summary, path, sheet, page, findings), as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Report:
    """What was written."""

    summary: Summary
    shortlist: Path
    sheet: Sheet
    page: Path
    findings: Findings

    def to_json(self) -> dict[str, Any]:
        """The document of `report --json`."""
        return {
            "out": str(self.shortlist),
            "html": str(self.page),
            "modelled": self.summary.modelled,
            "claims": [claim.to_json() for claim in self.findings.claims],
            "shortlist": [dict(zip(self.sheet.header, row, strict=True)) for row in self.sheet.rows],
            "status": self.summary.status,
        }


def _say(report: _Report, *, as_json: bool) -> None:
    """Print what was written."""
    if as_json:
        emit(report.to_json())
        return
    say_summary(report.summary, report.sheet)
    say_claims(report.findings)
    written = f"Wrote {report.shortlist}: {count(len(report.sheet.rows), 'candidate')}."
    say(f"{written} Wrote {report.page}: open it in a browser.")


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
        say(f"Claim: {known_as(findings, claim.candidate)} is the best candidate made: {claim.verdict}{claim.doubt}.")
        for text in claim.missing:
            say(f"  Missing: {text}.")
