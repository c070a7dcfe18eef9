"""A climb from several starts, bounded by counted evaluations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from matloop.domain.prediction import Floats

_VALUE_TOLERANCE = 1e-10  # relative; larger, and warm and cold starts stop visibly apart on a flat top
_SLOPE_TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Summit:
    """Where a climb ended.

    start: the name of the start that led there. evaluations: how many were spent.
    """

    theta: Floats
    value: float
    start: str
    evaluations: int


def climb(
    target: Callable[[Floats], tuple[float, Floats]],
    starts: Mapping[str, Floats],
    bounds: list[tuple[float, float]],
    *,
    climbs: int,
    steps: int,
) -> Summit:
    """Maximise by L-BFGS-B from the best of several starts.

    Every start is evaluated once; the `climbs` best ones are climbed, ties going to the earlier one.

    Args:
        target: value and slope at a vector.
        starts: name -> vector; cut to the bounds.
        bounds: (low, high) of each entry.
        climbs: how many starts are climbed.
        steps: iterations a climb may take, and half the evaluations.
    """
    low, high = np.array(bounds).T
    cut = {name: np.clip(start, low, high) for name, start in starts.items()}
    feet = [Summit(theta, target(theta)[0], name, 1) for name, theta in cut.items()]
    feet.sort(key=lambda foot: -foot.value)  # stable
    tops = [_ascend(target, foot, bounds, steps) for foot in feet[:climbs]]
    best = max(tops, key=lambda top: top.value)  # the first of equals
    return replace(best, evaluations=len(feet) + sum(top.evaluations for top in tops))


def _ascend(
    target: Callable[[Floats], tuple[float, Floats]], foot: Summit, bounds: list[tuple[float, float]], steps: int
) -> Summit:
    """The top above one start; the start itself, should L-BFGS-B find nothing higher."""

    def descent(theta: Floats) -> tuple[float, Floats]:
        value, slope = target(theta)
        return -value, -slope

    found = minimize(
        descent,
        foot.theta,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": steps, "maxfun": 2 * steps, "ftol": _VALUE_TOLERANCE, "gtol": _SLOPE_TOLERANCE},
    )
    evaluations, value = int(found.nfev), -float(found.fun)
    if value <= foot.value:
        return replace(foot, evaluations=evaluations)
    return Summit(np.asarray(found.x), value, foot.start, evaluations)
