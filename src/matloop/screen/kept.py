"""Finished chunks in a folder, each under a key of all that it depends on, so that a killed screen goes on.

A chunk's key is a hash of the run's key (model, features, conditions, filters, columns, versions) and of the chunk's
own candidates. What another model, another input or another setting has left is never read, whatever its name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from matloop.errors import Fault
from matloop.screen import Chunk, Done
from matloop.store.atomic import write_whole

FOLDER = ".parts"


def digest_of(chunk: Chunk) -> str:
    """Of the candidates of a chunk and where they stand, whatever is done with them."""
    own = [chunk.start, chunk.places, chunk.formulas, chunk.carried, *([chunk.ragged] if chunk.ragged else [])]
    told = json.dumps(own, ensure_ascii=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """The folder of finished chunks of one run. key: of the run."""

    folder: Path
    key: str

    @classmethod
    def open(cls, out: Path, key: str) -> Kept:
        """Make the folder below `out` where it is not there."""
        folder = out / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, key)

    def name(self, start: int, digest: str) -> str:
        """The file of the chunk that begins with that candidate and has that digest."""
        return f"{start:012d}-{hashlib.sha256((self.key + digest).encode()).hexdigest()[:32]}.part"

    def name_of(self, chunk: Chunk) -> str:
        """The file of a chunk."""
        return self.name(chunk.start, digest_of(chunk))

    def has(self, name: str) -> bool:
        """Whether a chunk is finished: its file appeared whole."""
        return (self.folder / name).is_file()

    def add(self, name: str, done: Done) -> None:
        """Keep a finished chunk. Its first line says what it holds, its rows follow."""
        head = {
            "rows": done.rows,
            "candidates": done.candidates,
            "faults": [[one.place, one.found, one.cure] for one in done.faults],
            "passed": dict(done.passed),
            "kept": done.kept,
            "known": [done.known, done.known_kept],
        }
        write_whole(self.folder / name, json.dumps(head) + "\n" + done.text)

    def read(self, name: str) -> Done:
        """A finished chunk."""
        head, _, text = (self.folder / name).read_text(encoding="utf-8").partition("\n")
        told = json.loads(head)
        faults = tuple(Fault(*one) for one in told["faults"])
        return Done(text, told["rows"], told["candidates"], faults, told["passed"], told["kept"], *told["known"])

    def clear(self, names: Iterable[str]) -> None:
        """Forget finished chunks, once their rows stand in the result; those of other runs stay."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # not empty: another run was stopped in this folder
            self.folder.rmdir()
