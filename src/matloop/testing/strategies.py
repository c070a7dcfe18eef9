"""The contract of strategies as a test class, for those who write one.

    class TestMyStrategy(StrategyContract):
        def strategy(self):
            return MyStrategy(...)

Run it with pytest. `task` and the candidates below serve further tests of a strategy.
"""
# ruff: noqa: S101, D102 (tests assert, and their names are their claims)

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from matloop.decide import Chosen, Strategy, Task
from matloop.domain import canonical
from matloop.domain.candidate import Candidate
from matloop.domain.canonical import Value
from matloop.domain.constraint import Sum
from matloop.domain.objective import Objective
from matloop.domain.parameter import Binary, Categorical, Integer, Real
from matloop.domain.pool import Pool
from matloop.domain.reading import Key, Reading
from matloop.domain.space import Space

Y = Objective("y", goal="maximize", unit="J")


def small_pool(n: int = 40) -> Pool:
    """A pool with an id column, two numbers and a text."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": [f"d{i}" for i in range(n)], "a": rng.uniform(0, 5, n), "b": rng.integers(0, 9, n)})
    frame["c"] = [("x", "y", "z")[i % 3] for i in range(n)]
    return Pool.from_frame(frame, features=["a", "b", "c"], id="id")


def bare_pool(n: int = 40) -> Pool:
    """The same without an id column: ids are made of the values."""
    pool = small_pool(n)
    return Pool.from_frame(pd.DataFrame([pool.values(i) for i in range(n)]), features=["a", "b", "c"])


def small_space() -> Space:
    """A space of 36 candidates."""
    return Space([Integer("a", 0, 5), Categorical("c", ["x", "y", "z"]), Binary("b")])


def large_space() -> Space:
    """A space too large to be listed, with a sum to be kept."""
    parts = [Real(name, 0, 100, step=0.5) for name in ("a", "b", "d")]
    return Space([*parts, Categorical("c", ["x", "y"])], constraints=[Sum(["a", "b", "d"], equals=100)])


def landscape(values: Mapping[str, Value]) -> float:
    """A smooth truth with one bump, over whatever the candidates above are made of."""
    numbers = [float(value) for value in values.values() if not isinstance(value, str)]
    return math.sin(numbers[0] / 2) + 0.1 * sum(numbers) / len(numbers) + 0.3 * (values["c"] == "y")


def other(j: int, values: Mapping[str, Value]) -> float:
    """The truth of the j-th objective beside the first one, j > 0: at odds with `landscape`, and smooth as well."""
    numbers = [float(value) for value in values.values() if not isinstance(value, str)]
    return math.cos(numbers[0] / (1.5 + j)) + 0.02 * j * sum(numbers) / len(numbers)


def reading(k: int, candidate: Candidate, y: float, **more: Any) -> Reading:
    """The reading of the k-th suggestion, of `y` alone."""
    return Reading(Key.asked(f"s{k:04d}"), candidate.id, candidate.values, "ok", outcome={"y": y}, **more)


def members(candidates: Pool | Space, n: int) -> list[Candidate]:
    """Some n different candidates."""
    if isinstance(candidates, Pool):
        return [candidates.candidate(i) for i in range(n)]
    found: dict[str, Candidate] = {}
    for k in candidates.sample(np.random.default_rng(1), 20 * n):
        one = candidates.candidate(k)
        found.setdefault(one.id, one)
    return list(found.values())[:n]


def task(
    candidates: Pool | Space,
    measured: int = 0,
    *,
    truth: Callable[[Mapping[str, Value]], float] = landscape,
    **terms: Any,
) -> Task:
    """A task with so many candidates measured; terms are those of `Task`.

    The truth is that of the first objective, `Y` where none is given; `other` is that of the others.
    """
    held = members(candidates, measured)
    objectives = terms.pop("objectives", (Y,))
    readings = []
    for k, one in enumerate(held, 1):
        others = {goal.name: other(j, one.values) for j, goal in enumerate(objectives) if j}
        first = reading(k, one, truth(one.values))
        readings.append(replace(first, outcome={objectives[0].name: first.outcome["y"], **others}))
    closed = frozenset(one.id for one in held) | frozenset(one.id for one in terms.get("open", ()))
    given = {"asked": measured, "design_done": measured + len(terms.get("open", ())), "design_next": measured, **terms}
    return Task(
        candidates, objectives, tuple(readings), **{**given, "closed": closed | terms.get("closed", frozenset())}
    )


def chosen_ids(chosen: Chosen) -> list[str]:
    """Ids of what was chosen, in order."""
    return [choice.candidate.id for choice in chosen.choices]


class StrategyContract:
    """What every strategy promises.

    batch: how many are asked for together.
    objectives: what is sought; a strategy that serves other goals says so here, and is tried once more with these.
    """

    batch: ClassVar[int] = 3
    objectives: Sequence[Objective] = (Y,)

    def strategy(self) -> Strategy:
        """The strategy; each call may make it anew."""
        raise NotImplementedError

    def candidates(self) -> Sequence[Pool | Space]:
        """What it is tried on."""
        return [small_pool(), bare_pool(), small_space(), large_space()]

    def task(self, candidates: Pool | Space, measured: int = 0, **terms: Any) -> Task:
        """As `task`, for these objectives."""
        return task(candidates, measured, objectives=tuple(self.objectives), **terms)

    def tasks(self) -> list[Task]:
        """Asks at all stages of a campaign."""
        asks = []
        for one in self.candidates():
            asks += [self.task(one, measured, n=self.batch) for measured in (0, 1, 3, 12)]
            asks.append(self.task(one, 12, n=self.batch, open=tuple(members(one, 15)[12:])))
            asks.append(self.task(one, 5, n=self.batch, truth=lambda values: 1.0))
        return asks

    def test_it_is_a_frozen_dataclass_with_a_name(self) -> None:
        strategy = self.strategy()
        assert isinstance(strategy, Strategy), "it lacks name or suggest"
        assert isinstance(type(strategy).name, str)
        assert is_dataclass(strategy)
        assert type(strategy).__dataclass_params__.frozen

    def test_it_gives_as_many_different_candidates_as_asked(self) -> None:
        for ask in self.tasks():
            assert len(set(chosen_ids(self.strategy().suggest(ask)))) == self.batch

    def test_no_closed_candidate_is_chosen(self) -> None:
        for ask in self.tasks():
            assert not set(chosen_ids(self.strategy().suggest(ask))) & ask.closed

    def test_every_choice_is_a_feasible_member(self) -> None:
        for ask in self.tasks():
            for choice in self.strategy().suggest(ask).choices:
                assert ask.candidates.resolve(choice.candidate.values) == choice.candidate
                assert not choice.candidate.outside

    def test_the_same_task_gives_the_same_answer(self) -> None:
        for ask in self.tasks():
            assert self.strategy().suggest(ask) == self.strategy().suggest(ask)

    def test_the_order_of_readings_does_not_matter(self) -> None:
        for ask in self.tasks():
            turned = replace(ask, readings=ask.readings[::-1])
            assert chosen_ids(self.strategy().suggest(turned)) == chosen_ids(self.strategy().suggest(ask))

    def test_fewer_are_given_only_when_no_more_are_left(self) -> None:
        for one in (small_pool(14), bare_pool(14), small_space()):
            size = len(one) if isinstance(one, Pool) else one.most
            for measured in (0, 12):
                chosen = self.strategy().suggest(self.task(one, measured, n=size + 1))
                assert len(set(chosen_ids(chosen))) == size - measured

    def test_an_exhausted_pool_gives_an_empty_answer(self) -> None:
        for measured in (0, 12):
            ask = self.task(small_pool(14), measured, closed=frozenset(f"d{i}" for i in range(14)))
            assert self.strategy().suggest(ask).choices == ()

    def test_there_is_no_prediction_before_a_model_exists(self) -> None:
        for one in self.candidates():
            for ask in (
                self.task(one, 0, n=2),
                self.task(one, 1, n=2),
                self.task(one, 5, n=2, truth=lambda values: 1.0),
            ):
                assert [choice.prediction for choice in self.strategy().suggest(ask).choices] == [None, None]

    def test_the_model_can_be_written_into_a_ledger(self) -> None:
        for ask in self.tasks():
            assert canonical.text(self.strategy().suggest(ask).model)

    def test_what_it_says_of_itself_can_be_handed_back(self) -> None:
        for ask in self.tasks():
            model = self.strategy().suggest(ask).model
            assert len(self.strategy().suggest(replace(ask, warm=model)).choices) == self.batch

    def test_each_reason_is_one_line_and_says_what_was_set_aside(self) -> None:
        for ask in self.tasks():
            for choice in self.strategy().suggest(replace(ask, set_aside=2)).choices:
                assert "\n" not in choice.reason
                assert "2 censored readings" in choice.reason
