"""The grammar of formulas, and what is said of a text that is none."""

from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.chem import Formula, compositions, parse
from matloop.chem.elements import NUMBERS, SYMBOLS
from matloop.errors import DataError

READ = {
    "Fe2O3": {"Fe": 2, "O": 3},
    "NaN": {"Na": 1, "N": 1},
    "CO": {"C": 1, "O": 1},
    "Co": {"Co": 1},
    "Ca(OH)2": {"Ca": 1, "O": 2, "H": 2},
    "K4[Fe(CN)6]": {"K": 4, "Fe": 1, "C": 6, "N": 6},
    "{[(Fe)2]3O}2": {"Fe": 12, "O": 2},
    "(Sn0.8Ge0.2)0.85Mn0.15Te": {"Sn": 0.68, "Ge": 0.17, "Mn": 0.15, "Te": 1},
    "CH3COOH": {"C": 2, "H": 4, "O": 2},
    "Fe0.1O0.2Fe0.2": {"Fe": 0.3, "O": 0.2},
    "Fe.5O": {"Fe": 0.5, "O": 1},
    "Fe1e-3O": {"Fe": 0.001, "O": 1},
    "Fe2/3O": {"Fe": 2 / 3, "O": 1},
    "CuSO4·5H2O": {"Cu": 1, "S": 1, "O": 9, "H": 10},
    "CuSO4*5 H2O": {"Cu": 1, "S": 1, "O": 9, "H": 10},
    "CuSO4.5H2O": {"Cu": 1, "S": 1, "O": 9, "H": 10},
    "NaCl.2H2O": {"Na": 1, "Cl": 1, "O": 2, "H": 4},
    "Mg(ClO4)2.6H2O": {"Mg": 1, "Cl": 2, "O": 14, "H": 12},
    "Na2CO3.H2O": {"Na": 2, "C": 1, "O": 4, "H": 2},
    "CaSO4.0.5H2O": {"Ca": 1, "S": 1, "O": 4.5, "H": 1},
    "CaSO4·1/2H2O": {"Ca": 1, "S": 1, "O": 4.5, "H": 1},
    "CaSO4·½H2O": {"Ca": 1, "S": 1, "O": 4.5, "H": 1},
    "Li0.5H2O": {"Li": 0.5, "H": 2, "O": 1},
    "Li0.5.2H2O": {"Li": 0.5, "H": 4, "O": 2},
    "(NH4)2SO4.FeSO4.6H2O": {"N": 2, "H": 20, "S": 2, "O": 14, "Fe": 1},
    "2Bi2Te3·Sb2Te3": {"Bi": 4, "Sb": 2, "Te": 9},
    "Fe₂O₃": {"Fe": 2, "O": 3},
    " Fe 2 O 3 ": {"Fe": 2, "O": 3},
    "La0Sr1TiO3": {"Sr": 1, "Ti": 1, "O": 3},
    "D2O": {"D": 2, "O": 1},
}

CHARGES = {
    "Fe3+": 3,
    "Fe+3": 3,
    "Fe^3+": 3,
    "Fe[3+]": 3,
    "Fe³⁺": 3,
    "Na+": 1,
    "O2-": -2,
    "O--": -2,
    "NH4+": 1,
    "MnO4-": -1,
    "SO4^2-": -2,
    "SO4^{2-}": -2,
    "SO4²⁻": -2,
    "SO4(2-)": -2,
    "SO4 2-": -2,
    "SO₄²⁻": -2,
    "SO4 2−": -2,
    "[Fe(CN)6]4-": -4,
    "Hg2^2+": 2,
    "Fe": 0,
}


@pytest.mark.parametrize("text", READ)
def test_a_formula_is_read(text: str) -> None:
    assert parse(text) == Formula.of(READ[text])


@pytest.mark.parametrize("text", CHARGES)
def test_a_charge_is_read(text: str) -> None:
    assert parse(text).charge == CHARGES[text]


@pytest.mark.parametrize(("text", "sulphur"), [("SO4^2-", 1), ("SO4 2-", 1), ("Hg2^2+", 0)], ids=str)
def test_a_charge_takes_nothing_from_the_amounts(text: str, sulphur: float) -> None:
    formula = parse(text)
    assert formula["S"] == sulphur
    assert formula.atoms == (5 if sulphur else 2)


WRONG = {
    "Fe2Xy3": ("character 4", "'Xy' is no element", "Known:"),
    "NACL": ("character 2", "'A' is no element", "Did you mean 'Au'?"),
    "fe2o3": ("character 1", "'f' begins no element", "Symbols begin with a capital letter"),
    "Hx2": ("character 1", "'Hx' is no element and 'x' no amount", "amounts are numbers"),
    "La1-xSrxMnO3": ("character 4", "'-' cannot stand here", "in the place of 1-x stands a number"),
    "O3δ": ("character 3", "'δ' begins no element", "put one in the place of x or δ"),
    "Fe2(SO4": ("character 4", "'(' is never closed", "Add ')', or take it away"),
    "Fe2SO4)3": ("character 7", "')' closes nothing", "Open it, or take it away"),
    "Fe2(SO4]3": ("character 8", "'(' is closed by ']'", "Close each bracket by its own kind"),
    "Fe()2": ("character 4", "no element stands here", "Write one, or take the sign away"),
    "Fe2O3 2": ("character 7", "follows another number", "put · before a part that is multiplied"),
    "Fe2..O3": ("character 4", "'.' cannot stand in a formula", "Take it away"),
    "H2O·": ("character 4", "no element stands here", "Write one"),
    "Fe1/0O": ("character 3", "divides by 0", "Give a number"),
    "Fe0": ("character 1", "every amount is 0", "At least one element must be there"),
    "Fe9999999999": ("character 3", "not between 1e-12 and 1e+09", "of one formula unit"),
    "Fe1e-400O": ("character 3", "the amount 1e-400 is not between", "of one formula unit"),
    "(Fe9999999)9999999": ("character 1", "the amount of Fe adds up to 1.00000e+14", "of one formula unit"),
    "Fe999999999Fe2": ("character 1", "the amount of Fe adds up to 1.00000e+9", "of one formula unit"),
    "Fe^9999999999+": ("character 3", "the charge 9999999999 is beyond", "of one formula unit"),
    "2": ("character 1", "no element stands here", "Write one"),
    "": ("character 1", "an empty formula", "Write one, or leave the row out"),
    "   ": ("character 1", "an empty formula", "Write one, or leave the row out"),
    "SO42-": ("character 3", "'42-' may be an amount and a charge", "SO42^- or SO4^2-"),
    "I3-": ("character 2", "'3-' may be an amount and a charge", "I3^- or I^3-"),
    "K3[Fe(CN)6]4-": ("character 12", "'4-' may be an amount and a charge", "K3[Fe(CN)6]^4-"),
    "Fe^{x}": ("character 3", "'x' is no charge", "Write it as ^2-, ^3+ or ^+"),
    "Fe^2++": ("character 3", "2++ is no charge", "Write it as ^2-, ^3+ or ^+"),
    "CuSO4.2.5H2O": ("character 5", "can be cut at either dot", "CuSO4·2.5H2O"),
    "NaCl(aq)": ("character 6", "'a' begins no element", ""),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_formula_is_refused_with_place_and_cure(text: str) -> None:
    where, found, cure = WRONG[text]
    with pytest.raises(DataError) as caught:
        parse(text)
    (fault,) = caught.value.faults
    assert fault.place == f"formula {text!r}, {where}"
    assert found in fault.found
    assert cure in fault.cure


AMOUNTS = st.one_of(
    st.integers(1, 10**6).map(float),
    st.floats(1e-6, 1e6, allow_nan=False),
    st.decimals("0.001", 100, places=3).map(float),
)
FORMULAS = st.builds(
    Formula.of,
    st.dictionaries(st.sampled_from([*SYMBOLS, "D", "T"]), AMOUNTS, min_size=1, max_size=8),
    st.one_of(st.just(0.0), st.integers(-9, 9).map(float)),
)


@given(FORMULAS)
def test_what_is_written_reads_back_the_same(formula: Formula) -> None:
    assert parse(formula.text) == formula
    assert parse(formula.hill) == formula


@given(st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(1, 99)), min_size=1, max_size=8), st.randoms())
def test_the_order_of_elements_does_not_matter(items: list[tuple[str, int]], random) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    one, other = ("".join(f"{symbol}{amount}" for symbol, amount in order) for order in (items, shuffled))
    assert parse(one) == parse(other)


PIECES = st.sampled_from(
    "Fe|O|Na|N|C|Xy|x|(|)|[|]|.|·|*|2|0.5|10|0| |H2O|^|+|-|3|₂|²|⁻|e|/|{|}|½|\n|D|1.25|1/3|é|😀|\x00".split("|")
)


@given(st.one_of(st.lists(PIECES, max_size=10).map("".join), st.text(max_size=12)))
def test_any_text_is_read_or_refused_and_alone_as_among_many(text: str) -> None:
    together = compositions(["Fe", text, "O2"], faults="collect")
    try:
        alone = parse(text)
    except DataError as error:
        expected = [(f"row 1, {fault.place}", fault.found, fault.cure) for fault in error.faults]
        told = [(fault.place, fault.found, fault.cure) for fault in together.faults]
    else:
        amounts = np.zeros(118)
        for symbol, amount in zip(alone.elements, alone.amounts, strict=True):
            amounts[NUMBERS[symbol] - 1] += amount
        expected = [amounts.tolist(), alone.charge]
        told = [together.amounts[1].tolist(), together.charges[1]]
    assert told == expected


PARTS = st.tuples(
    st.sampled_from(["H", "O", "Fe", "Xx"]), st.sampled_from(["", "2", "0.5", "0.85", "0", "0.123456789", "999999999"])
)
GROUPS = st.tuples(
    st.sampled_from(["", "(", "[", "{"]),
    st.lists(PARTS.map("".join), max_size=3).map("".join),
    st.sampled_from(["", ")", "]", "}"]),
    st.sampled_from(["", "2", "0.85", "0.33333"]),
)


@given(st.lists(st.lists(GROUPS.map("".join), min_size=1, max_size=3).map("".join), min_size=1, max_size=8))
def test_brackets_among_many_are_read_as_alone(texts: list[str]) -> None:
    read = compositions(texts, faults="collect")
    alone = {}
    for row, text in enumerate(texts):
        with suppress(DataError):
            alone[row] = parse(text)
    assert read.rows.tolist() == list(alone)
    assert [read.formula(place) for place in range(len(read))] == list(alone.values())


MISSING = {"None": None, "nan": float("nan"), "pandas.NA": pd.NA, "NaT": pd.NaT, "numpy nan": np.float64("nan")}


@pytest.mark.parametrize("missing", MISSING.values(), ids=MISSING)
def test_a_missing_value_is_refused_by_its_row(missing: object) -> None:
    with pytest.raises(DataError, match=r"row 2, formula .*: .* is a missing value\. Leave the row out .*na_values="):
        compositions(["NaN", "Fe", missing])


def test_all_wrong_rows_are_named_at_once_up_to_twenty() -> None:
    with pytest.raises(DataError) as caught:
        compositions(["Fe", "Xx", "O2", "fe"])
    assert [fault.place[:5] for fault in caught.value.faults] == ["row 1", "row 3"]
    with pytest.raises(DataError, match=r"980 more are wrong\. .* faults=\"collect\"") as caught:
        compositions(["?"] * 1000)
    assert len(caught.value.faults) == 21


def test_collected_faults_leave_the_right_rows_with_their_numbers() -> None:
    read = compositions(["Fe", None, "NaCl", "Xx", "O2"], faults="collect")
    assert read.formulas == ("Fe", "NaCl", "O2")
    assert read.rows.tolist() == [0, 2, 4]
    assert [fault.place.partition(",")[0] for fault in read.faults] == ["row 1", "row 3"]
    assert read.atoms.tolist() == [1, 2, 2]


@pytest.mark.parametrize("count", [65535, 65536, 65537], ids=str)
def test_rows_are_counted_across_the_pieces_that_are_read(count: int) -> None:
    read = compositions((text for text in ["Fe2O3"] * count + ["?", "CuSO4·5H2O"]), faults="collect")
    assert read.rows[-1] == count + 1
    assert read.faults[0].place.startswith(f"row {count}, ")
    assert len(read) == count + 1
    assert read.formula(count) == parse("CuSO4·5H2O")


def test_no_formulas_make_empty_compositions() -> None:
    read = compositions([])
    assert (len(read), read.amounts.shape, read.fractions.shape, read.atoms.shape) == (0, (0, 118), (0, 118), (0,))
    assert read.contains(["Pb"]).shape == (0,)


@pytest.mark.parametrize(
    "given",
    ["Fe2O3", 3, parse("Fe"), {"Fe": 2, "O": 3}, SimpleNamespace(composition={"Fe": 2})],
    ids=["text", "number", "Formula", "mapping", "structure"],
)
def test_one_formula_in_the_place_of_many_is_refused(given: object) -> None:
    with pytest.raises(DataError, match=r"where many formulas belong\. Put it into a list"):
        compositions(given)


def test_a_table_in_the_place_of_a_column_is_refused() -> None:
    table = pd.DataFrame({"Fe": ["O2"]})
    with pytest.raises(DataError, match=r"a DataFrame of 2 dimensions\. Give the one column that holds the formulas"):
        compositions(table)
    assert compositions(table["Fe"]).formulas == ("O2",)


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(DataError, match=r"'skip' is no policy\. Use \"raise\" or \"collect\""):
        compositions(["Fe"], faults="skip")


class Species(SimpleNamespace):
    """As pymatgen's: hashable, with the symbol of its element."""

    def __hash__(self) -> int:
        return hash(self.symbol)


class Keyed(dict):
    """As pymatgen's Composition: a mapping of elements to amounts, perhaps with a charge."""

    charge: float | None = None


def test_mappings_and_pymatgen_like_objects_are_formulas() -> None:
    oxide = Keyed({Species(symbol="Fe", oxi_state=3): 2.0, Species(symbol="O", oxi_state=-2): 3.0})
    heavy = Keyed({Species(symbol="H", name="D", is_named_isotope=True): 2.0, Species(symbol="O", name="O"): 1.0})
    ion = Keyed({Species(symbol="Na"): 1.0})
    ion.charge = 1
    structure = SimpleNamespace(composition=oxide)
    read = compositions([oxide, heavy, ion, structure, {"Fe": 2, "O": 3}, parse("Fe2O3"), "Fe2O3"])
    assert [read.formula(row).text for row in (0, 3, 4, 5, 6)] == ["Fe2O3"] * 5
    assert read.formula(1).text == "H2O"
    assert read.charges.tolist() == [0, 0, 1, 0, 0, 0, 0]


def test_one_formula_may_be_given_as_an_object_too() -> None:
    assert parse(SimpleNamespace(composition={"Fe": 2, "O": 3})) == parse({"O": 3, "Fe": 2}) == parse(parse("Fe2O3"))
    with pytest.raises(DataError, match=r"formula 'None': None is a missing value\. Leave the row out"):
        parse(None)
    with pytest.raises(DataError, match="formula '3': int is no formula"):
        parse(3)


def test_an_object_that_is_no_formula_is_refused_by_type() -> None:
    with pytest.raises(
        DataError, match=r"row 0, formula '\[1\]': list is no formula\. Give text, a Formula, a mapping"
    ):
        compositions([[1]])
    with pytest.raises(DataError, match="no element bears that symbol"):
        compositions([{"Xx": 1}])
    with pytest.raises(DataError, match=r"-1\.0 is no amount"):
        compositions([{"Fe": -1}])


@pytest.mark.parametrize("text", ["NULL", "NA", "None", "nan", " n/a ", "-", "?", "<NA>"])
def test_a_text_that_stands_for_no_value_is_told_from_a_wrong_formula(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(text)
    (fault,) = caught.value.faults
    assert (fault.found, fault.cure) == ("it stands for a missing value", "Write a formula, or leave the row out.")


def test_sodium_nitride_nitric_oxide_and_nobelium_are_no_missing_values() -> None:
    assert [parse(text).elements for text in ("NaN", "NO", "No", "Na")] == [("N", "Na"), ("N", "O"), ("No",), ("Na",)]
