"""What changing over from one experiment to the next costs."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.domain.candidate import Candidate
from matloop.errors import InputError, SpaceError

SPACE = ml.Space([ml.Real("t", 0, 100, step=0.5), ml.Categorical("s", ["a", "b"]), ml.Binary("wash")])
LARGE = ml.Space([ml.Real("t", 0, 100, step=0.01), ml.Real("u", 0, 1, step=0.01), ml.Categorical("s", ["a", "b"])])
GRID = pd.DataFrame([(t, s) for t in np.linspace(0, 100, 41) for s in "ab"], columns=["t", "s"])
POOL = ml.Pool.from_frame(GRID, ["t", "s"])
PRICES = {"t": 0.1, "s": 5.0}


def truth(values) -> dict[str, float]:
    return {"y": -(((values["t"] - 60.0) / 50.0) ** 2) + 0.3 * (values["s"] == "b")}


def campaign(candidates, **terms) -> ml.Campaign:
    return ml.Campaign(candidates, [ml.Objective("y")], **{"seed": 2, "initial": 4, **terms})


def by_hand(before, after) -> float:
    return 0.1 * abs(after["t"] - before["t"]) + 5.0 * (before["s"] != after["s"])


@pytest.mark.parametrize("strategy", [ml.Bayes(), ml.Random(), ml.Sobol()], ids=lambda one: one.name)
@pytest.mark.parametrize("candidates", [SPACE, LARGE, POOL], ids=["listed", "large", "pool"])
def test_a_suggestion_costs_its_own_and_the_way_from_the_one_before(strategy, candidates) -> None:
    one = campaign(candidates, strategy=strategy, batch=3, cost=ml.Cost(constant=2.0, change=PRICES))
    one.run(ml.FunctionLab(truth), cycles=3)
    asked = [item.suggestion for item in one.state.asked.values()]
    assert asked[0].cost == 2.0
    for before, after in pairwise(asked):
        assert after.cost == pytest.approx(2.0 + by_hand(before.values, after.values))
    assert one.state.spent() == pytest.approx(sum(item.cost for item in asked))


def test_a_row_a_point_and_a_candidate_have_one_cost() -> None:
    cost = ml.Cost(expression="1 + 0.01 * t", change=PRICES)
    of_pool, of_space = cost.bind(POOL), cost.bind(SPACE)
    last = Candidate("before", {"t": 37.5, "s": "b"})
    rows = of_pool.after(last)
    for row in (0, 17, len(POOL) - 1):
        candidate = POOL.candidate(row)
        assert rows[row] == pytest.approx(of_pool.of(candidate, last))
        assert rows[row] == pytest.approx(1 + 0.01 * candidate.values["t"] + by_hand(last.values, candidate.values))
    K = np.array([[0, 0, 0], [75, 1, 1], [200, 0, 1]])
    for k, found in zip(K, of_space.of_grid(SPACE, K, last), strict=True):
        assert found == pytest.approx(of_space.of(SPACE.candidate(k), last))


def test_a_change_of_a_switch_costs_once_and_none_costs_nothing() -> None:
    costs = ml.Cost(constant=1.0, change={"wash": 3.0}).bind(SPACE)
    last = SPACE.candidate(np.array([10, 0, 1]))
    K = np.array([[10, 0, 1], [99, 1, 1], [10, 0, 0]])
    assert costs.of_grid(SPACE, K, last).tolist() == [1.0, 1.0, 4.0]


@pytest.mark.parametrize("candidates", [POOL, LARGE], ids=["pool", "large"])
def test_dear_changes_are_made_less_often(candidates) -> None:
    def changes(price: float, seed: int) -> int:
        cost = ml.Cost(constant=1.0, change={"s": price} if price else {})
        one = campaign(candidates, cost=cost, seed=seed, strategy=ml.Bayes(acquisition="cost"))
        one.run(ml.FunctionLab(lambda values: {"y": -(((values["t"] - 60.0) / 50.0) ** 2)}), cycles=12)
        solvents = [item.suggestion.values["s"] for item in list(one.state.asked.values())[4:]]
        return sum(a != b for a, b in pairwise(solvents))

    assert sum(changes(50.0, seed) for seed in range(3)) < sum(changes(0.0, seed) for seed in range(3))


@pytest.mark.parametrize("strategy", [ml.Bayes(), ml.Random()], ids=lambda one: one.name)
@pytest.mark.parametrize("candidates", [SPACE, POOL], ids=["space", "pool"])
def test_the_budget_counts_changes_and_is_never_exceeded(strategy, candidates) -> None:
    cost = ml.Cost(constant=2.0, change=PRICES, limit=60.0)
    one = campaign(candidates, strategy=strategy, cost=cost, batch=2)
    assert one.run(ml.FunctionLab(truth)).reason in ("budget", "exhausted")
    assert one.state.spent() <= 60.0 + 1e-6
    assert one.state.spent() > 60.0 - 2.0 - 15.0


def test_a_withdrawn_suggestion_is_no_place_to_start_from() -> None:
    one = campaign(POOL, cost=ml.Cost(constant=2.0, change=PRICES))
    first, second = one.suggest(2)
    one.withdraw([second.id], reason="no powder")
    (third,) = one.suggest(1)
    assert third.cost == pytest.approx(2.0 + by_hand(first.values, third.values))


def test_the_reason_says_what_the_change_costs_and_the_ask_is_recomputed(tmp_path: Path) -> None:
    one = campaign(POOL, cost=ml.Cost(constant=2.0, change=PRICES), ledger=tmp_path / "l.db")
    one.run(ml.FunctionLab(truth), cycles=8)
    moved = [item.suggestion for item in one.state.asked.values() if item.suggestion.prediction]
    assert any("to change over" in item.reason for item in moved)
    assert all(found.same and found.difference == 0.0 for found in one.recompute())


@pytest.mark.parametrize(
    ("change", "said"),
    [({"t": -1.0}, "'t'"), ({"t": "much"}, "'t'"), ({"t": float("nan")}, "'t'"), (3.0, "change")],
    ids=["negative", "text", "nan", "number"],
)
def test_prices_of_changes_that_make_no_sense_are_refused(change, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ml.Cost(constant=1.0, change=change)


def test_a_change_of_an_unknown_parameter_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SpaceError, match="solvnt"):
        campaign(ml.Space([ml.Categorical("solvent", ["a", "b"])]), cost=ml.Cost(constant=1, change={"solvnt": 1.0}))


def test_a_campaign_file_prices_changes(tmp_path: Path) -> None:
    text = """
[[objective]]
name = "y"
goal = "maximize"
[[parameter]]
name = "t"
kind = "real"
low = 0
high = 100
step = 0.5
[cost]
constant = 2
change = { t = 0.1 }
"""
    (tmp_path / "campaign.toml").write_text(text)
    one = ml.Campaign.open(tmp_path / "campaign.toml")
    first, second = one.suggest(2)
    assert second.cost == pytest.approx(2 + 0.1 * abs(second.values["t"] - first.values["t"]))
