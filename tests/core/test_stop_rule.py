"""`run` stops by a rule only if it is asked to; `status` always advises."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.domain.stop import Stop
from matloop.errors import InputError

X = np.linspace(0, 1, 80)
FRAME = pd.DataFrame({"x": X, "y": np.sin(6 * X)})
POOL = ml.Pool.from_frame(FRAME[["x"]], ["x"])


def campaign(**terms) -> ml.Campaign:
    return ml.Campaign(POOL, [ml.Objective("y")], **{"seed": 1, "budget": 30, "batch": 2, "initial": 5, **terms})


def test_run_ends_by_the_rule_before_the_budget_and_writes_no_event_for_it() -> None:
    one = campaign(stop=Stop(share=0.1))
    end = one.run(ml.TableLab(FRAME))
    assert end.reason == "rule"
    assert len(one.state.readings) < 30
    assert one.state.stopped is None
    assert one.status()["advice"]["action"] == "stop"
    assert one.status()["outlook"]["probability"] >= 0.99
    assert FRAME.y.max() - one.best()[0].reading_mean["y"] <= one.status()["outlook"]["allowed"]
    assert one.run(ml.TableLab(FRAME)).cycles == 0


def test_without_a_rule_run_goes_on_to_the_budget_whatever_status_advises() -> None:
    one = campaign()
    assert one.run(ml.TableLab(FRAME), cycles=8).reason == "cycles"
    assert one.status()["advice"]["action"] == "stop"
    assert "nothing is better than the best found by more than" in one.status()["advice"]["reason"]
    assert one.run(ml.TableLab(FRAME)).reason == "budget"


def test_the_same_experiments_are_suggested_with_and_without_a_rule() -> None:
    ruled, free = campaign(stop=Stop()), campaign()
    ruled.run(ml.TableLab(FRAME))
    free.run(ml.TableLab(FRAME))
    told = [reading.candidate for reading in ruled.state.readings.values()]
    assert [reading.candidate for reading in free.state.readings.values()][: len(told)] == told


def test_a_loosened_rule_goes_on_and_every_ask_is_recomputed(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    campaign(stop=Stop(share=0.3, probability=0.8), ledger=ledger).run(ml.TableLab(FRAME))
    strict = campaign(stop=Stop(share=1e-9, probability=0.999999), ledger=ledger)
    before = len(strict.state.readings)
    assert strict.run(ml.TableLab(FRAME), cycles=2).reason == "cycles"
    assert len(strict.state.readings) == before + 4
    assert any("stop" in text for event in strict.events if event.type == "changed" for text in event.data["what"])
    assert all(one.same and one.difference == 0 for one in strict.recompute())


def test_a_person_may_ask_for_more_though_the_rule_holds() -> None:
    one = campaign(stop=Stop())
    one.run(ml.TableLab(FRAME))
    assert len(one.suggest(1)) == 1


def test_few_readings_are_advised_to_go_on_without_figures() -> None:
    one = campaign(stop=Stop())
    one.run(ml.TableLab(FRAME), cycles=1)
    assert one.status()["outlook"] is None
    assert one.status()["advice"] == {"action": "suggest", "reason": "nothing is pending, with 28 experiments left"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"regret": 1.0, "share": 0.1}, "both"),
        ({"regret": 0.0}, "regret"),
        ({"share": -1.0}, "share"),
        ({"probability": 1.0}, "probability"),
        ({"probability": True}, "probability"),
        ({"least": 1}, "least"),
    ],
    ids=["both", "regret", "share", "sure", "flag", "least"],
)
def test_a_rule_that_makes_no_sense_is_refused(settings: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Stop(**settings)


FILE = """\
[[objective]]
name = "y"
goal = "maximize"
[pool]
file = "pool.csv"
features = ["x"]
[strategy]
batch = 2
initial = 5
[lab]
kind = "table"
file = "known.csv"
[budget]
experiments = 30
"""


def test_the_table_stop_of_a_file_is_the_rule(tmp_path: Path) -> None:
    FRAME[["x"]].to_csv(tmp_path / "pool.csv", index=False)
    FRAME.to_csv(tmp_path / "known.csv", index=False)
    (tmp_path / "campaign.toml").write_text(FILE + "[stop]\nshare = 0.1\nleast = 8\n")
    one = ml.Campaign.open(tmp_path / "campaign.toml")
    assert one.problem.stop == Stop(share=0.1, least=8)
    assert one.run().reason == "rule"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[stop]\nregrett = 1.0", "'regret'"),
        ("[stop]\nregret = -1.0", "number above 0"),
        ("[stop]\nleast = 0.5", "least"),
    ],
    ids=["unknown", "negative", "type"],
)
def test_a_faulty_table_stop_is_refused_with_its_cure(table: str, said: str, tmp_path: Path) -> None:
    FRAME[["x"]].to_csv(tmp_path / "pool.csv", index=False)
    FRAME.to_csv(tmp_path / "known.csv", index=False)
    (tmp_path / "campaign.toml").write_text(FILE + table)
    with pytest.raises(InputError, match=said):
        ml.Campaign.open(tmp_path / "campaign.toml")
