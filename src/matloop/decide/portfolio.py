"""Choose k of n candidates together: the highest value at a limited risk of all being wrong together.

With x in {0, 1}^n, sum x = k, predicted worth w and predictive covariance C of the truths:

    maximise w.x / k   subject to   sqrt(x' C x) / k <= limit,

the mean-variance problem (Markowitz 1952, Journal of Finance 7, 77) with a cardinality. The risk is the std of the mean
truth of the chosen. Errors of alike materials go together, so a choice of one family is risky even where each of its
members looks sure.

Up to `EXACT` candidates all choices are looked at. Above, a Lagrangian relaxation gives choices and a bound: for any
price p >= 0 of variance no choice within the limit is worth more than max_x [w.x - p (x'Cx - limit^2 k^2)] over
0 <= x <= 1, which accelerated projected gradients solve (Beck and Teboulle 2009, SIAM J. Imaging Sci. 2, 183) and the
gap of Frank and Wolfe certifies. As x_i^2 = x_i for whole choices, a diagonal part of C counts linearly there, which
tightens the bound. Rounded answers are then improved by swaps. Every answer says how far from that bound it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, islice
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from matloop.decide.relaxed import Relaxation, Split, relax
from matloop.decide.select import Outlook, Rows, best, check_count, check_covariance
from matloop.decide.swaps import Climber
from matloop.domain.prediction import Floats
from matloop.errors import InputError, SearchError, fail

EXACT = 25
"""Candidates up to which every choice is looked at: at most C(25, 12) = 5.2 million, some seconds."""
MOST = 5000
"""Candidates at most: the covariance of more would not fit beside the rest."""
SHARE = 0.5
"""Where nobody says a limit, it lies this far from the least possible risk to that of the greedy choice."""
_BLOCK = 1 << 17  # choices looked at together


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A choice of k candidates.

    rows: (k,) chosen, best mean first. value: mean of their predicted means. risk: std of their mean truth. limit: on
    the risk. bound: no choice within the limit has a better value. exact: whether all choices were looked at. All in
    the objective's unit.
    """

    rows: Rows
    value: float
    risk: float
    limit: float
    bound: float
    exact: bool

    @property
    def gap(self) -> float:
        """How far the value may be from the best possible, as a share of the bound; 0 if it is the best."""
        return abs(self.bound - self.value) / max(abs(self.bound), np.finfo(np.float64).tiny)

    def words(self) -> str:
        """`value 1.21, risk 0.080 of at most 0.081, within 0.3 % of the best possible`."""
        near = "the best possible" if self.exact else f"within {100 * self.gap:.2g} % of the best possible"
        return f"value {self.value:.4g}, risk {self.risk:.3g} of at most {self.limit:.3g}, {near}"


def portfolio(
    outlook: Outlook, covariance: Floats, k: int, *, limit: float | None = None, share: float = SHARE
) -> Portfolio:
    """Choose k candidates of the highest mean value at a limited risk.

    Args:
        outlook: of n candidates.
        covariance: (n, n) of their truths, positive semidefinite: `Joint.joint` of a surrogate gives it.
        k: how many.
        limit: on the risk, in the objective's unit; None to take it between the least risk and that of the greedy
            choice.
        share: how far along that way, from 0 (least risk) to 1 (greedy); only where there is no limit.

    Raises:
        InputError: when a figure makes no sense, or no choice is within the limit.
        SearchError: when a choice within the limit may exist, but none was found.
    """
    _check(outlook, covariance, k, limit, share)
    choose = _enumerated if len(outlook) <= EXACT else _searched
    found, kept = choose(outlook, covariance, k, (limit, share))
    rows = found.rows[np.argsort(-outlook.worth[found.rows], kind="stable")]
    risk = math.sqrt(Climber(outlook.worth, covariance).variance(rows)) / k
    return Portfolio(rows, float(outlook.mean[rows].mean()), risk, kept, outlook.sign * found.bound / k, found.exact)


def _check(outlook: Outlook, covariance: Floats, k: int, limit: float | None, share: float) -> None:
    check_count(len(outlook), k)
    check_covariance(covariance, len(outlook))
    if len(outlook) > MOST:
        found = f"{len(outlook):,} candidates, at most {MOST:,} can be weighed together"
        fail(InputError, "portfolio", found, "Keep the best by lower confidence bound, then choose among those.")
    if limit is not None and not (math.isfinite(limit) and limit > 0):
        fail(InputError, "portfolio, limit", f"is {limit!r}", "Give a std above 0, in the objective's unit.")
    if not 0 <= share <= 1:
        fail(InputError, "portfolio, share", f"is {share!r}", "Give a number from 0 (least risk) to 1 (greedy).")


@dataclass(frozen=True, slots=True, eq=False)
class Every:
    """All choices of k among few: rows (c, k), the sum of their worth (c,) and its variance (c,)."""

    rows: NDArray[np.uint8]
    worth: Floats
    variance: Floats

    @classmethod
    def of(cls, worth: Floats, covariance: Floats, k: int) -> Every:
        """Look at all of them."""
        count = math.comb(len(worth), k)
        rows = np.empty((count, k), dtype=np.uint8)  # five million choices in 60 MB
        summed, variance = np.empty((2, count))
        every = combinations(range(len(worth)), k)
        for start in range(0, count, _BLOCK):
            block = slice(start, min(start + _BLOCK, count))
            flat = chain.from_iterable(islice(every, block.stop - start))
            chosen = np.fromiter(flat, dtype=np.intp, count=(block.stop - start) * k).reshape(-1, k)
            x = np.zeros((block.stop - start, len(worth)))
            np.put_along_axis(x, chosen, 1.0, axis=1)
            rows[block] = chosen
            summed[block] = x @ worth
            variance[block] = np.sum((x @ covariance) * x, axis=1)
        return cls(rows, summed, np.maximum(variance, 0.0))


@dataclass(frozen=True, slots=True)
class Found:
    """rows: (k,). bound: on the sum of worth of any choice within the limit. exact: whether the rows reach it."""

    rows: Rows
    bound: float
    exact: bool


def _enumerated(outlook: Outlook, covariance: Floats, k: int, goal: tuple[float | None, float]) -> tuple[Found, float]:
    """The best choice of all, and the limit that it keeps."""
    every = Every.of(outlook.worth, covariance, k)
    limit = _limit(goal, math.sqrt(float(every.variance.min())) / k, Climber(outlook.worth, covariance), k)
    held = np.where(every.variance <= _allowed(limit, k), every.worth, -np.inf)
    row = int(np.argmax(held))
    if not np.isfinite(held[row]):
        _impossible(limit, math.sqrt(float(every.variance.min())) / k)
    return Found(every.rows[row].astype(np.intp), float(held[row]), exact=True), limit


def _searched(outlook: Outlook, covariance: Floats, k: int, goal: tuple[float | None, float]) -> tuple[Found, float]:
    """The best choice that was found, a bound on all, and the limit that it keeps."""
    worth, split, climber = outlook.worth, Split.of(covariance), Climber(outlook.worth, covariance)
    calmest = relax(np.zeros(len(worth)), split, k, price=1.0)
    safest = climber.calm(best(calmest.x, k), 0.0)
    limit = _limit(goal, math.sqrt(climber.variance(safest)) / k, climber, k)
    allowed = _allowed(limit, k)
    top = best(worth, k)
    if climber.variance(top) <= allowed:
        return Found(top, float(worth[top].sum()), exact=True), limit
    if -calmest.bound > allowed:
        _impossible(limit, math.sqrt(-calmest.bound) / k)
    seen = sorted(relaxations(worth, split, k, allowed), key=lambda one: one.bound)
    starts = [safest, *(climber.settle(best(one.x, k), one.price) for one in seen[:_STARTS])]
    calmed = [climber.calm(start, allowed) for start in starts]
    climbed = [climber.climb(rows, allowed) for rows in calmed if climber.variance(rows) <= allowed]
    if not climbed:
        found = f"nothing within a risk of {limit:.4g} was found; the least found is {_least_words(safest, climber)}"
        fail(SearchError, "portfolio, limit", found, "Raise the limit, or choose more candidates: risk averages out.")
    rows = max(climbed, key=lambda one: float(worth[one].sum()))
    return Found(rows, min(one.bound for one in seen), exact=False), limit


def _allowed(limit: float, k: int) -> float:
    """The variance of the sum; a hair more than the limit's, so that a choice reaches its own risk."""
    return (limit * k) ** 2 * (1.0 + 1e-9)


def _limit(goal: tuple[float | None, float], least: float, climber: Climber, k: int) -> float:
    """What was asked for, else a share of the way from the least risk to the greedy choice's."""
    limit, share = goal
    if limit is not None:
        return limit
    greedy = math.sqrt(climber.variance(best(climber.worth, k))) / k
    return min(least, greedy) + share * max(0.0, greedy - least)


def _least_words(rows: Rows, climber: Climber) -> str:
    return f"{math.sqrt(climber.variance(rows)) / len(rows):.4g}"


def _impossible(limit: float, least: float) -> NoReturn:
    found = f"no choice has a risk of at most {limit:.4g}: it is {least:.4g} at least"
    fail(InputError, "portfolio, limit", found, "Raise the limit, or choose more candidates: risk averages out.")


_PRICES = 24  # halvings of the interval that holds the price; settles the bound to about 1e-6 of itself
_GROWTH = 4.0  # of the price while the relaxed variance is above what is allowed
_STARTS = 6  # relaxed answers that are rounded and improved: those at the prices nearest to the right one


def relaxations(worth: Floats, split: Split, k: int, allowed: float) -> Iterator[Relaxation]:
    """Answers at the prices of a search for the one at which the relaxed variance meets what is allowed."""
    low, high = 0.0, 0.5 * k * float(np.ptp(worth)) / max(allowed, np.finfo(np.float64).tiny)
    x: Floats | None = None
    closed = False
    for _ in range(_PRICES):
        price = 0.5 * (low + high) if closed else high
        relaxed = relax(worth, split, k, price=price, allowed=allowed, start=x)
        x = relaxed.x
        yield relaxed
        if relaxed.variance <= allowed:
            high, closed = price, True
        else:
            low = price
            high = high if closed else high * _GROWTH
        if closed and high - low <= 1e-5 * high:
            return
