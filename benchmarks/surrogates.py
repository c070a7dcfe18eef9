"""Does `surrogate = "auto"` pick what predicts better? Protocol of docs/decisions/0037-which-surrogate-and-how-sure.md.

Usage: python benchmarks/surrogates.py [--splits 30] [--only NAME ...] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path

import numpy as np
from calibration import HELD, READINGS, TABLES, interval, read

import matloop as ml
from matloop.domain.prediction import Floats
from matloop.surrogate import Observations, Surrogate
from matloop.surrogate.auto import Picked
from matloop.surrogate.calibrate import calibrations
from matloop.surrogate.rescaled import rescaled

SURROGATES: dict[str, Surrogate] = {"gp": ml.GP(), "forest": ml.Forest(), "auto": ml.Auto()}


def split(pool: ml.Pool, y: Floats, r: int) -> tuple[dict[str, float], str]:
    """One split: mean NLL of held-out readings in units of the table's spread, by surrogate, and what auto picked."""
    rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(r,)))
    taken = rng.choice(len(y), READINGS, replace=False)
    others = np.flatnonzero(~np.isin(pool.row_of, pool.row_of[taken]))
    others = rng.choice(others, min(HELD, len(others)), replace=False)
    X = pool.encode_rows(np.arange(len(pool)))
    data = Observations(X[pool.row_of[taken]], y[taken, None], np.zeros((READINGS, 1)), pool.encoder.groups)
    found, took = {}, ""
    for name, surrogate in SURROGATES.items():
        fitted = surrogate.fit(data, np.random.default_rng(r))
        took = str(fitted.describe()["picked"]) if isinstance(fitted, Picked) else took
        (judged,) = calibrations(surrogate, fitted, data, np.random.default_rng(r))
        said = rescaled(fitted, np.array([judged.factor])).predict(X[pool.row_of[others]])
        std = said.total_std[:, 0]
        nll = 0.5 * ((y[others] - said.mean[:, 0]) / std) ** 2 + np.log(std / y.std()) + 0.5 * np.log(2 * np.pi)
        found[name] = float(nll.mean())
    return found, took


def main() -> None:
    """Split, fit, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=30)
    parser.add_argument("--only", nargs="*", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    for name in options.only:
        pool, y = read(TABLES[name], options.data_dir)
        found = [split(pool, y, r) for r in range(options.splits)]
        nll = {one: np.array([row[one] for row, _ in found]) for one in SURROGATES}
        cells = [f"{one} {interval(values)}" for one, values in nll.items()]
        cells += [f"auto less {one} {interval(nll['auto'] - nll[one])}" for one in ("gp", "forest")]
        better = np.where(nll["forest"] < nll["gp"], "forest", "gp")
        right = int(np.count_nonzero(better == np.array([took for _, took in found])))
        picks = ", ".join(f"{count} {took}" for took, count in Counter(took for _, took in found).most_common())
        print(f"{name}: {'; '.join(cells)}; picked {picks}; the better one in {right} of {len(found)}", flush=True)


if __name__ == "__main__":
    main()
