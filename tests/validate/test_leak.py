"""What is predicted is never told to the model."""

from __future__ import annotations

import pytest

from matloop.errors import InputError
from matloop.validate.recipe import Recipe
from matloop.validate.screen_model import fit_screen_model

TABLE = {"formula": ["PbTe", "SnTe", "GeTe"], "T": [300.0, 300.0, 300.0], "zT": [0.1, 0.2, 0.3]}


@pytest.mark.parametrize("recipe", [Recipe("formula", numbers=("T", "zT")), Recipe(numbers=("zT",))])
def test_a_target_among_the_inputs_is_refused(recipe: Recipe) -> None:
    with pytest.raises(InputError, match="both what is predicted and what the model is told"):
        fit_screen_model(TABLE, "zT", recipe, group="formula")


def test_an_empty_cell_is_called_so() -> None:
    table = {**TABLE, "T": [300.0, float("nan"), 300.0]}
    with pytest.raises(InputError, match="row 1: an empty cell is no finite number"):
        fit_screen_model(table, "zT", Recipe("formula", numbers=("T",)), group="formula")
