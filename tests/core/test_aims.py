"""Campaigns end, and advise, by what their acquisition seeks; what nothing reaches is said and ends nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import matloop as ml
from matloop.ask import task_of
from matloop.decide.stopping_hits import hits_left
from matloop.decide.words import hits_words
from matloop.errors import ConfigError, InputError

X = np.linspace(0, 1, 60)
TRUTH = np.sin(9 * X)
FRAME = pd.DataFrame({"x": X, "y": TRUTH})
POOL = ml.Pool.from_frame(FRAME[["x"]], ["x"])
HITS = ml.Bayes(acquisition="hits", threshold=0.6)


def campaign(strategy: ml.Bayes = HITS, *objectives: ml.Objective, **terms) -> ml.Campaign:
    return ml.Campaign(POOL, objectives or [ml.Objective("y")], **{"strategy": strategy, "seed": 1, **terms})


def told(n: int, held: ml.Campaign) -> ml.Campaign:
    """The campaign once n candidates, spread evenly, were read."""
    for i in np.linspace(1, 58, n).astype(int).tolist():
        held.tell(ml.Measured.of(POOL.values(i), {"y": float(TRUTH[i])}))
    return held


def test_a_search_for_hits_ends_once_none_is_left_and_not_once_the_best_is_found() -> None:
    held = campaign(stop=ml.Stop(), budget=60, batch=4)
    end = held.run(ml.TableLab(FRAME))
    made = [POOL.index(reading.candidate) for reading in held.state.readings.values()]
    assert end.reason == "rule"
    assert len(made) < 60
    assert np.delete(TRUTH, made).max() <= 0.6
    assert held.status()["advice"]["action"] == "stop"
    assert "no hit is left" in held.status()["advice"]["reason"]


def test_while_hits_are_left_the_advice_goes_on_though_nothing_is_better_than_the_best() -> None:
    one = told(15, campaign(budget=40)).status()
    assert one["advice"]["action"] == "suggest"
    assert "hits are expected among the 45 candidates left" in one["advice"]["reason"]
    assert one["outlook"]["hits_left"] == pytest.approx(int((TRUTH > 0.6).sum()) - one["hits"]["by_readings"], abs=1.0)
    assert one["outlook"]["probability"] == 0.0
    plain = told(15, campaign(ml.Bayes(), budget=40)).status()
    assert plain["outlook"]["probability"] > 0.5


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_hits_left_are_the_sum_of_the_chances_of_what_is_neither_read_nor_pending(goal: str) -> None:
    sign = 1.0 if goal == "maximize" else -1.0
    search = replace(HITS, threshold=0.6 * sign)
    held = campaign(search, ml.Objective("y", goal=goal), budget=20)
    for i in range(2, 58, 5):
        noisy = sign * float(TRUTH[i]) + 0.3 * float(np.random.default_rng(i).normal())
        held.tell(ml.Measured.of(POOL.values(i), {"y": noisy}))
    (pending,) = held.suggest(1)
    model, task = held.model(), task_of(held.problem, held.state, 1)
    found = hits_left(task, model, ml.Stop(), 0.6 * sign)
    free = [i for i in range(60) if i not in range(2, 58, 5) and i != POOL.index(pending.candidate)]
    said = held.predict(FRAME[["x"]].iloc[free])
    chances = norm.sf((0.6 - sign * said.mean[:, 0]) / said.model_std[:, 0])
    assert found.left == pytest.approx(chances.sum(), rel=1e-6)
    assert found.within == pytest.approx(np.sort(chances)[-19:].sum(), rel=1e-6)
    assert found.candidates == 47


def test_the_probability_that_no_hit_is_left_is_that_of_joint_draws() -> None:
    held = campaign(replace(HITS, threshold=1.1), budget=20)
    for i in range(2, 58, 5):
        noisy = float(TRUTH[i]) + 0.3 * float(np.random.default_rng(i).normal())
        held.tell(ml.Measured.of(POOL.values(i), {"y": noisy}))
    model = held.model()
    mark = float(np.max(held.predict(FRAME[["x"]]).mean)) + 0.1
    found = hits_left(task_of(held.problem, held.state, 1), model, ml.Stop(), mark)
    free = [i for i in range(60) if i not in range(2, 58, 5)]
    mean, cov = model.fitted.joint(POOL.encode_rows(np.array(free)))
    draws = np.random.default_rng(0).multivariate_normal(mean[:, 0], cov[0], 20_000, method="eigh")
    assert 0.05 < found.probability < 0.95
    assert found.probability == pytest.approx(float(np.mean((draws <= mark).all(axis=1))), abs=0.06)


def test_hits_that_break_a_limit_or_do_not_form_are_none() -> None:
    goals = [ml.Objective("y"), ml.Objective("z", goal="limit", high=0.5)]
    held = campaign(HITS, *goals, budget=40)
    for i in range(0, 60, 4):
        held.tell(ml.Measured.of(POOL.values(i), {"y": float(TRUTH[i]), "z": float(X[i])}))
    one = held.status()
    assert one["hits"]["by_readings"] == int(((TRUTH > 0.6) & (X <= 0.5))[::4].sum())
    left = np.delete((TRUTH > 0.6) & (X <= 0.5), np.arange(0, 60, 4)).sum()
    assert one["outlook"]["hits_left"] == pytest.approx(int(left), abs=1.5)
    assert "above 0.600 and hold the limits by" in hits_words(one["hits"], "y", None)


@pytest.mark.parametrize("search", [HITS, ml.Bayes()], ids=["hits", "the best"])
def test_what_came_out_beside_what_was_planned_is_not_left(search: ml.Bayes) -> None:
    space = ml.Space([ml.Real("x", 0, 1, step=0.05)])
    held = ml.Campaign(space, [ml.Objective("y")], strategy=search, seed=1)
    for i in range(21):
        made = i / 20 + 0.002
        held.tell(ml.Measured.of({"x": i / 20}, {"y": float(np.sin(9 * made))}, executed={"x": made}))
    outlook = held.status()["outlook"]
    assert outlook["looked"] == 21
    assert outlook["probability"] > 0.99
    assert outlook.get("hits_left", 0.0) == 0.0


@pytest.mark.parametrize("name", ["level", "learn", "variance"])
def test_a_stop_rule_is_refused_where_the_acquisition_seeks_no_best(name: str) -> None:
    search = ml.Bayes(acquisition=name, threshold=0.5 if name == "level" else None)
    with pytest.raises(InputError, match=f"acquisition '{name}' seeks none"):
        campaign(search, stop=ml.Stop())
    assert told(12, campaign(search)).status()["outlook"] is None


def test_a_shortfall_of_the_best_is_refused_where_hits_are_sought() -> None:
    with pytest.raises(InputError, match="'regret' is about the best found"):
        campaign(stop=ml.Stop(regret=0.1))
    assert campaign(stop=ml.Stop(probability=0.8)).problem.stop is not None


def test_check_names_the_line_of_a_stop_rule_that_makes_no_sense(tmp_path: Path) -> None:
    FRAME[["x"]].to_csv(tmp_path / "pool.csv", index=False)
    file = tmp_path / "campaign.toml"
    file.write_text(
        '[[objective]]\nname = "y"\ngoal = "maximize"\n[pool]\nfile = "pool.csv"\nfeatures = ["x"]\n'
        '[strategy]\nacquisition = "level"\nthreshold = 0.5\n[stop]\nleast = 10\n'
    )
    with pytest.raises(ConfigError) as caught:
        ml.Campaign.open(file)
    (fault,) = caught.value.faults
    assert "campaign.toml:10" in fault.place
    assert "stop rule" in fault.found
    assert "budget" in fault.cure


def test_status_counts_hits_by_posterior_mean_and_by_readings() -> None:
    one = told(20, campaign()).status()["hits"]
    read = int((TRUTH[np.linspace(1, 58, 20).astype(int)] > 0.6).sum())
    assert one == {
        "threshold": 0.6,
        "side": "above",
        "by_mean": read,
        "by_readings": read,
        "made": 20,
        "limited": False,
    }
    assert "hits" not in told(12, campaign(ml.Bayes())).status()


def two_goals(**terms) -> ml.Campaign:
    goals = [ml.Objective("y", reference=5.0), ml.Objective("z", goal="minimize")]
    held = ml.Campaign(POOL, goals, seed=1, **terms)
    for i in range(0, 60, 5):
        held.tell(ml.Measured.of(POOL.values(i), {"y": float(TRUTH[i]), "z": float(X[i])}))
    return held


def test_a_reference_that_nothing_reaches_is_said_and_ends_no_campaign() -> None:
    held = two_goals(stop=ml.Stop(), budget=30)
    one = held.status()
    assert one["front"]["hypervolume"] == 0.0
    assert one["outlook"] is None
    assert one["advice"]["action"] == "suggest"
    said = "none of what was measured reaches the reference y 5.00, from which volumes count"
    assert said in one["advice"]["reason"]
    (chosen,) = held.suggest(1)
    assert said in chosen.reason
    assert held.ended() is None


def test_a_telling_doubts_a_reference_that_no_reading_reaches_until_one_does() -> None:
    goals = [ml.Objective("y", reference=0.5), ml.Objective("z", goal="target", value=0.0, reference=0.2)]
    held = ml.Campaign(POOL, goals, strategy=ml.Random(), seed=1)

    def tell(row: int, y: float, z: float) -> list[str]:
        outcome = held.tell(ml.Measured.of(POOL.values(row), {"y": y, "z": z}))
        return [doubt.found for doubt in outcome.warnings if "reference" in doubt.found]

    rows = [(0.1, 0.1), (0.9, 0.5), (0.2, -0.1), (0.9, -0.3)]
    assert [tell(k, *row) for k, row in enumerate(rows)] == [[], [], [], []]
    said = "none of 5 readings reaches the reference y 0.5, z 0.2, from which volumes count"
    assert tell(4, 0.4, 0.0) == [said]
    assert tell(5, 0.6, -0.1) == []
    assert tell(6, 0.1, 0.1) == []


def test_a_limit_that_nothing_holds_is_said() -> None:
    held = ml.Campaign(POOL, [ml.Objective("y"), ml.Objective("z", goal="limit", high=-5.0)], seed=1)
    for i in range(0, 60, 5):
        held.tell(ml.Measured.of(POOL.values(i), {"y": float(TRUTH[i]), "z": float(X[i])}))
    assert held.status()["best"] == []
    assert "nothing measured holds z at most -5 more likely than not" in held.status()["advice"]["reason"]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({}, "nothing is pending, without a limit"),
        ({"cost": ml.Cost(constant=2.0, limit=30.0)}, "nothing is pending, with 30.0 of the cost left"),
        ({"days": 4.0}, "nothing is pending, with 4.00 days left"),
        (
            {"days": 4.0, "budget": 9, "cost": ml.Cost(constant=2.0, limit=30.0)},
            "nothing is pending, with 9 experiments and 30.0 of the cost and 4.00 days left",
        ),
    ],
    ids=["none", "cost", "days", "all three"],
)
def test_the_advice_names_every_budget_and_no_limit_only_where_there_is_none(terms, words) -> None:
    assert campaign(ml.Random(), **terms).status()["advice"] == {"action": "suggest", "reason": words}


def test_parego_in_turn_names_the_goals_without_a_reference() -> None:
    goals = [ml.Objective("y", reference=-2.0), ml.Objective("z", goal="minimize")]
    held = ml.Campaign(POOL, goals, seed=1, initial=4)
    for i in range(0, 60, 5):
        held.tell(ml.Measured.of(POOL.values(i), {"y": float(TRUTH[i]), "z": float(X[i])}))
    reasons = [held.suggest(1)[0].reason for _ in range(2)]
    turn = [one for one in reasons if "parego" in one]
    assert turn
    assert all("no reference is given for z;" in one for one in turn)
