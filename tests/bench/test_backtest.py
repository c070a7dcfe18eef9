import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import matloop as ml
from matloop.bench.backtest import Protocol, backtest, compare
from matloop.decide import Choice, Chosen
from matloop.errors import DataError, InputError, ModelError, PluginError

N = 30
OBJECTIVE = ml.Objective("y")


def grid():
    """Thirty candidates on a line, and their outcomes."""
    x = np.arange(N, dtype=float)
    frame = pd.DataFrame({"x": x, "name": [f"d{k:02d}" for k in range(N)]})
    return ml.Pool.from_frame(frame, features=["x"], id="name"), -((x - 20.3) ** 2)


@pytest.fixture(scope="module")
def pool():
    return grid()[0]


@pytest.fixture(scope="module")
def truth():
    return grid()[1]


@dataclass(frozen=True)
class InOrder:
    """Takes the first candidates that are free; remembers what it was asked."""

    seen: ClassVar[list] = []
    name: ClassVar[str] = "in order"

    def suggest(self, task):
        self.seen.append(task)
        free = (i for i in range(len(task.candidates)) if task.candidates.id(i) not in task.closed)
        chosen = [Choice(task.candidates.candidate(i), "next") for i, _ in zip(free, range(task.n), strict=False)]
        return Chosen(tuple(chosen))


@dataclass(frozen=True)
class Always(InOrder):
    """Takes one candidate again and again."""

    row: int = 3
    name: ClassVar[str] = "always"

    def suggest(self, task):
        self.seen.append(task)
        return Chosen((Choice(task.candidates.candidate(self.row), "again"),))


@dataclass(frozen=True)
class Broken(InOrder):
    """Fails at its third ask."""

    name: ClassVar[str] = "broken"

    def suggest(self, task):
        if task.asked == 2:
            raise ModelError.at("model", "it burst", "Mend it.")
        return super().suggest(task)


@dataclass(frozen=True)
class Watched(InOrder):
    """Bayes, whose choices are remembered."""

    chosen: ClassVar[list] = []
    name: ClassVar[str] = "watched"

    def suggest(self, task):
        answer = ml.Bayes().suggest(task)
        self.chosen.extend(answer.choices)
        return answer


@pytest.fixture(autouse=True)
def forget():
    InOrder.seen.clear()
    Watched.chosen.clear()


def initial_rows(seed, run, k):
    """What the contract says of the initial rows."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(run,))).permutation(N)[:k].tolist()


# The protocol


def test_orders_have_a_row_a_run_and_the_budget_as_width(pool, truth):
    assert backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=3, budget=7).orders.shape == (3, 7)


def test_the_budget_counts_the_initial_rows(pool, truth):
    backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=1, budget=7, initial=3)
    assert sum(task.n for task in InOrder.seen) == 4


def test_each_run_begins_with_its_own_uniform_rows(pool, truth):
    runs = backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=4, budget=6, initial=3, seed=5)
    assert runs.orders[:, :3].tolist() == [initial_rows(5, run, 3) for run in range(4)]


def test_every_strategy_begins_with_the_same_rows(pool, truth):
    runs = compare(pool, truth, OBJECTIVE, {"a": InOrder(), "b": ml.Sobol()}, runs=3, budget=8, initial=4)
    first = [item.orders[:, :4].tolist() for item in runs.strategies.values()]
    assert first[0] == first[1] == first[2]


def test_then_only_the_strategy_chooses(pool, truth):
    runs = backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=1, budget=8, initial=2, seed=1)
    begun = initial_rows(1, 0, 2)
    assert runs.orders[0, 2:].tolist() == [row for row in range(N) if row not in begun][:6]


def test_a_model_chooses_as_soon_as_two_values_differ(pool, truth):
    backtest(pool, truth, OBJECTIVE, strategy=Watched(), runs=2, budget=5, initial=2)
    assert [choice.place for choice in Watched.chosen] == [None] * 6


def test_without_initial_rows_the_strategy_begins_with_its_own_design(pool, truth):
    runs = backtest(pool, truth, OBJECTIVE, strategy=ml.Bayes(), runs=1, budget=6, initial=0)
    assert len(set(runs.orders[0].tolist())) == 6


def test_the_last_batch_is_what_the_budget_leaves(pool, truth):
    backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=1, budget=9, initial=2, batch=3)
    assert [task.n for task in InOrder.seen] == [3, 3, 1]


def test_a_strategy_learns_all_that_was_measured_before(pool, truth):
    backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=1, budget=5, initial=2)
    assert [len(task.readings) for task in InOrder.seen] == [2, 3, 4]


def test_a_strategy_is_told_the_truth(pool, truth):
    backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=1, budget=6, initial=2)
    told = {reading.candidate: reading.outcome["y"] for reading in InOrder.seen[-1].readings}
    assert told == {id_: truth[pool.index(id_)] for id_ in told}


def test_runs_of_a_strategy_have_different_seeds(pool, truth):
    backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=3, budget=3)
    assert len({task.seed for task in InOrder.seen}) == 3


def test_one_seed_gives_one_result(pool, truth):
    first, second = (backtest(pool, truth, OBJECTIVE, runs=2, budget=8, seed=4).orders for _ in range(2))
    assert first.tolist() == second.tolist()


def test_another_seed_gives_another_result(pool, truth):
    first, second = (backtest(pool, truth, OBJECTIVE, runs=2, budget=8, seed=seed).orders for seed in (4, 5))
    assert first.tolist() != second.tolist()


def test_more_runs_leave_the_first_ones_as_they_are(pool, truth):
    few, many = (backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=r, budget=6).orders for r in (2, 5))
    assert few.tolist() == many[:2].tolist()


def test_the_result_names_the_candidates_and_the_goal(pool, truth):
    runs = backtest(pool, truth, ml.Objective("y", goal="minimize"), strategy=InOrder(), runs=1, budget=3)
    assert (runs.n, runs.ids[:2], runs.goal) == (N, ("d00", "d01"), "minimize")


def test_the_time_of_a_suggestion_is_taken(pool, truth):
    runs = backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=1, budget=5)
    assert runs.strategies["in order"].seconds_per_suggestion > 0


# Random choice


def test_random_choice_is_always_beside(pool, truth):
    runs = backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=2, budget=5)
    assert list(runs.strategies) == ["in order", "random"]


def test_random_choice_alone_is_one_strategy(pool, truth):
    assert list(backtest(pool, truth, OBJECTIVE, strategy=ml.Random(), runs=2, budget=5).strategies) == ["random"]


def test_random_choice_measures_nothing_twice(pool, truth):
    orders = backtest(pool, truth, OBJECTIVE, strategy=ml.Random(), runs=20, budget=N).orders
    assert np.sort(orders, axis=1).tolist() == [list(range(N))] * 20


@pytest.mark.parametrize("place", [0, 1, 6])
def test_random_choice_is_uniform_at_every_place(place):
    protocol = Protocol(budget=7, seed=11)
    rows = [protocol.order(10, run)[place] for run in range(3000)]
    assert stats.chisquare(np.bincount(rows, minlength=10)).pvalue > 0.001


# Replicates


@pytest.fixture(scope="module")
def replicates(truth):
    return [[value - 1, value, value + 4] for value in truth]


def told(strategy, pool, truth, **settings):
    """What the strategy saw at its last ask, by candidate."""
    backtest(pool, truth, OBJECTIVE, strategy=strategy, runs=1, budget=8, **settings)
    return [(pool.index(reading.candidate), reading.outcome["y"]) for reading in InOrder.seen[-1].readings]


def test_the_mean_oracle_tells_means(pool, truth, replicates):
    seen = told(InOrder(), pool, replicates)
    assert [value for _, value in seen] == pytest.approx([truth[row] + 1 for row, _ in seen])


def test_the_reading_oracle_tells_one_of_the_readings(pool, replicates):
    seen = told(InOrder(), pool, replicates, oracle="reading")
    assert all(value in replicates[row] for row, value in seen)


def test_a_reading_depends_on_run_candidate_and_how_often_it_was_measured(pool, replicates):
    def drawn(row, times):
        rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(0, row, times)))
        return rng.choice(replicates[row])

    seen = told(Always(row=3), pool, replicates, oracle="reading", repeat=True, initial=1)
    again = [value for row, value in seen if row == 3]
    assert sorted(again) == sorted(drawn(3, times) for times in range(len(again)))


def test_rows_of_a_table_are_readings_of_their_candidate():
    frame = pd.DataFrame({"x": [0, 1, 0, 2, 1, 0, 3], "y": [1.0, 5.0, 2.0, 7.0, 6.0, 3.0, 0.0]})
    pool = ml.Pool.from_frame(frame, features=["x"])
    backtest(pool, frame["y"], OBJECTIVE, strategy=InOrder(), runs=1, budget=4)
    seen = {reading.values["x"]: reading.outcome["y"] for reading in InOrder.seen[-1].readings}
    assert seen.items() <= {0: 2.0, 1: 5.5, 2: 7.0, 3: 0.0}.items()


# What is refused


@pytest.mark.parametrize(
    "settings",
    [
        {"runs": 0},
        {"budget": 0},
        {"budget": N + 1},
        {"initial": -1},
        {"initial": 9, "budget": 8},
        {"batch": 0},
        {"seed": -1},
        {"runs": 2.0},
        {"oracle": "median"},
        {"repeat": True},
        {"processes": 0},
    ],
    ids=str,
)
def test_a_protocol_without_sense_is_refused(pool, truth, settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        backtest(pool, truth, OBJECTIVE, strategy=InOrder(), **{"budget": 8, **settings})


def test_all_faults_of_a_protocol_are_found_at_once(pool, truth):
    with pytest.raises(InputError) as caught:
        backtest(pool, truth, OBJECTIVE, runs=0, budget=0, batch=0)
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize(
    "wrong", [[1.0] * (N - 1), [[1.0]] * (N + 1), ["tall"] * N, [[[1.0]]] * N], ids=["short", "long", "text", "deep"]
)
def test_a_truth_that_does_not_fit_the_pool_is_refused(pool, wrong):
    with pytest.raises(DataError, match="truth"):
        backtest(pool, wrong, OBJECTIVE, strategy=InOrder(), budget=8)


@pytest.mark.parametrize("bad", [[], [float("nan")], [1.0, float("inf")]], ids=["none", "nan", "infinite"])
def test_a_candidate_without_outcome_is_named(pool, truth, bad):
    with pytest.raises(DataError, match="'d07'"):
        backtest(pool, [*truth[:7], bad, *truth[8:]], OBJECTIVE, strategy=InOrder(), budget=8)


def test_a_strategy_that_repeats_itself_is_refused(pool, truth):
    with pytest.raises(PluginError, match="may not be chosen"):
        backtest(pool, truth, OBJECTIVE, strategy=Always(), runs=1, budget=8)


# Processes, and going on


def test_the_number_of_processes_changes_nothing(pool, truth):
    settings = {"runs": 3, "budget": 8, "seed": 2}
    alone, together = (backtest(pool, truth, OBJECTIVE, processes=p, **settings) for p in (1, 2))
    assert alone.orders.tolist() == together.orders.tolist()


def test_progress_counts_every_run(pool, truth):
    said = []
    backtest(pool, truth, OBJECTIVE, strategy=InOrder(), runs=2, budget=4, progress=lambda *words: said.append(words))
    assert said == [
        (1, 4, "in order, run 1"),
        (2, 4, "in order, run 2"),
        (3, 4, "random, run 1"),
        (4, 4, "random, run 2"),
    ]


def test_an_error_keeps_its_faults(pool, truth):
    with pytest.raises(ModelError) as caught:
        backtest(pool, truth, OBJECTIVE, strategy=Broken(), runs=2, budget=9)
    assert caught.value.faults[0].cure == "Mend it."


def test_an_error_in_another_process_keeps_its_faults(pool, truth):
    feature = ml.Objective("x")  # that it is no objective is found when the run's campaign begins
    with pytest.raises(InputError) as caught:
        compare(pool, truth, feature, {"bayes": ml.Bayes()}, runs=2, budget=9, processes=2)
    assert "'x'" in caught.value.faults[0].found


def test_finished_runs_are_not_done_again(pool, truth, tmp_path):
    settings = {"strategy": InOrder(), "budget": 6, "checkpoint": tmp_path / "part.json"}
    backtest(pool, truth, OBJECTIVE, runs=2, **settings)
    InOrder.seen.clear()
    backtest(pool, truth, OBJECTIVE, runs=3, **settings)
    assert len(InOrder.seen) == 4  # the asks of the third run alone


def test_what_was_interrupted_ends_as_if_it_was_not(pool, truth, tmp_path):
    class Interrupted(Exception):
        pass

    def interrupt(done, total, text):
        if done == 2:
            raise Interrupted

    settings = {"strategy": InOrder(), "budget": 6, "runs": 4, "checkpoint": tmp_path / "part.json"}
    with pytest.raises(Interrupted):
        backtest(pool, truth, OBJECTIVE, progress=interrupt, **settings)
    resumed = backtest(pool, truth, OBJECTIVE, **settings)
    whole = backtest(pool, truth, OBJECTIVE, **{**settings, "checkpoint": None})
    assert resumed.orders.tolist() == whole.orders.tolist()


@pytest.mark.parametrize(
    "change",
    [
        {"budget": 7},
        {"seed": 1},
        {"batch": 2},
        {"initial": 3},
        {"strategy": Always(), "oracle": "reading", "repeat": True},
        {"oracle": "reading"},
        {"objective": ml.Objective("y", goal="minimize")},
        {"truth": np.arange(N, dtype=float)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_runs_of_another_backtest_are_not_taken(pool, truth, tmp_path, change):
    base = {"truth": truth, "objective": OBJECTIVE, "strategy": InOrder(), "budget": 6, "runs": 1}
    backtest(pool, **base, checkpoint=tmp_path / "part.json")
    InOrder.seen.clear()
    backtest(pool, **{**base, **change}, checkpoint=tmp_path / "part.json")
    assert InOrder.seen


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"checkpoint": 1}', '{"checkpoint": 1, "done": {"a": 3}}'])
def test_a_file_that_is_no_checkpoint_is_refused(pool, truth, tmp_path, text):
    (tmp_path / "part.json").write_text(text)
    with pytest.raises(DataError, match=r"part\.json"):
        backtest(pool, truth, OBJECTIVE, strategy=InOrder(), budget=8, checkpoint=tmp_path / "part.json")


@pytest.mark.parametrize("run", [{}, {"rows": "ab", "seconds": 1, "suggestions": 1}, 3, {"rows": [1, 2]}], ids=str)
def test_a_damaged_run_of_a_checkpoint_is_refused(pool, truth, tmp_path, run):
    settings = {"strategy": InOrder(), "runs": 1, "budget": 6, "checkpoint": tmp_path / "part.json"}
    backtest(pool, truth, OBJECTIVE, **settings)
    kept = json.loads((tmp_path / "part.json").read_text())
    kept["done"] = {key: {"0": run} for key in kept["done"]}
    (tmp_path / "part.json").write_text(json.dumps(kept))
    with pytest.raises(DataError, match="damaged"):
        backtest(pool, truth, OBJECTIVE, **settings)


SCRIPT = """
import multiprocessing, sys
import numpy as np, pandas as pd
import matloop as ml

def progress(done, total, text):
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)

if __name__ == "__main__":
    x = np.arange(30, dtype=float)
    frame = pd.DataFrame({"x": x, "name": [f"d{k:02d}" for k in range(30)]})
    pool = ml.Pool.from_frame(frame, features=["x"], id="name")
    ml.backtest(pool, -((x - 20.3) ** 2), ml.Objective("y"), runs=40, budget=12, processes=2,
                progress=progress, checkpoint=sys.argv[1])
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A backtest in two processes, killed without warning: its checkpoint, and the ids of its workers."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "script.py").write_text(SCRIPT)
    command = [sys.executable, str(folder / "script.py"), str(folder / "part.json")]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    workers = [parent.stdout.readline() for _ in range(3)][-1].split()
    os.kill(parent.pid, signal.SIGKILL)
    parent.stdout.close()
    parent.wait()
    return folder / "part.json", [int(pid) for pid in workers]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal there")
def test_a_killed_backtest_goes_on_and_ends_as_if_it_was_not(pool, truth, killed):
    steps = []
    settings = {"runs": 6, "budget": 12}
    resumed = backtest(pool, truth, OBJECTIVE, checkpoint=killed[0], progress=lambda *a: steps.append(a), **settings)
    whole = backtest(pool, truth, OBJECTIVE, **settings)
    assert (steps[0][0] > 2, resumed.orders.tolist()) == (True, whole.orders.tolist())


def alive(pid):
    """Whether a process still works (one that ended and was not yet buried does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_workers_do_not_outlive_a_killed_parent(killed):
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in killed[1]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in killed[1])


def test_a_script_that_forgets_its_main_guard_ends_with_words_and_does_not_hang(tmp_path):
    script = tmp_path / "backtest.py"
    script.write_text(
        "import numpy as np, pandas as pd, matloop as ml\n"
        "from matloop.bench.backtest import compare\n"
        "pool = ml.Pool.from_frame(pd.DataFrame({'x': np.arange(9.0)}), features=['x'])\n"
        "compare(pool, np.arange(9.0), ml.Objective('y'), {'r': ml.Random()}, runs=4, budget=3, processes=2)\n"
    )
    done = subprocess.run([sys.executable, str(script)], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert 'Put the call under `if __name__ == "__main__":`' in done.stderr
    assert "WorkError: processes: a worker process ended early" in done.stderr
