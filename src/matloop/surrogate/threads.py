"""One thread for linear algebra.

NumPy and SciPy bring a BLAS each, and the threads of the one spin while the other computes: on two cores a fit of 150
readings then takes thirty times longer than on one thread. One thread also makes the bytes of an answer independent of
the machine's thread count.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()  # looked up on first use, when every BLAS is loaded


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold every BLAS of the process to one thread; also a decorator."""
    with _pools().limit(limits=1, user_api="blas"):
        yield
