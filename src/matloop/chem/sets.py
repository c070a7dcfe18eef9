"""The other sets of features: element fractions, norms, valence orbitals and ions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np

from matloop.chem.compositions import Compositions
from matloop.chem.elements import SYMBOLS, column, columns, oxidation_states
from matloop.chem.feature import Feature, FeatureSet, Missing, resolved
from matloop.chem.magpie import magpie_set

NORMS = (0, 2, 3, 5, 7, 10)
"""The orders of the norms, those of matminer's Stoichiometry."""

ORBITALS = ("s", "p", "d", "f")

_OWN = "the formula alone"
_PAIRS = 4096
"""Compositions at a time where dense rows of 118 elements are needed: 4 MB an array."""


@cache
def sets() -> Mapping[str, FeatureSet]:
    """Every set of features by name."""
    all_sets = (magpie_set(), _fraction_set(), _norm_set(), _valence_set(), _ion_set())
    return MappingProxyType({one.name: one for one in all_sets})


def _fraction_set() -> FeatureSet:
    features = tuple(Feature(symbol, "1", f"atomic fraction of {symbol}", "f", _OWN) for symbol in SYMBOLS)
    return FeatureSet("fractions", "the atomic fraction of every element", features, lambda read, _: read.fractions)


def _norm_set() -> FeatureSet:
    features = tuple(
        Feature(
            f"{order}-norm",
            "1",
            f"{order}-norm of the atomic fractions" if order else "number of elements",
            f"(sum f**{order})**(1/{order})" if order else "count of f > 0",
            _OWN,
        )
        for order in NORMS
    )
    return FeatureSet("norms", "how evenly the atoms are shared among the elements", features, _norms)


def _norms(read: Compositions, missing: Missing) -> np.ndarray:
    found = np.empty((len(read), len(NORMS)))
    if not len(read):
        return found
    shares = read.shares
    for place, order in enumerate(NORMS):
        if order:
            found[:, place] = np.add.reduceat(shares**order, read.starts[:-1]) ** (1 / order)
        else:
            found[:, place] = np.diff(read.starts)
    return found


def _valence_set() -> FeatureSet:
    source = columns()["Magpie NValence"].source
    means = [
        Feature(
            f"avg {orbital} valence electrons", "1", f"mean number of {orbital} valence electrons", "sum f x", source
        )
        for orbital in ORBITALS
    ]
    parts = [
        Feature(
            f"frac {orbital} valence electrons",
            "1",
            f"part of the valence electrons in {orbital} orbitals",
            "sum f x / sum f x_all",
            source,
        )
        for orbital in ORBITALS
    ]
    return FeatureSet("valence", "valence electrons by orbital", (*means, *parts), _valence)


def _valence(read: Compositions, missing: Missing) -> np.ndarray:
    names = [f"N{orbital}Valence" for orbital in ORBITALS] + ["NValence"]
    properties = resolved(np.stack([column(f"Magpie {name}") for name in names], axis=1), names, read, missing)
    if not len(read):
        return np.empty((0, 2 * len(ORBITALS)))
    means = np.add.reduceat(properties[read.places] * read.shares[:, None], read.starts[:-1], axis=0)
    return np.hstack([means[:, :-1], means[:, :-1] / means[:, -1:]])


def _ion_set() -> FeatureSet:
    told = columns()
    negativity, states = told["electronegativity_allred"], told["oxidation_common"]
    pauling = f"{negativity.source}; from {negativity.origin}"
    oxidation = f"{states.source}; from {states.origin}"
    character = "1 - exp(-(x_i - x_j)**2 / 4)"
    features = (
        Feature(
            "max ionic char", "1", "greatest ionic character of two elements (Pauling)", f"max {character}", pauling
        ),
        Feature(
            "avg ionic char",
            "1",
            "mean ionic character of the pairs of elements",
            f"sum over pairs f_i f_j ({character})",
            pauling,
        ),
        Feature(
            "min mean charge",
            "e",
            "mean charge of an atom, every element in its lowest state",
            "sum f min s",
            oxidation,
        ),
        Feature(
            "max mean charge",
            "e",
            "mean charge of an atom, every element in its highest state",
            "sum f max s",
            oxidation,
        ),
        Feature(
            "charges can balance",
            "1",
            "1 if common oxidation states, mixed within an element or not, can make some formula units neutral",
            "sum f min s <= q <= sum f max s, with q the charge of the formula; 1 for an element alone",
            oxidation,
        ),
    )
    return FeatureSet("ions", "ionic character and charge balance", features, _ions)


def _ions(read: Compositions, missing: Missing) -> np.ndarray:
    negativity = column("electronegativity_allred")[:, None]
    negativity = resolved(negativity, ["Pauling electronegativity"], read, missing)[:, 0]
    states = resolved(_extremes(), ["lowest oxidation state", "highest oxidation state"], read, missing)
    found = np.empty((len(read), 5))
    if not len(read):
        return found
    starts = read.starts[:-1]
    least = np.minimum.reduceat(negativity[read.places], starts)
    greatest = np.maximum.reduceat(negativity[read.places], starts)
    found[:, 0] = _character(greatest - least)
    found[:, 1] = _mean_character(read, negativity)
    found[:, 2:4] = np.add.reduceat(states[read.places] * read.shares[:, None], starts, axis=0)
    charge = read.charges / read.atoms
    balance = (found[:, 2] <= charge + _ROUNDING) & (found[:, 3] >= charge - _ROUNDING)
    alone = (np.diff(read.starts) == 1) & (read.charges == 0)
    found[:, 4] = np.where(np.isnan(found[:, 2]) & ~alone, np.nan, balance | alone)
    return found


_ROUNDING = 1e-9
"""Charges an atom closer than this are equal: amounts are rounded decimals."""


def _mean_character(read: Compositions, negativity: np.ndarray) -> np.ndarray:
    """(n,) the ionic character of pairs of elements, weighted by both fractions."""
    between = _character(negativity[:, None] - negativity[None, :])
    unknown = np.isnan(negativity)
    between[unknown], between[:, unknown] = 0.0, 0.0
    found = np.concatenate(
        [((piece.fractions @ between) * piece.fractions).sum(axis=1) / 2 for piece in read.chunks(_PAIRS)]
    )
    found[np.logical_or.reduceat(unknown[read.places], read.starts[:-1])] = np.nan
    return found


def _character(difference: np.ndarray) -> np.ndarray:
    """Pauling's ionic character of a bond between two electronegativities."""
    return 1 - np.exp(-(difference**2) / 4)


@cache
def _extremes() -> np.ndarray:
    """(118, 2) lowest and highest common oxidation state."""
    states = oxidation_states("common")
    return np.array([[min(of), max(of)] if of else [np.nan, np.nan] for of in states])
