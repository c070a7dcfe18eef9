"""ts: Thompson sampling: draw one truth from the posterior, take its best candidate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.draws import Draws, joint_of
from matloop.decide.acquisition.feasible import above, weighed, worst
from matloop.decide.words import figure
from matloop.domain.prediction import Floats

LIMIT = 1500
"""Candidates at which one draw is realised. More, the cost grows with the cube; fewer, most of a pool is not seen."""
_GLANCE = 2.0  # standard deviations by which a candidate may hope to be a draw's best when half of them are picked


@dataclass(frozen=True, slots=True)
class Thompson:
    """Thompson sampling, one fresh draw a chosen candidate, which is what spreads a batch.

    A draw is realised exactly, candidate after candidate where a search looks, at no more than LIMIT of them: in a
    larger pool half are those with the highest mean + 2 std and half are drawn at random.

    Source: Thompson 1933; Kandasamy et al. 2018, "Parallelised Bayesian optimisation via Thompson sampling", alg. 2.
    """

    name: ClassVar[str] = "ts"

    def prepare(self, scene: Scene) -> Scorer:
        """Begin a draw."""
        return weighed(self.plain(scene), scene, above(worst(scene)))

    def plain(self, scene: Scene) -> Path:
        """A draw as if every candidate formed."""
        return Path(Believed.of(scene), Draws.none(scene, joint_of(scene, self.name), draws=1))


@dataclass(slots=True)
class Path:
    """The scorer: one draw of the truth, remembered where it was looked at.

    believed: the posterior that glances at candidates.
    """

    believed: Believed
    drawn: Draws
    falls: bool = field(default=False, init=False)
    limit: int = field(default=LIMIT, init=False)

    def score(self, X: Floats) -> Floats:
        """The worth (q,) of the draw at X, which goes on from all earlier looks."""
        self.drawn = self.drawn.extend(X, self.believed.scene.rng.standard_normal((len(X), 1)))
        return self.believed.utility.of(self.drawn.values[-len(X) :, 0])

    def glance(self, X: Floats) -> Floats:
        """Upper bound (q,) of what a draw is likely to be worth."""
        mean, std = self.believed.look(X)
        return self.believed.utility.hoped(mean, _GLANCE * std)

    def join(self, X: Floats) -> Path:
        """Begin another draw."""
        return Thompson().plain(self.believed.scene)

    def say(self, X: Floats) -> str:
        """What this draw promises."""
        scene = self.believed.scene
        value = scene.sign * self.drawn.given(X)[0][0, 0]
        return f"best of one draw of the truth, {figure(float(value), scene.objective.unit)} there"
