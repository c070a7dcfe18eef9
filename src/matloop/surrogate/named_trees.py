"""Trees of scikit-learn that know the names of their parameters.

A forest asks every tree for its parameters several times before it grows it, and each time scikit-learn reads the names
off the signature of the constructor: of a hundred readings that takes longer than the growing.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor


@cache
def _names(kind: type[DecisionTreeRegressor]) -> tuple[str, ...]:
    return tuple(kind().get_params(deep=False))


class NamedTree(DecisionTreeRegressor):  # type: ignore[misc]  # scikit-learn has no types
    """The tree of a random forest."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """As scikit-learn's; no parameter of a tree has parameters of its own."""
        return {name: getattr(self, name) for name in _names(DecisionTreeRegressor)}


class NamedExtraTree(ExtraTreeRegressor):  # type: ignore[misc]
    """The tree of extremely randomised trees."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """As scikit-learn's; no parameter of a tree has parameters of its own."""
        return {name: getattr(self, name) for name in _names(ExtraTreeRegressor)}


_TREES = {RandomForestRegressor: NamedTree, ExtraTreesRegressor: NamedExtraTree}


def name_trees(estimator: Any) -> None:
    """Let a forest of scikit-learn grow such trees, which are the same to the last bit; others stay as they are."""
    if type(estimator) in _TREES:
        estimator.estimator = _TREES[type(estimator)]()
