"""Chunks over processes of this machine, each computing with one thread."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from matloop.errors import InputError, WorkError, fail
from matloop.screen import Chunk, Done, Keep

AHEAD = 2
"""Chunks under way for each process: one that is done and one that waits. More cost memory, fewer cost waiting."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True, slots=True)
class Local:
    """Processes of this machine; with one, this process does the work."""

    processes: int

    def perform(self, task: Callable[[Chunk], Done], chunks: Iterable[Chunk], keep: Keep) -> None:
        """Do every chunk.

        Raises:
            MatloopError: what a chunk raised; results before it were kept.
            WorkError: when a process ended early.
        """
        ahead = iter(chunks)
        first = list(islice(ahead, 2))
        if self.processes == 1 or len(first) < 2:  # a single chunk is done before a process has started
            for chunk in chain(first, ahead):
                keep(chunk, task(chunk))
            return
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            found = "a worker process ran the whole script again, because it begins with what is imported"
            fail(InputError, "processes", found, 'Put the call under `if __name__ == "__main__":`, or use one process.')
        context = multiprocessing.get_context("spawn")
        source, lock = _hand_out(context, task, self.processes), context.Lock()
        with source, ProcessPoolExecutor(self.processes, context, _begin, (source, lock)) as executor:
            try:
                spread(chain(first, ahead), lambda chunk: executor.submit(_do, chunk), keep, AHEAD * self.processes)
            except BaseException as error:
                executor.shutdown(wait=True, cancel_futures=True)
                if isinstance(error, BrokenProcessPool):
                    cure = "Run it again: what was finished is kept. If memory ran out, use fewer processes."
                    raise WorkError.at("processes", "a worker process ended early", cure) from error
                raise


def spread(chunks: Iterator[Chunk], submit: Callable[[Chunk], Future[Done]], keep: Keep, most: int) -> None:
    """Hand out chunks such that at most `most` are under way."""
    under_way = {submit(chunk): chunk for chunk in islice(chunks, most)}
    while under_way:
        finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in finished:
            keep(under_way.pop(future), future.result())
        under_way |= {submit(chunk): chunk for chunk in islice(chunks, most - len(under_way))}


_HELD: dict[str, Any] = {}
"""What a worker process was started with."""


def _hand_out(context: Any, task: Callable[[Chunk], Done], processes: int) -> Connection:
    """Where each worker process finds the task, once it has begun.

    What a process is started with is written while it loads its libraries. Were the task, of some MB, a part of that, a
    parent that is killed meanwhile would leave it half read, and the worker would end with a traceback.
    """
    source, sink = context.Pipe(duplex=False)
    content = ForkingPickler.dumps(task)

    def write() -> None:
        with suppress(OSError), sink:  # OSError: all readers are gone, fewer began than might have
            for _ in range(processes):
                sink.send_bytes(content)

    threading.Thread(target=write, daemon=True).start()
    held: Connection = source
    return held


def _begin(source: Connection, lock: Any) -> None:
    """Prepare a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and says so there
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # for libraries that are loaded later
    try:
        with lock, source:
            _HELD["task"] = source.recv()
    except (EOFError, OSError):  # the parent is gone, in the middle of it
        os._exit(1)


def _end_with_parent() -> None:
    """A killed parent cannot say goodbye; its workers would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(chunk: Chunk) -> Done:
    done: Done = _HELD["task"](chunk)
    return done
