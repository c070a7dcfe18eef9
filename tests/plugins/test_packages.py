"""Plug-ins as users install them: one-file packages, through real entry points, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"

SPACE = """
[campaign]
name = "baking"
seed = 5
[[objective]]
name = "y"
goal = "maximize"
[[parameter]]
name = "temperature"
kind = "real"
low = 300
high = 900
step = 10
"""
POOL = """
[campaign]
name = "baking"
[[objective]]
name = "y"
goal = "maximize"
[pool]
file = "pool.csv"
id = "id"
features = ["temperature"]
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages installed in it."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    packages = [str(HERE / "packages" / kind) for kind in ("surrogate", "strategy", "lab", "broken")]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--target", str(target), *packages], check=True, capture_output=True
    )
    return target


def called(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(installed), str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False)


def matloop(installed: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from matloop.apps.cli.main import main; sys.exit(main(sys.argv[1:]))"
    return called(installed, "-c", code, *map(str, arguments))


def test_the_three_packages_pass_the_shipped_contract_suites(installed: Path) -> None:
    suite = HERE / "suites" / "suite_plugins.py"
    done = called(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", str(suite))
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    "strategy",
    [
        'name = "bayes"\ninitial = 4\nsurrogate = {name = "ridge", width = 2.0}',
        'name = "greedy"\ninitial = 4\nsurrogate = "ridge"',
        'name = "spread"\ndrawn = 61',
        'name = "bayes"\ninitial = 4\nsurrogate = {name = "forest", trees = 20}',
        'name = "bayes"\ninitial = 4\nacquisition = "ei"\n'
        'surrogate = {name = "sklearn", estimator = "KNeighborsRegressor", params = {n_neighbors = 1}}',
    ],
    ids=["ridge for bayes", "ridge for greedy", "spread", "forest", "sklearn"],
)
def test_a_campaign_file_that_names_them_is_checked_run_and_recomputed(
    strategy: str, installed: Path, tmp_path: Path
) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(f'{SPACE}\n[strategy]\n{strategy}\n[lab]\nkind = "oven"\nbest = 650.0\n[budget]\nexperiments = 8\n')
    for verb in (["check"], ["run"], ["check", "--recompute"]):
        done = matloop(installed, verb[0], file, *verb[1:], "--json")
        assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(matloop(installed, "status", file, "--json").stdout)["counts"]["readings"] == 8


BROKEN: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("surrogate", "holes", "suggest", ("not finite", "matloop.surrogate.Fitted.predict: finite")),
    ("surrogate", "flat", "suggest", ("(1, 1) for 3 inputs", "matloop.surrogate.Fitted.predict: mean, model_std")),
    ("surrogate", "negative", "suggest", ("model_std holds a negative", "standard deviations, 0 or more")),
    ("surrogate", "unfitted", "suggest", ("`fit` returned NoneType", "matloop.surrogate.Fitted")),
    ("surrogate", "mute", "check", ("it lacks `fit(data, rng, warm) -> Fitted`", "matloop.surrogate.Surrogate")),
    ("strategy", "stubborn", "suggest", ("['a'], which may not be chosen", "none of them in task.closed")),
    ("strategy", "greedy_twice", "suggest", ("asked for 1 different", "up to task.n different candidates")),
    ("strategy", "wanderer", "suggest", ("none of the campaign's candidates", "members of task.candidates")),
    ("strategy", "lister", "suggest", ("`suggest` returned list", "matloop.decide.Strategy.suggest: returns Chosen")),
    ("strategy", "silent", "check", ("it lacks `suggest(task) -> Chosen`", "matloop.decide.Strategy")),
    ("lab", "deaf", "check", ("it lacks `collect(token, suggestion) -> outcomes`", "matloop.lab.Lab")),
    ("lab", "unsettled", "check", ("it lacks from_settings", "matloop.lab")),
    ("lab", "babbling", "run", ("`collect` returned a dict", "Measured, Failed, Aborted or Censored")),
]


@pytest.mark.parametrize(("kind", "name", "verb", "said"), BROKEN, ids=[f"{case[0]} {case[1]}" for case in BROKEN])
def test_a_broken_plug_in_is_named_with_the_line_that_it_breaks(
    kind: str, name: str, verb: str, said: tuple[str, ...], installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "pool.csv").write_text("id,temperature\n" + "".join(f"{c},{i}\n" for i, c in enumerate("abcdefgh")))
    (tmp_path / "known.csv").write_text("candidate,y\na,1\nb,2\nc,4\n")
    sections: dict[str, Any] = {
        "surrogate": f'[strategy]\ninitial = 3\nsurrogate = "{name}"\n',
        "strategy": f'[strategy]\nname = "{name}"\n',
        "lab": f'[strategy]\nname = "random"\n[lab]\nkind = "{name}"\n[budget]\nexperiments = 2\n',
    }
    file = tmp_path / "campaign.toml"
    file.write_text(POOL + sections[kind])
    if verb == "suggest":
        assert matloop(installed, "tell", file, tmp_path / "known.csv").returncode == 0
    done = matloop(installed, verb, file, "--json")
    assert done.returncode == 2, done.stdout + done.stderr
    (fault,) = json.loads(done.stdout)["errors"][:1]
    text = f"{fault['place']}: {fault['found']}. {fault['cure']}"
    assert f"{kind} {name!r}" in text
    for words in said:
        assert words in text


def test_a_plug_in_that_cannot_be_imported_is_named(installed: Path, tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(SPACE + '[lab]\nkind = "function"\nname = "absent"\n')
    done = matloop(installed, "check", file)
    assert done.returncode == 2
    assert "matloop_nowhere" in done.stderr
    assert "Traceback" not in done.stderr
