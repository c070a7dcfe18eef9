"""A made-up model and table that the tests of screening share; importable, so that worker processes find it."""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matloop.screen import Said
from matloop.screen.features import Composed
from matloop.screen.filters import rules
from matloop.screen.task import Task

ELEMENTS = ("Li", "Na", "K", "Mg", "Ca", "Ti", "Fe", "Cu", "Zn", "Ga", "Pb", "Bi", "O", "S", "Se", "Te")


def formulas(n: int, seed: int = 0) -> list[str]:
    """Different formulas of two elements."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < n:
        a, b = rng.choice(len(ELEMENTS), 2, replace=False)
        found[f"{ELEMENTS[a]}{rng.integers(1, 9)}{ELEMENTS[b]}{rng.integers(1, 9)}"] = None
    return list(found)


def write(path: Path, texts: list[str]) -> Path:
    """A table of candidates: a column that rides along, then formulas."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("tag", "formula"), *((f"t{i}", text) for i, text in enumerate(texts))])
    return path


@dataclass(frozen=True)
class Smooth:
    """A model of known answers: mean = scale times the mean of the features, std the first composition feature."""

    scale: float = 1.0
    pause: float = 0.0

    def say(self, X: np.ndarray) -> Said:
        time.sleep(self.pause)
        mean = self.scale * X.mean(axis=1)
        return Said(mean, 1.0 + np.abs(np.sin(mean)), np.full(len(X), 0.1), np.abs(np.cos(mean)))

    def covariance(self, X: np.ndarray) -> np.ndarray:
        return np.diag(self.say(X).model_std ** 2)

    def describe(self) -> dict[str, float]:
        return {"scale": self.scale}


def task(model: Smooth = Smooth(), exclude: tuple[str, ...] = ("Pb",), at: tuple[float, ...] = (300.0, 400.0)) -> Task:
    """Predict at two temperatures, and leave lead out."""
    conditions = np.array(at)[:, None]
    return Task("zT", model, Composed(process=("T",)), ("T",), conditions, rules(exclude, {}, {}))


def training(path: Path, n: int = 60, seed: int = 1) -> Path:
    """A training table: zT follows the mean atomic number and T."""
    rng = np.random.default_rng(seed)
    from matloop.chem import magpie

    texts = formulas(n, seed)
    number = magpie(texts)[:, 3]
    rows = []
    for text, z in zip(texts, number, strict=True):
        for t in (300, 500):
            rows.append((text, t, f"{0.01 * z + t / 1000 + 0.02 * rng.normal():.5f}", f"f{int(z) // 8}"))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("formula", "T", "zT", "family"), *rows])
    return path
