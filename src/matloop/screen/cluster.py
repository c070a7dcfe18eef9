"""Chunks over the workers of a Dask cluster. Dask comes with an extra and is loaded when a cluster is asked for.

The task is itself a result of the cluster: a worker that is lost with the only copy of it, or in the middle of a chunk,
costs the time of doing that again and nothing else.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from matloop.errors import DataError, WorkError, extra, fail
from matloop.screen import Chunk, Done, Keep
from matloop.screen.local import AHEAD

LOCAL = "local"
"""The address that stands for workers started on this machine for this screen alone."""
_PATIENCE = 30  # seconds in which a cluster must answer and have a worker
_LOST = 10
"""Workers that may be lost while doing one chunk before it is taken for what kills them."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask cluster. address: of its scheduler, or `local`. workers: how many, if they are started here."""

    address: str
    workers: int

    def perform(self, task: Callable[[Chunk], Done], chunks: Iterable[Chunk], keep: Keep) -> None:
        """Do every chunk; those of workers that are lost are done again by others.

        Raises:
            DataError: without the extra, or when nothing answers at the address.
            WorkError: when one chunk lost many workers.
        """
        distributed = library()
        with self._client(distributed) as client:
            most = AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
            held = client.submit(_same, task, pure=False, retries=_LOST)
            spread: Iterator[Chunk] = iter(chunks)
            under_way: dict[Any, Chunk] = {}
            while True:
                for chunk in islice(spread, most - len(under_way)):
                    under_way[client.submit(_do, held, chunk, pure=False)] = chunk
                if not under_way:
                    return
                finished = distributed.wait(list(under_way), return_when="FIRST_COMPLETED").done
                for future in finished:
                    keep(under_way.pop(future), self._result(distributed, future))

    def _result(self, distributed: Any, future: Any) -> Done:
        try:
            done: Done = future.result()
        except distributed.KilledWorker as error:
            cure = "Run it again: what was finished is kept. Look at the workers' memory."
            raise WorkError.at(f"dask {self.address}", f"a chunk lost {_LOST} workers", cure) from error
        return done

    @contextmanager
    def _client(self, distributed: Any) -> Iterator[Any]:
        dask = importlib.import_module("dask")
        with dask.config.set({"distributed.scheduler.allowed-failures": _LOST}):
            if self.address == LOCAL:
                made = distributed.LocalCluster(
                    n_workers=self.workers, threads_per_worker=1, processes=True, dashboard_address=None
                )
                with made as cluster, distributed.Client(cluster) as client:
                    yield client
                return
            try:
                client = distributed.Client(self.address, timeout=_PATIENCE)
            except (OSError, ValueError, TypeError) as error:
                found = f"no scheduler answers ({type(error).__name__})"
                raise DataError.at(f"--dask {self.address}", found, "Give tcp://HOST:PORT, or local.") from error
            with client:
                self._wait_for_workers(client)
                yield client

    def _wait_for_workers(self, client: Any) -> None:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError as error:
            cure = "Start `dask worker` for that scheduler, in an environment with this version of matloop."
            raise DataError.at(f"--dask {self.address}", "the cluster has no worker", cure) from error


def library() -> Any:
    """Dask.

    Raises:
        DataError: without it, naming the extra.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError:
        fail(DataError, "--dask", "Dask is not installed", extra("dask", "leave --dask out"))


def _same(task: Callable[[Chunk], Done]) -> Callable[[Chunk], Done]:
    """The task as a result that the cluster can make again."""
    return task


def _do(task: Callable[[Chunk], Done], chunk: Chunk) -> Done:
    return task(chunk)
