"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A shared machine makes any deadline a coin toss; nothing here asserts on time.
settings.register_profile("matloop", deadline=None)
settings.load_profile("matloop")

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of public data sets: MATLOOP_DATA, else `shared/data` beside the repository."""
    found = Path(os.environ.get("MATLOOP_DATA") or REPOSITORY.parent / "shared" / "data")
    if not found.is_dir():
        pytest.fail(
            f"{found}: no data folder. Set MATLOOP_DATA to the folder that holds pvlab_crossed_barrel and others."
        )
    return found
