"""Values of BoTorch's test functions: a JSON list of what is asked in, one answer for each out."""

from __future__ import annotations

import json
import sys
from typing import Any

import torch
from botorch import test_functions
from botorch.test_functions import synthetic

torch.set_default_dtype(torch.float64)


def values(asked: dict[str, Any]) -> dict[str, Any]:
    kind = getattr(test_functions, asked["class"], None) or getattr(synthetic, asked["class"])
    problem = kind(**asked["arguments"])
    if "optimum" in asked:
        problem.x_opt = torch.tensor(asked["optimum"])
    X = torch.tensor(asked["points"])
    told = {"values": problem.evaluate_true(X).tolist(), "bounds": problem.bounds.T.tolist()}
    if hasattr(problem, "evaluate_slack_true"):
        told["slacks"] = problem.evaluate_slack_true(X).tolist()
    return told


print(json.dumps([values(asked) for asked in json.load(sys.stdin)]))
