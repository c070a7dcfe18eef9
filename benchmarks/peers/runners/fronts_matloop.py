"""matloop with several goals, as it comes or with another acquisition: fronts_matloop.py [ACQUISITION]."""

from __future__ import annotations

import sys
from typing import Any

from serve import serve

import matloop as ml

ACQUISITION = sys.argv[1] if len(sys.argv) > 1 else "auto"


class Matloop:
    def __init__(self, work: dict[str, Any]) -> None:
        space = ml.Space([ml.Real(f"x{i}", low, high) for i, (low, high) in enumerate(work["bounds"])])
        marks = enumerate(work["reference"])
        goals = [ml.Objective(f"f{j}", goal="minimize", reference=mark) for j, mark in marks]
        strategy = ml.Bayes(acquisition=ACQUISITION)
        # once anything was measured, the strategy chooses
        self.campaign = ml.Campaign(space, goals, strategy=strategy, seed=work["seed"], initial=1)
        self.asked: dict[tuple[float, ...], str] = {}

    def tell(self, picks: list[Any], values: list[Any]) -> None:
        outcomes = []
        for pick, read in zip(picks, values, strict=True):
            named = {f"f{j}": value for j, value in enumerate(read)}
            suggestion = self.asked.get(tuple(pick))
            told = {f"x{i}": value for i, value in enumerate(pick)}
            outcomes.append(ml.Measured(suggestion, named) if suggestion else ml.Measured.of(told, named))
        self.campaign.tell(outcomes)

    def ask(self, n: int) -> list[Any]:
        chosen = []
        for one in self.campaign.suggest(n):
            pick = [float(value) for value in one.values.values()]
            self.asked[tuple(pick)] = one.id
            chosen.append(pick)
        return chosen


serve(Matloop, ["numpy", "scipy", "scikit-learn", "moocore"])
