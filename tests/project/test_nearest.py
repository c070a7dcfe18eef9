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
    ],
    ids=["typo", "beginning", "too short", "empty"],
)
def test_the_nearest_name_is_named_else_all(name: str, cure: str) -> None:
    assert nearest(name, ["maximize", "minimize", "hardness"]) == cure


def test_where_nothing_is_known_that_is_said() -> None:
    assert nearest("y", []) == "None is known here."
