"""Runs and the truth -> one table of figures with their intervals, each beside random choice."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.bench import metrics
from matloop.bench.intervals import Interval, bootstrap, paired_difference
from matloop.bench.judge import Front
from matloop.bench.runs import Orders, Runs
from matloop.domain.objective import Direction
from matloop.errors import InputError, fail

Floats = NDArray[np.float64]

RANDOM = "random"
"""Name of the baseline in a document of runs."""
EXPERIMENTS = (10, 20, 30, 50, 75, 100, 150, 200)
"""Experiments after which figures are reported, as far as the budget goes; its end is added."""
LEVELS = (0.5, 0.8)
"""Levels of Top% for which the acceleration is reported."""


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of one strategy.

    metric: `Top%`, `EF`, `best`, `regret` (all after `at` experiments), `AF` (at the level `at`), or `first hit`; with
        several goals `hypervolume` (share of that of the true front) and `front` (share of the true front measured).
    value: mean over runs; median for `first hit`. NaN where a level was not reached.
    low, high: 95 % bootstrap interval over runs; None for a median.
    random: what uniform choice is expected to give, None where only runs can tell.
    gain, gain_low, gain_high: mean difference to the runs of the random baseline, run by run, with its interval;
        None for figures that are no mean over runs, and without a baseline of as many runs.
    """

    strategy: str
    metric: str
    at: float | None
    value: float
    low: float | None = None
    high: float | None = None
    random: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """By name; null where there is no number."""
        items = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in items}


def summarise(
    runs: Runs,
    truth: Floats,
    *,
    at: Sequence[int] | None = None,
    levels: Sequence[float] = LEVELS,
    seed: int = 0,
    sought: NDArray[np.bool_] | None = None,
) -> tuple[Score, ...]:
    """Every figure of every strategy.

    Args:
        runs: on one pool.
        truth: (n,) true mean of each candidate, in row order; what `Judge.truth` says of other goals than the most or
            least of one quantity.
        at: numbers of experiments to report at; None: `EXPERIMENTS` within the budget, and its end.
        levels: of Top%, for the acceleration.
        seed: of the bootstrap.
        sought: (n,) the candidates that Top%, EF, AF and the first hit count; None: the best twentieth.

    Raises:
        InputError: when the truth is not one finite number a candidate, or `at` lies beyond a budget.
    """
    if truth.shape != (runs.n,) or not np.isfinite(truth).all():
        found = f"shape {truth.shape}" if truth.shape != (runs.n,) else "not every value is finite"
        fail(InputError, "truth", found, f"Give one finite true value for each of the {runs.n} candidates.")
    baseline = runs.strategies.get(RANDOM)
    scorer = _Scorer(truth, runs.goal, baseline.orders if baseline else None, tuple(levels), seed, sought)
    return tuple(
        score
        for name, item in runs.strategies.items()
        for score in scorer.scores(name, item.orders, _reported(name, item.orders.shape[1], at))
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Scorer:
    truth: Floats
    goal: Direction
    baseline: Orders | None
    levels: tuple[float, ...]
    seed: int
    sought: NDArray[np.bool_] | None = None

    def scores(self, name: str, orders: Orders, at: NDArray[np.int64]) -> Iterator[Score]:
        """Every figure of one strategy."""
        n = len(self.truth)
        curves: dict[str, tuple[Callable[[Orders], Floats], Floats | None]] = {
            "Top%": (self._shares, at / n),
            "EF": (lambda taken: metrics.enhancement(self._shares(taken), n), np.ones(len(at))),
            "best": (lambda taken: metrics.best_found(taken, self.truth, self.goal), None),
            "regret": (lambda taken: metrics.regret(taken, self.truth, self.goal), None),
        }
        for metric, (curve, expected) in curves.items():
            values = curve(orders)[:, at - 1]
            whole = bootstrap(values, seed=self.seed)
            gain = self._gain(name, values, curve, at)
            for k, i in enumerate(at):
                by_chance = None if expected is None else float(expected[k])
                gained = _at(gain, k) if gain else (None, None, None)
                yield Score(name, metric, int(i), *_at(whole, k), by_chance, *gained)
        yield from self._rates(name, orders)

    def _rates(self, name: str, orders: Orders) -> Iterator[Score]:
        """Figures that are no curve over experiments."""
        n = len(self.truth)
        shares = self._shares(orders)
        factor = bootstrap(shares, lambda means: metrics.acceleration(means, n, self.levels), seed=self.seed)
        for k, level in enumerate(self.levels):
            yield Score(name, "AF", level, *_at(factor, k), 1.0)
        members = self._members
        hits = metrics.first_hit(metrics.count_found(orders, members))
        expected = metrics.random_first_hit(n, int(members.sum()))
        yield Score(name, "first hit", None, float(np.median(hits)), random=expected)

    def _gain(
        self, name: str, values: Floats, curve: Callable[[Orders], Floats], at: NDArray[np.int64]
    ) -> Interval | None:
        return _gain(name, values, self.baseline, curve, at, self.seed)

    def _shares(self, orders: Orders) -> Floats:
        members = self._members
        return metrics.share_found(metrics.count_found(orders, members), int(members.sum()))

    @property
    def _members(self) -> NDArray[np.bool_]:
        return metrics.top(self.truth, self.goal) if self.sought is None else self.sought


def summarise_front(runs: Runs, front: Front, *, at: Sequence[int] | None = None, seed: int = 0) -> tuple[Score, ...]:
    """Figures of runs with several goals.

    Args:
        runs: on one pool.
        front: what its n candidates are truly worth.
        at: numbers of experiments to report at; None: `EXPERIMENTS` within the budget, and its end.
        seed: of the bootstrap.
    """
    baseline = runs.strategies.get(RANDOM)
    curves: dict[str, Callable[[Orders], Floats]] = {"hypervolume": front.volumes, "front": front.shares}
    scores = []
    for name, item in runs.strategies.items():
        places = _reported(name, item.orders.shape[1], at)
        for metric, curve in curves.items():
            values = curve(item.orders)[:, places - 1]
            whole = bootstrap(values, seed=seed)
            gain = _gain(name, values, baseline.orders if baseline else None, curve, places, seed)
            for k, i in enumerate(places):
                by_chance = i / runs.n if metric == "front" else None
                gained = _at(gain, k) if gain else (None, None, None)
                scores.append(Score(name, metric, int(i), *_at(whole, k), by_chance, *gained))
    return tuple(scores)


def _gain(
    name: str,
    values: Floats,
    baseline: Orders | None,
    curve: Callable[[Orders], Floats],
    at: NDArray[np.int64],
    seed: int,
) -> Interval | None:
    """Paired difference (k,) of values (runs, k) to the random baseline's; None without one that can be paired."""
    if name == RANDOM or baseline is None or len(baseline) != len(values) or baseline.shape[1] < at[-1]:
        return None
    return paired_difference(values, curve(baseline)[:, at - 1], seed=seed)


def _reported(name: str, budget: int, at: Sequence[int] | None) -> NDArray[np.int64]:
    chosen = sorted({*(i for i in EXPERIMENTS if i < budget), budget}) if at is None else sorted(set(at))
    if not chosen or chosen[0] < 1 or chosen[-1] > budget:
        found = f"figures are wanted at {chosen}, strategy {name!r} made {budget} experiments"
        fail(InputError, "at", found, f"Ask for numbers from 1 to {budget}.")
    return np.array(chosen, dtype=np.int64)


def _at(interval: Interval, k: int) -> tuple[float, float, float]:
    return float(interval.value[k]), float(interval.low[k]), float(interval.high[k])
