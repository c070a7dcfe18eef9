"""Replaying strategies on a pool whose outcomes are known.

In run r the initial rows are the first entries of a permutation drawn from `SeedSequence(seed, spawn_key=(r,))`, the
same for every strategy; the whole permutation is the random baseline, exactly uniform without replacement. Then only
the strategy chooses, in a campaign of its own. What comes out does not depend on the number of processes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matloop import plugins
from matloop.ask import machine
from matloop.bench.checkpoint import Checkpoint, Done
from matloop.bench.judge import Front, Judge, judge_of
from matloop.bench.runs import Runs, StrategyRuns
from matloop.bench.summary import RANDOM
from matloop.bench.truth import Truth
from matloop.bench.workers import Job, perform
from matloop.campaign import Campaign
from matloop.decide import Pricing, Strategy
from matloop.domain.cost import Cost
from matloop.domain.objective import Objective, plain
from matloop.domain.outcome import Measured
from matloop.domain.pool import Pool
from matloop.errors import DataError, Faults, InputError, PluginError, fail, nearest

Oracle = Literal["mean", "reading"]
Progress = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What every strategy of a backtest meets alike.

    runs: repetitions, each with initial rows of its own.
    budget: experiments a run, the initial ones included.
    initial: rows drawn before the strategy chooses; with 0 it begins with a design of its own.
    batch: suggestions an ask.
    oracle: what a measurement gives: the mean of a candidate's readings, or one of them, drawn by
        (run, candidate, how often it was measured already).
    repeat: whether candidates may be measured again; with oracle `reading` only.
    """

    runs: int = 50
    budget: int = 100
    initial: int = 2
    batch: int = 1
    seed: int = 0
    oracle: Oracle = "mean"
    repeat: bool = False

    def demand_sense(self, n: int) -> None:
        """Look at the figures for a pool of n candidates.

        Raises:
            InputError: with everything that is wrong.
        """
        faults = Faults()
        most = {"initial": min(self.budget, n), "budget": None if self.repeat else n}
        for name, low in {"runs": 1, "budget": 1, "initial": 0, "batch": 1, "seed": 0}.items():
            value, high = getattr(self, name), most.get(name)
            if isinstance(value, bool) or not isinstance(value, int) or value < low or (high and value > high):
                span = f"from {low} to {high}" if high else f"from {low}"
                faults.add(f"backtest, {name}", f"it is {value!r}", f"Give a whole number {span}.")
        if self.oracle not in get_args(Oracle):
            faults.add("backtest, oracle", f"it is {self.oracle!r}", "Give 'mean' or 'reading'.")
        if self.repeat and self.oracle == "mean":
            cure = "Use the oracle 'reading', or do not repeat."
            faults.add("backtest, repeat", "measuring a mean again tells nothing new", cure)
        faults.raise_if_any(InputError)

    def order(self, n: int, run: int) -> NDArray[np.int64]:
        """(budget,) the random baseline of a run; its first entries are the initial rows of every strategy."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(run,)))
        rounds = [rng.permutation(n) for _ in range(-(-self.budget // n))]
        return np.concatenate(rounds)[: self.budget]

    def campaign_seed(self, run: int) -> int:
        """The seed of a run's campaign, the same for every strategy."""
        return int(np.random.SeedSequence(self.seed, spawn_key=(run,)).generate_state(1)[0])


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything a run needs, as it travels to a worker process."""

    pool: Pool
    truths: tuple[Truth, ...]
    objectives: tuple[Objective, ...]
    strategies: Mapping[str, Strategy]
    protocol: Protocol

    @property
    def names(self) -> list[str]:
        """The strategies, the random baseline last."""
        return [*self.strategies, RANDOM]

    def __call__(self, job: Job, stopped: Callable[[], bool]) -> Done:
        """Do one run.

        Args:
            job: (strategy, run).
            stopped: looked at before each ask; True ends the run unfinished.
        """
        name, run = job
        begun = time.perf_counter()
        order = self.protocol.order(len(self.pool), run)
        if name == RANDOM:
            return Done(tuple(order.tolist()), time.perf_counter() - begun, len(order))
        return self._replay(self._campaign(name, run), order[: self.protocol.initial], run, stopped)

    def settings(self, name: str) -> dict[str, Any]:
        """All that the runs of a strategy depend on, in JSON types; run r does not depend on how many there are."""
        protocol = {k: getattr(self.protocol, k) for k in ("budget", "initial", "batch", "seed", "oracle", "repeat")}
        shared = {"pool": self.pool.hash, "protocol": protocol, "machine": dict(machine())}
        if name == RANDOM:
            return shared
        strategy = self.strategies[name]
        kind = f"{type(strategy).__module__}.{type(strategy).__qualname__}"
        held = b"".join(one.readings.tobytes() + one.starts.tobytes() for one in self.truths)
        own = {"kind": kind, "settings": plugins.describe(strategy), "truth": hashlib.sha256(held).hexdigest()}
        goals = [one.to_json() for one in self.objectives]
        return {**shared, **own, **({"objective": goals[0]} if len(goals) == 1 else {"objectives": goals})}

    def _campaign(self, name: str, run: int) -> Campaign:
        protocol, strategy = self.protocol, self.strategies[name]
        # Experiments are counted and not paid: to a strategy that cannot do without costs all cost the same.
        cost = Cost(constant=1.0) if isinstance(strategy, Pricing) and strategy.unpriced() else None
        return Campaign(
            self.pool,
            list(self.objectives),
            strategy=strategy,
            cost=cost,
            seed=protocol.campaign_seed(run),
            initial=1 if protocol.initial else None,  # once anything was measured, the strategy chooses
            repeat=protocol.repeat,
        )

    def _replay(self, campaign: Campaign, initial: NDArray[np.int64], run: int, stopped: Callable[[], bool]) -> Done:
        rows: list[int] = []
        seconds = 0.0
        told = []
        for row in initial.tolist():
            told.append(Measured.of(candidate=self.pool.id(row), outcome=self._measure(row, rows, run)))
            rows.append(row)
        campaign.tell(told)
        while len(rows) < self.protocol.budget and not stopped():
            begun = time.perf_counter()
            batch = campaign.suggest(min(self.protocol.batch, self.protocol.budget - len(rows)))
            seconds += time.perf_counter() - begun
            told = []
            for suggestion in batch:
                row = self._row(suggestion.candidate)
                told.append(Measured(suggestion.id, self._measure(row, rows, run)))
                rows.append(row)
            campaign.tell(told)
        return Done(tuple(rows), seconds, len(rows) - len(initial))

    def _row(self, candidate: str) -> int:
        row = self.pool.index(candidate)
        if row is None:
            raise PluginError.at("backtest", f"{candidate!r} is no candidate of the pool", "Repair the strategy.")
        return row

    def _measure(self, row: int, before: Sequence[int], run: int) -> dict[str, float]:
        every = {one.name: truth.of_candidate(row) for one, truth in zip(self.objectives, self.truths, strict=True)}
        if self.protocol.oracle == "mean":
            return {name: float(readings.mean()) for name, readings in every.items()}
        key = (run, row, list(before).count(row))
        rng = np.random.default_rng(np.random.SeedSequence(self.protocol.seed, spawn_key=key))
        which = int(rng.choice(len(next(iter(every.values())))))  # one specimen: all its quantities together
        return {name: float(readings[which]) for name, readings in every.items()}


Known = ArrayLike | Sequence[ArrayLike] | Mapping[str, ArrayLike | Sequence[ArrayLike]]
"""What the candidates of a pool are known to give: of one objective, or by objective."""


def compare(  # noqa: PLR0913 (all but four are settings by name)
    pool: Pool,
    truth: Known,
    objective: Objective | Sequence[Objective],
    strategies: Mapping[str, Strategy],
    *,
    processes: int | None = None,
    progress: Progress | None = None,
    checkpoint: str | Path | None = None,
    **protocol: Any,
) -> Runs:
    """Replay several strategies, each run of each from the same initial rows; random choice always beside them.

    Args:
        pool: the candidates.
        truth: (n,) in row order, or n sequences of readings, or one number for each row of the pool's table; of
            several objectives a mapping from each one's name to that. Readings in the same place are of one specimen.
        objective: what is sought, one or several.
        strategies: by the name they shall have in the result. `random` stands for the exact baseline.
        processes: how many work at once, with one thread each; None: this one alone. A script that asks for more
            must guard its main part with `if __name__ == "__main__":`, as Python's multiprocessing demands.
        progress: told (runs done, runs in all, what was done).
        checkpoint: file in which finished runs are kept; started again after a kill, it goes on.
        protocol: `runs`, `budget`, `initial`, `batch`, `seed`, `oracle`, `repeat`; see `Protocol`.

    Raises:
        InputError: where all is to be learned, for a protocol that makes no sense, or a strategy that cannot be
            described.
        DataError: for a truth that does not fit the pool, or a file that is no checkpoint.
    """
    objectives = (objective,) if isinstance(objective, Objective) else tuple(objective)
    truths = truths_of(truth, objectives, pool)
    judged = judge_of(np.stack([one.means for one in truths], axis=1), objectives)
    terms = Protocol(**protocol)
    terms.demand_sense(len(pool))
    _demand_processes(processes)
    named = {name: strategy for name, strategy in strategies.items() if name != RANDOM}
    bench = Bench(pool, truths, objectives, named, terms)
    done = _finish(bench, processes or 1, progress, Path(checkpoint) if checkpoint else None)
    return _runs(bench, done, judged)


def _runs(bench: Bench, done: Mapping[Job, Done], judged: Judge | Front) -> Runs:
    """The document, with the goals where they are more than the most or least of one quantity."""
    runs = {name: _gathered([done[name, run] for run in range(bench.protocol.runs)]) for name in bench.names}
    told = () if plain(bench.objectives) else tuple(one.to_json() for one in bench.objectives)
    goal = "maximize" if isinstance(judged, Front) else judged.goal
    return Runs(len(bench.pool), tuple(bench.pool.ids), goal, runs, told)


def truths_of(truth: Known, objectives: Sequence[Objective], pool: Pool) -> tuple[Truth, ...]:
    """What the candidates give, by objective.

    Raises:
        InputError: for several objectives without a mapping, or a name that the mapping lacks.
        DataError: for a truth that does not fit the pool, or unequal numbers of readings of one candidate.
    """
    names = [one.name for one in objectives]
    if not isinstance(truth, Mapping):
        if len(names) > 1:
            fail(InputError, "truth", f"one truth for {len(names)} objectives", "Give a mapping: name -> truth.")
        return (Truth.of(truth, pool),)
    for name in names:
        if name not in truth:
            fail(InputError, "truth", f"nothing is known of {name!r}", nearest(name, list(truth)))
    found = tuple(Truth.of(truth[name], pool) for name in names)
    for name, one in zip(names[1:], found[1:], strict=True):
        if not np.array_equal(one.starts, found[0].starts):
            cure = "Readings in the same place are of one specimen: give each objective as many."
            fail(
                DataError, "truth", f"candidates have other numbers of readings of {name!r} than of {names[0]!r}", cure
            )
    return found


def _finish(bench: Bench, processes: int, progress: Progress | None, path: Path | None) -> dict[Job, Done]:
    """Every run, those of the checkpoint taken from there."""
    kept = Checkpoint.open(path, {name: bench.settings(name) for name in bench.names})
    jobs = [(name, run) for name in bench.names for run in range(bench.protocol.runs)]
    done = {job: found for job in jobs if (found := kept.get(*job)) is not None}

    def keep(job: Job, result: Done) -> None:
        kept.add(*job, result)
        done[job] = result
        if progress:
            progress(len(done), len(jobs), f"{job[0]}, run {job[1] + 1}")

    perform(bench, [job for job in jobs if job not in done], processes, keep)
    return done


def backtest(  # noqa: PLR0913 (all but three are settings by name, as the contract lists them)
    pool: Pool,
    truth: Known,
    objective: Objective | Sequence[Objective],
    *,
    strategy: Strategy | None = None,
    runs: int = 50,
    budget: int = 100,
    initial: int = 2,
    batch: int = 1,
    seed: int = 0,
    oracle: Oracle = "mean",
    repeat: bool = False,
    processes: int | None = None,
    progress: Progress | None = None,
    checkpoint: str | Path | None = None,
) -> Runs:
    """Replay one strategy, by default `Bayes()`, with random choice beside it; see `compare`.

    Returns:
        Runs whose `.orders` (runs, budget) are the strategy's: rows of the pool, in the order measured.
    """
    chosen = strategy or plugins.strategy("bayes")
    return compare(
        pool,
        truth,
        objective,
        {chosen.name: chosen},
        processes=processes,
        progress=progress,
        checkpoint=checkpoint,
        runs=runs,
        budget=budget,
        initial=initial,
        batch=batch,
        seed=seed,
        oracle=oracle,
        repeat=repeat,
    )


def _demand_processes(processes: int | None) -> None:
    """Look at the number of processes.

    Raises:
        InputError: when it is none.
    """
    if processes is not None and (isinstance(processes, bool) or not isinstance(processes, int) or processes < 1):
        fail(InputError, "backtest, processes", f"it is {processes!r}", "Give a whole number from 1.")


def _gathered(done: Sequence[Done]) -> StrategyRuns:
    suggestions = sum(item.suggestions for item in done)
    seconds = sum(item.seconds for item in done) / suggestions if suggestions else None
    return StrategyRuns(np.array([item.rows for item in done], dtype=np.int64), seconds)
