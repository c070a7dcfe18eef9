"""Findings -> the page: what a laboratory reads, in the order in which it asks."""

from __future__ import annotations

import json
from importlib.metadata import version

from matloop.decide.words import count, figure, hits_words, percent
from matloop.domain.objective import Objective, optimised
from matloop.domain.units import unit_beside
from matloop.report import pursuit, sections
from matloop.report.claims import FRESH, SURE
from matloop.report.figures.progress import progress
from matloop.report.findings import Findings
from matloop.report.html import Page, say
from matloop.report.numerals import with_error
from matloop.report.progress import Lead, Progress
from matloop.report.spending import spent_words

_SHARE = 0.01  # a larger share of draws is no longer told apart from all of them
_SHORTEST_DAYS = 0.1  # less is the time of a computer, not of a laboratory


def page_of(findings: Findings) -> str:
    """The report as one HTML file."""
    page = Page(f"{findings.problem.name}: report")
    _head(page, findings)
    if findings.ranked and findings.sought is not None:
        pursuit.write(page, findings, findings.sought)
    elif findings.ranked:
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
    status = findings.summary.status
    page.add(f"<h1>{say(findings.problem.name)}</h1>")
    page.add(f'<p class="headline">{say(headline(findings))}</p>')
    alone = findings.sought is None or (findings.sought.best == 1 and findings.sought.volume is None)
    if findings.ranked and alone:
        page.add(f'<p class="made">at {say(sections.called(findings, findings.ranked[0]))}</p>')
    for claim in findings.claims:
        page.add(
            f'<p><span class="badge {claim.verdict}">{claim.verdict}</span> {sections.evidence(findings, claim)}</p>'
        )
    facts = [
        ("Goal", _goals(findings)),
        *findings.tally.rows(),
    ]
    if said := spent_words(status["budget"]):
        facts.append(("Spent", said))
    if hits := status.get("hits"):
        (goal,) = optimised(findings.problem.objectives)
        facts.append(("Hits", hits_words(hits, goal.name, goal.unit)))
    if findings.days >= _SHORTEST_DAYS:
        facts.append(("Time", f"{figure(findings.days)} days from the first event to the last"))
    facts += [
        ("Next", f"{status['advice']['action']}: {status['advice']['reason']}"),
        ("Ledger head", f"{status['head']} (seed {findings.problem.seed})"),
    ]
    page.facts(facts)


def _goals(findings: Findings) -> str:
    """What is sought, in words."""
    if findings.sought is not None:
        return "; ".join(one.words() for one in findings.problem.objectives)
    goal = findings.goal
    unit = unit_beside(goal.name, goal.unit)
    return f"{goal.goal} {goal.name}" + (f", in {unit}" if unit else "")


def headline(findings: Findings) -> str:
    """What was found, in one sentence."""
    if findings.sought is not None:
        return pursuit.headline(findings, findings.sought)
    if not findings.ranked:
        return "Nothing was measured yet."
    best, goal = findings.ranked[0], findings.goal
    unit = unit_beside(goal.name, goal.unit)
    if best.prediction is None:
        said = f"{figure(best.reading_mean[goal.name])} (plain mean: there is no model yet)"
    else:
        said = with_error(best.prediction.mean[goal.name], best.prediction.model_std[goal.name], unit)
    return f"Best {goal.name} so far: {said}"


def _progress(page: Page, findings: Findings) -> None:
    data = findings.progress
    if data is None:
        return
    page.section("Progress")
    page.plot("figure-progress", progress(data, findings.goal), f"{_JUDGED[data.judged]}{_parts(findings, data)}")
    if data.lead is not None:
        page.add(f"<p>{say(led(data.lead, findings.goal))}</p>")


_RANDOM = "Random choice: expected best of as many draws without replacement, none of which fails"
_JUDGED = {
    "truth": f"The laboratory knows the truth, which judges the best made so far. {_RANDOM}, among all candidates that "
    "can be made; exact.",
    "draws": "The truth is not known: it is drawn from the model's posterior, and each draw judges both lines alike, "
    f"the best that this campaign had made by then, and random choice. {_RANDOM}. Lines: means over the draws. "
    "Bands: where 90 % of the draws lie. The comparison is as good as the model, judged below: wrong error bars "
    "mislead it.",
    "model": "The best made so far, as the model of all readings (or without one their plain mean) judges it. Random "
    "choice is not shown: it needs a model with a joint posterior.",
}


def _parts(findings: Findings, data: Progress) -> str:
    """What is counted, and which parts of it are drawn, in words."""
    said = f" Counted: {findings.tally.said()}. Dots: readings, which noise lifts above the truth as often as below."
    if data.told > len(data.readings):
        said += f" {len(data.readings)} of {data.told} readings are drawn."
    if data.judged == "draws" and data.looked < data.made:
        said += f" Of {data.made} candidates made the {data.looked} most promising are judged by the draws."
    if len(data.random_at) and data.random_at[-1] < len(data.experiments):
        last = data.random_at[-1]
        said += f" Random choice is worked out up to {last} experiments, on as many candidates drawn at random."
    return said


def led(lead: Lead, goal: Objective) -> str:
    """The lead over random choice in a sentence."""
    unit = unit_beside(goal.name, goal.unit)
    made, random = figure(lead.made, unit), figure(lead.random, unit)
    said = f"In numbers: after {count(lead.after, 'experiment')} the best made is {made}, of random choice {random} is "
    ahead = goal.sign * (lead.made - lead.random)
    if lead.low is None or lead.high is None or lead.share is None:
        return f"{said}expected: {_ahead(ahead, unit)}."
    sure = percent(lead.share) if 1.0 - lead.share >= _SHARE else f"more than {percent(1.0 - _SHARE)}"
    return (
        f"{said}expected (both simulated): {_ahead(ahead, unit)}, 90 % of the draws between {_ahead(lead.low, unit)} "
        f"and {_ahead(lead.high, unit)}. It is ahead in {sure} of the draws."
    )


def _ahead(gain: float, unit: str | None) -> str:
    return f"{figure(abs(gain), unit)} {'ahead' if gain >= 0 else 'behind'}"


_RULE = f"supported: at least {FRESH} fresh readings that agree, {percent(SURE)} sure to be ahead"


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
            *([("Rule of claims", _RULE)] if findings.sought is None else []),
        ]
    )
    for title, content in (("Settings", findings.settings), ("Model", findings.model)):
        if content:
            text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
            page.add(f"<details><summary>{title}</summary><pre>{say(text)}</pre></details>")
