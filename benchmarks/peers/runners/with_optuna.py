"""Optuna as it comes: a study with its default sampler; binaries are choices, limits are its constraints."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from serve import listed, serve

optuna.logging.set_verbosity(optuna.logging.WARNING)


class Optuna:
    def __init__(self, work: dict[str, Any]) -> None:
        self.over: dict[str, BaseDistribution] = {
            f"x{i}": CategoricalDistribution((0.0, 1.0)) if i in work["binary"] else FloatDistribution(*end)
            for i, end in enumerate(work["bounds"])
        }
        self.study = optuna.create_study(direction=work["goal"])
        self.study.sampler = type(self.study.sampler)(seed=work["seed"])
        self.asked: dict[tuple[float, ...], list[optuna.trial.Trial]] = {}

    def tell(self, picks: list[Any], values: list[Any]) -> None:
        for pick, (y, *slacks) in zip(picks, listed(values), strict=True):
            broken = {f"c{j}": -slack for j, slack in enumerate(slacks)}
            if waiting := self.asked.get(tuple(pick)):
                trial = waiting.pop(0)
                for name, value in broken.items():
                    trial.set_constraint(name, value)
                self.study.tell(trial, y)
                continue
            known = {"params": dict(zip(self.over, pick, strict=True)), "distributions": self.over}
            self.study.add_trial(optuna.create_trial(value=y, constraints=broken or None, **known))

    def ask(self, n: int) -> list[Any]:
        picks = []
        for _ in range(n):
            trial = self.study.ask(self.over)
            pick = [trial.params[name] for name in self.over]
            self.asked.setdefault(tuple(pick), []).append(trial)
            picks.append(pick)
        return picks


serve(Optuna, ["optuna", "numpy"])
