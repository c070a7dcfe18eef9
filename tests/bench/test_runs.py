import json

import numpy as np
import pytest

from matloop.bench.runs import Runs, StrategyRuns
from matloop.errors import DataError


def document(**changes):
    """A sound document, with changes."""
    strategies = {
        "bayes": {"runs": [[0, 2, 1], [2, 0, 1]], "seconds_per_suggestion": 0.25},
        "random": {"runs": [[1, 0, 2], [0, 1, 2]], "seconds_per_suggestion": None},
    }
    return {"n": 3, "ids": ["a", "b", "µ"], "goal": "maximize", "strategies": strategies, **changes}


def one(**changes):
    """A document whose only strategy has faults."""
    return document(strategies={"bayes": {"runs": [[0, 1]], "seconds_per_suggestion": 0.1, **changes}})


def faults(item):
    with pytest.raises(DataError) as caught:
        Runs.from_json(item, "runs.json")
    return [(fault.place, fault.found, fault.cure) for fault in caught.value.faults]


def test_what_is_written_is_read_again(tmp_path):
    Runs.from_json(document()).write(tmp_path / "runs.json")
    assert Runs.read(tmp_path / "runs.json").to_json() == document()


def test_the_file_holds_exactly_the_document_of_the_contract(tmp_path):
    Runs.from_json(document()).write(tmp_path / "runs.json")
    assert json.loads((tmp_path / "runs.json").read_text(encoding="utf-8")) == document()


def test_orders_are_those_of_the_first_strategy():
    assert Runs.from_json(document()).orders.tolist() == [[0, 2, 1], [2, 0, 1]]


def test_orders_are_whole_numbers():
    assert Runs.from_json(document()).orders.dtype == np.int64


def test_orders_that_were_computed_can_be_written(tmp_path):
    runs = Runs(2, ("a", "b"), "minimize", {"bayes": StrategyRuns(np.array([[1, 0]]), 0.5)})
    runs.write(tmp_path / "runs.json")
    assert Runs.read(tmp_path / "runs.json").orders.tolist() == [[1, 0]]


def test_a_candidate_may_be_measured_again():
    assert Runs.from_json(one(runs=[[0, 0, 1]])).orders.tolist() == [[0, 0, 1]]


def test_a_field_of_a_later_version_is_passed_over():
    assert Runs.from_json(document(oracle="mean")).to_json() == document()


@pytest.mark.parametrize("key", ["n", "ids", "goal", "strategies"])
def test_a_missing_key_is_named(key):
    item = document()
    del item[key]
    assert faults(item)[0][:2] == ("runs.json", f"{key!r} is missing")


def test_a_misspelt_key_is_recognised():
    item = document()
    item["strategys"] = item.pop("strategies")
    assert faults(item) == [("runs.json", "'strategies' is missing", "Did you mean 'strategys'?")]


@pytest.mark.parametrize("key", ["runs", "seconds_per_suggestion"])
def test_a_missing_key_of_a_strategy_is_named(key):
    item = one()
    del item["strategies"]["bayes"][key]
    assert faults(item)[0][:2] == ("runs.json, strategy 'bayes'", f"{key!r} is missing")


@pytest.mark.parametrize("item", [None, [], "runs", 3])
def test_a_document_that_is_no_object_is_refused(item):
    assert faults(item)


@pytest.mark.parametrize("n", [0, -1, 3.0, True, "3", None])
def test_a_pool_size_that_is_none_is_refused(n):
    assert "runs.json, n" in [place for place, _, _ in faults(document(n=n))]


@pytest.mark.parametrize("ids", [["a", "b"], ["a", "b", "b"], ["a", "b", 3], "abc", None])
def test_ids_that_are_not_one_a_candidate_are_refused(ids):
    assert faults(document(ids=ids))[0][0] == "runs.json, ids"


@pytest.mark.parametrize("goal", ["max", "", None, 1, []])
def test_an_unknown_goal_is_refused(goal):
    assert faults(document(goal=goal))[0][0] == "runs.json, goal"


@pytest.mark.parametrize("strategies", [{}, [], None])
def test_no_strategy_is_refused(strategies):
    assert faults(document(strategies=strategies))[0][0] == "runs.json, strategies"


@pytest.mark.parametrize("runs", [[], [[]], None, [0, 1], [[0], []], {"0": [1]}])
def test_runs_that_are_no_lists_of_rows_are_refused(runs):
    assert faults(one(runs=runs))[0][0] == "runs.json, strategy 'bayes', runs"


def test_runs_of_unequal_budget_are_refused():
    assert "2 lengths (1 to 2)" in faults(one(runs=[[0, 1], [2]]))[0][1]


@pytest.mark.parametrize("row", [3, -1, 1.0, "1", None, True])
def test_a_row_that_is_none_is_named_with_its_place(row):
    found = faults(one(runs=[[0, 1], [2, row]]))[0]
    assert found[:2] == ("runs.json, strategy 'bayes', run 1, experiment 2", f"row {row!r}")


@pytest.mark.parametrize("seconds", [-1, "fast", float("inf"), True])
def test_a_time_that_is_none_is_refused(seconds):
    assert faults(one(seconds_per_suggestion=seconds))[0][0].endswith("seconds_per_suggestion")


def test_all_faults_are_found_at_once():
    item = {**one(runs=[[9]], seconds_per_suggestion=-1), "goal": "max", "ids": ["a"]}
    assert len(faults(item)) == 4


@pytest.mark.parametrize("text", ["", "{", '{"n": NaN}', '{"n": 1, "n": 2}', "[" * 100_000, "\xff"], ids=range(6))
def test_a_file_that_is_no_strict_json_is_refused(tmp_path, text):
    (tmp_path / "runs.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match="no JSON"):
        Runs.read(tmp_path / "runs.json")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        Runs.read(tmp_path / "runs.json")
