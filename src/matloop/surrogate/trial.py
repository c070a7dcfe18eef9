"""Whether scikit-learn can fit a regressor at all, tried on made-up readings before any are paid for.

What fails at a dozen readings may need more of them, or more columns: a failure counts only where no trial goes well.
"""

from __future__ import annotations

import json
import warnings
from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.base import is_regressor

from matloop.errors import Faults
from matloop.surrogate.estimators import kept, made, regressors, seeded, weighs
from matloop.surrogate.threads import one_thread

_FEW = 12
"""Readings of the trial that nearly all pass."""
_WIDTHS = tuple(range(2, 17))
"""Columns of the next trials, beside as many as a list of the parameters has entries: some need exactly so many."""
_MORE = ((256, 1), (256, 8), (2048, 512))
"""Readings and columns of the last trials, for parameters that take hundreds of either."""
_ROWS = (12, 256, 2048)
"""Readings of the trials where the number of columns is known."""
_MALFORMED = ("InvalidParameterError", "TypeError", "AttributeError")
"""Errors of scikit-learn that no number of readings or columns cures."""

_LONGEST = 200  # characters of an error that are repeated

Refusal = tuple[str, str, str]
"""Which setting, what is wrong with it, and the cure."""


def text_of(name: str, params: Any) -> str:
    """A regressor in one text, for `unfit` and `too_wide`."""
    return json.dumps([name, params], sort_keys=True)


@lru_cache(maxsize=256)
def unfit(text: str) -> Refusal | None:
    """Why a regressor can never be fitted to readings of one output, whatever they are; None where it can be."""
    name, params = json.loads(text)
    regressor = _quietly_made(text)
    try:
        regresses = is_regressor(regressor)
        _ = seeded(regressor), weighs(regressor), kept(regressor, 0)
    except Exception as error:
        cure = f'See the documentation of {name}; an estimator within it is a table, as {{estimator = "Ridge"}}.'
        return "params", f"{name} cannot be made of them ({_said(error)})", cure
    if not regresses:
        cure = f"Take one of {len(regressors())}, as 'ExtraTreesRegressor'; a Pipeline ends in one."
        return "estimator", f"{name} is no regressor", cure
    return _unfit_anywhere(text, name, params)


def _unfit_anywhere(text: str, name: str, params: Any) -> Refusal | None:
    """As `unfit`, of what is a regressor."""
    error = _fault(text, _FEW, 1)
    if error is None:
        return None
    cure = f"See the documentation of {name}"
    if type(error).__name__ in _MALFORMED:
        return "params", str(error), f"{cure}."
    shapes = [*((_FEW, d) for d in sorted({*_WIDTHS, *_lengths(params)})), *_MORE]
    if any(_fault(text, *shape) is None for shape in shapes):
        return None
    if any(_fault(text, *shape, outputs=2) is None for shape in shapes):
        found = f"{name} needs several outputs as it is set ({_said(error)}), and each objective is fitted by itself"
        return "params", found, f"{cure}, or take another estimator."
    return "params", f"{name} cannot be fitted to any readings ({_said(error)})", f"{cure}."


def _lengths(value: Any) -> set[int]:
    """The lengths of the lists in a parameter's value, at any depth."""
    if isinstance(value, dict):
        return set[int]().union(*map(_lengths, value.values()))
    if isinstance(value, list):
        return {len(value)}.union(*map(_lengths, value)) - {0}
    return set()


@lru_cache(maxsize=256)
def too_wide(text: str, d: int) -> tuple[str, str] | None:
    """Why a regressor that can be fitted elsewhere cannot be to d columns, and the cure; None where it can be."""
    errors = []
    for rows in _ROWS:
        error = _fault(text, rows, d)
        if error is None:
            return None
        errors.append(error)
    name, _ = json.loads(text)
    found = f"{name} cannot be fitted to the {d} column{'s' * (d != 1)} that the candidates make ({_said(errors[0])})"
    return found, "Change its params, or take another estimator; choices take columns of their own."


@one_thread()
def _fault(text: str, rows: int, columns: int, outputs: int = 1) -> Exception | None:
    """What scikit-learn raises when a regressor is fitted to so many readings, all positive; None where it is."""
    X = np.linspace(0.0, 1.0, rows)[:, None]
    if columns > 1:
        X = np.hstack((X, np.random.default_rng(0).random((rows, columns - 1))))
    y = 0.5 + X.mean(axis=1)
    if outputs > 1:
        y = np.column_stack((y, 2.0 - X[:, 0]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kept(_quietly_made(text), 0).fit(X, y)
    except Exception as error:
        return error
    return None


def _quietly_made(text: str) -> Any:
    """The regressor, which was made before: what scikit-learn warns of was said then."""
    name, params = json.loads(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return made(name, params, "", Faults())


def _said(error: Exception) -> str:
    """An error of scikit-learn's in one line; some of them list what they tried over a page."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text if len(text) <= _LONGEST else text[:_LONGEST] + '...'}"
