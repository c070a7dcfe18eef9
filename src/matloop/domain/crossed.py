"""Pool x space: which of many candidates, and how to make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.categorical import Categorical
from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum, Without
from matloop.domain.context import Context
from matloop.domain.descriptors import Descriptors
from matloop.domain.encoder import Composite
from matloop.domain.expression import names_in
from matloop.domain.parameter import Parameter
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.errors import InputError, SpaceError, fail

MOST = 20_000
"""Rows of a pool that may be crossed with a space. The ledger holds them, and every find looks among them."""


def crossed(pool: Pool, parameters: Sequence[Parameter | Context], constraints: Sequence[Constraint] = ()) -> Space:
    """The space of every row of a pool at every setting of the parameters.

    The pool becomes one parameter, named like its id column: its choices are the ids, and the pool's features describe
    them, each with a length scale of its own, as in a campaign on the pool alone.

    Args:
        pool: with an id column and two or more rows, no two of them alike in every feature.
        parameters: of the process.
        constraints: those that name features alone filter the pool, the others hold between parameters.

    Raises:
        SpaceError: when the pool cannot be a parameter, or a constraint mixes features and parameters.
        InputError: for what is no pool.
    """
    if not isinstance(pool, Pool):
        fail(InputError, "crossed", f"a {type(pool).__name__} was given", "Give a Pool, then the parameters.")
    own = {one.name for one in parameters}
    if pool.id_name is not None and (twice := sorted(own & {*pool.names, pool.id_name})):
        found = f"{', '.join(map(repr, twice))} names a column of the pool as well"
        fail(SpaceError, "pool x space", found, "Rename the parameter, or take the column out.")
    filters = [one for one in constraints if names_of(one) <= set(pool.names)]
    between = [one for one in constraints if one not in filters]
    for one in between:
        if mixed := sorted(names_of(one) & set(pool.names)):
            found = f"it names the pool's {', '.join(map(repr, mixed))} together with what is no feature"
            fail(SpaceError, str(one), found, "Name features alone, which filters the pool, or parameters alone.")
    pool = pool.where(filters) if filters else pool
    return Space([choice_of(pool), *parameters], between)  # type: ignore[list-item]  # it sorts out the context


def choice_of(pool: Pool) -> Categorical:
    """A pool as one parameter.

    Raises:
        SpaceError: when it has no id column, is larger than MOST, or two rows are alike.
    """
    if pool.id_name is None:
        cure = 'Name the column that names the rows: id = "compound".'
        fail(SpaceError, "pool x space", "the pool has no id column", cure)
    if len(pool) > MOST:
        found = f"the pool has {len(pool)} rows, and at most {MOST} can be crossed with parameters"
        fail(SpaceError, "pool x space", found, "Narrow the pool down by constraints first.")
    table, names, columns = pool.table, list[str](), []
    composed = {part.name: part for part in pool.encoder.parts if isinstance(part, Composite)}
    for name, choices in pool.kinds.items():
        if name in composed:
            part = composed[name]
            place = {level: i for i, level in enumerate(part.levels)}
            names += part.columns
            columns += list(part.points[[place[text] for text in table[name].tolist()]].T)
        elif choices is None:
            names.append(name)
            columns.append(table[name].astype(np.float64))
        else:
            names += [f"{name} = {choice}" for choice in choices]
            columns += [(table[name] == choice).astype(np.float64) for choice in choices]
    rows = tuple(map(tuple, np.column_stack(columns).tolist()))
    ids = tuple(pool.id(row) for row in range(len(pool)))
    return Categorical(pool.id_name, ids, Descriptors(tuple(names), rows, apart=True))


def spoken(candidates: Pool | Space, candidate: str, values: Mapping[str, Value]) -> str:
    """A candidate as a person knows it: of a crossed campaign, whose ids are digests, with row and settings."""
    if not isinstance(candidates, Space):
        return candidate
    first = candidates.parameters[0]
    if not (isinstance(first, Categorical) and first.descriptors is not None and first.descriptors.apart):
        return candidate
    said = [f"{name} {values[name]}" for name in candidates.names if name in values]
    return f"{candidate} ({', '.join(said)})"


def names_of(constraint: Constraint) -> set[str]:
    """The names that a constraint speaks of."""
    if isinstance(constraint, Expression):
        return {name.name for name in names_in(constraint.tree)}
    if isinstance(constraint, Sum | AtMostNonzero):
        return set(constraint.names)
    if isinstance(constraint, Without):
        return {constraint.name}
    raise TypeError(constraint)
