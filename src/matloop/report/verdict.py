"""What a campaign on the virtual laboratory found, judged by the truth that only a virtual laboratory can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.space import Space
from matloop.errors import SpaceError, fail
from matloop.lab.virtual import feasible, truth

_MOST_POINTS = 2_000_000  # points looked at; some 5 s
_CHUNK = 100_000  # points at a time; the bands of the material need some 300 bytes a point


@dataclass(frozen=True, slots=True)
class Verdict:
    """The best candidate found against the best that there is.

    found, best: true value of each. best_values: where the best one lies.
    as_good: points of the space that can be made and are at least as good as the one found. points: all of them.
    """

    found: float
    best: float
    best_values: Mapping[str, Value]
    as_good: int
    points: int

    @property
    def random_needs(self) -> float:
        """Experiments that random choice without replacement needs on average to meet one as good: (N+1)/(T+1)."""
        return (self.points + 1) / (self.as_good + 1)

    @classmethod
    def of(cls, space: Space, values: Mapping[str, Value]) -> Verdict:
        """Judge the candidate of these values; every point of the space is looked at.

        Raises:
            SpaceError: when there are too many points to look at.
        """
        points = space.enumerate(_MOST_POINTS)
        if points is None:
            found = f"{space.most:,} points"
            fail(SpaceError, "verdict", found, f"Take coarser steps: at most {_MOST_POINTS:,} are looked at.")
        columns = dict(zip(space.names, points.T, strict=True))
        grids = {one.name: np.array([one.value(k) for k in range(one.size)], dtype=float) for one in space.parameters}
        parts = [slice(start, start + _CHUNK) for start in range(0, len(points), _CHUNK)]
        at = {name: grids[name][k] for name, k in columns.items()}
        zt = np.concatenate([truth(**{name: column[part] for name, column in at.items()}) for part in parts])
        zt[~feasible(**at)] = -np.inf
        found_zt = float(truth(**{name: float(values[name]) for name in space.names}))
        best = int(np.argmax(zt))
        as_good = int(np.count_nonzero(zt >= found_zt))
        return cls(found_zt, float(zt[best]), space.values(points[best]), max(as_good, 1), len(points))

    def to_json(self) -> dict[str, Any]:
        """For the document of `demo --json`."""
        return {
            "found": self.found,
            "best": self.best,
            "best_values": dict(self.best_values),
            "points_as_good": self.as_good,
            "points": self.points,
            "random_needs": self.random_needs,
        }
