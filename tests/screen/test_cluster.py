import os
import signal
from pathlib import Path

import pytest

from matloop.errors import DataError
from matloop.screen.cluster import Cluster
from matloop.screen.local import Local
from matloop.screen.run import Way, screen
from matloop.screen.source import File
from tests.screen.world import Smooth, formulas, task, write

distributed = pytest.importorskip("distributed")

# Dask and tornado leave sockets to the garbage collector when a worker dies
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:distributed"),
]


@pytest.fixture
def table(tmp_path: Path) -> File:
    return File.open(write(tmp_path / "candidates.csv", formulas(240)), "formula")


def test_a_worker_killed_in_the_middle_loses_nothing(table: File, tmp_path: Path):
    alone = screen(table, task(), tmp_path / "alone", Way(Local(1), size=20), fingerprint=1)
    killed = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):

        def kill_one(done: int, limit: int | None, text: str) -> None:
            if text == "predicted" and done >= 40 and not killed:
                killed.extend(client.run(os.getpid).values())
                os.kill(killed[0], signal.SIGKILL)

        workers = Cluster(cluster.scheduler_address, 2)
        way = Way(workers, size=20, report=kill_one)
        done = screen(table, task(Smooth(pause=0.2)), tmp_path / "out", way, fingerprint=1)
    assert killed
    assert done.result.read_bytes() == alone.result.read_bytes()
    assert done.counted == alone.counted


def test_a_cluster_of_this_machine_is_started_on_demand(table: File, tmp_path: Path):
    alone = screen(table, task(), tmp_path / "alone", Way(Local(1), size=60), fingerprint=1)
    done = screen(table, task(), tmp_path / "out", Way(Cluster("local", 2), size=60), fingerprint=1)
    assert done.result.read_bytes() == alone.result.read_bytes()


def test_an_address_that_is_none_is_refused(table: File, tmp_path: Path):
    with pytest.raises(DataError, match="--dask nowhere"):
        screen(table, task(), tmp_path / "out", Way(Cluster("nowhere://", 1), size=60), fingerprint=1)
