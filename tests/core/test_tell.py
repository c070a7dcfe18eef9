"""Identity, readings, repeats, conflicts, corrections: the contract's "Identity" section, line by line."""

import pandas as pd
import pytest

import matloop as ml
from matloop.decide import Strategy
from matloop.errors import ConflictError, DataError, InputError
from tests.core.campaigns import campaign, measured, space


def test_suggestion_ids_count_on_and_are_never_reused() -> None:
    held = campaign()
    first = held.suggest(2)
    held.withdraw([first[1].id], reason="no powder")
    second = held.suggest(2)
    assert [item.id for item in first + second] == ["s0001", "s0002", "s0003", "s0004"]


def test_one_ask_is_one_event() -> None:
    held = campaign()
    held.suggest(4)
    assert [event.type for event in held.events] == ["opened", "suggested"]
    assert len(held.events[1].data["suggestions"]) == 4


def test_telling_the_same_twice_is_accepted_once_and_counted() -> None:
    held = campaign()
    rows = measured(held.suggest(3))
    assert held.tell(rows) == ml.Told(3, 0)
    head = held.state.head
    assert held.tell(rows) == ml.Told(0, 3)
    assert held.state.head == head


def test_the_same_key_with_other_content_is_refused_and_names_the_cures() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 1.0}))
    with pytest.raises(ConflictError) as caught:
        held.tell(ml.Measured(item.id, {"y": 2.0}))
    cure = caught.value.faults[0].cure
    assert "correct FILE s0001/1" in cure
    assert "reading" in cure
    assert held.state.readings.keys().__len__() == 1


def test_a_new_reading_of_the_same_specimen_is_another_reading() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.tell([ml.Measured(item.id, {"y": 1.0}), ml.Measured(item.id, {"y": 1.2}, reading=2)])
    counts = held.status()["counts"]
    assert (counts["measured"], counts["readings"]) == (1, 2)


def test_one_bad_row_keeps_all_rows_of_the_call_out() -> None:
    held = campaign()
    items = held.suggest(2)
    head = held.state.head
    rows = [*measured(items), ml.Measured("s0999", {"y": 1.0}), ml.Measured.of({"x": 3}, {"z": 1.0})]
    with pytest.raises(DataError) as caught:
        held.tell(rows)
    assert [fault.place for fault in caught.value.faults] == ["s0999", "values {'x': 3}"]
    assert held.state.head == head


def test_a_row_without_suggestion_goes_to_the_open_one_of_its_candidate() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.tell(ml.Measured.of(candidate=item.candidate, outcome={"y": 1.0}))
    assert held.pending() == []
    assert [str(key) for key in held.state.readings] == ["s0001/1"]


def test_rows_that_nobody_suggested_are_experiments_counted_within_the_call() -> None:
    held = campaign()
    rows = [ml.Measured.of(candidate="d4", outcome={"y": y}) for y in (1.0, 1.0, 3.0)]
    assert held.tell(rows) == ml.Told(3, 0)
    assert [str(key) for key in held.state.readings] == ["d4/1/1", "d4/2/1", "d4/3/1"]
    assert held.tell(rows) == ml.Told(0, 3)


def test_a_file_told_again_is_a_repeat_even_where_its_first_row_answered_a_suggestion() -> None:
    held = campaign(3)
    items = held.suggest(3)
    rows = [ml.Measured.of(candidate=items[0].candidate, outcome={"y": y}) for y in (2.0, 2.0, 5.0)]
    assert held.tell(rows) == ml.Told(3, 0)
    assert [str(key) for key in held.state.readings] == [
        "s0001/1",
        f"{items[0].candidate}/2/1",
        f"{items[0].candidate}/3/1",
    ]
    assert held.tell(rows) == ml.Told(0, 3)


def test_values_name_the_same_candidate_as_the_id() -> None:
    held = campaign()
    held.tell(ml.Measured.of({"x": 7.0}, {"y": 1.0}))
    assert next(iter(held.state.readings)).candidate == "d7"


def test_values_outside_the_pool_are_learned_from_and_marked() -> None:
    held = campaign()
    held.tell(ml.Measured.of({"x": 99}, {"y": 1.0}))
    (reading,) = held.state.readings.values()
    assert reading.outside
    assert len(held.state.usable()) == 1


def test_identity_stays_with_the_plan_and_the_model_learns_what_was_done() -> None:
    held = ml.Campaign(space(), [ml.Objective("y")], strategy=ml.Random())
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 1.0}, executed={"t": 612}))
    (reading,) = held.state.readings.values()
    assert reading.candidate == item.candidate
    assert reading.values["t"] == item.values["t"]
    assert reading.learned_values["t"] == 612
    assert not reading.outside


def test_executed_values_beyond_the_bounds_are_outside() -> None:
    held = ml.Campaign(space(), [ml.Objective("y")], strategy=ml.Random())
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 1.0}, executed={"t": 950}))
    assert next(iter(held.state.readings.values())).outside


def test_executed_names_must_be_parameters() -> None:
    held = ml.Campaign(space(), [ml.Objective("y")], strategy=ml.Random())
    (item,) = held.suggest(1)
    with pytest.raises(DataError, match="Did you mean 'solvent'"):
        held.tell(ml.Measured(item.id, {"y": 1.0}, executed={"solvnt": "DMF"}))


def test_a_failed_experiment_is_never_suggested_again() -> None:
    held = campaign(6)
    items = held.suggest(3)
    held.tell([ml.Failed(items[0].id, reason="delaminated"), *measured(items[1:])])
    assert items[0].candidate not in {item.candidate for item in held.suggest(3)}


def test_a_failed_experiment_is_suggested_again_where_the_campaign_says_so() -> None:
    held = campaign(3, retry_failed=True)
    items = held.suggest(3)
    held.tell([ml.Failed(items[0].id, reason="delaminated"), *measured(items[1:])])
    assert [item.candidate for item in held.suggest(1)] == [items[0].candidate]


def test_an_aborted_candidate_returns_to_the_pool() -> None:
    held = campaign(3)
    items = held.suggest(3)
    held.tell([ml.Aborted(items[0].id, reason="power cut"), *measured(items[1:])])
    assert [item.candidate for item in held.suggest(1)] == [items[0].candidate]


def test_a_measured_candidate_is_suggested_again_only_with_repeat() -> None:
    held = campaign(3, repeat=True)
    held.tell(measured(held.suggest(3)))
    assert len({item.candidate for item in held.suggest(3)}) == 3


def test_an_exhausted_pool_says_how_many_are_left() -> None:
    held = campaign(8)
    held.suggest(5)
    with pytest.raises(ml.InputError, match=r"asked for 8 candidates, 3 are left \(5 are being measured\)"):
        held.suggest(8)


def test_the_budget_counts_failed_ones_and_not_withdrawn_ones() -> None:
    held = campaign(budget=3)
    items = held.suggest(3)
    held.tell(ml.Failed(items[0].id, reason="cracked"))
    held.withdraw([items[1].id], reason="no powder")
    assert held.status()["budget"] == {"experiments": {"used": 2, "limit": 3}}
    with pytest.raises(InputError, match="the budget holds 1 more"):
        held.suggest(2)


def test_censored_readings_stay_out_of_the_fit_and_reasons_say_how_many() -> None:
    held = campaign(strategy=ml.Bayes(), initial=3)
    items = held.suggest(4)
    held.tell([*measured(items[:3]), ml.Censored(items[3].id, {"y": -5.0}, side="below")])
    assert len(held.state.usable()) == 3
    assert "1 censored" in held.suggest(1)[0].reason


def test_a_correction_changes_what_is_learned_and_the_ledger_keeps_both() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 302.0}))
    held.correct("s0001/1", {"y": 30.2}, reason="typo")
    assert held.state.usable()[0].outcome == {"y": 30.2}
    assert [event.data["outcome"]["y"] for event in held.events[-2:]] == [302.0, 30.2]


def test_telling_what_was_told_before_a_correction_is_a_repeat() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 302.0}))
    held.correct("s0001/1", {"y": 30.2}, reason="typo")
    assert held.tell(ml.Measured(item.id, {"y": 302.0})) == ml.Told(0, 1)


def test_a_key_of_a_candidate_with_slashes_is_split_from_the_right() -> None:
    held = campaign()
    held.tell(ml.Measured.of({"x": 4}, {"y": 1.0}))
    held.correct("d4/1/1", {"y": 2.0}, reason="typo")
    assert held.state.usable()[0].outcome == {"y": 2.0}


@pytest.mark.parametrize("key", ["s0001", "s0009/1", "d4/1", "d4/x/1", "", "/1/1"])
def test_a_key_that_names_no_reading_is_refused(key: str) -> None:
    held = campaign()
    held.suggest(1)
    with pytest.raises(DataError):
        held.correct(key, {"y": 1.0}, reason="typo")


def test_withdrawing_what_has_an_outcome_is_refused() -> None:
    held = campaign()
    held.tell(measured(held.suggest(1)))
    with pytest.raises(DataError, match="it is measured, not open"):
        held.withdraw(["s0001"], reason="changed my mind")


def test_a_late_reading_of_a_withdrawn_suggestion_is_accepted() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.withdraw([item.id], reason="no powder")
    held.tell(ml.Measured(item.id, {"y": 1.0}))
    assert held.status()["counts"]["measured"] == 1


def test_a_stopped_campaign_suggests_nothing_and_still_listens() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.stop(reason="done")
    held.tell(ml.Measured(item.id, {"y": 1.0}))
    with pytest.raises(InputError, match=r"it was stopped \(done\)"):
        held.suggest(1)


def test_a_std_of_what_was_set_is_kept_and_makes_another_content() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    row = ml.Measured(item.id, {"y": 1.0}, executed={"x": 4}, executed_std={"x": 0.5})
    held.tell(row)
    assert held.events[-1].data["executed_std"] == {"x": 0.5}
    (reading,) = held.state.readings.values()
    assert reading.executed_std == {"x": 0.5}
    assert held.tell(row) == ml.Told(0, 1)
    with pytest.raises(ConflictError):
        held.tell(ml.Measured(item.id, {"y": 1.0}, executed={"x": 4}))


def test_readings_without_a_std_of_what_was_set_are_written_as_before() -> None:
    held = campaign()
    held.tell(measured(held.suggest(1)))
    assert "executed_std" not in held.events[-1].data


def test_a_std_of_what_was_set_widens_the_noise_of_new_readings() -> None:
    spreads = []
    for std in (None, {"x": 2.0}):
        held = campaign(strategy=ml.Bayes())
        for item in held.suggest(12):
            x = float(item.values["x"])
            held.tell(ml.Measured(item.id, {"y": x**2 / 10 + 0.2 * (-1) ** int(x)}, executed_std=std or {}))
        spreads.append(held.predict(pd.DataFrame({"x": [25]})).noise_std[0, 0])
    assert spreads[1] > 1.5 * spreads[0]


@pytest.mark.parametrize("std", [{"z": 1.0}, {"x": -1.0}, {"x": "wide"}], ids=["unknown", "negative", "text"])
def test_a_std_of_what_was_set_that_makes_no_sense_is_refused(std: dict[str, float]) -> None:
    held = campaign()
    (item,) = held.suggest(1)
    with pytest.raises(DataError):
        held.tell(ml.Measured(item.id, {"y": 1.0}, executed_std=std))


def told_of(candidate: str, *numbers: float, **terms: int) -> list[ml.Measured]:
    return [ml.Measured.of(candidate=candidate, outcome={"y": y}, **terms) for y in numbers]  # type: ignore[arg-type]


def test_a_conflict_names_the_next_free_reading_and_experiment() -> None:
    held = campaign()
    held.tell([*told_of("d4", 1.0, 2.0), *told_of("d4", 3.0, experiment=1, reading=2)])
    with pytest.raises(ConflictError) as caught:
        held.tell(told_of("d4", 5.0))
    (fault,) = caught.value.faults
    assert fault.found == "y = 5 contradicts what is held: y = 1"
    assert "experiment = 3 if it is another specimen" in fault.cure
    assert "reading = 3 if it is another reading of the same specimen" in fault.cure
    assert held.tell(told_of("d4", 5.0, experiment=3)) == ml.Told(1, 0)


def test_a_conflict_over_a_suggestion_names_the_row_of_another_specimen() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.tell(ml.Measured(item.id, {"y": 1.0}))
    with pytest.raises(ConflictError) as caught:
        held.tell([ml.Measured(item.id, {"y": 2.0}), ml.Measured(item.id, {"y": 3.0})])
    first, second = (fault.cure for fault in caught.value.faults)
    assert 'correct FILE s0001/1 "y=2"' in first
    assert f"candidate = {item.candidate} and experiment = 1 instead of the suggestion" in first
    assert "reading = 2 if" in first
    assert "reading = 3 if" in second


def test_a_conflict_says_what_differs_beside_the_number() -> None:
    held = campaign()
    held.tell(ml.Measured.of(candidate="d4", outcome={"y": 1.0}, std={"y": 0.3}))
    with pytest.raises(ConflictError) as caught:
        held.tell(told_of("d4", 1.0))
    (fault,) = caught.value.faults
    assert fault.found == "y = 1 contradicts what is held: y = 1 (std 0.3)"
    assert 'correct FILE d4/1/1 "y_std="' in fault.cure


def test_rows_of_a_candidate_in_another_order_are_one_fault_that_says_so() -> None:
    held = campaign()
    held.tell(told_of("d4", 1.0, 2.0, 3.0))
    with pytest.raises(ConflictError) as caught:
        held.tell([*told_of("d4", 3.0, 1.0, 2.0), *told_of("d5", 1.0)])
    (fault,) = caught.value.faults
    assert (fault.place, fault.found) == (
        "d4",
        "its rows say what is held as experiment 3, 1 and 2; rows without `experiment` are counted from 1",
    )
    assert "Nothing is to be corrected" in fault.cure
    rows = [row for y, n in ((3.0, 3), (1.0, 1), (2.0, 2)) for row in told_of("d4", y, experiment=n)]
    assert held.tell(rows) == ml.Told(0, 3)


def test_rows_of_one_suggestion_without_reading_are_one_fault_that_numbers_them() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    rows = [ml.Measured(item.id, {"y": y}) for y in (1.0, 1.2, 1.1)]
    with pytest.raises(ConflictError) as caught:
        held.tell(rows)
    (fault,) = caught.value.faults
    assert fault.found.startswith("3 rows of s0001 all count as its reading 1 and differ: y = 1; y = 1.2; y = 1.1")
    assert "Number them 1, 2 and 3 in a column `reading`" in fault.cure
    numbered = [ml.Measured(item.id, dict(row.outcome), reading=n) for n, row in enumerate(rows, 1)]
    assert held.tell(numbered) == ml.Told(3, 0)


def test_a_conflict_beside_another_fault_is_told_with_it() -> None:
    held = campaign()
    held.tell(told_of("d4", 1.0))
    with pytest.raises(DataError) as caught:
        held.tell([*told_of("d4", 2.0), *told_of("d999", 2.0)])
    assert [fault.place for fault in caught.value.faults] == ["d999", "d4/1/1"]


def test_rows_in_another_order_with_new_ones_among_them_are_numbered() -> None:
    held = campaign()
    held.tell(told_of("d4", 1.0, 2.0))
    with pytest.raises(ConflictError) as caught:
        held.tell(told_of("d4", 5.0, 2.0, 1.0))
    (fault,) = caught.value.faults
    assert fault.found.startswith("its rows say what is held as experiment 2 and 1, and 1 more;")
    assert "`experiment` with 3, 2 and 1 from top to bottom" in fault.cure


def test_a_row_that_is_held_nowhere_where_another_is_missing_is_a_contradiction() -> None:
    held = campaign()
    held.tell(told_of("d4", 1.0, 2.0))
    with pytest.raises(ConflictError) as caught:
        held.tell(told_of("d4", 2.0, 5.0))
    assert [fault.found for fault in caught.value.faults] == [
        "y = 2 contradicts what is held: y = 1",
        "y = 5 contradicts what is held: y = 2",
    ]


def test_a_reading_that_counts_anew_though_it_is_held_is_warned_of() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    held.tell(told_of(item.candidate, 2.0, 5.0))
    told = held.tell(told_of(item.candidate, 5.0, 2.0))
    assert (told.keys, told.repeated) == ((f"{item.candidate}/1/1",), 1)
    (doubt,) = told.warnings
    assert doubt.found == f"y = 5 is held as {item.candidate}/2/1; now it counts as another specimen too"


def test_equal_rows_of_one_call_count_as_specimens_and_are_warned_of_once() -> None:
    held = campaign()
    told = held.tell(told_of("d4", 1.0, 1.0, 1.0))
    assert told.keys == ("d4/1/1", "d4/2/1", "d4/3/1")
    (doubt,) = told.warnings
    assert doubt.found.startswith("3 rows say what another row says (d4/1/1, d4/2/1 and d4/3/1)")
    again = held.tell(told_of("d4", 1.0, 1.0, 1.0))
    assert (again.repeated, again.warnings) == (3, ())


def test_a_conflict_over_what_was_executed_is_mended_by_voiding_the_held_one() -> None:
    held = campaign()
    held.tell(told_of("d4", 1.0))
    with pytest.raises(ConflictError) as caught:
        held.tell(ml.Measured.of({"x": 7}, {"y": 1.0}, candidate="d4"))
    (fault,) = caught.value.faults
    assert fault.found == "y = 1, executed x = 7 contradicts what is held: y = 1"
    assert "`matloop correct FILE d4/1/1 status=aborted --reason WHY`" in fault.cure


def advice(held: ml.Campaign) -> tuple[str, str]:
    said = held.status()["advice"]
    return said["action"], said["reason"]


@pytest.mark.parametrize("strategy", [ml.Random(), ml.Bayes()], ids=["random", "bayes"])
def test_where_nobody_asked_for_what_was_told_status_says_what_suggest_finds(strategy: Strategy) -> None:
    held = campaign(4, strategy=strategy, budget=4)
    rows = [ml.Measured.of(candidate=f"d{i}", outcome={"y": float(i % 3)}) for i in range(4)]
    assert advice(held) == ("suggest", "nothing is pending, with 4 experiments left")
    held.tell(rows[:3])
    assert "with 4 experiments left and 1 candidate to choose from" in advice(held)[1]
    held.tell(rows[3:])
    action, reason = advice(held)
    assert (action, reason.partition(":")[0]) == ("stop", "no candidate is left to suggest")
    with pytest.raises(ml.InputError, match="0 are left"):
        held.suggest(1)
    assert held.suggest_up_to(1) == []


def test_candidates_that_may_come_again_are_left() -> None:
    for terms in ({"repeat": True}, {"strategy": ml.Bayes(replicates="auto")}):
        held = campaign(2, budget=4, **terms)
        held.tell([ml.Measured.of(candidate=f"d{i}", outcome={"y": float(i)}) for i in range(2)])
        assert advice(held)[0] == "suggest"


def test_in_a_space_what_was_made_outside_it_takes_no_candidate_away() -> None:
    small = ml.Space([ml.Categorical("solvent", ["DMF", "DMSO"])])
    held = ml.Campaign(small, [ml.Objective("y", goal="maximize")], strategy=ml.Random(), budget=9)
    held.tell([ml.Measured.of({"solvent": one}, {"y": 1.0}) for one in ("DMF", "water")])
    assert "1 candidate to choose from" in advice(held)[1]
    held.tell(measured(held.suggest(1), lambda values: 2.0))
    assert advice(held)[0] == "stop"
