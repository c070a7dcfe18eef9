"""The figures of the elements: complete, sourced, and of the right size."""

import numpy as np
import pytest

from matloop.chem import supply
from matloop.chem.elements import SYMBOLS
from matloop.chem.groups import GROUPS, elements_of, members
from matloop.errors import DataError


def test_every_figure_names_unit_year_and_source() -> None:
    for figure in supply.figures().values():
        assert figure.meaning
        assert figure.unit
        assert figure.year
        assert len(figure.source) > 20


@pytest.mark.parametrize(
    ("figure", "symbol", "value"),
    [
        ("hhi_production", "Te", 2900),
        ("hhi_production", "Dy", 9500),
        ("hhi_reserve", "Pt", 9100),
        ("hhi_reserve", "Sn", 1600),
        ("abundance", "O", 461_000),
        ("abundance", "Te", 0.001),
        ("price", "Fe", 0.424),
        ("price", "Li", 83.5),
        ("price", "Ge", 962),
    ],
)
def test_figures_are_those_of_their_sources(figure: str, symbol: str, value: float) -> None:
    assert supply.of_elements(figure)[SYMBOLS.index(symbol)] == pytest.approx(value)


def test_no_figure_is_zero_or_negative() -> None:
    for name in supply.figures():
        values = supply.of_elements(name)
        assert values.shape == (118,)
        assert (values[~np.isnan(values)] > 0).all()


def test_what_is_unknown_is_listed() -> None:
    assert {"H", "Xe", "Tc", "Po", "U"} <= set(supply.unknown("hhi_production"))
    assert "Po" in supply.unknown("price")
    assert "Tc" in supply.unknown("abundance")


def test_every_price_has_a_year_and_a_market() -> None:
    priced = set(SYMBOLS) - set(supply.unknown("price"))
    assert set(supply.price_years()) == set(supply.price_markets()) == priced
    assert all(1999 <= year <= 2024 for year in supply.price_years().values())


def test_the_concentration_index_stays_within_its_bounds() -> None:
    for name in ("hhi_production", "hhi_reserve"):
        values = supply.of_elements(name)
        assert np.nanmin(values) > 0
        assert np.nanmax(values) <= 10_000


def test_an_unknown_figure_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match="Did you mean 'abundance'"):
        supply.of_elements("abundances")


def test_groups_hold_known_elements_each_once_and_name_a_source() -> None:
    for group in GROUPS.values():
        assert set(group.elements) <= set(SYMBOLS)
        assert len(set(group.elements)) == len(group.elements)
        assert group.meaning
        assert group.source


def test_rare_earths_and_radioactive_elements_are_those_of_the_screen() -> None:
    assert set(GROUPS["rare-earth"].elements) == {"Sc", "Y", *SYMBOLS[56:71]}
    assert set(GROUPS["radioactive"].elements) == {"Tc", "Pm", *SYMBOLS[83:]}


def test_symbols_and_groups_mix() -> None:
    assert elements_of(["Pb", "halogen"]) == {"Pb", "F", "Cl", "Br", "I", "At"}
    assert members("Pb") == ("Pb",)
    assert members("chalcogen")[0] == "O"


def test_all_unknown_names_come_at_once() -> None:
    with pytest.raises(DataError) as caught:
        elements_of(["Xx", "rare-erth", "Pb"])
    assert len(caught.value.faults) == 2
