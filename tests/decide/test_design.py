"""The initial design: one sequence, taken in order however it is asked for."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
import pytest

from matloop.decide.bayes import Bayes, Greedy
from matloop.decide.design import farthest_first, initial_length
from matloop.decide.sequence import space_line, unit_blocks
from matloop.decide.sobol import Sobol
from matloop.domain.parameter import Binary, Integer, Real
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.errors import SearchError
from matloop.testing.strategies import bare_pool, chosen_ids, large_space, small_pool, small_space, task

CANDIDATES = [small_pool(), bare_pool(), small_space(), large_space()]
NAMES = ["pool", "bare pool", "small space", "large space"]


def all_candidates(test):
    return pytest.mark.parametrize("candidates", CANDIDATES, ids=NAMES)(test)


def asked_one_by_one(strategy, ask, n):
    """Ids of n asks of one, each suggestion left open."""
    found = []
    for _ in range(n):
        (choice,) = strategy.suggest(replace(ask, n=1)).choices
        found.append(choice.candidate.id)
        ask = replace(
            ask,
            open=(*ask.open, choice.candidate),
            closed=ask.closed | {choice.candidate.id},
            asked=ask.asked + 1,
            design_done=ask.design_done + 1,
            design_next=choice.place + 1,
        )
    return found


@all_candidates
@pytest.mark.parametrize("strategy", [Bayes(), Greedy(), Sobol(), Sobol(sequence="lhs")], ids=lambda s: s.name)
def test_the_design_is_the_same_asked_together_or_one_by_one(candidates, strategy):
    ask = task(candidates, initial=8)
    assert asked_one_by_one(strategy, ask, 6) == chosen_ids(strategy.suggest(replace(ask, n=6)))


@all_candidates
def test_another_seed_gives_another_design(candidates):
    first, second = (chosen_ids(Bayes().suggest(task(candidates, n=4, seed=seed))) for seed in (1, 2))
    assert first != second


@all_candidates
def test_a_closed_member_is_replaced_by_the_next_in_the_sequence(candidates):
    ask = task(candidates, n=5)
    order = chosen_ids(Bayes().suggest(ask))
    without = chosen_ids(Bayes().suggest(replace(ask, n=4, closed=frozenset({order[1]}))))
    assert without == [order[0], *order[2:]]


@all_candidates
def test_a_failed_member_is_made_up_for_by_one_more(candidates):
    order = chosen_ids(Bayes().suggest(task(candidates, n=4, initial=4)))
    # three of the four are measured, one failed: it counts no longer, and place 4 is next
    rest = task(candidates, 3, n=1, initial=4, design_done=3, design_next=4, closed=frozenset(order))
    (choice,) = Bayes().suggest(rest).choices
    assert choice.place is not None
    assert choice.place >= 4
    assert "initial design 4 of 4" in choice.reason


def test_the_default_length_is_that_of_the_contract():
    def length(features):
        frame = pd.DataFrame(np.eye(30)[:, :features], columns=[f"x{i}" for i in range(features)])
        frame["id"] = [f"d{i}" for i in range(30)]
        return initial_length(task(Pool.from_frame(frame, list(frame.columns[:-1]), id="id")))

    assert [length(d) for d in (1, 3, 4, 7, 9, 10, 25)] == [4, 4, 5, 8, 10, 10, 10]


def test_choices_do_not_count_their_encoded_columns():
    assert initial_length(task(small_pool())) == 4


def test_one_ask_holds_what_is_left_of_the_design_and_then_the_model():
    chosen = Bayes().suggest(task(small_pool(), 3, n=4, initial=5))
    assert [choice.place is None for choice in chosen.choices] == [False, False, True, True]


def test_the_model_follows_when_open_candidates_fill_the_design():
    pool = small_pool()
    ask = task(pool, 3, initial=5, open=tuple(pool.candidate(i) for i in (20, 21)))
    assert Bayes().suggest(ask).choices[0].place is None


def test_with_equal_readings_the_design_goes_on_and_says_why():
    ask = task(small_pool(), 6, n=2, initial=5, truth=lambda values: 2.5)
    for choice in Bayes().suggest(ask).choices:
        assert choice.place is not None
        assert "fewer than two distinct values" in choice.reason


def test_without_any_reading_the_design_goes_on_beyond_its_length():
    reasons = [choice.reason for choice in Bayes().suggest(task(small_pool(), n=6, initial=5)).choices]
    assert reasons[4].startswith("initial design 5 of 5")
    assert reasons[5].startswith("initial design goes on: no reading yet")


def test_farthest_first_holds_every_row_once():
    assert sorted(farthest_first(small_pool(300), np.random.default_rng(0))) == list(range(300))


def test_each_member_is_the_farthest_from_those_before():
    pool = small_pool(60)
    X = pool.encode_rows(slice(None))
    order = list(farthest_first(pool, np.random.default_rng(0)))[:10]
    for k in range(1, 10):
        gaps = np.linalg.norm(X[:, None] - X[order[:k]], axis=2).min(axis=1)
        assert gaps[order[k]] == pytest.approx(gaps.max())


def test_rows_of_equal_features_come_after_all_others():
    frame = pd.DataFrame({"id": list("abcdef"), "x": [0.0, 0.0, 0.0, 1.0, 2.0, 2.0]})
    order = list(farthest_first(Pool.from_frame(frame, ["x"], id="id"), np.random.default_rng(0)))
    assert {frame.x[i] for i in order[:3]} == {0.0, 1.0, 2.0}
    assert sorted(order) == list(range(6))


def test_of_candidates_that_are_equally_far_any_may_come_next():
    levels = ["p", "q", "r", "s", "t"]
    frame = pd.DataFrame([(a, b, c) for a in levels for b in levels for c in levels], columns=["a", "b", "c"])
    pool = Pool.from_frame(frame, ["a", "b", "c"])
    seconds = [next(islice(farthest_first(pool, np.random.default_rng([7, k])), 1, None)) for k in range(500)]
    for column in "abc":
        share = frame[column].iloc[seconds].value_counts(normalize=True)
        assert share.reindex(levels).between(0.12, 0.28).all()  # a fifth each; 4.5 of its standard deviations


@pytest.mark.parametrize("kind", ["sobol", "lhs"])
def test_a_sequence_fills_every_slice_of_every_axis_evenly(kind):
    block = next(unit_blocks(kind, 3, np.random.default_rng(0)))
    for axis in block.T:
        assert np.bincount((axis * 64).astype(int)).tolist() == [1] * 64


def test_a_small_space_is_walked_through_once_a_lap():
    space = small_space()
    line = space_line(space, "sobol", lambda: np.random.default_rng(0))
    taken = line.take(0, 1000, frozenset())
    assert len({candidate.id for _, candidate in taken}) == space.count() == len(taken)


def test_after_a_lap_the_sequence_begins_anew():
    space = small_space()
    line = space_line(space, "sobol", lambda: np.random.default_rng(0))
    ((place, candidate),) = line.take(space.count() + 2, 1, frozenset())
    assert place == space.count() + 2
    assert candidate == line.take(2, 1, frozenset())[0][1]


def test_a_large_space_that_is_all_closed_gives_up_in_the_end():
    class Everything:
        def __contains__(self, id):
            return True

    line = space_line(large_space(), "sobol", lambda: np.random.default_rng(0))
    with pytest.raises(SearchError, match="taken already"):
        line.take(0, 1, Everything())


def test_sobol_over_a_pool_takes_the_row_nearest_to_each_point():
    grid = [(a, b) for a in range(11) for b in range(11)]
    pool = Pool.from_frame(pd.DataFrame(grid, columns=["a", "b"]), ["a", "b"])
    chosen = Sobol().suggest(task(pool, n=16, seed=4)).choices
    points = next(unit_blocks("sobol", 2, np.random.default_rng(np.random.SeedSequence(4, spawn_key=(0, 0)))))[:16]
    taken: set[int] = set()
    for choice, point in zip(chosen, points, strict=True):
        X = pool.encode_rows(slice(None))
        order = [i for i in np.argsort(np.sum((X - point) ** 2, axis=1), kind="stable") if i not in taken]
        taken.add(order[0])
        assert choice.candidate == pool.candidate(int(order[0]))


def test_a_space_of_one_candidate_is_exhausted_after_it():
    space = Space([Integer("k", 1, 1), Binary("b")])
    first = Bayes().suggest(task(space, n=5)).choices
    assert len(first) == 2


def test_a_fine_grid_is_no_obstacle():
    space = Space([Real(name, 0, 1) for name in "abcdefgh"])
    assert len(set(chosen_ids(Sobol().suggest(task(space, n=100))))) == 100
