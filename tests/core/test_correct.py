"""Corrections: every field of a reading, held together; and what the campaign makes of them."""

import pytest

import matloop as ml
from matloop.domain.events import Event, verify
from matloop.domain.reading import Key
from matloop.errors import DataError, InputError
from matloop.state import State, replay
from tests.core.campaigns import campaign, measured


def told(*outcomes: ml.Measured | ml.Failed | ml.Aborted | ml.Censored) -> ml.Campaign:
    held = campaign()
    held.tell(list(outcomes))
    return held


def test_a_failed_reading_becomes_a_measured_one() -> None:
    held = told(ml.Failed(candidate="d4", reason="cracked"))
    held.correct("d4/1/1", {"y": 9.0}, std={"y": 0.5}, status="ok", reason="the sheet was misread")
    (reading,) = held.state.usable()
    assert (reading.outcome, reading.std, reading.status) == ({"y": 9.0}, {"y": 0.5}, "ok")
    assert held.status()["counts"]["measured"] == 1


@pytest.mark.parametrize("status", ["failed", "aborted"])
def test_a_status_without_a_number_takes_number_and_std_away(status: str) -> None:
    held = told(ml.Measured.of(candidate="d4", outcome={"y": 1.0}, std={"y": 0.5}))
    held.correct("d4/1/1", status=status, reason="it had cracked")  # type: ignore[arg-type]
    reading = held.state.readings[Key.unasked("d4", 1)]
    assert (reading.outcome, reading.std, reading.status) == ({}, {}, status)
    assert held.state.usable() == ()


def test_a_limit_keeps_its_number_and_loses_its_std() -> None:
    held = told(ml.Measured.of(candidate="d4", outcome={"y": 1.0}, std={"y": 0.5}))
    held.correct("d4/1/1", status="below", reason="that was the limit of detection")
    reading = held.state.readings[Key.unasked("d4", 1)]
    assert (reading.outcome, reading.std, reading.status) == ({"y": 1.0}, {}, "below")


def test_a_std_is_replaced_and_taken_away() -> None:
    held = told(ml.Measured.of(candidate="d4", outcome={"y": 1.0}, std={"y": 0.5}))
    held.correct("d4/1/1", std={"y": 0.05}, reason="typo")
    assert held.state.usable()[0].std == {"y": 0.05}
    held.correct("d4/1/1", std={"y": None}, reason="that was a guess")
    assert held.state.usable()[0].std == {}
    assert held.state.usable()[0].outcome == {"y": 1.0}


def test_a_note_is_replaced_alone() -> None:
    held = told(ml.Measured.of(candidate="d4", outcome={"y": 1.0}, note="furnace 1"))
    held.correct("d4/1/1", note="furnace 2", reason="typo")
    assert (held.state.usable()[0].note, held.state.usable()[0].outcome) == ("furnace 2", {"y": 1.0})


def test_a_voided_reading_returns_its_candidate_to_the_pool() -> None:
    held = campaign(3)
    items = held.suggest(3)
    held.tell(measured(items))
    held.correct(f"{items[0].id}/1", status="aborted", reason="that was another specimen")
    assert held.state.asked[items[0].id].stage == "aborted"
    assert [item.candidate for item in held.suggest(1)] == [items[0].candidate]


def test_a_voided_reading_can_be_given_its_number_after_all() -> None:
    held = campaign(3)
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 1.0}))
    held.correct("s0001/1", status="aborted", reason="wrong candidate")
    held.correct("s0001/1", {"y": 2.0}, status="ok", reason="here is its own")
    assert held.state.usable()[0].outcome == {"y": 2.0}
    assert held.state.asked["s0001"].stage == "measured"


def test_a_suggestion_keeps_what_its_other_readings_say() -> None:
    held = campaign()
    held.suggest(1)
    held.tell([ml.Measured("s0001", {"y": 1.0}), ml.Measured("s0001", {"y": 1.2}, reading=2)])
    held.correct("s0001/2", status="aborted", reason="the probe slipped")
    assert held.state.asked["s0001"].stage == "measured"
    held.correct("s0001/1", status="failed", reason="it had cracked")
    assert held.state.asked["s0001"].stage == "failed"


def test_the_refusal_of_another_content_names_a_correction_that_works() -> None:
    held = told(ml.Failed(candidate="d4", reason="cracked"))
    with pytest.raises(InputError) as caught:
        held.tell(ml.Measured.of(candidate="d4", outcome={"y": 9.0}, std={"y": 0.5}))
    assert "correct FILE d4/1/1" in caught.value.faults[0].cure
    held.correct("d4/1/1", {"y": 9.0}, std={"y": 0.5}, status="ok", reason="as it says")
    assert held.tell(ml.Measured.of(candidate="d4", outcome={"y": 9.0}, std={"y": 0.5})) == ml.Told(0, 1)


def test_corrected_fields_replay_to_the_live_state() -> None:
    held = campaign()
    held.suggest(2)
    held.tell([ml.Measured("s0001", {"y": 1.0}, std={"y": 0.1}), ml.Failed("s0002")])
    held.correct("s0001/1", status="above", note="beyond the scale", reason="misread")
    held.correct("s0002/1", {"y": 3}, std={"y": 0.2}, status="ok", reason="misread")
    held.correct("s0002/1", std={"y": None}, reason="a guess")
    assert replay(held.events) == held.state
    assert verify(held.events) == []


def test_a_correction_of_the_first_form_is_read_as_it_was() -> None:
    held = told(ml.Measured.of(candidate="d4", outcome={"y": 1.0}, std={"y": 0.5}, note="furnace 1"))
    held.correct("d4/1/1", {"y": 2.0}, reason="typo")
    event: Event = held.events[-1]
    assert event.data.keys() - {"basis"} == {"suggestion", "candidate", "experiment", "reading", "outcome", "reason"}
    (reading,) = replay(held.events).readings.values()
    assert (reading.outcome, reading.std, reading.status, reading.note) == ({"y": 2.0}, {"y": 0.5}, "ok", "furnace 1")


BAD = {
    "a number without a status": ({"outcome": {"y": 9.0}}, "it is failed and holds no number", "status=ok"),
    "a std without a status": ({"std": {"y": 0.5}}, "it is failed and holds no number", "status=ok"),
    "a status without its number": ({"status": "ok"}, "status 'ok', but no number", "OBJECTIVE=VALUE"),
    "a status against its number": ({"status": "aborted", "outcome": {"y": 1.0}}, "and yet a number", "Leave out"),
    "a std of a limit": ({"status": "below", "outcome": {"y": 1.0}, "std": {"y": 0.1}}, "has no std", "Leave the std"),
    "an unknown status": ({"status": "faild"}, "unknown status 'faild'", "'failed'"),
    "an unknown objective": ({"outcome": {"z": 1.0}}, "'z' is no objective", "'y'"),
    "a std of an unknown objective": ({"std": {"z": 1.0}}, "'z' is no objective", "'y'"),
    "no finite number": ({"outcome": {"y": float("nan")}, "status": "ok"}, "y is nan", "finite"),
    "a negative std": ({"outcome": {"y": 1.0}, "std": {"y": -1.0}, "status": "ok"}, "std of y is -1.0", "0 or more"),
    "nothing": ({}, "nothing is named", "Give a number"),
}


@pytest.mark.parametrize(("fields", "found", "cure"), BAD.values(), ids=list(BAD))
def test_a_correction_that_would_not_hold_together_is_refused(fields: dict[str, object], found: str, cure: str) -> None:
    held = told(ml.Failed(candidate="d4", reason="cracked"))
    before: State = held.state
    with pytest.raises(DataError) as caught:
        held.correct("d4/1/1", reason="x", **fields)  # type: ignore[arg-type]
    (fault,) = caught.value.faults
    assert found in fault.found
    assert cure in fault.cure
    assert held.state == before


def test_a_number_is_not_given_to_an_experiment_whose_context_nobody_told() -> None:
    space = ml.Space([ml.Real("t", 300, 900, step=10), ml.Context("humidity", 0, 100)])
    held = ml.Campaign(space, [ml.Objective("y")], strategy=ml.Random())
    held.suggest(1)
    held.tell(ml.Failed("s0001"))
    with pytest.raises(DataError) as caught:
        held.correct("s0001/1", {"y": 1.0}, status="ok", reason="misread")
    assert "it has no 'humidity'" in caught.value.faults[0].found
    held.correct("s0001/1", status="aborted", reason="misread")
    assert held.state.asked["s0001"].stage == "aborted"


def test_one_id_may_be_withdrawn_without_a_list() -> None:
    held = campaign()
    held.suggest(2)
    held.withdraw("s0001", reason="no powder")
    assert [item.id for item in held.pending()] == ["s0002"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"y": 1.0}, "a dict is no outcome"),
        ("s0001", "a str is no outcome"),
        (1.0, "a float is no outcome"),
        ([ml.Failed("s0001"), {"y": 1.0}], "item 1 is a dict"),
    ],
    ids=["dict", "text", "number", "list"],
)
def test_what_is_no_outcome_is_refused_in_words(given: object, found: str) -> None:
    held = campaign()
    held.suggest(1)
    with pytest.raises(InputError) as caught:
        held.tell(given)  # type: ignore[arg-type]
    assert found in caught.value.faults[0].found
    assert "Measured" in caught.value.faults[0].cure


def test_a_frame_is_refused_with_the_two_ways_to_tell_it() -> None:
    held = campaign()
    held.suggest(1)
    with pytest.raises(InputError) as caught:
        held.tell(held.table())  # type: ignore[arg-type]
    cure = caught.value.faults[0].cure
    assert "itertuples" in cure
    assert "matloop tell" in cure
    assert "Measured.of" in cure


def test_outcomes_may_come_from_a_generator() -> None:
    held = campaign()
    assert held.tell(outcome for outcome in measured(held.suggest(2))) == ml.Told(2, 0)  # type: ignore[arg-type]
