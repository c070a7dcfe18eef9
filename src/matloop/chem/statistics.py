"""Statistics of a property over the elements of each composition, as matminer defines them (PropertyStats, 0.10.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from matloop.chem.compositions import Compositions

STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "minimum": "min x",
        "maximum": "max x",
        "range": "max x - min x",
        "mean": "sum f x",
        "avg_dev": "sum f |x - mean|",
        "mode": "x of the most abundant element, the least x among equals",
    }
)
"""Statistic -> formula: x are the elements' properties, f their atomic fractions."""

_ROWS = 512
"""Compositions at a time: their arrays stay in a core's cache; ten times as many are half as fast."""

_RELATIVE, _ABSOLUTE = 1e-5, 1e-8
"""Amounts closer than numpy's isclose count as equally abundant, since matminer compares them so."""


def statistics(compositions: Compositions, properties: np.ndarray) -> np.ndarray:
    """The six statistics of every property.

    Args:
        compositions: n of them.
        properties: (118, p) by atomic number less 1; NaN spreads to every statistic that needs it.

    Returns:
        (n, 6 p): property after property, each with its statistics in the order of STATISTICS.
    """
    count = properties.shape[1]
    found = np.empty((len(compositions), count, len(STATISTICS)))
    sizes = np.diff(compositions.starts)
    for size in np.unique(sizes).tolist():
        alike = np.flatnonzero(sizes == size)
        for first in range(0, len(alike), _ROWS):
            rows = alike[first : first + _ROWS]
            entries = compositions.starts[rows][:, None] + np.arange(size)
            found[rows] = _block(compositions.values[entries], properties[compositions.places[entries].T])
    return found.reshape(len(compositions), count * len(STATISTICS))


def _block(amounts: np.ndarray, of_element: np.ndarray) -> np.ndarray:
    """(m, p, 6) statistics of m compositions of k elements each: amounts (m, k), properties of_element (k, m, p)."""
    shares = (amounts / amounts.sum(axis=1, keepdims=True)).T[:, :, None]
    most = amounts.max(axis=1, keepdims=True)
    abundant = (np.abs(amounts - most) <= _ABSOLUTE + _RELATIVE * most).T[:, :, None]
    found = np.empty((*of_element.shape[1:], len(STATISTICS)))
    least, greatest = of_element[0].copy(), of_element[0].copy()
    mean, mode = of_element[0] * shares[0], np.where(abundant[0], of_element[0], np.inf)
    for place in range(1, len(of_element)):
        np.minimum(least, of_element[place], out=least)
        np.maximum(greatest, of_element[place], out=greatest)
        mean += of_element[place] * shares[place]
        np.minimum(mode, np.where(abundant[place], of_element[place], np.inf), out=mode)
    deviation = np.zeros_like(mean)
    for place in range(len(of_element)):
        deviation += np.abs(of_element[place] - mean) * shares[place]
    for place, of in enumerate((least, greatest, greatest - least, mean, deviation, mode)):
        found[:, :, place] = of
    return found
