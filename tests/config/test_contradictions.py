"""Settings that contradict each other, and numbers that are none: one fault each, at its key, with a cure."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop import config
from matloop.apps.cli.main import main
from matloop.decide.botorch_ import BoTorch
from matloop.errors import ConfigError, DataError, Fault, InputError, SpaceError

ROWS = "id,x,z\n" + "".join(f"c{i},{i % 5},{i // 5}\n" for i in range(20))
GOAL = '[[objective]]\nname = "y"\ngoal = "maximize"\n'
POOL = '[pool]\nfile = "cand.csv"\nid = "id"\nfeatures = ["x", "z"]\n'
SECOND = '[[objective]]\nname = "p"\ngoal = "minimize"\n'
FRAME = pd.DataFrame({"x": np.linspace(0, 1, 12)})


def faults(folder: Path, text: str) -> list[Fault]:
    (folder / "cand.csv").write_text(ROWS, encoding="utf-8")
    file = folder / "c.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        config.read(file)
    return [Fault(one.place.replace(str(file), "c.toml"), one.found, one.cure) for one in error.value.faults]


@pytest.mark.parametrize(
    ("text", "place", "found", "cure"),
    [
        (
            GOAL + POOL + '[strategy]\nacquisition = "cost"\n',
            "[strategy]",
            "acquisition 'cost' divides by what candidates cost, and nobody says what they do",
            "Add [cost]",
        ),
        (
            GOAL + SECOND + POOL + '[strategy]\nname = "botorch"\n',
            "[strategy]",
            "strategy 'botorch' is for one quantity of which more is better, or less",
            "Use strategy 'bayes'.",
        ),
        (
            GOAL + POOL + '[strategy]\nacquisition = "nei"\ndraws = 100000000\n',
            "[strategy] draws",
            "is 100000000",
            "Give a whole number from 1 to 16384",
        ),
        (
            GOAL + POOL + '[[constraint]]\nat_most = 5\nnonzero = ["x", "z"]\n',
            "at most 5 nonzero of x, z",
            "at_most is 5, and 2 parameters are named, so it excludes nothing",
            "Give a number below 2",
        ),
        (GOAL + "std = -1\n" + POOL, "[[objective]] std", "it is -1", "Give a number from 0."),
        (GOAL + POOL + "[cost]\nconstant = 1\n[budget]\ncost = -20\n", "[budget] cost", "it is -20", "above 0"),
        (
            GOAL + POOL + "[cost]\nconstant = 5\n[budget]\ncost = 2\n",
            "[budget] cost",
            "it is 2, and no candidate costs less than 5",
            "Raise it",
        ),
        (
            GOAL + POOL + '[cost]\nexpression = "x + q"\n',
            "c.toml:9, [cost] expression 'x + q', column 5",
            "unknown name 'q'",
            "Known: 'x', 'z'.",
        ),
        (
            GOAL + POOL + "[strategy]\nsure = { max_std = nan }\n",
            "[strategy] sure, max_std",
            "it is nan (a number)",
            "Give a finite number.",
        ),
        (
            GOAL + POOL + '[strategy]\nacquisition = "hits"\nthreshold = nan\n',
            "[strategy] threshold",
            "it is nan (a number)",
            "Give a finite number.",
        ),
        (
            '[[objective]]\nname = "y"\ngoal = "target"\nvalue = nan\n' + POOL,
            "[[objective]] value",
            "it is nan (a number)",
            "Give a finite number.",
        ),
        (
            '[[objective]]\nname = "y"\ngoal = "range"\nlow = 1\nhigh = inf\n' + POOL,
            "[[objective]] high",
            "it is inf (a number)",
            "Give a finite number.",
        ),
    ],
    ids=[
        "per cost without costs",
        "two goals for botorch",
        "draws without end",
        "at most more than there are",
        "std below 0",
        "budget below 0",
        "budget below the cheapest",
        "cost of an unknown name",
        "sure of nan",
        "threshold of nan",
        "target of nan",
        "range to infinity",
    ],
)
def test_a_contradiction_or_a_number_that_is_none_is_one_fault_at_its_key(
    tmp_path: Path, text: str, place: str, found: str, cure: str
) -> None:
    (fault,) = faults(tmp_path, text)
    assert place in fault.place
    assert fault.place.startswith("c.toml:")
    assert found in fault.found
    assert cure in fault.cure


def test_acquisitions_that_are_refused_are_not_offered(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, GOAL + POOL + '[strategy]\nacquisition = "entropy search"\n')
    assert "'kg'" not in fault.cure
    assert "'mes'" not in fault.cure
    assert fault.cure.startswith("Known: 'auto'")


def test_in_python_an_acquisition_per_cost_without_costs_is_refused_and_with_them_is_not() -> None:
    pool, goal = ml.Pool.from_frame(FRAME, ["x"]), [ml.Objective("y", goal="maximize")]
    with pytest.raises(InputError, match="nobody says what they do"):
        ml.Campaign(pool, goal, strategy=ml.Bayes(acquisition="cost"))
    assert ml.Campaign(pool, goal, strategy=ml.Bayes(acquisition="cost"), cost=ml.Cost(constant=2)).suggest(1)


def test_a_backtest_takes_an_acquisition_per_cost_as_if_all_cost_the_same() -> None:
    pool = ml.Pool.from_frame(FRAME, ["x"])
    truth = np.sin(7 * FRAME.x.to_numpy())
    goal = ml.Objective("y", goal="maximize")
    by_cost, plain = (
        ml.backtest(pool, truth, goal, strategy=ml.Bayes(acquisition=name), runs=1, budget=7, seed=2).orders
        for name in ("cost", "nei")
    )
    assert by_cost.tolist() == plain.tolist()


def test_at_most_as_many_as_there_are_is_taken_and_more_is_not() -> None:
    assert ml.AtMostNonzero(2, ["a", "b"]).k == 2
    with pytest.raises(SpaceError, match="excludes nothing"):
        ml.AtMostNonzero(3, ["a", "b"])


@pytest.mark.parametrize(("std", "said"), [("std = 0\n", True), ("std = 0.1\n", False), ("", False)])
def test_check_says_that_a_std_of_0_counts_as_none(tmp_path: Path, capsys, std: str, said: bool) -> None:
    (tmp_path / "cand.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "c.toml").write_text(GOAL + std + POOL, encoding="utf-8")
    assert main(["check", str(tmp_path / "c.toml")]) == 0
    assert ("std = 0 counts as none: it is learned" in capsys.readouterr().out) == said


@pytest.mark.parametrize("installed", [True, False])
def test_check_says_that_botorch_is_not_installed_and_other_verbs_still_read_the_campaign(
    monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    monkeypatch.setattr(
        "matloop.decide.botorch_library.find_spec", lambda name: find_spec("numpy") if installed else None
    )
    one = ml.Campaign(ml.Pool.from_frame(FRAME, ["x"]), [ml.Objective("y", goal="maximize")], strategy=BoTorch())
    said = [(fault.place, fault.found, fault.cure) for fault in one.check()]
    if installed:
        assert said == []
    else:
        assert [(place, found) for place, found, _ in said] == [
            ("strategy", "strategy 'botorch': torch and botorch cannot be found")
        ]
        assert 'pip install "matloop[botorch]"' in said[0][2]
    assert one.status()["counts"]["readings"] == 0


@pytest.mark.parametrize(
    "goal", [{"goal": "target", "value": 1.0}, {"goal": "learn"}, {"goal": "range", "low": 0, "high": 1}]
)
def test_botorch_is_refused_for_goals_that_it_would_take_for_more_is_better(goal: dict) -> None:
    with pytest.raises(InputError, match="more is better, or less"):
        ml.Campaign(ml.Pool.from_frame(FRAME, ["x"]), [ml.Objective("y", **goal)], strategy=BoTorch())


@pytest.mark.parametrize(
    ("id_", "cure"),
    [
        ("s0099", "The campaign has s0001 to s0003."),
        ("s0020", "The campaign has s0001 to s0003."),
        ("s3", "Did you mean 's0003'?"),
        ("S0002", "Did you mean 's0002'?"),
        ("2", "Did you mean 's0002'?"),
    ],
)
def test_between_ids_of_different_suggestions_nothing_is_guessed(id_: str, cure: str) -> None:
    one = ml.Campaign(ml.Pool.from_frame(FRAME, ["x"]), [ml.Objective("y", goal="maximize")], strategy=ml.Random())
    one.suggest(3)
    with pytest.raises(DataError) as told:
        one.tell(ml.Measured(id_, {"y": 1.0}))
    with pytest.raises(DataError) as withdrawn:
        one.withdraw([id_], reason="no powder")
    assert [fault.cure for error in (told, withdrawn) for fault in error.value.faults] == [cure, cure]


def test_an_unknown_reading_is_likened_to_those_of_the_same_experiment_alone() -> None:
    one = ml.Campaign(ml.Pool.from_frame(FRAME, ["x"]), [ml.Objective("y", goal="maximize")], strategy=ml.Random())
    for item in one.suggest(2):
        one.tell(ml.Measured(item.id, {"y": 1.0}))
    with pytest.raises(DataError, match="Did you mean 's0002/1'"):
        one.correct("s0002/2", {"y": 2.0}, reason="typo")
    one.suggest(1)
    with pytest.raises(DataError) as error:
        one.correct("s0003/1", {"y": 2.0}, reason="typo")
    assert error.value.faults[0].cure == "`status FILE --readings` lists them."
