"""BoTorch with several goals: a SingleTaskGP for each and qLogNEHVI, as its documentation begins."""

from __future__ import annotations

from typing import Any

import torch
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.optim import optimize_acqf
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.mlls import SumMarginalLogLikelihood
from serve import from_unit, serve, to_unit

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
RESTARTS, RAW, DRAWS = 10, 512, 128


class BoTorch:
    def __init__(self, work: dict[str, Any]) -> None:
        torch.manual_seed(work["seed"])
        self.bounds, self.reference = work["bounds"], [-one for one in work["reference"]]
        self.X: list[torch.Tensor] = []
        self.Y: list[torch.Tensor] = []

    def tell(self, picks: list[Any], values: list[Any]) -> None:
        self.X.append(torch.tensor(to_unit(picks, self.bounds)))
        self.Y.append(-torch.tensor(values))

    def ask(self, n: int) -> list[Any]:
        X, Y = torch.cat(self.X), torch.cat(self.Y)
        model = ModelListGP(*(SingleTaskGP(X, Y[:, j : j + 1]) for j in range(Y.shape[1])))
        fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
        score = qLogNoisyExpectedHypervolumeImprovement(
            model, self.reference, X, SobolQMCNormalSampler(torch.Size([DRAWS])), prune_baseline=True
        )
        unit = torch.stack([torch.zeros(X.shape[1]), torch.ones(X.shape[1])])
        found, _ = optimize_acqf(score, unit, q=n, num_restarts=RESTARTS, raw_samples=RAW, sequential=True)
        return from_unit(found.numpy(), self.bounds)


serve(BoTorch, ["botorch", "gpytorch", "torch"])
