"""A screen from its source to the result: look, predict what is not finished, put in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matloop.chem import compositions
from matloop.errors import DataError, Fault, fail
from matloop.screen import Chunk, Done, Workers
from matloop.screen.alone import alone
from matloop.screen.kept import Kept
from matloop.screen.source import SIZE, Source
from matloop.screen.stream import Result
from matloop.screen.task import Task, read_chunk
from matloop.store.atomic import write_whole

Report = Callable[[int, int | None, str], None]
"""Told of progress: done, limit (None: unknown), a short text."""
NAMED = 20
"""Bad rows that an error names; a wrong column of a million rows would be a book."""
RECORD = "screen.json"
_TELLING = 5  # candidates none of which is a formula that tell a wrong column; of fewer, each fault is named


@dataclass(slots=True)
class Counted:
    """What became of the candidates. seen: all. predicted: rows of the result are these times the conditions.

    rows: of the result. passed: candidates that each filter let pass. kept: that passed all. bad: set aside.
    """

    seen: int = 0
    predicted: int = 0
    rows: int = 0
    kept: int = 0
    bad: int = 0
    passed: dict[str, int] = field(default_factory=dict)

    def add(self, done: Done) -> None:
        """Count one finished chunk."""
        self.seen += done.candidates + len(done.faults)
        self.predicted += done.candidates
        self.rows += done.rows
        self.kept += done.kept
        self.bad += len(done.faults)
        for name, count in done.passed.items():
            self.passed[name] = self.passed.get(name, 0) + count


@dataclass(frozen=True, slots=True)
class Screened:
    """A finished screen. result: the file. aside: bad rows, None where there are none. found: chunks found finished."""

    result: Path
    aside: Path | None
    counted: Counted
    found: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Way:
    """How a screen is done.

    workers: who predicts. set_aside: whether bad rows go into a file; else they are refused. size: candidates of a
    chunk. parquet: the kind of the result. report: told of progress.
    """

    workers: Workers
    set_aside: bool = False
    size: int = SIZE
    parquet: bool = False
    report: Report = lambda done, limit, text: None


def key_of(task: Task, fingerprint: Any, carried: Sequence[str]) -> str:
    """The key of a run: all that a predicted row depends on, beside the candidate itself."""
    told = {
        "fingerprint": fingerprint,
        "features": dict(task.describe.settings()),
        "names": list(task.names),
        "conditions": task.conditions.tolist(),
        "filters": [[str(one), repr(one)] for one in task.filters],
        "columns": [*carried, *task.columns],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def screen(source: Source, task: Task, out: Path, way: Way, *, fingerprint: Any) -> Screened:
    """Predict all candidates of a source into a file; killed anywhere, the same call goes on.

    Args:
        source: of candidates.
        task: what is done with a chunk.
        out: folder of the result.
        way: how.
        fingerprint: of the model, in JSON types: equal ones predict alike.

    Raises:
        DataError: naming bad rows, unless they are set aside.
        InputError: when another screen works in the folder.
        WorkError: when workers ended early; what was finished is kept.
    """
    look_first(source)
    _refuse_namesakes(("formula", *source.carried, *task.columns))
    out.mkdir(parents=True, exist_ok=True)
    with alone(out):
        return _screened(source, task, out, way, fingerprint)


def look_first(source: Source) -> None:
    """Refuse candidates of which there are none, or of which none of the first is a formula, before any work is done.

    Raises:
        DataError: naming the source and what to do.
    """
    if not source.again:
        return
    first = next(source.chunks(SIZE), None)
    if first is None or not len(first):
        fail(DataError, source.name, "there is no candidate: it holds no row", "Give one formula or more.")
    read = compositions(first.formulas, faults="collect")
    if len(first) >= _TELLING and not len(read):
        found = f"not one of the first {len(first):,} is a formula, as {first.formulas[0]!r}"
        cure = "Name the column of formulas: --formula, or formula = under [candidates]."
        fail(DataError, source.name, found, cure)


def _screened(source: Source, task: Task, out: Path, way: Way, fingerprint: Any) -> Screened:
    """The screen itself, in a folder where nobody else works."""
    header = ("formula", *source.carried, *task.columns)
    kept = Kept.open(out, key_of(task, fingerprint, source.carried))
    result = Result(out, header, way.parquet)
    names, total = _look(source, task, kept, way) if source.again else ([], None)
    digest = hashlib.sha256(json.dumps(names).encode()).hexdigest()
    held = _finished(out, digest, result) if source.again else None
    if held is not None:
        kept.clear(names)
        return held
    found = _perform(source, task, kept, way, (names, total))
    counted = Counted()
    parts = _counted(kept, names, counted)
    aside = result.write(parts)
    if source.again:
        _record(out, digest, result, counted, len(names))
    kept.clear(names)
    return Screened(result.path, aside, counted, found, len(names))


def _refuse_namesakes(header: Sequence[str]) -> None:
    twice = sorted({name for name in header if list(header).count(name) > 1})
    if twice:
        cure = "Name the columns that shall ride along (carry), without it, or rename it."
        fail(DataError, f"column {twice[0]!r}", "the candidates have it, and the result writes one", cure)


def _look(source: Source, task: Task, kept: Kept, way: Way) -> tuple[list[str], int]:
    """The names of all chunks and the number of candidates; bad rows are refused before anything is predicted."""
    unknown = task.describe.unknown
    names, total, bad, told = [], 0, 0, list[Fault]()
    for chunk in source.chunks(way.size):
        names.append(kept.name_of(chunk))
        total += len(chunk)
        way.report(total, None, "looking at the formulas")
        if not way.set_aside:
            faults = read_chunk(chunk, unknown)[1]
            bad += len(faults)
            told += faults[: max(0, NAMED - len(told))]
    if bad > len(told):
        told.append(Fault("candidates", f"{bad - len(told)} more rows are bad", "Set bad rows aside to see them all."))
    if told:
        raise DataError(*told)
    return names, total


def _perform(source: Source, task: Task, kept: Kept, way: Way, known: tuple[list[str], int | None]) -> int:
    """Do what is not finished; returns how many chunks were. Names of a source that is read once are noted here."""
    names, total = known
    note = not names
    found = [0, 0]

    def missing() -> Iterator[Chunk]:
        for chunk in source.chunks(way.size):
            name = kept.name_of(chunk)
            if note:
                names.append(name)
            if kept.has(name):
                found[0] += 1
                found[1] += len(chunk)
                way.report(found[1], total, "found finished")
            else:
                yield chunk

    def keep(chunk: Chunk, done: Done) -> None:
        if done.faults and not way.set_aside:
            raise DataError(*done.faults[:NAMED])
        kept.add(kept.name_of(chunk), done)
        found[1] += len(chunk)
        way.report(found[1], total, "predicted")

    way.workers.perform(task, missing(), keep)
    return found[0]


def _counted(kept: Kept, names: Sequence[str], counted: Counted) -> Iterator[Done]:
    for name in names:
        done = kept.read(name)
        counted.add(done)
        yield done


def _record(out: Path, digest: str, result: Result, counted: Counted, chunks: int) -> None:
    told = {
        "digest": digest,
        "result": result.path.name,
        "bytes": result.path.stat().st_size,
        "chunks": chunks,
        "seen": counted.seen,
        "predicted": counted.predicted,
        "rows": counted.rows,
        "kept": counted.kept,
        "bad": counted.bad,
        "passed": counted.passed,
    }
    write_whole(out / RECORD, json.dumps(told, indent=2) + "\n")


def _finished(out: Path, digest: str, result: Result) -> Screened | None:
    """The same screen, where it is there whole."""
    record = out / RECORD
    if not record.is_file():
        return None
    told = json.loads(record.read_text(encoding="utf-8"))
    there = result.path.is_file() and result.path.stat().st_size == told.get("bytes")
    if told.get("digest") != digest or told.get("result") != result.path.name or not there:
        return None
    counted = Counted(*(told[name] for name in ("seen", "predicted", "rows", "kept", "bad", "passed")))
    aside = result.aside if told["bad"] else None
    return Screened(result.path, aside, counted, told["chunks"], told["chunks"])
