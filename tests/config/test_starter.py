"""Files to start from: each is read without a fault, and what it says of its data is so."""

from pathlib import Path

import pytest

from matloop import config
from matloop.config.starter import STARTERS, starter_files
from matloop.domain.pool import Pool
from matloop.errors import InputError
from matloop.lab.virtual import default_objective, default_space

COUNTS = {
    **{"virtual": 289_567, "space": 211_292, "table": 24, "crossed-barrel": 600, "p3ht-cnt": 178, "agnp": 164},
    **{"oer-3496": 2121, "oer-3851": 2119, "direct-arylation": 1728},
}


def write(name: str, folder: Path, data_dir: Path) -> config.Plan:
    for file, content in starter_files(name, folder, data_dir, seed=1, batch=4, experiments=20).items():
        (folder / file).write_bytes(content)
    return config.read(folder / "campaign.toml")


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_is_read_without_a_fault(name: str, tmp_path: Path, data_dir: Path) -> None:
    candidates = write(name, tmp_path, data_dir).problem.candidates
    count = len(candidates) if isinstance(candidates, Pool) else candidates.count()
    assert count == COUNTS[name]


def test_the_virtual_starter_is_the_laboratorys_own_problem(tmp_path: Path, data_dir: Path) -> None:
    problem = write("virtual", tmp_path, data_dir).problem
    assert problem.candidates == default_space()
    assert problem.objectives == (default_objective(),)


def test_a_path_to_data_is_relative_to_the_campaign_file(tmp_path: Path) -> None:
    (tmp_path / "data" / "pvlab_agnp").mkdir(parents=True)
    (tmp_path / "data" / "pvlab_agnp" / "agnp_dataset.csv").touch()
    files = starter_files("agnp", tmp_path / "mine" / "first", tmp_path / "data", seed=1)
    assert b'file = "../../data/pvlab_agnp/agnp_dataset.csv"' in files["campaign.toml"]


def test_a_starter_without_its_data_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MATLOOP_DATA"):
        starter_files("agnp", tmp_path, None, seed=1)
