"""Counts, limits and samples of compositions, each against a slow and plain way to the same thing."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.chem.elements import SYMBOLS, element, mass
from matloop.chem.supply import of_elements
from matloop.errors import DataError, InputError, SearchError
from matloop.generate.count import assignments, count
from matloop.generate.enumeration import Enumeration
from matloop.generate.limits import Limit
from matloop.generate.sample import sample

SMALL = ("Na", "Fe", "Ti", "S", "O", "Cl")
STATES = {"Na": [1], "Fe": [2, 3], "Ti": [2, 4], "S": [-2, 4, 6], "O": [-2], "Cl": [-1, 5], "P": [-3, 5], "H": [-1, 1]}

Hit = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]


def plainly(space: Enumeration) -> Iterator[Hit]:
    """Every assignment by going through everything there is: symbols, charges, ratio."""
    for k in set(space.orders):
        for symbols in itertools.combinations(space.ions.symbols, k):
            if not set(space.require) <= set(symbols):
                continue
            for charges in itertools.product(*(space.ions.states[space.ions.symbols.index(s)] for s in symbols)):
                if not in_order(space, symbols, charges):
                    continue
                for ratio in itertools.product(range(1, space.highest + 1), repeat=k):
                    total = sum(q * n for q, n in zip(charges, ratio, strict=True))
                    if total == 0 and math.gcd(*ratio) == 1 and keeps(space, symbols, ratio):
                        yield symbols, charges, ratio


def in_order(space: Enumeration, symbols: tuple[str, ...], charges: tuple[int, ...]) -> bool:
    if not space.ordered:
        return True
    chi = {symbol: element(symbol).electronegativity or 0.0 for symbol in symbols}
    pairs = itertools.product(zip(symbols, charges, strict=True), repeat=2)
    return all(
        chi[one] < chi[other] if space.tolerance == 0 else chi[one] - chi[other] <= space.tolerance
        for (one, plus), (other, minus) in pairs
        if plus > 0 > minus
    )


def keeps(space: Enumeration, symbols: tuple[str, ...], ratio: tuple[int, ...]) -> bool:
    if space.atoms is not None and sum(ratio) > space.atoms:
        return False
    for limit in space.limits:
        masses = [mass(symbol) * n for symbol, n in zip(symbols, ratio, strict=True)]
        values = [of_elements(limit.figure)[SYMBOLS.index(symbol)] for symbol in symbols]
        if limit.of == "mean" and np.average(values, weights=masses) > limit.most * (1 + 1e-9):
            return False
    return True


def formulas(space: Enumeration) -> list[str]:
    return [formula for found in space.chunks(size=77) for formula in found.formulas]


SPACES = {
    "plain": Enumeration(SMALL, orders=(2, 3, 4), highest=4, states=STATES),
    "tolerant": Enumeration((*SMALL, "P", "H"), orders=(2, 3), highest=4, states=STATES, tolerance=0.4),
    "in any order": Enumeration(SMALL, orders=(2, 3), highest=5, states=STATES, ordered=False),
    "few atoms": Enumeration(SMALL, orders=(2, 3, 4), highest=6, states=STATES, atoms=9),
    "oxides": Enumeration(SMALL, orders=(2, 3, 4), highest=4, states=STATES, require=("O",)),
    "iron oxides of few atoms": Enumeration(
        SMALL, orders=(3, 4), highest=6, states=STATES, require=("O", "Fe"), atoms=12, tolerance=0.1
    ),
    "cheap": Enumeration(SMALL, orders=(2, 3, 4), highest=5, states=STATES, limits=[Limit("price", 1.0)]),
    "cheap and safe": Enumeration(
        SMALL, orders=(2, 3), highest=6, states=STATES, limits=[Limit("price", 2.0), Limit("hhi_production", 1500)]
    ),
}
spaces = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES.keys())


@spaces
def test_all_compositions_are_found_and_no_other(space: Enumeration) -> None:
    hits = list(plainly(space))
    found = [
        (
            tuple(space.ions.symbols[i] for i in elements),
            tuple(charges.tolist()),
            tuple(ratio.tolist()),
        )
        for chunk in space.chunks(size=50, charges=True)
        for elements, charges, ratio in zip(chunk.elements, chunk.charges, chunk.ratios, strict=True)
    ]
    assert hits
    assert sorted(found) == sorted(hits)


@spaces
def test_the_count_is_exact_before_anything_is_listed(space: Enumeration) -> None:
    hits = list(plainly(space))
    different = {(symbols, ratio) for symbols, _, ratio in hits}
    counted = count(space)
    assert (counted.compositions, counted.assignments) == (len(different), len(hits))
    by_elements = Counter(len(symbols) for symbols, _, _ in hits)
    assert {k: pair[1] for k, pair in counted.by_elements.items()} == {k: by_elements[k] for k in space.sizes}


@pytest.mark.parametrize(
    "space", [one for one in SPACES.values() if not one.limits], ids=[k for k, one in SPACES.items() if not one.limits]
)
def test_the_closed_form_counts_without_looking_at_a_set_of_elements(space: Enumeration) -> None:
    counted = count(space, work=0)
    assert counted.compositions is None
    assert counted.assignments == len(list(plainly(space)))


def test_five_elements_of_the_whole_table_are_counted_in_closed_form() -> None:
    whole = Enumeration(orders=(5,), states="common")
    assert assignments(whole)[5] > 10**10


@spaces
def test_the_size_of_a_chunk_changes_nothing(space: Enumeration) -> None:
    small = [formula for found in space.chunks(size=3) for formula in found.formulas]
    assert all(len(found) <= 3 for found in space.chunks(size=3))
    assert small == [formula for found in space.chunks() for formula in found.formulas]


CHARGES = st.lists(st.integers(-4, 6).filter(bool), min_size=1, max_size=3, unique=True)


@given(
    st.dictionaries(st.sampled_from(("Na", "Fe", "S", "O", "As")), CHARGES, min_size=2),
    st.integers(1, 5),
    st.sampled_from((None, 0.0, 0.3)),
)
def test_any_states_give_what_a_plain_search_gives(
    states: dict[str, list[int]], highest: int, order: float | None
) -> None:
    space = Enumeration(
        tuple(states), orders=(2, 3), highest=highest, states=states, ordered=order is not None, tolerance=order or 0.0
    )
    hits = list(plainly(space))
    assert count(space).assignments == len(hits) == sum(assignments(space).values())
    assert len(formulas(space)) == len({(symbols, ratio) for symbols, _, ratio in hits})


def test_a_banned_element_takes_no_part_and_says_so() -> None:
    space = Enumeration((*SMALL, "Pb", "La"), exclude=("Pb", "rare-earth"), orders=(2,))
    assert not {"Pb", "La"} & set(space.ions.symbols)
    assert space.ions.left_out["La"] == "it is excluded"


def test_a_limit_on_every_element_takes_the_dear_ones_out_beforehand() -> None:
    space = Enumeration(("Na", "Pt", "Cl", "O"), orders=(2,), limits=[Limit("price", 100, of="element")])
    assert "Pt" not in space.ions.symbols
    assert "price is 27800, above 100" in space.ions.left_out["Pt"]


def test_an_element_of_unknown_figure_is_left_out_under_a_limit_and_said() -> None:
    space = Enumeration(("Na", "H", "Cl", "O"), orders=(2,), limits=[Limit("hhi_production", 5000)])
    assert space.ions.left_out["H"] == "its hhi_production is unknown"


def test_a_formula_names_the_least_electronegative_element_first() -> None:
    space = Enumeration(("O", "P", "Fe", "Na"), orders=(4,), highest=4)
    assert "NaFePO4" in formulas(space)


def test_the_frame_says_ions_and_means() -> None:
    found = next(Enumeration(("Na", "Cl"), orders=(2,)).chunks(charges=True))
    frame = found.frame(["price"])
    assert frame.loc[0, ["formula", "elements", "ions"]].tolist() == ["NaCl", 2, "Na+ Cl-"]
    share = mass("Na") / (mass("Na") + mass("Cl"))
    assert frame.loc[0, "price"] == pytest.approx(share * 3.0 + (1 - share) * 0.082)


def test_a_sample_of_a_large_space_is_uniform() -> None:
    """Every composition of a space that is drawn from by proposals comes equally often: chi squared."""
    space = Enumeration(("Na", "Fe", "S", "O"), orders=(2, 3), highest=4, states=STATES, atoms=7)
    whole = sorted(formulas(space))
    rng = np.random.default_rng(3)
    seen: Counter[str] = Counter()
    assert len(whole) >= 10
    n = len(whole) // 2
    for _ in range(100):
        seen.update(proposed(space, n, rng))
    expected = 100 * n / len(whole)
    assert set(seen) <= set(whole)
    chi2 = sum((seen[one] - expected) ** 2 / expected for one in whole)
    assert chi2 < len(whole) + 5 * math.sqrt(2 * len(whole))


def proposed(space: Enumeration, n: int, rng: np.random.Generator) -> list[str]:
    """A sample by proposals, even where the space could be listed."""
    return list(sample(space, n, rng, listed=0).formulas)


def test_the_sample_estimates_how_many_there_are() -> None:
    space = Enumeration(orders=(3,), states="icsd24", highest=4)
    exact = count(space).compositions
    drawn = sample(space, 5000, np.random.default_rng(0))
    assert exact is not None
    assert drawn.low < exact < drawn.high
    assert drawn.high / drawn.low < 1.1
    assert len(set(drawn.formulas)) == 5000


def test_a_sample_keeps_all_limits() -> None:
    space = Enumeration(orders=(4,), highest=8, limits=[Limit("price", 5.0), Limit("hhi_reserve", 2500)], atoms=14)
    drawn = sample(space, 300, np.random.default_rng(1))
    for part in drawn.parts:
        assert (part.mean("price") <= 5.0 + 1e-6).all()
        assert (part.mean("hhi_reserve") <= 2500 + 1e-3).all()
        assert (part.ratios.sum(axis=1) <= 14).all()


def test_more_than_there_are_gives_all_of_them() -> None:
    space = Enumeration(SMALL, orders=(2,), highest=4, states=STATES)
    drawn = sample(space, 10_000, np.random.default_rng(0))
    assert sorted(drawn.formulas) == sorted(formulas(space))
    assert drawn.compositions == len(drawn)


def test_the_same_seed_gives_the_same_sample() -> None:
    space = Enumeration(orders=(4,))
    one, other = (sample(space, 50, np.random.default_rng(5)).formulas.tolist() for _ in range(2))
    assert one == other


def test_a_search_that_finds_nothing_gives_up_aloud() -> None:
    space = Enumeration(orders=(4,), highest=8, limits=[Limit("price", 0.1)])
    with pytest.raises(SearchError, match="were found among"):
        sample(space, 1000, np.random.default_rng(0), proposals=2**16)


def test_too_many_ratios_to_list_are_refused_with_a_cure() -> None:
    space = Enumeration(orders=(6,), highest=20)
    with pytest.raises(InputError, match="Lower `highest`"):
        next(space.chunks())
    assert count(space).assignments is not None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"elements": ("Xx",)}, "'Xx' is neither an element nor a group"),
        ({"exclude": ("rare-earths",)}, "Did you mean 'rare-earth'?"),
        ({"exclude": ("lead-free",)}, "Name what is to be left out"),
        ({"orders": (1,)}, "1 is no number of elements"),
        ({"orders": ()}, "none is no number of elements"),
        ({"highest": 0}, "highest: it is 0"),
        ({"atoms": 1}, "atoms: it is 1"),
        ({"tolerance": -1.0}, "tolerance: it is -1.0"),
        ({"tolerance": 0.2, "ordered": False}, "nothing is ordered"),
        ({"require": ("O",), "exclude": ("chalcogen",)}, "'O' is excluded as well"),
        ({"require": ("He",)}, "'He' cannot take part: no oxidation state"),
        ({"require": ("O",), "elements": ("Na", "Cl")}, "'O' is not among the elements"),
        ({"elements": ("Na",)}, "1 are left to combine"),
        ({"elements": "NaCl"}, "it is the text 'NaCl'"),
        ({"states": {"Na": [12]}, "elements": ("Na", "Cl")}, "12 is no charge of an ion"),
        ({"states": {"Qq": [1]}, "elements": ("Na", "Cl")}, "no element bears that symbol"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "says",
)
def test_a_space_that_makes_no_sense_is_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(DataError) as caught:
        Enumeration(**settings)  # type: ignore[arg-type]
    assert says in str(caught.value)


def test_all_faults_of_a_space_come_at_once() -> None:
    with pytest.raises(DataError) as caught:
        Enumeration(elements=("Xx", "Yy"), orders=(1,), highest=0)
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (("prise", 5.0), "Did you mean 'price'?"),
        (("abundance", 5.0), "it is no mean"),
        (("price", 0.0), "Give a positive number"),
        (("price", math.nan), "Give a positive number"),
    ],
    ids=["unknown", "no mean", "zero", "nan"],
)
def test_a_limit_that_makes_no_sense_is_refused(limit: tuple[str, float], says: str) -> None:
    with pytest.raises(DataError, match=says.replace("?", r"\?")):
        Limit(*limit)
