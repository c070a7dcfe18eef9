"""Descriptors of molecules by their structure: what they tell, and what is refused."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.chem.molecules import HELD, components
from matloop.domain.parameter import Categorical, from_json
from matloop.errors import InputError, PluginError

MODULE = import_module("matloop.chem.molecules")  # the function of that name hides it
SOLVENTS = {
    "hexane": "CCCCCC",
    "heptane": "CCCCCCC",
    "ethanol": "CCO",
    "propanol": "CCCO",
    "toluene": "Cc1ccccc1",
    "xylene": "Cc1ccccc1C",
    "acetate": "CC(=O)[O-].[K+]",
}


def points(smiles: dict[str, str]) -> dict[str, np.ndarray]:
    one = Categorical("solvent", descriptors=ml.chem.molecules(smiles))
    return dict(zip(one.choices, map(np.array, one.descriptors.points), strict=True))


def test_molecules_of_one_family_are_each_others_next_of_kin() -> None:
    at = points(SOLVENTS)
    for one, other in (("hexane", "heptane"), ("ethanol", "propanol"), ("toluene", "xylene")):
        rest = [np.linalg.norm(at[one] - at[name]) for name in at if name not in (one, other)]
        assert np.linalg.norm(at[one] - at[other]) < min(rest)


def test_how_a_molecule_is_written_and_in_which_order_changes_nothing() -> None:
    at = points(SOLVENTS)
    again = points({"acetate": "[K+].[O-]C(C)=O", **dict(reversed(list(SOLVENTS.items())[:-1]))})
    for one, other in itertools.combinations(SOLVENTS, 2):
        gap, after = np.linalg.norm(at[one] - at[other]), np.linalg.norm(again[one] - again[other])
        assert gap == pytest.approx(after, abs=1e-5)


def test_smiles_alone_name_the_choices() -> None:
    assert Categorical("solvent", descriptors=ml.chem.molecules(["CCO", "CCCCCC"])).choices == ("CCO", "CCCCCC")


def test_each_component_is_a_feature_of_its_own() -> None:
    space = ml.Space([Categorical("solvent", descriptors=ml.chem.molecules(SOLVENTS)), ml.Real("x", 0, 1)])
    d = space.encoder.d
    assert d > 2
    assert len(set(space.encoder.groups)) == d


def test_the_ledger_holds_the_numbers_so_that_reading_it_needs_no_chemistry(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Categorical("solvent", descriptors=ml.chem.molecules(SOLVENTS))
    kept = one.to_json()
    monkeypatch.setattr(MODULE, "import_module", _absent)
    assert from_json(kept) == one


def test_components_hold_the_share_and_are_the_coordinates_of_what_varies() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(30, 2))
    table = hidden @ rng.normal(size=(2, 50)) * rng.uniform(1, 1e6, 50) + 7.0
    found = components(table)
    assert found.shape == (30, 2)
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    gaps = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    np.testing.assert_allclose(np.linalg.norm(found[:, None] - found[None], axis=2), gaps, atol=1e-4)
    wide = rng.normal(size=(30, 20))
    kept = components(wide)
    scaled = (wide - wide.mean(axis=0)) / wide.std(axis=0)
    share = np.cumsum(np.linalg.svd(scaled, compute_uv=False) ** 2) / 600
    assert share[kept.shape[1] - 1] >= HELD > share[kept.shape[1] - 2]


def test_columns_that_are_missing_somewhere_or_the_same_for_all_tell_nothing() -> None:
    told = np.array([[1.0], [2.0], [4.0]])
    more = np.column_stack([told, [np.nan, 1, 2], [np.inf, 1, 2], [3, 3, 3], [0, 0, 0]])
    np.testing.assert_array_equal(components(more), components(told))
    assert components(more[:, 1:]).shape == (3, 0)


def test_every_text_that_is_no_smiles_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        ml.chem.molecules({"DMF": "CN(C)C=O", "none": "", "open": "c1ccc", "number": 3})  # type: ignore[dict-item]
    for name in ("none", "open", "number"):
        assert f"molecule '{name}'" in str(caught.value)
    assert "'DMF'" not in str(caught.value)


@pytest.mark.parametrize("given", [{}, {"DMF": "CN(C)C=O"}, ["CCO"], "CCO", 3])
def test_fewer_than_two_molecules_are_refused(given: object) -> None:
    with pytest.raises(InputError, match="molecules"):
        ml.chem.molecules(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [{}, {"hexane": "CCCCCC"}], ids=["alone", "among others"])
@pytest.mark.parametrize(("one", "other"), [("C[C@H](O)CC", "C[C@@H](O)CC"), ("C/C=C/C", r"C/C=C\C")])
def test_molecules_that_differ_in_stereochemistry_alone_are_refused_as_such(one: str, other: str, more: dict) -> None:
    with pytest.raises(InputError) as error:
        ml.chem.molecules({"R": one, "S": other, **more})
    (fault,) = error.value.faults
    assert fault.found == "'R' and 'S' differ only in stereochemistry, which these descriptors do not see"
    assert fault.cure == "Leave smiles out and name the choices, or give a table of descriptors in which they differ."


def test_one_molecule_under_several_names_is_said_to_be_one() -> None:
    with pytest.raises(InputError) as error:
        ml.chem.molecules(["CCO", "OCC", "CCC", "C(O)C"])
    assert [fault.found for fault in error.value.faults] == [
        "'CCO' and 'OCC' are the same molecule (CCO)",
        "'CCO' and 'C(O)C' are the same molecule (CCO)",
    ]
    assert {fault.cure for fault in error.value.faults} == {"Keep one of them, or leave smiles out."}


def test_isotopes_are_no_stereochemistry_and_are_told_apart() -> None:
    at = points({"light": "O", "heavy": "[2H]O[2H]", "ethanol": "CCO"})
    assert len({tuple(point) for point in at.values()}) == 3


def test_what_the_descriptors_are_blind_to_is_documented() -> None:
    assert "do not see stereochemistry" in (ml.chem.molecules.__doc__ or "")
    assert "blind to stereochemistry" in (MODULE.__doc__ or "")


class Given:
    """No list, but it can be gone through."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)


SERIES = pd.Series(["CCO", "CCCCCC", "c1ccccc1"], index=[7, 7, 9])


@pytest.mark.parametrize(
    "given",
    [
        SERIES,
        SERIES.to_numpy(),
        np.array(list(SERIES)),
        tuple(SERIES),
        iter(list(SERIES)),
        dict.fromkeys(SERIES).keys(),
        Given(list(SERIES)),
    ],
    ids=["series", "array of objects", "array of texts", "tuple", "iterator", "keys", "iterable"],
)
def test_any_ordered_run_of_texts_is_a_list_of_smiles(given) -> None:
    assert ml.chem.molecules(given) == ml.chem.molecules(list(SERIES))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["CCO", "CCO", "CC"], "'CCO' stands there twice. Give every molecule once."),
        (pd.Series(["CCO"] * 3 + ["CC"]), "'CCO' stands there 3 times. Give every molecule once."),
        (["CCO", None, np.nan], "molecules, 2: None is no text. Give SMILES"),
        ({"CCO", "CC"}, "a set has no order"),
        (SERIES.to_frame("smiles"), "Give one of its columns"),
        (np.array("CCO"), "Give choice -> SMILES, or a list of SMILES."),
        (b"CCO", "Give choice -> SMILES, or a list of SMILES."),
    ],
    ids=["twice", "thrice", "no text", "set", "frame", "no dimension", "bytes"],
)
def test_what_is_no_list_of_different_smiles_is_refused(given, said: str) -> None:
    with pytest.raises(InputError) as error:
        ml.chem.molecules(given)
    assert said in str(error.value)


@pytest.mark.parametrize("given", [pd.DataFrame({"x": range(500)}), "C" * 500, {"a": "Q" * 500, "b": "CC"}])
def test_what_is_refused_is_shown_in_one_short_line(given) -> None:
    with pytest.raises(InputError) as error:
        ml.chem.molecules(given)
    (fault,) = error.value.faults
    assert "\n" not in str(fault)
    assert len(fault.found) < 120


def test_without_rdkit_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "import_module", _absent)
    with pytest.raises(PluginError, match=r"matloop\[molecules\]"):
        ml.chem.molecules(SOLVENTS)


def _absent(name: str) -> object:
    if name.startswith("rdkit"):
        raise ImportError(name)
    return import_module(name)


def test_chemistry_is_there_by_the_short_name_alone() -> None:
    code = "import matloop as ml; print(ml.chem.MAGPIE[0])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "MagpieData minimum Number"
