"""What scikit-learn can never fit is refused before anything is measured, and nothing else is."""

import warnings
from inspect import signature

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import MultiTaskLasso, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import all_estimators

import matloop as ml
from matloop.errors import ConfigError, InputError
from matloop.surrogate.auto import Auto
from matloop.surrogate.blend import Blend
from matloop.surrogate.estimators import for_several, regressors
from matloop.surrogate.gp import GP
from matloop.surrogate.sklearn_ import Sklearn

RIDGE = {"estimator": "Ridge"}
SCALER = {"estimator": "StandardScaler"}
GOAL = [ml.Objective("y", goal="maximize")]


def components(k: int) -> Sklearn:
    """Ridge of k principal components, which less than k columns do not have."""
    pca = {"estimator": "PCA", "params": {"n_components": k}}
    return Sklearn("Pipeline", {"steps": [["pca", pca], ["line", RIDGE]]})


def rising(d: int) -> Sklearn:
    """Trees that rise with each of d columns, and are for no other number of them."""
    return Sklearn("HistGradientBoostingRegressor", {"monotonic_cst": [1] * d, "max_iter": 2})


def space(d: int) -> ml.Space:
    return ml.Space([ml.Real(f"x{i}", 0, 1) for i in range(d)])


def filled(class_: type[BaseEstimator]) -> BaseEstimator:
    """One with its defaults, and with Ridge where it must hold something."""
    must = [one.name for one in signature(class_).parameters.values() if one.default is one.empty]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return class_(**{name: Ridge() if name == "estimator" else [("ridge", Ridge())] for name in must})


def fits(estimator: BaseEstimator, outputs: int) -> bool:
    X = np.random.default_rng(0).random((12, 3))
    y = 0.5 + X[:, :outputs] if outputs > 1 else 0.5 + X[:, 0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(X, y)
    except (ValueError, IndexError):
        return False
    return True


def test_those_for_several_outputs_are_what_scikit_learn_fits_to_several_alone_whatever_their_parameters() -> None:
    several = {name for name, class_ in all_estimators("regressor") if not fits(filled(class_), 1)}
    able = {name for name in several if fits(filled(dict(all_estimators("regressor"))[name]), 2)}
    by_default_alone = {"CCA", "PLSCanonical"}  # one component is for one output
    assert {name for name, _ in all_estimators("regressor") if for_several(name)} == able - by_default_alone
    assert not any(for_several(name) for name in regressors())
    for name in by_default_alone:
        assert Sklearn(name, {"n_components": 1}).estimator == name


@pytest.mark.parametrize(
    ("given", "params"),
    [
        ("MultiOutputRegressor", {}),
        ("MultiOutputRegressor", {"estimator": RIDGE}),
        ("RegressorChain", {}),
        ("MultiTaskLasso", {}),
        (MultiTaskLasso(), {}),
    ],
    ids=["by name", "by name, with what it holds", "a chain", "without parameters", "an object"],
)
def test_a_regressor_of_several_outputs_is_refused_and_none_is_offered(given: object, params: dict) -> None:
    with pytest.raises(ConfigError, match=r"is for several outputs at once\. .*as 'Ridge'") as error:
        Sklearn(given, params)  # type: ignore[arg-type]
    assert len(error.value.faults) == 1
    assert "params = " not in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        BaggingRegressor(MultiTaskLasso()),
        Pipeline([("many", MultiOutputRegressor(Ridge()))]),
        "PLSCanonical",
    ],
    ids=["in a bag", "in a pipeline", "by its default"],
)
def test_what_needs_several_outputs_by_what_it_holds_is_refused(given: object) -> None:
    with pytest.raises(ConfigError, match="needs several outputs as it is set"):
        Sklearn(given)  # type: ignore[arg-type]


def test_what_no_readings_can_be_fitted_by_is_refused_in_scikit_learns_words() -> None:
    with pytest.raises(ConfigError, match=r"cannot be fitted to any readings \(ValueError: All estimators are dropped"):
        Sklearn("VotingRegressor", {"estimators": [["a", "drop"]]})


@pytest.mark.parametrize("made", [components(3), components(300), rising(5), rising(70)], ids=["3", "300", "5", "70"])
def test_what_needs_more_columns_or_readings_than_a_trial_has_is_no_fault(made: Sklearn) -> None:
    assert made.members == 20


def test_a_regressor_is_refused_for_candidates_of_columns_that_it_cannot_be_fitted_to() -> None:
    one, several = Sklearn("IsotonicRegression"), components(3)
    assert one.unfit(1) is None
    assert several.unfit(3) is None
    assert rising(5).unfit(5) is None
    for made, d in ((one, 2), (several, 2), (rising(5), 4), (rising(5), 6)):
        found, cure = made.unfit(d) or ("", "")
        assert f"cannot be fitted to the {d} columns that the candidates make" in found
        assert "another estimator" in cure


def test_few_readings_are_no_reason_to_refuse_a_number_of_columns() -> None:
    folds = Sklearn("RidgeCV", {"cv": 100})
    assert folds.unfit(2) is None


@pytest.mark.parametrize("strategy", [ml.Bayes, ml.Greedy])
def test_a_campaign_refuses_before_the_design_what_cannot_be_fitted_to_its_candidates(strategy) -> None:
    isotonic = strategy(surrogate=Sklearn("IsotonicRegression"))
    with pytest.raises(InputError, match="IsotonicRegression cannot be fitted to the 2 columns"):
        ml.Campaign(space(2), GOAL, strategy=isotonic)
    assert ml.Campaign(space(1), GOAL, strategy=isotonic).suggest(1)
    three = ml.Space([ml.Categorical("solvent", ["a", "b", "c"])])
    with pytest.raises(InputError, match=r"to the 3 columns .*choices take columns of their own"):
        ml.Campaign(three, GOAL, strategy=isotonic)


@pytest.mark.parametrize("several", [Auto, Blend])
def test_one_of_several_surrogates_that_cannot_be_fitted_is_refused_too(several) -> None:
    with pytest.raises(InputError, match="IsotonicRegression cannot be fitted to the 2 columns"):
        ml.Campaign(space(2), GOAL, strategy=ml.Bayes(surrogate=several((GP(), Sklearn("IsotonicRegression")))))
    assert ml.Campaign(space(2), GOAL, strategy=ml.Bayes(surrogate=several((GP(), Sklearn("Ridge")))))


def entry(key: str, *given: object) -> dict[str, object]:
    return {"steps": [["union", {"estimator": key, "params": dict([given])}], ["line", RIDGE]]}


@pytest.mark.parametrize(
    ("estimator", "params", "said"),
    [
        ("BaggingRegressor", {"estimator": "Ridge"}, r"params, estimator: .*Write \{estimator = \"Ridge\"\}\.$"),
        ("BaggingRegressor", {"estimator": "Rigde"}, r"Write \{estimator = \"Ridge\"\}\.$"),
        ("BaggingRegressor", {"estimator": 3}, r"3 is no estimator\. Write a table, as \{estimator = "),
        ("BaggingRegressor", {"estimator": {"name": "Ridge"}}, r"is no estimator\. Write a table, as \{estimator = "),
        ("TransformedTargetRegressor", {"regressor": "Ridge"}, r"Write \{estimator = \"Ridge\"\}\.$"),
        ("GradientBoostingRegressor", {"init": "Ridge"}, r"Write \{estimator = \"Ridge\"\}\.$"),
        ("Pipeline", {"steps": "Ridge"}, r"it is 'Ridge'\. Write a list of names and estimators, as steps = \[\["),
        ("Pipeline", {"steps": []}, r"it is \[\]\. Write a list of names and estimators"),
        ("Pipeline", {"steps": [["a"]]}, r"steps, a: it is \['a'\]\. Write an entry as \[\"one\", \{estimator = "),
        ("Pipeline", {"steps": [["a", "Ridge"]]}, r"the text 'Ridge'\. Write \[\"a\", \{estimator = \"Ridge\"\}\]\.$"),
        ("Pipeline", {"steps": [["a", 3], ["b", RIDGE]]}, r"its estimator is 3\. .* or \"passthrough\" for the"),
        ("Pipeline", {"steps": [["a", SCALER], ["a", RIDGE]]}, "the name 'a' stands there twice"),
        ("Pipeline", {"steps": [["a__b", RIDGE]]}, "'a__b' is no name"),
        ("VotingRegressor", {"estimators": [["a", "passthrough"], ["b", RIDGE]]}, r"or \"drop\" for the estimator"),
        ("Pipeline", entry("ColumnTransformer", "transformers", [["a", SCALER]]), r"Write an entry as .*\[0\]\]\.$"),
        ("Pipeline", entry("FeatureUnion", "transformer_list", [["a", "PCA"]]), r"\[\"a\", \{estimator = \"PCA\"\}\]"),
    ],
    ids=lambda one: None if not isinstance(one, dict) else " ".join(one),
)
def test_a_malformed_estimator_within_is_refused_with_how_to_write_it(estimator: str, params: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Sklearn(estimator, params)


def test_the_cure_of_a_malformed_estimator_can_be_followed() -> None:
    assert Sklearn("Pipeline", {"steps": [["s", SCALER], ["skip", "passthrough"], ["r", RIDGE]]}).members == 20
    assert Sklearn("VotingRegressor", {"estimators": [["a", "drop"], ["b", RIDGE]]}).members == 20
    assert Sklearn("TransformedTargetRegressor", {"regressor": RIDGE, "transformer": SCALER}).members == 20


def test_a_fault_within_scikit_learn_that_nobody_foresaw_is_one_clear_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(estimator: object) -> bool:
        raise AttributeError("'str' object has no attribute '__sklearn_tags__'")

    monkeypatch.setattr("matloop.surrogate.trial.is_regressor", stumbles)
    with pytest.raises(ConfigError, match=r"Ridge cannot be made of them \(AttributeError: .*sklearn_tags") as error:
        Sklearn("Ridge", {"alpha": 0.8125})
    assert len(error.value.faults) == 1
