"""Everything that can be wrong before a model is fitted, found in one go: a fit may take minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matloop.domain.prediction import Floats
from matloop.errors import DataError, Faults, MatloopError
from matloop.screen.features import Composed
from matloop.screen.handover import BESIDE
from matloop.screen.placed import Said
from matloop.screen.run import Looked, Way, look, refuse_namesakes
from matloop.screen.source import File
from matloop.screen.task import columns_of_result
from matloop.screen.temperature import refuse_impossible
from matloop.screen.training import Columns, Training


@dataclass(frozen=True, slots=True)
class Opening:
    """How a file of candidates is opened; as of `File.open`."""

    path: Path
    formula: str
    carry: tuple[str, ...] | None
    header_row: int


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Both tables of a screen, as far as settings say which they are; None for what they do not say.

    training: the file to learn from, and its columns. describe: how rows become features. conditions: (k, c) values of
    the process columns. candidates: how they are opened. said: how faults call the options that say it.
    """

    training: tuple[Path, Columns] | None
    describe: Composed
    conditions: Floats | None
    candidates: Opening | None
    said: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """Both tables, read and found sound."""

    training: Training
    source: File
    looked: Looked


def look_ahead(tables: Tables, way: Way) -> Ahead:
    """Read the training table and look through the candidates.

    Raises:
        DataError: with every fault of both, of what is to be predicted, and of what would be written.
    """
    faults = Faults()
    found = look_for_faults(tables, way, faults)
    faults.raise_if_any(DataError)
    if found is None:
        raise AssertionError("a table that is not read has a fault")
    return found


def look_for_faults(tables: Tables, way: Way, faults: Faults) -> Ahead | None:
    """Note every fault of the tables; None where a table could not be read."""
    training, source, looked = None, None, None
    if tables.training is not None:
        try:
            if tables.conditions is not None:
                refuse_impossible(*tables.training, tables.conditions, tables.said.get(("predict", "at"), "at"))
        except MatloopError as error:
            faults.absorb(error)
        try:
            training = Training.read(*tables.training, tables.describe)
        except MatloopError as error:
            _absorb_new(error, faults)
    if tables.candidates is not None:
        opening = tables.candidates
        try:
            source = File.open(opening.path, opening.formula, opening.carry, opening.header_row)
            looked = look(source, tables.describe.unknown, way)
        except MatloopError as error:
            faults.absorb(error)
    if source is not None and tables.training is not None and (looked is not None or _holds_a_row(source)):
        _namesakes(source.carried, tables.training[1], faults)
    if training is None or source is None or looked is None:
        return None
    return Ahead(training, source, looked)


def _absorb_new(error: MatloopError, faults: Faults) -> None:
    """Note what has not been noted: a column that is missing is missed twice."""
    there = set(faults.found)
    faults.found += [fault for fault in error.faults if fault not in there]


def _holds_a_row(source: File) -> bool:
    return next(source.chunks(1), None) is not None


def _namesakes(carried: Sequence[str], columns: Columns, faults: Faults) -> None:
    """Note columns of both tables that bear the name of one that the result or the shortlist writes."""
    written = ("formula", *columns_of_result(columns.process, columns.target, known=True))
    always = columns_of_result((), columns.target, known=True)
    beside = tuple(name for name in BESIDE if name not in always)
    for table, own in (("result", written), ("shortlist", beside)):
        try:
            refuse_namesakes((*(name for name in carried if name in own), *dict.fromkeys(own)), table)
        except MatloopError as error:
            faults.absorb(error)
    own = (*written, *beside)
    for name in dict.fromkeys((columns.target, *columns.process)):
        if own.count(name) > 1:
            cure = "Rename it in the training table."
            faults.add(f"column {name!r}", "the training table has it, and the screen writes one of its own", cure)
