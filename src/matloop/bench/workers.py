"""Doing many independent jobs, in this process or in several.

Each process computes with one thread: two busy workers with two threads each are ten times slower on two cores, and
one thread everywhere is what makes the results independent of the number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from typing import Any, Protocol, TypeVar

from threadpoolctl import threadpool_limits

from matloop.errors import InputError, WorkError, fail

Job = tuple[str, int]
Result_co = TypeVar("Result_co", covariant=True)

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Task(Protocol[Result_co]):
    """What is to be done for each job. Travels to worker processes, so it must be picklable."""

    def __call__(self, job: Job, stopped: Callable[[], bool]) -> Result_co:
        """Do one job; end soon when `stopped()`."""
        ...


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def perform(task: Task[Result_co], jobs: Sequence[Job], processes: int, keep: Callable[[Job, Result_co], None]) -> None:
    """Do every job, handing each result to `keep` in this process as soon as it is there, in any order.

    Raises:
        MatloopError: what a job raised; results before it were kept, other jobs under way are given up.
    """
    if processes == 1 or len(jobs) <= 1:
        with threadpool_limits(limits=1):
            for job in jobs:
                keep(job, task(job, lambda: False))
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        found = "a worker process ran the whole script again, because it begins with what is imported"
        fail(InputError, "processes", found, 'Put the call under `if __name__ == "__main__":`, or use processes=1.')
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    workers = min(processes, len(jobs))
    with ProcessPoolExecutor(workers, context, _begin, (task, stop)) as executor:
        try:
            futures = {executor.submit(_do, job): job for job in jobs}
            for future in as_completed(futures):
                keep(futures[future], future.result())
        except BaseException as error:
            stop.set()
            executor.shutdown(wait=True, cancel_futures=True)
            if isinstance(error, BrokenProcessPool):
                cure = 'Look above for what it printed; a script calls this under `if __name__ == "__main__":`.'
                raise WorkError.at("processes", "a worker process ended early", cure) from error
            raise


_HELD: dict[str, Any] = {}
"""What a worker process was started with."""


def _begin(task: Task[Any], stop: Event) -> None:
    """Prepare a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and says so here
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # for libraries that are loaded later
    _HELD.update(task=task, stop=stop, limits=threadpool_limits(limits=1))


def _end_with_parent() -> None:
    """A killed parent cannot say goodbye; its workers would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(job: Job) -> Any:
    return _HELD["task"](job, _HELD["stop"].is_set)
