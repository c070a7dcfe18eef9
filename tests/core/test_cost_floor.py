"""Costs of a space are above 0 for every candidate, a budget pays for one at least, and what lacks is named."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop import audit
from matloop.decide import Choice, Chosen
from matloop.domain.interval import reach
from matloop.domain.syntax import parse
from matloop.errors import BudgetExhausted, InputError, LedgerError, PoolExhausted, SpaceError

SMALL = [ml.Real("x", 0, 10, step=1), ml.Real("z", 0, 10, step=1)]
LARGE = [ml.Real("x", 0, 10), ml.Real("z", -10, 10), ml.Real("w", 1, 2), ml.Categorical("s", ["a", "b"])]


def campaign(candidates, **terms) -> ml.Campaign:
    return ml.Campaign(candidates, [ml.Objective("y", goal="maximize")], **{"seed": 1, "initial": 4, **terms})


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("x - 5", "it is -5 for x = 0, and not above 0 for 66 of 121 candidates"),
        ("x", "it is 0 for x = 0, and not above 0 for 11 of 121 candidates"),
        ("x / z", "it is no finite number for x = 0, z = 0, and not above 0 for 21 of 121 candidates"),
        ("(x - 5) * (z - 5) + 26 - x - z", "it is -3 for x = 0, z = 9, and not above 0 for 10 of 121 candidates"),
        ("0 - 2", "it is -2 for every candidate"),
    ],
    ids=["negative", "zero", "divided by zero", "within", "constant"],
)
def test_every_point_of_a_small_space_that_costs_nothing_or_less_is_counted(expression: str, found: str) -> None:
    with pytest.raises(SpaceError) as error:
        campaign(ml.Space(SMALL), cost=ml.Cost(expression=expression))
    (fault,) = error.value.faults
    assert fault.place == f"[cost] expression {expression!r}"
    assert fault.found == found
    assert "above 0 for every candidate" in fault.cure


def test_points_that_a_constraint_takes_out_need_no_cost() -> None:
    space = ml.Space(SMALL, constraints=[ml.Expression("x >= 6")])
    assert campaign(space, cost=ml.Cost(expression="x - 5")).problem.costs.least == 1.0


@pytest.mark.parametrize(
    ("expression", "constraints"),
    [
        ("1 - 0.1000001 * x", []),
        ("1 / w - 0.5", []),
        ("5 - x + 0.1 * z * z", []),
        ("x * z + 95", []),
        ("0.9999 - 0.1 * x", [ml.Expression("x + w <= 11.5")]),
    ],
    ids=["linear", "fraction", "inner", "product", "constrained"],
)
def test_in_a_space_too_large_to_list_a_cost_of_nothing_or_less_is_found(expression: str, constraints) -> None:
    with pytest.raises(SpaceError, match=r"\[cost\] expression .*: it is (-|0|no finite)"):
        campaign(ml.Space(LARGE, constraints=constraints), cost=ml.Cost(expression=expression))


def test_in_a_mixture_the_corner_that_costs_nothing_is_found_downhill() -> None:
    names = list("abcdef")
    space = ml.Space([ml.Real(name, 0, 100, step=1) for name in names], constraints=[ml.Sum(names, equals=100)])
    assert space.enumerate(10**5) is None
    with pytest.raises(SpaceError, match=r"it is -0\.5 for b = 100, c = 0"):
        campaign(space, cost=ml.Cost(expression="(99.5 - b) * (1 + 0 * c)"))


@pytest.mark.parametrize("expression", ["0.1 + x * (w - 1)", "1 + 0.01 * (10 - z)", "w / (w + x)", "x - x + 1"])
def test_an_expression_above_0_everywhere_is_accepted_in_a_large_space(expression: str) -> None:
    one = campaign(ml.Space(LARGE), cost=ml.Cost(expression=expression))
    assert one.suggest(1)[0].cost > 0


@pytest.mark.parametrize(
    ("text", "ends"),
    [("x - x", (0, 0)), ("2*x - z", (-10, 30)), ("x * z", (-100, 100)), ("1 / (z + 11)", (Fraction(1, 21), 1))],
)
def test_bounds_of_a_figure_hold_over_the_box(text: str, ends) -> None:
    box = {"x": (Fraction(0), Fraction(10)), "z": (Fraction(-10), Fraction(10))}
    assert reach(parse(text), box) == ends
    assert reach(parse("1 / z"), box) is None


@dataclass(frozen=True)
class Picks:
    """A strategy that picks one given point of a space."""

    name: ClassVar[str] = "picks"

    values: dict = field(default_factory=dict)

    def suggest(self, task) -> Chosen:
        candidate = task.candidates.resolve(self.values)
        return Chosen((Choice(candidate, None, "picked", None),), {})


def test_an_ask_that_meets_a_candidate_without_a_cost_names_it_with_the_expression_and_what_it_gives() -> None:
    hidden = "1 - 0.01 * x - 1.5 / (1 + 1e12 * (x - 3) * (x - 3) + 1e12 * (z - 1) * (z - 1))"  # a needle in hay
    values = {"x": 3, "z": 1, "w": 1, "s": "a"}
    one = campaign(ml.Space(LARGE), cost=ml.Cost(expression=hidden), strategy=Picks(values))
    with pytest.raises(SpaceError) as error:
        one.suggest(1)
    (fault,) = error.value.faults
    id_ = one.problem.candidates.resolve(values).id
    assert fault.place == f"[cost] expression {hidden!r}"
    assert fault.found == f"candidate {id_!r} (x = 3, z = 1) costs -0.53"
    assert one.pending() == []


@pytest.mark.parametrize(
    ("candidates", "cost", "found"),
    [
        (ml.Space(SMALL), ml.Cost(constant=5, limit=2), "it is 2, and no candidate costs less than 5"),
        (ml.Space(SMALL), ml.Cost(expression="2 + x*z", limit=1), "it is 1, and no candidate costs less than 2"),
        (
            ml.Pool.from_frame(pd.DataFrame({"x": [0.0, 1.0], "price": [3.0, 4.0]}), ["x"], riders=["price"]),
            ml.Cost(column="price", limit=2.5),
            "it is 2.5, and no candidate costs less than 3",
        ),
    ],
    ids=["constant", "expression", "column"],
)
def test_a_budget_of_cost_that_pays_for_no_candidate_is_refused(candidates, cost, found: str) -> None:
    with pytest.raises(InputError) as error:
        campaign(candidates, cost=cost)
    (fault,) = error.value.faults
    assert (fault.place, fault.found) == ("[budget] cost", found)


@pytest.mark.parametrize("n", [None, 1, 3])
def test_when_money_is_short_the_fault_speaks_of_money_whether_or_not_a_number_was_asked_for(n) -> None:
    one = campaign(ml.Space(SMALL), cost=ml.Cost(constant=2.0, limit=5.0), batch=3)
    assert len(one.suggest()) == 2
    with pytest.raises(BudgetExhausted, match="the 1 left of the budget pays for 0"):
        one.suggest(n)


@pytest.mark.parametrize("n", [None, 3])
def test_when_candidates_are_short_the_fault_speaks_of_candidates_though_money_is_limited(n) -> None:
    space = ml.Space([ml.Integer("i", 1, 2)])
    one = campaign(space, cost=ml.Cost(constant=1.0, limit=50.0), batch=3)
    with pytest.raises(PoolExhausted, match="asked for 3 candidates, 2 are left"):
        one.suggest(3)
    assert len(one.suggest()) == 2
    with pytest.raises(PoolExhausted, match="asked for 3 candidates, 0 are left"):
        one.suggest(n)


def test_recomputing_a_ledger_whose_costs_are_now_refused_says_so() -> None:
    one = campaign(ml.Space(SMALL), cost=ml.Cost(expression="x + 1"), strategy=ml.Random())
    one.suggest(1)
    told = {**one.settings, "cost": {**one.settings["cost"], "expression": "x"}}
    with pytest.raises(LedgerError, match="settings of that time are refused"):
        audit.problem_then(one.problem, replace(one.state, settings=told))
    assert np.isfinite(one.problem.costs.least)
