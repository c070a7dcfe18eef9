"""matloop as it comes, or with another of its strategies: with_matloop.py [STRATEGY]."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
from serve import listed, serve

import matloop as ml
from matloop import plugins

STRATEGY = sys.argv[1] if len(sys.argv) > 1 else "bayes"


class Matloop:
    def __init__(self, work: dict[str, Any]) -> None:
        self.asked: dict[int | tuple[float, ...], str] = {}
        candidates: ml.Pool | ml.Space
        if work["kind"] == "pool":
            frame = pd.DataFrame(work["columns"])
            candidates = ml.Pool.from_frame(frame, features=list(frame.columns))
            assert len(candidates) == len(frame)
        else:
            ends = enumerate(work["bounds"])
            over = [ml.Binary(f"x{i}") if i in work["binary"] else ml.Real(f"x{i}", *end) for i, end in ends]
            candidates = ml.Space(over)
        self.candidates = candidates
        self.slacks = [f"c{j}" for j in range(work.get("limits", 0))]
        limits = [ml.Objective(name, goal="limit", low=0) for name in self.slacks]
        objectives = [ml.Objective("y", goal=work["goal"]), *limits]
        strategy = plugins.strategy(STRATEGY)
        # once anything was measured, the strategy chooses
        self.campaign = ml.Campaign(candidates, objectives, strategy=strategy, seed=work["seed"], initial=1)

    def tell(self, picks: list[Any], values: list[Any]) -> None:
        told = [dict(zip(("y", *self.slacks), one, strict=True)) for one in listed(values)]
        self.campaign.tell([self._outcome(pick, one) for pick, one in zip(picks, told, strict=True)])

    def _outcome(self, pick: Any, outcome: dict[str, float]) -> ml.Measured:
        suggestion = self.asked.get(pick if isinstance(pick, int) else tuple(pick))
        if suggestion is not None:
            return ml.Measured(suggestion, outcome)
        if isinstance(self.candidates, ml.Pool):
            return ml.Measured.of(candidate=self.candidates.id(pick), outcome=outcome)
        return ml.Measured.of({f"x{i}": value for i, value in enumerate(pick)}, outcome)

    def ask(self, n: int) -> list[Any]:
        chosen: list[Any] = []
        for one in self.campaign.suggest(n):
            pool = self.candidates if isinstance(self.candidates, ml.Pool) else None
            pick = [float(value) for value in one.values.values()] if pool is None else pool.index(one.candidate)
            self.asked[pick if isinstance(pick, int) else tuple(pick)] = one.id
            chosen.append(pick)
        return chosen


serve(Matloop, ["numpy", "scipy", "scikit-learn", *(["torch", "botorch"] if STRATEGY == "botorch" else [])])
