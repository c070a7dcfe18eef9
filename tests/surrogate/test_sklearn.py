"""Regressors of scikit-learn keep the promises of a surrogate, and only they can be named."""

import json

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR

from matloop import plugins
from matloop.decide.bayes import Greedy
from matloop.errors import ConfigError, Faults, ModelError
from matloop.surrogate import Joint, Observations, Surrogate
from matloop.surrogate.auto import Auto
from matloop.surrogate.estimators import made
from matloop.surrogate.gp import GP
from matloop.surrogate.sklearn_ import Sklearn
from matloop.testing.surrogates import JointContract, SurrogateContract, readings


class Ours(RegressorMixin, BaseEstimator):
    """An estimator that scikit-learn does not know."""


class TestVote(JointContract):
    def make(self) -> Surrogate:
        return Sklearn(VotingRegressor([("line", Ridge(alpha=0.1)), ("near", KNeighborsRegressor(1))]), members=5)


class TestPipeline(JointContract):
    def make(self) -> Surrogate:
        return Sklearn(make_pipeline(MinMaxScaler((-1, 1)), ExtraTreesRegressor(n_estimators=3)), members=5)


class TestExtraTrees(JointContract):
    def make(self) -> Surrogate:
        return Sklearn("ExtraTreesRegressor", {"n_estimators": 5}, members=10)


class TestNearestNeighbours(JointContract):
    def make(self) -> Surrogate:
        return Sklearn("KNeighborsRegressor", {"n_neighbors": 1})


class TestGaussianProcess(SurrogateContract):
    def make(self) -> Surrogate:
        return Sklearn("GaussianProcessRegressor", {"alpha": 0.01})


class TestBayesianRidge(SurrogateContract):
    def make(self) -> Surrogate:
        return Sklearn("BayesianRidge")


def line(n: int, noise: float, repeats: int = 1) -> tuple[Observations, np.random.Generator]:
    rng = np.random.default_rng(8)
    X = np.repeat(rng.random((n, 1)), repeats, axis=0)
    y = 3.0 * X + noise * rng.normal(size=X.shape)
    return Observations(X, y, np.zeros_like(y), np.arange(1)), rng


@pytest.mark.parametrize("estimator", ["BayesianRidge", "LinearRegression"])
def test_noise_and_model_error_are_those_of_a_line_fitted_by_least_squares(estimator: str) -> None:
    """Closed form: noise sigma; the error of the fitted line at x is sigma sqrt(1/n + (x - mean)^2 / S)."""
    data, rng = line(80, 0.5)
    said = Sklearn(estimator, members=200).fit(data, rng).predict(np.array([[0.5]]))
    x = data.X[:, 0]
    expected = 0.5 * np.sqrt(1 / 80 + (0.5 - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2))
    assert said.noise_std[0, 0] == pytest.approx(0.5, rel=0.2)
    assert said.model_std[0, 0] == pytest.approx(expected, rel=1.0)
    assert said.model_std[0, 0] > 0.5 * expected


def test_replicates_settle_the_noise() -> None:
    data, rng = line(30, 0.5, repeats=4)
    said = Sklearn("ExtraTreesRegressor", {"n_estimators": 3}).fit(data, rng).predict(data.X[:1])
    assert said.noise_std[0, 0] == pytest.approx(0.5, rel=0.2)


def test_an_estimator_with_its_own_error_has_no_joint_posterior() -> None:
    fitted = Sklearn("BayesianRidge").fit(readings(), np.random.default_rng(0))
    assert not isinstance(fitted, Joint)


def test_it_says_when_an_estimator_takes_no_weights() -> None:
    fitted = Sklearn("KNeighborsRegressor", {"n_neighbors": 1}).fit(readings(), np.random.default_rng(0))
    assert fitted.describe()["weights"] == "not taken by this estimator"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"estimator": "ExtraTreeRegresor"}, "ExtraTree"),
        ({"estimator": "os.system"}, "no regressor 'os.system'"),
        ({"estimator": "sklearn.linear_model.Ridge"}, "no regressor"),
        ({"estimator": "RandomForestClassifier"}, "no regressor"),
        ({"estimator": "StandardScaler"}, "StandardScaler is no regressor"),
        ({"estimator": "StackingRegressor"}, r"StackingRegressor needs 'estimators'.*estimators = \[\["),
        ({"estimator": "GridSearchCV"}, r"GridSearchCV needs 'estimator'.*estimator = \{estimator = \"Ridge\"\}"),
        ({"estimator": ["Ridge"]}, "no regressor"),
        ({"estimator": Ridge}, r"it is the class Ridge\. Give an object, Ridge\(\)"),
        ({"estimator": Ridge(), "params": {"alpha": 2}}, "they stand beside an object"),
        ({"estimator": RandomForestRegressor(random_state=0)}, "random_state.*the campaign's seed decides"),
        ({"estimator": RandomForestClassifier()}, "RandomForestClassifier is no regressor"),
        ({"estimator": make_pipeline(StandardScaler())}, "Pipeline is no regressor"),
        ({"estimator": Pipeline([("r", Ridge())], memory="cache")}, "memory.*nothing is kept on disk"),
        ({"estimator": make_pipeline(StandardScaler(), Ridge(random_state=3))}, "steps, ridge.*random_state"),
        ({"estimator": GaussianProcessRegressor(kernel=RBF())}, "kernel.*RBF.*Give numbers, text"),
        ({"estimator": TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp)}, "func.*Give numbers"),
        ({"estimator": Ours()}, "Ours is no estimator of scikit-learn itself.*matloop.surrogate.Surrogate"),
        ({"estimator": "BaggingRegressor", "params": {"estimator": {"estimator": "Rigde"}}}, "Did you mean 'Ridge'"),
        (
            {"estimator": "BaggingRegressor", "params": {"estimator": {"estimator": "Ridge", "alpha": 1}}},
            "unknown key 'alpha'",
        ),
        ({"estimator": "Ridge", "params": {"alfa": 1}}, "Did you mean 'alpha'"),
        ({"estimator": "Ridge", "params": {"alpha": "big"}}, "alpha"),
        ({"estimator": "Ridge", "params": {"random_state": 1}}, "seed"),
        ({"estimator": "Ridge", "params": {"alpha": float("nan")}}, "ledger"),
        ({"estimator": "Ridge", "params": [1]}, "table"),
        ({"members": 1}, "from 5 to 1000"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_cure(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Sklearn(**settings)  # type: ignore[arg-type]


OBJECTS = {
    "plain": Ridge(),
    "changed": Ridge(alpha=2.0, fit_intercept=False),
    "tuple": MLPRegressor(hidden_layer_sizes=(7, 3), max_iter=20),
    "NumPy": KNeighborsRegressor(n_neighbors=np.int64(2), p=np.float64(1.5)),
    "nested": BaggingRegressor(Ridge(alpha=0.5), n_estimators=3),
    "pipeline": make_pipeline(MinMaxScaler(feature_range=(-1, 1)), PolynomialFeatures(2), Ridge(alpha=0.01)),
    "stack": StackingRegressor([("a", Ridge()), ("b", make_pipeline(StandardScaler(), SVR(C=3.0)))], Ridge(alpha=9)),
    "vote": VotingRegressor([("a", Ridge()), ("b", ExtraTreesRegressor(3))], weights=[0.3, 0.7]),
    "columns": make_pipeline(ColumnTransformer([("s", StandardScaler(), [0]), ("p", "passthrough", [1])]), Ridge()),
    "search": GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_rebuilt_from_the_ledger_as_it_was_given_and_predicts_the_same(name: str) -> None:
    given = OBJECTS[name]
    before = repr(given)
    settings = Sklearn(given, members=5)
    text = json.dumps(plugins.describe(settings))
    again = plugins.surrogate_of(json.loads(text))
    assert isinstance(again, Sklearn)
    assert again == settings
    assert repr(made(again.estimator, again.params, "", Faults())) == before.replace("np.int64(2)", "2").replace(
        "np.float64(1.5)", "1.5"
    )
    data, said = readings(), []
    for one in (settings, again, again):
        said.append(one.fit(data, np.random.default_rng(3)).predict(data.X))
    assert np.array_equal(said[0].mean, said[1].mean)
    assert np.array_equal(said[1].model_std, said[2].model_std)
    assert repr(given) == before


def test_an_object_is_the_same_surrogate_as_its_name_with_its_params() -> None:
    assert Sklearn(Ridge(alpha=2.0)) == Sklearn("Ridge", {"alpha": 2.0})
    pipe = Sklearn(Pipeline([("scale", StandardScaler()), ("line", Ridge(alpha=2.0))]))
    line = {"estimator": "Ridge", "params": {"alpha": 2.0}}
    assert pipe == Sklearn("Pipeline", {"steps": [["scale", {"estimator": "StandardScaler"}], ["line", line]]})
    assert Sklearn("BaggingRegressor", {"estimator": Ridge(alpha=2.0)}).params == {"estimator": line}


def test_weights_are_taken_only_where_every_regressor_within_takes_them() -> None:
    def said(held) -> object:
        one = Sklearn(BaggingRegressor(held, 3), members=5)
        return one.fit(readings(), np.random.default_rng(0)).describe()["weights"]

    assert said(Ridge()) == "taken"
    assert said(KNeighborsRegressor(1)) == "not taken by this estimator"


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        Sklearn("Ridge", {"alfa": 1, "n_jobs": 2}, members=0)
    assert len(error.value.faults) == 3


def test_what_cannot_be_fitted_is_a_failure_of_the_model_that_names_it() -> None:
    with pytest.raises(ModelError, match="IsotonicRegression cannot be fitted"):
        Sklearn("IsotonicRegression").fit(readings(), np.random.default_rng(0))


def test_an_estimator_that_passes_through_its_readings_is_as_unsure_of_them_as_their_noise() -> None:
    """Of itself it says that it knows them exactly."""
    X, rng = np.linspace(0, 1, 60)[:, None], np.random.default_rng(3)
    inside, stated = [], []
    for _ in range(8):
        rows = rng.choice(60, 25, replace=False)
        truth = np.sin(10 * X[rows])
        data = Observations(X[rows], truth + 0.4 * rng.standard_normal((25, 1)), np.zeros((25, 1)), np.arange(1))
        said = Sklearn("GaussianProcessRegressor", {"normalize_y": True}).fit(data, rng).predict(X[rows])
        inside.append(np.abs(said.mean - truth) < 1.96 * said.model_std)
        stated.append(said.model_std)
    assert 0.8 < np.mean(inside)
    assert 0.2 < np.mean(stated) < 0.5


def test_an_estimator_that_smooths_its_readings_keeps_the_error_that_it_says() -> None:
    data, rng = line(40, 0.4)
    fitted = Sklearn("BayesianRidge").fit(data, rng)
    near = np.nextafter(data.X, 2.0)
    assert fitted.predict(data.X).model_std == pytest.approx(fitted.predict(near).model_std, rel=0.05)


@pytest.mark.parametrize("rows", [1, 40])
def test_what_cannot_predict_is_a_failure_of_the_model_that_names_it(rows: int) -> None:
    with pytest.raises(ModelError, match=r"KNeighborsRegressor cannot predict at \d+ inputs .*n_neighbors"):
        Sklearn("KNeighborsRegressor", {"n_neighbors": 500}).fit(line(rows + 1, 0.1)[0], np.random.default_rng(0))


def test_auto_leaves_out_an_estimator_that_cannot_predict_from_part_of_the_readings_and_says_why() -> None:
    """60 readings are enough for 50 neighbours, and four fifths of them are not."""
    data, rng = line(60, 0.1)
    neighbours = Sklearn("KNeighborsRegressor", {"n_neighbors": 50})
    assert np.isfinite(neighbours.fit(data, rng).predict(data.X).mean).all()
    fitted = Auto((GP(), neighbours)).fit(data, rng)
    assert fitted.describe()["picked"] == "gp"
    assert "left out: KNeighborsRegressor cannot predict" in fitted.why()


def test_settings_come_back_from_a_ledger_as_they_went_in() -> None:
    """1.0 (all features) and 1 (one feature) are different things to scikit-learn."""
    strategy = Greedy(surrogate=Sklearn("ExtraTreesRegressor", {"max_features": 1.0, "n_estimators": 7}))
    text = json.dumps(plugins.describe(strategy.surrogate))
    assert json.loads(text)["params"] == {"max_features": 1.0, "n_estimators": 7}
    assert type(json.loads(text)["params"]["max_features"]) is float
