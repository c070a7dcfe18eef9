"""Measuring again: its value against simulation, and when it is advised."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import matloop as ml
from matloop.ask import Wish, answer, task_of
from matloop.decide import Choice, Chosen, Purpose
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.others import said
from matloop.decide.bayes import Bayes
from matloop.decide.crowd import Listed
from matloop.decide.replicate import expected_rise, gains
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.errors import InputError, PluginError
from matloop.testing.strategies import chosen_ids, reading, small_pool, task
from tests.decide.test_batch import Plain
from tests.decide.test_hits import LINE, on_a_line

FEW = st.lists(st.tuples(st.floats(-3, 3), st.floats(-2, 2)), min_size=1, max_size=9)
AUTO = Bayes(replicates="auto")


@given(FEW)
@example([(1.0, 0.0), (0.0, 2.2e-309)])
@example([(0.0, 0.0), (1.0, 2.2e-309)])
def test_the_expected_rise_is_that_of_fine_quadrature(lines):
    heights, slopes = np.array(lines).T
    z = np.linspace(-9, 9, 20_001)
    weight = np.exp(-0.5 * z**2)
    exact = np.average((heights[:, None] + slopes[:, None] * z).max(axis=0), weights=weight) - heights.max()
    assert expected_rise(heights, slopes) == pytest.approx(exact, abs=1e-5)


def test_a_reading_that_moves_all_means_alike_is_worth_nothing():
    assert expected_rise(np.array([0.0, 1.0, 0.5]), np.full(3, 0.7)) == 0.0


@pytest.mark.parametrize("new", [False, True], ids=["replicate", "new"])
def test_a_gain_is_that_of_conditioning_on_many_simulated_readings(new):
    scene = on_a_line(8, noise=0.2)
    x = LINE.encode_rows(np.array([13])) if new else scene.measured[[2]]
    (one,) = said(Believed.of(scene), scene.measured, x)
    own = scene.fitted.predict(x)
    (found,) = gains(one, new=new, noise=own.noise_std[:, 0])
    known = np.vstack([scene.measured, x]) if new else scene.measured
    before = scene.fitted.predict(scene.measured).mean.max()
    best = []
    for z in np.random.default_rng(0).standard_normal(1500):
        y = own.mean + z * np.hypot(own.model_std, own.noise_std)
        best.append(scene.fitted.condition(x, y).predict(known).mean.max())
    assert found == pytest.approx(np.mean(best) - before, abs=4 * np.std(best) / np.sqrt(len(best)))
    assert found > 0.0


def noisy(twice=4, new=(0.07, 0.14), slope=8.0, **terms):
    """All but two of fourteen candidates of a line were read, with much noise; the two lie among bad ones."""
    rng = np.random.default_rng(2)
    pool = Pool.from_frame(pd.DataFrame({"x": [*np.linspace(0.6, 1.0, 10), 0.0, 0.2, *new]}), ["x"])
    held = [pool.candidate(i) for i in (*range(12), *range(twice))]
    readings = tuple(
        reading(k, one, float(slope * one.values["x"] + rng.normal()), std={"y": 1.0}) for k, one in enumerate(held, 1)
    )
    ids = frozenset(one.id for one in held)
    return replace(task(pool), readings=readings, closed=ids, again=ids, design_done=10, initial=4, **terms)


def test_where_only_bad_candidates_are_left_a_good_one_is_measured_again():
    ask = noisy()
    (choice,) = AUTO.suggest(ask).choices
    assert choice.replicate
    assert choice.candidate.id in ask.again
    assert choice.reason.startswith("replicate: one more reading is expected to raise the best mean by")
    assert choice.prediction is not None


def test_never_means_that_nothing_is_measured_again():
    ask = noisy()
    (choice,) = Bayes(replicates="never").suggest(ask).choices
    assert not choice.replicate
    assert choice.candidate.id not in ask.closed


def test_without_noise_nothing_is_measured_again():
    ask = task(small_pool(200), 15, n=3)
    again = replace(ask, again=frozenset(one.candidate for one in ask.readings))
    exact = replace(AUTO, acquisition="ei")
    assert not any(choice.replicate for choice in exact.suggest(again).choices)


def test_one_ask_never_holds_a_candidate_twice():
    ids = chosen_ids(AUTO.suggest(noisy(n=5)))
    assert len(set(ids)) == len(ids) == 5


@pytest.mark.parametrize(("dear", "again"), [(1.0, True), (1e6, False)], ids=["alike", "dear"])
def test_a_dear_replicate_is_left_for_a_cheap_new_candidate(dear, again):
    ask = noisy(new=(0.4, 0.5), slope=3.0)
    price = [dear] * 12 + [1.0] * 2
    pool = Pool.from_frame(pd.DataFrame({"x": ask.candidates.table["x"], "price": price}), ["x"], riders=["price"])
    (choice,) = AUTO.suggest(replace(ask, candidates=pool, costs=ml.Cost(column="price").bind(pool))).choices
    assert choice.replicate == again


def test_a_surrogate_without_a_joint_posterior_is_refused_with_a_cure():
    with pytest.raises(InputError, match="joint posterior"):
        replace(AUTO, acquisition="ei", surrogate=Plain()).suggest(noisy())


def test_an_unknown_way_of_replicating_is_refused():
    with pytest.raises(InputError, match="'auto' or 'never'"):
        Bayes(replicates="always")


def test_replicates_are_refused_together_with_a_demand_that_they_would_not_keep():
    with pytest.raises(InputError, match="together with `sure`"):
        Bayes(replicates="auto", sure={"max_std": 1.0})


def campaign(**terms):
    """A campaign of few candidates and much noise, whose strategy may measure again."""
    rng = np.random.default_rng(0)
    pool = Pool.from_frame(pd.DataFrame({"x": np.arange(14)}), ["x"])
    made = ml.Campaign(pool, [Objective("y", std=0.5)], strategy=AUTO, seed=1, initial=4, **terms)
    for _ in range(16):
        (one,) = made.suggest(1)
        made.tell(ml.Measured(one.id, {"y": float(np.sin(one.values["x"] / 4) + 0.5 * rng.normal())}))
    return made


def test_a_campaign_measures_again_under_a_new_suggestion_and_is_recomputed_to_the_bit(tmp_path):
    held = campaign(ledger=tmp_path / "l.db")
    made = [asked.suggestion.candidate for asked in held.state.asked.values()]
    assert len(set(made)) < len(made)
    assert held.status()["counts"]["measured"] == 16
    assert held.check() == []
    assert all(one.same and one.difference == 0 for one in held.recompute())


def test_only_what_was_measured_and_is_not_open_may_be_measured_again():
    held = campaign()
    for _ in range(3):
        (one,) = held.suggest(1)
        open_ids = {suggestion.candidate for suggestion in held.pending()}
        assert one.candidate in open_ids
        assert not task_of(held.problem, held.state, 1).again & open_ids
    withdrawn = held.pending()[0]
    held.withdraw(withdrawn.id, reason="no powder")
    assert withdrawn.candidate not in task_of(held.problem, held.state, 1).again


def test_a_wish_narrows_what_is_measured_again():
    held = campaign()
    ids = sorted(task_of(held.problem, held.state, 1).again)
    rest = held.suggest(1, exclude=ids[:-1])
    assert rest[0].candidate not in ids[:-1]
    assert task_of(held.problem, held.state, 1, Wish({"x": 3})).again == frozenset()


def test_a_strategy_that_chooses_a_closed_candidate_without_saying_so_is_refused():
    class Stubborn:
        name = "stubborn"

        def __init__(self, named, replicate):
            self.named, self.replicate = named, replicate

        def suggest(self, ask):
            return Chosen((Choice(ask.candidates.by_id(self.named), "again", replicate=self.replicate),))

    ask, named = noisy(), sorted(noisy().again)[0]
    assert answer(Stubborn(named, True), ask).choices[0].replicate
    with pytest.raises(PluginError, match="may not be chosen"):
        answer(Stubborn(named, False), ask)
    with pytest.raises(PluginError, match="may not be chosen"):
        answer(Stubborn(named, True), replace(ask, again=frozenset()))


def test_what_is_drawn_for_a_replicate_is_seeded_by_the_campaign_and_the_ask(monkeypatch):
    drawn, priced = [], Listed.priced

    def seen(self, k, score, rng, last=None):
        drawn.append(rng.bit_generator.state)
        return priced(self, k, score, rng, last)

    monkeypatch.setattr(Listed, "priced", seen)
    asks = [noisy(seed=1, asked=3), noisy(seed=2, asked=3), noisy(seed=1, asked=4)]
    for ask in asks:
        AUTO.suggest(ask)
    assert drawn == [ask.rng(Purpose.REPLICATE).bit_generator.state for ask in asks]
    assert len({str(state) for state in drawn}) == 3
