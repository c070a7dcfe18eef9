"""Ax as it comes: its client with its default generation strategy; what was measured before counts as its start."""

from __future__ import annotations

from typing import Any

import torch
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from serve import listed, serve

torch.set_num_threads(1)


class Ax:
    def __init__(self, work: dict[str, Any]) -> None:
        self.client = Client(random_seed=work["seed"] % 2**31)
        self.names = [f"x{i}" for i in range(len(work["bounds"]))]
        self.binary = work["binary"]
        self.client.configure_experiment([self._parameter(i, end) for i, end in enumerate(work["bounds"])])
        self.outcomes = ["y", *(f"c{j}" for j in range(work["limits"]))]
        objective = "-y" if work["goal"] == "minimize" else "y"
        self.client.configure_optimization(objective, [f"{name} >= 0" for name in self.outcomes[1:]] or None)
        self.asked: dict[tuple[float, ...], int] = {}

    def _parameter(self, i: int, end: list[float]) -> ChoiceParameterConfig | RangeParameterConfig:
        if i in self.binary:
            return ChoiceParameterConfig(name=self.names[i], values=[0, 1], parameter_type="int")
        return RangeParameterConfig(name=self.names[i], parameter_type="float", bounds=tuple(end))

    def tell(self, picks: list[Any], values: list[Any]) -> None:
        for pick, told in zip(picks, listed(values), strict=True):
            trial = self.asked.get(tuple(pick))
            if trial is None:
                known = [int(x) if i in self.binary else x for i, x in enumerate(pick)]
                trial = self.client.attach_trial(dict(zip(self.names, known, strict=True)))
            self.client.complete_trial(trial, dict(zip(self.outcomes, told, strict=True)))

    def ask(self, n: int) -> list[Any]:
        found = self.client.get_next_trials(max_trials=n)
        picks = [[float(values[name]) for name in self.names] for values in found.values()]
        self.asked.update(zip(map(tuple, picks), found, strict=True))
        return picks


serve(Ax, ["ax-platform", "botorch", "torch"])
