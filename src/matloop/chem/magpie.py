"""The 132 features of Magpie (L. Ward et al., npj Comput. Mater. 2, 16028, 2016), as matminer has them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np

from matloop.chem.compositions import Compositions, compositions
from matloop.chem.elements import column, columns
from matloop.chem.feature import Feature, FeatureSet, Missing, resolved
from matloop.chem.parse import Given
from matloop.chem.statistics import STATISTICS, statistics

PROPERTIES = tuple(
    "Number MendeleevNumber AtomicWeight MeltingT Column Row CovalentRadius Electronegativity NsValence NpValence "
    "NdValence NfValence NValence NsUnfilled NpUnfilled NdUnfilled NfUnfilled NUnfilled GSvolume_pa GSbandgap "
    "GSmagmom SpaceGroupNumber".split()
)
"""The properties of the preset, in its order."""

MAGPIE: tuple[str, ...] = tuple(f"MagpieData {statistic} {name}" for name in PROPERTIES for statistic in STATISTICS)
"""The names of the 132 columns, as matminer writes them."""


def magpie(formulas: Iterable[Given] | Compositions, *, missing: Missing = "refuse") -> np.ndarray:
    """The Magpie features of n formulas.

    Equal to matminer 0.10.1's `ElementProperty.from_preset("magpie")` to rounding: missing="mean" to its default,
    missing="mark" to impute_nan=False. "refuse" is equal to both, and refuses He, Ne, Ar, At, Rn, Fr and Bk onward.

    Args:
        formulas: texts, Formulas, mappings, pymatgen Compositions or Structures; or Compositions that were read.
        missing: what to do where an element has no figure for a property.

    Returns:
        (n, 132) in the order of MAGPIE.

    Raises:
        DataError: formulas that are missing or wrong; with missing="refuse" elements without a figure.
    """
    return _compute(compositions(formulas), missing)


@cache
def magpie_set() -> FeatureSet:
    """The set as the registry lists it."""
    told = columns()
    features = tuple(
        Feature(
            name=f"MagpieData {statistic} {name}",
            unit=told[f"Magpie {name}"].unit,
            meaning=f"{_WORDS[statistic]} over the elements: {told[f'Magpie {name}'].meaning}",
            formula=formula,
            source=f"{told[f'Magpie {name}'].source}; from {told[f'Magpie {name}'].origin}",
        )
        for name in PROPERTIES
        for statistic, formula in STATISTICS.items()
    )
    return FeatureSet("magpie", "six statistics of 22 properties of the elements", features, _compute)


_WORDS = {
    "minimum": "least",
    "maximum": "greatest",
    "range": "greatest less least",
    "mean": "mean by atomic fraction",
    "avg_dev": "mean absolute deviation by atomic fraction",
    "mode": "that of the most abundant element",
}


@cache
def _properties() -> np.ndarray:
    """(118, 22) properties of the elements."""
    return np.stack([column(f"Magpie {name}") for name in PROPERTIES], axis=1)


def _compute(read: Compositions, missing: Missing) -> np.ndarray:
    return statistics(read, resolved(_properties(), PROPERTIES, read, missing))
