"""Numbers in reasons."""

import pytest

from matloop.decide.words import figure


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(31.24, "J", "31.2 J"), (2.081, "1", "2.08"), (0.0, None, "0"), (1.5e7, "K", "1.50e+07 K")],
    ids=["unit", "pure number", "zero", "large"],
)
def test_a_figure_has_three_digits_and_its_unit(value: float, unit: str | None, text: str) -> None:
    assert figure(value, unit) == text
