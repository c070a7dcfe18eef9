"""Files to start from: each is read without a fault, and what it says of its data is so."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from matloop import config
from matloop.config.starter import CAMPAIGN_FILE, STARTERS, starter_files
from matloop.decide.acquisition.registry import NAMES, serving
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.errors import InputError
from matloop.lab.virtual import default_objective, default_space
from tests.config.starter_data import HOME, tables

COUNTS = {
    **{
        "virtual": 289_567,
        "space": 211_292,
        "table": 24,
        "known": 400,
        "nimo": 100,
        "mixture": 5864,
        "goals": 400,
        "mixed": None,
    },
    **{"crossed-barrel": 600, "p3ht-cnt": 178, "agnp": 164},
    **{"oer-3496": 2121, "oer-3851": 2119, "direct-arylation": 1728},
}


def write(name: str, folder: Path, data_dir: Path) -> config.Plan:
    for file, content in starter_files(name, folder, data_dir, seed=1, batch=4, experiments=20).items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
    for place in STARTERS[name].folders:
        (folder / place).mkdir()
    return config.read(folder / "campaign.toml")


@pytest.mark.parametrize("name", [name for name, item in STARTERS.items() if item.file == CAMPAIGN_FILE])
def test_a_starter_is_read_without_a_fault(name: str, tmp_path: Path, data_dir: Path) -> None:
    candidates = write(name, tmp_path, data_dir).problem.candidates
    count = len(candidates) if isinstance(candidates, Pool) else candidates.count()
    assert count == COUNTS[name]


@pytest.mark.parametrize("file", sorted(HOME.glob("*.toml")), ids=lambda file: file.stem)
def test_a_template_that_offers_acquisitions_names_all_that_can_serve(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = re.findall(r"^# acquisition = \"auto\" +# (.*\n(?:# {20,}# .*\n)*)", text, flags=re.MULTILINE)
    assert len(lines) == ("acquisition" in text)
    for told in lines:
        able = serving("several goals") if file.stem == "goals" else NAMES
        assert {name for name in NAMES if re.search(rf"\b{name}\b", told)} | {"auto"} == set(able)


def test_the_mixtures_are_those_that_a_list_of_all_leaves(tmp_path: Path, data_dir: Path) -> None:
    highs, prices = (12, 12, 16, 16, 16, 4), (10, 12, 8, 11, 10, 90)  # in steps of 5, and in tenths
    parts = np.array(list(itertools.product(*(range(high + 1) for high in highs[:5]))), dtype=np.int64)
    parts = np.column_stack([parts, 20 - parts.sum(axis=1)])
    good = (parts[:, 5] >= 0) & (parts[:, 5] <= highs[5]) & ((parts > 0).sum(axis=1) <= 4)
    good &= (parts[:, 0] + parts[:, 1] >= 4) & (5 * parts @ np.array(prices) <= 1800)
    candidates = write("mixture", tmp_path, data_dir).problem.candidates
    assert isinstance(candidates, Space)
    assert candidates.count() == good.sum()


def test_the_mixed_space_is_not_larger_than_it_says(tmp_path: Path, data_dir: Path) -> None:
    solvent_and_heat = 2 * 17 + 13  # 80 to 160 in steps of 5; DMSO from 100
    pairs = sum(coats * minutes <= 90 for coats in (1, 2, 3) for minutes in range(5, 61))
    boxes = 4 + 3  # diethyl ether needs the glovebox
    candidates = write("mixed", tmp_path, data_dir).problem.candidates
    assert isinstance(candidates, Space)
    assert candidates.count() is None
    assert candidates.most >= solvent_and_heat * 17 * pairs * boxes


@pytest.mark.parametrize("file", tables())
def test_a_table_of_a_template_follows_the_formula_that_it_states(file: str) -> None:
    assert (HOME / file).read_text() == tables()[file]


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
