"""An inspection as a page and as a table: every finding, and every row that one is about."""

from __future__ import annotations

from matloop.care.finding import SEVERITIES, Finding, Inspection, lines_words
from matloop.decide.words import count
from matloop.report.html import Page, say
from matloop.report.sheet import Cell, Sheet

HEADER = ("severity", "kind", "place", "columns", "found", "cure")
"""Of the table of findings; `place` is a line of the file (or a row, where nothing has a line), empty for the whole."""
_LINES = 200  # lines of a finding on the page; the table holds all


def verdict(inspection: Inspection) -> str:
    """One sentence on the whole."""
    counts = inspection.counts
    if not inspection.findings:
        return "Nothing was found."
    said = ", ".join(count(counts[severity], severity) for severity in SEVERITIES if counts[severity])
    if counts["error"]:
        return f"{said}. What is computed from this table as it stands is wrong where the errors say."
    return f"{said}. " + (
        "Look the warnings up before you trust what is learned." if counts["warning"] else "It is sound."
    )


def findings_sheet(inspection: Inspection) -> Sheet:
    """One row for each row that a finding is about, so that a spreadsheet can sort and filter them."""
    rows: list[tuple[Cell, ...]] = []
    for finding in inspection.findings:
        columns = " ".join(finding.columns)
        for line in finding.lines or (None,):
            rows.append((finding.severity, finding.kind, line, columns, finding.found, finding.cure))
    return Sheet(HEADER, tuple(rows))


def inspection_page(inspection: Inspection) -> str:
    """One HTML file that loads nothing."""
    page = Page(f"Inspection of {inspection.source}")
    page.add(f"<h1>{say(inspection.source)}</h1>")
    page.facts(
        [
            ("Rows", f"{inspection.rows:,}"),
            ("Columns", f"{len(inspection.columns):,}"),
            ("Verdict", verdict(inspection)),
        ]
    )
    for severity in SEVERITIES:
        some = [finding for finding in inspection.findings if finding.severity == severity]
        if some:
            page.section(f"{severity.capitalize()}s")
            rows = [(one.kind, one.found, _where(one, inspection.word), one.cure) for one in some]
            page.table(("kind", "found", "where", "what to do"), rows)
    page.section(
        "What the columns were taken for", "Guesses are made from the headers; the options of inspect name others."
    )
    page.table(
        ("role", "column", "unit", "how"),
        [(role.role, role.column, role.unit or "", role.how) for role in inspection.roles],
    )
    page.section("What was looked for")
    page.table(("check", "looked"), [(one.check, one.skipped or "yes") for one in inspection.looked])
    return page.text()


def _where(finding: Finding, word: str) -> str:
    if len(finding.lines) <= _LINES:
        return ", ".join(map(str, finding.lines))
    return lines_words(finding.lines, word)
