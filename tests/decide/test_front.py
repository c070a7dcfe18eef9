"""Several goals: non-domination, boxes and expected hypervolume against brute force."""

from itertools import product

import moocore
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import logsumexp

import matloop as ml
from matloop.decide.acquisition.boxes import boxes
from matloop.decide.acquisition.ehvi import log_ehvi, log_volumes
from matloop.decide.acquisition.parego import chebyshev, log_soft
from matloop.decide.acquisition.utility import Nearness, Rise
from matloop.decide.front import MARGIN, as_told, contributions, hypervolume, layers, non_dominated, reference_of
from matloop.decide.order import standing
from matloop.domain.objective import Objective
from matloop.domain.prediction import Prediction

COARSE = st.integers(0, 6).map(float)  # equal numbers are common, so that ties are tried
SHAPES = st.tuples(st.integers(1, 12), st.integers(2, 4))
WORTH = SHAPES.flatmap(lambda shape: hnp.arrays(float, shape, elements=COARSE))
TWO = (Objective("a"), Objective("b", goal="minimize"))


def dominated(worth):
    """By definition: some row is nowhere worse and somewhere better."""
    better = (worth[None] >= worth[:, None]).all(2) & (worth[None] > worth[:, None]).any(2)
    return better.any(1)


@given(WORTH)
def test_the_front_is_that_of_the_definition(worth):
    assert np.array_equal(non_dominated(worth), ~dominated(worth))


@given(WORTH)
def test_layers_peel_one_front_after_another(worth):
    found, left, layer = np.zeros(len(worth)), np.arange(len(worth)), 0
    while len(left):
        layer += 1
        top = ~dominated(worth[left])
        found[left[top]], left = layer, left[~top]
    assert np.array_equal(layers(worth), found)


@given(WORTH)
def test_boxes_fill_what_the_front_leaves_without_overlap(worth):
    k = worth.shape[1]
    ceiling = 8.0
    lower, upper = boxes(worth, np.full(k, -1.0))
    sides = np.minimum(upper, ceiling) - lower
    assert (sides > 0).all()
    assert sides.prod(1).sum() == pytest.approx((ceiling + 1) ** k - hypervolume(worth, np.full(k, -1.0)))


@given(WORTH)
def test_what_lies_in_a_box_is_not_dominated_and_what_lies_in_none_is(worth):
    k = worth.shape[1]
    lower, upper = boxes(worth, np.full(k, -1.0))
    for point in product((-0.5, 0.5, 3.5, 6.5), repeat=k):
        inside = ((lower < point) & (point < upper)).all(1).sum()
        assert inside == (0 if (worth >= point).all(1).any() else 1)


FRONTS = {
    "empty above the reference": np.array([[-3.0, -3.0]]),
    "one": np.array([[0.5, 0.2]]),
    "four, one dominated": np.array([[1.0, -0.5], [0.4, 0.4], [-0.5, 0.9], [0.0, 0.0]]),
    "three goals": np.array([[1.0, -0.5, 0.3], [0.4, 0.4, -0.2], [-0.5, 0.9, 0.8], [0.0, 0.0, 0.0]]),
}


@pytest.mark.parametrize("name", FRONTS)
def test_expected_hypervolume_improvement_is_that_of_brute_force(name):
    front = FRONTS[name]
    k = front.shape[1]
    reference = np.full(k, -1.0)
    utilities = [Rise(), Nearness(-0.4, 0.1), Rise()][:k]
    mean, std = np.array([[0.3, -0.9, 0.4]])[:, :k], np.array([[0.5, 0.8, 0.7]])[:, :k]
    rng = np.random.default_rng(0)
    truth = mean + std * rng.standard_normal((20_000, k))
    worth = np.column_stack([one.of(truth[:, j]) for j, one in enumerate(utilities)])
    before = hypervolume(front, reference)
    gains = np.array([hypervolume(np.vstack([front, row]), reference) - before for row in worth])
    said = np.exp(log_ehvi(mean, std, utilities, *boxes(front, reference))[0])
    assert said == pytest.approx(gains.mean(), abs=4 * gains.std() / np.sqrt(len(gains)))


def test_many_draws_at_once_are_as_one_after_another():
    fronts = [FRONTS["one"], FRONTS["four, one dominated"], FRONTS["empty above the reference"]]
    parts = [boxes(front, np.full(2, -1.0)) for front in fronts]
    most = max(len(lower) for lower, _ in parts)
    padded = [
        np.stack([np.vstack([one, np.full((most - len(one), 2), -1.0)]) for one in side])
        for side in zip(*parts, strict=True)
    ]
    mean, std = np.random.default_rng(3).normal(size=(7, 3, 2)), np.full((7, 2), 0.5)
    utilities = [Rise(), Nearness(-0.4, 0.1)]
    together = log_volumes(mean, std, utilities, *padded)
    for s, part in enumerate(parts):
        assert together[:, s] == pytest.approx(log_ehvi(mean[:, s], std, utilities, *part), rel=1e-9)


def test_hopeless_candidates_are_still_told_apart():
    lower, upper = boxes(np.array([[1.0, 1.0]]), np.zeros(2))
    mean = np.array([[-50.0, 0.5], [-60.0, 0.5], [-60.0, 0.4]])
    said = log_ehvi(mean, np.full((3, 2), 0.5), [Rise(), Rise()], lower, upper)
    assert np.isfinite(said).all()
    assert said[0] > said[1] > said[2]


def test_less_uncertainty_lowers_the_expected_improvement():
    front = FRONTS["four, one dominated"]
    stds = np.array([[0.6, 0.6], [0.3, 0.6], [0.3, 0.3], [0.01, 0.3]])
    mean = np.full((4, 2), 0.1)
    said = log_ehvi(mean, stds, [Rise(), Rise()], *boxes(front, np.full(2, -1.0)))
    assert (np.diff(said) < 0).all()


def test_hypervolume_and_contributions_are_those_of_rectangles():
    worth = np.array([[3.0, 1.0], [1.0, 2.0], [0.5, 0.5], [-1.0, 9.0]])
    assert hypervolume(worth, np.zeros(2)) == 4.0  # 3 x 1 and 1 x 1 above; the last one lies beyond the reference
    assert contributions(worth, np.zeros(2)).tolist() == [2.0, 1.0, 0.0, 0.0]
    assert hypervolume(worth, np.full(2, 10.0)) == 0.0


def test_the_reference_is_the_worst_of_the_front_and_a_margin_or_what_is_said():
    worth = np.array([[3.0, -4.0], [1.0, -2.0], [0.5, -8.0]])
    assert reference_of(worth, TWO, (0.1, 0.1)) == pytest.approx([1.0 - MARGIN * 2.5, -4.0 - MARGIN * 6.0])
    assert reference_of(worth[:1], TWO, (0.5, 2.0)) == pytest.approx([3.0 - MARGIN * 0.5, -4.0 - MARGIN * 2.0])
    said = (Objective("a", reference=0.25), Objective("b", goal="minimize", reference=9.0))
    found = reference_of(worth, said, (0.1, 0.1))
    assert found.tolist() == [0.25, -9.0]
    assert as_told(found, said) == {"a": 0.25, "b": 9.0}
    near = (Objective("a"), Objective("t", goal="target", value=5.0, reference=0.5))
    assert as_told(reference_of(worth, near, (0.1, 0.1)), near)["t"] == 0.5


@given(hnp.arrays(float, (5, 3), elements=st.floats(-2, 2)), hnp.arrays(float, 3, elements=st.floats(0.01, 1)))
def test_what_is_better_in_every_goal_is_better_by_every_weighting(share, weights):
    said = chebyshev(share, weights)
    better = chebyshev(share + 0.1, weights)
    assert (better > said).all()
    ideal = chebyshev(np.ones((1, 3)), weights)
    assert ideal[0] == 0


def test_a_softened_gain_is_the_gain_and_fades_out_below_nothing():
    assert np.exp(log_soft(np.array([0.5, 0.02]))) == pytest.approx([0.5, 0.02], rel=1e-6)
    faint = log_soft(np.array([-0.5, -1.0, -9.0]))
    assert np.isfinite(faint).all()
    assert (np.diff(faint) < 0).all()
    assert np.exp(logsumexp(faint)) < 1e-100


def said_of(*rows, std=1e-3):
    mean = np.array(rows, dtype=float)
    return Prediction(mean, np.full_like(mean, std), np.zeros_like(mean))


def test_what_does_not_hold_the_limits_is_never_best_and_comes_behind_by_its_chance():
    goals = (Objective("a"), Objective("c", goal="limit", high=1.0))
    found = standing(said_of([5, 3], [1, 0.5], [4, 1.0002], [2, 0.9]), goals, (1.0, 1.0))
    assert found.order.tolist() == [3, 1, 2, 0]
    assert found.best == 1
    assert found.holds == pytest.approx([0, 1, 0.42, 1], abs=0.01)
    assert standing(said_of([5, 3]), goals, (1.0, 1.0)).best == 0


def test_a_range_ranks_by_the_chance_to_lie_within_and_a_target_by_nearness():
    rows = said_of([1.0], [1.9], [2.5], [9.0])
    assert standing(rows, (Objective("a", "range", low=1.5, high=3.0),), (1.0,)).order.tolist() == [2, 1, 0, 3]
    assert standing(rows, (Objective("a", "target", value=1.8),), (1.0,)).order.tolist() == [1, 2, 0, 3]


def test_several_goals_rank_by_layer_and_then_by_what_each_adds():
    rows = said_of([3, 3], [2, 1], [1, 0], [0, 5], [1.9, 0.9])
    found = standing(rows, (Objective("a", reference=-1), Objective("b", "minimize", reference=6)), (1.0, 1.0))
    assert found.layer.tolist() == [1, 1, 1, 2, 1]
    assert found.order.tolist() == sorted(range(5), key=lambda row: (found.layer[row], -found.contribution[row]))
    assert found.best == 4
    assert found.volume == pytest.approx(
        moocore.hypervolume(np.array([[3, 3], [2, 1], [1, 0], [1.9, 0.9]]) * [-1, 1], ref=[1, 6])
    )


def test_what_is_learned_has_no_best():
    assert standing(said_of([1.0], [2.0]), (Objective("a", "learn"),), (1.0,)).best == 0


def line(n=41):
    return ml.Space([ml.Real("x", 0, 1, step=1 / (n - 1))])


def told(objectives, figures, xs, **terms):
    campaign = ml.Campaign(line(), objectives, initial=1, seed=1, **terms)
    for x in xs:
        campaign.tell(ml.Measured.of({"x": x}, {name: float(f(x)) for name, f in figures.items()}))
    return campaign


UP = {"a": lambda x: 10 * x, "c": lambda x: x}


def test_a_suggestion_under_a_limit_stays_where_it_holds():
    limit = Objective("c", goal="limit", high=0.6)
    campaign = told((Objective("a"), limit), UP, (0.0, 0.1, 0.3, 0.5, 0.9, 1.0))
    assert campaign.best()[0].values["x"] == 0.5
    (chosen,) = campaign.suggest(1)
    assert 0.5 < chosen.values["x"] <= 0.6
    assert "c at most 0.6 with probability" in chosen.reason
    free = told((Objective("a"),), {"a": UP["a"]}, (0.0, 0.1, 0.3, 0.5, 0.9))
    assert free.suggest(1)[0].values["x"] > 0.9


def test_while_nothing_holds_the_limit_it_is_sought_whatever_the_goal_says():
    limit = Objective("c", goal="limit", high=0.2)
    campaign = told((Objective("a"), limit), UP, (0.4, 0.55, 0.7, 0.85, 1.0))
    assert campaign.best() == []
    assert campaign.status()["best"] == []
    (chosen,) = campaign.suggest(1)
    assert chosen.values["x"] <= 0.2
    assert "sought for the limits" in chosen.reason
    assert "next to nothing" not in chosen.reason
    never = told((Objective("a"), Objective("c", goal="limit", high=-50.0)), UP, (0.4, 0.55, 0.7, 0.85, 1.0))
    (hopeless,) = never.suggest(1)
    assert "next to nothing: look whether the limits can be held at all" in hopeless.reason


def test_a_target_is_approached_from_both_sides():
    hill = {"a": lambda x: 4 * x}
    campaign = told((Objective("a", goal="target", value=2.0),), hill, (0.0, 0.2, 0.7, 0.9, 1.0))
    assert campaign.suggest(1)[0].values["x"] == 0.5


def test_a_range_is_found_where_nothing_measured_lies_in_it():
    campaign = told((Objective("a", goal="range", low=1.9, high=2.1),), {"a": lambda x: 4 * x}, (0.0, 0.1, 0.2, 1.0))
    for _ in range(3):
        (one,) = campaign.suggest(1)
        campaign.tell(ml.Measured(one.id, {"a": 4 * one.values["x"]}))
    assert campaign.best()[0].values["x"] == pytest.approx(0.5, abs=0.026)


def test_two_goals_spread_along_the_front():
    goals = (Objective("a", goal="minimize"), Objective("b", goal="minimize"))
    schaffer = {"a": lambda x: x**2, "b": lambda x: (x - 0.6) ** 2}  # every x from 0 to 0.6 is on the front
    campaign = told(goals, schaffer, (0.0, 0.3, 0.7, 0.85, 1.0))
    assert {0.0, 0.3} <= {item.values["x"] for item in campaign.best()}
    assert {item.layer for item in campaign.best()} == {1}
    chosen = [item.values["x"] for item in campaign.suggest(3)]
    assert all(0 < x <= 0.625 for x in chosen)
    assert len({round(x, 1) for x in chosen}) == 3


def test_a_reading_that_lacks_an_objective_is_set_aside_and_counted():
    campaign = told((Objective("a"), Objective("b")), {"a": lambda x: x, "b": lambda x: -x}, (0.0, 0.2, 0.4, 0.8))
    campaign.tell(ml.Measured.of({"x": 0.6}, {"a": 0.6}))
    assert "1 reading without a number for every objective, used for those that it has" in campaign.suggest(1)[0].reason
    assert len(campaign.shortlist()) == 5


def test_what_is_asked_for_goals_is_recomputed_to_the_byte():
    limit = Objective("c", goal="limit", high=0.6)
    goals = (Objective("a"), Objective("c2", "target", value=0.4), limit)
    campaign = told(goals, {**UP, "c2": UP["c"]}, (0, 0.3, 0.5, 1))
    campaign.suggest(2)
    assert [item.difference for item in campaign.recompute()] == [0.0]


def turns(readings, asks):
    """What auto took at four tells, `asks` asks before each, of two exact goals without a reference."""
    goals = (Objective("a", goal="minimize", std=1e-3), Objective("b", goal="minimize", std=1e-3))
    schaffer = {"a": lambda x: x**2, "b": lambda x: (x - 0.6) ** 2}
    campaign = told(goals, schaffer, (0.0, 0.3, 0.7, 0.85, 1.0))
    taken = []
    for _ in range(4):
        chosen = [campaign.suggest(1)[0] for _ in range(asks)]
        taken += [one.reason.split("auto took ")[1].split()[0].rstrip(":") for one in chosen]
        for one in chosen:
            outcome = {name: f(one.values["x"]) for name, f in schaffer.items()}
            campaign.tell([ml.Measured(one.id, outcome, reading=k) for k in range(1, readings + 1)])
    return campaign, taken


@pytest.mark.parametrize(
    ("readings", "asks"), [(1, 1), (2, 1), (1, 2)], ids=["plain", "two readings", "two asks a tell"]
)
def test_turns_are_of_asks_whatever_is_read_in_between(readings, asks):
    campaign, taken = turns(readings, asks)
    assert taken == ["parego", "ehvi"] * (len(taken) // 2)
    assert all(item.difference == 0.0 for item in campaign.recompute())


@pytest.mark.parametrize(("marked", "taken"), [(False, {"ehvi", "parego"}), (True, {"ehvi"})], ids=["none", "given"])
def test_auto_takes_turns_where_no_reference_is_given(marked: bool, taken: set[str]):
    mark = {"std": 1e-3} | ({"reference": 2.0} if marked else {})
    goals = (Objective("a", goal="minimize", **mark), Objective("b", goal="minimize", **mark))
    schaffer = {"a": lambda x: x**2, "b": lambda x: (x - 0.6) ** 2}
    campaign = told(goals, schaffer, (0.0, 0.3, 0.7, 0.85, 1.0))
    found = set()
    for _ in range(4):
        (one,) = campaign.suggest(1)
        found.add(one.reason.split("auto took ")[1].split()[0].rstrip(":"))
        campaign.tell(ml.Measured(one.id, {name: f(one.values["x"]) for name, f in schaffer.items()}))
    assert found == taken
