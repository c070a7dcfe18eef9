"""PHYSBO: its policy over a list of candidates, an exact Gaussian process learned anew at each ask, EI."""

from __future__ import annotations

from typing import Any

import numpy as np
import physbo
from serve import encoded, serve, sign


class Physbo:
    def __init__(self, work: dict[str, Any]) -> None:
        self.sign = sign(work)
        X = encoded(work["columns"])
        self.policy = physbo.search.discrete.Policy(physbo.misc.centering(X))
        self.policy.set_seed(work["seed"])

    def tell(self, picks: list[Any], values: list[float]) -> None:
        self.policy.write(np.array(picks), self.sign * np.array(values))

    def ask(self, n: int) -> list[Any]:
        found = self.policy.bayes_search(
            max_num_probes=1, num_search_each_probe=n, simulator=None, score="EI", interval=0, is_disp=False
        )
        return [int(row) for row in found]


serve(Physbo, ["physbo", "numpy"])
