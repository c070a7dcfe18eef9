"""Whether stated errors are true is said wherever they are shown, and intervals can be had of a campaign."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import matloop as ml
from matloop.apps.cli.found import say_claims
from matloop.domain.prediction import Prediction
from matloop.errors import InputError
from matloop.report.findings import findings_of
from matloop.report.sections import evidence, judged_words
from matloop.report.sheet import shortlist_sheet
from matloop.report.summary import summary_of

RNG = np.random.default_rng(1)
FRAME = pd.DataFrame(RNG.random((300, 2)).round(4), columns=["a", "b"])
TRUTH = np.sin(12 * FRAME.a.to_numpy()) * FRAME.b.to_numpy()
POOL = ml.Pool.from_frame(FRAME, features=["a", "b"])


def told(n: int, **terms) -> ml.Campaign:
    """A campaign with readings of the first n rows."""
    one = ml.Campaign(POOL, [ml.Objective("y")], strategy=ml.Bayes(**terms), seed=1)
    noise = 0.05 * np.random.default_rng(2).standard_normal(300)
    one.tell([ml.Measured.of(FRAME.loc[i].to_dict(), {"y": float(TRUTH[i] + noise[i])}) for i in range(n)])
    return one


MANY = told(40)


def test_every_reason_says_whether_its_errors_are_true() -> None:
    label = MANY.predict(FRAME.iloc[:1]).calibration[0]
    factor = MANY.status()["calibration"]["y"]["factor"]
    word = {"recalibrated": f"recalibrated x{factor:.2g}"}.get(label, label)
    for item in told(40).suggest(3):
        assert re.search(rf"; model \S+, one reading \S+ \({re.escape(word)}\)", item.reason)


@pytest.mark.parametrize("terms", [{"n": 6}, {"n": 40, "calibrate": False}], ids=["too few readings", "switched off"])
def test_errors_that_nobody_judged_are_called_not_calibrated(terms) -> None:
    assert "(not calibrated)" in told(**terms).suggest(1)[0].reason


def test_a_design_candidate_that_a_model_predicts_shows_its_errors_too() -> None:
    one = ml.Campaign(POOL, [ml.Objective("y")], seed=1, initial=8)
    one.tell([ml.Measured.of(FRAME.loc[i].to_dict(), {"y": float(TRUTH[i])}) for i in range(7)])
    design, chosen = one.suggest(2)
    assert design.reason.startswith("initial design")
    assert design.prediction is not None
    assert all(re.search(r"model \S+, one reading \S+ \(not calibrated\)", item.reason) for item in (design, chosen))


def test_status_and_report_say_what_cross_validation_found() -> None:
    said = MANY.status()["calibration"]["y"]
    assert set(said) == {"label", "factor", "why", "zms", "covered"}
    words = judged_words(findings_of(MANY))[0]
    assert said["label"] in words
    assert said["why"] in words
    assert "(ZMS, 1 if true)" in words
    assert "calibration" not in ml.Campaign(POOL, [ml.Objective("y")]).status()


def test_a_ranking_has_the_interval_of_one_new_reading() -> None:
    item = summary_of(MANY).ranked[0]
    low, high = MANY.predict(pd.DataFrame([item.values])).interval(0.9)
    assert item.interval["y"] == pytest.approx((low[0, 0], high[0, 0]))


def test_intervals_of_a_campaign_hold_new_readings_as_often_as_they_say() -> None:
    """Over twelve campaigns of forty readings, each with 160 new ones a level."""
    inside: dict[float, list[float]] = {0.5: [], 0.9: []}
    for seed in range(12):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.random((200, 2)).round(4), columns=["a", "b"])
        read = np.sin(4 * frame.a.to_numpy()) + frame.b.to_numpy() ** 2 + 0.1 * rng.standard_normal(200)
        one = ml.Campaign(ml.Pool.from_frame(frame, features=["a", "b"]), [ml.Objective("y")], seed=seed)
        one.tell([ml.Measured.of(frame.loc[i].to_dict(), {"y": float(read[i])}) for i in range(40)])
        said, y = one.predict(frame.iloc[40:]), read[40:, None]
        for level, hits in inside.items():
            low, high = said.interval(level)
            hits.append(float(np.mean((low <= y) & (y <= high))))
    assert np.mean(inside[0.9]) == pytest.approx(0.9, abs=0.06)
    assert np.mean(inside[0.5]) == pytest.approx(0.5, abs=0.1)


def test_an_interval_is_the_conformal_one_where_enough_was_left_out_else_the_normal_one() -> None:
    one = np.ones((1, 1))
    scores = np.arange(1.0, 20.0)  # 19: the 18th of 20 holds 90 %, and none of them 99 %
    said = Prediction(0.0 * one, 3.0 * one, 4.0 * one, ("calibrated",), (scores,))
    low, high = said.interval(0.9)
    assert (low[0, 0], high[0, 0]) == (-5.0 * 18.0, 5.0 * 18.0)
    assert said.interval(0.99)[1][0, 0] == pytest.approx(5.0 * norm.ppf(0.995))
    bare = Prediction(0.0 * one, 3.0 * one, 4.0 * one)
    assert bare.interval()[1][0, 0] == pytest.approx(5.0 * norm.ppf(0.95))
    assert said.rows(np.array([0])).interval(0.9)[1][0, 0] == 5.0 * 18.0


@pytest.mark.parametrize("level", [0, 1, 90, "0.9", True, float("nan")], ids=str)
def test_a_level_that_is_no_probability_is_refused(level) -> None:
    one = np.ones((1, 1))
    with pytest.raises(InputError, match="Give a probability between 0 and 1"):
        Prediction(one, one, one).interval(level)


def spoiled(**terms) -> ml.Campaign:
    """A campaign of 40 readings whose eighth lies far off, by a process that takes every reading for true."""
    pool = ml.Pool.from_frame(FRAME, features=["a", "b"])
    one = ml.Campaign(pool, [ml.Objective("y")], strategy=ml.Bayes(surrogate=ml.GP(), **terms), seed=1)
    noise = 0.05 * np.random.default_rng(2).standard_normal(300)
    y = np.where(np.arange(300) == 7, 40.0, TRUTH + noise)
    one.tell([ml.Measured.of(FRAME.loc[i].to_dict(), {"y": float(y[i])}) for i in range(40)])
    return one


SPOILED = spoiled()
SLIP = next(str(key) for key, one in SPOILED.state.readings.items() if one.outcome["y"] == 40.0)


def test_errors_that_one_reading_spoils_are_not_called_true_and_it_is_named_wherever_they_are_judged() -> None:
    said = SPOILED.status()["calibration"]["y"]
    assert said["label"] == "not calibrated"
    assert said["why"].endswith(f"most of the squared error is that of {SLIP}: y = 40")
    assert said["why"] in judged_words(findings_of(SPOILED))[0]
    reason = spoiled().suggest(1)[0].reason
    assert f"(not calibrated, mostly for {SLIP}: y = 40)" in reason


def test_a_reading_of_a_suggestion_that_spoils_the_errors_is_named_with_its_candidate() -> None:
    one = told(39, surrogate=ml.GP())
    (item,) = one.suggest(1)
    one.tell(ml.Measured(item.id, {"y": 40.0}))
    assert f"that of {item.id}/1 ({item.candidate}): y = 40" in one.status()["calibration"]["y"]["why"]


def test_of_two_objectives_the_one_that_is_spoiled_is_said_to_be() -> None:
    pool = ml.Pool.from_frame(FRAME, features=["a", "b"])
    goals = [ml.Objective("y"), ml.Objective("z", goal="limit", high=2.0)]
    one = ml.Campaign(pool, goals, strategy=ml.Bayes(surrogate=ml.GP()), seed=1)
    noise = 0.05 * np.random.default_rng(2).standard_normal((2, 40))
    for i in range(40):
        z = 40.0 if i == 7 else float(TRUTH[i] + noise[1, i])
        both = {"y": float(TRUTH[i] + noise[0, i]), "z": z}
        one.tell(ml.Measured.of(FRAME.loc[i].to_dict(), both if i % 5 else {"z": z}))  # some lack an objective
    said = one.status()["calibration"]
    assert "most of the squared error" not in said["y"]["why"]
    assert "/1/1: z = 40" in said["z"]["why"]


def test_a_shortlist_by_errors_that_are_not_true_says_so_in_every_row() -> None:
    summary = summary_of(SPOILED)
    sheet = shortlist_sheet(summary.by_rank, summary.problem)
    place = sheet.header.index("y_calibration")
    assert {row[place] for row in sheet.rows} == {"not calibrated"}


def test_a_claim_by_errors_that_are_not_true_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    found = findings_of(SPOILED)
    (claim,) = found.claims
    assert claim.to_json()["calibration"] == "not calibrated"
    assert "by errors that are not calibrated" in evidence(found, claim)
    say_claims(found)
    assert f"{claim.verdict}, by errors that are not calibrated." in capsys.readouterr().out


def test_a_claim_by_errors_that_are_true_says_nothing_of_them() -> None:
    found = findings_of(MANY)
    (claim,) = found.claims
    assert claim.calibration == MANY.status()["calibration"]["y"]["label"] != "not calibrated"
    assert "errors that" not in evidence(found, claim)


def test_being_sure_enough_by_errors_that_one_reading_spoils_says_so() -> None:
    (one,) = spoiled(sure={"max_std": 1000.0}).suggest(1)
    assert "by errors that are not calibrated" in one.reason
