"""The result file: written part by part, read block by block; it appears whole."""

from __future__ import annotations

import csv
import importlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from matloop.domain.prediction import Floats
from matloop.errors import DataError, extra, fail
from matloop.screen import Done
from matloop.screen.task import DISTANCE, FAILED, KEPT
from matloop.store.atomic import sync_folder

RESULTS, ASIDE = ("predictions.csv", "predictions.parquet"), "set-aside.csv"
_BLOCK = 65_536  # rows of a block that is read; 20 MB with their texts
_TEXT = (KEPT, FAILED)


@dataclass(frozen=True, slots=True)
class Result:
    """The file that a screen writes. out: its folder. header: of all columns."""

    out: Path
    header: tuple[str, ...]
    parquet: bool

    @property
    def path(self) -> Path:
        """Of the predictions."""
        return self.out / RESULTS[self.parquet]

    @property
    def aside(self) -> Path:
        """Of the rows that were set aside."""
        return self.out / ASIDE

    def write(self, parts: Iterable[Done]) -> Path | None:
        """Write all parts in order; returns the file of bad rows, None where there are none."""
        bad = 0
        with _whole(self.aside) as aside:
            told = csv.writer(aside, lineterminator="\n")
            told.writerow(("place", "found", "cure"))
            write = self._parquet if self.parquet else self._csv
            bad = write(parts, told)
        if bad:
            return self.aside
        self.aside.unlink()
        return None

    def _csv(self, parts: Iterable[Done], told: Any) -> int:
        bad = 0
        with _whole(self.path) as file:
            csv.writer(file, lineterminator="\n").writerow(self.header)
            for part in parts:
                file.write(part.text)
                told.writerows((one.place, one.found, one.cure) for one in part.faults)
                bad += len(part.faults)
        return bad

    def _parquet(self, parts: Iterable[Done], told: Any) -> int:
        arrow_, parquet = arrow(), importlib.import_module("pyarrow.parquet")
        figures = _figures(self.header)
        kinds = {True: arrow_.float64(), False: arrow_.string()}
        schema = arrow_.schema([(name, kinds[name in figures]) for name in self.header])
        bad, beside = 0, self.path.with_name(f".{self.path.name}.tmp")
        with parquet.ParquetWriter(beside, schema) as writer:
            for part in parts:
                columns = list(zip(*csv.reader(part.text.splitlines()), strict=True)) or [()] * len(self.header)
                cells = [
                    np.array(column, dtype=np.float64) if name in figures else list(column)
                    for name, column in zip(self.header, columns, strict=True)
                ]
                writer.write_table(arrow_.table(dict(zip(self.header, cells, strict=True)), schema=schema))
                told.writerows((one.place, one.found, one.cure) for one in part.faults)
                bad += len(part.faults)
        os.replace(beside, self.path)
        sync_folder(self.out)
        return bad


def _figures(header: Sequence[str]) -> set[str]:
    """The columns of numbers: the four before the last two; all others are texts, as they were given."""
    end = list(header).index(DISTANCE) + 1
    return set(header[end - 4 : end])


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """A text file that appears when all of it is written."""
    beside = path.with_name(f".{path.name}.tmp")
    with beside.open("w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    sync_folder(path.parent)


def arrow() -> Any:
    """The library that writes Parquet.

    Raises:
        DataError: without it, naming the extra.
    """
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        fail(DataError, "--parquet", "Parquet needs pyarrow", extra("parquet", "leave --parquet out: it will be CSV"))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows of a result.

    texts: (n, columns) of all columns but the figures, with their names. figures: (n, 4) mean, model_std, noise_std,
    distance. kept: (n,) whether all filters let them pass.
    """

    names: tuple[str, ...]
    texts: np.ndarray
    figures: Floats
    kept: np.ndarray

    def __len__(self) -> int:
        return len(self.figures)

    def only(self, rows: np.ndarray) -> Block:
        """Some of the rows."""
        return Block(self.names, self.texts[rows], self.figures[rows], self.kept[rows])

    def along(self, other: Block) -> Block:
        """These rows and those of another."""
        texts, figures = np.vstack((self.texts, other.texts)), np.vstack((self.figures, other.figures))
        return Block(self.names, texts, figures, np.concatenate((self.kept, other.kept)))

    def column(self, name: str) -> np.ndarray:
        """(n,) texts of a column."""
        column: np.ndarray = self.texts[:, self.names.index(name)]
        return column

    @property
    def mean(self) -> Floats:
        """(n,)."""
        return self.figures[:, 0]

    @property
    def distance(self) -> Floats:
        """(n,) to what was learned."""
        return self.figures[:, 3]

    @property
    def std(self) -> Floats:
        """(n,) of the truth."""
        return self.figures[:, 1]


def blocks(path: Path, header: Sequence[str]) -> Iterator[Block]:
    """Read a result, block by block."""
    figures = _figures(header)
    numbers = [name for name in header if name in figures]
    names = tuple(name for name in header if name not in figures)
    for frame in _frames(path, {name: np.float64 if name in figures else str for name in header}):
        texts = frame[list(names)].to_numpy(dtype=object)
        kept = np.asarray(frame[KEPT] == "yes", dtype=np.bool_)
        yield Block(names, texts, frame[numbers].to_numpy(dtype=np.float64), kept)


def _frames(path: Path, types: dict[str, Any]) -> Iterator[pd.DataFrame]:
    if path.suffix == ".csv":
        with pd.read_csv(path, dtype=types, keep_default_na=False, na_filter=False, chunksize=_BLOCK) as frames:
            yield from frames
        return
    parquet = importlib.import_module("pyarrow.parquet")
    for batch in parquet.ParquetFile(path).iter_batches(batch_size=_BLOCK, use_threads=False):
        yield batch.to_pandas()
