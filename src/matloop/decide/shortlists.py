"""Three ways to choose k of n, side by side: greedy, low-risk and diverse, each with what it promises and risks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.decide.portfolio import MOST, SHARE, portfolio
from matloop.decide.select import WIDTH, Hits, Outlook, Rows, best, check_count, expected_hits, greedy, low_risk
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail

FIELD = 700
"""Candidates among which the diverse choice is made: those with the best means. More cost the cube of their number."""
COLUMNS = ("shortlist", "value", "risk", "model_std", "correlation", "hits", "hits_low", "hits_high", "gap")
"""What a row of the table holds, see `Shortlist`."""


@dataclass(frozen=True, slots=True)
class Shortlist:
    """A choice of k candidates, and what is predicted of it; figures in the objective's unit.

    name: greedy, low-risk or diverse. rows: (k,) chosen, best first. value: mean of the predicted means. risk: std of
    the mean truth. model_std: root mean square of the candidates' own std. correlation: mean between the errors of
    two of them, 0 for one alone. hits: how many reach the threshold, None without one. gap: at most this far from the
    best value possible at that risk, as a share; None where nothing bounds it.
    """

    name: str
    rows: Rows
    value: float
    risk: float
    model_std: float
    correlation: float
    hits: Hits | None
    gap: float | None

    def cells(self) -> tuple[Any, ...]:
        """A row of the table, one cell for each of `COLUMNS`."""
        hits = (None, None, None) if self.hits is None else (self.hits.expected, self.hits.low, self.hits.high)
        return (self.name, self.value, self.risk, self.model_std, self.correlation, *hits, self.gap)


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


def shortlists(outlook: Outlook, covariance: Callable[[Rows], Floats], wanted: Wanted) -> tuple[Shortlist, ...]:
    """Choose in three ways.

    Args:
        outlook: of n candidates.
        covariance: of the truths of some rows (q,): (q, q). A surrogate's `joint` gives it.
        wanted: how many, and how.

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
    return tuple(
        _judged(name, outlook, rows, covariance(rows), (wanted.threshold, gap)) for name, (rows, gap) in chosen.items()
    )


def _judged(
    name: str, outlook: Outlook, rows: Rows, covariance: Floats, more: tuple[float | None, float | None]
) -> Shortlist:
    threshold, gap = more
    k = len(rows)
    std = np.sqrt(np.maximum(np.diag(covariance), np.finfo(np.float64).tiny))
    apart = covariance / np.outer(std, std)
    correlation = float((apart.sum() - k) / (k * (k - 1))) if k > 1 else 0.0
    own = Outlook(outlook.mean[rows], outlook.std[rows], outlook.sign)
    hits = None if threshold is None else expected_hits(own, np.arange(k), threshold, covariance=covariance)
    return Shortlist(
        name,
        rows,
        float(outlook.mean[rows].mean()),
        float(np.sqrt(max(0.0, covariance.sum()))) / k,
        float(np.sqrt(np.mean(outlook.std[rows] ** 2))),
        correlation,
        hits,
        gap,
    )
