"""matloop: closed-loop materials discovery under stated uncertainty.

The public names, loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matloop.bench.backtest import backtest
    from matloop.campaign import Campaign
    from matloop.chem.column import FormulaColumn
    from matloop.decide.bayes import Bayes, Greedy
    from matloop.decide.botorch_ import BoTorch
    from matloop.decide.random import Random
    from matloop.decide.sobol import Sobol
    from matloop.domain.constraint import AtMostNonzero, Expression, Sum
    from matloop.domain.context import Context
    from matloop.domain.cost import Cost
    from matloop.domain.crossed import crossed
    from matloop.domain.objective import Objective
    from matloop.domain.outcome import Aborted, Censored, Failed, Measured
    from matloop.domain.parameter import Binary, Categorical, Integer, Real
    from matloop.domain.pool import Pool
    from matloop.domain.prediction import Prediction
    from matloop.domain.space import Space
    from matloop.domain.stop import Stop
    from matloop.domain.suggestion import Suggestion
    from matloop.errors import InputError, MatloopError, WorkError
    from matloop.lab.function import FunctionLab
    from matloop.lab.nimo import NimoLab
    from matloop.lab.person import PersonLab
    from matloop.lab.table import TableLab
    from matloop.lab.virtual import VirtualLab
    from matloop.rules import Told
    from matloop.surrogate.auto import Auto
    from matloop.surrogate.blend import Blend
    from matloop.surrogate.forest import Forest
    from matloop.surrogate.gp import GP
    from matloop.surrogate.mixture import Mixture
    from matloop.surrogate.sklearn_ import Sklearn
    from matloop.surrogate.warped import Warped

_HOME = {
    "backtest": "bench.backtest",
    "Campaign": "campaign",
    "Told": "rules",
    "Bayes": "decide.bayes",
    "Greedy": "decide.bayes",
    "BoTorch": "decide.botorch_",
    "Random": "decide.random",
    "Sobol": "decide.sobol",
    "AtMostNonzero": "domain.constraint",
    "Expression": "domain.constraint",
    "FormulaColumn": "chem.column",
    "Context": "domain.context",
    "Sum": "domain.constraint",
    "Cost": "domain.cost",
    "crossed": "domain.crossed",
    "Objective": "domain.objective",
    "Aborted": "domain.outcome",
    "Censored": "domain.outcome",
    "Failed": "domain.outcome",
    "Measured": "domain.outcome",
    "Binary": "domain.parameter",
    "Categorical": "domain.parameter",
    "Integer": "domain.parameter",
    "Real": "domain.parameter",
    "Pool": "domain.pool",
    "Prediction": "domain.prediction",
    "Space": "domain.space",
    "Stop": "domain.stop",
    "Suggestion": "domain.suggestion",
    "InputError": "errors",
    "MatloopError": "errors",
    "WorkError": "errors",
    "FunctionLab": "lab.function",
    "NimoLab": "lab.nimo",
    "PersonLab": "lab.person",
    "TableLab": "lab.table",
    "VirtualLab": "lab.virtual",
    "Auto": "surrogate.auto",
    "Blend": "surrogate.blend",
    "Forest": "surrogate.forest",
    "GP": "surrogate.gp",
    "Mixture": "surrogate.mixture",
    "Sklearn": "surrogate.sklearn_",
    "Warped": "surrogate.warped",
}

__all__ = [
    "GP",
    "Aborted",
    "AtMostNonzero",
    "Auto",
    "Bayes",
    "Binary",
    "Blend",
    "BoTorch",
    "Campaign",
    "Categorical",
    "Censored",
    "Context",
    "Cost",
    "Expression",
    "Failed",
    "Forest",
    "FormulaColumn",
    "FunctionLab",
    "Greedy",
    "InputError",
    "Integer",
    "MatloopError",
    "Measured",
    "Mixture",
    "NimoLab",
    "Objective",
    "PersonLab",
    "Pool",
    "Prediction",
    "Random",
    "Real",
    "Sklearn",
    "Sobol",
    "Space",
    "Stop",
    "Suggestion",
    "Sum",
    "TableLab",
    "Told",
    "VirtualLab",
    "Warped",
    "WorkError",
    "__version__",
    "backtest",
    "crossed",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "chem":  # `import matloop as ml` is enough for ml.chem
        return import_module("matloop.chem")
    if name not in _HOME:
        raise AttributeError(f"module 'matloop' has no attribute {name!r}")
    return getattr(import_module(f"matloop.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
