"""Measured band gaps: five folds, errors and coverage. Protocol: record 0043.

Usage: python benchmarks/expt_gap.py [--processes 2] [--data-dir DIR]
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from sklearn.model_selection import KFold
from tables import data_dir, expt_gap

from matloop.bench.uncertainty import scores
from matloop.validate.model import Lessons, fit_grouped
from matloop.validate.screen_model import DEFAULT, Study

LEVELS = (0.5, 0.8, 0.9, 0.95)


def one(work: tuple[Lessons, np.ndarray, np.ndarray]) -> tuple[np.ndarray, ...]:
    """Learn from some rows, predict the others: rows, mean, std, half-widths, seconds of one core."""
    lessons, seen, out = work
    begun = time.process_time()
    model = fit_grouped(lessons.only(seen), DEFAULT, np.random.default_rng(0))
    told = model.predict(lessons.X[out])
    half = told.std[:, None] * np.array([model.widening.multiple(level) for level in LEVELS])
    return out, told.mean, told.std, half, np.array(time.process_time() - begun)


def main() -> None:
    """Judge, print."""
    parser = data_dir()
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    begun = time.perf_counter()
    frame, recipe = expt_gap(Path(options.data_dir))
    lessons = Study.of(frame, "target", recipe, group="formula").lessons
    folds = KFold(5, shuffle=True, random_state=18012019).split(frame)
    work = [(lessons, seen, out) for seen, out in folds]
    with ProcessPoolExecutor(options.processes) as pool:
        parts = list(pool.map(one, work))
    y = lessons.y
    mean, std, half = np.empty(len(y)), np.empty(len(y)), np.empty((len(y), len(LEVELS)))
    for out, *figures, _ in parts:
        mean[out], std[out], half[out] = figures
    errors = [float(np.abs(y[out] - mean[out]).mean()) for out, *_ in parts]
    wall, cpu = time.perf_counter() - begun, sum(float(part[-1]) for part in parts)
    print(f"MAE {np.mean(errors):.4f} eV (folds {', '.join(f'{one:.4f}' for one in errors)}); goal 0.40")
    inside = (np.abs(y - mean)[:, None] <= half).mean(axis=0)
    print(
        "within stated intervals: " + ", ".join(f"{100 * a:g} %: {b:.3f}" for a, b in zip(LEVELS, inside, strict=True))
    )
    said = scores(y, mean, std)
    print(", ".join(f"{key} {said[key]:.3f}" for key in ("zms", "nll", "crps", "error_correlation", "sharpness", "r2")))
    print(f"{wall:.0f} s by the clock with {options.processes} processes, {cpu:.0f} s of one core")


if __name__ == "__main__":
    main()
