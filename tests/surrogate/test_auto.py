"""auto picks the surrogate that predicts best what it has not seen, says why, and can do what that one can."""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import matloop as ml
import matloop.surrogate as seams
from matloop import plugins
from matloop.decide.bayes import Bayes
from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError, ModelError, PluginError
from matloop.surrogate import Conditioned, Fitted, Joint, Observations, Reasoned, Surrogate, hears, will_hear
from matloop.surrogate.auto import Auto
from matloop.surrogate.calibrate import FEWEST, MOST
from matloop.surrogate.folds import FOLDS, Folded, deal
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.rescaled import rescaled
from matloop.surrogate.sklearn_ import Sklearn
from matloop.testing.surrogates import (
    ConditionedContract,
    DifferentiableContract,
    JointContract,
    readings,
)

CAPABILITIES = [
    one
    for _, one in inspect.getmembers(seams, inspect.isclass)
    if getattr(one, "_is_runtime_protocol", False) and one not in (Fitted, Surrogate, Reasoned)
]
FEW_TREES = (GP(), Forest(trees=30))


class TestAuto(JointContract, ConditionedContract, DifferentiableContract):
    def make(self) -> Surrogate:
        return Auto(FEW_TREES)


class TestAutoThatPicksAForest(JointContract):
    def make(self) -> Surrogate:
        return Auto((Forest(trees=30), Sklearn("DummyRegressor")))


def measured(f: Callable[[Floats], Floats], n: int, d: int, noise: float = 0.05, repeats: int = 1) -> Observations:
    rng = np.random.default_rng(4)
    X = np.repeat(rng.random((n, d)), repeats, axis=0)
    y = f(X)[:, None] + noise * rng.normal(size=(n * repeats, 1))
    return Observations(X, y, np.zeros_like(y), np.arange(d))


def smooth(X: Floats) -> Floats:
    return np.sin(5.0 * X[:, 0]) + X[:, 1] ** 2


def stairs(X: Floats) -> Floats:
    """Steps in two of the features; the others are bystanders."""
    return np.floor(4.0 * X[:, 0]) * (X[:, 1] > 0.3) + 3.0 * (X[:, 0] > 0.9)


def categories(n: int = 160) -> Observations:
    """Six categories of five choices and four levels: one choice decides which of the others matter, and where."""
    rng = np.random.default_rng(6)
    choice, level = rng.integers(0, 5, (n, 6)), np.floor(10.0 * rng.random((n, 4))) / 10.0
    X = np.hstack((*(np.eye(5)[column] / np.sqrt(2.0) for column in choice.T), level))
    second = np.where(choice[:, 1] < 3, -2.0, 4.0 * (level[:, 1] > 0.7))
    y = np.where(choice[:, 0] < 2, 3.0 * (level[:, 0] > 0.6), second) + 0.05 * rng.normal(size=n)
    return Observations(X, y[:, None], np.zeros((n, 1)), np.append(np.repeat(np.arange(6), 5), np.arange(6, 10)))


def picked(data: Observations, auto: Auto | None = None, warm: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    return (auto or Auto()).fit(data, np.random.default_rng(0), warm).describe()


def test_a_smooth_function_is_left_to_the_gaussian_process() -> None:
    assert picked(measured(smooth, 60, 2))["picked"] == "gp"


@pytest.mark.parametrize("data", [measured(stairs, 150, 6), categories()], ids=["stairs", "categories"])
def test_steps_are_left_to_the_forest_which_predicts_them_better(data: Observations) -> None:
    said = picked(data)
    assert said["picked"] == "forest"
    assert said["log_scores"]["forest"] > said["log_scores"]["gp"]
    assert said["why"].startswith("forest by log score ")
    assert " against gp " in said["why"]


def test_the_one_picked_predicts_new_readings_better() -> None:
    """What the scores promise, held against readings that nobody fitted."""
    data, fresh = measured(stairs, 120, 6), np.random.default_rng(9).random((500, 6))
    said = {one.name: one.fit(data, np.random.default_rng(0)).predict(fresh) for one in (GP(), Forest())}
    errors = {name: float(np.mean((one.mean[:, 0] - stairs(fresh)) ** 2)) for name, one in said.items()}
    assert errors["forest"] < errors["gp"]


def test_it_predicts_as_the_picked_one_alone() -> None:
    data, X = measured(smooth, 40, 2), np.random.default_rng(1).random((9, 2))
    alone, found = (one.fit(data, np.random.default_rng(5)).predict(X) for one in (GP(), Auto()))
    for name in ("mean", "model_std", "noise_std"):
        np.testing.assert_array_equal(getattr(found, name), getattr(alone, name))


def test_the_log_score_is_the_density_of_left_out_readings_in_units_of_their_spread() -> None:
    """A regressor that says the mean of what it saw, with the noise of it, has the normal's density there."""
    data = measured(lambda X: 100.0 + 0.0 * X[:, 0], 200, 2, noise=7.0)
    score = picked(data, Auto((Sklearn("DummyRegressor"), GP())))["log_scores"]["sklearn"]
    spread = float(np.std(data.y, ddof=1))
    assert score == pytest.approx(float(norm(100.0, 7.0).logpdf(data.y).mean() + np.log(spread)), abs=0.05)


@dataclass(frozen=True)
class Twin:
    """The mean of the readings, under any name; tells who asked for how much."""

    called: str = "twin"
    wide: float = 1.0
    name: ClassVar[str] = "twin"

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> "Mean":
        return Mean(float(data.y.mean()), self.wide * float(data.y.std()), dict(warm or {}))


@dataclass(frozen=True)
class Mean:
    centre: float
    spread: float
    warm: Mapping[str, Any]

    def predict(self, X: Floats) -> Prediction:
        shape = (len(X), 1)
        return Prediction(np.full(shape, self.centre), np.full(shape, self.spread), np.full(shape, 0.1))

    def describe(self) -> Mapping[str, Any]:
        return {"surrogate": "twin", "warm": self.warm.get("token", "none"), "token": "known"}


A, B, WORSE = Twin("a"), Twin("b"), Twin("worse", 9.0)


def test_a_tie_goes_to_the_first_of_the_list() -> None:
    assert "called a" in picked(readings(40, 1), Auto((A, B)))["picked"]
    assert "called b" in picked(readings(40, 1), Auto((B, A)))["picked"]


def test_the_first_of_the_defaults_is_the_gaussian_process() -> None:
    assert next(iter(Auto().labelled())) == "gp"


@pytest.mark.parametrize("former", ["a", "b"])
def test_between_equals_the_former_choice_stays(former: str) -> None:
    auto = Auto((A, B))
    label = next(name for name in auto.labelled() if f"called {former}" in name)
    warm = {"surrogate": "auto", "picked": label, "models": {}}
    assert picked(readings(40, 1), auto, warm)["picked"] == label


def test_a_former_choice_that_is_worse_by_more_than_the_margin_goes() -> None:
    auto = Auto((A, WORSE))
    worse = next(name for name in auto.labelled() if "worse" in name)
    assert "called a" in picked(readings(40, 1), auto, {"surrogate": "auto", "picked": worse, "models": {}})["picked"]


def test_a_lead_within_the_margin_keeps_the_former_choice_and_the_reason_says_so() -> None:
    data = measured(stairs, 120, 6)
    timid = Auto(margin=100.0)
    said = picked(data, timid)
    assert said["picked"] == "gp"
    assert said["log_scores"]["forest"] > said["log_scores"]["gp"]
    assert "is within the margin of" in said["why"]


def test_each_model_starts_from_its_own_description() -> None:
    auto = Auto((A, GP()))
    first = json.loads(json.dumps(picked(readings(40, 1), auto)))
    assert first["warm"] == "none"
    again = picked(readings(40, 1), auto, first)
    assert again["warm"] == "taken"
    assert again["models"]["twin"]["warm"] == "known"


def test_a_description_of_another_surrogate_is_set_aside_and_it_says_so() -> None:
    data = readings(40, 1)
    warm = GP().fit(data, np.random.default_rng(0)).describe()
    assert picked(data, Auto(FEW_TREES), warm)["warm"].startswith("set aside")


@pytest.mark.parametrize("count", [2, FEWEST - 1])
def test_too_few_inputs_are_not_compared_and_the_reason_says_so(count: int) -> None:
    assert picked(measured(smooth, count, 2, repeats=3))["why"] == (
        f"gp: {count} distinct inputs, {FEWEST} are needed to compare"
    )


def test_many_inputs_are_compared_on_a_drawn_part_of_them() -> None:
    said = picked(measured(smooth, MOST + 30, 2), Auto((A, B)))
    assert f"over {MOST} of {MOST + 30} inputs" in said["why"]


class _Watching:
    """A surrogate that notes which inputs it is fitted to."""

    name: ClassVar[str] = "watching"

    def __init__(self) -> None:
        self.seen: list[set[bytes]] = []

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Mean:
        self.seen.append({row.tobytes() for row in data.X})
        return Mean(0.0, 1.0, {})


@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_replicates_of_an_input_are_never_split(repeats: int) -> None:
    data, watching = measured(smooth, 23, 2, repeats=repeats), _Watching()
    Folded.of(watching, None, data, deal(23, np.random.default_rng(3)), np.random.default_rng(0))
    everything = {row.tobytes() for row in data.X}
    left_out = [everything - seen for seen in watching.seen]
    assert len(left_out) == FOLDS
    assert sum(map(len, left_out)) == len(everything) == 23
    assert set.union(*left_out) == everything
    assert {len(out) for out in left_out} <= {4, 5}


@pytest.mark.parametrize("surrogate", [GP(), Forest(trees=30), Sklearn("BayesianRidge")], ids=lambda one: one.name)
def test_it_can_do_what_the_picked_one_can_and_nothing_else(surrogate: Surrogate) -> None:
    data = readings(24, 1)
    alone = surrogate.fit(data, np.random.default_rng(0))
    auto = Auto((surrogate, Sklearn("DummyRegressor", members=5)), margin=100.0)
    found = auto.fit(data, np.random.default_rng(0))
    assert found.describe()["picked"] == next(iter(auto.labelled()))
    corrected = rescaled(found, np.array([1.5]))
    for capability in CAPABILITIES:
        can = [isinstance(one, capability) for one in (alone, found, corrected)]
        assert can[0] == can[1] == can[2], capability.__name__


def test_the_capabilities_looked_at_are_those_of_the_gaussian_process() -> None:
    assert {Joint, Conditioned} < set(CAPABILITIES)


def test_why_survives_the_correction_of_errors_and_further_readings() -> None:
    data = readings(24, 1)
    found = Auto(FEW_TREES).fit(data, np.random.default_rng(0))
    further = rescaled(found, np.array([1.5]))
    assert isinstance(further, Conditioned)
    after = further.condition(data.X[:1], data.y[:1])
    assert isinstance(after, Reasoned)
    assert isinstance(after, Joint)
    assert after.why() == found.why()


def test_errors_are_judged_by_fits_of_the_picked_one_alone() -> None:
    data = readings(24, 1)
    said = {**picked(data, Auto(FEW_TREES)), "picked": "forest"}
    found = Auto(FEW_TREES).quick().fit(data, np.random.default_rng(0), said)
    assert found.describe()["surrogate"] == "forest"


class Broken:
    name: ClassVar[str] = "broken"

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Fitted:
        raise ModelError.at("surrogate 'broken'", "no fit today", "Come back.")


def test_one_that_cannot_be_fitted_is_left_out_and_the_reason_says_so() -> None:
    said = picked(readings(24, 1), Auto((Broken(), GP(), A)))
    assert said["picked"] == "gp"
    assert said["why"].endswith("; broken left out: no fit today")


@dataclass(frozen=True)
class Odd:
    """A surrogate whose fits return what they should not."""

    what: object
    name: ClassVar[str] = "odd"

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Any:
        return self.what


@dataclass(frozen=True)
class Saying:
    said: object

    def predict(self, X: Floats) -> Any:
        return self.said

    def describe(self) -> Mapping[str, Any]:
        return {}


SQUARE = np.ones((2, 2))


@pytest.mark.parametrize(
    ("what", "found"),
    [
        (None, "`fit` returned NoneType"),
        (Saying(3.0), "`predict` returned float"),
        (Saying(Prediction(SQUARE, SQUARE, SQUARE)), r"its prediction has shape \(2, 2\) for 1 input and 1 objectives"),
    ],
    ids=["none", "number", "shape"],
)
def test_one_that_breaks_its_contract_is_named(what: object, found: str) -> None:
    with pytest.raises(PluginError, match=f"surrogate 'odd': {found}"):
        picked(readings(24, 1), Auto((GP(), Odd(what))))


def test_one_that_predicts_no_numbers_elsewhere_is_left_out() -> None:
    @dataclass(frozen=True)
    class Blind(Twin):
        def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Mean:
            return Mean(0.0 if len(data.y) == 24 else float("nan"), 1.0, {})

    said = picked(readings(24, 1), Auto((Blind(), GP())))
    assert said["picked"] == "gp"
    assert "twin left out: it predicts a number that is not finite" in said["why"]


def test_none_that_can_be_fitted_is_an_error() -> None:
    other = type("Other", (Broken,), {"name": "other"})()
    with pytest.raises(ModelError, match="no fit today"):
        picked(readings(24, 1), Auto((Broken(), other)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"surrogates": (GP(),)}, "Give two or more"),
        ({"surrogates": "gp"}, "Give two or more"),
        ({"surrogates": (GP(), GP)}, "is no surrogate"),
        ({"surrogates": (GP(), Auto())}, "stands in its own list"),
        ({"surrogates": (GP(), Forest(), GP())}, "'gp' stands there twice"),
        ({"margin": -1.0}, "Give a number from 0 to 100"),
        ({"margin": True}, "Give a number from 0 to 100"),
    ],
    ids=["one", "text", "class", "auto", "twice", "negative", "bool"],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Auto(**settings)


def test_the_list_is_written_in_campaign_files_by_names_and_tables() -> None:
    options = {"name": "auto", "surrogates": ["gp", {"name": "sklearn", "estimator": "BayesianRidge"}], "margin": 2.0}
    made = plugins.strategy("bayes", {"surrogate": options})
    assert made == Bayes(surrogate=Auto((GP(), Sklearn("BayesianRidge")), margin=2.0))
    assert plugins.rebuild(json.loads(json.dumps(plugins.describe(made)))) == made


def test_an_unknown_name_in_the_list_is_refused() -> None:
    with pytest.raises(PluginError, match="Did you mean 'forest'"):
        plugins.surrogate("auto", {"surrogates": ["gp", "forrest"]})


def cut(x, sides):
    """Sines at x (n,), those with a side cut off at 0.5, as readings of one objective."""
    y = np.sin(6 * x)
    y = np.where(sides == 0, y, 0.5)
    return Observations(
        x[:, None], y[:, None], np.full((len(x), 1), 1e-4), np.array([0]), censored=sides[:, None].astype(np.int8)
    )


def cut_sines(n=24):
    x = np.linspace(0, 1, n)
    return cut(x, np.where(np.sin(6 * x) > 0.5, 1, 0))


def test_bounds_count_where_what_is_picked_can_use_them():
    data = cut_sines()
    fitted = Auto((GP(), Forest(trees=20))).bounded().fit(data, np.random.default_rng(0))
    blind = GP().fit(data.only(data.read), np.random.default_rng(0))
    assert fitted.describe()["picked"] == "gp"
    assert hears(fitted)
    at = data.X[~data.read]
    truth = np.sin(6 * at)
    assert (fitted.predict(at).mean > 0.4).all()
    assert np.abs(fitted.predict(at).mean - truth).mean() < np.abs(blind.predict(at).mean - truth).mean()


def test_what_is_picked_and_cannot_use_bounds_is_fitted_without_them_and_says_so():
    data = cut_sines()
    forests = Auto((Forest(trees=20), Forest(trees=21)))
    fitted = forests.bounded().fit(data, np.random.default_rng(0))
    alone = forests.fit(data.only(data.read), np.random.default_rng(0))
    assert not hears(fitted)
    np.testing.assert_array_equal(fitted.predict(data.X).mean, alone.predict(data.X).mean)


@pytest.mark.parametrize(
    ("surrogates", "known"),
    [((GP(), GP(noise="none")), True), ((Forest(), Forest(trees=21)), False), ((GP(), Forest()), None)],
    ids=["all", "none", "some"],
)
def test_whether_bounds_will_count_is_known_before_a_fit_only_where_every_pick_treats_them_alike(surrogates, known):
    assert will_hear(Auto(surrogates)) is known
    assert [will_hear(one) for one in (GP(), Forest())] == [True, False]


def test_without_bounds_both_ways_of_fitting_are_the_same():
    x = np.linspace(0, 1, 14)
    data = cut(x, np.zeros(14))
    one = Auto((GP(), Forest(trees=20)))
    both = [each.fit(data, np.random.default_rng(0)) for each in (one, one.bounded())]
    np.testing.assert_array_equal(*(each.predict(data.X).mean for each in both))
    assert hears(both[1])


@pytest.mark.parametrize(
    "surrogates", [(GP(), Forest(trees=20)), (Forest(trees=20), Forest(trees=21))], ids=["gp", "forest"]
)
def test_a_campaign_says_whether_bounds_count(surrogates):
    x = np.linspace(0, 1, 40)
    pool = ml.Pool.from_frame(pd.DataFrame({"x": x}), ["x"])
    one = ml.Campaign(pool, [ml.Objective("y", std=0.01)], strategy=ml.Bayes(surrogate=Auto(surrogates)), seed=1)
    for i in range(0, 40, 2):
        y = float(np.sin(6 * x[i]))
        values = {"x": x[i]}
        cut_off = ml.Censored(values=values, outcome={"y": 0.5}, side="above")
        one.tell(cut_off if y > 0.5 else ml.Measured.of(values, {"y": y}))
    hear = isinstance(surrogates[0], GP)
    count = sum(np.sin(6 * x[::2]) > 0.5)
    (item,) = one.suggest(1)
    assert (f"{count} censored readings taken as bounds" in item.reason) == hear
    assert (f"{count} censored readings set aside" in item.reason) != hear
    assert ("takes them for bounds" in one.status()["advice"]["reason"]) == hear
    assert (one.best()[0].limits != {}) == hear
    assert len(one.model().labels) == len(one.model().data.y)
