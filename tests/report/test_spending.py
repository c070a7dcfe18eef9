"""Cost and days in the report are those that the outcomes state, added up."""

import pytest

import matloop as ml
from matloop.report.build import page_of
from matloop.report.findings import findings_of
from matloop.report.spending import spending_of


def campaign(*outcomes: tuple[type, dict[str, float]]) -> ml.Campaign:
    held = ml.Campaign(ml.Space([ml.Real("a", 0, 1, step=0.1)]), [ml.Objective("y")], strategy=ml.Sobol())
    for number, (kind, book) in enumerate(outcomes):
        (one,) = held.suggest(1)
        said = ml.Measured(one.id, {"y": float(number)}, **book) if kind is ml.Measured else kind(one.id, **book)
        held.tell(said)
    return held


MIXED = (
    (ml.Measured, {"cost": 50.0, "day": 1.5}),
    (ml.Failed, {"cost": 20.0, "day": 1.0}),
    (ml.Measured, {"cost": 54.5, "day": 3.0}),
    (ml.Measured, {}),
    (ml.Aborted, {"cost": 51.0, "day": 2.75}),
)


def test_costs_are_added_by_what_became_of_the_experiment() -> None:
    spent = spending_of(campaign(*MIXED).state)
    assert spent is not None
    rows = [(row.word, row.readings, row.cost) for row in spent.rows]
    assert rows == [("measured", 2, 104.5), ("aborted", 1, 51.0), ("failed", 1, 20.0)]
    assert (spent.cost, spent.days, spent.silent) == (175.5, 3.0, 1)


def test_the_status_says_the_same_sums() -> None:
    budget = campaign(*MIXED).status()["budget"]
    assert (budget["cost"]["used"], budget["days"]["used"]) == (175.5, 3.0)


def test_the_page_has_a_section_on_cost_and_days() -> None:
    page = page_of(findings_of(campaign(*MIXED)))
    assert "Cost and days" in page
    assert "176 in cost, 3.00 days in the laboratory" in page
    assert "1 outcome of people or laboratories that state no cost" in page


@pytest.mark.parametrize("book", [{}, {"day": 2.0}], ids=["nothing", "days alone"])
def test_what_is_not_stated_is_not_shown(book: dict[str, float]) -> None:
    held = campaign((ml.Measured, book))
    page = page_of(findings_of(held))
    assert ("Cost and days" in page) is bool(book)
    assert "cost of one" not in page
    assert "cost" not in held.status()["budget"]
