"""What one formula and many of them know about themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.chem import Formula, compositions, parse
from matloop.chem.elements import SYMBOLS
from matloop.errors import DataError

from .test_parse import FORMULAS


def test_formulas_of_equal_content_are_equal_however_they_were_written() -> None:
    assert parse("Ca(OH)2") == parse("H2O2Ca")
    assert len({parse("Ca(OH)2"), parse("CaO2H2"), parse("CaO")}) == 2


@pytest.mark.parametrize(
    ("text", "iupac", "hill"),
    [
        ("O3Fe2", "Fe2O3", "Fe2O3"),
        ("OHNa", "NaHO", "HNaO"),
        ("CH3CH2OH", "C2H6O", "C2H6O"),
        ("NaCl", "NaCl", "ClNa"),
        ("BrCH3", "CH3Br", "CH3Br"),
        ("GaAs0.5P.5", "GaAs0.5P0.5", "As0.5GaP0.5"),
        ("SO4^2-", "SO4^2-", "O4S^2-"),
    ],
    ids=str,
)
def test_it_is_written_in_the_order_of_iupac_and_of_hill(text: str, iupac: str, hill: str) -> None:
    assert (parse(text).text, parse(text).hill) == (iupac, hill)
    assert str(parse(text)) == iupac


@pytest.mark.parametrize(
    ("text", "reduced"),
    [
        ("Fe4O6", "Fe2O3"),
        ("O2", "O"),
        ("In1.998Ge0.002O3", "In999GeO1500"),
        ("Fe0.5O0.75", "Fe2O3"),
        ("Hg2^2+", "Hg2^2+"),
    ],
    ids=str,
)
def test_it_is_reduced_to_the_smallest_whole_numbers(text: str, reduced: str) -> None:
    assert parse(text).reduced == parse(reduced)


@given(FORMULAS)
def test_reducing_keeps_the_fractions(formula: Formula) -> None:
    assert formula.reduced.fractions == pytest.approx(formula.fractions, rel=1e-12)
    assert formula.reduced.reduced == formula.reduced


def test_mass_and_weight_fractions_follow_from_standard_atomic_weights() -> None:
    water = parse("H2O")
    assert water.mass == pytest.approx(2 * 1.008 + 15.999)
    assert water.weight_fractions == pytest.approx({"H": 2.016 / 18.015, "O": 15.999 / 18.015})
    assert parse("D2O").mass == pytest.approx(20.0272, abs=1e-4)
    assert parse("Fe2O3").fractions == pytest.approx({"O": 0.6, "Fe": 0.4})


def test_it_knows_what_is_in_it() -> None:
    formula = parse("Fe2O3")
    assert "Fe" in formula
    assert "Na" not in formula
    assert (formula["O"], formula["Na"], formula.atoms) == (3, 0, 5)
    assert "H" in parse("D2O")
    assert parse("HDO")["H"] == 2
    with pytest.raises(DataError, match="no element bears that symbol"):
        formula["Xx"]


@pytest.mark.parametrize(
    ("symbols", "amounts", "message"),
    [
        (("Fe", "O"), (1.0, 1.0), "not each once and by atomic number"),
        (("O", "O"), (1.0, 1.0), "not each once"),
        (("O",), (0.0,), "0.0 is no amount"),
        (("O",), (float("inf"),), "inf is no amount"),
        (("Xx",), (1.0,), "'Xx': no element bears"),
        ((), (), "0 elements and 0 amounts"),
        (("O",), (1.0, 2.0), "1 elements and 2 amounts"),
    ],
    ids=["order", "twice", "zero", "infinite", "unknown", "nothing", "lengths"],
)
def test_a_formula_that_is_none_cannot_be_made(symbols: tuple, amounts: tuple, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Formula(symbols, amounts)


def test_the_matrix_of_many_holds_amounts_and_fractions_by_atomic_number() -> None:
    read = compositions(["Fe2O3", "Ca(OH)2", "D2O", "Og"])
    assert read.amounts.shape == (4, 118)
    assert {SYMBOLS[place]: read.amounts[1, place] for place in np.flatnonzero(read.amounts[1])} == {
        "H": 2,
        "O": 2,
        "Ca": 1,
    }
    assert read.fractions.sum(axis=1) == pytest.approx(1)
    assert read.fractions[0, 25] == pytest.approx(0.4)
    assert read.amounts[2, 0] == 2
    assert read.amounts[3, 117] == 1
    assert read.contains(["Fe", "Og"]).tolist() == [True, False, False, True]
    with pytest.raises(DataError, match="'Xx': no element bears"):
        read.contains(["Xx"])


@given(st.lists(FORMULAS, min_size=1, max_size=20), st.data())
def test_taking_rows_keeps_each_row_whole(formulas: list[Formula], data: st.DataObject) -> None:
    read = compositions(formulas)
    rows = data.draw(st.lists(st.integers(0, len(formulas) - 1), max_size=10))
    taken = read.take(np.array(rows, dtype=int))
    assert taken.amounts.tolist() == read.amounts[rows].tolist()
    assert taken.formulas == tuple(read.formulas[row] for row in rows)
    assert np.concatenate([piece.amounts for piece in read.chunks(3)]).tolist() == read.amounts.tolist()


@given(FORMULAS, st.integers(2, 1000))
def test_multiples_have_the_same_fractions(formula: Formula, times: int) -> None:
    symbols, amounts = formula.elements, formula.amounts
    more = Formula.of({symbol: amount * times for symbol, amount in zip(symbols, amounts, strict=True)})
    one, other = compositions([formula, more]).fractions
    assert other == pytest.approx(one, rel=1e-12)
