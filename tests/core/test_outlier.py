"""One gross outlier in a campaign whose model is robust: what it changes, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.apps.cli.look import say_summary
from matloop.report.findings import findings_of
from matloop.report.sections import judged_words
from matloop.report.sheet import error_columns, shortlist_sheet
from matloop.report.summary import summary_of

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.random((60, 2)).round(4), columns=["a", "b"])
TRUTH = np.sin(3 * FRAME.a.to_numpy()) + FRAME.b.to_numpy()
READ = TRUTH + 0.05 * RNG.standard_normal(60)
GROSS = 3


def campaign(rows, spoiled: bool, robust: bool = True) -> ml.Campaign:
    """A campaign with readings of some rows; that of GROSS a hundred times too large, where it is spoiled."""
    y = np.where((np.arange(60) == GROSS) & spoiled, 100 * READ, READ)
    pool = ml.Pool.from_frame(FRAME, features=["a", "b"])
    one = ml.Campaign(pool, [ml.Objective("y")], strategy=ml.Bayes(surrogate=ml.GP(robust=robust)), seed=1)
    one.tell([ml.Measured.of(FRAME.loc[i].to_dict(), {"y": float(y[i])}) for i in rows])
    return one


WITH = campaign(range(14), spoiled=True)
WITHOUT = campaign([i for i in range(14) if i != GROSS], spoiled=False)
KEY = next(str(key) for key, one in WITH.state.readings.items() if one.outcome["y"] > 50)
NAMED = f"1 reading set apart: {KEY}: y = {100 * READ[GROSS]:g}"


def test_the_advice_is_what_it_would_be_without_the_outlier() -> None:
    found, wanted = WITH.status(), WITHOUT.status()
    assert found["advice"]["action"] == wanted["advice"]["action"] == "suggest"
    assert found["outlook"]["allowed"] == pytest.approx(wanted["outlook"]["allowed"], rel=1e-6)
    assert found["outlook"]["probability"] == pytest.approx(wanted["outlook"]["probability"], abs=0.1)


def test_predictions_are_as_sure_as_they_would_be_without_the_outlier() -> None:
    found, wanted = WITH.predict(FRAME), WITHOUT.predict(FRAME)
    assert found.calibration == wanted.calibration
    assert found.model_std.mean() == pytest.approx(wanted.model_std.mean(), rel=0.15)
    assert np.sqrt(np.mean((found.mean[:, 0] - TRUTH) ** 2)) < 0.15


def test_what_is_set_apart_is_named_in_every_reason() -> None:
    batch = campaign(range(14), spoiled=True).suggest(2)
    assert all(NAMED in item.reason for item in batch)
    assert "set apart" not in campaign(range(14), spoiled=False).suggest(1)[0].reason


def test_a_reading_of_a_suggestion_that_is_set_apart_is_named_with_its_candidate() -> None:
    one = campaign(range(14), spoiled=False)
    (item,) = one.suggest(1)
    one.tell(ml.Measured(item.id, {"y": 150.0}))
    assert f"{item.id}/1 ({item.candidate}): y = 150" in one.suggest(1)[0].reason


def test_what_is_set_apart_is_named_in_the_status_and_the_report() -> None:
    (said,) = WITH.status()["set_apart"]
    assert (said["key"], said["objective"], said["reading"]) == (KEY, "y", 100 * READ[GROSS])
    assert any(words.startswith(NAMED) for words in judged_words(findings_of(WITH)))
    assert "set_apart" not in WITHOUT.status()


def test_what_is_set_apart_is_not_among_what_the_report_compares_with_predictions() -> None:
    candidate = KEY.split("/")[0]
    predicted = findings_of(WITH).views.predicted
    assert predicted is not None
    assert candidate not in predicted.labels
    assert len(predicted.labels) == 13


def test_the_terminal_names_what_is_set_apart_and_says_whether_errors_are_true(
    capsys: pytest.CaptureFixture[str],
) -> None:
    summary = summary_of(WITH)
    say_summary(summary, shortlist_sheet(summary.by_rank, summary.problem))
    said = capsys.readouterr().out
    assert f"{NAMED}. What is set apart counts for next to nothing" in said
    assert "Errors: calibrated (13 of 13 left-out inputs within the 90 % interval" in said
    assert not any(column in said for column in error_columns(summary.problem))


def test_what_a_picked_model_sets_apart_is_named_too() -> None:
    either = ml.Auto(surrogates=(ml.GP(robust=True), ml.Forest(trees=20)), margin=100.0)
    pool = ml.Pool.from_frame(FRAME, features=["a", "b"])
    one = ml.Campaign(pool, [ml.Objective("y")], strategy=ml.Bayes(surrogate=either, calibrate=False), seed=1)
    spoiled = np.where(np.arange(60) == GROSS, 100 * READ, READ)
    one.tell([ml.Measured.of(FRAME.loc[i].to_dict(), {"y": float(spoiled[i])}) for i in range(14)])
    reason = one.suggest(1)[0].reason
    assert "; gp by log score" in reason
    assert NAMED in reason
