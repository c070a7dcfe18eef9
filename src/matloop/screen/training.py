"""What a screening model learns from, how it is fitted, and how it is validated by whole groups."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn

from matloop import plugins
from matloop.care.absolute import impossible
from matloop.chem import compositions
from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.errors import DataError, Fault, Faults, fail, nearest
from matloop.screen import Said
from matloop.screen.features import Composed
from matloop.screen.measured import composition_keys
from matloop.screen.source import columns_of, place_of, rows_of
from matloop.surrogate import Surrogate
from matloop.validate.groups import by_family, by_formula, by_system, by_values
from matloop.validate.judge import Judged, judge, stacking
from matloop.validate.model import GroupedModel, Lessons, fit_grouped
from matloop.validate.screen_model import DEFAULT
from matloop.validate.splits import FOLDS, grouped

Report = Callable[[int, int | None, str], None]
_NAMED = 20  # bad rows that an error names
_FEWEST = 10
"""Groups from which a model is fitted and judged: two a fold."""
_EMPTY = ("the cell is empty", "Fill it in, or leave the row out.")
_PROBES = 64  # learned rows whose predictions stand for a model in its fingerprint


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a training table are what.

    formula, target: their names. process: numbers that say how each was made or measured. group: what is kept whole
    wherever rows are left out: a column, else `family` or `host-family` (the same host elements), `system` (the same
    elements) or `formula`. header_row: line that names the columns.
    """

    formula: str
    target: str
    process: tuple[str, ...] = ()
    group: str = "family"
    header_row: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A training table as features.

    lessons: what is learned. formulas: (n,) of its rows. empty: rows without a reading, left out. grouped_by: in words.
    ungrouped: rows without a value in the column of groups.
    """

    columns: Columns
    describe: Composed
    lessons: Lessons
    formulas: tuple[str, ...]
    empty: int
    grouped_by: str
    ungrouped: int = 0

    @classmethod
    def read(cls, path: Path, columns: Columns, describe: Composed) -> Training:
        """Read a training table; rows without a reading are counted and left out.

        Raises:
            DataError: naming bad rows with place and cure, or too few groups.
        """
        faults = Faults()
        places, texts, readings, process, groups, empty = _cells(path, columns, faults)
        under = np.array(process, dtype=np.float64).reshape(len(texts), len(columns.process))
        _refuse_impossible(path, columns, (places, under), faults)
        if not texts:
            _raise(faults, str(path))  # rows of too few cells are no rows without a reading
            if not empty:
                fail(DataError, str(path), "it has a header, but no rows", "Give one row a reading.")
            fail(DataError, f"{path}, column {columns.target!r}", "no row holds a reading", "Fill some in.")
        read = compositions(texts, faults="collect")
        if not len(read):
            found = f"not one of {len(texts):,} cells is a formula, as {texts[0]!r}"
            cure = "Name the column of formulas: --formula, or formula = under [training]."
            fail(DataError, f"{path}, column {columns.formula!r}", found, cure)
        missing = np.setdiff1d(np.arange(len(texts)), read.rows)
        for row, fault in zip(missing.tolist(), read.faults, strict=True):
            what = fault.place.removeprefix(f"row {row}, ")
            faults.found.append(Fault(f"{places[row]}, {what}", fault.found, fault.cure))
        for row in np.flatnonzero(read.contains(describe.unknown) if describe.unknown else []).tolist():
            place = f"{places[read.rows[row]]}, formula {read.formulas[row]!r}"
            faults.add(place, "the features have no figure for one of its elements", 'Use missing = "mean".')
        _raise(faults, str(path))
        if len(set(readings)) < 2:
            all_ = "the only reading is" if len(readings) == 1 else f"all {len(readings):,} readings are"
            found = f"{all_} {readings[0]:g}"
            fail(DataError, f"{path}, column {columns.target!r}", found, "A model needs at least two different ones.")
        group = "formula" if columns.group == columns.formula else columns.group  # however it is written
        owners, by, ungrouped = _grouped(groups, group, read, path)
        if owners.max() + 1 < _FEWEST:
            found = f"{owners.max() + 1} groups by {by}, {_FEWEST} are needed"
            fail(DataError, str(path), found, "Give more rows, or group by something finer.")
        lessons = Lessons.of(describe(read, under), np.array(readings), owners, describe.blocks)
        return cls(columns, describe, lessons, tuple(texts), empty, by, ungrouped)

    @property
    def under(self) -> Floats:
        """(n, c) values of the process columns, which are the first features."""
        return self.lessons.X[:, : len(self.columns.process)]

    @property
    def repeats(self) -> int:
        """Rows whose composition and process values another row before them has too."""
        rows = list(zip(composition_keys(self.formulas), map(tuple, self.under.tolist()), strict=True))
        return len(rows) - len(set(rows))

    @property
    def written_otherwise(self) -> tuple[str, str] | None:
        """Two ways in which the formula of rows that repeat each other is written; None where all are written alike."""
        first: dict[Any, str] = {}
        rows = zip(composition_keys(self.formulas), map(tuple, self.under.tolist()), strict=True)
        for row, text in zip(rows, self.formulas, strict=True):
            if first.setdefault(row, text) != text:
                return first[row], text
        return None

    @property
    def digest(self) -> str:
        """Of all that is learned from."""
        parts = (self.lessons.X, self.lessons.y, self.lessons.groups)
        texts = "\n".join(self.formulas).encode()
        return hashlib.sha256(b"".join([*(np.ascontiguousarray(part).tobytes() for part in parts), texts])).hexdigest()


def _cells(
    path: Path, columns: Columns, faults: Faults
) -> tuple[list[str], list[str], list[float], Any, list[str], int]:
    names = columns_of(path, columns.header_row)
    own = columns.group in names and columns.group != columns.formula
    wanted = (columns.formula, columns.target, *columns.process, *([columns.group] if own else []))
    at = {name: place_of(names, name, path) for name in wanted}
    places, texts, readings, process, groups, empty = [], [], [], [], [], 0
    for place, cells in rows_of(path, columns.header_row, faults):
        if not cells[at[columns.target]]:
            empty += 1
            continue
        figures = []
        for name in (columns.target, *columns.process):
            number = as_number(cells[at[name]])
            if number is None:
                cell = cells[at[name]]
                wrong = (f"{cell!r} is no number", "Give a finite number.") if cell else _EMPTY
                faults.add(f"{place}, column {name!r}", *wrong)
            figures.append(np.nan if number is None else number)
        places.append(place)
        texts.append(cells[at[columns.formula]])
        readings.append(figures[0])
        process.append(figures[1:])
        groups += [cells[at[columns.group]]] if own else []
    return places, texts, readings, process, groups, empty


def _refuse_impossible(path: Path, columns: Columns, cells: tuple[list[str], Floats], faults: Faults) -> None:
    """Note temperatures among the process columns that nothing can have."""
    places, under = cells
    names = columns_of(path, columns.header_row)
    for j, name in enumerate(columns.process):
        at = [f"{place}, column {name!r}" for place in places]
        faults.found += impossible(names[place_of(names, name, path)], under[:, j], at)


def _grouped(groups: list[str], group: str, read: Any, path: Path) -> tuple[Any, str, int]:
    """(n,) groups by a column, else by a word; what they are; and how many rows have no value in the column."""
    if not groups:
        return *_worded(group, read, path), 0
    owners, without = by_values(groups, read)
    return owners, f"values of {group!r}", without


_WORDS = {
    "family": (by_family, "host families"),
    "host-family": (by_family, "host families"),
    "system": (by_system, "element systems"),
    "formula": (by_formula, "formulas"),
}


def _worded(group: str, read: Any, path: Path) -> tuple[Any, str]:
    """(n,) groups by a word, and what they are."""
    if group not in _WORDS:
        known = [*_WORDS, *(name for name in columns_of(path) if name)]
        fail(DataError, f"{path}, group {group!r}", "it is no column and no word", nearest(group, known))
    by, words = _WORDS[group]
    return by(read), words


def _raise(faults: Faults, place: str) -> None:
    if len(faults.found) > _NAMED:
        more = Fault(place, f"{len(faults.found) - _NAMED} more cells are wrong", "Put these right first.")
        faults.found[_NAMED:] = [more]
    faults.raise_if_any(DataError)


@dataclass(frozen=True, slots=True)
class Fitting:
    """How a model is fitted and judged.

    surrogates: each by name, or a table of its name and settings; several are stacked; none for the default of
    `matloop.validate`. folds: of whole groups, inside
    the fit and for the validation. seed: of everything that is drawn.
    """

    surrogates: tuple[str | Mapping[str, Any], ...] = ()
    folds: int = FOLDS
    seed: int = 0

    def made(self) -> list[Surrogate]:
        """The surrogates.

        Raises:
            PluginError: for an unknown name or setting.
        """
        if not self.surrogates:
            return list(DEFAULT)
        return [plugins.surrogate_of(dict(one) if isinstance(one, Mapping) else one) for one in self.surrogates]

    def settings(self) -> dict[str, Any]:
        """All that a fit depends on beside its rows, in JSON types."""
        versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
        described = [plugins.describe(one) for one in self.made()]
        return {
            "surrogates": described,
            "folds": self.folds,
            "seed": self.seed,
            "versions": {**versions, "scikit-learn": sklearn.__version__, "byteorder": sys.byteorder},
        }


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A screening model as the workers take it."""

    model: GroupedModel

    def say(self, X: Floats) -> Said:
        """Predict at features X (q, d)."""
        told = self.model.predict(X)
        mean, model, noise = (figure[:, 0] for figure in told.prediction.figures)
        return Said(mean, model, noise, told.distance)

    def covariance(self, X: Floats) -> Floats:
        """Covariance (q, q) of the truths at X (q, d)."""
        return self.model.joint(X)[1]

    def describe(self) -> Mapping[str, Any]:
        """How it was made."""
        return self.model.describe()


def fingerprint_before(training: Training, fitting: Fitting) -> dict[str, Any]:
    """What is known of a model before it is fitted, in JSON types."""
    return {"training": training.digest, **fitting.settings()}


def fit(training: Training, fitting: Fitting) -> tuple[Trained, dict[str, Any]]:
    """Fit a model, and say what it is: equal fingerprints predict alike.

    A model is not stored: what is read from a file could be anything, and a fit is a pure function of rows, settings
    and seed. A screen that goes on fits again; the bytes of some predictions tell whether it became the same model.

    Raises:
        ModelError: when it cannot be fitted.
    """
    model = Trained(
        fit_grouped(training.lessons, fitting.made(), np.random.default_rng(fitting.seed), folds=fitting.folds)
    )
    said = model.say(training.lessons.X[:_PROBES])
    probe = hashlib.sha256(
        b"".join(one.tobytes() for one in (said.mean, said.model_std, said.noise_std, said.distance))
    )
    return model, {**fingerprint_before(training, fitting), "probe": probe.hexdigest()}


@dataclass(frozen=True, slots=True, eq=False)
class Validated:
    """Rows of the training table as models say that have not seen their group.

    judged: them. grouped_by: in words. formulas: (n,) of them; where there are none, each row is a composition.
    """

    judged: Judged
    grouped_by: str = field(default="groups")
    formulas: tuple[str, ...] = ()


def validate(training: Training, fitting: Fitting, folder: Path, report: Report) -> Validated:
    """Leave whole groups out, fold by fold; what was found is kept in a folder under a key of all it depends on."""
    settings = fingerprint_before(training, fitting)
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    path = folder / "validation.npz"
    names = ("fold", "groups", "y", "mean", "std", "half", "distance", "stated")
    if path.is_file():
        with np.load(path, allow_pickle=False) as held:
            if str(held["key"]) == key:
                columns = {name: held[name] for name in names}
                return Validated(
                    Judged(how=str(held["how"]), random=False, **columns), training.grouped_by, training.formulas
                )
    rng = np.random.default_rng(fitting.seed)
    split = grouped(training.lessons.groups, rng, folds=fitting.folds, of=training.grouped_by)
    judged = judge(
        training.lessons, split, stacking(fitting.made(), folds=fitting.folds), seed=fitting.seed, report=report
    )
    folder.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(".validation.tmp.npz")
    np.savez(beside, key=key, how=judged.how, **{name: getattr(judged, name) for name in names})
    beside.replace(path)
    return Validated(judged, training.grouped_by, training.formulas)
