"""BayBE as it comes: a campaign with its default recommender."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from baybe import Campaign
from baybe.parameters import CategoricalParameter, NumericalContinuousParameter, NumericalDiscreteParameter
from baybe.searchspace import SearchSpace
from baybe.targets import NumericalTarget
from baybe.utils.random import set_random_seed
from serve import serve

torch.set_num_threads(1)


class BayBE:
    def __init__(self, work: dict[str, Any]) -> None:
        set_random_seed(work["seed"] % 2**31)
        self.row_of: dict[tuple[Any, ...], int] = {}
        if work["kind"] == "pool":
            self.frame = pd.DataFrame(work["columns"])
            self.row_of = {tuple(row): i for i, row in enumerate(self.frame.itertuples(index=False))}
            space = SearchSpace.from_dataframe(self.frame, [_parameter(name, self.frame[name]) for name in self.frame])
        else:
            self.names = [f"x{i}" for i in range(len(work["bounds"]))]
            ends = zip(self.names, work["bounds"], strict=True)
            space = SearchSpace.from_product([NumericalContinuousParameter(name, tuple(end)) for name, end in ends])
        target = NumericalTarget("y", minimize=work["goal"] == "minimize")
        once = {"allow_recommending_already_measured": False} if self.row_of else {}  # a mean tells nothing twice
        self.campaign = Campaign(space, target.to_objective(), **once)

    def tell(self, picks: list[Any], values: list[float]) -> None:
        if self.row_of:
            told = self.frame.iloc[picks].reset_index(drop=True)
        else:
            told = pd.DataFrame(picks, columns=self.names)
        self.campaign.add_measurements(told.assign(y=values))

    def ask(self, n: int) -> list[Any]:
        found = self.campaign.recommend(batch_size=n)
        if self.row_of:
            return [self.row_of[tuple(row)] for row in found[list(self.frame)].itertuples(index=False)]
        return found[self.names].to_numpy().tolist()


def _parameter(name: str, column: pd.Series) -> Any:
    values = column.unique().tolist()
    return (
        CategoricalParameter(name, values) if isinstance(values[0], str) else NumericalDiscreteParameter(name, values)
    )


serve(BayBE, ["baybe", "botorch", "gpytorch", "torch"])
