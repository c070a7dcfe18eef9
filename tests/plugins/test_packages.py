"""Plug-ins as users install them: one-file packages, through real entry points, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

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


def called(installed: Path, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(installed), str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, input=given)


DRIVER = """
import contextlib, io, json, sys
from matloop.apps.cli.main import main
answers = []
for arguments in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    answers.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(answers))
"""


def matloop(installed: Path, *calls: list[object]) -> list[tuple[int, str, str]]:
    """Call the command line, all calls in one process that sees the packages: code, stdout and stderr of each."""
    done = called(installed, "-c", DRIVER, given=json.dumps([[str(part) for part in call] for call in calls]))
    assert done.returncode == 0, done.stderr
    return [tuple(answer) for answer in json.loads(done.stdout)]


def test_the_three_packages_pass_the_shipped_contract_suites(installed: Path) -> None:
    suite = HERE / "suites" / "suite_plugins.py"
    done = called(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", str(suite))
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


NAMED = {
    "ridge for bayes": 'name = "bayes"\ninitial = 4\nsurrogate = {name = "ridge", width = 2.0}',
    "ridge for greedy": 'name = "greedy"\ninitial = 4\nsurrogate = "ridge"',
    "spread": 'name = "spread"\ndrawn = 61',
    "forest": 'name = "bayes"\ninitial = 4\nsurrogate = {name = "forest", trees = 20}',
    "sklearn": 'name = "bayes"\ninitial = 4\nacquisition = "ei"\n'
    'surrogate = {name = "sklearn", estimator = "KNeighborsRegressor", params = {n_neighbors = 1}}',
}


def test_campaign_files_that_name_them_are_checked_run_and_recomputed(installed: Path, tmp_path: Path) -> None:
    calls: list[list[object]] = []
    for i, strategy in enumerate(NAMED.values()):
        file = tmp_path / f"campaign{i}.toml"
        lab = '[lab]\nkind = "oven"\nbest = 650.0\n[budget]\nexperiments = 7\n'
        file.write_text(f"{SPACE}\n[strategy]\n{strategy}\n{lab}")
        calls += [["check", file], ["run", file], ["check", file, "--recompute"], ["status", file, "--json"]]
    answers = matloop(installed, *calls)
    for call, (code, out, err) in zip(calls, answers, strict=True):
        assert code == 0, (call, out, err)
    assert [json.loads(out)["counts"]["readings"] for _, out, _ in answers[3::4]] == [7] * len(NAMED)


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


def broken_campaign(folder: Path, kind: str, name: str) -> Path:
    """A campaign on a pool of eight that names a broken plug-in."""
    folder.mkdir()
    (folder / "pool.csv").write_text("id,temperature\n" + "".join(f"{c},{i}\n" for i, c in enumerate("abcdefgh")))
    (folder / "known.csv").write_text("candidate,y\na,1\nb,2\nc,4\n")
    sections = {
        "surrogate": f'[strategy]\ninitial = 3\nsurrogate = "{name}"\n',
        "strategy": f'[strategy]\nname = "{name}"\n',
        "lab": f'[strategy]\nname = "random"\n[lab]\nkind = "{name}"\n[budget]\nexperiments = 2\n',
    }
    (folder / "campaign.toml").write_text(POOL + sections[kind])
    return folder / "campaign.toml"


@pytest.fixture(scope="session")
def answers(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """What each broken plug-in's campaign is answered."""
    calls: list[list[object]] = []
    for kind, name, verb, _ in BROKEN:
        file = broken_campaign(tmp_path_factory.mktemp("broken") / name, kind, name)
        calls += [["tell", file, file.parent / "known.csv"], [verb, file, "--json"]]
    return dict(zip([name for _, name, _, _ in BROKEN], matloop(installed, *calls)[1::2], strict=True))


@pytest.mark.parametrize(("kind", "name", "verb", "said"), BROKEN, ids=[f"{case[0]} {case[1]}" for case in BROKEN])
def test_a_broken_plug_in_is_named_with_the_line_that_it_breaks(
    kind: str, name: str, verb: str, said: tuple[str, ...], answers: dict[str, tuple[int, str, str]]
) -> None:
    code, out, err = answers[name]
    assert code == 2, (verb, out, err)
    fault = json.loads(out)["errors"][0]
    text = f"{fault['place']}: {fault['found']}. {fault['cure']}"
    assert f"{kind} {name!r}" in text
    for words in said:
        assert words in text


def test_a_plug_in_that_cannot_be_imported_is_named(installed: Path, tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(SPACE + '[lab]\nkind = "function"\nname = "absent"\n')
    ((code, _, err),) = matloop(installed, ["check", file])
    assert code == 2
    assert "matloop_nowhere" in err
    assert "Traceback" not in err
