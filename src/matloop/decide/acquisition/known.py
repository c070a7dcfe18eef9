"""What acquisitions of several goals see: the posterior in worth, and the front of what is measured or pending."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.utility import Utility, utility_of
from matloop.decide.front import hypervolume, non_dominated, reference_of, unreached
from matloop.decide.words import figure
from matloop.domain.prediction import Floats


@dataclass(frozen=True, slots=True)
class Known:
    """The front, pending candidates taken for measured at their mean.

    believed: the posterior given the readings and that belief. worth: (b, k) worth of the posterior means of what is
        measured or pending and holds the limits. reference: (k,) point from which hypervolume is counted.
    """

    believed: Believed
    worth: Floats
    reference: Floats

    @classmethod
    def of(cls, scene: Scene) -> Known:
        """The front at the start of an ask; the reference is that of what is measured, whatever is pending."""
        worth = worth_of(scene, scene.seen().mean)
        reference = reference_of(worth, scene.objectives, scene.spreads)
        start = cls(Believed.of(replace(scene, pending=scene.measured[:0])), worth, reference)
        return start.join(scene.pending) if len(scene.pending) else start

    @property
    def scene(self) -> Scene:
        """What is known otherwise."""
        return self.believed.scene

    @property
    def utilities(self) -> tuple[Utility, ...]:
        """One an objective."""
        return tuple(utility_of(objective) for objective in self.scene.objectives)

    @property
    def linear(self) -> bool:
        """Is more or less better of every objective?"""
        return all(objective.linear for objective in self.scene.objectives)

    @property
    def front(self) -> Floats:
        """(p, k) what is not dominated."""
        return self.worth[non_dominated(self.worth)]

    def look(self, X: Floats) -> tuple[Floats, Floats]:
        """Signed mean (q, k) and model_std (q, k) at X (q, d)."""
        seen = self.believed.fitted.predict(X)
        return seen.mean * signs(self.scene), seen.model_std

    def join(self, X: Floats) -> Known:
        """Once the candidates at X (p, d) are pending too."""
        joined = worth_of(self.scene, self.believed.fitted.predict(X).mean)[self.scene.holds(X)]
        return replace(self, believed=self.believed.join(X), worth=np.vstack([self.worth, joined]))

    @property
    def unreached(self) -> str:
        """That nothing known reaches the references that were given, in words; empty where something does."""
        if hypervolume(self.worth, self.reference) > 0:
            return ""
        return f"; {said}" if (said := unreached(self.scene.objectives)) else ""

    def predicted(self, X: Floats) -> str:
        """`predicted strength 31.2 MPa, mass 2.30 kg` of the candidate at X (1, d)."""
        mean = self.believed.fitted.predict(X).mean[0]
        pairs = zip(self.scene.objectives, mean.tolist(), strict=True)
        return "predicted " + ", ".join(f"{one.name} {figure(value, one.unit)}" for one, value in pairs)


def signs(scene: Scene) -> Floats:
    """(k,) +1 where more is better, -1 where less is."""
    return np.array([objective.sign for objective in scene.objectives])


def worth_of(scene: Scene, truth: Floats) -> Floats:
    """Worth (n, k) of a truth (n, k) in the objectives' units."""
    columns = [utility_of(one).of(one.sign * truth[:, j]) for j, one in enumerate(scene.objectives)]
    return np.stack(columns, axis=1)
