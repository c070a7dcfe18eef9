"""What a robust model looked at and could neither set apart nor explain is named, until a second reading decides."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.apps.cli.look import say_summary
from matloop.domain.far import far_by
from matloop.report.findings import findings_of
from matloop.report.sections import judged_words
from matloop.report.sheet import shortlist_sheet
from matloop.report.summary import summary_of
from matloop.surrogate.mixture import Mixture

FRAME = pd.DataFrame(np.random.default_rng(4).random((80, 6)).round(3), columns=list("abcdef"))
TRUTH = 150.0 + 80.0 * np.sin(4 * FRAME.a.to_numpy()) * FRAME.b.to_numpy()
SLIP = 9000.0


def campaign(n: int = 11, *, limits: int = 11, surrogate: Any = None, spoiled: bool = True) -> ml.Campaign:
    """n readings, the fourth of them a slip where spoiled, and limits below which others lie."""
    luck = np.random.default_rng(0)
    strategy = ml.Bayes(surrogate=surrogate or ml.GP(robust=True))
    one = ml.Campaign(
        ml.Pool.from_frame(FRAME, features=list("abcdef")), [ml.Objective("y")], strategy=strategy, seed=2
    )
    for i in range(n):
        y = SLIP if spoiled and i == 3 else float(TRUTH[i] + luck.normal(0, 3))
        one.tell(ml.Measured.of(FRAME.iloc[i].to_dict(), {"y": y}))
    for i in range(n, n + limits):
        one.tell(ml.Censored(values=FRAME.iloc[i].to_dict(), outcome={"y": 40.0}, side="below"))
    return one


SPOILED = campaign(limits=0)
KEY = next(str(key) for key, one in SPOILED.state.readings.items() if one.outcome["y"] == SLIP)
WORDS = f"1 reading that robust looked at and cannot tell from a truth that is steep there: {KEY}: y = 9000"


def test_what_robust_could_not_tell_apart_is_named_in_reasons_status_and_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (said,) = SPOILED.status()["suspects"]
    assert (said["key"], said["objective"], said["reading"]) == (KEY, "y", SLIP)
    assert said["spreads"] > 10
    assert any(words.startswith(WORDS) for words in judged_words(findings_of(SPOILED)))
    summary = summary_of(SPOILED)
    say_summary(summary, shortlist_sheet(summary.by_rank, summary.problem))
    assert WORDS in capsys.readouterr().out
    assert WORDS in campaign(limits=0).suggest(1)[0].reason


@pytest.mark.parametrize(
    "terms",
    [{"spoiled": False}, {"surrogate": ml.GP()}, {"n": 60, "limits": 0}],
    ids=["nothing is off", "nobody looked", "set apart"],
)
def test_nothing_is_suspected_where(terms: dict[str, Any]) -> None:
    status = campaign(**terms).status()
    assert "suspects" not in status
    assert ("set_apart" in status) == ("n" in terms)


def test_a_mixture_names_its_suspects_too() -> None:
    one = campaign(limits=0, surrogate=Mixture(surrogate=ml.GP(robust=True)))
    assert [said["key"] for said in one.status().get("suspects", one.status().get("set_apart"))] == [KEY]


def test_a_second_reading_that_says_the_same_ends_the_suspicion() -> None:
    one = campaign(limits=0)
    one.tell(ml.Measured.of(FRAME.iloc[3].to_dict(), {"y": SLIP + 4.0}, experiment=2))
    assert "suspects" not in one.status()


def test_a_corrected_slip_is_suspected_no_more() -> None:
    one = campaign(limits=0)
    one.correct(KEY, {"y": 90.0}, reason="decimal point")
    assert "suspects" not in one.status()


@pytest.mark.parametrize("seed", range(4))
def test_a_peak_is_not_suspected(seed: int) -> None:
    """Thirty readings of little more than noise and ten up the flank of a peak, far from the bulk of all."""
    luck = np.random.default_rng(seed)
    a = np.concatenate([luck.random(30) * 0.6, np.linspace(0.7, 1.0, 10)])
    y = 100.0 * np.exp(-(((a - 0.95) / 0.15) ** 2)) + luck.normal(0, 0.3, 40)
    pool, strategy = ml.Pool.from_frame(pd.DataFrame({"a": a}), features=["a"]), ml.Bayes(surrogate=ml.GP(robust=True))
    one = ml.Campaign(pool, [ml.Objective("y")], strategy=strategy)
    one.tell([ml.Measured.of({"a": float(x)}, {"y": float(z)}) for x, z in zip(a, y, strict=True)])
    assert "suspects" not in one.status()


def test_what_limits_help_robust_to_find_is_set_apart_and_not_suspected() -> None:
    status = campaign(limits=11).status()
    assert [said["key"] for said in status["set_apart"]] == [KEY]
    assert "suspects" not in status


def test_what_the_model_expects_from_its_neighbours_is_not_suspected() -> None:
    """Two of twenty readings lie far from the bulk, where a line leads to them."""
    a = np.concatenate([np.linspace(0.0, 0.1, 18), [0.9, 1.0]])
    y = 50.0 * a - 1.0 + 0.1 * np.random.default_rng(1).standard_normal(20)
    pool, strategy = ml.Pool.from_frame(pd.DataFrame({"a": a}), features=["a"]), ml.Bayes(surrogate=ml.GP(robust=True))
    one = ml.Campaign(pool, [ml.Objective("y")], strategy=strategy)
    one.tell([ml.Measured.of({"a": float(x)}, {"y": float(z)}) for x, z in zip(a, y, strict=True)])
    assert far_by(np.zeros(0), y)[0].any()
    assert "suspects" not in one.status()
