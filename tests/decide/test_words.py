"""Numbers in reasons."""

import pytest

from matloop.decide.words import approximation, figure


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(31.24, "J", "31.2 J"), (2.081, "1", "2.08"), (0.0, None, "0"), (1.5e7, "K", "1.50e+07 K")],
    ids=["unit", "pure number", "zero", "large"],
)
def test_a_figure_has_three_digits_and_its_unit(value: float, unit: str | None, text: str) -> None:
    assert figure(value, unit) == text


def test_a_model_that_is_not_approximate_has_no_words_for_it() -> None:
    assert approximation({}) == approximation({"objectives": [{"approximate": None}]}) == ""


def test_the_worst_of_several_approximate_objectives_is_said() -> None:
    one = {"inducing": 1000, "told": 2000, "probed": 64, "mean_error": 0.04, "std_ratio": 1.01}
    other = {**one, "mean_error": 0.215, "std_ratio": 1.002}
    model = {"objectives": [{"approximate": one}, {"approximate": other}]}
    said = approximation(model)
    assert approximation({"picked": "gp", "models": {"gp": model, "forest": {}}}) == said
    assert said == (
        "the model is approximate: 1000 inputs carry the readings, its means are off by 0.21 model std and its std is "
        "1.01 times the exact one, seen on 2000 inputs"
    )
