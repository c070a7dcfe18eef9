"""What a reading of one candidate says about others, from the joint posterior."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matloop.decide.acquisition import Crowd, Scene
from matloop.decide.acquisition.believe import Believed
from matloop.decide.acquisition.draws import joint_of
from matloop.domain.prediction import Floats
from matloop.errors import ModelError, fail
from matloop.surrogate import Joint

_BLOCK = 512
"""Candidates asked about together. Larger, the joint posterior costs the square; smaller, the others are asked about
anew too often."""
_TINY = 1e-12  # share of a variance that is always left, so that nothing is divided by zero


@dataclass(frozen=True, slots=True)
class Said:
    """What one new reading at each of q candidates says about r others, in the objective's unit.

    shift: (q, r) how far the mean at the others moves when the reading is one of its standard deviations above what is
        expected. mean: (r,) signed mean at the others before. var: (r,) variance of the truth there before.
    own_mean, own_std: (q,) signed mean and std of the truth at the candidates themselves.
    """

    shift: Floats
    mean: Floats
    var: Floats
    own_mean: Floats
    own_std: Floats

    @property
    def left(self) -> Floats:
        """(q, r) variance of the truth at the others after the reading."""
        return np.asarray(np.maximum(self.var - self.shift**2, _TINY * self.var))


def said(believed: Believed, others: Floats, X: Floats) -> Iterator[Said]:
    """What readings at X (q, d) say about others (r, d), block by block of X.

    The mean moves by cov(x, other) / sqrt(var(x) + noise(x)) times a standard normal number (Rasmussen and Williams
    2006, 2.24-2.26; Frazier, Powell, Dayanik 2009, eq. 3).
    """
    model, sign = joint_of_belief(believed), believed.scene.sign
    r = len(others)
    for start in range(0, len(X), _BLOCK):
        some = X[start : start + _BLOCK]
        mean, cov = model.joint(np.vstack([others, some]))
        noise = believed.fitted.predict(some).noise_std[:, 0]
        var = np.maximum(np.diagonal(cov[0]), 0.0)
        reading = np.maximum(var[r:] + noise**2, _TINY * believed.scene.spread**2)
        shift = cov[0, r:, :r] / np.sqrt(reading)[:, None]
        yield Said(shift, sign * mean[:r, 0], var[:r], sign * mean[r:, 0], np.sqrt(var[r:]))


def joint_of_belief(believed: Believed) -> Joint:
    """The model that has heard of what is pending.

    Raises:
        ModelError: when learning pending candidates cost it its joint posterior.
    """
    if not isinstance(believed.fitted, Joint):
        found = f"{believed.scene.modeller} has no joint posterior once it was conditioned"
        fail(ModelError, "surrogate", found, "Use surrogate 'gp'.")
    return believed.fitted


def demanded(scene: Scene, acquisition: str) -> Crowd:
    """The candidates at large, where the model has a joint posterior.

    Raises:
        InputError: when it has none. ModelError: when nobody says which candidates there are.
    """
    joint_of(scene, acquisition)
    if scene.crowd is None:
        fail(ModelError, "acquisition", f"{acquisition!r} needs the candidates at large", "Give Scene(crowd=...).")
    return scene.crowd


def lonely(scores: Floats, believed: Believed, X: Floats) -> Floats:
    """Scores (q,), twins of pending candidates last, and so neighbours of those that the model cannot learn from."""
    near = believed.near_pending(X)
    lowest = np.finfo(np.float64).min / 2
    return np.where(near > 0, lowest * (1.0 + near) / 2, scores)
