"""By what runs are judged where goals are several, a target, a range, or bound: against closed forms."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.bench.backtest import compare, truths_of
from matloop.bench.judge import Front, Judge, judge_of
from matloop.bench.runs import Runs
from matloop.bench.summary import summarise, summarise_front
from matloop.decide import Chosen, Task
from matloop.errors import DataError, InputError

MEANS = np.array([[1.0, 5.0], [2.0, 4.0], [3.0, 1.0], [2.5, 0.5], [9.0, 9.0]])
TWO = (ml.Objective("f", reference=0.0), ml.Objective("g", reference=0.0))
LIMITED = (ml.Objective("f"), ml.Objective("g", goal="limit", high=4.5))


def front(objectives: tuple[ml.Objective, ...], means: np.ndarray = MEANS[:4]) -> Front:
    found = judge_of(means, objectives)
    assert isinstance(found, Front)
    return found


def judge(means: np.ndarray, *objectives: ml.Objective) -> Judge:
    found = judge_of(means, objectives)
    assert isinstance(found, Judge)
    return found


def test_the_true_front_is_what_no_other_beats() -> None:
    assert front(TWO).best.tolist() == [True, True, True, False]


def test_hypervolume_is_the_area_of_what_was_measured_over_that_of_the_front() -> None:
    """Of the front 5 + 4 + 1 = 10: stairs of (1, 5), (2, 4), (3, 1)."""
    found = front(TWO).volumes(np.array([[3, 0, 1, 2], [2, 1, 0, 3]]))
    assert found == pytest.approx(np.array([[0.125, 0.575, 0.925, 1.0], [0.3, 0.9, 1.0, 1.0]]))


def test_shares_count_members_of_the_front_once() -> None:
    assert front(TWO).shares(np.array([[3, 0, 0, 1]])).tolist() == [pytest.approx([0.0, 1 / 3, 1 / 3, 2 / 3])]


def test_what_breaks_a_limit_encloses_nothing() -> None:
    limit = ml.Objective("h", goal="limit", low=1.0)
    means = np.column_stack([MEANS, [1.0, 1.0, 1.0, 1.0, 0.0]])
    found = front((*TWO, limit), means)
    assert not found.best[4]
    assert found.volumes(np.array([[4, 1]])).tolist() == [pytest.approx([0.0, 0.8])]


def test_a_limit_makes_the_best_that_of_those_that_hold_it() -> None:
    found = judge(MEANS, *LIMITED)
    assert found.goal == "maximize"
    assert found.truth.tolist() == [2.0, 2.0, 3.0, 2.5, 2.0]
    assert found.sought is not None
    assert found.sought.tolist() == [False, False, True, False, False]


def test_a_target_is_judged_by_distance() -> None:
    found = judge(MEANS[:, :1], ml.Objective("f", goal="target", value=2.2))
    assert found.goal == "minimize"
    assert found.truth == pytest.approx([1.2, 0.2, 0.8, 0.3, 6.8])


def test_of_a_range_all_that_lies_within_is_sought() -> None:
    found = judge(MEANS[:, :1], ml.Objective("f", goal="range", low=1.5, high=2.6))
    assert found.sought is not None
    assert found.sought.tolist() == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("objectives", "error"),
    [
        ((ml.Objective("f", goal="learn"),), InputError),
        ((ml.Objective("f"), ml.Objective("g", goal="limit", high=-1.0)), DataError),
        ((ml.Objective("f", reference=99.0), ml.Objective("g")), DataError),
    ],
    ids=["learned", "nothing holds", "reference too good"],
)
def test_what_cannot_be_judged_is_refused(objectives: tuple[ml.Objective, ...], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"Give|Widen"):
        judge_of(MEANS[:, : len(objectives)], objectives)


FRAME = pd.DataFrame({"a": np.linspace(0, 1, 12), "b": np.tile([0.0, 0.5, 1.0], 4)})
POOL = ml.Pool.from_frame(FRAME, ["a", "b"])
TRUTH = {"f": FRAME.a * (1.5 - FRAME.b), "g": FRAME.b + 0.1 * FRAME.a}


def test_strategies_are_compared_by_several_goals(tmp_path: Path) -> None:
    goals = (ml.Objective("f"), ml.Objective("g"))
    runs = compare(POOL, TRUTH, goals, {"bayes": ml.Bayes(evaluations=200)}, runs=2, budget=8, initial=3)
    means = np.stack([one.means for one in truths_of(TRUTH, goals, POOL)], axis=1)
    judged = judge_of(means, goals)
    assert isinstance(judged, Front)
    scores = summarise_front(runs, judged, at=[3, 8])
    by = {(one.strategy, one.metric, one.at): one for one in scores}
    assert by["bayes", "hypervolume", 3].value == by["random", "hypervolume", 3].value
    assert by["bayes", "hypervolume", 8].value >= by["bayes", "hypervolume", 3].value
    assert by["bayes", "front", 8].random == pytest.approx(8 / 12)
    assert by["bayes", "hypervolume", 8].gain is not None
    runs.write(tmp_path / "runs.json")
    again = Runs.read(tmp_path / "runs.json")
    assert [one["name"] for one in again.objectives] == ["f", "g"]
    assert (again.orders == runs.orders).all()


def test_a_target_is_found_sooner_than_by_chance() -> None:
    goal = ml.Objective("f", goal="target", value=0.8)
    runs = compare(POOL, TRUTH["f"], goal, {"bayes": ml.Bayes()}, runs=3, budget=8, initial=3)
    judged = judge(np.asarray(TRUTH["f"])[:, None], goal)
    by = {(s.strategy, s.metric, s.at): s.value for s in summarise(runs, judged.truth, sought=judged.sought, at=[8])}
    assert by["bayes", "regret", 8] <= by["random", "regret", 8]


def test_readings_of_one_specimen_are_drawn_together() -> None:
    """The second quantity is ten times the first in every reading, so no campaign may ever see another pair."""
    several = [[float(k), k + 0.5] for k in range(12)]
    goals = (ml.Objective("f"), ml.Objective("g"))
    seen: list[float] = []

    @dataclass(frozen=True)
    class Looking:
        name: ClassVar[str] = "looking"

        def suggest(self, task: Task) -> Chosen:
            seen.extend(r.outcome["g"] / r.outcome["f"] for r in task.readings if r.outcome["f"])
            return ml.Random().suggest(task)

    truth = {"f": several, "g": [[10.0 * one for one in pair] for pair in several]}
    compare(POOL, truth, goals, {"looking": Looking()}, runs=2, budget=6, initial=2, oracle="reading")
    assert seen
    assert set(np.round(seen, 9)) == {10.0}


@pytest.mark.parametrize(
    ("truth", "error", "words"),
    [
        (TRUTH["f"], InputError, "Give a mapping"),
        ({"f": TRUTH["f"]}, InputError, "nothing is known of 'g'"),
        ({"f": TRUTH["f"], "g": [[1.0, 2.0], *([1.0] for _ in range(11))]}, DataError, "as many"),
    ],
    ids=["no mapping", "one missing", "unequal numbers"],
)
def test_a_truth_that_does_not_fit_several_objectives_is_refused(
    truth: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        truths_of(truth, (ml.Objective("f"), ml.Objective("g")), POOL)  # type: ignore[arg-type]
