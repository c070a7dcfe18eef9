"""Readings and the keys that name them."""

from matloop.domain.reading import Key, Reading


def test_a_suggested_reading_is_named_by_its_suggestion() -> None:
    assert str(Key.asked("s0003", 2)) == "s0003/2"


def test_an_unasked_reading_is_named_by_its_candidate() -> None:
    assert str(Key.unasked("d/17", 1, 2)) == "d/17/1/2"


def test_keys_have_one_order() -> None:
    keys = [Key.asked("s0002"), Key.asked("s0001", 2), Key.asked("s0001", 1), Key.unasked("c", 2), Key.unasked("c", 1)]
    assert [str(key) for key in sorted(keys)] == ["c/1/1", "c/2/1", "s0001/1", "s0001/2", "s0002/1"]


def test_the_model_learns_what_was_executed() -> None:
    told = Reading(Key.asked("s0001"), "c1", {"t": 600, "p": 1}, "ok", executed={"t": 612})
    assert told.learned_values == {"t": 612, "p": 1}
