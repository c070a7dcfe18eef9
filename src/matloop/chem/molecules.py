"""Molecules, written as SMILES, as choices that a model knows the likeness of. RDKit reads them, the extra `molecules`.

RDKit's two-dimensional descriptors (some 200: charges, counts of rings and groups, surface by polarity, shape indices)
tell a handful of molecules apart many times over. They are standardised over the choices, and the principal components
that hold most of their variance describe the choices, each a feature of its own.

They are blind to stereochemistry: mirror images, and E and Z, have the same descriptors (only how many centres are left
open is counted), so molecules that differ in nothing else cannot be choices of one table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

import numpy as np

from matloop.domain.descriptors import DescriptorTable
from matloop.domain.prediction import Floats
from matloop.errors import Faults, InputError, PluginError, cut_short, extra, fail

HELD = 0.9
"""Share of the variance of all descriptors that the components hold. More, and the last ones tell little but cost a
length scale each; fewer, and molecules that differ look alike."""
_LEFT_OUT = ("Ipc",)
"""Descriptors that grow exponentially with the number of atoms: standardised, they tell the largest from all others.
`AvgIpc` says the same by atom."""
_TELLING = 1e-9  # of a column's largest value: a spread below this is rounding
_DIGITS = 6  # decimals that are kept, so that another machine's last bits do not change a campaign


def molecules(smiles: Mapping[str, str] | Iterable[str]) -> DescriptorTable:
    """Descriptors of molecules, for `Categorical(..., descriptors=...)`. They do not see stereochemistry.

    Args:
        smiles: choice -> SMILES; or SMILES alone, in a list, a column of a frame or the like, which then name the
            choices.

    Returns:
        A table of one row a choice: principal components of RDKit's two-dimensional descriptors, as many as hold
        nine tenths of their variance. It depends on which molecules are compared.

    Raises:
        PluginError: when RDKit is not installed.
        InputError: for text that is no SMILES and molecules that are the same or differ in stereochemistry alone, all
            at once; for SMILES that stand there twice, and for fewer than two molecules.

    Example: `ml.Categorical("solvent", descriptors=ml.chem.molecules({"DMAc": "CC(=O)N(C)C", "BuCN": "CCCC#N"}))`.
    """
    named = smiles if isinstance(smiles, Mapping) else _naming_themselves(smiles)
    if len(named) < 2:
        few = "1 molecule" if named else "no molecules"
        fail(InputError, "molecules", few, "Give two or more, or leave the parameter out.")
    read = _computed(named)
    titles = [name for name in read[0].told if name not in _LEFT_OUT]
    table = np.array([[one.told[title] for title in titles] for one in read], dtype=float)
    found = components(table)
    _refuse_twins(tuple(named), read, found)
    columns = {f"structure {k + 1}": found[:, k].tolist() for k in range(found.shape[1])}
    return DescriptorTable("molecules", "choice", tuple(named), columns, lambda row, _: f"molecule {row}", apart=True)


def components(table: Floats) -> Floats:
    """Principal components (n, k) of descriptors (n, d), standardised over the rows, that hold `HELD` of the variance.

    Columns that are not finite for all rows, or the same for all, are left out. Each component has its largest
    magnitude positive, since its sign is arbitrary. Without a column that differs: (n, 0).
    """
    finite = table[:, np.isfinite(table).all(axis=0)]
    telling = finite[:, np.ptp(finite, axis=0) > _TELLING * np.abs(finite).max(axis=0, initial=0.0)]
    if not telling.shape[1]:
        return telling
    scaled = (telling - telling.mean(axis=0)) / telling.std(axis=0)
    left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    share = np.cumsum(singular**2) / np.sum(singular**2)
    k = int(np.searchsorted(share, HELD)) + 1
    scores = left[:, :k] * singular[:k]
    largest = scores[np.abs(scores).argmax(axis=0), np.arange(k)]
    return np.asarray(np.round(scores * np.sign(largest), _DIGITS))


@dataclass(frozen=True, slots=True)
class _Molecule:
    """What RDKit says of one molecule: its canonical SMILES, with stereochemistry and without, and its descriptors."""

    canonical: str
    flat: str
    told: Mapping[str, float]


def _naming_themselves(given: object) -> dict[str, str]:
    """SMILES as choices of the same names.

    Raises:
        InputError: for what is no list of them, and for SMILES that stand there twice.
    """
    if isinstance(given, str | bytes | set | frozenset) or hasattr(given, "columns") or not isinstance(given, Iterable):
        _refuse_kind(given)
    try:
        listed = [str(one) if isinstance(one, str) else one for one in given]
    except TypeError:  # an array of no dimension says that it can be gone through, and cannot
        _refuse_kind(given)
    faults = Faults()
    for i, one in enumerate(listed):
        if not isinstance(one, str):
            faults.add(f"molecules, {i + 1}", f"{cut_short(one)} is no text", "Give SMILES, as 'c1ccccc1'.")
    faults.raise_if_any(InputError)
    for one, times in Counter(listed).items():
        if times > 1:
            found = f"{cut_short(one)} stands there {'twice' if times == 2 else f'{times} times'}"
            faults.add("molecules", found, "Give every molecule once.")
    faults.raise_if_any(InputError)
    return {one: one for one in listed}


def _refuse_kind(given: object) -> NoReturn:
    found = f"smiles is {cut_short(given)} (a {type(given).__name__})"
    cure = "Give choice -> SMILES, or a list of SMILES."
    if isinstance(given, set | frozenset):
        cure = "Give a list: a set has no order, and choices have one."
    elif hasattr(given, "columns"):
        cure = "Give one of its columns, or choice -> SMILES."
    fail(InputError, "molecules", found, cure)


def _refuse_twins(choices: Sequence[str], read: Sequence[_Molecule], described: Floats) -> None:
    """Refuse molecules that a model could not tell apart, with the reason why not.

    Args:
        choices: (n,) their names.
        read: (n,) what RDKit says of them.
        described: (n, k) what describes them.

    Raises:
        InputError: naming all of them.
    """
    faults, first = Faults(), dict[object, int]()
    for row, one in enumerate(read):
        keys = (one.canonical, tuple(described[row].tolist()))
        before = next((first[key] for key in keys if key in first), None)
        for key in keys:
            first.setdefault(key, row)
        if before is None:
            continue
        pair, other = f"{choices[before]!r} and {choices[row]!r}", read[before]
        found, cure = f"{pair} have the same descriptors, so a model cannot tell them apart", _INSTEAD
        if other.canonical == one.canonical:
            found, cure = f"{pair} are the same molecule ({one.canonical})", "Keep one of them, or leave smiles out."
        elif other.flat == one.flat:
            found = f"{pair} differ only in stereochemistry, which these descriptors do not see"
        faults.add("molecules", found, cure)
    faults.raise_if_any(InputError)


_INSTEAD = "Leave smiles out and name the choices, or give a table of descriptors in which they differ."


def _computed(named: Mapping[str, str]) -> list[_Molecule]:
    """What RDKit says of each molecule.

    Raises:
        InputError: naming every text that is no SMILES.
    """
    read, describe = _rdkit()
    faults, rows = Faults(), list[_Molecule]()
    for choice, text in named.items():
        made = read(text) if isinstance(text, str) and text.strip() else None
        if made is None or not made.GetNumAtoms():
            cure = "Correct it: benzene is c1ccccc1, DMF is CN(C)C=O."
            faults.add(f"molecule {cut_short(choice)}", f"{cut_short(text)} is no SMILES that RDKit can read", cure)
        else:
            rows.append(describe(made))
    faults.raise_if_any(InputError)
    return rows


def _rdkit() -> tuple[Callable[[str], Any], Callable[[Any], _Molecule]]:
    """What reads SMILES, and what describes a molecule; RDKit's own log is kept off the terminal.

    Raises:
        PluginError: when it is not installed.
    """
    try:
        chem, described = import_module("rdkit.Chem"), import_module("rdkit.Chem.Descriptors")
        silence = import_module("rdkit.rdBase").BlockLogs
    except ImportError:
        cure = extra("molecules", 'give a table of numbers, descriptors = "table.csv", or leave the structures out')
        fail(PluginError, "molecules", "SMILES are read by RDKit, which is not installed", cure)

    def read(text: str) -> Any:
        with silence():
            return chem.MolFromSmiles(text)

    def describe(molecule: Any) -> _Molecule:
        with silence():
            flat = chem.MolToSmiles(molecule, isomericSmiles=False)
            return _Molecule(chem.MolToSmiles(molecule), flat, described.CalcMolDescriptors(molecule))

    return read, describe
