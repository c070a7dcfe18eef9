"""The cure for an unknown name."""

import pytest

from matloop.errors import nearest


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("hardnes", "Did you mean 'hardness'?"),
        ("max", "Did you mean 'maximize'?"),
        ("ma", "Known: 'maximize', 'minimize', 'hardness'."),
        ("", "Known: 'maximize', 'minimize', 'hardness'."),
        ("MINIMIZE", "Did you mean 'minimize'?"),
    ],
    ids=["typo", "beginning", "too short", "empty", "capitals"],
)
def test_the_nearest_name_is_named_else_all(name: str, cure: str) -> None:
    assert nearest(name, ["maximize", "minimize", "hardness"]) == cure


def test_where_nothing_is_known_that_is_said() -> None:
    assert nearest("y", []) == "None is known here."


def test_known_names_stand_once_and_in_their_order() -> None:
    assert nearest("x", ["b", "a", "b"]) == "Known: 'b', 'a'."
    many = ["formula", *(f"column {letter}" for letter in "nmlkjihgfedcba"), "formula"]
    cure = nearest("zzz e", many)
    listed = cure.split("'")[1::2]
    assert listed == sorted(listed, key=many.index)
    assert len(set(listed)) == len(listed) == 12
    assert cure.endswith("and 3 more.")


def test_the_same_name_in_other_letters_goes_before_a_nearer_one() -> None:
    assert nearest("ZT", ["T", "zT"]) == "Did you mean 'zT'?"
