"""Optuna as it comes: a study with its default sampler."""

from __future__ import annotations

from typing import Any

import optuna
from serve import serve

optuna.logging.set_verbosity(optuna.logging.WARNING)


class Optuna:
    def __init__(self, work: dict[str, Any]) -> None:
        self.over = {f"x{i}": optuna.distributions.FloatDistribution(*end) for i, end in enumerate(work["bounds"])}
        self.study = optuna.create_study(direction=work["goal"])
        self.study.sampler = type(self.study.sampler)(seed=work["seed"])
        self.asked: dict[tuple[float, ...], optuna.trial.Trial] = {}

    def tell(self, picks: list[Any], values: list[float]) -> None:
        for pick, y in zip(picks, values, strict=True):
            if tuple(pick) in self.asked:
                self.study.tell(self.asked.pop(tuple(pick)), y)
                continue
            known = dict(zip(self.over, pick, strict=True))
            self.study.add_trial(optuna.create_trial(params=known, distributions=self.over, value=y))

    def ask(self, n: int) -> list[Any]:
        picks = []
        for _ in range(n):
            trial = self.study.ask(self.over)
            pick = [trial.params[name] for name in self.over]
            self.asked[tuple(pick)] = trial
            picks.append(pick)
        return picks


serve(Optuna, ["optuna", "numpy"])
