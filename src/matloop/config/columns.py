"""Which column of a table of readings is what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from matloop.config.strangers import look_at_unknown
from matloop.domain.encoder import Scaled
from matloop.domain.pool import Pool
from matloop.domain.prediction import Floats
from matloop.domain.problem import Problem
from matloop.domain.table import Header, Table, Texts
from matloop.domain.units import convert
from matloop.errors import DataError, Faults, InputError

COUNTS = ("experiment", "reading")
"""Columns of whole numbers from 1."""

_TEXTS = ("suggestion", "candidate", *COUNTS, "status", "note")
_FIGURES = ("mean", "model_std", "noise_std")
_IGNORED = (*_FIGURES, "reason", "cost")
_NO_VALUES: Floats = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of numbers with a unit.

    title: as written. given: the unit in the header. unit: the campaign's own; None without one.
    """

    title: str
    given: str | None
    unit: str | None


@dataclass(slots=True)
class Columns:
    """The columns of a table of readings.

    texts: name -> cells of suggestion, candidate, the pool's id column, experiment, reading, status, note.
    ids: those of `texts` that name a candidate.
    numbers: objective, or NAME_std of an objective or a numeric parameter -> where it stands.
    values: the same for features or parameters.
    """

    texts: dict[str, Texts] = field(default_factory=dict)
    ids: tuple[str, ...] = ("candidate",)
    numbers: dict[str, Measure] = field(default_factory=dict)
    values: dict[str, Measure] = field(default_factory=dict)


def columns_of(table: Table, problem: Problem, *, pass_over: bool = False) -> Columns:
    """Sort the columns of a table.

    Args:
        table: of readings.
        problem: what the columns may be about.
        pass_over: whether unknown columns are passed over instead of refused.

    Raises:
        DataError: for unknown columns, units that do not convert, or no column that says what came back, all at once.
    """
    faults = Faults()
    measured = {name: objective.unit for objective in problem.objectives for name in _columns_of(objective.name)}
    values = _units(problem)
    numeric = [part.name for part in problem.candidates.encoder.parts if isinstance(part, Scaled)]
    measured |= {f"{name}_std": values[name] for name in numeric if not {f"{name}_std"} & {*values, *measured}}
    columns = Columns(ids=_ids(problem))
    texts, ignored = tuple(dict.fromkeys((*_TEXTS, *columns.ids))), _ignored(problem)
    known = (*texts, *measured, *values, *ignored)
    strangers = []
    for header in table.headers:
        name = header.text if header.text in known else header.name
        if name in texts:
            columns.texts[name] = table.texts(header.text)
        elif name in measured:
            columns.numbers[name] = _measure(header, name, measured[name], table, faults)
        elif name in values:
            columns.values[name] = _measure(header, name, values[name], table, faults)
        elif name not in ignored and not pass_over:
            strangers.append(header)
    meant = look_at_unknown(faults, table, strangers, known, {**measured, **values})
    objectives = [objective.name for objective in problem.objectives]
    if not {*objectives} & {*columns.numbers, *meant} and "status" not in table.names:
        wanted = " or ".join(map(repr, objectives))
        faults.add(table.source, "no column says what was measured", f"Add a column {wanted}, or status.")
    faults.raise_if_any(DataError)
    return columns


def _ids(problem: Problem) -> tuple[str, ...]:
    """The columns that name a candidate."""
    own = problem.candidates.id_name if isinstance(problem.candidates, Pool) else None
    return ("candidate",) if own in (None, "candidate") else ("candidate", own)


def _ignored(problem: Problem) -> tuple[str, ...]:
    """What `suggest` wrote and `tell` does not need."""
    return (*_IGNORED, *(f"{one.name}_{figure}" for one in problem.objectives for figure in _FIGURES))


def _columns_of(objective: str) -> tuple[str, str]:
    return objective, f"{objective}_std"


def _units(problem: Problem) -> Mapping[str, str | None]:
    """Feature or parameter, measured ones too -> its unit, None without one."""
    candidates = problem.candidates
    if isinstance(candidates, Pool):
        own = dict(zip(candidates.names, candidates.units, strict=True))
    else:
        own = {parameter.name: getattr(parameter, "unit", None) for parameter in candidates.parameters}
    return {**own, **{one.name: one.unit for one in candidates.context}}


def _measure(header: Header, name: str, unit: str | None, table: Table, faults: Faults) -> Measure:
    """A column of numbers, its header's unit looked at."""
    given = header.unit if header.text != name else None
    place = f"{table.source}, column {header.text!r}"
    if given is not None and unit is None:
        cure = f"Give {name!r} a unit where it is declared, or take [{given}] out of the header."
        faults.add(place, f"{name!r} has no unit that [{given}] could be converted to", cure)
    elif given is not None and unit is not None:
        try:
            convert(_NO_VALUES, given, unit, place)
        except InputError as error:
            faults.absorb(error)
    return Measure(header.text, given, unit)
