"""The `runs.json` document: which candidates each strategy measured, run by run, in the order measured."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray

from matloop.domain.objective import Direction
from matloop.errors import DataError, Faults, nearest
from matloop.store.atomic import write_whole

Orders = NDArray[np.int64]

_KEYS = ("n", "ids", "goal", "strategies")
_STRATEGY_KEYS = ("runs", "seconds_per_suggestion")
_LISTED = 5  # ids named in a message


@dataclass(frozen=True, slots=True, eq=False)
class StrategyRuns:
    """The runs of one strategy.

    orders: (runs, budget) rows of the pool, in the order measured.
    seconds_per_suggestion: mean wall-clock time of an ask, by suggestion; None when nobody took it.
    """

    orders: Orders
    seconds_per_suggestion: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs of strategies on one pool.

    n: candidates of the pool. ids: (n,) their ids, in row order. goal: what was better.
    strategies: name -> its runs, the one of interest first.
    objectives: what was sought, as `Objective.to_json`, where that is more than the most or least of one quantity; goal
        is then which way the figure of `bench.judge` is better.
    """

    n: int
    ids: tuple[str, ...]
    goal: Direction
    strategies: Mapping[str, StrategyRuns]
    objectives: tuple[Mapping[str, Any], ...] = ()

    @property
    def orders(self) -> Orders:
        """(runs, budget) of the first strategy."""
        return next(iter(self.strategies.values())).orders

    def to_json(self) -> dict[str, Any]:
        """The document."""
        return {
            "n": self.n,
            "ids": list(self.ids),
            "goal": self.goal,
            "strategies": {
                name: {"runs": item.orders.tolist(), "seconds_per_suggestion": item.seconds_per_suggestion}
                for name, item in self.strategies.items()
            },
            **({"objectives": [dict(one) for one in self.objectives]} if self.objectives else {}),
        }

    @classmethod
    def from_json(cls, document: Any, place: str = "runs") -> Runs:
        """Read the document. Unknown keys are passed over: a new field is optional.

        Raises:
            DataError: with every fault, each with its place and cure.
        """
        faults = Faults()
        found = _demand_keys(document, _KEYS, place, faults)
        faults.raise_if_any(DataError)
        _look_at_ids(found, place, faults)
        if found["goal"] not in get_args(Direction):
            faults.add(f"{place}, goal", f"it is {found['goal']!r}", nearest(str(found["goal"]), get_args(Direction)))
        strategies = _strategies(found, place, faults)
        faults.raise_if_any(DataError)
        return cls(found["n"], tuple(found["ids"]), found["goal"], strategies, tuple(found.get("objectives") or ()))

    @classmethod
    def read(cls, path: str | Path) -> Runs:
        """Read a file.

        Raises:
            DataError: when it cannot be read, is no JSON, or breaks the form of the document.
        """
        return cls.from_json(read_json(path, "Write it anew with `backtest --out`."), str(path))

    def write(self, path: str | Path) -> None:
        """Write a file, whole; raises as `write_whole`."""
        write_whole(path, json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path, cure: str) -> Any:
    """A JSON file, strictly: no NaN, no key twice.

    Args:
        path: the file.
        cure: what to do when it is no JSON.

    Raises:
        DataError: when it cannot be read or is no JSON.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        held = dict(pairs)
        if len(held) < len(pairs):
            raise ValueError("a key stands twice in one object")
        return held

    try:
        text = Path(path).read_text(encoding="utf-8")
        return json.loads(text, parse_constant=refuse, object_pairs_hook=once)
    except OSError as error:
        raise DataError.at(str(path), f"it cannot be read ({error.strerror})", "Name a file that exists.") from error
    except (ValueError, RecursionError) as error:
        raise DataError.at(str(path), f"it is no JSON ({error})", cure) from error


def _demand_keys(item: Any, keys: Sequence[str], place: str, faults: Faults) -> dict[str, Any]:
    if not isinstance(item, dict):
        faults.add(place, f"it is a {type(item).__name__}", f"Give an object with {', '.join(keys)}.")
        return {}
    for key in keys:
        if key not in item:
            cure = nearest(key, item) if item else f"Give {', '.join(keys)}."
            faults.add(place, f"{key!r} is missing", cure)
    return item


def _look_at_ids(found: Mapping[str, Any], place: str, faults: Faults) -> None:
    n, ids = found["n"], found["ids"]
    if not _whole(n) or n < 1:
        faults.add(f"{place}, n", f"it is {n!r}", "Give the number of candidates, at least 1.")
    if not isinstance(ids, list) or not all(isinstance(id_, str) for id_ in ids):
        faults.add(f"{place}, ids", "they are no list of texts", "Give the id of each candidate, in row order.")
        return
    if _whole(n) and len(ids) != n:
        faults.add(f"{place}, ids", f"there are {len(ids)} for {n} candidates", "Give each candidate one id.")
    if len(set(ids)) < len(ids):
        twice = [id_ for id_, count in Counter(ids).items() if count > 1]
        faults.add(
            f"{place}, ids",
            f"{', '.join(map(repr, twice[:_LISTED]))} stand more than once",
            "Rows are unique candidates: give each its own id.",
        )


def _strategies(found: Mapping[str, Any], place: str, faults: Faults) -> dict[str, StrategyRuns]:
    items = found["strategies"]
    if not isinstance(items, dict) or not items:
        faults.add(f"{place}, strategies", "it holds none", "Give an object: name -> runs.")
        return {}
    read = {}
    for name, item in items.items():
        where = f"{place}, strategy {name!r}"
        before = len(faults.found)
        entry = _demand_keys(item, _STRATEGY_KEYS, where, faults)
        if len(faults.found) > before:
            continue
        seconds = entry["seconds_per_suggestion"]
        if seconds is not None and not (_number(seconds) and seconds >= 0):
            faults.add(f"{where}, seconds_per_suggestion", f"it is {seconds!r}", "Give seconds, or null.")
        _look_at_runs(entry["runs"], found["n"], where, faults)
        if len(faults.found) == before:
            read[name] = StrategyRuns(np.array(entry["runs"], dtype=np.int64), seconds)
    return read


def _look_at_runs(runs: Any, n: Any, where: str, faults: Faults) -> None:
    if not isinstance(runs, list) or not runs or not all(isinstance(run, list) and run for run in runs):
        faults.add(f"{where}, runs", "they are no list of lists", "Give one list of rows a run, none empty.")
        return
    lengths = {len(run) for run in runs}
    if len(lengths) > 1:
        found = f"they are of {len(lengths)} lengths ({min(lengths)} to {max(lengths)})"
        faults.add(f"{where}, runs", found, "Give every run the same budget.")
    for number, run in enumerate(runs):
        for k, row in enumerate(run):
            if not _whole(row) or (_whole(n) and not 0 <= row < n):
                cure = f"Rows count from 0 and stay below n = {n}."
                faults.add(f"{where}, run {number}, experiment {k + 1}", f"row {row!r}", cure)
                break


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
