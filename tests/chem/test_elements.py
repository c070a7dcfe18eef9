"""The element table: complete, and every figure with its source."""

import numpy as np
import pytest

from matloop.chem import elements
from matloop.errors import DataError


def test_every_column_names_unit_source_and_origin() -> None:
    told = elements.columns()
    assert set(told) == set(elements._table())
    for name, column in told.items():
        assert column.meaning, name
        assert column.source, name
        assert column.origin, name


def test_the_table_holds_all_118_elements_in_order() -> None:
    assert elements._table()["symbol"] == elements.SYMBOLS
    assert elements.column("number").tolist() == list(range(1, 119))
    assert len(set(elements.SYMBOLS)) == 118


@pytest.mark.parametrize(
    ("symbol", "name", "place", "mass", "electronegativity"),
    [
        ("H", "Hydrogen", (1, 1, "s"), 1.008, 2.20),
        ("Fe", "Iron", (8, 4, "d"), 55.845, 1.83),
        ("Te", "Tellurium", (16, 5, "p"), 127.60, 2.1),
        ("Nd", "Neodymium", (None, 6, "f"), 144.242, 1.14),
        ("He", "Helium", (18, 1, "s"), 4.002602, None),
    ],
    ids=str,
)
def test_known_figures_stand_in_it(symbol, name, place, mass, electronegativity) -> None:
    element = elements.element(symbol)
    assert (element.name, (element.group, element.period, element.block)) == (name, place)
    assert element.mass == pytest.approx(mass, abs=0.001)
    assert element.electronegativity == electronegativity


def test_isotopes_of_hydrogen_have_their_own_mass_and_are_hydrogen_otherwise() -> None:
    heavy = elements.element("D")
    assert (heavy.number, heavy.mass) == (1, pytest.approx(2.0141, abs=1e-4))
    assert elements.element("T").mass == pytest.approx(3.0160, abs=1e-4)
    assert heavy.oxidation == elements.element("H").oxidation


def test_oxidation_states_of_the_three_sources_are_ascending_and_nested_sensibly() -> None:
    iron = elements.NUMBERS["Fe"] - 1
    assert elements.oxidation_states("common")[iron] == (2, 3)
    assert elements.oxidation_states("icsd24")[iron] == (1, 2, 3, 4, 5, 6)
    assert {2, 3, 6} < set(elements.oxidation_states("known")[iron])
    for which in ("common", "icsd24", "known"):
        states = elements.oxidation_states(which)
        assert len(states) == 118
        assert all(list(of) == sorted(set(of)) for of in states)


def test_what_the_sources_do_not_have_is_nan_and_the_columns_cannot_be_written() -> None:
    melting = elements.column("Magpie MeltingT")
    assert np.flatnonzero(np.isnan(melting[:86])).tolist() == [1]
    with pytest.raises(ValueError, match="read-only"):
        melting[0] = 1


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"column 'electronegativty'.* Did you mean 'electronegativity'"):
        elements.column("electronegativty")
    with pytest.raises(DataError, match="no numeric column"):
        elements.column("symbol")
    with pytest.raises(DataError, match=r"element 'Fee'.* Did you mean 'Fe'"):
        elements.element("Fee")
    with pytest.raises(DataError, match=r"oxidation states 'icsd'.* Did you mean 'icsd24'"):
        elements.oxidation_states("icsd")
