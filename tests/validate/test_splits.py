"""Whole groups are left out unless somebody asks for random rows by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.chem import compositions
from matloop.errors import InputError
from matloop.validate.groups import by_cluster, by_family, by_formula, by_system, families
from matloop.validate.splits import given as given_folds
from matloop.validate.splits import grouped, numbered, random_rows


@given(st.lists(st.integers(0, 9), min_size=4, max_size=80).filter(lambda keys: len(set(keys)) >= 3), st.integers(0, 9))
def test_no_group_is_ever_on_both_sides_and_every_row_is_judged_once(keys: list[int], seed: int) -> None:
    groups = numbered(keys)
    split = grouped(groups, np.random.default_rng(seed), folds=3)
    judged = []
    for _, seen, out in split.parts():
        assert not set(groups[seen]) & set(groups[out])
        assert len(seen) + len(out) == len(keys)
        judged += out.tolist()
    assert sorted(judged) == list(range(len(keys)))


def test_folds_are_as_even_as_the_largest_group_allows() -> None:
    groups = np.repeat(np.arange(40), np.arange(1, 41))
    split = grouped(groups, np.random.default_rng(0), folds=5)
    sizes = np.bincount(split.fold)
    assert sizes.max() - sizes.min() <= 2


def test_another_seed_deals_other_folds() -> None:
    groups = np.arange(30)
    one, other = (grouped(groups, np.random.default_rng(seed), folds=3).fold for seed in (0, 1))
    assert (one != other).any()


def test_more_folds_than_groups_are_refused() -> None:
    with pytest.raises(InputError, match="5 folds of 2 formulas"):
        grouped(np.array([0, 0, 1, 1]), np.random.default_rng(0), of="formulas")


def test_published_folds_that_part_a_group_are_refused() -> None:
    with pytest.raises(InputError, match="1 of 2 groups lie in several folds"):
        given_folds([0, 1, 1], np.array([0, 0, 1]))


def test_random_rows_say_so_and_count_the_groups_they_part() -> None:
    split = random_rows(np.repeat(np.arange(5), 10), np.random.default_rng(0))
    assert split.random
    assert "RANDOM ROWS" in split.how
    assert split.leaking == 5


def test_formulas_are_one_group_however_they_are_written() -> None:
    read = compositions(["Bi2Te3", "Te3Bi2", "Bi4Te6", "Bi2Te2.9Se0.1"])
    assert by_formula(read).tolist() == [0, 0, 0, 1]


def test_a_system_is_a_set_of_elements_and_sodium_nitride_is_one() -> None:
    assert by_system(compositions(["NaN", "Na3N", "NaCl"])).tolist() == [0, 0, 1]


def test_a_dopant_founds_no_family() -> None:
    read = compositions(["PbTe", "Pb0.98Na0.02Te", "SnTe", "Yb0.2Co4Sb12", "CoSb3"])
    assert families(read) == ("Pb-Te", "Pb-Te", "Sn-Te", "Co-Sb", "Co-Sb")
    assert by_family(read).tolist() == [0, 0, 1, 2, 2]


def test_clusters_part_what_lies_apart() -> None:
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(centre, 0.1, (20, 3)) for centre in (0.0, 5.0, 10.0)])
    found = by_cluster(X, 3, np.random.default_rng(1))
    assert found.tolist() == np.repeat([0, 1, 2], 20).tolist()


def test_more_clusters_than_rows_are_refused() -> None:
    with pytest.raises(InputError, match="5 of 2 distinct rows"):
        by_cluster(np.array([[0.0], [0.0], [1.0]]), 5, np.random.default_rng(0))
