"""Findings -> the page: what a laboratory reads, in the order in which it asks."""

from __future__ import annotations

import json
from importlib.metadata import version

from matloop.decide.words import count, figure, percent
from matloop.domain.units import unit_beside
from matloop.report import sections
from matloop.report.claims import FRESH, SURE
from matloop.report.figures.progress import progress
from matloop.report.findings import Findings
from matloop.report.html import Page, say
from matloop.report.numerals import with_error
from matloop.report.spending import spent_words

_SHORTEST_DAYS = 0.1  # less is the time of a computer, not of a laboratory


def page_of(findings: Findings) -> str:
    """The report as one HTML file."""
    page = Page(f"{findings.problem.name}: report")
    _head(page, findings)
    if findings.ranked:
        sections.claims(page, findings)
        sections.shortlist(page, findings)
        _progress(page, findings)
        sections.held_out(page, findings)
        sections.importance(page, findings)
        sections.slices(page, findings)
    sections.troubles(page, findings)
    sections.spending(page, findings)
    sections.reasons(page, findings)
    _provenance(page, findings)
    return page.text()


def _head(page: Page, findings: Findings) -> None:
    goal, status = findings.goal, findings.summary.status
    unit = unit_beside(goal.name, goal.unit)
    page.add(f"<h1>{say(findings.problem.name)}</h1>")
    page.add(f'<p class="headline">{say(headline(findings))}</p>')
    for claim in findings.claims:
        page.add(f'<p><span class="badge {claim.verdict}">{claim.verdict}</span> {sections.evidence(claim)}</p>')
    counts, spent = status["counts"], status["budget"]["experiments"]
    limit = f" of {spent['limit']}" if spent["limit"] else ""
    facts = [
        ("Goal", f"{goal.goal} {goal.name}" + (f", in {unit}" if unit else "")),
        ("Experiments", f"{spent['used']}{limit} suggested; {_counted(counts)}"),
    ]
    if said := spent_words(status["budget"]):
        facts.append(("Spent", said))
    if findings.days >= _SHORTEST_DAYS:
        facts.append(("Time", f"{figure(findings.days)} days from the first event to the last"))
    facts += [
        ("Next", f"{status['advice']['action']}: {status['advice']['reason']}"),
        ("Ledger head", f"{status['head']} (seed {findings.problem.seed})"),
    ]
    page.facts(facts)


def _counted(counts: dict[str, int]) -> str:
    """Counts in words, without those that are 0."""
    said = [f"{number} {name}" for name, number in counts.items() if number and name != "readings"]
    return ", ".join([*said, count(counts["readings"], "reading")])


def headline(findings: Findings) -> str:
    """What was found, in one sentence."""
    if not findings.ranked:
        return "Nothing was measured yet."
    best, goal = findings.ranked[0], findings.goal
    unit = unit_beside(goal.name, goal.unit)
    made = sections.called(findings, best)
    if best.prediction is None:
        said = f"{figure(best.reading_mean[goal.name])} (plain mean: there is no model yet)"
    else:
        said = with_error(best.prediction.mean[goal.name], best.prediction.model_std[goal.name], unit)
    return f"Best {goal.name} so far: {said} at {made}"


def _progress(page: Page, findings: Findings) -> None:
    data = findings.progress
    page.section("Progress")
    if data.judged == "truth":
        said = (
            "The laboratory knows the truth, so the best made so far is judged by its true value. Random choice: exact "
            "expectation of the best of as many draws without replacement, among all candidates that can be made; none "
            "of its draws fails."
        )
    else:
        said = "The best made so far, as the model of all readings judges it."
        if len(data.random):
            said += (
                " Random choice is simulated on draws from the model's posterior, since the truth is not known; it is "
                "judged as if it knew which of its candidates is best, which flatters it."
            )
        else:
            said += " Random choice is not shown: it needs a model with a joint posterior."
    if data.told > len(data.readings):
        said += f" {len(data.readings)} of {data.told} readings are drawn."
    page.plot("figure-progress", progress(data, findings.goal), said)
    if len(data.random) and len(data.best) and data.best[-1] == data.best[-1]:
        ahead = "" if data.judged == "truth" else " (simulated)"
        numbers = f"after {count(len(data.best), 'experiment')} the best made is {figure(data.best[-1])}"
        page.add(f"<p>In numbers: {numbers}, of random choice{ahead} {figure(data.random[-1])} is expected.</p>")


def _provenance(page: Page, findings: Findings) -> None:
    page.section("Provenance", "Enough to do it again: the same ledger, settings and versions give the same report.")
    status = findings.summary.status
    versions = ", ".join(f"{name} {what}" for name, what in findings.machine.items())
    page.facts(
        [
            ("Ledger head", status["head"]),
            ("Content", f"{status['content']} (the science alone, without times and machines)"),
            ("Last event", findings.time or "none"),
            ("Made with", f"{versions}, plotly {version('plotly')}"),
            (
                "Rule of claims",
                f"supported: at least {FRESH} fresh readings that agree, {percent(SURE)} sure to be ahead",
            ),
        ]
    )
    for title, content in (("Settings", findings.settings), ("Model", findings.model)):
        if content:
            text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
            page.add(f"<details><summary>{title}</summary><pre>{say(text)}</pre></details>")
