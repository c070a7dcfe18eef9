"""Molecules, written as SMILES, as choices that a model knows the likeness of. RDKit reads them, the extra `molecules`.

RDKit's two-dimensional descriptors (some 200: charges, counts of rings and groups, surface by polarity, shape indices)
tell a handful of molecules apart many times over. They are standardised over the choices, and the principal components
that hold most of their variance describe the choices, each a feature of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from matloop.domain.descriptors import DescriptorTable
from matloop.domain.prediction import Floats
from matloop.errors import Faults, InputError, PluginError, extra, fail

HELD = 0.9
"""Share of the variance of all descriptors that the components hold. More, and the last ones tell little but cost a
length scale each; fewer, and molecules that differ look alike."""
_LEFT_OUT = ("Ipc",)
"""Descriptors that grow exponentially with the number of atoms: standardised, they tell the largest from all others.
`AvgIpc` says the same by atom."""
_TELLING = 1e-9  # of a column's largest value: a spread below this is rounding
_DIGITS = 6  # decimals that are kept, so that another machine's last bits do not change a campaign


def molecules(smiles: Mapping[str, str] | Sequence[str]) -> DescriptorTable:
    """Descriptors of molecules, for `Categorical(..., descriptors=...)`.

    Args:
        smiles: choice -> SMILES; or SMILES alone, which then name the choices.

    Returns:
        A table of one row a choice: principal components of RDKit's two-dimensional descriptors, as many as hold
        nine tenths of their variance. It depends on which molecules are compared.

    Raises:
        PluginError: when RDKit is not installed.
        InputError: for text that is no SMILES, all at once, and for fewer than two molecules.

    Example: `ml.Categorical("solvent", descriptors=ml.chem.molecules({"DMAc": "CC(=O)N(C)C", "BuCN": "CCCC#N"}))`.
    """
    if isinstance(smiles, str) or not isinstance(smiles, Mapping | Sequence):
        fail(InputError, "molecules", f"smiles is {smiles!r}", "Give choice -> SMILES, or a list of SMILES.")
    named = smiles if isinstance(smiles, Mapping) else {one: one for one in smiles}
    if len(named) < 2:
        fail(InputError, "molecules", f"{len(named)} molecules", "Give two or more, or leave the parameter out.")
    rows = _computed(named)
    titles = [name for name in rows[0] if name not in _LEFT_OUT]
    table = np.array([[row[title] for title in titles] for row in rows], dtype=float)
    found = components(table)
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


def _computed(named: Mapping[str, str]) -> list[dict[str, float]]:
    """RDKit's descriptors of each molecule.

    Raises:
        InputError: naming every text that is no SMILES.
    """
    read, describe = _rdkit()
    faults, rows = Faults(), list[dict[str, float]]()
    for choice, text in named.items():
        made = read(text) if isinstance(text, str) and text.strip() else None
        if made is None or not made.GetNumAtoms():
            cure = "Correct it: benzene is c1ccccc1, DMF is CN(C)C=O."
            faults.add(f"molecule {choice!r}", f"{text!r} is no SMILES that RDKit can read", cure)
        else:
            rows.append(describe(made))
    faults.raise_if_any(InputError)
    return rows


def _rdkit() -> tuple[Callable[[str], Any], Callable[[Any], dict[str, float]]]:
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

    def describe(molecule: Any) -> dict[str, float]:
        with silence():
            told: dict[str, float] = described.CalcMolDescriptors(molecule)
        return told

    return read, describe
