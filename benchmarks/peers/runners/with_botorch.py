"""BoTorch: SingleTaskGP with its default priors and qLogNoisyExpectedImprovement, as its documentation begins.

With limits each outcome has a SingleTaskGP and the slacks are constraints of the same acquisition. With binaries it is
MixedSingleTaskGP and the alternating search, which BoTorch's own `should_use_mixed_alternating_optimizer` takes beyond
ten combinations.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.objective import GenericMCObjective
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP, ModelListGP, SingleTaskGP
from botorch.optim import optimize_acqf, optimize_acqf_discrete
from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
from gpytorch.mlls import ExactMarginalLogLikelihood
from serve import encoded, from_unit, listed, serve, sign, to_unit

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
RESTARTS, RAW = 10, 512


class BoTorch:
    def __init__(self, work: dict[str, Any]) -> None:
        torch.manual_seed(work["seed"])
        self.sign, self.bounds = sign(work), work.get("bounds")
        self.limits, self.binary = work.get("limits", 0), work.get("binary", [])
        self.pool = None if self.bounds else torch.tensor(encoded(work["columns"]))
        self.rows: list[int] = []
        self.X: list[torch.Tensor] = []
        self.told: list[list[float]] = []

    def tell(self, picks: list[Any], values: list[Any]) -> None:
        self.rows += [] if self.bounds else picks
        self.X.append(torch.tensor(to_unit(picks, self.bounds)) if self.pool is None else self.pool[picks])
        self.told += [[self.sign * y, *slacks] for y, *slacks in listed(values)]

    def ask(self, n: int) -> list[Any]:
        X, Y = torch.cat(self.X), torch.tensor(self.told)
        model = self._fitted(X, Y)
        score = qLogNoisyExpectedImprovement(model, X_baseline=X, prune_baseline=True, **self._constraints())
        if self.pool is None:
            unit = torch.stack([torch.zeros(X.shape[1]), torch.ones(X.shape[1])])
            return from_unit(self._search(score, unit, n).numpy(), self.bounds)
        free = torch.ones(len(self.pool), dtype=torch.bool)
        free[self.rows] = False
        found, _ = optimize_acqf_discrete(score, q=n, choices=self.pool[free], unique=True)
        left = torch.nonzero(free)[:, 0]
        return [int(left[(self.pool[free] == one).all(dim=1).nonzero()[0, 0]]) for one in found]

    def _fitted(self, X: torch.Tensor, Y: torch.Tensor) -> Any:
        make = partial(MixedSingleTaskGP, cat_dims=self.binary) if self.binary else SingleTaskGP
        models = [make(X, y[:, None]) for y in Y.T]
        for model in models:
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        return ModelListGP(*models) if self.limits else models[0]

    def _constraints(self) -> dict[str, Any]:
        """Arguments of the acquisition: a constraint of BoTorch holds where it is not above 0."""
        if not self.limits:
            return {}
        objective = GenericMCObjective(lambda Z, X=None: Z[..., 0])
        return {"objective": objective, "constraints": [_broken(j) for j in range(1, self.limits + 1)]}

    def _search(self, score: Any, unit: torch.Tensor, n: int) -> torch.Tensor:
        terms = {"q": n, "num_restarts": RESTARTS, "raw_samples": RAW, "sequential": True}
        if self.binary:
            both = {i: [0.0, 1.0] for i in self.binary}
            return optimize_acqf_mixed_alternating(score, unit, discrete_dims=both, **terms)[0]
        return optimize_acqf(score, unit, **terms)[0]


def _broken(j: int) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda Z: -Z[..., j]


serve(BoTorch, ["botorch", "gpytorch", "torch"])
