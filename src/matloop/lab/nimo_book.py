"""The book that is kept beside a NIMO robot's output: the batch under way, those that are done, what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from matloop.domain.number import as_number
from matloop.lab import nimo_folder as folders
from matloop.lab.nimo_files import RESULTS


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch with the robot.

    tokens, candidates, actions: by line. sha256: of the proposals written. stamp: name of the robot's input file.
    requested: its mtime in ns. phase: ready (the robot may have been told), sent, accepted.
    cells: results as text, by line. results: SHA-256 of results.csv. sentinel: the mark of its outputend.txt.
    """

    number: int
    tokens: list[str]
    candidates: list[str]
    actions: list[int]
    sha256: str
    stamp: str
    requested: int
    phase: Literal["ready", "sent", "accepted"]
    cells: list[list[str]] = field(default_factory=list)
    results: str = ""
    sentinel: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Book:
    """The folder of one robot: batch.json, done/, refused/.

    known: done batches that were read already, by file name; they never change.
    """

    folder: Path
    known: dict[str, Batch]

    @contextmanager
    def locked(self) -> Iterator[Book]:
        """Alone with it; raises BusyError while another process is."""
        (self.folder / "done").mkdir(parents=True, exist_ok=True)
        with folders.locked(self.folder):
            yield self

    @property
    def path(self) -> Path:
        """Where the batch under way stands."""
        return self.folder / "batch.json"

    def current(self) -> Batch | None:
        """The batch under way."""
        document = folders.load(self.path)
        return None if document is None else Batch(**document)

    def write(self, batch: Batch) -> Batch:
        """Note what the batch under way has become."""
        folders.save(self.path, asdict(batch))
        return batch

    def done(self) -> list[Batch]:
        """Batches whose results are safe, in order.

        The folder is listed once; after that a batch is looked for under the next number, so that a look costs the
        same however long the campaign is.
        """
        if not self.known:
            self._know(*sorted((self.folder / "done").glob("*.json")))
        while self._know(self._closed(self._next())):
            continue
        return list(self.known.values())

    def next_number(self) -> int:
        """What a new batch is called: one more than the last that is done."""
        self.done()
        return self._next()

    def _next(self) -> int:
        return 1 + max((self.known[name].number for name in list(self.known)[-1:]), default=0)

    def _know(self, *paths: Path) -> bool:
        """Read done batches; whether they were there."""
        documents = {path.name: folders.load(path) for path in paths}
        self.known.update({name: Batch(**document) for name, document in documents.items() if document is not None})
        return all(document is not None for document in documents.values())

    def _closed(self, number: int) -> Path:
        return self.folder / "done" / f"{number:06d}.json"

    def close(self, batch: Batch) -> None:
        """The batch is done."""
        self.path.replace(self._closed(batch.number))

    def archive(self, batch: Batch, results: Path) -> None:
        """Keep the results.csv that was consumed."""
        folders.keep(results, self.folder / "done" / f"{batch.number:06d}-{RESULTS}")

    def refuse(self, files: Mapping[str, Path], why: str) -> Path:
        """Put files aside; returns where."""
        return folders.put_aside(files, self.folder / "refused", why)

    def brought(self, data: bytes) -> int:
        """The done batch that brought the same numbers, line by line; 0 when none did."""
        text = data.decode("utf-8", "replace").replace("\r\n", "\n").strip("\n")
        rows = _numbers([line.split(",") for line in text.split("\n")])
        if not any(isinstance(cell, float) for row in rows for cell in row):
            return 0  # two batches in which nothing was measured look alike
        return next((batch.number for batch in self.done() if _numbers(batch.cells) == rows), 0)


def _numbers(rows: Sequence[Sequence[str]]) -> list[list[float | str]]:
    """Cells by what they say, however they are written."""
    return [[cell.strip() if (number := as_number(cell)) is None else number for cell in row] for row in rows]
