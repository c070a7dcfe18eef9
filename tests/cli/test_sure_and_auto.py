"""Campaign files that have the surrogate picked, or ask how sure the model must be, through the command line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Matloop

CAMPAIGN = """
[campaign]
name = "steps"
seed = 3

[[objective]]
name = "y"
goal = "maximize"
unit = "J"

[pool]
file = "known.csv"
features = ["a", "b", "c"]

[strategy]
batch = 4
initial = 12
{line}

[lab]
kind = "table"
file = "known.csv"

[stop]
regret = 0.05

[budget]
experiments = 24
"""
AUTO = 'surrogate = { name = "auto", surrogates = ["gp", { name = "forest", trees = 30 }] }'
SURE = "sure = { max_std = 0.5, min_probability = 0.3, threshold = 1.5 }"


def written(folder: Path, line: str) -> Path:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((80, 3)).round(3), columns=list("abc"))
    table["y"] = np.floor(4 * table["a"]) * (table["b"] > 0.3) + 0.05 * rng.normal(size=80)
    table.to_csv(folder / "known.csv", index=False)
    file = folder / "campaign.toml"
    file.write_text(CAMPAIGN.format(line=line))
    return file


def test_a_campaign_that_picks_its_surrogate_runs_reports_and_is_recomputed(matloop: Matloop, tmp_path: Path) -> None:
    file = written(tmp_path, AUTO)
    assert matloop("run", file, "--json").code == 0
    assert matloop("status", file, "--json").document["counts"]["measured"] >= 16
    assert matloop("report", file, "--json").code == 0
    assert "-fold over " in (tmp_path / "report.html").read_text()
    checked = matloop("check", file, "--recompute")
    assert checked.code == 0
    assert "0 with other candidates, largest relative difference 0" in checked.out


def test_the_reason_says_which_surrogate_and_why_and_how_many_are_sure_enough(matloop: Matloop, tmp_path: Path) -> None:
    file = written(tmp_path, f"{AUTO}\n{SURE}")
    assert matloop("run", file, "--cycles", "3", "--json").code == 0
    (said,) = matloop("suggest", file, "-n", "1", "--json").document["suggestions"]
    assert " by log score " in said["reason"]
    assert "(5-fold over 12 inputs)" in said["reason"]
    assert (
        "sure enough (model error at most 0.500 J and above 1.50 J with a probability of at least 0.3)"
        in said["reason"]
    )
    assert matloop("check", file, "--recompute").code == 0


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("sure = { max_sdt = 0.2 }", "Did you mean 'max_std'?"),
        ('sure = { max_std = "low" }', "Give a finite number."),
        ("sure = 0.2", "Give a table of numbers."),
        ("sure = { threshold = 0.2 }", "Give both"),
        ('surrogate = { name = "auto", surrogates = ["gp", "forrest"] }', "Did you mean 'forest'?"),
        ('surrogate = { name = "auto", surrogates = ["gp"] }', "Give two or more"),
        ('surrogate = { name = "auto", margin = -1 }', "Give a number from 0 to 100."),
    ],
    ids=["typo", "text", "number", "half", "unknown", "one", "margin"],
)
def test_what_makes_no_sense_is_refused_with_its_line(matloop: Matloop, tmp_path: Path, line: str, cure: str) -> None:
    done = matloop("check", written(tmp_path, line), "--json")
    assert done.code == 2
    (fault,) = done.document["errors"]
    assert cure in fault["cure"]
    assert "campaign.toml" in fault["place"]


def test_check_and_run_refuse_what_the_surrogate_could_not_do_after_the_design(
    matloop: Matloop, tmp_path: Path
) -> None:
    line = 'replicates = "auto"\nsurrogate = "forest"'
    file = written(tmp_path, line)
    for verb in ("check", "run"):
        done = matloop(verb, file, "--json")
        assert done.code == 2
        (fault,) = done.document["errors"]
        assert "joint posterior" in fault["found"]
        assert "campaign.toml" in fault["place"]
