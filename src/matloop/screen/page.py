"""The report of a screen: one page that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matloop.bench.uncertainty import LEVELS
from matloop.chem import compositions
from matloop.chem.elements import SYMBOLS
from matloop.decide.shortlists import COLUMNS
from matloop.report.figures.elements import elements
from matloop.report.figures.screened import Points, calibration, parity, risk_return
from matloop.report.html import Page, say
from matloop.screen.job import Found, shortlist_table
from matloop.screen.promise import not_chosen, promise
from matloop.screen.stream import Block
from matloop.screen.warn import warnings
from matloop.screen.words import learned_words, repeated_words
from matloop.validate.domain import explained

_SIDES = {
    "greedy": "the best means, whatever their risk",
    "low-risk": "the best mean less one std",
    "diverse": "the best mean value at a limited risk of all being wrong together",
}


def page_of(found: Found) -> str:
    """The whole page."""
    quantity = found.settings.columns.target
    page = Page(f"matloop screen: {quantity}")
    page.add(f"<h1>Screen of {say(str(found.settings.candidates.name))}</h1>")
    page.add(f'<p class="headline">{say(_headline(found))}</p>')
    _facts(page, found)
    _shortlist(page, found)
    _validation(page, found)
    _sides(page, found)
    _elements(page, found)
    return page.text()


def _headline(found: Found) -> str:
    chosen = found.chosen
    text = f"{len(chosen.rows)} of {found.screened.counted.predicted:,} candidates are chosen"
    said = promise(chosen)
    return text if said is None else f"{text}; {said}"


def honest_words(found: Found) -> str:
    """How far the promise can be trusted, in a sentence or two."""
    if found.validated is None:
        return "Nothing was validated: how far the stated errors hold is not known."
    judged = found.validated.judged
    figures = judged.figures()
    text = (
        f"Validated by {judged.how}: mean absolute error {figures['mean_absolute_error']:.3g}, R2 {figures['r2']:.2f}; "
        f"the stated 90 % intervals held {100 * figures['within_90']:.0f} % of the left-out readings."
    )
    if found.held is None:
        return text
    nearer = found.held.nearer(found.chosen.rows.distance)
    return f"{text} {found.held.lead()}: {found.held.words()}{'' if nearer is None else f'; {nearer}'}."


def _facts(page: Page, found: Found) -> None:
    counted, settings = found.screened.counted, found.settings
    facts = [
        ("learned from", f"{len(found.training.lessons.y)} rows of {settings.training.name}"),
        ("groups", f"by {found.training.grouped_by}, kept whole wherever rows are left out"),
        ("model", ", ".join(f"{one['name']} ({one['weight']:.2f})" for one in found.model.describe()["surrogates"])),
        ("candidates", f"{counted.predicted:,}, {counted.rows:,} predictions"),
    ]
    if counted.bad:
        facts.append(("set aside", f"{counted.bad:,} rows, see set-aside.csv"))
    facts += [(name, f"{count:,} pass") for name, count in counted.passed.items()]
    if counted.passed:
        facts.append(("all filters", f"{counted.kept:,} pass"))
    if counted.known:
        facts.append(("measured already", f"{counted.known:,}, {'taken' if settings.measured else 'left out'}"))
    facts.append(("rule", f"{settings.choice.rule}: {found.chosen.passed:,} predictions meet it"))
    if left := not_chosen(found.chosen):
        facts.append(("outside", left))
    page.facts(facts)
    for text in (*learned_words(found.training)[1:], repeated_words(found.repeated)):
        if text:
            page.add(f"<p>{say(text.strip())}</p>")


def _shortlist(page: Page, found: Found) -> None:
    page.section("The shortlist", honest_words(found))
    for text in warnings(found):
        page.add(f"<p>Warning: {say(text)}</p>")
    header, rows = shortlist_table(found)
    shown = [[_short(cell) for cell in row] for row in rows]
    numbers = [name for i, name in enumerate(header) if all(_is_number(row[i]) for row in rows)]
    page.table(header, shown, numbers)
    page.add(f"<p>{say(explained())}</p>")
    chosen, choice = found.chosen, found.settings.choice
    corner = (choice.value, choice.std)
    figure = risk_return(_points(chosen.cloud), _points(chosen.rows), found.settings.columns.target, corner)
    page.plot(
        "risk", figure, "Predicted mean against its std; candidates that passed all filters, thinned; chosen marked."
    )


def _validation(page: Page, found: Found) -> None:
    if found.validated is None:
        return
    judged = found.validated.judged
    lead = (
        f"Each row was predicted by a model that had not seen its group ({judged.how}). The errors are those of a "
        "reading of a new group, which is what a candidate is."
    )
    page.section("How the model was validated", lead)
    figures = judged.figures()
    named = {
        "mean_absolute_error": "mean absolute error",
        "r2": "R2",
        "within_90": "share within the stated 90 % interval",
        "width_90": "mean width of that interval",
    }
    page.facts([(words, f"{figures[name]:.3g}") for name, words in named.items()])
    points = Points(found.training.formulas, judged.mean, judged.std)
    page.add('<div class="pair">')
    page.plot("parity", parity(points, judged.y, found.settings.columns.target), "Left-out rows: measured, predicted.")
    held = np.array([figures[f"within_{level * 100:g}"] for level in LEVELS])
    page.plot("calibration", calibration(np.array(LEVELS), held), "How many left-out readings the intervals hold.")
    page.add("</div>")


def _sides(page: Page, found: Found) -> None:
    page.section("Three ways to choose", "; ".join(f"{name}: {what}" for name, what in _SIDES.items()) + ".")
    rows = [["" if cell is None else _figure(cell) for cell in one.cells()] for one in found.chosen.sides]
    page.table(list(COLUMNS), rows, list(COLUMNS[1:]))
    members = [found.chosen.among.only(one.rows).column("formula").tolist() for one in found.chosen.sides]
    ranked = [[str(rank + 1), *(str(one[rank]) for one in members)] for rank in range(len(members[0]))]
    page.table(["rank", *(one.name for one in found.chosen.sides)], ranked, ["rank"])


def _elements(page: Page, found: Found) -> None:
    page.section("Elements", "How many of the chosen hold each element.")
    counts = element_counts(found.chosen.rows.column("formula").tolist())
    page.plot("elements", elements(counts, "chosen candidates"), "Elements of the shortlist.")


def element_counts(formulas: Sequence[str]) -> dict[str, float]:
    """Symbol -> how many formulas hold it."""
    counted = np.bincount(compositions(formulas).places, minlength=len(SYMBOLS))
    return {SYMBOLS[place]: float(counted[place]) for place in np.flatnonzero(counted).tolist()}


def _points(rows: Block) -> Points:
    return Points(tuple(rows.column("formula").tolist()), rows.mean, rows.std)


def _figure(cell: object) -> str:
    return f"{cell:.3g}" if isinstance(cell, int | float) else str(cell)


def _short(cell: str) -> str:
    return f"{float(cell):.4g}" if _is_number(cell) and "." in cell else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower() not in ("nan", "inf", "infinity")  # NaN is a compound
