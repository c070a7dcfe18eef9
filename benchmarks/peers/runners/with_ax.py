"""Ax as it comes: its client with its default generation strategy; what was measured before counts as its start."""

from __future__ import annotations

from typing import Any

import torch
from ax.api.client import Client
from ax.api.configs import RangeParameterConfig
from serve import serve

torch.set_num_threads(1)


class Ax:
    def __init__(self, work: dict[str, Any]) -> None:
        self.client = Client(random_seed=work["seed"] % 2**31)
        self.names = [f"x{i}" for i in range(len(work["bounds"]))]
        ends = zip(self.names, work["bounds"], strict=True)
        self.client.configure_experiment(
            [RangeParameterConfig(name=name, parameter_type="float", bounds=tuple(end)) for name, end in ends]
        )
        self.client.configure_optimization("-y" if work["goal"] == "minimize" else "y")
        self.asked: dict[tuple[float, ...], int] = {}

    def tell(self, picks: list[Any], values: list[float]) -> None:
        for pick, y in zip(picks, values, strict=True):
            trial = self.asked.get(tuple(pick))
            if trial is None:
                trial = self.client.attach_trial(dict(zip(self.names, pick, strict=True)))
            self.client.complete_trial(trial, {"y": y})

    def ask(self, n: int) -> list[Any]:
        found = self.client.get_next_trials(max_trials=n)
        picks = [[float(values[name]) for name in self.names] for values in found.values()]
        self.asked.update(zip(map(tuple, picks), found, strict=True))
        return picks


serve(Ax, ["ax-platform", "botorch", "torch"])
