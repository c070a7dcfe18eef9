"""Settings are checked when a strategy is made, and each of them changes something."""

from dataclasses import replace

import numpy as np
import pytest

import matloop as ml
from matloop import plugins
from matloop.decide.acquisition.registry import NAMES, acquisition, refusal
from matloop.decide.bayes import Bayes, Greedy
from matloop.decide.sobol import Sobol
from matloop.decide.words import count, figure, percent, sentence
from matloop.domain.objective import Objective
from matloop.errors import InputError, NotYetSupported
from matloop.surrogate.auto import Auto
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.sklearn_ import Sklearn
from matloop.testing.strategies import chosen_ids, large_space, small_pool, task
from tests.decide.named import threshold

WRONG = {
    "acquisition": ({"acquisition": "uct"}, "strategy.acquisition", "Did you mean 'ucb'?"),
    "negative beta": ({"acquisition": "ucb", "beta": -1.0}, "strategy.beta", "0 or more"),
    "no number": ({"acquisition": "ucb", "beta": float("nan")}, "strategy.beta", "0 or more"),
    "beta elsewhere": ({"acquisition": "ei", "beta": 2.0}, "strategy.beta", "'ucb'"),
    "draws elsewhere": ({"acquisition": "ucb", "draws": 8}, "strategy.draws", "'nei'"),
    "no draws": ({"acquisition": "nei", "draws": 0}, "strategy.draws", "from 1"),
    "no threshold": ({"acquisition": "hits"}, "strategy.threshold", "threshold = "),
    "threshold elsewhere": ({"acquisition": "ei", "threshold": 1.0}, "strategy.threshold", "'level'"),
    "threshold no number": ({"acquisition": "level", "threshold": float("inf")}, "strategy.threshold", "finite"),
    "an unknown belief": ({"acquisition": "ei", "pending": "pessimist"}, "strategy.pending", "'pessimistic'"),
    "a bound has no draws": ({"acquisition": "ucb", "pending": "fantasies"}, "strategy.pending", "'believer'"),
    "belief elsewhere": ({"acquisition": "nei", "pending": "believer"}, "strategy.pending", "auto, ei, ucb"),
    "no effort": ({"evaluations": 0}, "strategy.evaluations", "from 1"),
    "surrogate": ({"surrogate": "gp"}, "strategy.surrogate", "GP()"),
    "a class": ({"surrogate": GP}, "strategy.surrogate", "GP()"),
}


@pytest.mark.parametrize(("settings", "place", "cure"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_setting_is_refused_with_its_place_and_cure(settings, place, cure):
    with pytest.raises(InputError) as caught:
        Bayes(**settings)
    (fault,) = caught.value.faults
    assert fault.place == place
    assert cure in fault.cure


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(InputError) as caught:
        Bayes(acquisition="e", evaluations=-1, surrogate=3)
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("name", ["kg"])
def test_what_a_later_version_brings_is_said_to_be_not_yet_supported(name):
    with pytest.raises(NotYetSupported, match="not yet supported"):
        Bayes(acquisition=name)


def test_what_cannot_serve_the_goals_says_so_before_anything_is_asked():
    two = (Objective("y"), Objective("z"))
    with pytest.raises(InputError, match=r"'ei' cannot serve 2 goals at once\. Use one of 'auto', 'variance'"):
        Bayes(acquisition="ei").suggest(replace(task(small_pool(), 5), objectives=two))
    with pytest.raises(InputError, match=r"there is no best one\. Use strategy 'bayes'"):
        ml.Campaign(small_pool(), two, strategy=Greedy())
    with pytest.raises(InputError, match="acquisition 'ucb' cannot serve goal 'target'"):
        ml.Campaign(small_pool(), [Objective("y", "target", value=1)], strategy=Bayes(acquisition="ucb"))


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_changes_nothing_about_what_an_acquisition_serves(name):
    for goal in (Objective("y"), Objective("y", "learn"), Objective("y", "range", low=0, high=1)):
        limit = Objective("z", "limit", low=0)
        assert (refusal(name, [goal]) is None) == (refusal(name, [limit, goal]) is None)


def test_greedy_refuses_a_wrong_effort():
    with pytest.raises(InputError, match="evaluations"):
        Greedy(evaluations=True)


def test_an_unknown_sequence_is_refused():
    with pytest.raises(InputError, match="Did you mean 'sobol'"):
        Sobol(sequence="sobl")


@pytest.mark.parametrize("name", NAMES)
def test_every_acquisition_bears_the_name_it_is_called_by(name):
    assert acquisition(name, **threshold(name)).name == name


CHANGES = {
    "acquisition": (Bayes(acquisition="ei"), Bayes(acquisition="variance")),
    "beta": (Bayes(acquisition="ucb", beta=0.0), Bayes(acquisition="ucb", beta=100.0)),
    "hits": (Bayes(acquisition="hits", threshold=0.0), Bayes(acquisition="hits", threshold=9.0)),
    "level": (Bayes(acquisition="level", threshold=3.0), Bayes(acquisition="level", threshold=4.0)),
    "pending": (Bayes(acquisition="ei"), Bayes(acquisition="ei", pending="pessimistic")),
    "pending, bound": (Bayes(acquisition="ucb"), Bayes(acquisition="ucb", pending="pessimistic")),
    "pending, draws": (Bayes(acquisition="ei"), Bayes(acquisition="ei", pending="fantasies")),
    "surrogate": (Bayes(acquisition="ei"), Bayes(acquisition="ei", surrogate=GP(kernel="rbf"))),
    "draws": (Bayes(acquisition="nei", draws=1), Bayes(acquisition="nei", draws=64)),
    "evaluations": (Bayes(acquisition="ei", evaluations=10), Bayes(acquisition="ei", evaluations=2000)),
    "sure": (Bayes(acquisition="variance"), Bayes(acquisition="variance", sure={"max_std": 0.2})),
    "sequence": (Sobol(), Sobol(sequence="lhs")),
}


@pytest.mark.parametrize(("one", "other"), CHANGES.values(), ids=CHANGES.keys())
def test_every_option_changes_some_output(one, other):
    ask = task(large_space(), 8, n=3)
    assert chosen_ids(one.suggest(ask)) != chosen_ids(other.suggest(ask))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (31.24, "31.2"), (-0.4234, "-0.423"), (9.996, "10.0"), (1234.5, "1234"), (0.001, "0.00100"),
        (0.00042, "4.20e-04"), (2.5e7, "2.50e+07"),
    ],
)  # fmt: skip
def test_figures_have_three_significant_digits(value, text):
    assert figure(value) == text


def test_a_figure_bears_its_unit():
    assert figure(31.2, "J") == "31.2 J"


def test_words_agree_with_their_number():
    assert [count(1, "reading"), count(2, "reading"), percent(0.314)] == ["1 reading", "2 readings", "31 %"]


def test_a_sentence_names_what_was_set_aside():
    assert sentence(["a", "", "b"], 1) == "a; b; 1 censored reading set aside"


RIDGE, FOREST = Sklearn("BayesianRidge"), Forest()


@pytest.mark.parametrize(
    ("settings", "found", "cure"),
    [
        ({"acquisition": "nei", "surrogate": RIDGE}, "acquisition 'nei' needs a joint posterior", "acquisition 'ei'"),
        ({"acquisition": "hits", "threshold": 1.0, "surrogate": RIDGE}, "acquisition 'hits'", "surrogate 'gp'"),
        ({"acquisition": "ei", "pending": "fantasies", "surrogate": RIDGE}, "'fantasies'", "leave 'pending' out"),
        ({"acquisition": "nei", "surrogate": Auto((GP(), RIDGE))}, "acquisition 'nei'", "surrogate 'gp'"),
        ({"replicates": "auto", "surrogate": FOREST}, "replicates = 'auto' needs", "surrogate 'gp'"),
        ({"replicates": "auto", "surrogate": RIDGE}, "replicates = 'auto' needs", "surrogate 'gp'"),
    ],
    ids=["nei", "hits", "fantasies", "auto", "replicates-forest", "replicates-ridge"],
)
def test_what_the_surrogate_cannot_do_is_refused_before_anything_is_asked(settings, found, cure):
    told, way_out = Bayes(**settings).refuse([ml.Objective("y")])
    assert found in told
    assert cure in way_out
    with pytest.raises(InputError, match="surrogate 'gp'"):
        ml.Campaign(ml.Space([ml.Real("x", 0, 1)]), [ml.Objective("y")], strategy=Bayes(**settings))


def test_who_seeks_hits_is_not_sent_to_another_goal():
    _, cure = Bayes(acquisition="hits", threshold=1.0, surrogate=RIDGE).refuse([ml.Objective("y")])
    assert "acquisition" not in cure


@pytest.mark.parametrize(
    "settings",
    [
        {"acquisition": "nei", "surrogate": FOREST},
        {"acquisition": "hits", "threshold": 1.0, "surrogate": FOREST},
        {"acquisition": "ei", "surrogate": RIDGE},
        {"acquisition": "auto", "pending": "fantasies", "surrogate": RIDGE},
        {"replicates": "auto"},
    ],
    ids=["nei", "hits", "ei", "auto", "replicates"],
)
def test_what_the_surrogate_can_do_is_not_refused(settings):
    assert Bayes(**settings).refuse([ml.Objective("y")]) is None


NUMBERS = {
    "draws": ({"acquisition": "nei"}, "draws", np.int64(64), 64),
    "evaluations": ({}, "evaluations", np.uint16(500), 500),
    "threshold": ({"acquisition": "hits"}, "threshold", np.float32(2), 2.0),
    "whole threshold": ({"acquisition": "level"}, "threshold", np.int32(2), 2),
    "beta": ({"acquisition": "ucb"}, "beta", np.float64(0.5), 0.5),
}


@pytest.mark.parametrize(("others", "name", "given", "plain"), NUMBERS.values(), ids=list(NUMBERS))
def test_numbers_of_numpy_are_settings_like_pythons_own(others, name: str, given, plain) -> None:
    made, same = Bayes(**others, **{name: given}), Bayes(**others, **{name: plain})
    assert made == same
    assert type(getattr(made, name)) in (int, float)
    assert plugins.describe(made) == plugins.describe(same)
    assert plugins.rebuild(plugins.describe(made)) == made


@pytest.mark.parametrize("given", [True, np.True_, "8", 2.5, np.float64(8), [8]], ids=repr)
def test_what_is_no_whole_number_is_no_number_of_draws(given) -> None:
    with pytest.raises(InputError, match=r"draws: is .*Give a whole number from 1 to 16384"):
        Bayes(acquisition="nei", draws=given)


@pytest.mark.parametrize("given", [True, np.True_, "2", np.float32("nan"), [2]], ids=repr)
def test_what_is_no_number_is_no_threshold(given) -> None:
    with pytest.raises(InputError, match=r"threshold: is .*Give a finite number"):
        Bayes(acquisition="hits", threshold=given)


def test_numbers_of_numpy_say_how_sure_a_model_must_be() -> None:
    assert Bayes(sure={"max_std": np.float32(0.5)}).sure == {"max_std": 0.5}
    with pytest.raises(InputError, match="Give a finite number"):
        Bayes(sure={"max_std": np.True_})


def test_a_stop_rule_takes_whole_numbers_of_numpy_and_no_truth_values() -> None:
    stop = ml.Stop(least=np.int64(5))
    assert stop == ml.Stop(least=5)
    assert type(stop.least) is int
    for given in (True, np.True_, 5.0, "5", np.int64(1)):
        with pytest.raises(InputError, match="Give a whole number from 2"):
            ml.Stop(least=given)


def test_members_are_counted_by_whole_numbers_of_numpy_too() -> None:
    assert type(Sklearn(members=np.int64(7)).members) is int
    with pytest.raises(InputError, match="from 5 to 1000"):
        Sklearn(members=np.True_)
