"""The contract of a `Ledger`, as tests for whoever writes a keeper.

class TestMine(LedgerContract):
    def keeper(self, folder, **settings):
        return MyLedger(folder / "ledger", **settings)
"""
# ruff: noqa: S101, S106, D102 (tests assert, a token is no password, and a test's name is its claim)

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from matloop.domain.events import GENESIS, Draft, Event, verify
from matloop.errors import BusyError, LedgerError
from matloop.store import Ledger

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=UTC)
SHORT_SECONDS = 0.05  # long enough to notice that a lock is held


def opened(name: str = "trial") -> Draft:
    """The first event of a campaign."""
    settings = {"name": name, "seed": 7}
    return Draft("opened", {"settings": settings, "settings_hash": "s", "pool_hash": "p", "machine": {}})


def measured(number: int) -> Draft:
    """A reading that can be told from others by its number."""
    return Draft(
        "measured",
        {
            "key": ["", f"c{number}", 1, 1],
            "candidate": f"c{number}",
            "values": {"temperature": 300 + number, "solvent": "DMF·ü"},
            "outcome": {"y": number / 7},
            "std": {},
            "executed": {},
            "outside": False,
            "note": "",
        },
    )


def readings(first: int, last: int) -> list[Draft]:
    """Readings numbered first..last."""
    return [measured(number) for number in range(first, last + 1)]


def put(ledger: Ledger, *drafts: Draft, after: int = 0) -> list[Event]:
    """Append without looking."""
    return ledger.append(lambda newer: drafts, after)


class LedgerContract:
    """What every keeper of events promises."""

    def keeper(self, folder: Path, **settings: Any) -> Ledger:
        """A ledger, empty at first, with settings `campaign`, `clock`, `busy_seconds`; to be overridden."""
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Ledger:
        return self.keeper(tmp_path, campaign="k1", clock=lambda: MOMENT, busy_seconds=SHORT_SECONDS)

    def test_it_is_a_ledger(self, ledger: Ledger) -> None:
        assert isinstance(ledger, Ledger)

    def test_a_new_ledger_has_no_events(self, ledger: Ledger) -> None:
        assert ledger.events() == []

    def test_a_new_ledger_has_no_faults(self, ledger: Ledger) -> None:
        assert ledger.verify() == []

    def test_events_come_back_as_they_were_appended(self, ledger: Ledger) -> None:
        appended = put(ledger, opened(), *readings(1, 3))
        assert ledger.events() == appended

    def test_events_are_numbered_from_one_without_gaps(self, ledger: Ledger) -> None:
        put(ledger, opened(), measured(1))
        put(ledger, measured(2), after=2)
        assert [event.seq for event in ledger.events()] == [1, 2, 3]

    def test_the_chain_holds_across_appends(self, ledger: Ledger) -> None:
        put(ledger, opened(), measured(1))
        put(ledger, measured(2), after=2)
        events = ledger.events()
        assert (verify(events), events[0].prev, events[2].prev) == ([], GENESIS, events[1].hash)

    def test_a_sound_ledger_has_no_faults(self, ledger: Ledger) -> None:
        put(ledger, opened(), *readings(1, 5))
        assert ledger.verify() == []

    def test_events_after_a_number_are_the_newer_ones(self, ledger: Ledger) -> None:
        appended = put(ledger, opened(), *readings(1, 4))
        assert ledger.events(after=3) == appended[3:]

    def test_nothing_is_newer_than_the_newest(self, ledger: Ledger) -> None:
        put(ledger, opened(), measured(1))
        assert ledger.events(after=2) == []

    def test_asking_behind_the_end_is_refused(self, ledger: Ledger) -> None:
        put(ledger, opened())
        with pytest.raises(LedgerError):
            ledger.events(after=2)

    def test_appending_behind_the_end_is_refused(self, ledger: Ledger) -> None:
        put(ledger, opened())
        with pytest.raises(LedgerError):
            put(ledger, measured(1), after=2)

    def test_append_returns_what_the_caller_did_not_know_and_what_it_appended(self, ledger: Ledger) -> None:
        put(ledger, opened(), *readings(1, 3))
        newer = put(ledger, measured(4), after=2)
        assert [event.seq for event in newer] == [3, 4, 5]

    def test_decide_sees_exactly_the_newer_events(self, ledger: Ledger) -> None:
        before = put(ledger, opened(), *readings(1, 3))
        seen: list[Sequence[Event]] = []

        def decide(newer: Sequence[Event]) -> list[Draft]:
            seen.append(list(newer))
            return []

        ledger.append(decide, 2)
        assert seen == [before[2:]]

    def test_deciding_nothing_changes_nothing(self, ledger: Ledger) -> None:
        before = put(ledger, opened(), measured(1))
        put(ledger, after=2)
        assert ledger.events() == before

    def test_what_decide_raises_reaches_the_caller(self, ledger: Ledger) -> None:
        with pytest.raises(ZeroDivisionError):
            ledger.append(_failing, 0)

    def test_what_decide_raises_leaves_the_ledger_untouched(self, ledger: Ledger) -> None:
        before = put(ledger, opened(), measured(1))
        with pytest.raises(ZeroDivisionError):
            ledger.append(_failing, 2)
        assert ledger.events() == before

    def test_an_error_does_not_keep_the_lock(self, ledger: Ledger) -> None:
        put(ledger, opened())
        with pytest.raises(ZeroDivisionError):
            ledger.append(_failing, 1)
        assert len(put(ledger, measured(1), after=1)) == 1

    def test_an_unknown_type_of_event_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="no such event"):
            put(ledger, Draft("invented", {}))

    def test_one_draft_that_cannot_be_sealed_refuses_them_all(self, ledger: Ledger) -> None:
        before = put(ledger, opened())
        with pytest.raises(ValueError, match="nan"):
            put(ledger, measured(1), Draft("stopped", {"reason": float("nan")}), after=1)
        assert ledger.events() == before

    def test_time_comes_from_the_clock(self, ledger: Ledger) -> None:
        (event,) = put(ledger, opened())
        assert datetime.fromisoformat(event.time) == MOMENT

    def test_a_clock_without_time_zone_is_refused(self, tmp_path: Path) -> None:
        ledger = self.keeper(tmp_path, clock=lambda: MOMENT.replace(tzinfo=None))
        with pytest.raises(ValueError, match="time zone"):
            put(ledger, opened())

    def test_a_campaign_takes_the_id_it_is_given(self, ledger: Ledger) -> None:
        put(ledger, opened(), Draft("dispatched", {"suggestion": "s0001"}, token="s0001/1"))
        assert [(event.campaign, event.token) for event in ledger.events()] == [("k1", None), ("k1", "k1/s0001/1")]

    def test_two_campaigns_have_different_ids(self, tmp_path: Path) -> None:
        ids = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            ids.append(put(self.keeper(tmp_path / name), opened())[0].campaign)
        assert ids[0] != ids[1]

    def test_an_append_within_an_append_finds_the_ledger_busy(self, ledger: Ledger) -> None:
        put(ledger, opened())

        def decide(newer: Sequence[Event]) -> list[Draft]:
            put(ledger, measured(1), after=1)
            return []

        with pytest.raises(BusyError):
            ledger.append(decide, 1)

    def test_reading_within_an_append_sees_the_state_before_it(self, ledger: Ledger) -> None:
        before = put(ledger, opened(), measured(1))
        seen: list[Event] = []

        def decide(newer: Sequence[Event]) -> list[Draft]:
            seen.extend(ledger.events())
            return [measured(2)]

        ledger.append(decide, 2)
        assert seen == before

    def test_changing_the_returned_list_changes_nothing(self, ledger: Ledger) -> None:
        put(ledger, opened(), measured(1))
        ledger.events().clear()
        assert len(ledger.events()) == 2


def _failing(newer: Sequence[Event]) -> list[Draft]:
    raise ZeroDivisionError("decided badly")
