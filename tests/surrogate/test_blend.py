"""A blend keeps every promise of a surrogate, and its moments are those of the mixture."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from matloop import plugins
from matloop.decide.bayes import Bayes
from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ConfigError
from matloop.surrogate import Conditioned, Differentiable, Joint, Observations, Surrogate
from matloop.surrogate.auto import Auto
from matloop.surrogate.blend import Blend, stacked
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.trees import ExtraTrees
from matloop.testing.surrogates import ConditionedContract, JointContract, inputs, readings

BOTH = (GP(), ExtraTrees(trees=40))


class TestBlend(JointContract, ConditionedContract):
    # a process's climb stops a little elsewhere in another unit
    unit_tolerance = 1e-3

    def make(self) -> Surrogate:
        return Blend(BOTH, weights="equal")


class TestDefault(JointContract, ConditionedContract):
    unit_tolerance = 1e-3

    def make(self) -> Surrogate:
        return Blend()


class Says:
    """Says the same everywhere, and cannot say it of several inputs together."""

    name: ClassVar[str] = "says"

    def __init__(self, mean: float, std: float, noise: float) -> None:
        self.figures = (mean, std, noise)

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> "Says":
        return self

    def predict(self, X: Floats) -> Prediction:
        return Prediction(*(np.full((len(X), 1), figure) for figure in self.figures))

    def describe(self) -> Mapping[str, Any]:
        return {"surrogate": self.name}


class Other(Says):
    name: ClassVar[str] = "other"


def fit(surrogate, n=24, objectives=2, warm=None):
    return surrogate.fit(readings(n, objectives), np.random.default_rng(1), warm)


def test_moments_are_those_of_the_mixture_worked_out_by_hand():
    said = fit(Blend((Says(1.0, 0.3, 0.1), Other(3.0, 0.4, 0.7)), weights=(1, 3)), objectives=1).predict(inputs()[:2])
    # mean (1 + 3 * 3) / 4; variance (0.09 + 3 * 0.16) / 4 + (1.5^2 + 3 * 0.5^2) / 4; noise (0.01 + 3 * 0.49) / 4
    assert_allclose(said.mean, 2.5)
    assert_allclose(said.model_std**2, 0.1425 + 0.75)
    assert_allclose(said.noise_std**2, 0.37)


def test_each_is_fitted_as_it_would_be_alone():
    model, X = fit(Blend(BOTH, weights="equal")), inputs()
    for member, alone in zip(model.members, BOTH, strict=True):
        assert_allclose(member.predict(X).mean, fit(alone).predict(X).mean, atol=0)


def test_the_covariance_is_that_of_draws_from_the_members():
    model, X = fit(Blend(BOTH, weights=(2, 1)), objectives=1), inputs()[:2]
    rng, total = np.random.default_rng(0), 200_000
    which = rng.choice(2, total, p=model.weights)
    drawn = np.empty((total, 2))
    for k, member in enumerate(model.members):
        mean, covariance = member.joint(X)
        drawn[which == k] = rng.multivariate_normal(mean[:, 0], covariance[0], int(np.sum(which == k)))
    scale = np.sqrt(np.diagonal(model.joint(X)[1][0])).max()
    assert_allclose(model.joint(X)[1][0], np.cov(drawn.T), atol=0.02 * scale**2)


def test_the_covariance_of_many_with_a_few_is_worked_out_in_blocks(monkeypatch):
    model, X = fit(Blend(BOTH, weights="equal")), inputs()
    whole = model.joint(X)[1][:, :13, 13:]
    monkeypatch.setattr("matloop.surrogate.blend._BLOCK", 5)
    assert_allclose(model.across(X[:13], X[13:]), whole, atol=1e-9)
    assert model.across(X[:0], X[13:]).shape == (2, 0, 4)


def test_a_member_without_a_covariance_leaves_the_blend_without_one():
    model = fit(Blend((GP(), Says(0.0, 1.0, 1.0)), weights="equal"), objectives=1)
    assert not isinstance(model, Joint)
    assert not isinstance(model, Conditioned)
    assert isinstance(fit(Blend(BOTH)), Joint)
    assert not isinstance(fit(Blend(BOTH)), Differentiable)


def test_a_blend_errs_less_than_its_surrogates_do_on_average():
    rng = np.random.default_rng(3)
    X = rng.random((460, 4))
    truth = np.sin(3.0 * X[:, 0]) + (X[:, 1] > 0.6) * (X[:, 2] < 0.5) + 0.5 * X[:, 3]
    error = {"gp": [], "trees": [], "blend": []}
    for k in range(3):
        rows = rng.permutation(460)
        seen, out = rows[:60], rows[60:]
        data = Observations(X[seen], truth[seen][:, None], np.zeros((60, 1)), np.arange(4))
        for name, one in (("gp", GP()), ("trees", ExtraTrees(trees=40)), ("blend", Blend(BOTH))):
            mean = one.fit(data, np.random.default_rng(k)).predict(X[out]).mean[:, 0]
            error[name].append(float(np.mean((mean - truth[out]) ** 2)))
    for process, trees, blend in zip(*error.values(), strict=True):
        assert blend < (process + trees) / 2  # as Jensen has it, strictly where they disagree


def test_a_later_fit_starts_from_what_was_said_and_not_from_another_surrogates_words():
    first = fit(Blend(BOTH))
    warm = json.loads(json.dumps(first.describe()))
    assert fit(Blend(BOTH), warm=warm).describe()["warm"] == "taken"
    aside = fit(Blend(BOTH), warm=fit(GP()).describe()).describe()
    assert aside["warm"] == "set aside (of another surrogate)"


def test_its_quick_form_keeps_the_weights_that_were_learned():
    learned = fit(Blend((ExtraTrees(trees=40), Forest(trees=40))), n=40)
    again = (
        Blend((ExtraTrees(trees=40), Forest(trees=40)))
        .quick()
        .fit(readings(40, 2), np.random.default_rng(5), learned.describe())
    )
    assert again.weights == pytest.approx(learned.weights)
    assert fit(Blend(BOTH, weights=(3, 1)).quick(), n=40).weights == pytest.approx((0.75, 0.25))
    assert fit(Blend(BOTH).quick(), n=40).weights == (0.5, 0.5)


def test_a_suggestion_says_what_was_blended():
    assert fit(Blend(BOTH, weights=(3, 1))).why() == "blend of gp 0.75, extra-trees 0.25 (as given)"


def test_stacking_finds_how_readings_were_mixed():
    rng = np.random.default_rng(0)
    which, first, other = rng.random(4000) < 0.3, norm(0.0, 1.0), norm(3.0, 0.5)
    y = np.where(which, rng.normal(0.0, 1.0, 4000), rng.normal(3.0, 0.5, 4000))
    found = stacked(np.column_stack([first.logpdf(y), other.logpdf(y)]))
    assert found == pytest.approx([0.3, 0.7], abs=0.025)
    assert found.sum() == pytest.approx(1.0)


def test_one_that_predicts_what_it_has_not_seen_gets_the_weight_and_few_readings_leave_them_equal():
    poor = Says(50.0, 1.0, 1.0)
    assert fit(Blend((GP(), poor)), n=40, objectives=1).weights == (1.0,)
    few = fit(Blend((GP(), poor)), n=8, objectives=1)
    assert few.weights == (0.5, 0.5)
    assert "10 are needed" in few.describe()["how"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"surrogates": (GP(),)}, "Give two or more"),
        ({"surrogates": (GP(), Forest)}, "is no surrogate"),
        ({"surrogates": (GP(), Blend())}, "stands in its own list"),
        ({"surrogates": (GP(), Forest(), GP())}, "'gp' stands there twice"),
        ({"weights": (1.0,)}, "or 2 positive numbers"),
        ({"weights": (1.0, 0.0)}, "or 2 positive numbers"),
        ({"weights": (1.0, True)}, "or 2 positive numbers"),
        ({"weights": "best"}, "or 2 positive numbers"),
        ({"weights": 0.5}, "or 2 positive numbers"),
        ({"weights": (1.0, float("nan"))}, "or 2 positive numbers"),
    ],
    ids=["one", "class", "nested", "twice", "short", "zero", "bool", "word", "number", "nan"],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], said: str):
    with pytest.raises(ConfigError, match=said):
        Blend(**settings)


def test_a_campaign_file_names_its_surrogates_and_weights():
    options = {"name": "blend", "surrogates": ["gp", {"name": "extra-trees", "trees": 50}], "weights": [2, 1]}
    made = plugins.strategy("bayes", {"surrogate": options})
    assert made == Bayes(surrogate=Blend((GP(), ExtraTrees(trees=50)), weights=(2, 1)))
    assert plugins.rebuild(json.loads(json.dumps(plugins.describe(made)))) == made


def test_auto_may_pick_a_blend():
    picked = fit(Auto((GP(), Blend(BOTH))), n=40, objectives=1)
    assert picked.describe()["picked"] in {"gp", "blend"}
    assert set(picked.describe()["log_scores"]) == {"gp", "blend"}
