"""A NIMO robot that misbehaves in every way we know, against our reader: wrong assignments must be 0.

Usage: python benchmarks/nimo_faults.py [--cycles 1000] [--seed 0]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import matloop as ml
from matloop import loop
from matloop.errors import LabError
from matloop.lab import LabSetup
from matloop.lab.nimo import NimoLab
from matloop.testing.nimo import FAULTS, FaultyRobot

BATCH = 3


def truth(values):
    """A number of each candidate's own, so that a value on the wrong row is seen."""
    return float(values["x"]) * 1000.0 + float(values["z"]) + 0.125


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    plan = random.Random(given.seed).choices(FAULTS, k=given.cycles)  # noqa: S311 (a plan, no secret)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = "".join(f"{i // 10},{i % 10},\n" for i in range(BATCH * given.cycles + 60))
        (folder / "candidates.csv").write_text("x,z,y\n" + rows)
        for part in ("in", "out"):
            (folder / part).mkdir()
        pool = ml.Pool.read_csv(folder / "candidates.csv", ["x", "z"], None, objectives=["y"])
        objectives = (ml.Objective("y"),)
        campaign = ml.Campaign(pool, objectives, strategy=ml.Random(), batch=BATCH, seed=given.seed, name="nimo")
        robot = FaultyRobot(folder / "in", folder / "out", truth, plan)
        lab = NimoLab(folder / "candidates.csv", folder / "in", folder / "out", wait=lambda _: robot.tick())
        lab = lab.bind(LabSetup(folder, objectives, pool))
        refusals: Counter[str] = Counter()
        while len(campaign.state.asked) < BATCH * given.cycles or campaign.pending():
            asks = int(len(campaign.state.asked) < BATCH * given.cycles)
            try:
                loop.run(campaign, lab, cycles=asks, rest=robot.tick)
            except LabError as error:
                refusals[error.faults[0].found.split(". They")[0][:60]] += 1
                robot.tick()
        readings = campaign.state.readings.values()
        wrong = [r for r in readings if r.status == "ok" and r.outcome["y"] != truth(r.values)]
    print(
        f"{len(robot.sent)} cycles, {len(readings)} lines, {refusals.total()} refusals, {len(wrong)} wrong assignments"
    )
    for why, times in refusals.most_common():
        print(f"  {times:5d}  {why}")
    return int(bool(wrong) or len(readings) != BATCH * given.cycles)


if __name__ == "__main__":
    sys.exit(main())
