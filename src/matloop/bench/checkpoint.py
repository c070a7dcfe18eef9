"""Finished runs of a backtest, kept in a file so that a killed one goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matloop.bench.runs import read_json
from matloop.domain import canonical
from matloop.errors import DataError, fail
from matloop.store.atomic import write_whole

_FORMAT = 1
_CURE = "Delete the file; its runs will be done again."


@dataclass(frozen=True, slots=True)
class Done:
    """One finished run.

    rows: candidates in the order measured. seconds: time taken by asks. suggestions: how many they gave.
    """

    rows: tuple[int, ...]
    seconds: float
    suggestions: int


@dataclass(slots=True)
class Checkpoint:
    """Finished runs by strategy and number, mirrored in a file if there is one.

    path: the file, None for none.
    keys: strategy -> digest of all that its runs depend on; runs under another digest are kept and not used.
    """

    path: Path | None
    keys: Mapping[str, str]
    _held: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path | None, settings: Mapping[str, Mapping[str, Any]]) -> Checkpoint:
        """Read what was finished before.

        Args:
            path: the file, which need not exist yet.
            settings: strategy -> all that its runs depend on, in JSON types.

        Raises:
            DataError: when the file is no checkpoint.
        """
        keys = {name: canonical.digest(setting) for name, setting in settings.items()}
        if path is None or not path.exists():
            return cls(path, keys)
        document = read_json(path, _CURE)
        if not isinstance(document, dict) or document.get("checkpoint") != _FORMAT:
            fail(DataError, str(path), "it is no checkpoint of a backtest", "Name another file.")
        held = document.get("done")
        if not isinstance(held, dict) or not all(isinstance(runs, dict) for runs in held.values()):
            fail(DataError, str(path), "it is damaged", _CURE)
        return cls(path, keys, held)

    def get(self, strategy: str, run: int) -> Done | None:
        """A finished run, None when it has to be done.

        Raises:
            DataError: when what the file holds is no run.
        """
        item = self._held.get(self.keys[strategy], {}).get(str(run))
        if item is None:
            return None
        try:
            rows = tuple(int(row) for row in item["rows"])
            return Done(rows, float(item["seconds"]), int(item["suggestions"]))
        except (KeyError, TypeError, ValueError) as error:
            place = f"{self.path}, strategy {strategy!r}, run {run}"
            raise DataError.at(place, "it is damaged", _CURE) from error

    def add(self, strategy: str, run: int, done: Done) -> None:
        """Keep a finished run."""
        runs = self._held.setdefault(self.keys[strategy], {})
        runs[str(run)] = {"rows": list(done.rows), "seconds": done.seconds, "suggestions": done.suggestions}
        if self.path is not None:
            write_whole(self.path, json.dumps({"checkpoint": _FORMAT, "done": self._held}) + "\n")
