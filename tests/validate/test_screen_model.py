"""From a table of formulas to a model that screens others."""

import numpy as np
import pandas as pd
import pytest

from matloop.errors import DataError, InputError
from matloop.surrogate.trees import ExtraTrees
from matloop.validate.recipe import Recipe
from matloop.validate.screen_model import ScreenModel, Study, fit_screen_model

FORMULAS = [a + b for a in ("Ge", "Sn", "Pb", "Mg", "Ca", "Sr") for b in ("S", "Se", "Te")]
RECIPE = Recipe("formula", numbers=("T",))
QUICK = (ExtraTrees(trees=30, resample=False),)


def table() -> pd.DataFrame:
    rows = [(formula, T, len(formula) + T / 1000) for formula in FORMULAS for T in (300.0, 700.0)]
    return pd.DataFrame(rows, columns=["formula", "T", "y"])


@pytest.fixture(scope="module")
def model() -> ScreenModel:
    return fit_screen_model(table(), "y", RECIPE, group="system", surrogates=QUICK)


def test_a_prediction_has_both_errors_an_interval_and_a_distance(model: ScreenModel) -> None:
    told = model.predict(model.features(["PbTe", "ZrNiSn"], T=700))
    low, high = model.interval(told)
    assert told.prediction.mean.shape == told.prediction.noise_std.shape == (2, 1)
    assert (low < told.mean).all()
    assert (told.mean < high).all()
    assert told.distance[0] == pytest.approx(0.0, abs=0.05)
    assert told.distance[1] > 0.5


def test_one_number_serves_all_candidates_or_each_its_own(model: ScreenModel) -> None:
    all_at_one = model.features(["PbTe", "SnTe"], T=700)
    each = model.features(["PbTe", "SnTe"], T=[700, 700])
    assert (all_at_one == each).all()


def test_the_same_seed_gives_the_same_model(model: ScreenModel) -> None:
    again = fit_screen_model(table(), "y", RECIPE, group="system", surrogates=QUICK)
    X = model.features(["PbTe", "BaS"], T=500)
    assert (again.predict(X).mean == model.predict(X).mean).all()
    assert (again.predict(X).std == model.predict(X).std).all()


def test_a_model_says_what_was_left_out_when_its_errors_were_judged(model: ScreenModel) -> None:
    said = model.describe()
    assert said["group"] == "element systems"
    assert said["inner_folds"] == "5 folds of whole groups"


def test_groups_may_be_keys_of_ones_own() -> None:
    study = Study.of(table(), "y", RECIPE, group=[formula[:2] for formula in table()["formula"]])
    assert len(np.unique(study.lessons.groups)) == 6


def test_a_table_of_numbers_alone_is_grouped_by_clusters() -> None:
    rng = np.random.default_rng(0)
    X = np.repeat(rng.random((20, 2)), 2, axis=0)
    study = Study.of({"a": X[:, 0], "b": X[:, 1], "y": X.sum(axis=1)}, "y", Recipe(numbers=("a", "b")), "cluster")
    assert study.group == "2 clusters"
    assert study.names == ("a", "b")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"target": "z"}, "'z'"),
        ({"recipe": Recipe("formulas")}, "Did you mean 'formula'"),
        ({"group": "system", "recipe": Recipe(numbers=("T",))}, "there is no column of formulas"),
        ({"group": [1, 2]}, "2 keys for 36 rows"),
    ],
    ids=["target", "formula", "group without formulas", "keys"],
)
def test_what_the_table_lacks_is_named(change: dict[str, object], found: str) -> None:
    asked: dict[str, object] = {"target": "y", "recipe": RECIPE, "group": "system"} | change
    with pytest.raises(InputError, match=found):
        Study.of(table(), **asked)  # type: ignore[arg-type]


def test_a_cell_that_is_no_number_is_named_with_its_row() -> None:
    broken = table().astype({"y": object})
    broken.loc[3, "y"] = "high"
    with pytest.raises(InputError, match=r"column 'y', row 3.*'high' is no finite number"):
        Study.of(broken, "y", RECIPE, group="system")


def test_a_bad_formula_is_refused_with_its_place() -> None:
    broken = table()
    broken.loc[5, "formula"] = "PbXx2"
    with pytest.raises(DataError, match="PbXx2"):
        Study.of(broken, "y", RECIPE, group="system")


def test_an_unknown_number_is_refused(model: ScreenModel) -> None:
    with pytest.raises(InputError, match="'temperature'"):
        model.features(["PbTe"], temperature=300)
    with pytest.raises(InputError, match="lacking: T"):
        model.features(["PbTe"])


def test_a_recipe_that_describes_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="neither formulas nor numbers"):
        Recipe()
    with pytest.raises(InputError, match="no set 'magpi'"):
        Recipe("formula", sets=("magpi",))
