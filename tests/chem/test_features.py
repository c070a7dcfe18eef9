"""Features against matminer, which made matminer.npz (make_fixture.py beside this file), and against their laws."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop import chem
from matloop.chem import Formula
from matloop.chem.sets import sets
from matloop.domain.units import known_unit
from matloop.errors import DataError, InputError

from .test_parse import FORMULAS

ALL = tuple(sets())


@pytest.fixture(scope="module")
def peer() -> dict[str, np.ndarray]:
    with np.load(Path(__file__).with_name("matminer.npz"), allow_pickle=False) as told:
        return {name: told[name] for name in told.files}


def gap(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, of magnitudes above 1 the relative one; NaN must meet NaN."""
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    return float(np.nanmax(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))))


def complete(peer: dict[str, np.ndarray]) -> np.ndarray:
    """The rows whose elements all have every figure."""
    return np.setdiff1d(np.arange(len(peer["formulas"])), peer["marked"])


def test_the_names_are_those_of_matminer(peer) -> None:
    assert tuple(peer["names"].tolist()) == chem.MAGPIE
    assert chem.MAGPIE[3] == "MagpieData mean Number"
    assert len(set(chem.MAGPIE)) == 132


def test_the_fixture_covers_every_element(peer) -> None:
    assert chem.compositions(peer["formulas"].tolist()).amounts.any(axis=0).all()


def test_magpie_equals_matminer_for_all_elements_with_its_imputation(peer) -> None:
    assert gap(chem.magpie(peer["formulas"].tolist(), missing="mean"), peer["magpie_mean"]) < 1e-9


def test_magpie_equals_matminer_without_imputation_down_to_what_is_marked(peer) -> None:
    formulas = peer["formulas"][peer["marked"]].tolist()
    assert gap(chem.magpie(formulas, missing="mark"), peer["magpie_mark"]) < 1e-9


def test_magpie_equals_matminer_where_nothing_is_missing(peer) -> None:
    rows = complete(peer)
    assert len(rows) > 400
    assert gap(chem.magpie(peer["formulas"][rows].tolist()), peer["magpie_mean"][rows]) < 1e-9


def test_norms_equal_those_of_matminer(peer) -> None:
    assert gap(chem.describe(peer["formulas"].tolist(), "norms").values, peer["norms"]) < 1e-9


def test_valence_electrons_equal_those_of_matminer(peer) -> None:
    ours = chem.describe(peer["formulas"].tolist(), "valence", missing="mark").values
    assert gap(ours, peer["valence"]) < 1e-9


def test_ionic_characters_equal_those_of_matminer(peer) -> None:
    ours = chem.describe(peer["formulas"].tolist(), "ions", missing="mean").values
    assert gap(ours[:, :2], peer["ions"]) < 1e-9


def test_what_matminer_can_balance_with_whole_atoms_balances_here_in_some_multiple(peer) -> None:
    ours = chem.describe(peer["formulas"].tolist(), "ions", missing="mark").values[:, 4]
    theirs = peer["possible"]
    asked = (theirs >= 0) & np.isfinite(ours)
    assert asked.sum() > 250
    assert (ours[asked & (theirs == 1)] == 1).all()
    more = np.flatnonzero(asked & (theirs == 0) & (ours == 1))
    assert len(more) > 5
    assert all(balances_in_a_multiple(peer["formulas"][row]) for row in more)


def balances_in_a_multiple(text: str) -> bool:
    """Whether up to twelve formula units can share out the common oxidation states of their atoms and be neutral."""
    formula = chem.parse(text)
    for units in range(1, 13):
        sums = {0}
        for symbol, amount in zip(formula.elements, formula.amounts, strict=True):
            for _ in range(int(amount) * units):
                sums = {total + state for total in sums for state in chem.element(symbol).oxidation}
        if 0 in sums:
            return True
    return False


@pytest.mark.parametrize(
    ("formula", "balanced"),
    [
        ("NaCl", 1),
        ("Na2Cl", 0),
        ("Fe3O4", 1),
        ("Fe0.947O", 1),
        ("La0.7Sr0.3MnO3", 1),
        ("SrTi0.9Nb0.1O3", 0),
        ("Fe", 1),
        ("NH4^+", 1),
        ("Na^+", 1),
        ("Na^2+", 0),
    ],
    ids=str,
)
def test_charges_balance_where_chemistry_says_so(formula: str, balanced: float) -> None:
    assert chem.describe([formula], "ions").values[0, 4] == balanced


def test_the_published_magpie_table_is_met(data_dir) -> None:
    with (data_dir / "gaultois_ucsb_te" / "gaultois_magpie_features.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    described = chem.describe([row[0] for row in rows], ["magpie", "norms", "valence", "ions"])
    names = [name for name in head if name in described.names]
    theirs = np.array([[float(row[head.index(name)]) for name in names] for row in rows])
    ours = described.values[:, [described.names.index(name) for name in names]]
    near = np.abs(ours - theirs) <= 1e-4 * np.maximum(1, np.abs(theirs))  # the file has six digits
    assert (len(rows), len(names)) == (1098, 132 + 6 + 4 + 2)
    assert near.mean() >= 0.99
    assert near[:, [name in chem.MAGPIE for name in names]].all()


def test_every_formula_of_the_published_database_is_described(data_dir) -> None:
    with (data_dir / "screen_formulas_cod" / "screen_formulas_cod.csv").open(encoding="utf-8", newline="") as file:
        formulas = [row["formula"] for row in csv.DictReader(file)]
    found = chem.magpie(formulas)
    assert found.shape == (51311, 132)
    assert np.isfinite(found).all()
    assert "NaN" not in formulas or found[formulas.index("NaN"), 1] == 11


# Laws


@given(st.lists(FORMULAS, min_size=1, max_size=12), st.integers(2, 50))
def test_multiples_of_a_formula_have_the_same_features(formulas: list[Formula], times: int) -> None:
    more = [
        Formula.of(
            {symbol: times * amount for symbol, amount in zip(one.elements, one.amounts, strict=True)},
            times * one.charge,
        )
        for one in formulas
    ]
    which = [name for name in ALL if name != "magpie"]  # equality of amounts has an absolute tolerance there: see below
    one, other = (chem.describe(given, which, missing="mean").values for given in (formulas, more))
    assert np.allclose(one, other, rtol=1e-9, atol=1e-9)


@given(st.lists(FORMULAS, min_size=2, max_size=12), st.randoms())
def test_each_row_is_described_by_itself(formulas: list[Formula], random) -> None:
    order = list(range(len(formulas)))
    random.shuffle(order)
    together = chem.describe(formulas, ALL, missing="mark").values
    shuffled = chem.describe([formulas[place] for place in order], ALL, missing="mark").values
    assert np.array_equal(together[order], shuffled, equal_nan=True)


@given(st.lists(FORMULAS, min_size=1, max_size=12))
def test_statistics_stand_in_their_order(formulas: list[Formula]) -> None:
    found = chem.magpie(formulas, missing="mean").reshape(len(formulas), 22, 6)
    least, greatest, span, mean, deviation, mode = np.moveaxis(found, 2, 0)
    slack = 1e-9 * np.maximum(1, np.abs(greatest))
    assert (least <= mean + slack).all()
    assert (mean <= greatest + slack).all()
    assert (least <= mode).all()
    assert (mode <= greatest).all()
    assert (deviation <= span / 2 + slack).all()


def test_a_hand_calculation_is_met() -> None:
    row = dict(zip(chem.MAGPIE, chem.magpie(["Fe2O3"])[0], strict=True))
    assert row["MagpieData minimum Number"] == 8
    assert row["MagpieData maximum Number"] == 26
    assert row["MagpieData range Number"] == 18
    assert row["MagpieData mean Number"] == pytest.approx(0.4 * 26 + 0.6 * 8)
    assert row["MagpieData avg_dev Number"] == pytest.approx(0.4 * 10.8 + 0.6 * 7.2)
    assert row["MagpieData mode Number"] == 8
    assert dict(zip(chem.MAGPIE, chem.magpie(["NaCl"])[0], strict=True))["MagpieData mode Number"] == 11


# What is missing


def test_an_element_without_a_figure_is_refused_by_name_property_and_row() -> None:
    with pytest.raises(DataError) as caught:
        chem.magpie(["Fe", "HeO", "He2O", "Bk"])
    helium, berkelium = caught.value.faults
    assert helium.place == "element He of 'HeO' (row 1), 'He2O' (row 2)"
    assert helium.found == "no figure for MeltingT, Electronegativity"
    assert 'missing="mean"' in helium.cure
    assert 'missing="mark"' in helium.cure
    assert (berkelium.place, berkelium.found) == ("element Bk of 'Bk' (row 3)", "no figure for CovalentRadius")


def test_a_marked_gap_is_nan_in_its_property_alone() -> None:
    found = chem.magpie(["HeO"], missing="mark")[0]
    gaps = {name.split()[-1] for name, value in zip(chem.MAGPIE, found, strict=True) if np.isnan(value)}
    assert gaps == {"MeltingT", "Electronegativity"}


def test_each_policy_gives_another_answer_and_an_unknown_one_none() -> None:
    mean = chem.magpie(["HeO"], missing="mean")
    assert np.isfinite(mean).all()
    with pytest.raises(DataError, match=r"'zero' is no policy\. Use \"refuse\", \"mean\" or \"mark\""):
        chem.magpie(["Fe"], missing="zero")


@pytest.mark.parametrize("name", ["valence", "ions"])
def test_the_policy_holds_in_every_set_that_uses_elements(name: str) -> None:
    with pytest.raises(DataError, match="element Og of 'OgO'"):
        chem.describe(["OgO"], name)
    assert np.isnan(chem.describe(["OgO"], name, missing="mark").values).any()
    assert np.isfinite(chem.describe(["OgO"], name, missing="mean").values).all()


# The registry and the table


def test_every_feature_tells_name_unit_meaning_formula_and_source() -> None:
    told = chem.features(ALL)
    assert len({feature.name for feature in told}) == len(told) == 132 + 118 + 6 + 8 + 5
    for feature in told:
        assert known_unit(feature.unit), feature
        assert feature.meaning, feature
        assert feature.formula, feature
        assert feature.source, feature
    assert {feature.name: feature.unit for feature in told}["MagpieData mean MeltingT"] == "K"


@pytest.mark.parametrize("name", ALL)
def test_a_set_has_a_column_for_each_feature_even_for_no_formulas(name: str) -> None:
    assert chem.describe(["Fe2O3", "NaCl"], name).values.shape == (2, len(chem.features(name)))
    assert chem.describe([], name).values.shape == (0, len(chem.features(name)))


def test_fractions_are_those_of_the_composition() -> None:
    described = chem.describe(["Fe2O3"], "fractions")
    shares = {name: value for name, value in zip(described.names, described.values[0], strict=True) if value}
    assert shares == pytest.approx({"O": 0.6, "Fe": 0.4})


def test_unknown_and_repeated_sets_are_refused() -> None:
    with pytest.raises(DataError, match=r"feature set 'magpi'.* Did you mean 'magpie'"):
        chem.features("magpi")
    with pytest.raises(DataError, match="it is named twice"):
        chem.describe(["Fe"], ["norms", "norms"])


def test_process_columns_come_first_with_their_units() -> None:
    described = chem.describe(["Fe", "NaCl"], "norms", process={"T [K]": [300, 700], "time [h]": [1, 2]})
    assert described.names[:3] == ("T", "time", "0-norm")
    assert [feature.unit for feature in described.features[:2]] == ["K", "h"]
    assert described.values[:, :2].tolist() == [[300, 1], [700, 2]]


def test_process_values_stay_beside_their_formula_where_others_are_left_out() -> None:
    described = chem.describe(["Fe", "?", "NaCl"], "norms", process={"T": [300, 500, 700]}, faults="collect")
    assert described.values[:, 0].tolist() == [300, 700]
    table = described.frame()
    assert table["formula"].tolist() == ["Fe", "NaCl"]
    assert table.index.tolist() == [0, 2]
    taken = described.compositions.take([1])
    assert chem.describe(taken, "norms", process={"T": [700]}).values[:, 0].tolist() == [700]


@pytest.mark.parametrize(
    ("process", "message"),
    [
        ({"T": [300]}, r"shape \(1,\) beside 2 formulas\. Give one number for each"),
        ({"T": [300, "hot"]}, "not all of it are numbers"),
        ({"T": [300, float("nan")]}, r"process column 'T', row 1: nan is no figure\. Leave the row out, or fill it"),
        ({"0-norm": [1, 2]}, "a feature bears that name"),
        ({"T [Kelvins of heat]": [1, 2]}, "unknown unit 'Kelvins of heat'"),
    ],
    ids=["short", "text", "gap", "name", "unit"],
)
def test_wrong_process_columns_are_refused(process: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        chem.describe(["Fe", "NaCl"], "norms", process=process)


def test_a_stream_is_described_piece_by_piece_as_the_whole() -> None:
    formulas = ["Fe", "NaCl", "?", "Fe2O3", "CuSO4·5H2O"]
    whole = chem.describe(formulas, ALL, process={"T": range(5)}, faults="collect")
    pieces = list(chem.describe_chunks(iter(formulas), ALL, process={"T": iter(range(5))}, faults="collect", size=2))
    assert [len(piece.values) for piece in pieces] == [2, 1, 1]
    assert np.array_equal(np.vstack([piece.values for piece in pieces]), whole.values)
    assert [row for piece in pieces for row in piece.compositions.rows] == [0, 1, 3, 4]
    assert pieces[1].compositions.faults[0].place.startswith("row 2, ")


def test_a_stream_refuses_process_columns_of_another_length() -> None:
    with pytest.raises(DataError, match="beside 2 formulas"):
        list(chem.describe_chunks(["Fe", "O"], process={"T": [1]}))
    with pytest.raises(DataError, match="more values than the 2 formulas"):
        list(chem.describe_chunks(["Fe", "O"], process={"T": [1, 2, 3]}))
    with pytest.raises(DataError, match="0 formulas at a time"):
        list(chem.describe_chunks(["Fe"], size=0))


def test_chemistry_is_loaded_when_it_is_asked_for_and_brings_nothing_heavy() -> None:
    code = (
        "import sys, matloop; before = 'matloop.chem' in sys.modules; import matloop.chem as c; c.magpie(['Fe2O3'])\n"
        "heavy = [m for m in ('pandas', 'scipy', 'sklearn', 'pint', 'pymatgen', 'sqlalchemy') if m in sys.modules]\n"
        "print(before, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False []"
