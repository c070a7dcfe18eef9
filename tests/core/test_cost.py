"""What experiments cost: on suggestions and in tables, within a budget, and in what is chosen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.decide import Purpose, Task
from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.nei import NEI
from matloop.decide.bayes import Bayes
from matloop.decide.model import learn
from matloop.decide.prices import Prices
from matloop.errors import BudgetExhausted, DataError, InputError, LedgerError
from matloop.report.sheet import suggestions_sheet
from matloop.testing.strategies import landscape, large_space, reading, small_pool, task

N = 60
X = np.linspace(0, 1, N)
FRAME = pd.DataFrame({"x": X, "price": 1.0 + 9.0 * (X > 0.5), "y": -((X - 0.3) ** 2)})
POOL = ml.Pool.from_frame(FRAME, ["x"], riders=["price"])
SPACE = ml.Space([ml.Real("t", 0, 100, step=0.5), ml.Categorical("s", ["a", "b"])])


def campaign(candidates=POOL, **terms) -> ml.Campaign:
    return ml.Campaign(candidates, [ml.Objective("y")], **{"seed": 1, "initial": 4, **terms})


@pytest.mark.parametrize("strategy", [ml.Bayes(), ml.Random(), ml.Sobol(), ml.Greedy()], ids=lambda one: one.name)
def test_every_suggestion_says_what_it_costs(strategy) -> None:
    one = campaign(strategy=strategy, cost=ml.Cost(column="price"))
    for _ in range(4):
        for item in one.suggest(2):
            assert item.cost == (10.0 if item.values["x"] > 0.5 else 1.0)
            one.tell(ml.Measured(item.id, {"y": float(item.values["x"])}))
    sheet = suggestions_sheet(one.suggest(1), one.problem)
    assert sheet.rows[0][sheet.header.index("cost")] in (1.0, 10.0)
    assert sheet.header[-2:] == ("cost", "y")


def test_an_expression_prices_the_candidates_of_a_space_and_of_a_pool() -> None:
    one = campaign(SPACE, cost=ml.Cost(expression="0.5 * t + 3"))
    (item,) = one.suggest(1)
    assert item.cost == pytest.approx(0.5 * item.values["t"] + 3)
    (item,) = campaign(cost=ml.Cost(expression="2 * x + 1")).suggest(1)
    assert item.cost == pytest.approx(2 * item.values["x"] + 1)


@pytest.mark.parametrize("strategy", [ml.Bayes(), ml.Random()], ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("candidates", "cost"),
    [(POOL, ml.Cost(column="price", limit=47.5)), (SPACE, ml.Cost(expression="0.1 * t + 3", limit=47.5))],
    ids=["pool", "space"],
)
def test_a_budget_of_cost_is_never_exceeded_and_ends_the_run(strategy, candidates, cost) -> None:
    one = campaign(candidates, strategy=strategy, cost=cost, batch=3)
    end = one.run(ml.FunctionLab(lambda values: {"y": float(values.get("x", values.get("t")))}))
    spent = sum(asked.suggestion.cost for asked in one.state.asked.values())
    assert end.reason in ("budget", "exhausted")
    assert spent <= 47.5 + 1e-6
    assert spent > 47.5 - 13.0
    assert one.status()["budget"]["cost"] == {"used": pytest.approx(spent), "limit": 47.5}


def test_what_the_rest_of_the_budget_cannot_pay_is_not_suggested() -> None:
    one = campaign(cost=ml.Cost(column="price", limit=9.0), strategy=ml.Random())
    for item in one.suggest(9):
        assert item.cost == 1.0
    with pytest.raises(BudgetExhausted, match="budget"):
        one.suggest(1)
    assert one.status()["advice"]["action"] == "tell"


BLIND = [ml.Bayes(), ml.Random(), ml.Sobol(), ml.Sobol(sequence="lhs")]
WIDE = ml.Space([ml.Real("t", 0, 100), ml.Integer("k", 1, 60), ml.Binary("b")])
SHORT = {
    "pool": ml.Pool.from_frame(pd.DataFrame({"k": range(1, 61)}).assign(b=lambda frame: frame.k % 2), ["k", "b"]),
    "space": ml.Space([ml.Integer("k", 1, 60), ml.Binary("b")]),
}
blindly = pytest.mark.parametrize("strategy", BLIND, ids=["design", "random", "sobol", "lhs"])


@blindly
@pytest.mark.parametrize("candidates", SHORT.values(), ids=SHORT)
def test_before_a_model_one_ask_after_another_is_answered_until_nothing_that_is_left_can_be_paid(
    strategy, candidates
) -> None:
    one = campaign(candidates, strategy=strategy, cost=ml.Cost(expression="k", limit=150.0), initial=120)
    times, made = 2 if candidates is SHORT["space"] else 1, list[float]()
    while (cheapest := next(k for k in range(1, 61) if made.count(k) < times)) <= 150.0 - sum(made):
        made += [item.cost for item in one.suggest(1)]
    with pytest.raises(BudgetExhausted, match="left of the budget pays for 0"):
        one.suggest(1)
    assert sum(made) + cheapest > 150.0


@blindly
@pytest.mark.parametrize("candidates", [*SHORT.values(), WIDE], ids=[*SHORT, "large space"])
@pytest.mark.parametrize("seed", range(3))
def test_before_a_model_a_batch_leaves_out_what_those_before_it_leave_no_money_for(strategy, candidates, seed) -> None:
    cost = ml.Cost(expression="1 + 9 * b", limit=12.0)
    items = campaign(candidates, strategy=strategy, cost=cost, seed=seed).suggest(3)
    assert sum(item.cost for item in items) <= 12.0


@blindly
def test_before_a_model_a_large_space_is_looked_through_for_what_can_still_be_paid(strategy) -> None:
    (item,) = campaign(WIDE, strategy=strategy, cost=ml.Cost(expression="1 + t", limit=3.0)).suggest(1)
    assert item.cost <= 3.0


@blindly
def test_a_large_space_in_which_nothing_can_be_paid_is_refused_by_the_budget(strategy, monkeypatch) -> None:
    for module in ("sequence", "random"):
        monkeypatch.setattr(f"matloop.decide.{module}.MISSES", 200)
    one = campaign(WIDE, strategy=strategy, cost=ml.Cost(expression="1000 + 0.001 * t", limit=1900.0))
    one.suggest(1)
    with pytest.raises(BudgetExhausted, match="left of the budget pays for 0"):
        one.suggest(1)


def test_withdrawn_suggestions_are_not_paid() -> None:
    one = campaign(cost=ml.Cost(constant=2.0, limit=10.0))
    (item,) = one.suggest(1)
    assert one.state.spent() == 2.0
    one.withdraw([item.id], reason="no powder")
    assert one.state.spent() == 0.0


def twofold(price: float) -> tuple[ml.Pool, ml.Cost]:
    """Every candidate of a pool twice: once for 1, once for `price`, under another id and nearly the same features."""
    base = small_pool(80)
    rows = [{"id": f"{mark}{i}", **base.values(i)} for i in range(80) for mark in ("d", "e")]
    frame = pd.DataFrame(rows)
    frame["a"] += np.where(frame.id.str.startswith("e"), 1e-3, 0.0)
    frame["price"] = np.where(frame.id.str.startswith("e"), price, 1.0)
    return ml.Pool.from_frame(frame, ["a", "b", "c"], id="id", riders=["price"]), ml.Cost(column="price")


@pytest.mark.parametrize(("name", "n"), [("auto", 1), ("cost", 4)], ids=["auto", "cost"])
def test_of_two_nearly_equal_candidates_the_cheaper_one_is_chosen(name: str, n: int) -> None:
    pool, cost = twofold(50.0)
    ask = task(pool, 14, n=n)
    chosen = Bayes(acquisition=name).suggest(replace(ask, costs=cost.bind(pool))).choices
    assert {choice.candidate.id[0] for choice in chosen} == {"d"}
    assert all("ranked by gain per cost" in choice.reason for choice in chosen)
    blind = Bayes(acquisition="ei").suggest(replace(ask, costs=cost.bind(pool))).choices
    assert not any("per cost" in choice.reason for choice in blind)


def test_the_choice_is_the_maximum_of_gain_over_cost() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((300, 2)), columns=["a", "b"])
    frame["price"] = rng.uniform(1, 20, 300)
    pool = ml.Pool.from_frame(frame, ["a", "b"], riders=["price"])
    truth = np.sin(5 * frame.a) + frame.b
    readings = tuple(reading(k, pool.candidate(k), float(truth[k])) for k in range(12))
    done = frozenset(pool.id(k) for k in range(12))
    ask = replace(task(pool, 0), readings=readings, design_done=12, closed=done)
    priced = replace(ask, costs=ml.Cost(column="price").bind(pool))
    (choice,) = Bayes(acquisition="cost", feasibility=False).suggest(priced).choices
    model = learn(ask, ml.GP())
    measured, labels = model.measured()
    spread = float(np.std(model.data.y))
    rng = ask.rng(Purpose.ACQUIRE)
    scene = Scene(model.fitted, ask.objectives[0], measured, labels, measured[:0], spread, 300, 12, 1, rng)
    gain = np.exp(NEI().prepare(scene).score(pool.encode_rows(np.arange(12, 300))))
    assert choice.candidate.id == pool.id(12 + int(np.argmax(gain / frame.price.to_numpy()[12:])))


def test_where_all_cost_the_same_the_same_is_chosen_as_without_costs() -> None:
    ask = task(small_pool(), 12, n=3)
    priced = replace(ask, costs=ml.Cost(constant=4.0).bind(ask.candidates))
    plain, with_costs = (Bayes().suggest(one).choices for one in (ask, priced))
    assert [one.candidate for one in plain] == [one.candidate for one in with_costs]
    assert all("costs 4.00" in one.reason and "per cost" not in one.reason for one in with_costs)


def test_what_auto_collects_is_good_and_not_cheap() -> None:
    readings = tuple(reading(k, POOL.candidate(k), float(FRAME.y[k])) for k in range(0, N, 3))
    done = frozenset(one.candidate for one in readings)
    ask = replace(task(POOL, 0, n=3), readings=readings, design_done=20, closed=done)
    plain, priced = (
        Bayes().suggest(replace(ask, costs=costs)).choices for costs in (None, ml.Cost(column="price").bind(POOL))
    )
    assert all(one.reason.startswith("auto took ucb") for one in plain)
    assert [one.candidate for one in plain] == [one.candidate for one in priced]
    assert not any("per cost" in one.reason for one in priced)


def test_costs_weigh_the_less_the_more_of_the_budget_is_spent() -> None:
    pool, cost = twofold(5.0)
    limited = replace(cost, limit=200.0)
    ask = replace(task(pool, 14), costs=limited.bind(pool))
    reasons = [Bayes().suggest(replace(ask, left=left)).choices[0].reason for left in (200.0, 100.0)]
    assert "ranked by gain per cost;" in reasons[0]
    assert "to the power of 0.50" in reasons[1]


def test_a_large_space_is_searched_for_gain_per_cost_within_what_is_left() -> None:
    space = large_space()
    ask = task(space, 12, n=3, truth=landscape)
    dear = replace(ask, costs=ml.Cost(expression="1 + a", limit=500.0).bind(space), left=45.0)
    chosen = Bayes(evaluations=600).suggest(dear).choices
    costs = [1 + float(one.candidate.values["a"]) for one in chosen]
    assert chosen
    assert sum(costs) <= 45.0


def test_a_campaign_with_costs_is_recomputed_and_a_changed_column_is_seen(tmp_path: Path) -> None:
    ledger, cost = tmp_path / "l.db", ml.Cost(column="price", limit=60.0)
    one = campaign(cost=cost, ledger=ledger, batch=2)
    one.run(ml.TableLab(FRAME[["x", "y"]]), cycles=6)
    assert all(found.same and found.difference == 0 for found in one.recompute())
    dearer = ml.Pool.from_frame(FRAME.assign(price=FRAME.price * 2), ["x"], riders=["price"])
    later = campaign(dearer, cost=cost, ledger=ledger, batch=2)
    with pytest.raises(LedgerError, match="price"):
        later.recompute()
    (item,) = later.suggest(1)
    assert item.cost in (2.0, 20.0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "nothing says"),
        ({"constant": 1.0, "column": "price"}, "constant and column"),
        ({"constant": 0.0}, "above 0"),
        ({"constant": 1.0, "limit": -1.0}, "limit"),
        ({"expression": " "}, "expression"),
    ],
    ids=["nothing", "two", "zero", "limit", "blank"],
)
def test_costs_that_make_no_sense_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ml.Cost(**settings)


@pytest.mark.parametrize(
    ("candidates", "cost", "said"),
    [
        (POOL, ml.Cost(column="prise"), "Did you mean 'price'"),
        (SPACE, ml.Cost(column="price"), "a space has no columns"),
        (SPACE, ml.Cost(expression="2 * u"), "'u'"),
        (SPACE, ml.Cost(expression="s"), "gives no number"),
        (SPACE, ml.Cost(expression="t <= 3"), "gives no number"),
        (POOL, ml.Cost(expression="x - 0.5"), "no number above 0"),
        (ml.Pool.from_frame(FRAME.assign(price="dear"), ["x"], riders=["price"]), ml.Cost(column="price"), "no number"),
    ],
    ids=["column", "space", "name", "text", "condition", "negative", "words"],
)
def test_costs_that_do_not_fit_the_candidates_are_refused(candidates, cost: ml.Cost, said: str) -> None:
    with pytest.raises((DataError, InputError), match=said):
        campaign(candidates, cost=cost)


FILE = """\
[[objective]]
name = "y"
goal = "maximize"
[pool]
file = "pool.csv"
features = ["x"]
"""


def test_a_campaign_file_names_the_column_and_the_budget_of_cost(tmp_path: Path) -> None:
    FRAME[["x", "price"]].to_csv(tmp_path / "pool.csv", index=False)
    (tmp_path / "campaign.toml").write_text(FILE + '[cost]\ncolumn = "price"\n[budget]\ncost = 25.0\n')
    one = ml.Campaign.open(tmp_path / "campaign.toml")
    assert one.problem.cost == ml.Cost(column="price", limit=25.0)
    assert one.suggest(1)[0].cost in (1.0, 10.0)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ("[budget]\ncost = 25.0\n", "nothing says"),
        ("[cost]\ncolum = 'price'\n", "'column'"),
        ("[cost]\n", "nothing says"),
    ],
    ids=["budget alone", "unknown key", "empty"],
)
def test_a_faulty_table_of_costs_is_refused_with_its_cure(tables: str, said: str, tmp_path: Path) -> None:
    FRAME[["x", "price"]].to_csv(tmp_path / "pool.csv", index=False)
    (tmp_path / "campaign.toml").write_text(FILE + tables)
    with pytest.raises(InputError, match=said):
        ml.Campaign.open(tmp_path / "campaign.toml")


def test_costs_that_stand_for_a_space_are_drawn_by_the_seed_of_the_campaign_and_the_ask() -> None:
    space = ml.Space([ml.Real("t", 0, 100, step=0.01), ml.Real("u", 0, 100, step=0.01)])
    costs = ml.Cost(expression="1 + t").bind(space)
    typical = []
    for seed, asked in ((1, 3), (2, 3), (1, 4)):
        ask = Task(space, (ml.Objective("y"),), seed=seed, asked=asked, costs=costs)
        drawn = costs.of_grid(space, space.sample(ask.rng(Purpose.PRICE), 256), None)
        prices = Prices.of(ask, [])
        assert prices is not None
        assert prices.typical == np.median(drawn)
        typical.append(prices.typical)
    assert len(set(typical)) == 3
