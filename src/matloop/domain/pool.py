"""A pool: a finite set of candidates with features, kept in columns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain import canonical, pool_read
from matloop.domain.candidate import Candidate
from matloop.domain.canonical import Value
from matloop.domain.cells import is_missing
from matloop.domain.columns import Column, Numbers, Rows, Words, group, row_hash
from matloop.domain.composed import Named
from matloop.domain.constraint import Constraint
from matloop.domain.context import Context, assumed_of, check_contexts, refuse_unknown_context
from matloop.domain.encoder import Encoder
from matloop.domain.keeping import Fallen, sifted
from matloop.domain.named_values import Parsers, parse_values, shortly
from matloop.domain.pool_read import Source
from matloop.domain.prediction import Floats
from matloop.domain.table import LISTED_FAULTS, Texts
from matloop.errors import DataError, fail

if TYPE_CHECKING:
    import pandas as pd

_ID_CHUNK = 2**16  # candidates whose values are written out as text at a time; bounds the memory of hashing a pool


@dataclass(frozen=True, eq=False)
class Pool:
    """Candidates 0 .. n - 1, in the order in which they first appear in their source.

    Rows of the source that are equal in id and every feature are one candidate.

    names: the features.
    units: the unit in each feature's header, None without one.
    row_of: source row -> candidate.
    source: file or name of the table, for messages.
    id_name: the id column, None without one.
    context: what is measured with every reading. assumed: its values that predictions are made at.
    constraints: what all candidates keep.
    """

    names: tuple[str, ...]
    units: tuple[str | None, ...]
    row_of: NDArray[np.int32]
    source: str
    id_name: str | None
    _columns: tuple[Column, ...] = field(repr=False)
    _id_texts: Texts | None = field(repr=False)
    _riders: Mapping[str, NDArray[Any]] = field(repr=False)
    constraints: tuple[Constraint, ...] = ()
    _fell: tuple[Fallen, ...] = field(default=(), repr=False)
    context: tuple[Context, ...] = ()
    assumed: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        features: Sequence[Named],
        id: str | None = None,
        *,
        riders: Sequence[str] | None = None,
        source: str = "table",
        constraints: Sequence[Constraint] = (),
    ) -> Pool:
        """A pool of a frame's rows; the frame is neither kept nor changed.

        Args:
            frame: one row a candidate, or several equal ones.
            features: columns to learn from: numbers, booleans (0 and 1), text, or a FormulaColumn.
            id: column of ids, kept as text; None for ids made of the values.
            riders: further columns that ride along, the first row of a candidate counts; None for none.
            source: what messages call the frame.
            constraints: only candidates that keep them; see `where`.

        Raises:
            DataError: all that is wrong, at once; rows are counted from 0.
            SpaceError: for constraints that do not fit the features, or that no candidate keeps.
        """
        return cls._join(pool_read.from_frame(frame, features, id, riders or (), source)).where(constraints)

    @classmethod
    def read_csv(
        cls,
        path: str | Path,
        features: Sequence[Named],
        id: str | None = None,
        *,
        objectives: Sequence[str] = (),
        constraints: Sequence[Constraint] = (),
    ) -> Pool:
        """A pool of a CSV file's rows.

        Args:
            path: the file; a header may carry [unit].
            features: columns to learn from: numbers, true and false (1 and 0), text, or a FormulaColumn.
            id: column of ids; None for ids made of the values.
            objectives: their columns and NAME_std are not read; all other columns ride along.
            constraints: only candidates that keep them; see `where`.

        Raises:
            DataError: all that is wrong, at once, with file and line.
            SpaceError: for constraints that do not fit the features, or that no candidate keeps.
        """
        return cls._join(pool_read.read_csv(path, features, id, objectives)).where(constraints)

    @classmethod
    def read_parquet(
        cls, path: str | Path, features: Sequence[Named], id: str | None = None, *, objectives: Sequence[str] = ()
    ) -> Pool:
        """A pool of a Parquet file's rows; the same content as CSV gives the same pool. Needs the extra `parquet`.

        Args:
            path: the file; a column's name may carry [unit].
            features: columns to learn from: numbers, booleans (1 and 0), text (a null is a fault), or a FormulaColumn.
            id: column of ids; None for ids made of the values.
            objectives: their columns and NAME_std are not read; all other columns ride along.

        Raises:
            DataError: all that is wrong, at once, with file and row (counted from 1); or the extra is missing.
        """
        return cls._join(pool_read.read_parquet(path, features, id, objectives))

    @classmethod
    def _join(cls, given: Source) -> Pool:
        """Join equal rows."""
        columns, ids = list(given.columns), given.ids
        named = [] if ids is None else [Words.of(ids)]
        first, row_of = group([column.keys() for column in (*columns, *named)])
        for words in named:
            pool_read.refuse_twins(given, words, first)
        riders = given.riders
        if len(first) < len(row_of):
            columns = [column.take(first) for column in columns]
            ids = None if ids is None else ids[first]
        riders = {name: cells[first] for name, cells in riders.items()}
        pool_read.refuse_overflow(given, columns)
        pool = cls(given.names, given.units, row_of, given.source, given.id_name, tuple(columns), ids, riders)
        return pool.where(given.rules)

    def __repr__(self) -> str:
        id_ = "none" if self.id_name is None else repr(self.id_name)
        return f"Pool({len(self):,} candidates; features {shortly(self.names)}; id {id_})"

    def __len__(self) -> int:
        column = self._columns[0]
        return len(column.values if isinstance(column, Numbers) else column.codes)

    @cached_property
    def encoder(self) -> Encoder:
        """Scales by least and largest value, writes texts one-hot in order of first appearance."""
        own = (column.part(name) for name, column in zip(self.names, self._columns, strict=True))
        return Encoder((*own, *(one.part for one in self.context)), assumed_of(self.context, self.assumed))

    def measuring(self, context: Sequence[Context]) -> Pool:
        """The pool with parameters that are measured with every reading, instead of those it has; see `Context`.

        Raises:
            SpaceError: for names that stand there twice.
        """
        return replace(self, context=check_contexts(context, self.names), assumed={})

    def assuming(self, context: Mapping[str, float]) -> Pool:
        """The same pool with predictions made at these values of its context.

        Raises:
            DataError: for names that are no context.
        """
        refuse_unknown_context(self.context, context)
        return replace(self, assumed={**self.assumed, **context}) if context else self

    def encode_rows(self, rows: Rows) -> Floats:
        """Encode some candidates to (k, d).

        Raises:
            DataError: when the result would not fit into memory.
        """
        taken = [(one.values if isinstance(one, Numbers) else one.codes)[rows] for one in self._columns]
        return self.encoder.encode_columns(taken, len(taken[0]))

    def values(self, i: int) -> dict[str, Value]:
        """The features of a candidate; a column of whole numbers gives whole numbers."""
        return {name: column.value(i) for name, column in zip(self.names, self._columns, strict=True)}

    def riders(self, i: int) -> dict[str, object]:
        """What rides along with a candidate, as its first row has it; "" where a cell is empty."""
        cells = {name: column[i : i + 1].tolist()[0] for name, column in self._riders.items()}
        return {name: "" if is_missing(cell) else cell for name, cell in cells.items()}

    @property
    def kinds(self) -> dict[str, tuple[str, ...] | None]:
        """Each feature with what a text may be; None for numbers."""
        return {name: column.choices for name, column in zip(self.names, self._columns, strict=True)}

    @property
    def table(self) -> dict[str, NDArray[Any]]:
        """(n,) columns as they stand: the features, and what rides along."""
        return {name: column.plain for name, column in zip(self.names, self._columns, strict=True)} | dict(self._riders)

    def id(self, i: int) -> str:
        """The id of one candidate."""
        if self._id_texts is not None:
            return str(self._id_texts[i])
        return canonical.candidate_id(list(self.values(i).values()))

    def candidate(self, i: int) -> Candidate:
        """Candidate number i."""
        return Candidate(self.id(i), self.values(i))

    @property
    def ids(self) -> list[str]:
        """All ids, in order. Without an id column they are made anew at each call."""
        if self._id_texts is not None:
            return list(self._id_texts)
        return [f"c{number:016x}" for number in self._id_numbers.tolist()]

    @cached_property
    def _id_numbers(self) -> NDArray[np.uint64]:
        """(n,) the 16 hex digits of the ids, as numbers."""
        numbers = np.empty(len(self), dtype=np.uint64)
        for start in range(0, len(self), _ID_CHUNK):
            rows = slice(start, min(start + _ID_CHUNK, len(self)))
            written = zip(*(column.texts(rows) for column in self._columns), strict=True)
            for i, values in enumerate(written, start):
                digest = hashlib.sha256(f"[{','.join(values)}]".encode()).digest()
                numbers[i] = int.from_bytes(digest[:8], "big")
        return numbers

    @cached_property
    def _id_order(self) -> NDArray[np.intp]:
        """Candidates in the order of their id numbers."""
        order = np.argsort(self._id_numbers)
        ordered = self._id_numbers[order]
        if (ordered[1:] == ordered[:-1]).any():
            fail(DataError, self.source, "two candidates share the hash that is their id", "Give an id column.")
        return order

    @cached_property
    def _index_of(self) -> dict[str, int]:
        return {} if self._id_texts is None else {text: i for i, text in enumerate(self._id_texts)}

    def index(self, id: str) -> int | None:
        """The number of the candidate of that id, None for an unknown one."""
        if self._id_texts is not None:
            return self._index_of.get(id)
        digits = id[1:]
        if not (len(id) == 17 and id[0] == "c" and all(digit in "0123456789abcdef" for digit in digits)):
            return None
        wanted = np.uint64(int(digits, 16))
        place = int(np.searchsorted(self._id_numbers, wanted, sorter=self._id_order))
        if place == len(self) or self._id_numbers[self._id_order[place]] != wanted:
            return None
        return int(self._id_order[place])

    def by_id(self, id: str) -> Candidate | None:
        """The candidate of that id, None for an unknown one."""
        i = self.index(id)
        return None if i is None else self.candidate(i)

    @cached_property
    def _by_values(self) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
        """Sorted row hashes, and the candidates in that order."""
        hashes = row_hash([column.keys() for column in self._columns])
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order

    def find(self, values: Mapping[str, Value]) -> int | None:
        """The number of the candidate with these features (all of them, parsed), None when there is none.

        Raises:
            DataError: when several candidates have them, under different ids.
        """
        keys = [column.key(values[name]) for name, column in zip(self.names, self._columns, strict=True)]
        bits = [np.array([key], dtype=np.uint64) for key in keys if key is not None]
        if len(bits) < len(keys):
            return None
        hashes, order = self._by_values
        wanted = row_hash(bits)[0]
        same = order[np.searchsorted(hashes, wanted) : np.searchsorted(hashes, wanted, side="right")]
        for column, bit in zip(self._columns, bits, strict=True):
            same = same[column.keys(same) == bit]
        if len(same) > 1:
            ids = ", ".join(self.id(int(i)) for i in same[:LISTED_FAULTS])
            fail(
                DataError, f"values {dict(values)}", f"{len(same)} candidates have them ({ids})", "Name the candidate."
            )
        return int(same[0]) if len(same) else None

    def parse(self, values: Mapping[str, object]) -> dict[str, Value]:
        """Typed values of some or all features, in declared order, what is measured with readings last.

        Raises:
            DataError: all unknown names and unreadable values at once.
        """
        parsers = {**self._parsers, **{one.name: one.parse for one in self.context}}
        return parse_values(values, parsers, "feature", complete=False)

    @cached_property
    def _parsers(self) -> Parsers:
        columns = zip(self.names, self._columns, strict=True)
        return {name: partial(column.parse, name) for name, column in columns}

    def resolve(self, values: Mapping[str, object]) -> Candidate:
        """The candidate that the values name, or one marked outside.

        Raises:
            DataError: for missing or unknown names and unreadable values, all at once; for values that several
                candidates have.
        """
        parsed = parse_values(values, self._parsers, "feature", complete=True)
        i = self.find(parsed)
        if i is not None:
            return self.candidate(i)
        return Candidate(canonical.candidate_id(list(parsed.values())), parsed, outside=True)

    @cached_property
    def hash(self) -> str:
        """Digest of names, ids and all values; a pool of the same candidates in the same order has the same."""
        hasher = hashlib.sha256(canonical.text([list(self.names), self.id_name, len(self)]).encode())
        for column in self._columns:
            column.update(hasher)
        for text in () if self._id_texts is None else self._id_texts:
            coded = text.encode()
            hasher.update(len(coded).to_bytes(8, "little") + coded)
        return hasher.hexdigest()

    def to_json(self) -> dict[str, Any]:
        """What it is made of, for the ledger; the values stay in their file."""
        told: dict[str, Any] = {"features": list(self.names), "id": self.id_name, "rows": len(self)}
        if self.context:
            told["context"] = [one.to_json() for one in self.context]
        return {**told, "constraints": [held.to_json() for held in self.constraints]} if self.constraints else told

    def where(self, constraints: Sequence[Constraint]) -> Pool:
        """The pool of the candidates that keep all constraints, which speak of features; ids stay what they are.

        `row_of` then counts the rows of the source that are left, as if the others had never been in it.

        Raises:
            SpaceError: for constraints that do not fit the features, or that no candidate keeps.
        """
        if not constraints:
            return self
        rows, fell = sifted(constraints, self.table, self.kinds, self.row_of, self._id_texts, self.source)
        number = np.full(len(self), -1, dtype=np.int32)
        number[rows] = np.arange(len(rows), dtype=np.int32)
        left = number[self.row_of]
        pool = self._taken(rows, left[left >= 0])
        return replace(pool, constraints=(*self.constraints, *constraints), _fell=(*self._fell, fell))

    @property
    def fallen(self) -> tuple[int, ...]:
        """How many rows of the source each constraint alone took away."""
        return tuple(rows for fell in self._fell for rows in fell.rows)

    @property
    def rows(self) -> int:
        """How many rows the source has, those that fell to constraints included."""
        return len(self.row_of) + sum(fell.whole for fell in self._fell)

    def fallen_to(self, id: str) -> tuple[Constraint, ...]:
        """The constraints that took the candidate of an id out; none for other ids, and where there is no id column."""
        return tuple(held for fell in self._fell for held in fell.to(id))

    def other_than(self, values: Mapping[str, Value]) -> NDArray[np.intp]:
        """The numbers of the candidates that differ from these parsed values of some features."""
        same = np.ones(len(self), dtype=np.bool_)
        for name, column in zip(self.names, self._columns, strict=True):
            if name in values:
                key = column.key(values[name])
                same &= False if key is None else column.keys() == np.uint64(key)
        return np.flatnonzero(~same)

    def _taken(self, rows: Rows, row_of: NDArray[np.int32]) -> Pool:
        """Some of the candidates, in their order."""
        ids = None if self._id_texts is None else self._id_texts[rows]
        riders = {name: cells[rows] for name, cells in self._riders.items()}
        columns = tuple(column.picked(rows) for column in self._columns)
        return replace(self, row_of=row_of, _columns=columns, _id_texts=ids, _riders=riders)

    def head(self, n: int) -> Pool:
        """The pool of the first n candidates, as it was when its file was shorter.

        Raises:
            DataError: when there are fewer.
        """
        if not 1 <= n <= len(self):
            fail(DataError, self.source, f"the first {n} of {len(self)} candidates", f"Ask for 1 to {len(self)}.")
        return self._taken(slice(0, n), self.row_of[self.row_of < n])
