"""The sections of a report: from findings to tables, figures and what they mean."""

from __future__ import annotations

from matloop.decide.words import apart_words, calibration_words, count, figure, percent, suspect_words
from matloop.domain.crossed import spoken
from matloop.domain.pool import Pool
from matloop.domain.ranked import Ranked
from matloop.domain.units import unit_beside
from matloop.report.claims import FRESH, SURE, Claim
from matloop.report.figures.coverage import coverage as draw_coverage
from matloop.report.figures.held_out import against_measured
from matloop.report.figures.importance import importance as draw_importance
from matloop.report.figures.line import line as draw_line
from matloop.report.figures.map import pair_map
from matloop.report.figures.ternary import ternary as draw_ternary
from matloop.report.findings import Findings
from matloop.report.html import Page, say
from matloop.report.numerals import setting, with_error

_SHORTLIST = 12  # candidates on the page; the CSV holds all
_TROUBLES = 50  # readings without a number that are listed; the rest is counted
_REASONS = 20  # suggestions of the last ask that are listed
_FEATURES = 8  # features of a candidate in a sentence or a table
_CERTAIN = 0.99  # beyond it a probability of a model is no longer told apart from certainty, which it is not
_LONG = 60  # letters of a setting in a table; SMILES would push everything else aside


def unit_of(findings: Findings, name: str) -> str | None:
    """The unit of a feature or parameter, measured ones too."""
    candidates = findings.problem.candidates
    measured = {one.name: one.unit for one in candidates.context}
    if name in measured:
        return measured[name]
    place = candidates.names.index(name)
    if isinstance(candidates, Pool):
        return candidates.units[place]
    unit: str | None = getattr(candidates.parameters[place], "unit", None)
    return unit


def settings(findings: Findings, item: Ranked) -> str:
    """How a candidate is made, in words."""
    names = [name for name in findings.problem.candidates.names if name in item.values]
    said = [
        f"{name} {_short(setting(item.values[name]))}{_tail(unit_beside(name, unit_of(findings, name)))}"
        for name in names
    ]
    more = [f"{len(said) - _FEATURES} more"] if len(said) > _FEATURES else []
    return ", ".join([*said[:_FEATURES], *more])


def called(findings: Findings, item: Ranked) -> str:
    """A candidate in a headline: how it is made, after its id where a person gave it one."""
    candidates, made = findings.problem.candidates, settings(findings, item)
    own = isinstance(candidates, Pool) and candidates.id_name is not None
    return f"{item.candidate} ({made})" if own else made


def under(item: Ranked) -> str:
    """At which context a candidate is predicted, in words; none without context parameters."""
    said = ", ".join(f"{name} = {figure(value)}" for name, value in item.context.items())
    return f"made at {said}" if said else ""


def _tail(unit: str | None) -> str:
    return f" {unit}" if unit not in (None, "1") else ""


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def known_as(findings: Findings, candidate: str) -> str:
    """A ranked candidate's id, with what it is where the id is a digest of a pool's row and settings."""
    item = next((item for item in findings.ranked if item.candidate == candidate), None)
    return candidate if item is None else spoken(findings.problem.candidates, candidate, item.values)


def evidence(findings: Findings, claim: Claim) -> str:
    """What speaks for a claim, as HTML."""
    said = [count(claim.readings, "reading"), f"{claim.fresh} of them fresh"]
    if claim.better is not None and claim.runner_up is not None:
        sure = percent(claim.better) if claim.better <= _CERTAIN else f"more than {percent(_CERTAIN)}"
        rival = known_as(findings, claim.runner_up)
        said.append(f"better than the runner-up {rival} with a probability of {sure}{claim.doubt}")
    return say(", ".join(said) + ".")


def claims(page: Page, findings: Findings) -> None:
    """What is claimed, and what is missing."""
    lead = (
        "Candidates are ranked by the mean of the model, never by the luckiest reading. A claim is supported when the "
        f"candidate has at least {FRESH} fresh readings, taken after it had become the best, which agree within their "
        f"errors, and when it is better than the runner-up, and than all others together, with a probability of at "
        f"least {percent(SURE)}. Else it is provisional."
    )
    page.section("What is claimed", lead)
    for claim in findings.claims:
        badge = f'<span class="badge {claim.verdict}">{claim.verdict}</span>'
        page.add(
            f"<p>{badge} <strong>{say(known_as(findings, claim.candidate))}</strong> is the best candidate made. "
            f"{evidence(findings, claim)}</p>"
        )
        made = next(item for item in findings.ranked if item.candidate == claim.candidate)
        page.add(f'<p class="soft">Made with: {say(settings(findings, made))}.</p>')
        if claim.agreement is not None:
            said = f"{percent(claim.agreement)} of honest sets of readings scatter as much as its fresh ones, or more."
            page.add(f'<p class="soft">{say(said)}</p>')
        if claim.missing:
            page.add("<p>Missing:</p><ul>", *(f"<li>{say(text)}.</li>" for text in claim.missing), "</ul>")


def shortlist(page: Page, findings: Findings) -> None:
    """The best candidates, with both kinds of error."""
    goal, rows = findings.goal, findings.ranked[:_SHORTLIST]
    modelled = findings.summary.modelled
    lead = (
        "Mean of the model ± its standard deviation, which more data would shrink. Noise: standard deviation of one "
        "new reading. The plain mean of a candidate's readings stands beside them."
        if modelled
        else "Plain means of the readings: there is no model yet."
    )
    if len(findings.ranked) > len(rows):
        lead += f" The best {len(rows)} of {len(findings.ranked)}; shortlist.csv holds all."
    if at := under(rows[0]):
        lead += f" Predictions are {at}."
    page.section("Shortlist", lead)
    names = findings.problem.candidates.names[:_FEATURES]
    titles = [f"{name}{_bracket(unit_beside(name, unit_of(findings, name)))}" for name in names]
    mean = f"{goal.name}{_bracket(unit_beside(goal.name, goal.unit))}"
    header = ["rank", "candidate", *titles, mean, "noise", "readings", "plain mean"]
    cells = []
    for item in rows:
        made = [_short(setting(item.values[name])) if name in item.values else "" for name in names]
        said = item.prediction
        plain = figure(item.reading_mean[goal.name]) if goal.name in item.reading_mean else item.cut
        model = with_error(said.mean[goal.name], said.model_std[goal.name]) if said else plain
        noise = figure(said.noise_std[goal.name]) if said else ""
        cells.append([str(item.rank), item.candidate, *made, model, noise, str(item.readings), plain])
    page.table(header, cells, ["rank", mean, "noise", "readings", "plain mean", *_numeric(cells, titles)], best=0)


def _bracket(unit: str | None) -> str:
    return f" ({unit})" if unit not in (None, "1") else ""


def _numeric(cells: list[list[str]], titles: list[str]) -> list[str]:
    """Which of the columns after rank and candidate hold numbers alone."""

    def number(text: str) -> bool:
        try:
            float(text or "0")
        except ValueError:
            return False
        return True

    return [title for place, title in enumerate(titles, start=2) if all(number(row[place]) for row in cells)]


def held_out(page: Page, findings: Findings) -> None:
    """Leave-one-out and coverage."""
    views, goal = findings.views, findings.goal
    page.section("Can the model be trusted?")
    if not findings.summary.modelled:
        page.add("<p>There is no model yet: readings with two distinct values make one.</p>")
        return
    page.add(*(f"<p>{say(text)}</p>" for text in (*judged_words(findings), *views.absent)))
    data = views.predicted
    if data is None:
        return
    n = len(data.labels)
    which = f"{count(n, 'candidate')}" if n == data.of else f"{n} of {data.of} candidates, spread evenly"
    r2 = f", R² {figure(data.r2)}" if data.r2 is not None else ""
    said = (
        f"Leave-one-out: each of {which}, predicted without any reading of its own (Rasmussen and Williams 2006, eq. "
        f"5.12; hyper-parameters kept). Root mean squared difference {figure(data.rmse)}{r2}."
    )
    covered = (
        "Share of measured means inside the leave-one-out intervals of each stated coverage. Above the dotted line the "
        "error bars are too wide, below it too narrow."
    )
    page.add('<div class="pair">')
    page.plot("figure-held-out", against_measured(data, goal), said)
    page.plot("figure-coverage", draw_coverage(views.coverage), covered)
    page.add("</div>")
    header = ["stated", "observed", "95 % confidence", "inside"]
    rows = [
        [percent(one.level), percent(one.share), f"{percent(one.low)} to {percent(one.high)}", f"{one.inside} of {n}"]
        for one in views.coverage
    ]
    page.table(header, rows, header)


def judged_words(findings: Findings) -> list[str]:
    """Whether the stated errors of what is spoken of are true, and which of its readings were set apart."""
    goal, names = findings.goal, [one.name for one in findings.problem.objectives]
    apart = apart_words(findings.model, goal.name)
    said = (
        [f"{apart}. What is set apart stays in the ledger and counts for next to nothing in the model."]
        if apart
        else []
    )
    if suspects := suspect_words(findings.model, goal.name):
        said.append(f"{suspects}.")
    judged = findings.model.get("calibration")
    if not judged:
        return ["Nobody judged whether the stated errors are true: calibrate is off.", *said]
    one = judged[names.index(goal.name)]
    words = f"The stated errors are {calibration_words(one)}."
    if one["zms"] is not None:
        words += (
            f" Before correction the mean square of left-out errors in units of their std (ZMS, 1 if true) was "
            f"{figure(one['zms'])} and {percent(one['covered'])} of them lay within the 90 % interval; model_std is "
            f"multiplied by {figure(one['factor'])}."
        )
    return [words, *said]


def importance(page: Page, findings: Findings) -> None:
    """Which features matter."""
    data = findings.views.importance
    if data is None:
        return
    said = (
        "Variance-based sensitivity of the fitted mean over "
        f"2 x {data.samples} candidates drawn at random (Jansen's estimators: Saltelli et al. 2010, table 2). Bars: "
        "one standard error. What the model has not learned, it cannot show."
    )
    if findings.views.mixture is not None or isinstance(findings.problem.candidates, Pool):
        said += (
            " Features are varied as if they were independent, which parts of a mixture or columns of a table are not."
        )
    page.section("What matters")
    page.plot("figure-importance", draw_importance(data), said)


def slices(page: Page, findings: Findings) -> None:
    """The model around the best candidate."""
    views, goal = findings.views, findings.goal
    if not views.lines:
        return
    lead = (
        "One feature moves, the others stay as in the best candidate (dashed line). Line: mean. Dark band: where the "
        "truth lies with 95 %. Light band: where one new reading lies with 95 %."
    )
    page.section("Around the best candidate", lead)
    page.add('<div class="pair">')
    for place, one in enumerate(views.lines, start=1):
        rest = "the other parts of the mixture give way in proportion" if one.rescaled else "all else as in the best"
        caption = f"{one.name}: {rest}."
        page.plot(f"figure-slice-{place}", draw_line(one, goal, unit_of(findings, one.name)), caption)
    for place, pair in enumerate(views.maps, start=1):
        units = (unit_of(findings, pair.names[0]), unit_of(findings, pair.names[1]))
        caption = f"{pair.names[0]} and {pair.names[1]}: mean of the model. Cross: best candidate."
        page.plot(f"figure-map-{place}", pair_map(pair, goal, units), caption)
    page.add("</div>")
    if views.ternary is not None:
        a, b, c = views.ternary.names
        caption = (
            f"{a} + {b} + {c} = {setting(views.ternary.total)}: mean of the model, all else as in the best candidate. "
            "Dots: mixtures that were made. Cross: best candidate."
        )
        page.plot("figure-ternary", draw_ternary(views.ternary, goal), caption)


def troubles(page: Page, findings: Findings) -> None:
    """What failed, was aborted, or lies beyond a limit."""
    found = findings.troubles
    if not found:
        return
    lead = "Failed: would not form. Aborted: says nothing. Below, above: beyond a limit of detection."
    if len(found) > _TROUBLES:
        lead += f" The last {_TROUBLES} of {len(found)}."
    page.section("What did not work", lead)
    rows = [
        [one.where, one.candidate, one.status, "" if one.limit is None else figure(one.limit), one.note]
        for one in found[-_TROUBLES:]
    ]
    page.table(["key", "candidate", "status", "limit", "note"], rows, ["limit"])


def spending(page: Page, findings: Findings) -> None:
    """What the campaign cost, in money and days."""
    spent = findings.spending
    if spent is None:
        return
    said = []
    if spent.days is not None:
        said.append(f"The last outcome was ready on day {figure(spent.days)} of the laboratory's clock.")
    if spent.cost is not None:
        said.append("Cost as the laboratory states it, in its own unit; what failed or was aborted costs too.")
        if spent.silent:
            said.append(f"{count(spent.silent, 'outcome')} of people or laboratories that state no cost: not counted.")
    page.section("Cost and days", " ".join(said))
    if spent.cost is not None:
        rows = [[row.word, str(row.readings), figure(row.cost), figure(row.cost / row.readings)] for row in spent.rows]
        readings = sum(row.readings for row in spent.rows)
        rows.append(["all", str(readings), figure(spent.cost), figure(spent.cost / readings)])
        page.table(["became", "outcomes", "cost", "cost of one"], rows, ["outcomes", "cost", "cost of one"])


def reasons(page: Page, findings: Findings) -> None:
    """Why the last suggestions were made."""
    asked, goals = findings.asked, findings.problem.objectives
    if not asked:
        return
    more = f" The first {_REASONS} of {len(asked)}." if len(asked) > _REASONS else ""
    page.section("Why the last suggestions", f"What the last ask chose, as it was predicted then.{more}")
    rows = []
    for one in asked[:_REASONS]:
        said = one.suggestion.prediction
        expected = [with_error(said.mean[goal.name], said.total_std[goal.name]) if said else "" for goal in goals]
        rows.append([one.suggestion.id, one.suggestion.candidate, one.stage, *expected, one.suggestion.reason])
    if len(goals) == 1:
        titles = [f"predicted reading{_bracket(goals[0].unit)}"]
    else:
        titles = [f"predicted {goal.name}{_bracket(goal.unit)}" for goal in goals]
    page.table(["suggestion", "candidate", "became", *titles, "reason"], rows, titles)
