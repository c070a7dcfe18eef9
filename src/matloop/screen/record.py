"""What a folder says of the screen that it holds, so that another one does not take its place unasked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from matloop.errors import InputError, fail
from matloop.screen.stream import RESULTS, Result
from matloop.screen.task import Task
from matloop.store.atomic import write_whole

RECORD = "screen.json"
_WORDS = {
    "training": "the readings learned from",
    "surrogates": "the surrogates",
    "folds": "the number of folds",
    "seed": "the seed",
    "versions": "the versions of libraries",
    "fingerprint": "the model",
    "features": "the features",
    "conditions": "the conditions",
    "filters": "the filters",
    "columns": "the columns",
    "candidates": "the candidates",
}
"""Part of an identity -> what is said of it."""
_PROBE = "probe"  # of a fingerprint: it is known after the fit alone
CURE = "Name another folder in --out; or give --replace, and what lies there is lost."
UNSAID = "and nothing says of which screen"


@dataclass(slots=True)
class Counted:
    """What became of the candidates. seen: all. predicted: rows of the result are these times the conditions.

    rows: of the result. kept: candidates that passed all filters. bad: set aside. passed: that each filter let pass.
    known, known_kept: of the predicted, and of the kept, that are measured already.
    """

    seen: int = 0
    predicted: int = 0
    rows: int = 0
    kept: int = 0
    bad: int = 0
    known: int = 0
    known_kept: int = 0
    passed: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Screened:
    """A finished screen. result: the file. aside: bad rows, None where there are none. found: chunks found finished."""

    result: Path
    aside: Path | None
    counted: Counted
    found: int
    chunks: int


def identity(task: Task, carried: Sequence[str], fingerprint: Any, candidates: Sequence[str]) -> dict[str, Any]:
    """What tells one screen from another before a model is fitted, in JSON types.

    Args:
        task: with or without a model.
        carried: columns that ride along.
        fingerprint: of the model; what only a fit tells is left out.
        candidates: digests of their chunks.
    """
    parts = dict(fingerprint) if isinstance(fingerprint, Mapping) else {"fingerprint": fingerprint}
    parts.pop(_PROBE, None)
    return parts | {
        "features": dict(task.describe.settings()),
        "conditions": [list(task.names), task.conditions.tolist()],
        "filters": [[str(one), repr(one)] for one in task.filters],
        "columns": [*carried, *task.columns],
        "candidates": hashlib.sha256(json.dumps(list(candidates)).encode()).hexdigest(),
    }


def lies(out: Path, own: Mapping[str, Any]) -> bool:
    """Whether the predictions of a screen of that identity lie in a folder, as far as is known before a fit."""
    told = _read(out)
    return bool(told) and not any(_different(told.get("identity", {}), own)) and (out / told["result"]).is_file()


def refuse_another(out: Path, own: Mapping[str, Any]) -> None:
    """Refuse a folder that holds a finished screen of another identity.

    One of which no candidate passed the filters is worth nothing, and gives way.

    Raises:
        InputError: saying what lies there, and in what the two differ.
    """
    told = _read(out)
    if not told or told.get("kept") == 0:
        return
    there = told.get("identity", {})
    differs = list(_different(there, own))
    if differs:
        _refuse(out, told, f"differs in {', '.join(differs)}" if there else "is not this one")


def refuse_result(out: Path, digest: str, result: Result, *, finished: bool) -> None:
    """Refuse to replace a result that is not that of this screen, although nothing but its model may differ.

    Args:
        out: the folder.
        digest: of this screen's chunks.
        result: what would be written.
        finished: whether all of its chunks are there: then it ended while it wrote the result.

    Raises:
        InputError: saying what lies there.
    """
    told = _read(out)
    if told and told.get("digest") != digest and told.get("kept"):
        _refuse(out, told, "was fitted otherwise, as on another machine")
    there = [] if told or finished else [path for path in (result.path, result.aside) if path.exists()]
    for path in there:
        fail(InputError, str(out), f"{path.name} lies there, {UNSAID}", CURE)


def _different(there: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*own, *there)):
        if there.get(name) != json.loads(json.dumps(own.get(name))):
            yield _WORDS.get(name, name)


def _refuse(out: Path, told: Mapping[str, Any], how: str) -> NoReturn:
    file = out / str(told.get("result"))
    when = f", of {datetime.fromtimestamp(file.stat().st_mtime):%Y-%m-%d %H:%M}" if file.is_file() else ""
    lies = f"{told.get('rows', 0):,} predictions of {told.get('predicted', 0):,} candidates{when}"
    fail(InputError, str(out), f"another screen lies there ({lies}), which {how}", CURE)


def record(out: Path, digest: str, result: Result, done: Screened, own: Mapping[str, Any]) -> None:
    """Say what the folder holds; the predictions of a screen that stood there, if in another format, go."""
    earlier = _read(out)
    if earlier.get("digest") not in (None, digest) and earlier["result"] != result.path.name:
        (out / earlier["result"]).unlink(missing_ok=True)
    told = {
        "digest": digest,
        "result": result.path.name,
        "bytes": result.path.stat().st_size,
        "chunks": done.chunks,
        **done.counted.to_json(),
        "identity": dict(own),
    }
    write_whole(out / RECORD, json.dumps(told, indent=2) + "\n")


def finished(out: Path, digest: str, result: Result) -> Screened | None:
    """The same screen, where it is there whole."""
    told = _read(out)
    there = result.path.is_file() and result.path.stat().st_size == told.get("bytes")
    if told.get("digest") != digest or told.get("result") != result.path.name or not there:
        return None
    counted = Counted(**{name: told[name] for name in Counted.__slots__})
    return Screened(result.path, result.aside if counted.bad else None, counted, told["chunks"], told["chunks"])


def holds_a_screen(out: Path) -> bool:
    """Whether a folder says of which screen its files are."""
    return bool(_read(out))


def _read(out: Path) -> dict[str, Any]:
    """What the folder says; nothing where it says nothing that can be read, or another program says it."""
    try:
        told = json.loads((out / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    own = isinstance(told, dict) and isinstance(told.get("digest"), str) and told.get("result") in RESULTS
    return told if own else {}
