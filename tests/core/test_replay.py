"""State is a pure fold, and a suggestion a pure function of what came before it."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matloop as ml
from matloop.domain.events import verify
from matloop.state import State, evolve, replay
from tests.core.campaigns import campaign, measured, parabola, pool

DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["suggest", "ok", "failed", "aborted", "censored", "withdraw", "unasked"]), st.integers(0, 9)
    ),
    max_size=25,
)


def live(deeds: list[tuple[str, int]]) -> ml.Campaign:
    """A campaign that did these deeds, where they were possible."""
    held = campaign(40)
    for deed, number in deeds:
        waiting = held.pending()
        item = waiting[number % len(waiting)] if waiting else None
        if deed == "suggest":
            held.suggest(number % 3 + 1)
        elif deed == "unasked":
            held.tell(ml.Measured.of({"x": number + 0.5}, {"y": float(number)}, experiment=len(held.events) + 1))
        elif item is not None:
            do(held, deed, item, float(number))
    return held


def do(held: ml.Campaign, deed: str, item: ml.Suggestion, number: float) -> None:
    outcomes: dict[str, Any] = {
        "ok": ml.Measured(item.id, {"y": number}),
        "failed": ml.Failed(item.id, reason="cracked"),
        "aborted": ml.Aborted(item.id, reason="power cut"),
        "censored": ml.Censored(item.id, {"y": number}),
    }
    if deed == "withdraw":
        held.withdraw([item.id], reason="no powder")
    else:
        held.tell(outcomes[deed])


@settings(deadline=None, max_examples=60)
@given(DEEDS)
def test_replay_gives_the_live_state(deeds: list[tuple[str, int]]) -> None:
    held = live(deeds)
    assert replay(held.events) == held.state
    assert verify(held.events) == []


@settings(deadline=None, max_examples=30)
@given(DEEDS, st.integers(0, 40))
def test_replay_may_be_cut_anywhere(deeds: list[tuple[str, int]], cut: int) -> None:
    events = live(deeds).events
    assert evolve(replay(events[:cut]), events[cut:]) == replay(events)


def test_evolving_leaves_the_state_it_started_from_as_it_was() -> None:
    held = campaign()
    held.suggest(2)
    before = replay(held.events)
    held.tell(measured(held.pending()))
    evolve(before, held.events[2:])
    assert len(before.readings) == 0
    assert State() == replay([])


def test_any_order_of_outcomes_gives_the_same_next_suggestions() -> None:
    nexts = set()
    for order in itertools.permutations(range(4)):
        held = campaign(strategy=ml.Bayes(), initial=4)
        rows = measured(held.suggest(4))
        for i in order:
            held.tell(rows[i])
        nexts.add(tuple(item.candidate for item in held.suggest(2)))
    assert len(nexts) == 1


def test_the_same_campaign_twice_has_equal_content_and_different_chains() -> None:
    def play() -> ml.Campaign:
        held = campaign(strategy=ml.Bayes(), initial=3, batch=2, budget=8)
        held.run(ml.FunctionLab(parabola))
        return held

    one, two = play(), play()
    assert one.state.content == two.state.content
    assert one.state.head != two.state.head


def test_every_ask_of_a_campaign_can_be_recomputed() -> None:
    held = campaign(strategy=ml.Bayes(), initial=3, batch=2, budget=8)
    held.run(ml.FunctionLab(parabola))
    done = held.recompute()
    assert len(done) == 4
    assert all(item.same and item.difference == 0.0 for item in done)


def test_a_ledger_with_an_altered_suggestion_does_not_recompute() -> None:
    held = campaign(strategy=ml.Bayes(), initial=2, batch=1, budget=6)
    held.run(ml.FunctionLab(parabola))
    event = next(event for event in held._events if event.type == "suggested" and event.data["asked"] == 4)
    event.data["suggestions"][0]["candidate"] = "d0"
    assert [item.same for item in held.recompute()] == [True, True, True, True, False, True]


def test_a_longer_pool_is_a_change_and_old_asks_still_recompute(tmp_path: Path) -> None:
    ledger = tmp_path / "y.db"
    short = ml.Campaign(pool(20), [ml.Objective("y")], seed=1, ledger=ledger, initial=3)
    short.tell(measured(short.suggest(4)))
    longer = ml.Campaign(pool(30), [ml.Objective("y")], seed=1, ledger=ledger, initial=3)
    longer.suggest(2)
    assert [event.type for event in longer.events][-2:] == ["changed", "suggested"]
    assert all(item.same for item in longer.recompute())


def test_a_pool_that_lost_a_made_candidate_is_refused_with_the_list(tmp_path: Path) -> None:
    ledger = tmp_path / "y.db"
    held = ml.Campaign(pool(20), [ml.Objective("y")], ledger=ledger)
    held.tell(ml.Measured.of(candidate="d19", outcome={"y": 1.0}))
    shrunk = ml.Campaign(pool(10), [ml.Objective("y")], ledger=ledger)
    with pytest.raises(ml.InputError, match=r"d19 \(missing\)"):
        shrunk.suggest(1)


def test_a_changed_unit_is_refused(tmp_path: Path) -> None:
    ledger = tmp_path / "y.db"
    held = ml.Campaign(pool(20), [ml.Objective("y", unit="J")], ledger=ledger)
    held.tell(ml.Measured.of(candidate="d1", outcome={"y": 1.0}))
    with pytest.raises(ml.InputError, match="in J, not kJ"):
        ml.Campaign(pool(20), [ml.Objective("y", unit="kJ")], ledger=ledger).suggest(1)


def test_two_handles_on_one_ledger_see_each_other(tmp_path: Path) -> None:
    ledger = tmp_path / "y.db"
    one = ml.Campaign(pool(20), [ml.Objective("y")], ledger=ledger)
    two = ml.Campaign(pool(20), [ml.Objective("y")], ledger=ledger)
    first = one.suggest(2)
    second = two.suggest(2)
    assert [item.id for item in first + second] == ["s0001", "s0002", "s0003", "s0004"]
    assert len({item.candidate for item in first + second}) == 4


def test_nothing_is_written_by_looking(tmp_path: Path) -> None:
    ledger = tmp_path / "y.db"
    held = ml.Campaign(pool(20), [ml.Objective("y")], ledger=ledger)
    held.status(), held.pending(), held.table(), held.check(), held.best()
    assert list(tmp_path.iterdir()) == []


def test_values_come_back_in_declared_order() -> None:
    space = ml.Space([ml.Real("x", 0, 1, step=0.1), ml.Integer("a", 1, 3), ml.Binary("m")])
    held = ml.Campaign(space, [ml.Objective("y")], strategy=ml.Random())
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 1.0}))
    assert list(item.values) == ["x", "a", "m"]
    assert list(held.best()[0].values) == ["x", "a", "m"]
