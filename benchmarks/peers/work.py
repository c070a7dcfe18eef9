"""What every program is set to do: pools with known outcomes, boxes with noisy functions, and pools to be timed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import matloop as ml
from benchmarks.functions import hartmann6
from benchmarks.peers.boxes import BOXES, Box
from matloop.domain.objective import Goal

SEED = 0
"""Of all runs: initial candidates come from SeedSequence(SEED, spawn_key=(run,))."""
Pick = int | list[float]


def rng(run: int, *more: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(run, *more)))


def seed_of(run: int) -> int:
    """The seed that every program gets in a run."""
    return int(np.random.SeedSequence(SEED, spawn_key=(run,)).generate_state(1)[0])


@dataclass(frozen=True)
class PoolWork:
    """A pool: its columns, the true value of each row, and the noise of a reading.

    at: experiments after which regret is reported; the last one is the budget.
    timed: only seconds are of interest.
    read: (rows, k) readings of each candidate, of which a query gives one; None where it gives the truth and `noise`.
    """

    name: str
    columns: dict[str, list[Any]]
    truth: np.ndarray
    goal: Goal
    initial: int
    batch: int
    at: tuple[int, ...]
    noise: float = 0.0
    timed: bool = False
    limits: int = 0
    read: np.ndarray | None = None
    kind: str = "pool"

    @property
    def spread(self) -> float:
        return float(np.std(self.truth))

    @property
    def best(self) -> float:
        return float(self.truth.max() if self.goal == "maximize" else self.truth.min())

    def chance(self, run: int, n: int) -> list[Pick]:
        """The first n of a random order; all programs begin with its first entries."""
        return [int(row) for row in rng(run).permutation(len(self.truth))[:n]]

    def true(self, pick: Pick) -> float:
        return float(self.truth[pick])

    def slacks(self, pick: Pick) -> np.ndarray:
        """None: (0,)."""
        return np.zeros(0)

    def describe(self) -> dict[str, Any]:
        return {"kind": "pool", "goal": self.goal, "initial": self.initial, "columns": self.columns}

    def demand_new(self, picks: Sequence[Pick], before: Sequence[Pick]) -> None:
        rows = [*before, *picks]
        if len(set(rows)) < len(rows) or not all(isinstance(row, int) and 0 <= row < len(self.truth) for row in picks):
            raise ValueError(f"{self.name}: rows {picks} are not new rows of the pool")


@dataclass(frozen=True)
class BoxWork:
    """A function over a box, read with noise; other fields as in `PoolWork`.

    snr: signal to noise of each quantity, infinite for exact readings.
    """

    name: str
    box: Box
    snr: float
    batch: int
    at: tuple[int, ...]
    timed: bool = False

    @property
    def kind(self) -> str:
        return "mixed" if self.box.binary else "constrained" if self.limits else "box"

    @property
    def goal(self) -> Goal:
        return self.box.goal

    @property
    def best(self) -> float:
        return self.box.best

    @property
    def limits(self) -> int:
        """How many quantities must hold a limit."""
        return len(self.box.slack_spreads)

    @property
    def initial(self) -> int:
        return (1 if self.box.binary else 2) * (len(self.box.bounds) + 1)

    @property
    def spread(self) -> float:
        return self.box.spread

    @property
    def noise(self) -> float:
        return self.spread / self.snr

    def chance(self, run: int, n: int) -> list[Pick]:
        """Uniform points (n of them) of the grid of a millionth of each side, which matloop's parameters have."""
        low, high = np.array(self.box.bounds).T
        grid = np.round(rng(run).random((n, len(low))) * 1e6) / 1e6
        grid[:, : self.box.binary] = np.round(grid[:, : self.box.binary])
        return [[float(x) for x in point] for point in low + grid * (high - low)]

    def true(self, pick: Pick) -> float:
        return float(self.box.function(np.array([pick]))[0])

    def slacks(self, pick: Pick) -> np.ndarray:
        """(m,) how far each limit is held, below 0 where it is broken."""
        return np.zeros(0) if self.box.slacks is None else self.box.slacks(np.array([pick]))[0]

    def describe(self) -> dict[str, Any]:
        said = {"kind": self.kind, "goal": self.goal, "initial": self.initial, "bounds": self.box.bounds}
        return {**said, "limits": self.limits, "binary": list(range(self.box.binary))}

    def demand_new(self, picks: Sequence[Pick], before: Sequence[Pick]) -> None:
        low, high = np.array(self.box.bounds).T
        points = np.array(picks)
        if points.shape[1:] != low.shape or (points < low - 1e-9).any() or (points > high + 1e-9).any():
            raise ValueError(f"{self.name}: {picks} are not points of the box")
        if not np.isin(points[:, : self.box.binary], (0, 1)).all():
            raise ValueError(f"{self.name}: the first {self.box.binary} of {picks} are not all 0 or 1")


Work = PoolWork | BoxWork


def one_of(work: PoolWork, run: int) -> np.ndarray:
    """(rows,) the reading that a query of each candidate gives in a run; the same for every program.

    Raises:
        ValueError: when the work has no readings of its own.
    """
    if work.read is None:
        raise ValueError(f"{work.name}: it has no readings of its own")
    rows, k = work.read.shape
    return np.asarray(work.read[np.arange(rows), rng(run, 3).integers(k, size=rows)])


def readings(work: Work, run: int, n: int) -> np.ndarray:
    """(n,) noise of the readings of a run, in the order made; the same for every program."""
    return work.noise * rng(run, 1).standard_normal(n)


def slack_readings(work: Work, run: int, n: int) -> np.ndarray:
    """(n, m) noise of what is read of the limits in a run; the same for every program."""
    if not isinstance(work, BoxWork):
        return np.zeros((n, 0))
    return work.box.slack_spreads / work.snr * rng(run, 2).standard_normal((n, work.limits))


TABLES: dict[str, tuple[str, str, Goal]] = {
    "crossed-barrel": ("pvlab_crossed_barrel/crossed_barrel_dataset.csv", "toughness", "maximize"),
    "agnp": ("pvlab_agnp/agnp_dataset.csv", "loss", "minimize"),
    "p3ht-cnt": ("pvlab_p3ht_cnt/p3ht_dataset.csv", "Conductivity (measured) (S/cm)", "maximize"),
    "colors-bob": ("olympus/colors_bob/data.csv", "difference_to_green", "minimize"),
    "photo-pce10": ("olympus/photo_pce10/data.csv", "degradation", "minimize"),
    "oer-3496": ("olympus/oer_plate_3496/data.csv", "overpotential", "minimize"),
    "oer-3851": ("olympus/oer_plate_3851/data.csv", "overpotential", "minimize"),
    "direct-arylation": ("edbo_reactions/direct_arylation.csv", "yield", "maximize"),
}
PRINTS = "crossed-barrel-prints"
"""Each design was printed three times: a query gives one of the three."""
SPEED = {"pool-100k": (100_000, 200), "pool-10k": (10_000, 1_000)}
PLAIN = ("branin", "hartmann6", "ackley6")
NOISY = [f"{name}-snr{snr}" for snr in (10, 2) for name in PLAIN]
CONSTRAINED = ["gramacy-snr10", "constrained-hartmann6-snr10", "pressure-vessel"]
MIXED = ["ackley13-mixed-snr10", "labs20-snr10"]
NAMES = [*TABLES, PRINTS, *NOISY, *CONSTRAINED, *MIXED, *SPEED]


def make(name: str, data_dir: Path) -> Work:
    """A work by its name.

    Raises:
        FileNotFoundError: when its table is not in data_dir.
    """
    if name in TABLES:
        return _table(name, data_dir)
    if name == PRINTS:
        return _prints(data_dir)
    if name in SPEED:
        size, known = SPEED[name]
        X = np.random.default_rng(SEED).random((size, 6))
        columns = {f"x{i}": column.tolist() for i, column in enumerate(X.T)}
        truth = hartmann6(X)
        noise = float(np.std(truth)) / 10
        return PoolWork(name, columns, truth, "minimize", known, 5, (known + 10,), noise=noise, timed=True)
    box, _, snr = name.partition("-snr")
    return BoxWork(name, BOXES[box], float(snr or "inf"), 1, (30, 60, 100))


def _table(name: str, data_dir: Path) -> PoolWork:
    path, objective, goal = TABLES[name]
    frame = pd.read_csv(data_dir / path)
    features = [column for column in frame.columns if column not in (objective, "entry")]
    pool = ml.Pool.from_frame(frame[features], features=features)
    truth = np.bincount(pool.row_of, weights=frame[objective]) / np.bincount(pool.row_of)
    _, first = np.unique(pool.row_of, return_index=True)
    unique = frame[features].iloc[first]
    initial, batch = (2, 1) if name == "crossed-barrel" else (5, 5)
    return PoolWork(
        name, {column: unique[column].tolist() for column in features}, truth, goal, initial, batch, (25, 50)
    )


def _prints(data_dir: Path) -> PoolWork:
    """Crossed barrels by single prints, to a hundred."""
    work = _table("crossed-barrel", data_dir)
    path, objective, _ = TABLES[work.name]
    frame = pd.read_csv(data_dir / path)
    rows = pd.MultiIndex.from_frame(pd.DataFrame(work.columns))
    told = frame.groupby(list(work.columns))[objective].apply(list).reindex(rows)
    return replace(work, name=PRINTS, read=np.array(told.tolist()), at=(25, 50, 100))
