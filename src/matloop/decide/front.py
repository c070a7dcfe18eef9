"""Several goals at once: which candidates are not dominated, from which point hypervolume is counted, and how much.

Worth (n, k) is what `matloop.decide.acquisition.utility` says of posterior means: more is better in every column. The
figures are those of moocore (Fonseca, Paquete, López-Ibáñez 2006, "An improved dimension-sweep algorithm for the
hypervolume indicator").
"""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

from matloop.decide.words import figure, unreached_words
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats

MARGIN = 0.1
"""How far the reference lies below the worst of the front, as a share of the range of all that was measured. At 0 the
ends of the front would count for nothing (Ishibuchi et al. 2018, "How to specify a reference point in hypervolume
calculation"); far larger, the ends count for more than all between them."""


def non_dominated(worth: Floats) -> NDArray[np.bool_]:
    """(n,) which rows of worth (n, k) no other row exceeds or equals in all columns and exceeds in one."""
    if not len(worth):
        return np.zeros(0, dtype=np.bool_)
    return np.asarray(moocore.is_nondominated(worth, maximise=True, keep_weakly=True), dtype=np.bool_)


def layers(worth: Floats) -> NDArray[np.intp]:
    """(n,) layer of each row of worth (n, k): 1 is not dominated, 2 only by rows of layer 1, and so on."""
    found = np.zeros(len(worth), dtype=np.intp)
    left = np.arange(len(worth))
    layer = 0
    while len(left):
        layer += 1
        top = non_dominated(worth[left])
        found[left[top]] = layer
        left = left[~top]
    return found


def reference_of(worth: Floats, objectives: Sequence[Objective], spreads: Sequence[float]) -> Floats:
    """(k,) the point from which hypervolume is counted, in worth.

    An objective's own `reference` where it has one; else the worst of the front of worth (n, k), less MARGIN of the
    range of all of worth, or of the readings' standard deviation (k,) where that is more.
    """
    front = worth[non_dominated(worth)]
    found = np.asarray(front.min(axis=0) - MARGIN * np.maximum(np.ptp(worth, axis=0), np.array(spreads)))
    for j, one in enumerate(objectives):
        if one.reference is not None:
            found[j] = one.sign * one.reference if one.linear else -one.reference
    return found


def unreached(objectives: Sequence[Objective]) -> str:
    """That nothing reaches the references that were given, in words; one worked out lies below what was measured."""
    given = {one.name: figure(one.reference, one.unit) for one in objectives if one.reference is not None}
    return unreached_words(given) if given else ""


def as_told(point: Floats, objectives: Sequence[Objective]) -> dict[str, float]:
    """A point (k,) of worth in the objectives' own terms: a value; for a target or range the distance from it."""
    pairs = zip(objectives, point.tolist(), strict=True)
    return {one.name: (one.sign * mark if one.linear else -mark) for one, mark in pairs}


def hypervolume(worth: Floats, reference: Floats) -> float:
    """Volume between worth (n, k) and the reference (k,); rows that do not exceed it count for nothing."""
    above = worth[(worth > reference).all(axis=1)]
    return float(moocore.hypervolume(above, ref=reference, maximise=True)) if len(above) else 0.0


def contributions(worth: Floats, reference: Floats) -> Floats:
    """(n,) what each row of worth (n, k) alone adds to the hypervolume; equal rows add nothing, nor dominated ones."""
    found = np.zeros(len(worth))
    above = (worth > reference).all(axis=1)
    if above.any():
        found[above] = moocore.hv_contributions(worth[above], ref=reference, maximise=True)
    return found
