"""Small campaigns that the tests of the core share."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

import matloop as ml
from matloop.domain.canonical import Value

Y = ml.Objective("y", goal="maximize", unit="1")


def pool(n: int = 30) -> ml.Pool:
    return ml.Pool.from_frame(pd.DataFrame({"id": [f"d{i}" for i in range(n)], "x": range(n)}), features=["x"], id="id")


def space() -> ml.Space:
    return ml.Space([ml.Real("t", 300, 900, step=10, unit="K"), ml.Categorical("solvent", ["DMF", "DMSO"])])


def campaign(n: int = 30, **terms: Any) -> ml.Campaign:
    """A campaign over `pool(n)`; random unless a strategy is named, since most claims are not about models."""
    return ml.Campaign(pool(n), [Y], **{"strategy": ml.Random(), "seed": 3, "initial": 3, **terms})


def parabola(values: Mapping[str, Value]) -> float:
    return -((float(values["x"]) - 13.0) ** 2) / 10


def measured(
    suggestions: list[ml.Suggestion], f: Callable[[Mapping[str, Value]], float] = parabola
) -> list[ml.Measured]:
    return [ml.Measured(item.id, {"y": f(item.values)}) for item in suggestions]
