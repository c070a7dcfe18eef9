"""A feature of formulas: its values are texts, the model sees the numbers that describe their compositions.

What reads and describes a formula is chemistry and lies above; here stands what is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from matloop.domain.canonical import Value
from matloop.domain.columns import Rows, Words
from matloop.domain.constraint import Without
from matloop.domain.encoder import Composite
from matloop.domain.prediction import Floats
from matloop.domain.table import LISTED_FAULTS, listed
from matloop.errors import DataError, Fault, Faults, fail


@runtime_checkable
class FormulaReader(Protocol):
    """Describes formulas by numbers."""

    @property
    def column(self) -> str:
        """The name of the feature."""

    @property
    def by(self) -> str:
        """What they are described by, for the data hash; equal words give equal numbers."""

    @property
    def names(self) -> tuple[str, ...]:
        """(d,) names of the numbers."""

    @property
    def rules(self) -> tuple[Without, ...]:
        """What formulas must keep; those that break a rule may lack numbers."""

    def read(self, texts: Sequence[str]) -> tuple[Floats, Mapping[int, tuple[str, str]]]:
        """The numbers (n, d) of n formulas; number of a faulty one -> (found, cure). NaN where one breaks a rule."""


Named = str | FormulaReader
"""A feature as it is asked for: a column of numbers or words, or one of formulas."""


def split(features: Sequence[Named]) -> tuple[Sequence[str], dict[str, FormulaReader]]:
    """The names of the features, and name -> reader of those that are formulas; what is neither is judged elsewhere."""
    if isinstance(features, str):
        return features, {}
    readers: dict[str, FormulaReader] = {one.column: one for one in features if isinstance(one, FormulaReader)}
    return [one.column if isinstance(one, FormulaReader) else one for one in features], readers


@dataclass(frozen=True, eq=False)
class Formulas(Words):
    """A column of formulas: (n,) codes into levels, and the numbers (levels, d) of each.

    reader: what describes them.
    """

    points: Floats
    reader: FormulaReader

    def picked(self, rows: Rows) -> Formulas:
        """Any of the rows, in ascending order; the levels are numbered anew."""
        left = Words.picked(self, rows)
        return Formulas(
            left.codes, left.levels, self.points[[self._codes_of[level] for level in left.levels]], self.reader
        )

    def take(self, rows: Rows) -> Formulas:
        """Some of the rows, in ascending order and with the first of each level."""
        left = Words.take(self, rows)
        return Formulas(left.codes, left.levels, self.points[: len(left.levels)], self.reader)

    def parse(self, name: str, value: object) -> Value:
        """The formula that a cell or an argument states.

        Raises:
            DataError: when it is no formula that can be described.
        """
        text = str(Words.parse(self, name, value))
        if text not in self._codes_of:
            _described(self.reader, [text], lambda _: f"feature {name!r}")
        return text

    def part(self, name: str) -> Composite:
        """How it is encoded: by the numbers that describe it, each from its least to its largest."""
        low = self.points.min(axis=0)
        span = np.ptp(self.points, axis=0)
        told = span > 0
        return Composite(
            name, self.levels, self.reader.names, low, np.where(told, span, 1.0), self.points, self._numbers
        )

    def _numbers(self, texts: Sequence[str]) -> Floats:
        return _described(self.reader, texts, lambda row: f"formula {texts[row]!r}")

    def update(self, hasher: Any) -> None:
        """Add kind, levels, codes and what describes them to a running digest."""
        hasher.update(b"formulas" + self.reader.by.encode())
        Words.update(self, hasher)


def formulas(
    faults: Faults, texts: Sequence[str] | NDArray[Any], reader: FormulaReader, place: Callable[[int], str]
) -> Formulas | None:
    """A column of formulas; None with the reasons noted.

    Args:
        faults: where they are noted.
        texts: (n,) cells.
        reader: what describes them.
        place: row -> where its cell stands.
    """
    words = Words.of(texts)
    points, odd = reader.read(words.levels)
    if odd:
        rows = np.flatnonzero(np.isin(words.codes, list(odd)))
        first = [Fault(place(row), *odd[int(words.codes[row])]) for row in rows[:LISTED_FAULTS].tolist()]
        listed(faults, first, len(rows))
        return None
    return Formulas(words.codes, words.levels, points, reader)


def _described(reader: FormulaReader, texts: Sequence[str], place: Callable[[int], str]) -> Floats:
    """The numbers of formulas that no table holds.

    Raises:
        DataError: for those that cannot be described.
    """
    points, odd = reader.read(texts)
    if odd:
        raise DataError(*(Fault(place(row), *said) for row, said in odd.items()))
    lost = np.flatnonzero(np.isnan(points).any(axis=1))
    if len(lost):
        found = f"no figures describe {texts[int(lost[0])]!r}"
        fail(DataError, place(int(lost[0])), found, "Leave it out: a model cannot learn from it.")
    return points
