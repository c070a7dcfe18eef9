"""Candidates of a pool that have another id and the same features: the model cannot tell them apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from matloop.domain.pool import Pool
from matloop.domain.problem import Problem

_SHOWN = 5  # pairs that are named; the rest is counted


def twin_ids(problem: Problem) -> dict[str, Any] | None:
    """Candidates whose features are those of an earlier one of another id; None without any.

    Returns:
        Their number (`candidates`), and of the first ones `id` and `same_as`, the id of the earlier one.
    """
    pool = problem.candidates
    if not isinstance(pool, Pool) or pool.id_name is None:
        return None
    table = pool.table
    codes = np.zeros(len(pool), dtype=np.int64)
    for name in pool.names:
        _, own = np.unique(table[name], return_inverse=True)
        pair = np.stack([codes, own.reshape(-1)], axis=1)
        _, codes = np.unique(pair, axis=0, return_inverse=True)
        codes = codes.reshape(-1)
    _, first = np.unique(codes, return_index=True)
    later = np.setdiff1d(np.arange(len(pool)), first)
    if not len(later):
        return None
    named = [{"id": pool.id(row), "same_as": pool.id(int(first[codes[row]]))} for row in later[:_SHOWN].tolist()]
    return {"candidates": len(later), "first": named}


def twin_words(twins: dict[str, Any]) -> str:
    """The same for the eye."""
    named = ", ".join(f"{one['id']} as {one['same_as']}" for one in twins["first"])
    count, left = twins["candidates"], twins["candidates"] - len(twins["first"])
    more = f", and {left:,} more" if left else ""
    counted = "1 candidate has" if count == 1 else f"{count:,} candidates have"
    return f"{counted} the features of an earlier one, which the model cannot tell from it: {named}{more}"
