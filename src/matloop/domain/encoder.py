"""Values to numbers: the columns that surrogates see."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.domain.canonical import Value
from matloop.domain.prediction import Floats
from matloop.errors import DataError, fail

ONE_HOT = 1 / math.sqrt(2)
"""One choice's mark. Two different choices are then at distance 1, as far apart as the ends of a number."""

_MOST_CELLS = 2**28  # 2 GiB of float64; beyond it a text feature of many choices would take the machine down


@dataclass(frozen=True, slots=True)
class Scaled:
    """A numeric feature: low is encoded as 0, high as 1, values beyond them linearly beyond."""

    name: str
    low: float
    high: float

    @property
    def width(self) -> int:
        """One column."""
        return 1

    @property
    def span(self) -> float:
        """What one unit of the column means; a constant feature has its own size instead of a range."""
        return (self.high - self.low) or abs(self.low) or 1.0

    def scale(self, values: Floats) -> Floats:
        """Any shape of values to the same shape of encoded ones."""
        return (values - self.low) / self.span


@dataclass(frozen=True, slots=True)
class OneHot:
    """A text feature: one column a level; a level never seen is all zeros."""

    name: str
    levels: tuple[str, ...]

    @property
    def width(self) -> int:
        """One column a level."""
        return len(self.levels)

    def marks(self, codes: NDArray[np.intp]) -> Floats:
        """(n, width) columns of levels by code (n,)."""
        return ONE_HOT * np.eye(self.width)[codes]


@dataclass(frozen=True)
class Described(OneHot):
    """A text feature whose levels are described by numbers; a level never seen is their mean, all zeros.

    points: one a level, its encoded columns; see `matloop.domain.descriptors`.
    apart: each column is a feature of its own, with its own length scale.
    """

    points: tuple[tuple[float, ...], ...]
    apart: bool = False

    @cached_property
    def _table(self) -> Floats:
        """The points (levels, width)."""
        return np.array(self.points)

    @property
    def width(self) -> int:
        """One column a descriptor."""
        return len(self.points[0])

    def marks(self, codes: NDArray[np.intp]) -> Floats:
        """(n, width) columns of levels by code (n,)."""
        return np.asarray(self._table[codes])


@dataclass(frozen=True)
class Composite(OneHot):
    """A feature of formulas, each described by d numbers that are features of their own, scaled as numbers are.

    columns: (d,) names of the numbers. low, span: (d,) what is encoded as 0, and what one unit means.
    points: (levels, d). describe: formulas of no level -> their numbers.
    """

    columns: tuple[str, ...]
    low: Floats = field(compare=False)
    span: Floats = field(compare=False)
    points: Floats = field(compare=False)
    describe: Callable[[Sequence[str]], Floats] = field(compare=False)

    @property
    def width(self) -> int:
        """One column a number."""
        return len(self.columns)

    def marks(self, codes: NDArray[np.intp]) -> Floats:
        """(n, width) columns of levels by code (n,)."""
        return np.asarray((self.points[codes] - self.low) / self.span)

    def scale(self, texts: Sequence[str], codes: NDArray[np.int64]) -> Floats:
        """(n, width) columns of formulas, whether or not they are a level; codes (n,) of those that are, else -1."""
        out = np.empty((len(texts), self.width))
        known = codes >= 0
        out[known] = self.marks(codes[known].astype(np.intp))
        if not known.all():
            strange = [text for text, is_known in zip(texts, known, strict=True) if not is_known]
            out[~known] = (self.describe(strange) - self.low) / self.span
        return out


@dataclass(frozen=True)
class Encoder:
    """Scales numbers to [0, 1] and writes choices one-hot, or as numbers that describe them.

    parts: one a feature, in declared order; what is assumed comes last.
    assumed: feature -> the value that it has where none is given.
    """

    parts: tuple[Scaled | OneHot, ...]
    assumed: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def d(self) -> int:
        """Number of columns."""
        return sum(part.width for part in self.parts)

    @cached_property
    def chosen(self) -> tuple[Scaled | OneHot, ...]:
        """The features of candidates, without what is assumed."""
        return tuple(part for part in self.parts if part.name not in self.assumed)

    @cached_property
    def groups(self) -> NDArray[np.intp]:
        """(d,) which columns share a length scale: those of one feature, unless they are features of their own."""
        ids = (
            [None] * part.width
            if isinstance(part, Composite) or (isinstance(part, Described) and part.apart)
            else [i] * part.width
            for i, part in enumerate(self.parts)
        )
        flat = [own for part in ids for own in part]
        new = [i == 0 or own is None or own != flat[i - 1] for i, own in enumerate(flat)]
        return np.cumsum(new, dtype=np.intp) - 1

    @cached_property
    def owners(self) -> NDArray[np.intp]:
        """(d,) which part each column belongs to."""
        return np.repeat(np.arange(len(self.parts), dtype=np.intp), [part.width for part in self.parts])

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first column of each feature."""
        return tuple(int(i) for i in np.cumsum([0, *(part.width for part in self.parts)])[:-1])

    @cached_property
    def _codes(self) -> tuple[dict[str, int], ...]:
        """Level -> code, by part; empty for numbers."""
        return tuple(
            {level: i for i, level in enumerate(part.levels)} if isinstance(part, OneHot) else {} for part in self.parts
        )

    def encode(self, values: Sequence[Mapping[str, Value]]) -> Floats:
        """Encode n mappings of feature -> value to (n, d).

        Raises:
            DataError: when a feature is missing, or text stands where a number belongs.
        """
        columns: list[Floats | NDArray[np.int64]] = []
        for part, codes in zip(self.parts, self._codes, strict=True):
            try:
                column = [row[part.name] if part.name in row else self.assumed[part.name] for row in values]
            except KeyError:
                fail(DataError, f"feature {part.name!r}", "no value is given", "Give every feature a value.")
            if isinstance(part, OneHot):
                found = np.array([codes.get(str(value), -1) for value in column], dtype=np.int64)
                columns.append(
                    part.scale([str(one) for one in column], found) if isinstance(part, Composite) else found
                )
                continue
            if any(isinstance(value, str) for value in column):
                fail(DataError, f"feature {part.name!r}", "text where a number belongs", "Give a number.")
            columns.append(np.array(column, dtype=np.float64))
        return self.encode_columns(columns, len(values))

    def as_assumed(self, X: Floats) -> Floats:
        """Encoded inputs (n, d) with the assumed values in place of those they have."""
        if not self.assumed:
            return X
        out = X.copy()
        for part, start in zip(self.parts, self.starts, strict=True):
            if part.name in self.assumed and isinstance(part, Scaled):
                out[:, start] = part.scale(np.full(len(X), self.assumed[part.name]))
        return out

    def encode_columns(self, columns: Sequence[Floats | NDArray[np.integer]], n: int) -> Floats:
        """Encode by column: values (n,) of a numeric feature, codes (n,) of a text one (-1: unknown) to (n, d).

        A column of formulas may come as its encoded numbers (n, width) instead.

        The columns of what is assumed may be left out.

        Raises:
            DataError: when the result would not fit into memory.
        """
        if n * self.d > _MOST_CELLS:
            found = f"{n} candidates x {self.d} encoded columns do not fit into memory"
            fail(DataError, "features", found, "Describe text features of many choices by numeric columns.")
        missing = [np.full(n, self.assumed[part.name]) for part in self.parts[len(columns) :]]
        columns = [*columns, *missing]
        out = np.zeros((n, self.d))
        for part, start, column in zip(self.parts, self.starts, columns, strict=True):
            if isinstance(part, Scaled):
                out[:, start] = part.scale(np.asarray(column, dtype=np.float64))
            elif column.ndim > 1:  # encoded already
                out[:, start : start + part.width] = column
            else:
                known = np.flatnonzero(column >= 0)
                out[known, start : start + part.width] = part.marks(column[known].astype(np.intp))
        return out
