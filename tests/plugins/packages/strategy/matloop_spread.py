"""Candidates as far as may be from all that was measured: a strategy in one file.

Source: Kennard and Stone 1969, "Computer aided design of experiments", Technometrics 11, 137.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.spatial.distance import cdist

from matloop.decide import Choice, Chosen, Purpose
from matloop.domain.pool import Pool


@dataclass(frozen=True, slots=True)
class Spread:
    """drawn: how many candidates of a space are looked at."""

    drawn: int = 500
    name: ClassVar[str] = "spread"

    def suggest(self, task):
        free = {one.id: one for one in self.members(task) if one.id not in task.closed}
        known = [reading.values for reading in task.readings] + [one.values for one in task.open]
        choices = []
        while free and len(choices) < task.n:
            X = task.candidates.encoder.encode([one.values for one in free.values()])
            near = cdist(X, task.candidates.encoder.encode(known)).min(axis=1) if known else np.zeros(len(X))
            best = list(free.values())[int(np.argmax(near))]
            reason = f"farthest from all that is known ({near.max():.3g})"
            if task.set_aside:
                reason += f"; {task.set_aside} censored readings are not used"
            choices.append(Choice(best, reason))
            known.append(free.pop(best.id).values)
        return Chosen(tuple(choices))

    def members(self, task):
        candidates = task.candidates
        if isinstance(candidates, Pool):
            return [candidates.candidate(i) for i in range(len(candidates))]
        points = candidates.enumerate(self.drawn)
        if points is None:
            points = candidates.sample(task.rng(Purpose.RANDOM), self.drawn)
        return [candidates.candidate(point) for point in points]
