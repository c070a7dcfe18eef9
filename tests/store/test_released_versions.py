"""Every ledger ever written can be read. A fixture is written once and never changed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from matloop.domain.events import TYPES
from matloop.domain.reading import Key
from matloop.state import replay
from matloop.store.sqlite import SqliteLedger, verify_file
from matloop.testing.ledgers import measured, put

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("ledger-v*.sql"))


@pytest.fixture(params=FIXTURES, ids=[file.stem for file in FIXTURES])
def ledger(request, tmp_path):
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
    return path


@pytest.fixture
def state(ledger):
    return replay(SqliteLedger(ledger).events())


def test_a_released_ledger_verifies(ledger):
    assert verify_file(ledger) == []


def test_a_released_ledger_holds_events_of_every_type(ledger):
    assert {event.type for event in SqliteLedger(ledger).events()} == TYPES


def test_a_released_ledger_can_be_appended_to(ledger):
    put(SqliteLedger(ledger), measured(1))
    assert verify_file(ledger) == []


def test_its_suggestions_are_where_they_were_left(state):
    assert {id_: asked.stage for id_, asked in state.asked.items()} == {
        "s0001": "measured",
        "s0002": "failed",
        "s0003": "censored",
        "s0004": "aborted",
        "s0005": "rejected",
        "s0006": "unknown",
        "s0007": "withdrawn",
    }


def test_its_readings_say_what_was_told_and_corrected(state):
    assert {str(key): (reading.status, dict(reading.outcome)) for key, reading in state.readings.items()} == {
        "s0001/1": ("ok", {"toughness": 30.2}),
        "s0001/2": ("ok", {"toughness": 33.9}),
        "s0002/1": ("failed", {}),
        "d017/1/1": ("ok", {"toughness": 12.0}),
        "s0003/1": ("below", {"toughness": 3.0}),
        "s0004/1": ("aborted", {}),
    }


def test_its_executed_values_are_learned_from(state):
    assert state.readings[Key.asked("s0001")].learned_values["theta"] == 74.5


def test_its_predictions_come_back(state):
    assert state.asked["s0003"].suggestion.prediction.mean == {"toughness": 28.25}


def test_its_change_of_settings_counts(state):
    assert (state.settings["budget"], state.pool_size) == (80, 640)


def test_it_knows_that_it_was_stopped(state):
    assert state.stopped == "done"
