"""How often `inspect` cries wolf, how often it finds what was planted, and how long a million rows take.

    python -m benchmarks.inspect_tables [--seeds 100] [--rows 1000000] [--out FILE]

Sound tables are those of tests/care/tables.py with seeds from 1000 on; a false alarm is a table with a finding that is
no note. Planted are one slip each of a unit, a decimal point, a temperature scale and a fold in one row of a sound
survey.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from matloop.care import CHECKS, Look, Named, inspect
from tests.care.tables import CLEAN, thermoelectrics

FIRST_SEED = 1000
MODEL = "outliers of a model"
S, SIGMA = "seebeck [uV/K]", "electrical conductivity [S/m]"
KAPPA, T = "thermal conductivity [W/(m K)]", "temperature [K]"

PLANTED: dict[str, tuple[str, Callable[[pd.DataFrame, int], None]]] = {
    "sigma in S/cm": ("power of ten", lambda f, row: scale(f, row, SIGMA, 0.01)),
    "S in V/K": ("power of ten", lambda f, row: scale(f, row, S, 1e-6)),
    "decimal point of zT": ("power of ten", lambda f, row: scale(f, row, "zT", 10)),
    "T in degC": ("celsius", lambda f, row: shift(f, row, T, -273.15)),
    "zT of another sample": ("law", lambda f, row: scale(f, row, "zT", 1.2)),
    "fold": ("leak", lambda f, row: shift(f, row, "fold", 1)),
    "spike of kappa, x 2": ("off series", lambda f, row: scale(f, row, KAPPA, 2)),
}


def scale(frame: pd.DataFrame, row: int, column: str, factor: float) -> None:
    frame.loc[row, column] = float(f"{frame.loc[row, column] * factor:.6g}")


def shift(frame: pd.DataFrame, row: int, column: str, by: float) -> None:
    frame.loc[row, column] = frame.loc[row, column] + by if column != "fold" else (frame.loc[row, column] + by) % 3


def false_alarms(seeds: int, *, model: bool) -> dict[str, dict[str, object]]:
    found = {}
    for name, (make, said) in CLEAN.items():
        kinds: Counter[str] = Counter()
        wolves = 0
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            inspection = inspect(make(seed), Look(Named(**said), skip=() if model else (MODEL,)))  # type: ignore[arg-type]
            wolves += not inspection.clean
            kinds.update(one.kind for one in inspection.findings if one.severity != "note")
        found[name] = {"tables": seeds, "with a false alarm": wolves, "kinds": dict(kinds)}
        print(name, found[name], flush=True)
    return found


def detected(seeds: int) -> dict[str, dict[str, int]]:
    found = {}
    for name, (kind, plant) in PLANTED.items():
        hits = 0
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            frame = thermoelectrics(seed)
            row = int(np.random.default_rng(seed).integers(1, 59)) * 12 + 5  # within a series
            plant(frame, row)
            inspection = inspect(frame, Look(skip=(MODEL,)))
            hits += any(row + 1 in one.lines for one in inspection.of(kind))
        found[name] = {"planted": seeds, "found": hits}
        print(name, found[name], flush=True)
    return found


def large(rows: int) -> dict[str, object]:
    """A table of many rows and 20 columns: formulas, temperatures, five quantities, 13 more."""
    random = np.random.default_rng(0)
    survey = pd.concat([thermoelectrics(seed) for seed in range(20)], ignore_index=True)
    frame = survey.iloc[random.integers(0, len(survey), rows)].reset_index(drop=True)
    frame["zT"] = np.round(frame["zT"] * np.exp(0.02 * random.standard_normal(rows)), 6)
    for i in range(13):
        frame[f"x{i}"] = np.round(random.normal(0, 1 + i, rows), 6)
    frame.loc[random.choice(rows, rows // 100, replace=False), "x3"] = np.nan
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        frame.to_csv(path, index=False)
        size = path.stat().st_size
        del frame
        last = [time.process_time(), "reading"]

        def report(done: int, limit: int | None, text: str) -> None:
            now = time.process_time()
            times[str(last[1])] = times.get(str(last[1]), 0.0) + now - float(last[0])
            last[0], last[1] = now, text.partition(",")[0]

        begin, used = time.perf_counter(), time.process_time()
        inspection = inspect(path, report=report)
        whole, used = time.perf_counter() - begin, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "rows": rows,
        "columns": len(inspection.columns),
        "megabytes": round(size / 1e6, 1),
        "seconds": round(whole, 1),
        "cpu_seconds": round(used, 1),
        "peak_gib": round(peak, 2),
        "cpu_by_check": {name: round(t, 1) for name, t in times.items() if name},
        "findings": dict(Counter(one.kind for one in inspection.findings)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--model", action="store_true", help="with the check by a model, which takes seconds a table")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    result: dict[str, object] = {"checks": list(CHECKS)}
    if args.rows:
        result["large"] = large(args.rows)
        print(result["large"], flush=True)
    if args.seeds:
        result["false_alarms"] = false_alarms(args.seeds, model=args.model)
        result["detected"] = detected(args.seeds)
    if args.out:
        args.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
