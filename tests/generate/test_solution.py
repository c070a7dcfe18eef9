"""Solid solutions: counts, fillings and samples against going through every filling of the grid."""

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from matloop.chem.elements import SYMBOLS, mass
from matloop.chem.parse import parse
from matloop.chem.supply import of_elements
from matloop.errors import DataError
from matloop.generate.limits import Limit
from matloop.generate.solution import VACANCY, SolidSolution, Sublattice

MANGANITE = SolidSolution(
    [Sublattice("A", ["La", "Sr"]), Sublattice("B", ["Mn"]), Sublattice("X", {"O": [-2]}, sites=3)],
    states={"La": [3], "Sr": [2], "Mn": [3, 4]},
    mixed=True,
)
TITANATE = SolidSolution(
    [
        Sublattice("A", ["Sr", "La", VACANCY], most=2),
        Sublattice("B", ["Ti", "Nb", "Fe"], most=3),
        Sublattice("X", ["O", VACANCY], sites=3),
    ],
    parts=4,
    states={"Sr": [2], "La": [3], "Ti": [3, 4], "Nb": [5], "Fe": [2, 3], "O": [-2]},
)
SPINEL = SolidSolution(
    [
        Sublattice("A", ["Mg", "Fe", "Zn"]),
        Sublattice("B", ["Fe", "Al", "Cr"], sites=2),
        Sublattice("X", {"O": [-2]}, 4),
    ],
    parts=5,
    states={"Mg": [2], "Fe": [2, 3], "Zn": [2], "Al": [3], "Cr": [3, 6]},
    mixed=True,
)
solutions = pytest.mark.parametrize("space", [MANGANITE, TITANATE, SPINEL], ids=["manganite", "titanate", "spinel"])


def plainly(space: SolidSolution) -> set[tuple[int, ...]]:
    """Every neutral filling by going through all of them and all charges of every element."""
    per_lattice = []
    for i, one in enumerate(space.sublattices):
        slots = [slot for slot in space.slots if slot.lattice == i]
        grid = itertools.product(range(space.parts + 1), repeat=len(slots))
        most = one.most or len(slots)
        per_lattice.append([row for row in grid if sum(row) == space.parts and np.count_nonzero(row) <= most])
    found = set()
    for rows in itertools.product(*per_lattice):
        shares = tuple(itertools.chain(*rows))
        if 0 in charges(space, shares):
            found.add(shares)
    return found


def charges(space: SolidSolution, shares: tuple[int, ...]) -> set[int]:
    """All total charges, in shares, that a filling can have."""
    totals = {0}
    for slot, k in zip(space.slots, shares, strict=True):
        sites = space.sublattices[slot.lattice].sites
        if space.mixed:
            own = {sum(pick) for pick in itertools.combinations_with_replacement(slot.charges, k)}
        else:
            own = {k * charge for charge in slot.charges}
        totals = {total + sites * one for total in totals for one in own}
    return totals


@solutions
def test_every_neutral_filling_is_found_once(space: SolidSolution) -> None:
    found = [tuple(row) for chunk in space.chunks(size=7) for row in chunk.shares.tolist()]
    assert len(found) == len(set(found))
    assert set(found) == plainly(space)


@solutions
def test_the_count_is_known_before(space: SolidSolution) -> None:
    assert space.count() == len(plainly(space)) > 0


def test_a_large_grid_is_counted_without_listing() -> None:
    space = SolidSolution(
        [
            Sublattice("A", ["Ca", "Sr", "Ba", "La", "Nd", "Sm"], most=4),
            Sublattice("B", ["Ti", "Zr", "Hf", "Nb", "Ta", "Fe", "Al"], most=4),
            Sublattice("X", ["O", VACANCY], sites=3),
        ],
        parts=20,
    )
    assert space.count() > 10**6
    assert len(space.sample(50, np.random.default_rng(0))) == 50


def test_a_sample_is_uniform() -> None:
    whole = plainly(TITANATE)
    rng = np.random.default_rng(2)
    seen: Counter[tuple[int, ...]] = Counter()
    n = len(whole) // 4
    for _ in range(400):
        seen.update(tuple(row) for row in TITANATE.sample(n, rng).shares.tolist())
    expected = 400 * n / len(whole)
    assert set(seen) == whole
    chi2 = sum((count - expected) ** 2 / expected for count in seen.values())
    assert chi2 < len(whole) + 5 * math.sqrt(2 * len(whole))


def test_more_than_there_are_gives_all() -> None:
    drawn = MANGANITE.sample(1000, np.random.default_rng(0))
    assert {tuple(row) for row in drawn.shares.tolist()} == plainly(MANGANITE)


def test_formulas_say_what_sits_where() -> None:
    frame = next(MANGANITE.chunks()).frame()
    assert "La0.7Sr0.3MnO3" in frame["formula"].tolist()
    row = frame[frame["formula"] == "La0.7Sr0.3MnO3"].iloc[0]
    assert row[["A.La", "A.Sr", "B.Mn", "X.O"]].tolist() == pytest.approx([0.7, 0.3, 1.0, 1.0])


@solutions
def test_formulas_have_the_atoms_of_the_filling(space: SolidSolution) -> None:
    for chunk in space.chunks():
        for text, shares in zip(chunk.formulas, chunk.shares, strict=True):
            atoms: dict[str, float] = defaultdict(float)
            for slot, k in zip(space.slots, shares.tolist(), strict=True):
                if slot.symbol != VACANCY and k:
                    atoms[slot.symbol] += space.sublattices[slot.lattice].sites * k / space.parts
            read = parse(text)
            assert dict(zip(read.elements, read.amounts, strict=True)) == pytest.approx(dict(atoms))


def test_a_limit_on_the_mean_holds_for_what_is_found() -> None:
    limit = Limit("price", 3.0)
    space = SolidSolution(
        [Sublattice("A", ["Mg", "Fe", "Zn"]), Sublattice("B", ["Fe", "Al", "Cr"], 2), Sublattice("X", {"O": [-2]}, 4)],
        parts=5,
        states=SPINEL.states,
        mixed=True,
        limits=[limit],
    )
    kept = {tuple(row) for chunk in space.chunks() for row in chunk.shares.tolist()}
    expected = set()
    for shares in plainly(SPINEL):
        masses = [
            SPINEL.sublattices[slot.lattice].sites * k * mass(slot.symbol)
            for slot, k in zip(SPINEL.slots, shares, strict=True)
        ]
        prices = [of_elements("price")[SYMBOLS.index(slot.symbol)] for slot in SPINEL.slots]
        if np.average(prices, weights=masses) <= limit.most:
            expected.add(shares)
    assert kept == expected
    assert 0 < len(kept) < SPINEL.count()
    assert space.count() == len(kept)
    assert len(space.sample(3, np.random.default_rng(0))) == 3


def test_a_banned_element_takes_no_part_and_says_so() -> None:
    space = SolidSolution([Sublattice("A", ["Sr", "Pb"]), Sublattice("X", ["O"])], exclude=["toxic"])
    assert space.columns == ("A.Sr", "X.O")
    assert space.left_out == {"Pb": "it is excluded"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"sublattices": []}, "none is given"),
        ({"sublattices": [Sublattice("A", ["Sr"])], "parts": 0}, "parts: it is 0"),
        ({"sublattices": [Sublattice("A", ["Sr"]), Sublattice("A", ["O"])]}, "two bear that name"),
        ({"sublattices": [Sublattice("A", ["Srr"])]}, "'Srr' is no element"),
        ({"sublattices": [Sublattice("A", [])]}, "it has no elements"),
        ({"sublattices": [Sublattice("A", ["Sr"], sites=0)]}, "it has 0 sites"),
        ({"sublattices": [Sublattice("A", ["Sr"], most=0)]}, "at most 0 elements"),
        ({"sublattices": [Sublattice("A", {"Sr": [99]})]}, "99 is no charge"),
        ({"sublattices": [Sublattice("A", ["Pb"])], "exclude": ["Pb"]}, "Pb: it is excluded"),
        ({"sublattices": [Sublattice("A", "Sr")]}, "Give a list"),
    ],
    ids=["none", "parts", "twins", "unknown", "empty", "sites", "most", "charge", "banned", "text"],
)
def test_a_solution_that_makes_no_sense_is_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        SolidSolution(**settings)  # type: ignore[arg-type]


def test_two_limits_on_means_leave_what_keeps_both() -> None:
    limits = [Limit("price", 3.0), Limit("hhi_reserve", 1700)]
    lattices, states = SPINEL.sublattices, SPINEL.states
    alone = [
        {tuple(row) for chunk in one.chunks() for row in chunk.shares.tolist()}
        for one in (
            SolidSolution(lattices, parts=5, states=states, mixed=True, limits=limits[:1]),
            SolidSolution(lattices, parts=5, states=states, mixed=True, limits=limits[1:]),
            SolidSolution(lattices, parts=5, states=states, mixed=True, limits=limits),
        )
    ]
    assert alone[2] == alone[0] & alone[1]
    assert 0 < len(alone[2]) < min(len(alone[0]), len(alone[1]))
