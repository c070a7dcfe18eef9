"""What every program is set to do: pools with known outcomes, boxes with noisy functions, and pools to be timed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import qmc

import matloop as ml
from benchmarks.functions import ackley, branin, hartmann6
from matloop.domain.objective import Goal

SEED = 0
"""Of all runs: initial candidates come from SeedSequence(SEED, spawn_key=(run,))."""
SPREAD_POINTS = 16
"""Two to this power Sobol points give the spread of a function over its box."""
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

    def describe(self) -> dict[str, Any]:
        return {"kind": "pool", "goal": self.goal, "initial": self.initial, "columns": self.columns}

    def demand_new(self, picks: Sequence[Pick], before: Sequence[Pick]) -> None:
        rows = [*before, *picks]
        if len(set(rows)) < len(rows) or not all(isinstance(row, int) and 0 <= row < len(self.truth) for row in picks):
            raise ValueError(f"{self.name}: rows {picks} are not new rows of the pool")


@dataclass(frozen=True)
class BoxWork:
    """A function over a box, read with noise; fields as in `PoolWork`."""

    name: str
    function: Callable[[np.ndarray], np.ndarray]
    bounds: list[list[float]]
    best: float
    snr: float
    batch: int
    at: tuple[int, ...]
    goal: Goal = "minimize"
    timed: bool = False
    kind: str = "box"

    @property
    def initial(self) -> int:
        return 2 * (len(self.bounds) + 1)

    @cached_property
    def spread(self) -> float:
        return spread_of(self.function, self.bounds)

    @property
    def noise(self) -> float:
        return self.spread / self.snr

    def chance(self, run: int, n: int) -> list[Pick]:
        """Uniform points (n of them) of the grid of a millionth of each side, which matloop's parameters have."""
        low, high = np.array(self.bounds).T
        grid = np.round(rng(run).random((n, len(low))) * 1e6) / 1e6
        return [[float(x) for x in point] for point in low + grid * (high - low)]

    def true(self, pick: Pick) -> float:
        return float(self.function(np.array([pick]))[0])

    def describe(self) -> dict[str, Any]:
        return {"kind": "box", "goal": self.goal, "initial": self.initial, "bounds": self.bounds}

    def demand_new(self, picks: Sequence[Pick], before: Sequence[Pick]) -> None:
        low, high = np.array(self.bounds).T
        points = np.array(picks)
        if points.shape[1:] != low.shape or (points < low - 1e-9).any() or (points > high + 1e-9).any():
            raise ValueError(f"{self.name}: {picks} are not points of the box")


Work = PoolWork | BoxWork


def readings(work: Work, run: int, n: int) -> np.ndarray:
    """(n,) noise of the readings of a run, in the order made; the same for every program."""
    return work.noise * rng(run, 1).standard_normal(n)


def spread_of(function: Callable[[np.ndarray], np.ndarray], bounds: list[list[float]]) -> float:
    """Standard deviation of a function over its box."""
    low, high = np.array(bounds).T
    points = qmc.Sobol(len(low), seed=SEED).random_base2(SPREAD_POINTS)
    return float(np.std(function(low + points * (high - low))))


BOXES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], list[list[float]], float]] = {
    "branin": (branin, [[-5.0, 10.0], [0.0, 15.0]], 0.39788735772973816),
    "hartmann6": (hartmann6, [[0.0, 1.0]] * 6, -3.322368011415515),
    "ackley6": (ackley, [[-32.768, 32.768]] * 6, 0.0),
}
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
SPEED = {"pool-100k": (100_000, 200), "pool-10k": (10_000, 1_000)}
NAMES = [*TABLES, *(f"{name}-snr{snr}" for snr in (10, 2) for name in BOXES), *SPEED]


def make(name: str, data_dir: Path) -> Work:
    """A work by its name.

    Raises:
        FileNotFoundError: when its table is not in data_dir.
    """
    if name in TABLES:
        return _table(name, data_dir)
    if name in SPEED:
        size, known = SPEED[name]
        X = np.random.default_rng(SEED).random((size, 6))
        columns = {f"x{i}": column.tolist() for i, column in enumerate(X.T)}
        truth = hartmann6(X)
        noise = float(np.std(truth)) / 10
        return PoolWork(name, columns, truth, "minimize", known, 5, (known + 10,), noise=noise, timed=True)
    box, _, snr = name.partition("-snr")
    function, bounds, best = BOXES[box]
    return BoxWork(name, function, bounds, best, float(snr), 1, (30, 60))


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
