"""The searches against brute force, on scorers of our own."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from matloop.campaign import Campaign
from matloop.decide.search_pool import GridRows, PoolRows, RowSearch
from matloop.decide.search_space import Copies, SpaceSearch
from matloop.domain.objective import Objective
from matloop.domain.outcome import Measured
from matloop.domain.parameter import Categorical, Real
from matloop.domain.space import Space
from matloop.errors import ModelError
from matloop.testing.strategies import bare_pool, large_space, small_pool, small_space


@dataclass
class Bumps:
    """Bumps at fixed places, lowered wherever something has joined; counts what it is asked for."""

    falls: bool = True
    joined: tuple = ()
    asked: list = field(default_factory=list)

    def score(self, X):
        self.asked.append(len(X))
        height = np.sin(9 * X[:, 0]) + np.cos(7 * X.sum(axis=1))
        for x in self.joined:
            height = height - 3 * np.exp(-20 * np.sum((X - x) ** 2, axis=1))
        return height

    def join(self, X):
        return Bumps(self.falls, (*self.joined, X[0]), self.asked)

    def say(self, X):
        return ""


@dataclass
class Few(Bumps):
    limit: int = 10

    def glance(self, X):
        return self.score(X)


class Blind(Bumps):
    def score(self, X):
        return np.full(len(X), np.nan)


def rng():
    return np.random.default_rng(0)


def brute(X, scorer, n, closed=()):
    free = [i for i in range(len(X)) if i not in closed]
    found = []
    for _ in range(n):
        best = max(free, key=lambda i: (scorer.score(X[[i]])[0], -i))
        free.remove(best)
        found.append(best)
        scorer = scorer.join(X[[best]])
    return found


@pytest.mark.parametrize("falls", [True, False], ids=["lazily", "anew"])
@pytest.mark.parametrize("pool", [small_pool(3000), bare_pool(3000)], ids=["ids", "no ids"])
def test_a_batch_over_a_pool_is_the_one_that_brute_force_finds(pool, falls):
    X = pool.encode_rows(slice(None))
    closed = frozenset(pool.id(i) for i in brute(X, Bumps(), 3))
    search, scorer, got = RowSearch(PoolRows(pool), closed, rng()), Bumps(falls), []
    for _ in range(5):
        found = search.best(scorer)
        got.append(pool.index(found.candidate.id))
        scorer = scorer.join(found.X)
    assert got == brute(X, Bumps(), 5, closed={pool.index(one) for one in closed})


def test_a_falling_scorer_is_asked_again_only_where_it_must():
    pool = small_pool(20_000)
    search, scorer = RowSearch(PoolRows(pool), frozenset(), rng()), Bumps()
    scorer = scorer.join(search.best(scorer).X)
    scorer.asked.clear()
    search.best(scorer)
    assert sum(scorer.asked) <= 5000


def test_a_counted_scorer_is_never_asked_for_more_than_its_limit():
    pool = small_pool(300)
    scorer = Few()
    search = RowSearch(PoolRows(pool), frozenset(), rng())
    glances = [size for size in (search.best(scorer), scorer.asked)[1] if size > 1]
    assert glances == [300, 10]


def test_the_best_of_a_small_space_is_found_exactly():
    space = small_space()
    rows = GridRows.of(space, 100)
    found = RowSearch(rows, frozenset(), rng()).best(Bumps())
    X = space.encode_grid(space.enumerate(100))
    assert found.candidate == rows.candidate(brute(X, Bumps(), 1)[0])


def test_an_empty_list_has_no_best():
    pool = bare_pool(6)
    assert RowSearch(PoolRows(pool), frozenset(pool.ids), rng()).best(Bumps()) is None


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ModelError, match="not a number"):
        RowSearch(PoolRows(small_pool()), frozenset(), rng()).best(Blind())


def space_search(space, effort, closed=(), near=None):
    near = np.zeros((0, len(space.parameters)), dtype=np.int64) if near is None else near
    return SpaceSearch(space, set(closed), near, effort, rng())


@pytest.mark.parametrize("effort", [1, 7, 100, 2500])
def test_a_search_of_a_space_keeps_to_its_effort(effort):
    scorer = Bumps()
    space_search(large_space(), effort).best(scorer)
    assert sum(scorer.asked) <= effort


def test_a_search_of_a_space_climbs_to_the_top_of_a_hill():
    space = Space([Real(f"x{i}", 0, 1) for i in range(5)])
    target = np.array([0.123456, 0.9, 0.5, 0.31, 0.77])

    class Hill(Bumps):
        def score(self, X):
            return -np.sum((X - target) ** 2 * [1, 4, 9, 1, 25], axis=1)

    found = space_search(space, 12_000).best(Hill())
    np.testing.assert_allclose(found.X[0], target, atol=0.01)


def test_a_search_of_a_space_finds_neither_closed_nor_found_candidates():
    space = large_space()
    first = space_search(space, 500).best(Bumps()).candidate
    search, seen = space_search(space, 500, closed={first.id}), {first.id}
    for _ in range(20):
        one = search.best(Bumps()).candidate
        assert one.id not in seen
        seen.add(one.id)


class Corner(Bumps):
    """Best where all is 1: what lies beside a find is nearly as good."""

    def score(self, X):
        return X.sum(axis=1)


def asked(space, told, n):
    """What a campaign whose objective rises towards one corner suggests in one ask, as fractions of the ranges."""
    campaign = Campaign(space, [Objective("y")], seed=1, initial=1)
    campaign.tell([Measured.of(values, {"y": sum(values.values())}) for values in told])
    return np.array([[one.values[name] for name in space.names] for one in campaign.suggest(n)])


def test_beside_what_was_made_or_is_pending_nothing_is_asked_that_nobody_can_tell_apart():
    space = Space([Real("a", 0, 1), Real("b", 0, 1)])
    told = [{"a": a, "b": b} for a, b in ((1, 1), (0.9, 1), (1, 0.9), (0.5, 0.5), (0.1, 0.8), (0.7, 0.2))]
    chosen = asked(space, told, 5)
    made = np.array([[one["a"], one["b"]] for one in told])
    for k, point in enumerate(chosen):
        assert np.abs(made - point).max(axis=1).min() > 0.001
        assert np.abs(np.delete(chosen, k, axis=0) - point).max(axis=1).min() > 0.01


def test_where_a_step_is_declared_neighbours_on_the_grid_are_candidates_of_their_own():
    space = Space([Real("a", 0, 1, step=1e-5), Real("b", 0, 1, step=1e-5)])
    made = np.array([[100_000, 100_000]])
    assert Copies(space, made, made).among(made - 1).tolist() == [False]
    loose = Space([Real("a", 0, 1), Categorical("kind", ["x", "y"])])
    made = np.array([[1_000_000, 0]])
    near = np.array([[999_500, 0], [998_500, 0], [999_500, 1]])
    assert Copies(loose, made, made[:0]).among(near).tolist() == [True, False, False]
    assert Copies(loose, made[:0], made).among(near).tolist() == [True, True, False]


def test_copies_are_found_only_where_nothing_else_is_left():
    space = Space([Real("a", 0, 1)])
    copies = Copies(space, np.arange(0, 1_000_001, 1_500)[:, None], np.zeros((0, 1), dtype=np.int64))
    search = SpaceSearch(space, set(), np.zeros((0, 1), dtype=np.int64), 200, rng(), copies=copies)
    assert search.best(Corner()) is not None


def test_every_candidate_that_a_search_finds_keeps_the_sum():
    search = space_search(large_space(), 500)
    for _ in range(5):
        values = search.best(Bumps()).candidate.values
        assert values["a"] + values["b"] + values["d"] == pytest.approx(100, abs=1e-9)
