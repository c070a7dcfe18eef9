"""A campaign on formulas: what is suggested, learned and replayed."""

from pathlib import Path

import pandas as pd
import pytest

import matloop as ml
from matloop.errors import DataError
from matloop.generate import Enumeration

FORMULAS = ["Bi2Te3", "Sb2Te3", "PbTe", "SnTe", "GeTe", "SnSe", "Cu2Se", "Mg2Si", "CoSb3", "FeSi2", "Zn4Sb3", "NaN"]


def frame() -> pd.DataFrame:
    return pd.DataFrame({"formula": FORMULAS, "T": [300.0 + 50 * i for i in range(len(FORMULAS))]})


def campaign(ledger: str | None = None) -> ml.Campaign:
    pool = ml.Pool.from_frame(frame(), features=[ml.FormulaColumn("formula", exclude=("Pb",)), "T"])
    settings = {"ledger": ledger} if ledger else {}
    return ml.Campaign(
        pool, [ml.Objective("zT", goal="maximize")], strategy=ml.Bayes(surrogate=ml.GP()), seed=3, **settings
    )


def value(formula: str) -> float:
    """A stand-in for zT that composition explains: tellurides are good."""
    return 1.0 + 0.3 * ("Te" in formula) - 0.2 * ("Si" in formula)


def run(made: ml.Campaign, cycles: int) -> list[str]:
    asked = []
    for _ in range(cycles):
        (one,) = made.suggest(1)
        asked.append(str(one.values["formula"]))
        made.tell([ml.Measured(one.id, {"zT": value(asked[-1])})])
    return asked


def test_an_excluded_formula_is_never_suggested_and_no_formula_twice() -> None:
    asked = run(campaign(), 10)
    assert "PbTe" not in asked
    assert len(set(asked)) == 10


def test_the_same_campaign_asks_for_the_same(tmp_path: Path) -> None:
    made = campaign(str(tmp_path / "ledger.db"))
    assert run(made, 7) == run(campaign(), 7)
    assert max((ask.difference for ask in made.recompute()), default=0.0) == 0.0


def test_a_formula_outside_the_pool_is_predicted_from_its_composition() -> None:
    made = campaign()
    run(made, 9)
    told = made.predict(pd.DataFrame({"formula": ["In2Te3", "TiSi2"], "T": [500.0, 500.0]}))
    assert told.mean[0, 0] > told.mean[1, 0]


def test_a_reading_of_an_excluded_formula_is_learned_from() -> None:
    made = campaign()
    run(made, 5)
    made.tell([ml.Measured.of({"formula": "PbTe", "T": 400}, {"zT": 1.3})])
    assert made.suggest(1)[0].values["formula"] != "PbTe"


@pytest.mark.parametrize("formula", ["Bi2Xx3", "HeO2", ""], ids=["unknown element", "no figures", "empty"])
def test_a_reading_of_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises((DataError, ml.InputError)):
        campaign().tell([ml.Measured.of({"formula": formula, "T": 400}, {"zT": 1.3})])


def test_enumerated_formulas_are_a_pool() -> None:
    found = next(Enumeration(("Na", "Fe", "P", "O"), orders=(4,), highest=4).chunks()).frame()
    pool = ml.Pool.from_frame(found, features=[ml.FormulaColumn("formula")])
    assert len(pool) == len(found)
    assert pool.encoder.d == 132
