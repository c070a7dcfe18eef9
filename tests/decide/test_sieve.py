"""A search that begins with bounds of what the model says finds what asking it of every candidate finds."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from matloop.decide import search_pool
from matloop.decide.acquisition import Sifting
from matloop.decide.acquisition.registry import acquisition, serving
from matloop.decide.batch import Rule
from matloop.decide.search_pool import PoolRows, RowSearch
from matloop.domain.cost import Cost
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.domain.reading import Key, Reading
from matloop.surrogate.gp import GP
from matloop.testing.strategies import task
from tests.decide.named import threshold

SIZE = 900
RISING = ("auto", "ei", "nei", "ucb", "mean", "variance", "cost")
"""Acquisitions whose scores rise with mean and std."""
FIT = GP(draws=1, climbs=1, steps=20)


def truth(x):
    return math.sin(5 * x["a"]) + x["b"] * x["c"] - 0.7 * (x["a"] - 0.4) ** 2


def crowded(seed, *, ids=True):
    """A pool with neighbours so near that their scores tie, and twins of equal features under other ids."""
    rng = np.random.default_rng(seed)
    X = rng.random((SIZE // 3, 3))
    near = X + 1e-13 * rng.standard_normal(X.shape)
    rows = np.vstack((X, near, X))[rng.permutation(3 * len(X))] if ids else np.vstack((X, near))
    frame = pd.DataFrame(rows, columns=list("abc"))
    if ids:
        frame["id"] = [f"d{i}" for i in range(len(frame))]
    return Pool.from_frame(frame, ["a", "b", "c"], id="id" if ids else None)


def ask(seed, noise, n=5, **terms):
    pool, rng = crowded(seed), np.random.default_rng(100 + seed)
    told = 20 + 7 * seed % 60
    return task(
        pool, told, truth=lambda x: truth(x) + noise * rng.standard_normal(), n=n, initial=1, seed=seed, **terms
    )


def rule(name, pending=None):
    return Rule(FIT, acquisition(name, **threshold(name), pending=pending), 1000, calibrate=False)


def chosen(monkeypatch, one, what, *, sifted):
    """Candidates, and how many were scored beside their bounds."""
    monkeypatch.setattr(search_pool, "_LONG", 0 if sifted else 10**9)
    return [choice.candidate for choice in one.suggest(what).choices]


def values(candidates):
    return [tuple(candidate.values.values()) for candidate in candidates]


def demand_alike(found, expected):
    """The same candidates, up to neighbours of which rounding alone decides."""
    for one, other in zip(values(found), values(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-11)


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("name", RISING)
def test_a_sifted_search_finds_what_a_full_one_finds(monkeypatch, name, noise):
    for seed in range(6):
        goal = Objective("y", goal="minimize" if seed % 2 else "maximize")
        what = ask(seed, noise, objectives=(goal,))
        full = chosen(monkeypatch, rule(name), what, sifted=False)
        demand_alike(chosen(monkeypatch, rule(name), what, sifted=True), full)


@pytest.mark.parametrize("name", ["auto", "ei", "ucb"])
def test_it_does_with_candidates_pending_and_failures(monkeypatch, name):
    for seed in range(4):
        what = ask(seed, 0.1)
        waiting = tuple(what.candidates.candidate(i) for i in (300, 301, 302))
        lost = [what.candidates.candidate(i) for i in range(400, 406)]
        tried = tuple(Reading(Key.asked(f"s{k:04d}"), c.id, c.values, "failed") for k, c in enumerate(lost, 900))
        closed = what.closed | {one.id for one in (*waiting, *lost)}
        what = replace(what, open=waiting, tried=tried, closed=closed)
        for pending in (None, "pessimistic"):
            full = chosen(monkeypatch, rule(name, pending), what, sifted=False)
            demand_alike(chosen(monkeypatch, rule(name, pending), what, sifted=True), full)


def test_of_twins_the_first_in_the_pool_is_found(monkeypatch):
    for seed in range(8):
        what = ask(seed, 0.1, n=3)
        X = what.candidates.encode_rows(slice(None))
        taken = set(what.closed)
        for candidate in chosen(monkeypatch, rule("ucb"), what, sifted=True):
            row = what.candidates.index(candidate.id)
            twins = [i for i in np.flatnonzero((X == X[row]).all(axis=1)) if what.candidates.id(i) not in taken]
            assert row == twins[0]
            taken.add(candidate.id)


def test_a_sifted_search_is_the_same_each_time(monkeypatch):
    what = ask(1, 0.1)
    first = chosen(monkeypatch, rule("auto"), what, sifted=True)
    assert chosen(monkeypatch, rule("auto"), what, sifted=True) == first


@pytest.mark.parametrize(
    "name", [name for name in serving("target") if name not in ("random", "ts", "variance", "learn")]
)
def test_goals_for_which_more_is_not_better_are_never_sifted(name):
    goal = Objective("y", goal="target", value=0.3)
    scorers = []

    class Spy:
        name = "spy"

        def prepare(self, scene):
            scorers.append(acquisition(name, **threshold(name)).prepare(scene))
            return scorers[-1]

    replace(rule("mean"), acquisition=Spy()).suggest(ask(0, 0.1, n=1, objectives=(goal,)))
    assert not isinstance(scorers[0], Sifting) or scorers[0].sieve() is None


class Counting:
    """A scorer that counts how many candidates it scores and how many it bounds."""

    falls = True

    def __init__(self, hill):
        self.hill, self.scored, self.bounded = hill, 0, 0

    def score(self, X):
        self.scored += len(X)
        return self.hill(X)

    def sieve(self):
        def bound(X):
            self.bounded += len(X)
            return self.hill(X) + 0.01

        return bound


def test_only_candidates_in_doubt_are_scored_once_bounds_are_known():
    pool = crowded(0, ids=False)
    big = Pool.from_frame(pd.DataFrame(np.random.default_rng(0).random((30_000, 3)), columns=list("abc")), list("abc"))
    scorer = Counting(lambda X: -np.sum((X - 0.3) ** 2, axis=1))
    search = RowSearch(PoolRows(big), frozenset(), np.random.default_rng(0))
    X = big.encode_rows(slice(None))
    expected = np.argsort(-scorer.hill(X), kind="stable")[:3]
    assert [big.index(search.best(scorer).candidate.id) for _ in range(3)] == expected.tolist()
    assert scorer.bounded == 30_000
    assert scorer.scored < 6000
    short = RowSearch(PoolRows(pool), frozenset(), np.random.default_rng(0))
    scorer = Counting(scorer.hill)
    short.best(scorer)
    assert (scorer.scored, scorer.bounded) == (len(pool), 0)


@pytest.mark.parametrize("name", ["auto", "cost"])
def test_costs_weigh_bounds_as_they_weigh_scores(monkeypatch, name):
    for seed in range(4):
        what = ask(seed, 0.1)
        what = replace(what, costs=Cost(expression="1 + 20*a").bind(what.candidates))
        full = chosen(monkeypatch, rule(name), what, sifted=False)
        demand_alike(chosen(monkeypatch, rule(name), what, sifted=True), full)
