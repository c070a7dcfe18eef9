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
from matloop.bench.runs import Runs, StrategyRuns
from matloop.bench.summary import RANDOM
from matloop.bench.truth import Truth
from matloop.bench.workers import Job, perform
from matloop.campaign import Campaign
from matloop.decide import Strategy
from matloop.domain.objective import Objective
from matloop.domain.outcome import Measured
from matloop.domain.pool import Pool
from matloop.errors import Faults, InputError, PluginError, fail

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
    truth: Truth
    objective: Objective
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
        truth = hashlib.sha256(self.truth.readings.tobytes() + self.truth.starts.tobytes()).hexdigest()
        own = {"kind": kind, "settings": plugins.describe(strategy), "truth": truth}
        return {**shared, **own, "objective": self.objective.to_json()}

    def _campaign(self, name: str, run: int) -> Campaign:
        protocol = self.protocol
        return Campaign(
            self.pool,
            [self.objective],
            strategy=self.strategies[name],
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
        readings = self.truth.of_candidate(row)
        if self.protocol.oracle == "mean":
            return {self.objective.name: float(readings.mean())}
        key = (run, row, list(before).count(row))
        rng = np.random.default_rng(np.random.SeedSequence(self.protocol.seed, spawn_key=key))
        return {self.objective.name: float(rng.choice(readings))}


def compare(  # noqa: PLR0913 (all but four are settings by name)
    pool: Pool,
    truth: ArrayLike | Sequence[ArrayLike],
    objective: Objective,
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
        truth: (n,) in row order, or n sequences of readings, or one number for each row of the pool's table.
        objective: what is sought.
        strategies: by the name they shall have in the result. `random` stands for the exact baseline.
        processes: how many work at once, with one thread each; None: this one alone. A script that asks for more
            must guard its main part with `if __name__ == "__main__":`, as Python's multiprocessing demands.
        progress: told (runs done, runs in all, what was done).
        checkpoint: file in which finished runs are kept; started again after a kill, it goes on.
        protocol: `runs`, `budget`, `initial`, `batch`, `seed`, `oracle`, `repeat`; see `Protocol`.

    Raises:
        InputError: for a goal but maximize and minimize, a protocol that makes no sense, or a strategy that cannot be
            described.
        DataError: for a truth that does not fit the pool, or a file that is no checkpoint.
    """
    _ = objective.direction  # runs are compared by the best found
    terms = Protocol(**protocol)
    terms.demand_sense(len(pool))
    _demand_processes(processes)
    named = {name: strategy for name, strategy in strategies.items() if name != RANDOM}
    bench = Bench(pool, Truth.of(truth, pool), objective, named, terms)
    done = _finish(bench, processes or 1, progress, Path(checkpoint) if checkpoint else None)
    runs = {name: _gathered([done[name, run] for run in range(terms.runs)]) for name in bench.names}
    return Runs(len(pool), tuple(pool.ids), objective.direction, runs)


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
    truth: ArrayLike | Sequence[ArrayLike],
    objective: Objective,
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
