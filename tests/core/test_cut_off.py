"""What was read beyond a limit, on the good side of a goal, is ranked with all else; or it is said that it is not."""

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.report.build import page_of
from matloop.report.findings import findings_of
from matloop.report.sheet import shortlist_sheet

N = 40
POOL = ml.Pool.from_frame(pd.DataFrame({"a": np.linspace(0, 1, N)}), ["a"])
TRUTH = 10.0 * np.exp(-(((np.linspace(0, 1, N) - 0.5) / 0.2) ** 2))
BEYOND = [i for i in range(0, N, 3) if TRUTH[i] > 6.0]


def told(goal="maximize", **terms) -> ml.Campaign:
    """Every third candidate, read by an instrument that shows no more than 6 (no less than -6 where less is better)."""
    sign = 1.0 if goal == "maximize" else -1.0
    one = ml.Campaign(POOL, [ml.Objective("y", goal=goal, std=0.05)], **{"seed": 1, **terms})
    for i in range(0, N, 3):
        values = POOL.values(i)
        side = "above" if goal == "maximize" else "below"
        if i in BEYOND:
            one.tell(ml.Censored(values=values, outcome={"y": sign * 6.0}, side=side))
        else:
            one.tell(ml.Measured.of(values, {"y": sign * TRUTH[i]}))
    return one


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_what_was_read_beyond_a_limit_on_the_good_side_is_best_by_posterior_mean(goal) -> None:
    one = told(goal)
    (best,) = one.best()
    side = "above" if goal == "maximize" else "below"
    assert POOL.index(best.candidate) in BEYOND
    assert abs(best.prediction.mean["y"]) > 6.0
    assert list(best.limits["y"]) == [side]
    assert best.readings == 1
    assert best.reading_mean == {}
    ranked = one.shortlist()
    assert {POOL.index(item.candidate) for item in ranked[: len(BEYOND)]} == set(BEYOND)
    means = [abs(item.prediction.mean["y"]) for item in ranked]
    assert means == sorted(means, reverse=True)
    assert one.status()["best"][0]["limits"] == {"y": {side: 6.0 if goal == "maximize" else -6.0}}


def test_what_was_read_beyond_a_limit_on_the_bad_side_is_not_ranked() -> None:
    one = told()
    one.tell(ml.Censored(values=POOL.values(1), outcome={"y": 0.5}, side="below"))
    assert POOL.id(1) not in {item.candidate for item in one.shortlist()}


def test_tables_mark_what_was_read_beyond_a_limit() -> None:
    one = told()
    sheet = shortlist_sheet(one.shortlist(), one.problem)
    place = sheet.header.index("cut")
    assert sum(row[place] == "y above 6" for row in sheet.rows) == len(BEYOND)
    assert sum(row[place] is None for row in sheet.rows) == len(sheet.rows) - len(BEYOND)
    page = page_of(findings_of(one))
    assert page.count("y above 6") >= len(BEYOND)
    plain = ml.Campaign(POOL, [ml.Objective("y")], seed=1)
    plain.tell([ml.Measured.of(POOL.values(i), {"y": TRUTH[i]}) for i in range(3)])
    assert "cut" not in shortlist_sheet(plain.shortlist(), plain.problem).header


def test_of_readings_of_one_candidate_the_tightest_limits_stand() -> None:
    one = told()
    values = POOL.values(BEYOND[0])
    more = [(6.5, "above", 2), (6.2, "above", 3), (9.0, "below", 4), (9.5, "below", 5)]
    one.tell([ml.Censored(values=values, outcome={"y": y}, side=side, reading=n) for y, side, n in more])
    (item,) = (item for item in one.shortlist() if item.candidate == POOL.id(BEYOND[0]))
    assert item.limits == {"y": {"above": 6.5, "below": 9.0}}
    assert item.readings == 5


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_a_model_that_cannot_use_limits_says_which_candidates_are_better_than_its_best(goal) -> None:
    one = told(goal, strategy=ml.Bayes(surrogate=ml.Forest()))
    assert POOL.index(one.best()[0].candidate) not in BEYOND
    reason = one.status()["advice"]["reason"]
    assert f"{len(BEYOND)} candidates (" in reason
    assert "were read beyond a limit and are better than the best that is named, but nothing ranks them" in reason


def test_a_limit_that_is_worse_than_the_best_is_no_news() -> None:
    one = ml.Campaign(POOL, [ml.Objective("y")], seed=1, strategy=ml.Bayes(surrogate=ml.Forest()))
    one.tell([ml.Measured.of(POOL.values(i), {"y": TRUTH[i]}) for i in range(0, N, 3)])
    one.tell(ml.Censored(values=POOL.values(1), outcome={"y": 0.5}, side="above"))
    assert "nothing ranks" not in one.status()["advice"]["reason"]


def test_before_there_is_a_model_it_is_said_as_well() -> None:
    one = ml.Campaign(POOL, [ml.Objective("y")], seed=1)
    one.tell(ml.Censored(values=POOL.values(20), outcome={"y": 6.0}, side="above"))
    assert one.best() == []
    assert "1 candidate (" in one.status()["advice"]["reason"]
    one.tell(ml.Measured.of(POOL.values(0), {"y": 0.1}))
    assert "is better than the best that is named" in one.status()["advice"]["reason"]


def test_with_several_goals_what_is_cut_off_in_one_of_them_is_on_the_front_whichever_way_it_was_told() -> None:
    def front(apart: bool) -> set[str]:
        one = ml.Campaign(POOL, [ml.Objective("y"), ml.Objective("z", goal="minimize")], seed=1)
        for i in range(0, N, 3):
            values, z = POOL.values(i), float(i) / N
            if i in BEYOND:
                one.tell(ml.Censored(values=values, outcome={"y": 6.0}, side="above"))
                if apart:
                    one.tell(ml.Measured.of(values, {"z": z}, reading=2))
            else:
                one.tell(ml.Measured.of(values, {"y": TRUTH[i], "z": z}))
        return {item.candidate for item in one.best()}

    both, alone = front(apart=True), front(apart=False)
    beyond = {POOL.id(i) for i in BEYOND}
    assert both & beyond
    assert alone & beyond
