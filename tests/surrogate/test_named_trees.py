"""Trees that know the names of their parameters are scikit-learn's own in all else."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from matloop.surrogate.named_trees import NamedExtraTree, NamedTree, name_trees

FORESTS = pytest.mark.parametrize("kind", [RandomForestRegressor, ExtraTreesRegressor])


@FORESTS
@pytest.mark.parametrize("bootstrap", [True, False], ids=["resampled", "whole"])
def test_a_forest_of_named_trees_says_the_same_to_the_last_bit(kind: type[Any], bootstrap: bool) -> None:
    rng = np.random.default_rng(0)
    X, fresh, weight = rng.random((60, 4)), rng.random((30, 4)), rng.random(60)
    y = X[:, 0] + np.sin(5.0 * X[:, 1])
    said = []
    for named in (False, True):
        made = kind(n_estimators=12, max_features=0.5, min_samples_leaf=2, bootstrap=bootstrap, random_state=3)
        if named:
            name_trees(made)
        made.fit(X, y, sample_weight=weight)
        assert isinstance(made.estimators_[0], NamedTree | NamedExtraTree) == named
        trees = [tree.predict(fresh) for tree in made.estimators_]
        said.append((made.predict(fresh), made.feature_importances_, np.array(trees)))
    for one, other in zip(*said, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("named", "own"),
    [(NamedTree, DecisionTreeRegressor), (NamedExtraTree, ExtraTreeRegressor)],
    ids=["tree", "extra tree"],
)
def test_a_named_tree_has_the_parameters_of_its_kind_and_hands_them_to_its_copies(
    named: type[Any], own: type[Any]
) -> None:
    made = named(max_depth=3, min_samples_leaf=5)
    assert made.get_params() == own(max_depth=3, min_samples_leaf=5).get_params()
    copied = clone(made).set_params(max_depth=7)
    assert type(copied) is named
    assert (copied.max_depth, copied.min_samples_leaf) == (7, 5)


def test_what_is_no_forest_is_left_as_it_is() -> None:
    ridge = Ridge()
    name_trees(ridge)
    assert vars(ridge) == vars(Ridge())
