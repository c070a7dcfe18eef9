from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from matloop.report.figures.elements import elements, places
from matloop.screen.choose import Choice, choose
from matloop.screen.held import held
from matloop.screen.page import element_counts
from matloop.screen.stream import Block
from matloop.screen.training import Validated
from matloop.validate.domain import FAR
from matloop.validate.judge import Judged


def validated(n: int = 400, sure: float = 1.0) -> Validated:
    """Rows whose errors are those stated, or `sure` times as large."""
    rng = np.random.default_rng(5)
    mean, std = rng.normal(size=n), rng.uniform(0.1, 0.5, n)
    y = mean + sure * std * rng.normal(size=n)
    groups = np.arange(n) // 4
    half = std[:, None] * norm.ppf(0.5 + np.array([0.5, 0.8, 0.9, 0.95]) / 2)
    return Validated(Judged("5 folds of whole groups", False, groups % 5, groups, y, mean, std, half, std, std))


def test_what_a_rule_would_have_chosen_is_counted_with_what_was_promised():
    known, choice = validated(), Choice("threshold", 20, value=0.5, std=0.3)
    judged = known.judged
    rows = (judged.mean >= 0.5) & (judged.std <= 0.3)
    found = held(known, choice)
    assert found is not None
    assert found.chosen == rows.sum()
    assert found.held == (judged.y[rows] >= 0.5).sum()
    assert found.promised == pytest.approx(norm.cdf((judged.mean[rows] - 0.5) / judged.std[rows]).sum())
    assert found.groups == len(np.unique(judged.groups[rows]))


def test_true_errors_keep_their_promise_and_a_sure_and_wrong_model_does_not():
    choice = Choice("probability", 20, value=0.5, p=0.9)
    honest, wrong = held(validated(), choice), held(validated(sure=8.0), choice)
    assert honest is not None
    assert wrong is not None
    assert abs(honest.held - honest.promised) < 3 * np.sqrt(honest.promised * 0.1)
    assert wrong.held < 0.85 * wrong.promised


def test_where_less_is_better_hits_lie_below():
    known = validated()
    found = held(known, Choice("greedy", 30, value=-1.0, maximize=False))
    assert found is not None
    lowest = np.argsort(known.judged.mean, kind="stable")[:30]
    assert found.held == (known.judged.y[lowest] <= -1.0).sum()


def test_known_rows_outside_are_no_part_of_the_promise():
    known = validated()
    judged = known.judged
    distance = np.where(np.arange(400) % 2 == 0, 5.0, 1.0)
    known = Validated(replace(judged, distance=distance))
    chance = norm.cdf((judged.mean - 0.5) / judged.std)
    near = np.flatnonzero(distance <= FAR)
    inside = near[np.argsort(-judged.mean[near], kind="stable")[:30]]
    found = held(known, Choice("greedy", 30, value=0.5))
    assert found is not None
    assert (found.chosen, found.held) == (30, (judged.y[inside] >= 0.5).sum())
    assert found.promised == pytest.approx(chance[inside].sum())
    best = np.argsort(-judged.mean, kind="stable")[:30]
    counted = best[distance[best] <= FAR]
    found = held(known, Choice("greedy", 30, value=0.5, farthest=np.inf))
    assert found is not None
    assert found.chosen == len(counted) < 30
    assert found.promised == pytest.approx(chance[counted].sum())


@pytest.mark.parametrize("rule", ["greedy", "bound", "hits", "pareto", "threshold", "probability"])
def test_a_composition_is_checked_once_at_the_row_that_the_rule_takes(rule):
    known = validated(200)
    spellings = ("NaCl", "Na2Cl2")  # one composition, however it is written
    texts = tuple(f"Na{i}Cl" if i > 1 else spellings[k % 2] for i in range(1, 51) for k in range(4))
    known = Validated(replace(known.judged, distance=np.arange(200) / 200), "groups", texts)
    more = {"threshold": {"std": 0.4}, "probability": {"p": 0.4}}.get(rule, {})
    choice = Choice(rule, 12, value=0.5, **more)
    names, figures = ("formula", "kept"), np.column_stack((known.judged.mean, known.judged.std, *np.zeros((2, 200))))
    rows = Block(names, np.array([(text, "yes") for text in texts], dtype=object), figures, np.ones(200, dtype=bool))
    wanted = replace(choice, k=50) if more else choice
    best = choose([rows], wanted, lambda some: np.diag(some.std**2)).rows
    at = [int(np.flatnonzero(known.judged.mean == mean)[0]) for mean in best.mean]
    found = held(known, choice)
    assert found is not None
    assert found.chosen == len(at)
    assert found.held == (known.judged.y[at] >= 0.5).sum()
    assert found.promised == pytest.approx(norm.cdf((known.judged.mean[at] - 0.5) / known.judged.std[at]).sum())
    assert found.median_distance == pytest.approx(np.median(np.array(at) / 200))
    assert found.to_json()["rule"] == rule


def test_the_diverse_rule_is_checked_by_the_greedy_one_and_that_is_said():
    greedy, diverse = (held(validated(), Choice(rule, 20, value=0.5)) for rule in ("greedy", "diverse"))
    assert greedy is not None
    assert diverse is not None
    assert (diverse.held, diverse.promised) == (greedy.held, greedy.promised)
    assert diverse.to_json()["rule"] == "greedy"
    assert diverse.lead() == "As a check of the greedy choice"
    assert "that the greedy choice would have chosen" in diverse.words()
    assert greedy.lead() == "As a check of the promise"
    assert "that the rule would have chosen" in greedy.words()


def test_a_promise_that_is_far_from_kept_is_too_few_and_a_true_one_is_not():
    few = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        mean, std, groups = rng.normal(size=200), np.full(200, 0.5), np.arange(200) // 10
        shared = rng.normal(size=20)[groups]  # the worst true errors: a group is wrong as a whole
        judged = replace(validated(200).judged, mean=mean, std=std, groups=groups, y=mean + std * shared)
        found = held(Validated(judged), Choice("greedy", 40, value=0.8))
        assert found is not None
        few += found.too_few
    assert few <= 6  # 2 are expected of 40; 7 or more have a probability of 0.003
    hopeless = replace(judged, y=np.full(200, -9.0))
    found = held(Validated(hopeless), Choice("greedy", 40, value=0.8))
    assert found is not None
    assert found.held == 0
    assert found.too_few
    unsure = replace(hopeless, mean=np.full(200, 0.0), groups=np.zeros(200, dtype=int))
    found = held(Validated(unsure), Choice("greedy", 20, value=0.2))
    assert found is not None
    assert found.low == 0  # one group: all or none
    assert found.promised > 4
    assert found.too_few


def test_rows_that_lie_nearer_than_the_shortlist_say_little_of_it():
    known = validated()
    found = held(Validated(replace(known.judged, distance=np.full(400, 0.3))), Choice("greedy", 20, value=0.5))
    assert found is not None
    assert found.nearer(np.array([0.5, 0.6, 1.9])) is None
    said = found.nearer(np.array([1.0, 1.5, 1.9]))
    assert said is not None
    assert "(median distance 0.3) than the shortlist (1.5): the check says little of these" in said


def test_without_a_value_nothing_is_a_hit():
    assert held(validated(), Choice("greedy", 5)) is None


@pytest.mark.parametrize(
    ("symbol", "place"),
    [("H", (1, 1)), ("He", (18, 1)), ("B", (13, 2)), ("Fe", (8, 4)), ("La", (3, 9)), ("Yb", (16, 9)), ("Lu", (3, 6)),
     ("Hf", (4, 6)), ("U", (6, 10)), ("Og", (18, 7))],
)  # fmt: skip
def test_an_element_stands_in_its_column_and_period(symbol, place):
    assert places()[symbol] == place


def test_every_element_has_a_place_of_its_own():
    assert len(places()) == 118
    assert len(set(places().values())) == 118


def test_elements_of_a_shortlist_are_counted_once_a_formula():
    assert element_counts(["Bi2Te3", "PbTe", "NaN"]) == {"Bi": 1.0, "Te": 2.0, "Pb": 1.0, "Na": 1.0, "N": 1.0}
    heat = elements({"Te": 2.0, "Bi": 1.0}, "formulas").data[0]
    column, row = places()["Te"]
    assert heat.z[row - 1][column - 1] == 2.0
