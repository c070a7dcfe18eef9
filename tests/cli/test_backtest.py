"""`backtest`: runs.json, the table of metrics, and going on after an interruption."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli import replay

Matloop = Callable[..., Any]

CAMPAIGN = """
[campaign]
seed = 5
[[objective]]
name = "y"
goal = "minimize"
[pool]
file = "pool.csv"
id = "design"
features = ["a", "b"]
[strategy]
name = "greedy"
batch = 2
initial = 3
"""
POOL = "design,a,b,y\n" + "".join(
    f"d{i},{i % 4},{i // 4},{(i % 4 - 1.2) ** 2 + (i // 4 - 1.7) ** 2:.3f}\n" for i in range(16) for _ in range(2)
)
ONE = ("--processes", 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "pool.csv").write_text(POOL)
    (tmp_path / "campaign.toml").write_text(CAMPAIGN)
    return tmp_path / "campaign.toml"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "runs.json"


def test_runs_are_kept_in_the_form_of_the_contract(file: Path, out: Path, matloop: Matloop) -> None:
    done = matloop("backtest", file, "--runs", 2, "--budget", 7, "--strategy", "sobol", "--out", out, *ONE)
    document = json.loads(out.read_text())
    assert done.code == 0
    assert (document["n"], document["ids"][:2], document["goal"]) == (16, ["d0", "d1"], "minimize")
    assert list(document["strategies"]) == ["sobol", "random"]
    for strategy in document["strategies"].values():
        assert [len(set(run)) for run in strategy["runs"]] == [7, 7]
        assert strategy["seconds_per_suggestion"] is None or strategy["seconds_per_suggestion"] >= 0


def test_what_the_file_says_holds_unless_an_option_says_otherwise(file: Path, matloop: Matloop) -> None:
    asked = ("backtest", file, "--runs", 1, "--budget", 6, "--json", *ONE)
    protocol = matloop(*asked).document["protocol"]
    other = matloop(*asked, "--initial", 2, "--batch", 1, "--seed", 9, "--oracle", "reading").document["protocol"]
    assert protocol == {"runs": 1, "budget": 6, "initial": 3, "batch": 2, "seed": 5, "oracle": "mean"}
    assert other == {"runs": 1, "budget": 6, "initial": 2, "batch": 1, "seed": 9, "oracle": "reading"}


@pytest.mark.parametrize(
    "named",
    [("--strategy", "sobol", "--strategy", "greedy"), ("--strategy", "sobol", "greedy")],
    ids=["repeated", "listed"],
)
def test_several_strategies_stand_side_by_side(named: tuple[str, ...], file: Path, matloop: Matloop) -> None:
    scores = matloop("backtest", file, "--runs", 1, "--budget", 5, *named, *ONE, "--json").document["scores"]
    assert list(dict.fromkeys(score["strategy"] for score in scores)) == ["sobol", "greedy", "random"]


def test_every_strategy_starts_from_the_same_rows(file: Path, out: Path, matloop: Matloop) -> None:
    named = ("--strategy", "sobol", "--strategy", "greedy")
    matloop("backtest", file, "--runs", 3, "--budget", 5, "--initial", 3, *named, "--out", out, *ONE)
    strategies = json.loads(out.read_text())["strategies"]
    starts = [[run[:3] for run in strategy["runs"]] for strategy in strategies.values()]
    assert starts[0] == starts[1] == starts[2]


def test_the_table_names_what_was_not_reached(file: Path, matloop: Matloop) -> None:
    done = matloop("backtest", file, "--runs", 2, "--budget", 4, "--strategy", "random", *ONE)
    assert "Top%" in done.out
    assert "nan" not in done.out


def test_an_unknown_strategy_is_refused_with_the_nearest(file: Path, matloop: Matloop) -> None:
    done = matloop("backtest", file, "--runs", 1, "--budget", 4, "--strategy", "bayse")
    assert done.code == 2
    assert "'bayes'" in done.err


def test_a_word_that_is_no_strategy_is_refused(file: Path, matloop: Matloop) -> None:
    done = matloop("backtest", file, "twice", "--runs", 1, "--budget", 4)
    assert done.code == 2
    assert "'twice'" in done.err


def test_a_budget_beyond_the_pool_is_refused(file: Path, out: Path, matloop: Matloop) -> None:
    done = matloop("backtest", file, "--runs", 1, "--budget", 17, "--out", out)
    assert done.code == 2
    assert "from 1 to 16" in done.err
    assert not out.exists()


def test_a_killed_backtest_goes_on_to_the_same_runs(
    file: Path, out: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ("backtest", file, "--runs", 3, "--budget", 6, "--strategy", "greedy", "--out", out, *ONE)
    matloop(*call)
    whole = json.loads(out.read_text())["strategies"]["greedy"]["runs"]
    out.unlink()

    @contextmanager
    def killed(*_: object, **__: object) -> Iterator[Callable[..., None]]:
        def report(done: int, *_: object) -> None:
            if done == 2:
                raise KeyboardInterrupt

        yield report

    with monkeypatch.context() as patch:
        patch.setattr(replay, "progress_bar", killed)
        assert matloop(*call).code == 130
    kept = json.loads((out.parent / ".runs.json.partial").read_text())
    assert sum(len(runs) for runs in kept["done"].values()) == 2
    assert matloop(*call).code == 0
    assert json.loads(out.read_text())["strategies"]["greedy"]["runs"] == whole
    assert not (out.parent / ".runs.json.partial").exists()
