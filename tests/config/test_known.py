"""Known outcomes for backtests, from the pool's own file or from the table laboratory's."""

from pathlib import Path

import pytest

from matloop import config
from matloop.config.known import known_readings
from matloop.errors import DataError, InputError

HEAD = '[[objective]]\nname = "y"\ngoal = "maximize"\nunit = "K"\n'
POOL = HEAD + '[pool]\nfile = "pool.csv"\nfeatures = ["a"]\n'
SPACE = HEAD + '[[parameter]]\nname = "a"\nkind = "integer"\nlow = 1\nhigh = 3\n'


def readings(folder: Path, toml: str, pool: str, known: str = "") -> list[list[float]]:
    (folder / "campaign.toml").write_text(toml)
    (folder / "pool.csv").write_text(pool)
    (folder / "known.csv").write_text(known)
    return known_readings(config.read(folder / "campaign.toml"))[1]["y"]


def test_rows_of_one_candidate_are_its_readings(tmp_path: Path) -> None:
    assert readings(tmp_path, POOL, "a,y,who\n1,10,x\n2,20,x\n1,11,y\n") == [[10.0, 11.0], [20.0]]


def test_a_unit_in_the_header_is_converted(tmp_path: Path) -> None:
    assert readings(tmp_path, POOL, "a,y [degC]\n1,0\n2,100\n") == [[273.15], [373.15]]


def test_a_table_laboratory_has_the_first_word(tmp_path: Path) -> None:
    toml = POOL + '[lab]\nkind = "table"\nfile = "known.csv"\n'
    assert readings(tmp_path, toml, "a\n1\n2\n", "a,y,status\n2,20,\n1,10,\n1,,failed\n") == [[10.0], [20.0]]


def test_a_space_has_no_known_outcomes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a pool"):
        readings(tmp_path, SPACE, "a\n1\n")


def test_a_pool_without_the_objective_has_none_either(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'y'"):
        readings(tmp_path, POOL, "a\n1\n")
