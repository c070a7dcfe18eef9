"""How long `tell` takes with a table of 200,000 rows, a good one and one with a fault in each row, and what it needs.

Each is a process of its own, through the command line; beside it the time in which pandas alone reads the table.

Usage: python benchmarks/tell.py [--rows 200000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

CAMPAIGN = """[campaign]
name = "large"
[[objective]]
name = "y"
goal = "maximize"
[pool]
file = "pool.csv"
id = "id"
features = ["a", "b"]
"""
CALL = """
import json, resource, sys, time
from matloop.apps.cli.main import main
began, worked = time.perf_counter(), time.process_time()
code = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([code, time.perf_counter() - began, time.process_time() - worked, used]), file=sys.stderr)
"""


def tables(folder: Path, rows: int) -> dict[str, Path]:
    """A pool of a tenth of the rows, and tables of readings: ten a candidate."""
    rng = np.random.default_rng(0)
    pool = pd.DataFrame({"id": [f"d{i}" for i in range(rows // 10)], "a": rng.random(rows // 10)})
    pool["b"] = rng.random(rows // 10)
    pool.to_csv(folder / "pool.csv", index=False)
    (folder / "campaign.toml").write_text(CAMPAIGN)
    good = pd.DataFrame({"candidate": pool.id.to_numpy()[np.arange(rows) % len(pool)], "y": rng.random(rows)})
    numbers = good.assign(y=[f"{y:.3f}?" for y in good.y])
    unknown = good.assign(candidate=[f"{id_}x" for id_ in good.candidate])
    negative = good.assign(y_std=-1.0)
    named = {"good": good, "no number": numbers, "unknown candidate": unknown, "negative std": negative}
    files = {}
    for name, table in named.items():
        files[name] = folder / f"{name.replace(' ', '-')}.csv"
        table.to_csv(files[name], index=False)
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    print(f"{'table':18} {'exit':>4} {'s':>7} {'of the processor':>17} {'MB':>6} {'answer, kB':>11} {'pandas, s':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, file in tables(folder, rows).items():
            began = time.perf_counter()
            pd.read_csv(file)
            alone = time.perf_counter() - began
            (folder / "campaign.db").unlink(missing_ok=True)
            call = [sys.executable, "-c", CALL, "tell", str(folder / "campaign.toml"), str(file), "--json"]
            done = subprocess.run(call, check=True, capture_output=True, text=True, timeout=900)
            code, wall, worked, used = json.loads(done.stderr.splitlines()[-1])
            answer = len(done.stdout) / 1000
            print(f"{what:18} {code:4} {wall:7.1f} {worked:17.1f} {used:6.0f} {answer:11.0f} {alone:10.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
