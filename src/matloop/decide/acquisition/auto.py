"""auto: which rule fits what is known, decided on a principle and said in the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.believe import Pointwise
from matloop.decide.acquisition.ei import EI
from matloop.decide.acquisition.nei import NEI, NoisyImprovement
from matloop.decide.words import percent
from matloop.surrogate import Joint

NOISE_MATTERS = 0.1
"""Noise of one reading, as a share of the readings' spread, from which the incumbent itself is in doubt. At a tenth,
noise makes 1 % of the readings' variance. Larger, ei is misled by uncertain incumbents; smaller, nei is paid for in
time where its answer is that of ei."""


@dataclass(frozen=True, slots=True)
class Auto:
    """Log expected improvement where readings are exact enough to know the incumbent, noisy expected improvement else.

    draws: how many draws nei makes.
    """

    draws: int = 64
    name: ClassVar[str] = "auto"

    def prepare(self, scene: Scene) -> Pointwise | NoisyImprovement:
        """Weigh the noise of one reading against the spread of the readings, then tie the rule that fits."""
        noise = float(np.sqrt(np.mean(scene.fitted.predict(scene.measured).noise_std[:, 0] ** 2)))
        share = noise / scene.spread
        why = f"reading noise is {percent(share)} of the spread of the readings"
        if share < NOISE_MATTERS:
            return replace(EI().prepare(scene), preface=f"auto took ei: {why}; ")
        if not isinstance(scene.fitted, Joint):
            why += f", but {type(scene.fitted).__name__} has no joint posterior for nei"
            return replace(EI().prepare(scene), preface=f"auto took ei: {why}; ")
        return replace(NEI(self.draws).prepare(scene), preface=f"auto took nei: {why}; ")
