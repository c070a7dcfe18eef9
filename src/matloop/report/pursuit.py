"""The sections of a report where goals are several, a target, a range, or bound by limits."""

from __future__ import annotations

from dataclasses import replace

from matloop.decide.words import count, figure, percent
from matloop.domain.objective import Objective, optimised
from matloop.domain.ranked import Ranked
from matloop.domain.units import unit_beside
from matloop.report import sections
from matloop.report.figures.front import front as draw_front
from matloop.report.figures.growth import growth as draw_growth
from matloop.report.findings import Findings
from matloop.report.html import Page, say
from matloop.report.numerals import setting, with_error
from matloop.report.sought import Sought, complete, figures_of, volume_words

_SHORTLIST = 20  # candidates on the page, or the whole front where that is longer
_LEFT = 30  # candidates listed that are not best


def headline(findings: Findings, sought: Sought) -> str:
    """What was found, in one sentence."""
    goals = optimised(findings.problem.objectives)
    if not findings.ranked:
        return "Nothing was measured yet."
    if not goals:
        names = ", ".join(one.name for one in findings.problem.objectives if one.goal == "learn")
        return f"Known so far of {names}: {count(len(findings.ranked), 'candidate')} read"
    if not sought.best:
        return "Nothing measured holds the limits more likely than not."
    if len(goals) > 1:
        said = f"Front: {count(sought.best, 'candidate')} that no other made beats in every goal"
        return f"{said}; {volume_words(sought, goals)}"
    return f"Best so far: {_said(findings.ranked[0], goals[0])}"


def _said(item: Ranked, goal: Objective) -> str:
    """One quantity of one candidate, and how far it is from what is sought."""
    value, unit = figures_of(item)[goal.name], unit_beside(goal.name, goal.unit)
    if item.prediction is None:
        return f"{goal.name} {figure(value, goal.unit)} (plain mean: there is no model yet)"
    said = f"{goal.name} {with_error(value, item.prediction.model_std[goal.name], unit)}"
    if goal.goal == "target" and goal.value is not None:
        return f"{said}, {figure(abs(value - goal.value), unit)} from the target {goal.value:g}"
    return said


def write(page: Page, findings: Findings, sought: Sought) -> None:
    """Everything between the head and what did not work."""
    shortlist(page, findings, sought)
    fronts(page, findings, sought)
    grown(page, findings, sought)
    left(page, sought)
    for objective, views in findings.facets:
        facet = replace(findings, about=objective, views=views)
        page.add(f"<h2>{say(objective.name)}</h2>", f"<p>{say(objective.words())}.</p>")
        sections.held_out(page, facet)
        sections.importance(page, facet)
        sections.slices(page, facet)


def shortlist(page: Page, findings: Findings, sought: Sought) -> None:
    """The best candidates, with every quantity, and how sure it is that they are best."""
    objectives, goals = findings.problem.objectives, optimised(findings.problem.objectives)
    shown = complete(findings.ranked, objectives)[: max(_SHORTLIST, sought.best)]
    lead = (
        "Mean of the model ± its standard deviation, which more data would shrink."
        if findings.summary.modelled
        else "Plain means of the readings: there is no model yet."
    )
    if len(goals) > 1:
        lead += (
            " Layer 1 holds what no other beats, layer 2 what only layer 1 beats; adds: hypervolume that it alone adds."
        )
    if sought.passed:
        lead += f" The first is best by height above the worst times the probability of holding. {sought.passed}."
    if sought.chances:
        lead += " Sure: probability under the model of being among the best made, and of holding the limits."
    if len(findings.ranked) > len(shown):
        lead += f" {len(shown)} of {len(findings.ranked)}; shortlist.csv holds all."
    page.section("Shortlist", lead)
    if not shown:
        page.add("<p>No candidate has readings of every objective yet.</p>")
        return
    names = findings.problem.candidates.names[:8]
    titles = [_titled(name, sections.unit_of(findings, name)) for name in names]
    measured = [_titled(one.name, one.unit) for one in objectives]
    more = [
        *(["layer", "adds"] if len(goals) > 1 else []),
        *(["holds limits"] if any(one.goal == "limit" for one in objectives) else []),
        *(["sure"] if sought.chances else []),
        *(["read beyond"] if any(item.cut for item in shown) else []),
    ]
    header = ["rank", "candidate", *titles, *measured, "readings", *more]
    rows = [_row(item, names, objectives, more, sought) for item in shown]
    page.table(header, rows, ["rank", *measured, "readings", *more], best=0 if sought.best else -1)


def _row(
    item: Ranked, names: tuple[str, ...], objectives: tuple[Objective, ...], more: list[str], sought: Sought
) -> list[str]:
    cells = [str(item.rank), item.candidate, *(setting(item.values[name]) for name in names)]
    for one in objectives:
        value, said = figures_of(item)[one.name], item.prediction
        cells.append(figure(value) if said is None else with_error(value, said.model_std[one.name]))
    chance = sought.chances.get(item.candidate)
    told = {
        "layer": str(item.layer or ""),
        "adds": "" if item.contribution is None else figure(item.contribution),
        "holds limits": "" if item.holds is None else percent(item.holds),
        "sure": "" if chance is None else percent(chance),
        "read beyond": item.cut,
    }
    return [*cells, str(item.readings), *(told[name] for name in more)]


def _titled(name: str, unit: str | None) -> str:
    beside = unit_beside(name, unit)
    return f"{name} ({beside})" if beside not in (None, "1") else name


def fronts(page: Page, findings: Findings, sought: Sought) -> None:
    """Quantities against each other."""
    items = complete(findings.ranked, findings.problem.objectives)
    if not sought.pairs or not items:
        return
    several = len(optimised(findings.problem.objectives)) > 1
    lead = (
        "Every candidate made, by the mean of the model; bars hold the truth with 90 %. Dashed red lines: limits. "
        "Dashed blue lines: what is aimed at."
    )
    if several:
        lead += " Dotted lines: the reference, from which on nothing counts."
    page.section("Front" if several else "Goal and limits", lead)
    flat = len(optimised(findings.problem.objectives)) == 2
    for place, pair in enumerate(sought.pairs, start=1):
        drawn = draw_front(items, sought.best, pair, sought.reference, flat=flat)
        page.plot(f"figure-front-{place}", drawn, f"{pair[0].words()}; {pair[1].words()}.")


def grown(page: Page, findings: Findings, sought: Sought) -> None:
    """How what was sought grew."""
    data = sought.growth
    if data is None:
        return
    page.section("Progress")
    by = "the model of all readings" if findings.summary.modelled else "the plain means of the readings"
    caption = (
        f"{data.what[0].upper()}{data.what[1:]} of all that was made so far and holds the limits, as {by} judges it. "
        f"Counted: {findings.tally.said()}."
    )
    page.plot("figure-growth", draw_growth(data), caption)


def left(page: Page, sought: Sought) -> None:
    """Which candidates are not best, and why."""
    if not sought.left:
        return
    lead = "By the mean of the model, and by the probability that the limits hold."
    if len(sought.left) > _LEFT:
        lead += f" The first {_LEFT} of {len(sought.left)}."
    page.section("Beaten, or beyond a limit", lead)
    page.table(["candidate", "why"], [[one.candidate, one.why] for one in sought.left[:_LEFT]])
