"""A screen from its source to the result: look, predict what is not finished, put in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matloop.chem import compositions
from matloop.errors import DataError, Fault, Faults, fail
from matloop.screen import Chunk, Done, Workers
from matloop.screen.alone import alone
from matloop.screen.kept import Kept, digest_of
from matloop.screen.record import Counted, Screened, finished, identity, record, refuse_another, refuse_result
from matloop.screen.repeats import NONE, Repeated, Repeats
from matloop.screen.source import SIZE, Source
from matloop.screen.stream import Result
from matloop.screen.task import Task, read_chunk

Report = Callable[[int, int | None, str], None]
"""Told of progress: done, limit (None: unknown), a short text."""
NAMED = 20
"""Bad rows that an error names; a wrong column of a million rows would be a book."""
_TELLING = 5  # candidates none of which is a formula that tell a wrong column; of fewer, each fault is named


@dataclass(frozen=True, slots=True)
class Way:
    """How a screen is done.

    workers: who predicts. set_aside: whether bad rows go into a file; else they are refused. size: candidates of a
    chunk. parquet: the kind of the result. report: told of progress. tell: told what is worth a line. replace: whether
    another screen that lies in the folder may be lost.
    """

    workers: Workers
    set_aside: bool = False
    size: int = SIZE
    parquet: bool = False
    report: Report = lambda done, limit, text: None
    tell: Callable[[str], None] = lambda text: None
    replace: bool = False


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


@dataclass(frozen=True, slots=True)
class Looked:
    """What one pass over candidates found.

    starts, digests, sizes: of each chunk its first candidate, its digest, and how many of its candidates can be
    predicted. repeated: those of one composition.
    """

    starts: tuple[int, ...]
    digests: tuple[str, ...]
    sizes: tuple[int, ...]
    repeated: Repeated = NONE


def screen(
    source: Source, task: Task, out: Path, way: Way, *, fingerprint: Any, looked: Looked | None = None
) -> Screened:
    """Predict all candidates of a source into a file; killed anywhere, the same call goes on.

    Args:
        source: of candidates.
        task: what is done with a chunk.
        out: folder of the result.
        way: how.
        fingerprint: of the model, in JSON types: equal ones predict alike.
        looked: what `look` found; None to look now.

    Raises:
        DataError: naming bad rows, unless they are set aside.
        InputError: when another screen works in the folder, or lies there and may not be replaced.
        WorkError: when workers ended early; what was finished is kept.
    """
    refuse_namesakes(header_of(source, task))
    if looked is None and source.again:
        looked = look(source, task.describe.unknown, way)
    out.mkdir(parents=True, exist_ok=True)
    with alone(out):
        return predict(source, task, (out, way), fingerprint, looked or Looked((), (), ()))


def header_of(source: Source, task: Task) -> tuple[str, ...]:
    """The columns of the result."""
    return ("formula", *source.carried, *task.columns)


def refuse_namesakes(header: Sequence[str], table: str = "result") -> None:
    """Refuse a table, in words, of which two columns bear one name.

    Raises:
        DataError: naming each.
    """
    faults = Faults()
    for name in sorted({name for name in header if list(header).count(name) > 1}):
        cure = "Name the columns that shall ride along (carry), without it, or rename it."
        faults.add(f"column {name!r}", f"the candidates have it, and the {table} writes one", cure)
    faults.raise_if_any(DataError)


def look(source: Source, unknown: frozenset[str], way: Way) -> Looked:
    """Read all candidates once, before any work is done.

    Args:
        source: that may be read again.
        unknown: elements that cannot be described.
        way: whether bad rows are refused, and who is told.

    Raises:
        DataError: where there is no candidate, none of the first is a formula, or a row is bad and not set aside.
    """
    starts, digests, sizes, seen, bad, told = [], [], [], 0, 0, list[Fault]()
    repeats = Repeats()
    for chunk in source.chunks(way.size):
        read, faults = read_chunk(chunk, unknown)
        if not seen and len(chunk) >= _TELLING and not len(compositions(chunk.formulas, faults="collect")):
            found = f"not one of the first {len(chunk):,} is a formula, as {chunk.formulas[0]!r}"
            cure = "Name the column of formulas: --formula, or formula = under [candidates]."
            fail(DataError, source.name, found, cure)
        starts.append(chunk.start)
        digests.append(digest_of(chunk))
        sizes.append(len(read))
        repeats.add(read)
        seen += len(chunk)
        bad += len(faults)
        told += faults[: max(0, NAMED - len(told))]
        way.report(seen, None, "looking at the formulas")
    if not seen and told:
        raise DataError(*told)
    if not seen:
        fail(DataError, source.name, "there is no candidate: it holds no row", "Give one formula or more.")
    if bad > len(told):
        told.append(Fault("candidates", f"{bad - len(told)} more rows are bad", "Set bad rows aside to see them all."))
    if told and not way.set_aside:
        raise DataError(*told)
    repeated = repeats.found(lambda: (read_chunk(chunk, unknown)[0] for chunk in source.chunks(way.size)))
    return Looked(tuple(starts), tuple(digests), tuple(sizes), repeated)


def predict(source: Source, task: Task, where: tuple[Path, Way], fingerprint: Any, looked: Looked) -> Screened:
    """The screen itself, in a folder where nobody else works; as `screen`, which see."""
    out, way = where
    kept = Kept.open(out, key_of(task, fingerprint, source.carried))
    result = Result(out, header_of(source, task), way.parquet)
    names = [kept.name(start, digest) for start, digest in zip(looked.starts, looked.digests, strict=True)]
    digest = hashlib.sha256(json.dumps(names).encode()).hexdigest()
    own = identity(task, source.carried, fingerprint, looked.digests)
    if source.again:
        held = finished(out, digest, result)
        if held is not None:
            kept.clear(names)
            way.tell("the predictions are there already: it only chooses")
            return held
        if not way.replace:
            refuse_another(out, own)
            refuse_result(out, digest, result, finished=all(map(kept.has, names)))
        _tell_finished(kept, names, looked.sizes, (len(task.conditions), way))
    found = _perform(source, task, kept, way, (names, sum(looked.sizes) if source.again else None))
    counted = Counted()
    aside = result.write(_counted(kept, names, counted))
    done = Screened(result.path, aside, counted, found, len(names))
    if source.again:
        record(out, digest, result, done, own)
    kept.clear(names)
    return done


def _tell_finished(kept: Kept, names: Sequence[str], sizes: Sequence[int], how: tuple[int, Way]) -> None:
    """Say from where a screen that was stopped goes on."""
    conditions, way = how
    there = sum(size for name, size in zip(names, sizes, strict=True) if kept.has(name))
    if there:
        way.tell(f"goes on from {there * conditions:,} of {sum(sizes) * conditions:,} rows")


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
        _count(counted, done)
        yield done


def _count(counted: Counted, done: Done) -> None:
    """Count one finished chunk."""
    counted.seen += done.candidates + len(done.faults)
    counted.predicted += done.candidates
    counted.rows += done.rows
    counted.kept += done.kept
    counted.bad += len(done.faults)
    counted.known += done.known
    counted.known_kept += done.known_kept
    for name, count in done.passed.items():
        counted.passed[name] = counted.passed.get(name, 0) + count
