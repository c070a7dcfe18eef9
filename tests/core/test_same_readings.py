"""While nothing new is told the model, its word on errors and what is best stay as they are, whatever is asked."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.ask import task_of
from matloop.decide import Purpose, Task
from matloop.state import replay

FRAME = pd.DataFrame(np.random.default_rng(5).random((60, 3)).round(3), columns=["a", "b", "c"])
PURPOSES = {"fit": Purpose.FIT, "calibration": Purpose.CALIBRATE, "outlook": Purpose.STOP}


def noisy(row: dict[str, Any], luck: np.random.Generator) -> dict[str, float]:
    return {"y": float(np.sin(5 * row["a"]) + row["b"] * row["c"] + luck.normal(0, 0.1))}


def told(n: int = 24, seed: int = 3, surrogate: Any = None) -> ml.Campaign:
    """A campaign that knows n readings that nobody suggested."""
    luck = np.random.default_rng(seed)
    pool = ml.Pool.from_frame(FRAME, features=["a", "b", "c"])
    campaign = ml.Campaign(pool, [ml.Objective("y")], seed=seed, strategy=ml.Bayes(surrogate=surrogate or ml.GP()))
    rows = FRAME.iloc[:n].to_dict("records")
    campaign.tell([ml.Measured.of(row, noisy(row, luck)) for row in rows])
    return campaign


def concluded(campaign: ml.Campaign) -> dict[str, Any]:
    """All that is concluded from the readings."""
    said, status = campaign.predict(FRAME), campaign.status()
    figures = [part.tobytes() for part in (said.mean, said.model_std, said.noise_std)]
    return {"figures": figures, **{name: status[name] for name in ("best", "calibration")}}


@pytest.mark.parametrize("surrogate", [ml.GP(), ml.GP(robust=True), "auto"], ids=["gp", "robust", "auto"])
def test_asking_changes_neither_the_model_nor_its_label_nor_the_best(surrogate: Any) -> None:
    campaign = told(surrogate=ml.plugins.surrogate("auto") if surrogate == "auto" else surrogate)
    before = concluded(campaign)
    for _ in range(2):
        campaign.suggest(2)
        assert concluded(campaign) == before


def test_a_suggestion_says_of_errors_what_status_says() -> None:
    for seed in range(4):
        campaign = told(seed=seed)
        for _ in range(3):
            (one,) = campaign.suggest(1)
            judged = campaign.status()["calibration"]["y"]
            factor = f" x{judged['factor']:.2g}" if judged["label"] == "recalibrated" else ""
            assert f"({judged['label']}{factor})" in one.reason


def test_asks_of_the_same_readings_can_be_recomputed_exactly() -> None:
    campaign = told()
    luck = np.random.default_rng(1)
    for _ in range(2):
        first = campaign.suggest(1)
        campaign.suggest(2)
        campaign.tell([ml.Measured(one.id, noisy(dict(one.values), luck)) for one in first])
    assert all(one.same and one.difference == 0.0 for one in campaign.recompute())
    assert replay(campaign.events) == campaign.state


def test_a_fit_starts_where_the_last_ask_of_other_readings_stood() -> None:
    campaign = told()
    assert task_of(campaign.problem, campaign.state, 1).warm == {}
    (first,) = campaign.suggest(1)
    stood = campaign.state.model
    assert task_of(campaign.problem, campaign.state, 1).warm == {}
    campaign.tell(ml.Measured(first.id, {"y": 1.0}))
    assert task_of(campaign.problem, campaign.state, 1).warm == stood
    campaign.suggest(1)
    assert campaign.state.model != stood
    assert task_of(campaign.problem, campaign.state, 1).warm == stood


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=PURPOSES)
def test_luck_of_what_is_concluded_is_one_for_all_asks_and_that_of_a_choice_is_not(purpose: Purpose) -> None:
    first, later = (Task(told(2).problem.candidates, (ml.Objective("y"),), asked=asked) for asked in (0, 7))
    assert first.rng(purpose).random() == later.rng(purpose).random()
    assert first.rng(Purpose.ACQUIRE).random() != later.rng(Purpose.ACQUIRE).random()


def test_what_failed_or_was_aborted_leaves_the_judgement_of_errors_as_it_is() -> None:
    campaign = told()
    one, other = campaign.suggest(2)
    before = campaign.status()["calibration"]["y"]
    campaign.tell([ml.Failed(one.id, reason="cracked"), ml.Aborted(other.id, reason="power cut")])
    after = campaign.status()["calibration"]["y"]
    assert (after["label"], after["why"]) == (before["label"], before["why"])
    assert after["factor"] == pytest.approx(before["factor"], rel=1e-3)
