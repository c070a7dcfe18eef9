"""A campaign whose model is approximate says so wherever the model speaks."""

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.report.findings import findings_of
from matloop.surrogate.gp import GP


def campaign(exact: int) -> ml.Campaign:
    frame = pd.DataFrame(np.random.default_rng(0).random((60, 2)), columns=["a", "b"])
    pool = ml.Pool.from_frame(frame, features=["a", "b"])
    made = ml.Campaign(pool, [ml.Objective("y")], strategy=ml.Bayes(surrogate=GP(exact=exact, inducing=10)))
    y = np.sin(5 * frame.a) + frame.b
    made.tell([ml.Measured.of(candidate=pool.id(i), outcome={"y": float(y[i])}) for i in range(25)])
    return made


def test_reasons_and_status_say_that_the_model_is_approximate() -> None:
    made = campaign(exact=20)
    reasons = [one.reason for one in made.suggest(2)]
    assert all("the model is approximate: 10 inputs carry the readings" in reason for reason in reasons)
    assert "the model is approximate" in made.status()["advice"]["reason"]


def test_nothing_is_said_while_the_covariance_is_whole() -> None:
    made = campaign(exact=25)
    assert all("approximate" not in one.reason for one in made.suggest(2))
    assert "approximate" not in made.status()["advice"]["reason"]


@pytest.mark.parametrize(("exact", "said"), [(20, True), (25, False)], ids=["approximate", "whole"])
def test_the_report_says_so_where_it_shows_whether_the_model_can_be_trusted(exact: int, said: bool) -> None:
    texts = findings_of(campaign(exact)).views.absent
    assert any(text.startswith("The model is approximate: 10 inputs") for text in texts) is said
