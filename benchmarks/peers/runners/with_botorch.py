"""BoTorch: SingleTaskGP with its default priors and qLogNoisyExpectedImprovement, as its documentation begins."""

from __future__ import annotations

from typing import Any

import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf, optimize_acqf_discrete
from gpytorch.mlls import ExactMarginalLogLikelihood
from serve import encoded, from_unit, serve, sign, to_unit

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
RESTARTS, RAW = 10, 512


class BoTorch:
    def __init__(self, work: dict[str, Any]) -> None:
        torch.manual_seed(work["seed"])
        self.sign, self.bounds = sign(work), work.get("bounds")
        self.pool = None if self.bounds else torch.tensor(encoded(work["columns"]))
        self.rows: list[int] = []
        self.X: list[torch.Tensor] = []
        self.y: list[float] = []

    def tell(self, picks: list[Any], values: list[float]) -> None:
        self.rows += [] if self.bounds else picks
        self.X.append(torch.tensor(to_unit(picks, self.bounds)) if self.pool is None else self.pool[picks])
        self.y += [self.sign * y for y in values]

    def ask(self, n: int) -> list[Any]:
        X, y = torch.cat(self.X), torch.tensor(self.y)[:, None]
        model = SingleTaskGP(X, y)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        score = qLogNoisyExpectedImprovement(model, X_baseline=X, prune_baseline=True)
        if self.pool is None:
            unit = torch.stack([torch.zeros(X.shape[1]), torch.ones(X.shape[1])])
            found, _ = optimize_acqf(score, unit, q=n, num_restarts=RESTARTS, raw_samples=RAW, sequential=True)
            return from_unit(found.numpy(), self.bounds)
        free = torch.ones(len(self.pool), dtype=torch.bool)
        free[self.rows] = False
        found, _ = optimize_acqf_discrete(score, q=n, choices=self.pool[free], unique=True)
        left = torch.nonzero(free)[:, 0]
        return [int(left[(self.pool[free] == one).all(dim=1).nonzero()[0, 0]]) for one in found]


serve(BoTorch, ["botorch", "gpytorch", "torch"])
