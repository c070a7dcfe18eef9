"""A campaign whose lab is a NIMO robot that misbehaves, in a folder of its own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matloop as ml
from matloop import loop
from matloop.domain.canonical import Value
from matloop.errors import LabError
from matloop.lab import LabSetup
from matloop.lab.nimo import NimoLab
from matloop.testing.nimo import FAULTS, FaultyRobot

BATCH = 3


def truth(values: dict[str, str] | dict[str, Value]) -> float:
    """A number of each candidate's own, so that a value on the wrong row is seen."""
    return float(values["x"]) * 1000.0 + float(values["z"]) + 0.125


@dataclass
class Rig:
    campaign: ml.Campaign
    robot: FaultyRobot
    lab: NimoLab
    refused: list[str]

    def cycle(self, patience: int = 12) -> None:
        """One ask, run again after every refusal, as a person would."""
        asked = len(self.campaign.state.asked)
        for _ in range(1 + patience):
            try:
                wanted = int(len(self.campaign.state.asked) == asked)
                loop.run(self.campaign, self.lab, cycles=wanted, rest=self.robot.tick)
                return
            except LabError as error:
                self.refused.append(error.faults[0].found)
                self.robot.tick()
        raise AssertionError(f"still refused after {patience} runs: {self.refused[-3:]}")

    def wrong(self) -> list[str]:
        """Readings that are not those of their candidate."""
        rows = self.campaign.state.readings.values()
        return [str(r.key) for r in rows if r.status == "ok" and r.outcome["y"] != truth(dict(r.values))]


def rig(folder: Path, plan: Sequence[str], size: int = 100, ledger: bool = False) -> Rig:
    lines = [f"{i // 10},{i % 10},\n" for i in range(size)]
    (folder / "candidates.csv").write_text("x,z,y\n" + "".join(lines))
    for name in ("in", "out"):
        (folder / name).mkdir(exist_ok=True)
    pool = ml.Pool.read_csv(folder / "candidates.csv", ["x", "z"], None, objectives=["y"])
    objectives = [ml.Objective("y")]
    campaign = ml.Campaign(
        pool,
        objectives,
        strategy=ml.Random(),
        batch=BATCH,
        seed=1,
        name="nimo",
        ledger=folder / "y.db" if ledger else None,
    )
    robot = FaultyRobot(folder / "in", folder / "out", truth, plan)
    lab = NimoLab(folder / "candidates.csv", folder / "in", folder / "out", wait=lambda _: robot.tick())
    return Rig(campaign, robot, lab.bind(LabSetup(folder, tuple(objectives), pool)), [])


def random_plan(cycles: int, seed: int) -> list[str]:
    return random.Random(seed).choices(FAULTS, k=cycles)  # noqa: S311 (a plan, no secret)
