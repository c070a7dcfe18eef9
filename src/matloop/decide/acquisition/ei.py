"""ei: expected improvement over the best known candidate, in logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pending, Pointwise
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.words import figure


@dataclass(frozen=True, slots=True)
class EI:
    """Expected improvement over the best posterior mean: of the quantity, or of its nearness to what is sought.

    pending: what is believed of pending candidates.
    """

    pending: Pending = "believer"
    name: ClassVar[str] = "ei"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now."""
        return weighed(self.plain(scene), scene, log_gain)

    def plain(self, scene: Scene) -> Pointwise:
        """As if something came of every candidate. Less uncertainty can raise a gain in nearness.

        So can a lie: it moves means, and where the posterior correlates negatively, upwards.
        """
        believed, falls = Believed.of(scene, self.pending), self.pending == "believer" and scene.objective.linear
        return Pointwise(believed, believed.utility.log_excess, ei_words, falls, rises=scene.objective.linear)


@dataclass(frozen=True, slots=True)
class Target(EI):
    """Expected improvement of the nearness to a value; for that goal alone."""

    name: ClassVar[str] = "target"


def ei_words(mean: float, std: float, believed: Believed) -> str:
    """The figures behind one candidate, from its signed mean and its std."""
    gain = math.exp(float(believed.utility.log_excess(np.array([mean]), np.array([std]), believed.best)[0]))
    return improvement_words(gain, believed)


def improvement_words(gain: float, believed: Believed) -> str:
    """An expected improvement, and over what: `expected improvement 0.42 J over 31.2 at d17`."""
    scene = believed.scene
    if not scene.objective.linear:
        away = f"{figure(-believed.best)} away at {believed.label}"
        return f"{scene.objective.words()}: expected gain in nearness {figure(gain, scene.objective.unit)} over {away}"
    mark = figure(scene.sign * believed.best)
    return f"expected improvement {figure(gain, scene.objective.unit)} over {mark} at {believed.label}"
