"""The command line in this process, and a folder with a campaign to work in."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli.main import main

CAMPAIGN = """\
[campaign]
name = "steel"
seed = 3

[[objective]]
name = "hardness"
goal = "maximize"
unit = "GPa"

[pool]
file = "candidates.csv"
id = "alloy"
features = ["Cr", "Mo", "annealing"]

[strategy]
batch = 2
initial = 3

[lab]
kind = "person"

[budget]
experiments = 9
"""

CANDIDATES = "alloy,Cr,Mo,annealing,supplier\n" + "".join(
    f"A{i:02d},{5 * (i % 4)},{i // 4},{('none', 'cold', 'hot')[i % 3]},in stock\n" for i in range(12)
)


@dataclass(frozen=True)
class Done:
    """What a call of the command line left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Matloop = Callable[..., Done]


@pytest.fixture
def matloop(capsys: pytest.CaptureFixture[str]) -> Matloop:
    """Call the command line; returns exit code, standard output and standard error."""

    def call(*argv: object) -> Done:
        capsys.readouterr()
        code = main([str(arg) for arg in argv])
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with a campaign of a person's laboratory on a pool of 12, not begun."""
    (tmp_path / "campaign.toml").write_text(CAMPAIGN)
    (tmp_path / "candidates.csv").write_text(CANDIDATES)
    return tmp_path


@pytest.fixture(scope="session")
def _begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same campaign with s0001 and s0002 suggested, and s0001 measured as 3.25 GPa."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "campaign.toml").write_text(CAMPAIGN)
    (folder / "candidates.csv").write_text(CANDIDATES)
    (folder / "first.csv").write_text("suggestion,hardness\ns0001,3.25\n")
    file = str(folder / "campaign.toml")
    assert main(["suggest", file, "--json"]) == 0
    assert main(["tell", file, str(folder / "first.csv"), "--json"]) == 0
    (folder / "first.csv").unlink()
    return folder


@pytest.fixture
def begun(_begun: Path, tmp_path: Path) -> Path:
    """A copy of a campaign under way: s0001 measured as 3.25 GPa, s0002 open."""
    folder = tmp_path / "begun"
    shutil.copytree(_begun, folder)
    return folder
