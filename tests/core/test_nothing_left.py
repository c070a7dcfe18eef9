"""Advice when nothing is left to be suggested: to stop, and never to suggest what cannot be had."""

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.errors import BudgetExhausted, PoolExhausted

FOUR = pd.DataFrame({"x": [0.0, 0.3, 0.6, 1.0], "price": [1.0, 1.0, 5.0, 5.0]})
POOL = ml.Pool.from_frame(FOUR, ["x"], riders=["price"])
INTEGERS = ml.Space([ml.Integer("i", 1, 3), ml.Integer("j", 1, 3)])


def campaign(candidates=POOL, **terms) -> ml.Campaign:
    return ml.Campaign(candidates, [ml.Objective("y")], **{"seed": 1, **terms})


def tell_all(one: ml.Campaign, values, *, failed: bool = False) -> None:
    """Have everything suggested and answered."""
    asked = one.suggest(len(values))
    told = [ml.Measured(item.id, {"y": float(y)}) for item, y in zip(asked, values, strict=True)]
    one.tell([ml.Failed(item.id) for item in asked] if failed else told)


def advice(one: ml.Campaign) -> tuple[str, str]:
    said = one.status()["advice"]
    return said["action"], said["reason"]


@pytest.mark.parametrize("failed", [False, True], ids=["measured", "failed"])
def test_of_a_pool_of_which_nothing_is_left_the_advice_is_to_stop(failed) -> None:
    one = campaign()
    tell_all(one, [1.0, 2.0, 3.0, 2.5], failed=failed)
    action, reason = advice(one)
    assert action == "stop"
    assert reason.startswith("no candidate is left to suggest: all 4 were measured, failed or taken back")
    with pytest.raises(PoolExhausted):
        one.suggest(1)
    assert one.run(ml.FunctionLab(lambda x: {"y": x})).reason == "exhausted"


def test_of_a_finite_space_of_which_nothing_is_left_the_advice_is_to_stop() -> None:
    one = campaign(INTEGERS)
    tell_all(one, np.arange(8.0))
    assert advice(one)[0] == "suggest"
    tell_all(one, [9.0])
    action, reason = advice(one)
    assert action == "stop"
    assert reason.startswith("no candidate is left to suggest: all 9 were measured, failed or taken back; add")


def test_one_that_was_taken_back_is_not_left() -> None:
    one = campaign()
    tell_all(one, [1.0, 2.0, 3.0])
    (last,) = one.suggest(1)
    assert advice(one)[0] == "tell"
    one.withdraw([last.id], reason="no powder")
    assert advice(one)[0] == "stop"


def test_readings_from_outside_take_nobodys_place() -> None:
    one = campaign()
    tell_all(one, [1.0, 2.0, 3.0])
    one.tell(ml.Measured.of({"x": 7.0}, {"y": 1.5}))
    assert advice(one)[0] == "suggest"
    assert len(one.suggest(1)) == 1


def test_an_aborted_one_is_still_left() -> None:
    one = campaign()
    tell_all(one, [1.0, 2.0, 3.0])
    one.tell(ml.Aborted(one.suggest(1)[0].id))
    assert advice(one)[0] == "suggest"
    assert len(one.suggest(1)) == 1


@pytest.mark.parametrize(
    "terms",
    [{"repeat": True}, {"strategy": ml.Bayes(replicates="auto")}],
    ids=["repeat", "replicates"],
)
def test_where_candidates_are_measured_again_something_is_left(terms) -> None:
    one = campaign(**terms)
    tell_all(one, [1.0, 2.0, 3.0, 2.5])
    assert advice(one)[0] == "suggest"
    assert len(one.suggest(1)) == 1


@pytest.mark.parametrize("in_a_space", [False, True], ids=["pool", "space"])
def test_where_the_rest_of_the_money_pays_for_nothing_that_is_left_the_advice_is_to_stop(in_a_space) -> None:
    space = ml.Space([ml.Integer("x", 0, 3)])
    one = (
        campaign(space, cost=ml.Cost(expression="1 + 2 * x", limit=6.0))
        if in_a_space
        else campaign(cost=ml.Cost(column="price", limit=4.0))
    )
    for x in (0, 1) if in_a_space else (0.0, 0.3):
        assert advice(one)[0] == "suggest"
        (item,) = one.suggest(1, fixed={"x": x})
        one.tell(ml.Measured(item.id, {"y": float(x)}))
    action, reason = advice(one)
    assert action == "stop"
    assert reason == "what is left of the budget of cost pays for no candidate that is left"
    with pytest.raises(BudgetExhausted):
        one.suggest(1)
