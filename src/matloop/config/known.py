"""The outcomes that a backtest replays: those of the table lab, else the objective column of the pool's own file."""

from __future__ import annotations

from pathlib import Path

from matloop.config import Plan
from matloop.config.readings import read_outcomes
from matloop.domain.keeping import ROUNDING, keeps
from matloop.domain.objective import plain
from matloop.domain.outcome import Measured
from matloop.domain.parquet import headers_of
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.table import match
from matloop.errors import DataError, Faults, InputError, fail

_TABLE = "table"


def known_readings(plan: Plan) -> tuple[Pool, list[list[float]]]:
    """Every known reading of the one objective, by candidate of the pool.

    Returns:
        The pool of n candidates, and n lists in row order; empty where nothing is known.

    Raises:
        InputError: for a space, or when no outcomes are known.
        DataError: with every fault of the table that holds them.
    """
    pool = plan.problem.candidates
    if not plain(plan.problem.objectives):
        found = "a backtest compares by one quantity that is maximised or minimised"
        cure = "Keep one [[objective]] with such a goal in a copy of the file; several goals are compared in Python."
        fail(InputError, str(plan.path), found, cure)
    if not isinstance(pool, Pool):
        cure = "Give a [pool]; a space has no table of outcomes."
        fail(InputError, str(plan.path), "a backtest needs a pool with known outcomes", cure)
    file = plan.lab.options.get("file") if plan.lab.kind == _TABLE else None
    path = plan.path.parent / str(file) if file else Path(pool.source)
    name = plan.problem.objectives[0].name
    if match(headers_of(path), name) is None:
        cure = f'Add a column {name!r}, or [lab] kind = "table" with file = a table of known outcomes.'
        fail(DataError, str(path), f"it has no column {name!r}, so nothing is known", cure)
    return pool, _by_candidate(path, plan.problem, pool)


def _fell(pool: Pool, said: Measured) -> bool:
    """Whether a row is about a candidate that the pool's constraints take out."""
    if said.candidate is not None:
        return bool(pool.fallen_to(said.candidate))
    values = pool.resolve(said.values or {}).values
    return not all(keeps(held, values, pool.kinds, ROUNDING) for held in pool.constraints)


def _by_candidate(path: Path, problem: Problem, pool: Pool) -> list[list[float]]:
    readings: list[list[float]] = [[] for _ in range(len(pool))]
    faults = Faults()
    table = read_outcomes(path, problem, pass_over=True)
    for said, line in zip(table.outcomes, table.lines, strict=True):
        if not isinstance(said, Measured):
            continue
        id_ = said.candidate if said.candidate is not None else pool.resolve(said.values or {}).id
        row = pool.index(id_)
        if row is None and _fell(pool, said):
            continue
        if row is None:
            faults.add(f"{path}, line {line}", f"{said.subject!r} is no candidate of the pool", "Take the row out.")
        else:
            readings[row].append(said.outcome[problem.objectives[0].name])
    faults.raise_if_any(DataError)
    return readings
