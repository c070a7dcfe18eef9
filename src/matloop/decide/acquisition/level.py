"""level: where does the truth cross a threshold?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.believe import Believed, Pointwise
from matloop.decide.acquisition.feasible import above
from matloop.decide.acquisition.limits import weighed_as_read
from matloop.decide.words import figure, percent
from matloop.domain.prediction import Floats

WIDTH = 1.96
"""Standard deviations of the model that a threshold may lie away from the mean and still be in doubt, as in Bryan et
al. 2005: the half-width of a 95 % interval."""


def straddle(mean: Floats, std: Floats, threshold: float, width: float = WIDTH) -> Floats:
    """Width std - |mean - threshold|: how far the interval reaches beyond the threshold; negative where it does not.

    Args:
        mean: (...) posterior mean.
        std: (...) posterior standard deviation, of the same shape.
        threshold: in the same unit.
        width: half-width of the interval, in standard deviations.

    Source: Bryan, Schneider, Nichol, Miller, Genovese, Wasserman 2005, "Active learning for identifying function
    threshold boundaries" (NIPS 18), eq. 3; with a theory in Gotovos, Casati, Hitz, Krause 2013, section 4.
    """
    return np.asarray(width * std - np.abs(mean - threshold))


@dataclass(frozen=True, slots=True)
class Level:
    """Level set estimation: tell the candidates above a threshold from those below.

    threshold: in the objective's unit.
    """

    threshold: float
    name: ClassVar[str] = "level"

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now; a failure teaches nothing about the objective, a broken limit does."""
        sign, unit, mark = scene.sign, scene.objective.unit, self.threshold

        def formula(mean: Floats, std: Floats, best: float) -> Floats:
            return straddle(sign * mean, std, mark)

        def words(mean: float, std: float, believed: Believed) -> str:
            chance = float(ndtr((sign * mean - mark) / max(std, np.finfo(np.float64).tiny)))
            return f"{percent(chance)} chance to lie above {figure(mark, unit)}, mean {figure(sign * mean, unit)}"

        return weighed_as_read(Pointwise(Believed.of(scene), formula, words, falls=True), scene, above(0.0))
