"""Whether values keep a constraint: one row of them, or the columns of a pool."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.constraint import AtMostNonzero, Constraint, Sum
from matloop.domain.expression import Bools, Columns, Condition, Kinds, bind
from matloop.errors import Faults, SpaceError, nearest

_ROUNDING = 1e-9  # of a total (or 1): what rounding adds to the sum of a pool's row (CONTRACT, Identity)


def keeps(held: Constraint, values: Mapping[str, Value], kinds: Kinds, slack: float) -> bool:
    """Whether one row of values keeps a constraint; sums within `slack` of their total (or 1)."""
    if isinstance(held, Sum):
        total = math.fsum(float(values[name]) for name in held.names)
        return math.isclose(total, held.equals, rel_tol=slack, abs_tol=slack + held.tolerance)
    if isinstance(held, AtMostNonzero):
        return sum(float(values[name]) != 0 for name in held.names) <= held.k
    return Condition(held.text, held.tree, kinds).holds_for(values)


def check_names(faults: Faults, held: Constraint, kinds: Kinds) -> None:
    """Note why a constraint says nothing about columns of these kinds."""
    if not isinstance(held, Sum | AtMostNonzero):
        bind(held.text, held.tree, kinds, "feature", faults)
        return
    for name in held.names:
        if name not in kinds:
            faults.add(str(held), f"unknown feature {name!r}", nearest(name, kinds))
        elif kinds[name] is not None:
            faults.add(str(held), f"{name!r} is no number", "Name features that are numbers.")


def keeping(held: Constraint, columns: Columns, kinds: Kinds, n: int) -> Bools:
    """(n,) which rows keep a constraint.

    Raises:
        SpaceError: when the constraint does not fit the columns.
    """
    faults = Faults()
    check_names(faults, held, kinds)
    faults.raise_if_any(SpaceError)
    if isinstance(held, Sum):
        total = np.sum([columns[name] for name in held.names], axis=0)
        slack = held.tolerance + _ROUNDING * max(1.0, abs(held.equals))
        return np.asarray(np.abs(total - held.equals) <= slack)
    if isinstance(held, AtMostNonzero):
        return np.asarray(np.sum([columns[name] != 0 for name in held.names], axis=0) <= held.k)
    return Condition(held.text, held.tree, kinds).holds(columns, n)
