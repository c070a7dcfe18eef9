"""The closed loop: order, idempotence, and a crash on any line cured by running again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

import matloop as ml
from matloop.domain.events import verify
from matloop.errors import LabError
from tests.core.campaigns import campaign, parabola, pool


class PowerCut(Exception):
    """Stands for a kill at one line."""


@dataclass
class Bench:
    """A lab that counts motions, and loses power at the n-th call of one verb."""

    name: ClassVar[str] = "bench"
    cut_at: str = ""
    cut_call: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    def _power(self, verb: str) -> None:
        self.calls[verb] += 1
        if verb == self.cut_at and self.calls[verb] == self.cut_call:
            raise PowerCut(verb)

    def start(self, token: str, suggestion: ml.Suggestion) -> None:
        self._power("before start")
        if token not in self.moved:
            self.moved[token] += 1
        self._power("after start")

    def collect(self, token: str, suggestion: ml.Suggestion) -> Sequence[Any]:
        self._power("before collect")
        assert token in self.moved
        self._power("after collect")
        return [ml.Measured(suggestion.id, {"y": parabola(suggestion.values)})]


def at(path: Path) -> ml.Campaign:
    return ml.Campaign(
        pool(30), [ml.Objective("y")], strategy=ml.Bayes(), seed=5, ledger=path, batch=3, budget=9, initial=3
    )


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> ml.Campaign:
    held = at(tmp_path_factory.mktemp("twin") / "y.db")
    held.run(Bench())
    return held


@pytest.mark.parametrize("verb", ["before start", "after start", "before collect", "after collect"])
@pytest.mark.parametrize("call", [1, 4, 9])
def test_a_crash_on_any_line_is_cured_by_running_again(tmp_path: Path, twin: ml.Campaign, verb: str, call: int) -> None:
    bench = Bench(cut_at=verb, cut_call=call)
    with pytest.raises(PowerCut):
        at(tmp_path / "y.db").run(bench)
    held = at(tmp_path / "y.db")
    assert held.run(bench).reason == "budget"
    assert set(bench.moved.values()) == {1}
    assert held.state.content == twin.state.content
    assert verify(held.events) == []


def test_the_ledger_is_written_before_the_lab_is_told(tmp_path: Path) -> None:
    bench = Bench(cut_at="before start", cut_call=1)
    with pytest.raises(PowerCut):
        at(tmp_path / "y.db").run(bench)
    assert [event.type for event in at(tmp_path / "y.db").events] == ["opened", "suggested", "dispatched"]


def test_cycles_bound_the_asks() -> None:
    held = campaign(batch=2)
    end = held.run(ml.FunctionLab(parabola), cycles=3)
    assert (end.reason, end.cycles, len(held.state.asked)) == ("cycles", 3, 6)


def test_the_budget_ends_the_loop_with_a_smaller_last_batch() -> None:
    held = campaign(batch=4, budget=6)
    assert held.run(ml.FunctionLab(parabola)).reason == "budget"
    assert [len(event.data["suggestions"]) for event in held.events if event.type == "suggested"] == [4, 2]


def test_an_exhausted_pool_ends_the_loop() -> None:
    held = campaign(5, batch=2)
    assert held.run(ml.FunctionLab(parabola)).reason == "exhausted"
    assert len(held.state.readings) == 5


def test_a_stopped_campaign_does_not_run() -> None:
    held = campaign()
    held.tell(ml.Measured.of(candidate="d1", outcome={"y": 1.0}))
    held.stop(reason="done")
    assert held.run(ml.FunctionLab(parabola)).reason == "stopped"
    assert len(held.state.asked) == 0


def test_a_person_gets_the_batch_and_the_loop_ends() -> None:
    held = campaign(batch=3)
    assert held.run(ml.PersonLab()).reason == "person"
    assert len(held.pending()) == 3
    assert held.run(ml.PersonLab()).reason == "person"
    assert len(held.pending()) == 3


def test_a_function_that_breaks_leaves_the_experiment_open_and_the_rest_safe() -> None:
    def breaks_once(values: Any) -> float:
        if values["x"] > 20:
            raise ZeroDivisionError
        return parabola(values)

    held = campaign(30, batch=30)
    with pytest.raises(LabError):
        held.run(ml.FunctionLab(breaks_once))
    assert len(held.pending()) + len(held.state.readings) == 30
    held.run(ml.FunctionLab(parabola))
    assert len(held.state.readings) == 30


def test_progress_is_reported_after_each_step() -> None:
    seen: list[tuple[int, int | None]] = []
    campaign(batch=2, budget=4).run(
        ml.FunctionLab(parabola), progress=lambda done, limit, _: seen.append((done, limit))
    )
    assert seen == [(0, 4), (2, 4), (4, 4)]


def test_without_a_lab_the_loop_says_so() -> None:
    with pytest.raises(ml.InputError, match="there is no lab"):
        campaign().run()
