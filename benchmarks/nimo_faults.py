"""A NIMO robot that misbehaves in every way we know, against our reader: wrong assignments must be 0.

Each cycle has one fault of `matloop.testing.nimo.FAULTS`. Lines must all come back, each with the number of its own
row, and just the lines that the robot did not measure without one.

Usage: python benchmarks/nimo_faults.py [--cycles 1000] [--seed 0]   (TMPDIR in memory spares the disk many syncs)
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import matloop as ml
from matloop import loop
from matloop.errors import LabError
from matloop.lab import LabSetup
from matloop.lab.nimo import NimoLab
from matloop.testing.nimo import FAULTS, FaultyRobot

BATCH = 3
MISDEEDS = [fault for fault in FAULTS if fault != "none"]


def truth(values):
    """A number of each candidate's own, so that a value on the wrong row is seen."""
    return float(values["x"]) * 1000.0 + float(values["z"]) + 0.125


def kind_of(error):
    """Why results were refused, without the numbers that differ from batch to batch."""
    return re.sub(r"batch \d+", "an earlier batch", error.faults[0].found.split(". They")[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.perf_counter()
    plan = random.Random(given.seed).choices(MISDEEDS, k=given.cycles)  # noqa: S311 (a plan, no secret)
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
                refusals[kind_of(error)] += 1
                robot.tick()
        readings = campaign.state.readings.values()
    wrong = [r for r in readings if r.status == "ok" and r.outcome["y"] != truth(r.values)]
    unmeasured = sum(r.status == "aborted" for r in readings)
    spent = f"{time.perf_counter() - began:.0f} s, {time.process_time():.0f} s of the processor"
    ended = f"{len(robot.sent)} cycles in {spent}: {len(readings)} lines, "
    print(f"{ended}{unmeasured} not measured, {refusals.total()} refusals, {len(wrong)} wrong assignments")
    for why, times in refusals.most_common():
        print(f"  {times:5d}  {why}")
    print("planned: " + ", ".join(f"{fault} {times}" for fault, times in sorted(Counter(plan).items())))
    whole = len(readings) == BATCH * given.cycles and unmeasured == plan.count("unmeasured")
    return int(bool(wrong) or not whole)


if __name__ == "__main__":
    sys.exit(main())
