"""Rules and figures of compounds: against published counts, closed forms and the parser."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.chem.column import FormulaColumn, without
from matloop.chem.compositions import compositions
from matloop.chem.elements import SYMBOLS, mass
from matloop.chem.filters import Bound, Desire, Without, figure_of, price_bounds, scores, screen
from matloop.chem.groups import GROUPS
from matloop.chem.supply import of_elements, price_range
from matloop.domain.constraint import from_json
from matloop.domain.pool import Pool
from matloop.errors import DataError


@pytest.fixture(scope="module")
def cod(data_dir: Path) -> list[str]:
    path = data_dir / "screen_formulas_cod" / "screen_formulas_cod.csv"
    return pd.read_csv(path, keep_default_na=False)["formula"].tolist()


def test_the_published_counts_of_the_screen_are_met_exactly(cod: list[str]) -> None:
    told = screen(cod, [Without("Pb"), Without("rare-earth"), Without("radioactive")])
    assert len(told.kept) == 51311
    assert list(told.left.values()) == [50787, 46669, 45886]
    assert int(told.kept.sum()) == 45886


def test_a_pool_of_the_screen_falls_by_the_same_counts(cod: list[str]) -> None:
    frame = pd.DataFrame({"formula": cod, "row": np.arange(len(cod))})
    column = FormulaColumn("formula", ("norms",), exclude=("Pb", "rare-earth", "radioactive"))
    pool = Pool.from_frame(frame, features=[column], id="row")
    assert (pool.rows, len(pool)) == (51311, 45886)


def test_the_rule_of_a_pool_reads_the_elements_that_the_parser_reads(cod: list[str]) -> None:
    read = compositions(cod)
    for name in ("Pb", "N", "H", "rare-earth", "noble-gas", "halogen"):
        rule = without("formula", name)
        symbols = [symbol for symbol in rule.elements if symbol in SYMBOLS]
        assert np.array_equal(~read.contains(symbols), [rule.holds(text) for text in cod]), name


def test_nan_is_sodium_and_nitrogen() -> None:
    assert screen(["NaN", "NaCl"], [Without("pnictogen")]).kept.tolist() == [False, True]


@given(st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=5, unique=True), st.sampled_from(sorted(GROUPS)))
def test_a_group_takes_exactly_the_formulas_with_one_of_its_elements(symbols: list[str], group: str) -> None:
    text = "".join(f"{symbol}2" for symbol in symbols)
    expected = not set(symbols) & set(GROUPS[group].elements)
    assert screen([text], [Without(group)]).kept.tolist() == [expected]
    assert without("formula", group).holds(text) == expected


def test_a_rule_of_a_pool_survives_the_ledger() -> None:
    rule = without("formula", "rare-earth")
    assert from_json(rule.to_json()) == rule


def test_hydrogen_goes_with_its_isotopes() -> None:
    assert not without("formula", "H").holds("D2O")
    assert screen(["D2O"], [Without("H")]).kept.tolist() == [False]


def test_a_mean_figure_weighs_by_mass() -> None:
    hhi = of_elements("hhi_production")
    bi, te = (SYMBOLS.index(symbol) for symbol in ("Bi", "Te"))
    m = 2 * mass("Bi"), 3 * mass("Te")
    assert figure_of(["Bi2Te3"], "hhi_production")[0] == pytest.approx((m[0] * hhi[bi] + m[1] * hhi[te]) / sum(m))


def test_concentration_of_supply_is_that_of_an_independent_reader() -> None:
    """What pymatgen 2026.10.24 says, `HHIModel().get_hhi`; its atomic weights differ a little."""
    formulas = ["Bi2Te3", "PbTe", "SiGe"]
    assert figure_of(formulas, "hhi_production") == pytest.approx([4152.691, 2776.2246, 5132.7008], rel=1e-4)
    assert figure_of(formulas, "hhi_reserve") == pytest.approx([5474.150, 2981.4815, 1649.0511], rel=1e-4)


def test_abundance_is_that_of_the_scarcest_element() -> None:
    assert figure_of(["Bi2Te3"], "abundance")[0] == pytest.approx(0.001)


def test_a_price_comes_with_the_range_of_its_source() -> None:
    low, high = price_bounds(["Nb", "FeSi2"])
    assert (low[0], high[0]) == pytest.approx((61.4, 85.6))
    assert figure_of(["Nb"], "price")[0] == pytest.approx(73.5)
    assert low[1] == high[1] == figure_of(["FeSi2"], "price")[0]
    assert all((a <= b) or (math.isnan(a) and math.isnan(b)) for a, b in zip(*price_range(), strict=True))


def test_an_unknown_figure_is_unknown_and_said_never_zero() -> None:
    told = screen(["H2O", "NaCl", "SnTe"], [Bound("hhi_production", most=10_000)])
    assert told.kept.tolist() == [False, True, True]
    assert told.unknown == {"hhi_production at most 10000": (1, ("H",))}
    assert np.isnan(figure_of(["H2O"], "hhi_production")[0])
    assert "(1 of unknown figure: H)" in "\n".join(told.report())


def test_reports_say_from_which_year_a_figure_is() -> None:
    told = screen(["NaCl"], [Bound("hhi_reserve", most=5000), Bound("price", most=10)])
    lines = told.report()
    assert any("hhi_reserve" in line and "year 2011" in line and "Gaultois" in line for line in lines)
    assert any("price [USD/kg]" in line and "1999 to 2024" in line for line in lines)
    frame = scores(["NaCl", "Bi2Te3", "PoO2"], ["price"])
    assert frame["price_years"].tolist() == ["2013 to 2020", "2019", ""]
    assert "Wikipedia" in frame.attrs["sources"]["price"]


def test_a_table_of_scores_has_all_figures() -> None:
    frame = scores(["NaCl", "AuTe2"])
    assert list(frame.columns) == [
        *("formula", "hhi_production", "hhi_reserve", "abundance"),
        *("price", "price_low", "price_high", "price_years"),
    ]
    assert frame.loc[1, "price"] > 1000 * frame.loc[0, "price"]


def test_a_bound_holds_on_both_ends() -> None:
    prices = figure_of(["FeSi2", "SnTe", "AuTe2"], "price")
    rule = Bound("price", least=float(prices[1]), most=float(prices[1]))
    assert screen(["FeSi2", "SnTe", "AuTe2"], [rule]).kept.tolist() == [False, True, False]


def test_a_desire_is_one_where_good_zero_where_bad_and_half_in_the_middle() -> None:
    hhi = figure_of(["SnTe"], "hhi_reserve")[0]
    assert Desire("hhi_reserve", good=hhi, bad=hhi + 1000).of(["SnTe"])[0] == pytest.approx(1.0)
    assert Desire("hhi_reserve", good=hhi - 1000, bad=hhi).of(["SnTe"])[0] == pytest.approx(0.0)
    assert Desire("hhi_reserve", good=hhi - 500, bad=hhi + 500).of(["SnTe"])[0] == pytest.approx(0.5)


def test_a_desire_for_a_price_goes_by_factors() -> None:
    price = figure_of(["SnTe"], "price")[0]
    assert Desire("price", good=price / 10, bad=price * 10).of(["SnTe"])[0] == pytest.approx(0.5)
    assert Desire("abundance", good=1e4, bad=1e-3).of(["O2"])[0] == 1.0


def test_a_desire_says_what_an_unknown_figure_is_worth() -> None:
    assert Desire("price", good=1, bad=10).of(["PoO2"])[0] == 0.0
    assert Desire("price", good=1, bad=10, unknown=0.4).of(["PoO2"])[0] == 0.4


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Without("rare-erth"), "Did you mean 'rare-earth'"),
        (lambda: Without("pb"), "Did you mean 'Pb'"),
        (lambda: Without("Rare Earth"), "Did you mean 'rare-earth'"),
        (lambda: Without("lead-free"), "without '-free'"),
        (lambda: Bound("prise", most=1), "Did you mean 'price'"),
        (lambda: Bound("price"), "Give most, least or both"),
        (lambda: Bound("price", most=1, least=2), "Give most, least or both"),
        (lambda: Desire("price", good=0, bad=5), "above 0"),
        (lambda: Desire("hhi_reserve", good=5, bad=5), "two different numbers"),
        (lambda: Desire("price", good=1, bad=5, unknown=2), "from 0 to 1"),
        (lambda: FormulaColumn("formula", "magpie"), "Give a list"),
        (lambda: FormulaColumn("formula", ("magpi",)), "Did you mean 'magpie'"),
        (lambda: FormulaColumn("formula", exclude=("Xx",)), "neither an element nor a group"),
    ],
    ids=[
        *("typo", "case", "blank", "free", "figure", "no end", "crossed", "zero", "equal", "unknown"),
        *("text", "set", "element"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_nearest_name(make: object, says: str) -> None:
    with pytest.raises(DataError, match=says):
        make()  # type: ignore[operator]
