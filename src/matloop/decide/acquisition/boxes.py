"""What a front does not dominate, cut into boxes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from matloop.decide.front import non_dominated
from matloop.domain.prediction import Floats


def boxes(front: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Boxes that fill, without overlap, what lies above the reference and is not dominated by the front.

    Slabs between successive levels of the last objective, each cut in the others by those that reach above it. With
    two objectives these are the strips of Emmerich et al. 2011, "Hypervolume-based expected improvement", section III.

    Args:
        front: (p, k) worth, more is better; dominated rows change nothing.
        reference: (k,) corner below all boxes.

    Returns:
        Lower and upper corners, each (b, k); upper ones may be inf.
    """
    front = front[(front > reference).all(axis=1)]
    k = len(reference)
    if k == 1:
        return np.array([[np.max(front, initial=reference[0])]]), np.array([[np.inf]])
    front = front[non_dominated(front)]
    edges = np.concatenate([[np.inf], np.unique(front[:, -1])[::-1], reference[-1:]])
    lower, upper = [], []
    for high, low in pairwise(edges):
        a, b = boxes(front[front[:, -1] >= high, :-1], reference[:-1])
        lower.append(np.column_stack([a, np.full(len(a), low)]))
        upper.append(np.column_stack([b, np.full(len(b), high)]))
    return np.vstack(lower), np.vstack(upper)
