"""Do 90 % intervals hold 90 % of new readings? Protocol of docs/decisions/0018-calibration.md.

Usage: python benchmarks/calibration.py [--splits 200] [--campaigns 24] [--only NAME ...] [--data-dir DIR]

`--splits 0` looks at the candidates that campaigns choose alone, `--campaigns 0` at random splits alone.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

import matloop as ml
from matloop.bench.intervals import bootstrap
from matloop.domain.objective import Goal
from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Observations
from matloop.surrogate.calibrate import Calibration, calibrations
from matloop.surrogate.gp import GP

READINGS, HELD, LEVEL = 40, 600, 0.9
"""Readings of a split, readings that are predicted, level of the interval."""
LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Levels of the intervals at chosen candidates."""
BUDGET, BATCH, FROM = 50, 5, 15
"""Of the campaigns at whose chosen candidates coverage is counted, and the reading from which it is."""


@dataclass(frozen=True)
class Table:
    """A published table: where it lies and what was read."""

    path: str
    objective: str
    goal: Goal


TABLES = {
    "crossed-barrel": Table("pvlab_crossed_barrel/crossed_barrel_dataset.csv", "toughness", "maximize"),
    "agnp": Table("pvlab_agnp/agnp_dataset.csv", "loss", "minimize"),
    "p3ht-cnt": Table("pvlab_p3ht_cnt/p3ht_dataset.csv", "Conductivity (measured) (S/cm)", "maximize"),
    "oer-3496": Table("olympus/oer_plate_3496/data.csv", "overpotential", "minimize"),
    "oer-3851": Table("olympus/oer_plate_3851/data.csv", "overpotential", "minimize"),
    "photo-pce10": Table("olympus/photo_pce10/data.csv", "degradation", "minimize"),
    "colors-bob": Table("olympus/colors_bob/data.csv", "difference_to_green", "minimize"),
}


def read(table: Table, data_dir: Path) -> tuple[ml.Pool, Floats]:
    """The pool, and the readings in the table's order."""
    frame = pd.read_csv(data_dir / table.path)
    features = [name for name in frame.columns if name != table.objective]
    return ml.Pool.from_frame(frame[features], features=features), frame[table.objective].to_numpy(float)


def split(pool: ml.Pool, y: Floats, r: int) -> dict[str, float]:
    """One split: coverage, mean squared score and NLL, as stated and as corrected."""
    rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(r,)))
    taken = rng.choice(len(y), READINGS, replace=False)
    others = np.flatnonzero(~np.isin(pool.row_of, pool.row_of[taken]))
    others = rng.choice(others, min(HELD, len(others)), replace=False)
    X = pool.encode_rows(np.arange(len(pool)))
    data = Observations(X[pool.row_of[taken]], y[taken, None], np.zeros((READINGS, 1)), pool.encoder.groups)
    fitted = GP().fit(data, rng)
    (judged,) = calibrations(GP(), fitted, data, rng)
    return figures(fitted.predict(X[pool.row_of[others]]), judged, y[others])


def figures(said: Prediction, judged: Calibration, y: Floats) -> dict[str, float]:
    """What a prediction of readings y (n,) is worth."""
    error, model, noise = y - said.mean[:, 0], said.model_std[:, 0], said.noise_std[:, 0]
    stated, corrected = np.hypot(model, noise), np.hypot(judged.factor * model, noise)
    normal = float(norm.ppf(0.5 + LEVEL / 2))
    half = {"stated": normal * stated, "corrected": normal * corrected, "conformal": judged.multiple(LEVEL) * corrected}
    found = {name: float(np.mean(np.abs(error) <= width)) for name, width in half.items()}
    for name, std in (("stated", stated), ("corrected", corrected)):
        found[f"zms {name}"] = float(np.mean((error / std) ** 2))
        found[f"nll {name}"] = float(np.mean(0.5 * (error / std) ** 2 + np.log(std) + 0.5 * np.log(2 * np.pi)))
    return found


def chosen(pool: ml.Pool, y: Floats, table: Table, r: int) -> Floats:
    """One campaign on the candidates' means: (k,) errors of chosen candidates in units of the std stated beforehand.

    Above 0 where the reading was worse than predicted, whatever the goal.
    """
    means = np.bincount(pool.row_of, y) / np.bincount(pool.row_of)
    objective = ml.Objective(table.objective, goal=table.goal)
    name, scores = objective.name, []
    campaign = ml.Campaign(pool, [objective], strategy=ml.Bayes(), seed=r, batch=BATCH)
    while (told := len(campaign.state.readings)) < BUDGET:
        asked = campaign.suggest(BATCH)
        readings = {one.id: float(means[pool.index(one.candidate)]) for one in asked}
        if told >= FROM:
            for one in asked:
                assert one.prediction is not None
                short = objective.sign * (one.prediction.mean[name] - readings[one.id])
                scores.append(short / one.prediction.total_std[name])
        campaign.tell([ml.Measured(id_, {name: value}) for id_, value in readings.items()])
    return np.array(scores)


def worth(scores: Floats) -> dict[str, float]:
    """Of one campaign: the share of chosen candidates within each central interval, and what the scores themselves say.

    ZMS is 1 for true errors; the mean score is 0 unless predictions of what is chosen are too hopeful (above 0).
    """
    covered = {f"{level:.0%}": float(np.mean(np.abs(scores) <= norm.ppf(0.5 + level / 2))) for level in LEVELS}
    return {**covered, "zms": float(np.mean(scores**2)), "mean score": float(np.mean(scores))}


def interval(values: Floats) -> str:
    """Mean over splits with its 95 % bootstrap interval."""
    found = bootstrap(values, seed=0)
    return f"{float(found.value):.3f} ({float(found.low):.3f} .. {float(found.high):.3f})"


def main() -> None:
    """Split, predict, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--campaigns", type=int, default=24)
    parser.add_argument("--only", nargs="*", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    for name in options.only:
        pool, y = read(TABLES[name], options.data_dir)
        if options.splits:
            show(name, "random splits", [split(pool, y, r) for r in range(options.splits)])
        if options.campaigns:
            show(name, "chosen", [worth(chosen(pool, y, TABLES[name], r)) for r in range(options.campaigns)])


def show(name: str, what: str, rows: list[dict[str, float]]) -> None:
    """Each figure of a table: its mean over splits or campaigns with an interval."""
    cells = [f"{column} {interval(np.array([row[column] for row in rows]))}" for column in rows[0]]
    print(f"{name}, {what}: " + "; ".join(cells), flush=True)


if __name__ == "__main__":
    main()
