"""Columns of a pool: numbers and words, how they are hashed, and which rows are equal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from matloop.domain import canonical
from matloop.domain.canonical import Value
from matloop.domain.encoder import OneHot, Scaled
from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail

Rows = slice | NDArray[np.intp]
_TRUTH = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A numeric feature.

    values: (n,) finite, without -0.
    kind: `whole` where every value is a whole number, `flag` where the table said true and false.
    """

    values: Floats
    kind: Literal["real", "whole", "flag"]

    @classmethod
    def of(cls, values: Floats, *, flag: bool = False) -> Numbers:
        """Find out the kind."""
        if flag:
            return cls(values, "flag")
        whole = bool(((values == np.rint(values)) & (np.abs(values) < canonical.EXACT_INTEGERS)).all())
        return cls(values, "whole" if whole else "real")

    @property
    def choices(self) -> None:
        """None: numbers are no choices."""
        return

    @property
    def plain(self) -> Floats:
        """(n,) what expressions reckon with."""
        return self.values

    def picked(self, rows: Rows) -> Numbers:
        """Any of the rows, in ascending order."""
        return self.take(rows)

    def take(self, rows: Rows) -> Numbers:
        """Some of the rows, in ascending order."""
        return Numbers(self.values[rows], self.kind)

    def keys(self, rows: Rows = slice(None)) -> NDArray[np.uint64]:
        """(k,) 64 bits of some rows, equal where the values are."""
        return np.ascontiguousarray(self.values[rows]).view(np.uint64)

    def key(self, value: Value) -> int | None:
        """The bits of one value, None when it is no number."""
        number = as_number(value)
        return None if number is None else int(np.array([number]).view(np.uint64)[0])

    def value(self, i: int) -> Value:
        """One value: a whole column gives whole numbers."""
        found = float(self.values[i])
        return found if self.kind == "real" else int(found)

    def parse(self, name: str, value: object) -> Value:
        """The number that a cell or an argument states.

        Raises:
            InputError: when it states none.
        """
        if self.kind == "flag":
            value = _TRUTH.get(str(value).strip().lower(), value)
        number = as_number(int(value) if isinstance(value, bool) else value)
        if number is None:
            fail(InputError, f"feature {name!r}", f"{value!r} is no number", "Give a finite number, like 12 or 0.5.")
        return int(number) if self.kind != "real" and number.is_integer() else number

    def part(self, name: str) -> Scaled:
        """How it is encoded: by its least and largest value."""
        return Scaled(name, float(self.values.min()), float(self.values.max()))

    def texts(self, rows: slice) -> Sequence[str]:
        """Canonical JSON of some values; repeated ones are written once."""
        levels, inverse = np.unique(self.values[rows], return_inverse=True)
        written = np.array([canonical.number_text(value) for value in levels.tolist()], dtype=np.object_)
        return list(written[inverse])

    def update(self, hasher: Any) -> None:
        """Add kind and values to a running digest."""
        hasher.update(b"numbers")
        hasher.update(np.ascontiguousarray(self.values, dtype="<f8").data)


@dataclass(frozen=True, eq=False)
class Words:
    """A text feature: (n,) codes into levels, the levels in order of first appearance."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str] | NDArray[np.object_]) -> Words:
        """Number the levels by first appearance."""
        seen: dict[str, int] = {}
        codes = np.fromiter((seen.setdefault(text, len(seen)) for text in texts), dtype=np.int32, count=len(texts))
        return cls(codes, tuple(seen))

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that occur."""
        return tuple(str(level) for level in self.levels)

    @property
    def plain(self) -> NDArray[Any]:
        """(n,) the texts."""
        return np.array(self.choices)[self.codes]

    def picked(self, rows: Rows) -> Words:
        """Any of the rows, in ascending order; the levels are numbered anew."""
        return Words.of([self.levels[code] for code in self.codes[rows].tolist()])

    def take(self, rows: Rows) -> Words:
        """Some of the rows, in ascending order and with the first of each level; the first n rows are an example.

        Levels that no row bears any more fall away, so that nothing depends on what came after the rows.
        """
        codes = self.codes[rows]
        return Words(codes, self.levels[: int(codes.max(initial=-1)) + 1])

    @cached_property
    def _codes_of(self) -> dict[str, int]:
        return {level: code for code, level in enumerate(self.levels)}

    def keys(self, rows: Rows = slice(None)) -> NDArray[np.uint64]:
        """(k,) 64 bits of some rows, equal where the texts are."""
        return self.codes[rows].astype(np.uint64)

    def key(self, value: Value) -> int | None:
        """The bits of one text, None when no row bears it."""
        return self._codes_of.get(value) if isinstance(value, str) else None

    def value(self, i: int) -> Value:
        """One text."""
        return self.levels[int(self.codes[i])]

    def parse(self, name: str, value: object) -> Value:
        """The text that a cell or an argument states; 1 and 1.0 state "1".

        Raises:
            InputError: when it is neither text nor a number.
        """
        number = None if isinstance(value, str) else as_number(value)
        found = canonical.number_text(number) if number is not None else value
        if not isinstance(found, str) or not found.strip():
            fail(InputError, f"feature {name!r}", f"{value!r} is no text", "Give one of the column's texts.")
        return found.strip()

    def part(self, name: str) -> OneHot:
        """How it is encoded: one column a level."""
        return OneHot(name, self.levels)

    def texts(self, rows: slice) -> Sequence[str]:
        """Canonical JSON of some texts."""
        return [json.dumps(self.levels[code], ensure_ascii=False) for code in self.codes[rows].tolist()]

    def update(self, hasher: Any) -> None:
        """Add kind, levels and codes to a running digest."""
        hasher.update(b"words" + canonical.text(list(self.levels)).encode())
        hasher.update(np.ascontiguousarray(self.codes, dtype="<i4").data)


Column = Numbers | Words


def row_hash(keys: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """(n,) a hash of each row of keys; splitmix64 (Steele, Lea and Flood 2014) folded over the columns.

    Different rows may share a hash, so whoever uses it compares the rows as well.
    """
    mixed = np.zeros(len(keys[0]), dtype=np.uint64)
    for column in keys:
        mixed ^= column
        mixed += np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(30)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed


def group(keys: Sequence[NDArray[np.uint64]]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Which rows are equal.

    Args:
        keys: (n,) bits of each column.

    Returns:
        The first row (m,) of each group, in order of appearance, and each row's group (n,).
    """
    hashes = row_hash(keys)
    order = np.argsort(hashes, kind="stable")
    near = hashes[order[1:]] == hashes[order[:-1]]
    del hashes
    if near.any():
        same = _same_as_before(keys, order)
        if (near & ~same).any():  # two different rows share a hash, so equal ones may lie apart
            order = np.lexsort(keys[::-1])
            same = _same_as_before(keys, order)
    else:
        same = near
    starts = np.concatenate([[True], ~same])
    first_of = order[starts]  # both sorts are stable, so each group begins with its first row
    rank = np.empty(len(first_of), dtype=np.int32)
    appearance = np.argsort(first_of)
    rank[appearance] = np.arange(len(first_of), dtype=np.int32)
    row_of = np.empty(len(order), dtype=np.int32)
    row_of[order] = rank[np.cumsum(starts, dtype=np.int32) - 1]
    return first_of[appearance], row_of


def _same_as_before(keys: Sequence[NDArray[np.uint64]], order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(n - 1,) which rows, in that order, equal the row before."""
    same = np.ones(len(order) - 1, dtype=np.bool_)
    for column in keys:
        sorted_keys = column[order]
        same &= sorted_keys[1:] == sorted_keys[:-1]
    return same
