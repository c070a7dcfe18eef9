"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A shared machine makes any deadline a coin toss; nothing here asserts on time.
settings.register_profile("matloop", deadline=None)
settings.load_profile("matloop")

REPOSITORY = Path(__file__).parents[1]


DATA = Path(os.environ.get("MATLOOP_DATA") or REPOSITORY.parent / "shared" / "data")


def pytest_report_header() -> str | None:
    """Say at the top what a run without the published tables leaves out."""
    if DATA.is_dir():
        return f"published tables: {DATA}"
    return f"published tables: none at {DATA}; their tests are skipped. MATLOOP_DATA names the folder that holds them."


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of published tables: MATLOOP_DATA, else `shared/data` beside the repository.

    Where changes are judged (CI), a missing folder is a failure; on a visitor's machine its tests are skipped aloud.
    """
    if not DATA.is_dir():
        missing = (
            f"{DATA}: no published tables. MATLOOP_DATA names the folder that holds pvlab_crossed_barrel and others."
        )
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return DATA
