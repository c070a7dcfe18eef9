"""The column of formulas: cells that are none, and one composition written in several ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matloop.care.columns import Data, Rows
from matloop.care.finding import Finding
from matloop.care.roles import Roles
from matloop.chem import Compositions, compositions
from matloop.decide.words import count
from matloop.domain.columns import Words, group, row_hash

_SHOWN = 3  # spellings, or reasons, that one finding names
_DIGITS = 6  # of an atomic fraction in which two compositions must agree to be one
_ODD = 0.5  # share of formulas beyond which the column holds none: it was guessed wrongly


@dataclass(frozen=True, eq=False)
class Formulas:
    """The formulas of a table.

    words: (n,) what stands in the cells. read: compositions of the levels that can be read.
    level: (n,) place in `read` of each row, -1 where its cell is empty or no formula.
    """

    words: Words
    read: Compositions
    level: NDArray[np.intp]

    @classmethod
    def of(cls, data: Data, name: str) -> Formulas | None:
        """Those of a column; None where it is a column of numbers."""
        words = data.columns[name].words
        if words is None:
            return None
        read = compositions(list(words.levels), faults="collect")
        place = np.full(len(words.levels), -1, dtype=np.intp)
        place[read.rows] = np.arange(len(read.rows))
        return cls(words, read, place[words.codes])

    @cached_property
    def composition(self) -> NDArray[np.int64]:
        """(n,) number of the composition of each row: equal where the atomic fractions are, -1 where there are none."""
        shares = np.round(self.read.shares, _DIGITS)
        mixed = row_hash([self.read.places.astype(np.uint64) + np.uint64(1), shares.view(np.uint64)])
        starts = self.read.starts[:-1]
        sums = np.add.reduceat(mixed, starts) if len(starts) else mixed  # places ascend, so a sum tells sets apart
        _, number = np.unique(sums, return_inverse=True)
        return np.where(self.level < 0, -1, np.append(number, -1)[self.level]).astype(np.int64)

    def fractions(self, rows: Rows) -> NDArray[np.float32]:
        """(k, m) atomic fractions of rows, of the m elements that occur at all; -1 where there is no formula."""
        used = np.unique(self.read.places)
        known = self.read.fractions[:, used].astype(np.float32)
        unknown = np.full((1, len(used)), -1.0, dtype=np.float32)
        return np.vstack([known, unknown])[self.level[rows]]  # the level of no formula, -1, is the last row


def look(data: Data, roles: Roles, formulas: Formulas | None) -> tuple[list[Finding], str]:
    """Findings, and why it was not looked at ("" where it was)."""
    if roles.formula is None:
        return [], "no column of formulas (name it with --formula)"
    if formulas is None:
        cure = "Name the column of formulas with --formula."
        found = f"{roles.formula!r} holds numbers, no formulas"
        return [Finding("formula", "error", found, cure, (roles.formula,))], ""
    return [
        *_wrong(data, roles, formulas),
        *_not_a_number(data, roles.formula, formulas),
        *_spellings(data, roles.formula, formulas),
    ], ""


def _wrong(data: Data, roles: Roles, formulas: Formulas) -> Iterator[Finding]:
    name = str(roles.formula)
    empty = np.array([not level for level in formulas.words.levels])[formulas.words.codes]
    rows = np.flatnonzero((formulas.level < 0) & ~empty)
    if not len(rows):
        return
    distinct = len(formulas.words.levels) - int(empty.any())
    wrong = len(np.unique(formulas.words.codes[rows]))
    why = [f"{fault.place.partition(', ')[2]}: {fault.found}" for fault in formulas.read.faults if fault.found]
    if "formula" in roles.guessed and wrong > _ODD * distinct:
        found = f"{name!r} was guessed to hold formulas, but {wrong:,} of {distinct:,} different cells are none"
        yield Finding("formula", "note", found, "Name the column of formulas with --formula.", (name,))
        return
    first = [said for said in why if "is a missing value" not in said][:_SHOWN]
    found = f"{name!r} is no formula in {count(len(rows), 'row')}: {'; '.join(first)}"
    cure = formulas.read.faults[0].cure if wrong == 1 else "Correct them; `matloop inspect --json` lists every line."
    yield Finding("formula", "error", found, cure, (name,), data.at(rows), {"different": wrong})


def _not_a_number(data: Data, name: str, formulas: Formulas) -> Iterator[Finding]:
    """NaN is sodium and nitrogen, and most table readers make it a missing value."""
    levels = [place for place, level in enumerate(formulas.words.levels) if level in ("NaN", "NAN", "nan")]
    rows = np.flatnonzero(np.isin(formulas.words.codes, levels)) if levels else np.zeros(0, dtype=np.intp)
    if len(rows):
        found = f"{name!r} is NaN in {count(len(rows), 'row')}, which is sodium and nitrogen"
        cure = "Nothing here; with pandas read it with keep_default_na=False, na_values=['']."
        yield Finding("nan formula", "note", found, cure, (name,), data.at(rows))


def _spellings(data: Data, name: str, formulas: Formulas) -> Iterator[Finding]:
    """One composition that is written in several ways: a split by text would put it on both sides."""
    known = np.flatnonzero(formulas.level >= 0)
    if not len(known):
        return
    codes, number = formulas.words.codes[known], formulas.composition[known]
    first, _ = group([codes.astype(np.uint64), number.astype(np.uint64)])
    ways = np.bincount(number[first], minlength=int(number.max()) + 1)
    several = np.flatnonzero(ways > 1)
    if not len(several):
        return
    chosen = np.isin(number, several)
    spelt: dict[int, list[str]] = {}
    for at in first[np.isin(number[first], several)]:
        spelt.setdefault(int(number[at]), []).append(formulas.words.levels[int(codes[at])])
    said = "; ".join(" = ".join(texts[:4]) for texts in list(spelt.values())[:_SHOWN])
    found = f"{count(len(several), 'composition')} written in several ways: {said}"
    cure = "Split by composition and not by the text, or write each in one way."
    figures = {"compositions": len(several)}
    yield Finding("spelling", "note", found, cure, (name,), data.at(known[chosen]), figures)
