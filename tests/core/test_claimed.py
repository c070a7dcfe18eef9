"""Which of a campaign's predictions count as claims, and what becomes of them."""

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.claimed import tails_of
from matloop.decide.tails import Tails

X = np.linspace(0, 1, 60)
POOL = ml.Pool.from_frame(pd.DataFrame({"x": X}), ["x"])
GOALS = [ml.Objective("y")]


def begun(**terms) -> ml.Campaign:
    """A campaign after its initial design of six, all read."""
    one = ml.Campaign(POOL, GOALS, seed=3, initial=6, **terms)
    told(one, one.suggest(6))
    return one


def told(one: ml.Campaign, items, shift=0.0) -> list[float]:
    """Readings of these suggestions, shifted; their scores where they were predicted."""
    scores = []
    for item in items:
        y = float(np.sin(5 * item.values["x"])) + shift
        one.tell(ml.Measured(item.id, {"y": y}))
        if item.prediction is not None:
            said = item.prediction
            scores.append((y - said.mean["y"]) / np.hypot(said.model_std["y"], said.noise_std["y"]))
    return scores


def test_every_predicted_suggestion_that_was_read_is_a_claim_and_the_design_is_none() -> None:
    one = begun()
    scores = [score for _ in range(4) for score in told(one, one.suggest(2))]
    one.suggest(2)  # open: claimed, not read
    (found,) = tails_of(one.state, GOALS)
    assert found.claims == 8
    assert found.weight == pytest.approx(Tails.of(scores).weight)


def test_readings_that_nobody_suggested_are_no_claims() -> None:
    one = begun()
    one.tell([ml.Measured.of(candidate=POOL.id(30), outcome={"y": 9.0})])
    assert tails_of(one.state, GOALS)[0].claims == 0


def test_what_was_made_otherwise_than_planned_is_no_claim() -> None:
    one = begun()
    (item,) = one.suggest(1)
    one.tell(ml.Measured(item.id, {"y": 0.3}, executed={"x": item.values["x"] + 0.01}))
    assert tails_of(one.state, GOALS)[0].claims == 0


def test_several_readings_of_one_suggestion_are_one_claim_by_their_mean() -> None:
    one = begun()
    (item,) = one.suggest(1)
    one.tell([ml.Measured(item.id, {"y": 0.2}, reading=1), ml.Measured(item.id, {"y": 0.6}, reading=2)])
    said = item.prediction
    score = (0.4 - said.mean["y"]) / np.hypot(said.model_std["y"], said.noise_std["y"] / np.sqrt(2))
    (found,) = tails_of(one.state, GOALS)
    assert found.claims == 1
    assert found.weight == pytest.approx(Tails.of([score]).weight)


def test_surprises_in_a_campaign_lower_the_probability_that_nothing_is_better() -> None:
    outlooks = []
    for shift in (0.0, 1.5):
        one = begun()
        for turn in range(4):
            told(one, one.suggest(2), shift * (turn % 2))
        outlooks.append(one.status()["outlook"])
    assert [said["claims"] for said in outlooks] == [8, 8]
    assert outlooks[1]["probability"] < outlooks[0]["probability"]
