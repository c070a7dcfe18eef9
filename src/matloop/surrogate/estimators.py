"""Estimators of scikit-learn as names and plain parameters, and back: what a file and a ledger can hold of them.

An estimator is found by its class name in scikit-learn's own registry, and nowhere else: no import path is ever taken
from a file. One within another (the steps of a pipeline, the members of a vote) is written as a table of its name and
its params: `{estimator = "Ridge", params = {alpha = 2.0}}`.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import all_estimators
from sklearn.utils.validation import has_fit_parameter

from matloop.domain import canonical
from matloop.errors import Faults, cut_short, nearest

OURS = {
    "random_state": "Leave it out: the campaign's seed decides.",
    "n_jobs": "Leave it out: one thread is used.",
    "warm_start": "Leave it out: every fit begins anew.",
    "verbose": "Leave it out: standard output belongs to the answer.",
    "memory": "Leave it out: nothing is kept on disk.",
}
"""Parameters that are not the user's to set, at any depth."""

PLAIN = "Give numbers, text, true, false, lists of them, and estimators of scikit-learn."
_TABLE = ("estimator", "params")
_NAMED: Mapping[str, tuple[str | None, ...]] = {
    "steps": ("passthrough", None),
    "estimators": ("drop",),
    "transformers": ("passthrough", "drop"),
    "transformer_list": ("passthrough", "drop"),
}
"""Parameters that are lists of a name and an estimator each, and the words that may stand for the estimator."""
_HOLDING = ("estimator", "regressor", "final_estimator", "transformer", "covariance_estimator")
"""Parameters that are an estimator, or nothing."""
_SEVERAL = (
    "MultiOutputRegressor",
    "MultiTaskElasticNet",
    "MultiTaskElasticNetCV",
    "MultiTaskLasso",
    "MultiTaskLassoCV",
    "RegressorChain",
)
"""Regressors that take no single output, whatever their parameters."""


@cache
def estimators() -> Mapping[str, type[Any]]:
    """scikit-learn's estimators of every kind, by class name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(all_estimators())


@cache
def regressors() -> tuple[str, ...]:
    """The class names of those that are regressors of one output, and of those that become one by what they hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (*(name for name, _ in all_estimators("regressor") if name not in _SEVERAL), "Pipeline")


def for_several(name: str) -> bool:
    """Does a regressor take several outputs at once alone?"""
    return name in _SEVERAL


def written(value: object, place: str, faults: Faults) -> Any:
    """A parameter's value, or an estimator, in JSON types; what cannot be written is noted, and None.

    Of an estimator those parameters are written that differ from its defaults.
    """
    if isinstance(value, BaseEstimator) and not isinstance(value, type):
        return _table_of(value, place, faults)
    if isinstance(value, Mapping):
        return {str(key): written(item, f"{place}, {key}", faults) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [written(item, _within(place, item, i), faults) for i, item in enumerate(value)]
    try:
        return canonical.plain(value)
    except ValueError as error:
        faults.add(place, str(error), PLAIN)
    return None


def _table_of(given: BaseEstimator, place: str, faults: Faults) -> dict[str, Any]:
    name = type(given).__name__
    if estimators().get(name) is not type(given):
        cure = f"{PLAIN} What is no part of scikit-learn needs a surrogate of its own, see matloop.surrogate.Surrogate."
        faults.add(place, f"{name} is no estimator of scikit-learn itself", cure)
        return {"estimator": name}
    defaults = inspect.signature(type(given)).parameters
    changed = {
        key: item for key, item in given.get_params(deep=False).items() if not _same(item, defaults[key].default)
    }
    params = {key: written(item, f"{place}, {key}", faults) for key, item in changed.items()}
    return {"estimator": name, **({"params": params} if params else {})}


def made(name: str, params: Mapping[str, Any], place: str, faults: Faults) -> Any:
    """A new estimator of that class name with these params, in JSON types; None where something is wrong (noted)."""
    before, class_ = len(faults.found), estimators().get(name) if isinstance(name, str) else None
    if class_ is None:
        cure = nearest(str(name), estimators())
        faults.add(f"{place}, estimator", f"scikit-learn has no estimator {name!r}", cure)
        return None
    known = inspect.signature(class_).parameters
    values = {}
    for key, item in params.items():
        if key not in known:
            faults.add(f"{place}, params, {key}", f"{name} has no such parameter", nearest(key, known))
        elif key in OURS:
            faults.add(f"{place}, params, {key}", "it is not a setting of a surrogate", OURS[key])
        elif _well_formed(key, item, f"{place}, params, {key}", faults):
            values[key] = _typed(key, _value(item, f"{place}, params, {key}", faults), known[key].default)
    lacking = [one.name for one in known.values() if _must(one) and one.name not in params]
    if lacking:
        faults.add(f"{place}, params", f"{name} needs {' and '.join(map(repr, lacking))}", _example(lacking[0]))
    return class_(**values) if len(faults.found) == before else None


def _well_formed(key: str, item: Any, place: str, faults: Faults) -> bool:
    """Does a parameter's value have the form of what it must hold? scikit-learn itself stumbles over some that do not.

    Text that names an estimator stands where a table belongs.
    """
    before = len(faults.found)
    if key in _NAMED:
        _look_at_named(key, item, place, faults)
    elif isinstance(item, str) and (key in _HOLDING or item in estimators()):
        faults.add(place, f"it is the text {item!r}", f"Write {_table(item)}.")
    elif key in _HOLDING and item is not None and not (isinstance(item, Mapping) and "estimator" in item):
        faults.add(place, f"{cut_short(item)} is no estimator", f"Write a table, as {_table('Ridge')}.")
    return len(faults.found) == before


def _look_at_named(key: str, item: Any, place: str, faults: Faults) -> None:
    """Note what is wrong with a list of named estimators; `transformers` say besides for which columns each is."""
    if not isinstance(item, list) or not item:
        faults.add(
            place, f"it is {cut_short(item)}", f"Write a list of names and estimators, as {key} = {_entries(key)}."
        )
        return
    names = set[str]()
    for i, entry in enumerate(item):
        where = _within(place, entry, i)
        if not isinstance(entry, list) or len(entry) != _length(key) or not isinstance(entry[0], str):
            faults.add(where, f"it is {cut_short(entry)}", f"Write an entry as {_entry(key, _usual(key))}.")
            continue
        name, held = entry[:2]
        if name in names or "__" in name or not name:
            found = f"the name {name!r} stands there twice" if name in names else f"{name!r} is no name"
            faults.add(where, found, "Give each a name of its own, without a double underscore.")
        names.add(name)
        if held in _NAMED[key] if held is None or isinstance(held, str) else _is_table(held):
            continue
        text = isinstance(held, str) and held in estimators()
        cure = _entry(key, held if text else _usual(key), name) + ("" if text else _words(key))
        faults.add(where, f"its estimator is {'the text ' * text}{cut_short(held)}", f"Write {cure}.")


def _is_table(held: Any) -> bool:
    return isinstance(held, Mapping) and "estimator" in held


def _length(key: str) -> int:
    return 3 if key == "transformers" else 2


def _table(name: str) -> str:
    """How an estimator is written."""
    close = get_close_matches(name, estimators(), n=1)
    return f'{{estimator = "{close[0] if close else "Ridge"}"}}'


def _entry(key: str, estimator: str, name: str = "one") -> str:
    """How a named estimator is written."""
    return f'["{name}", {_table(estimator)}{", [0]" if key == "transformers" else ""}]'


def _entries(key: str) -> str:
    """How a list of named estimators is written."""
    first = f"{_entry(key, 'StandardScaler', 'scale')}, " if key == "steps" else ""
    return f"[{first}{_entry(key, _usual(key))}]"


def _usual(key: str) -> str:
    """An estimator that may stand in such a list."""
    return "StandardScaler" if key.startswith("transformer") else "Ridge"


def _words(key: str) -> str:
    """Which words may stand for an estimator, for a cure."""
    words = [f'"{word}"' for word in _NAMED[key] if word]
    return f", or {' or '.join(words)} for the estimator"


def _value(item: Any, place: str, faults: Faults) -> Any:
    """A parameter's value as scikit-learn takes it: tables that name an estimator become one."""
    if isinstance(item, Mapping):
        if "estimator" not in item:
            return {key: _value(one, f"{place}, {key}", faults) for key, one in item.items()}
        for key in item:
            if key not in _TABLE:
                faults.add(f"{place}, {key}", f"unknown key {key!r}", nearest(key, _TABLE))
        params = item.get("params", {})
        if not isinstance(params, Mapping):
            faults.add(f"{place}, params", f"{params!r}", "Give a table, as {n_estimators = 50}.")
            return None
        return made(item["estimator"], params, place, faults)
    if isinstance(item, list):
        return [_value(one, _within(place, one, i), faults) for i, one in enumerate(item)]
    return item


def _typed(key: str, value: Any, default: Any) -> Any:
    """A value in the type that JSON does not have: tuples, of which some estimators take no list."""
    if isinstance(value, list) and isinstance(default, tuple):
        return tuple(value)
    if isinstance(value, list) and key in _NAMED:
        return [tuple(one) if isinstance(one, list) else one for one in value]
    return value


def kept(regressor: Any, seed: int) -> Any:
    """The regressor with what is not the user's to set, at every depth: the seed, and one thread."""
    own = {"random_state": seed, "n_jobs": 1}
    known = regressor.get_params(deep=True)
    return regressor.set_params(**{key: own[word] for key in known if (word := key.rpartition("__")[2]) in own})


def seeded(regressor: Any) -> bool:
    """Does chance have a part in its fit?"""
    return any(key.rpartition("__")[2] == "random_state" for key in regressor.get_params(deep=True))


def weighs(regressor: Any) -> bool:
    """Does it take weights of the readings, it and every regressor that it holds?"""
    held = [one for value in regressor.get_params(deep=False).values() for one in _held(value) if is_regressor(one)]
    return bool(has_fit_parameter(regressor, "sample_weight")) and all(map(weighs, held))


def _held(value: object) -> Sequence[Any]:
    """The estimators in a parameter's value."""
    if isinstance(value, BaseEstimator):
        return [value]
    return [one for item in value for one in _held(item)] if isinstance(value, list | tuple) else []


def _must(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD


def _example(name: str) -> str:
    """How a parameter without a default is given."""
    return f"Give params = {{{name} = {_entries(name) if name in _NAMED else _table('Ridge')}}}."


def _within(place: str, item: object, i: int) -> str:
    """The place of an entry of a list: its name where it has one."""
    named = isinstance(item, list | tuple) and item and isinstance(item[0], str)
    return f"{place}, {item[0]}" if named else place if isinstance(item, Mapping) else f"{place}, {i + 1}"  # type: ignore[index]  # it is named


def _same(value: object, default: object) -> bool:
    """Is a value the default? Arrays and NaN have no plain equality."""
    if value is default:
        return True
    if type(value) is not type(default) or isinstance(value, np.ndarray | BaseEstimator):
        return False
    return bool(value == default)
