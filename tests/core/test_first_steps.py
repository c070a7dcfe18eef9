"""What a newcomer writes first in Python: it works, or the fault says what to write instead."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.domain.number import as_whole
from matloop.errors import InputError

POOL = ml.Pool.from_frame(pd.DataFrame({"x": np.linspace(0, 1, 12)}), ["x"])
GOAL = [ml.Objective("y", goal="maximize")]


@pytest.mark.parametrize(
    ("given", "found", "cure"),
    [
        (["y"], "'y' is no objective", "Give Objective('y', goal='maximize') or another goal."),
        ([GOAL[0], 3], "an int is no objective", "Give Objective('y', goal='maximize') or another goal."),
        ("y", "'y' is no list", "Give a list, as [Objective('y', goal='maximize')]."),
        (GOAL[0], "an Objective is no list", "Give a list, as [Objective('y', goal='maximize')]."),
        (None, "a NoneType is no list", "Give a list, as [Objective('y', goal='maximize')]."),
    ],
    ids=["names", "one of two", "a name", "no list", "nothing"],
)
def test_what_is_no_list_of_objectives_is_refused_with_what_to_write(given, found: str, cure: str) -> None:
    with pytest.raises(InputError) as error:
        ml.Campaign(POOL, given)
    (fault,) = error.value.faults
    assert (fault.place, fault.found, fault.cure) == ("objectives", found, cure)


@pytest.mark.parametrize("n", [np.int64(2), np.uint8(2), np.array(2), 2], ids=["int64", "uint8", "array", "int"])
def test_whole_numbers_of_numpy_are_whole_numbers(n) -> None:
    one = ml.Campaign(POOL, GOAL, seed=n, batch=n, initial=n, budget=n)
    assert [type(number) for number in (one.problem.seed, one.problem.batch, one.problem.initial)] == [int] * 3
    assert [item.candidate for item in one.suggest(n)] == [
        item.candidate for item in ml.Campaign(POOL, GOAL, seed=2, initial=2).suggest(2)
    ]


@pytest.mark.parametrize("n", [True, np.True_, 2.0, "2", 0, np.int64(-1), [2]], ids=str)
def test_what_is_no_whole_number_from_1_is_not_asked_for(n) -> None:
    with pytest.raises(InputError, match="Ask for a whole number from 1"):
        ml.Campaign(POOL, GOAL).suggest(n)
    assert as_whole(n) in (None, 0, -1)


def test_an_objective_by_its_name_alone_maximizes_as_the_reference_says() -> None:
    assert ml.Objective("y").goal == "maximize"
    keys = Path(__file__).parents[2] / "docs" / "tools" / "keys.toml"
    assert 'In Python `Objective("y")` alone maximizes.' in keys.read_text(encoding="utf-8")


def test_python_m_matloop_is_the_command_line(tmp_path: Path) -> None:
    def said(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "matloop", *words]
        return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)

    version = said("--version")
    assert (version.returncode, version.stdout.strip()) == (0, f"matloop {ml.__version__}")
    lacking = said("check", str(tmp_path / "none.toml"))
    assert lacking.returncode == 2
    assert "none.toml" in lacking.stderr
    assert "Traceback" not in lacking.stderr
