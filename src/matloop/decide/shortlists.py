"""Three ways to choose k of n, side by side: greedy, low-risk and diverse, each with what it promises and risks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.decide.portfolio import MOST, SHARE, portfolio
from matloop.decide.select import WIDTH, Hits, Outlook, Rows, best, check_count, greedy, low_risk, promised_hits
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail

FIELD = 700
"""Candidates among which the diverse choice is made: those with the best means. More cost the cube of their number."""
COLUMNS = ("shortlist", "value", "risk", "model_std", "correlation", "hits", "hits_low", "hits_high", "gap", "outside")
"""What a row of the table holds, see `Shortlist`."""


@dataclass(frozen=True, slots=True)
class Shortlist:
    """A choice of k candidates, and what is predicted of it; figures in the objective's unit.

    name: greedy, low-risk or diverse. rows: (k,) chosen, best first. value: mean of the predicted means. risk: std of
    the mean truth. model_std: root mean square of the candidates' own std. correlation: mean between the errors of
    two of them, 0 for one alone. hits: how many reach the threshold, None without one. gap: at most this far from the
    best value possible at that risk, as a share; None where nothing bounds it. outside: how many of them nothing is
    promised of; they are no part of `hits`.
    """

    name: str
    rows: Rows
    value: float
    risk: float
    model_std: float
    correlation: float
    hits: Hits | None
    gap: float | None
    outside: int = 0

    def cells(self) -> tuple[Any, ...]:
        """A row of the table, one cell for each of `COLUMNS`."""
        hits = (None, None, None) if self.hits is None else (self.hits.expected, self.hits.low, self.hits.high)
        return (self.name, self.value, self.risk, self.model_std, self.correlation, *hits, self.gap, self.outside)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shortlists shall be.

    k: how many candidates. threshold: that counts as a hit, in the objective's unit. width: std below the mean of the
    low-risk choice's bound. share: of the way from least to greedy risk that the diverse choice may go. field:
    candidates among which it chooses.
    """

    k: int
    threshold: float | None = None
    width: float = WIDTH
    share: float = SHARE
    field: int = FIELD


def shortlists(
    outlook: Outlook, covariance: Callable[[Rows], Floats], wanted: Wanted, promised: NDArray[np.bool_] | None = None
) -> tuple[Shortlist, ...]:
    """Choose in three ways.

    Args:
        outlook: of n candidates.
        covariance: of the truths of some rows (q,): (q, q). A surrogate's `joint` gives it.
        wanted: how many, and how.
        promised: (n,) of which candidates hits are counted, such as those whose distance to what was learned is at most
            `matloop.validate.domain.FAR`; None for all.

    Raises:
        InputError: when fewer candidates are there than asked for, or the field is too small or too large.
    """
    check_count(len(outlook), wanted.k)
    if not wanted.k <= wanted.field <= MOST:
        cure = f"Give a whole number from {wanted.k} to {MOST}."
        fail(InputError, "shortlists, field", f"is {wanted.field!r}", cure)
    field = best(outlook.worth, min(wanted.field, len(outlook)))
    among = Outlook(outlook.mean[field], outlook.std[field], outlook.sign)
    found = portfolio(among, covariance(field), wanted.k, share=wanted.share)
    chosen = {
        "greedy": (greedy(outlook, wanted.k), None),
        "low-risk": (low_risk(outlook, wanted.k, wanted.width), None),
        "diverse": (field[found.rows], found.gap),
    }
    counted = np.ones(len(outlook), dtype=np.bool_) if promised is None else promised
    return tuple(
        _judged(name, (outlook, counted), rows, covariance(rows), (wanted.threshold, gap))
        for name, (rows, gap) in chosen.items()
    )


def _judged(
    name: str,
    of: tuple[Outlook, NDArray[np.bool_]],
    rows: Rows,
    covariance: Floats,
    more: tuple[float | None, float | None],
) -> Shortlist:
    (outlook, promised), (threshold, gap) = of, more
    k = len(rows)
    std = np.sqrt(np.maximum(np.diag(covariance), np.finfo(np.float64).tiny))
    apart = covariance / np.outer(std, std)
    correlation = float((apart.sum() - k) / (k * (k - 1))) if k > 1 else 0.0
    own = Outlook(outlook.mean[rows], outlook.std[rows], outlook.sign)
    sure = np.flatnonzero(promised[rows])
    hits = None if threshold is None else promised_hits(own, sure, threshold, covariance=covariance)
    return Shortlist(
        name,
        rows,
        float(outlook.mean[rows].mean()),
        float(np.sqrt(max(0.0, covariance.sum()))) / k,
        float(np.sqrt(np.mean(outlook.std[rows] ** 2))),
        correlation,
        hits,
        gap,
        k - len(sure),
    )
