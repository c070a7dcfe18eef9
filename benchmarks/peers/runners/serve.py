"""The runner's side of the talk: one JSON line in, one out. It needs the standard library and NumPy alone.

{"work": {...}}            -> {"versions": {...}}       once, at the beginning
{"tell": [[pick, y], ...]} -> {}                        a pick is a row of the pool, or a point of the box
{"ask": q}                 -> {"chosen": [pick, ...]}
With limits y is a list: the quantity, then a number for each limit, which may not be below zero.
Each answer also holds the seconds that it took: elapsed (`wall`) and of the processor (`processor`).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Protocol

import numpy as np


class Peer(Protocol):
    """A program at work."""

    def tell(self, picks: list[Any], values: list[Any]) -> None:
        """Hear readings, in the quantity's own sign; lists of them where the work has limits."""

    def ask(self, n: int) -> list[Any]:
        """Choose n picks."""


def serve(begin: Callable[[dict[str, Any]], Peer], packages: list[str]) -> None:
    """Answer until the input ends. What libraries print goes to standard error, since only answers stand in the output.

    Args:
        begin: makes the peer of a work: {kind, goal, seed, initial}, and columns of the pool or bounds of the box with
            the number of its `limits` and the places of its `binary` parameters.
        packages: whose versions are reported.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    peer: Peer | None = None
    for line in sys.stdin:
        said = json.loads(line)
        wall, processor = time.perf_counter(), time.process_time()
        answer: dict[str, Any] = {}
        if "work" in said:
            peer = begin(said["work"])
            answer["versions"] = {name: version(name) for name in packages}
        elif peer is None:
            raise ValueError("the first line says what the work is")
        elif "tell" in said:
            peer.tell([pick for pick, _ in said["tell"]], [y for _, y in said["tell"]])
        else:
            answer["chosen"] = peer.ask(said["ask"])
        answer["wall"] = time.perf_counter() - wall
        answer["processor"] = time.process_time() - processor
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def sign(work: dict[str, Any]) -> float:
    """+1 where more is better, -1 where less is."""
    return -1.0 if work["goal"] == "minimize" else 1.0


def listed(values: list[Any]) -> list[list[float]]:
    """What was told of each pick as a list, with limits or without."""
    return [value if isinstance(value, list) else [value] for value in values]


def encoded(columns: dict[str, list[Any]]) -> np.ndarray:
    """(n, d) columns of a pool: numbers scaled to [0, 1], texts one-hot."""
    parts = []
    for column in columns.values():
        values = np.array(column)
        if values.dtype.kind == "U":
            parts.append((values[:, None] == np.unique(values)[None, :]).astype(float))
        else:
            span = float(np.ptp(values)) or 1.0
            parts.append(((values - values.min()) / span)[:, None])
    return np.hstack(parts)


def to_unit(points: list[list[float]], bounds: list[list[float]]) -> np.ndarray:
    """(n, d) points of a box in [0, 1]."""
    low, high = np.array(bounds).T
    return (np.array(points) - low) / (high - low)


def from_unit(U: np.ndarray, bounds: list[list[float]]) -> list[list[float]]:
    """Points of a box from [0, 1] (n, d)."""
    low, high = np.array(bounds).T
    return np.clip(low + U * (high - low), low, high).tolist()
